"""What the kernel knows of a TCP connection: struct tcp_info of linux/tcp.h, in attribute INET_DIAG_INFO of sock_diag.

Every version of the kernel that adds members appends them, so the length of the struct says which are there. A member
that is missing, and a value by which the kernel says that there is none, is null.

The start of a struct of 6.18 on a little-endian machine, of an established connection::

    01 00 00 00 00 07 aa 00    state 1, ca_state 0 (open), options 7 (timestamps, SACK, window scaling), both scales 10
    40 1f 03 00                rto 204864 (microseconds)
    40 9c 00 00                ato 40000 (microseconds)
"""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from netstat_core.plugin import NLA_HDRLEN, MessageGroup, Messages, Record, escape
from netstat_inet.record import TCP_LISTEN, TCP_SYN_RECV, TCP_SYN_SENT
from netstat_inet.tcp_info_record import CONGESTION_STATES, FASTOPEN_FAILURES

# linux/tcp.h: struct tcp_info, whose members need no padding. The two members of bits are named after what they hold.
_MEMBERS = (
    *(("state", "B"), ("ca_state", "B"), ("retransmits", "B"), ("probes", "B"), ("backoff", "B"), ("options", "B")),
    *(("scales", "B"), ("limits", "B"), ("rto", "I"), ("ato", "I"), ("snd_mss", "I"), ("rcv_mss", "I")),
    *(("unacked", "I"), ("sacked", "I"), ("lost", "I"), ("retrans", "I"), ("fackets", "I")),
    *(("last_data_sent", "I"), ("last_ack_sent", "I"), ("last_data_recv", "I"), ("last_ack_recv", "I")),
    *(("pmtu", "I"), ("rcv_ssthresh", "I"), ("rtt", "I"), ("rttvar", "I"), ("snd_ssthresh", "I"), ("snd_cwnd", "I")),
    *(("advmss", "I"), ("reordering", "I"), ("rcv_rtt", "I"), ("rcv_space", "I"), ("total_retrans", "I")),
    *(("pacing_rate", "Q"), ("max_pacing_rate", "Q"), ("bytes_acked", "Q"), ("bytes_received", "Q")),
    *(("segs_out", "I"), ("segs_in", "I"), ("notsent_bytes", "I"), ("min_rtt", "I")),
    *(("data_segs_in", "I"), ("data_segs_out", "I"), ("delivery_rate", "Q")),
    *(("busy_time", "Q"), ("rwnd_limited", "Q"), ("sndbuf_limited", "Q"), ("delivered", "I"), ("delivered_ce", "I")),
    *(("bytes_sent", "Q"), ("bytes_retrans", "Q"), ("dsack_dups", "I"), ("reord_seen", "I")),
    *(("rcv_ooopack", "I"), ("snd_wnd", "I"), ("rcv_wnd", "I"), ("rehash", "I")),
    *(("total_rto", "H"), ("total_rto_recoveries", "H"), ("total_rto_time", "I")),
)

# linux/tcp.h: tcpi_options
_TIMESTAMPS = 0x1
_SACK = 0x2
_WINDOW_SCALING = 0x4
_ECN = 0x8
_ECN_SEEN = 0x10
_SYN_DATA = 0x20
_MICROSECOND_TIMESTAMPS = 0x40

# include/net/tcp.h, net/core/sock.c and net/ipv4/tcp.c: values that stand for none
_INFINITE_THRESHOLD = 0x7FFFFFFF
_NO_MINIMUM = 0xFFFFFFFF
_UNLIMITED_RATE = (1 << 64) - 1

_CONNECTING = (TCP_SYN_SENT, TCP_SYN_RECV)
"""States in which the times of the last packets are not set: their differences to now mean nothing."""

_LISTENERS_HAVE = ("congestion_algorithm", "congestion_window_segments", "reordering_segments")
"""What a listening socket hands on to its connections; of the rest the kernel fills in nothing, or another number."""

Column = Iterable[Any]


def _as_is(values: Sequence[int]) -> Column:
    return values


def _microseconds(values: Sequence[int]) -> Column:
    return [value / 1e6 for value in values]


def _milliseconds(values: Sequence[int]) -> Column:
    return [value / 1000 for value in values]


def _measured(values: Sequence[int]) -> Column:
    """Return times in seconds; 0 says that nothing was measured yet."""
    return [value / 1e6 if value else None for value in values]


def _variation(values: Sequence[int], round_trips: Sequence[int]) -> Column:
    """Return the variation of round trips; before the first one is measured it is a constant."""
    return [value / 1e6 if rtt else None for value, rtt in zip(values, round_trips, strict=True)]


def _minimum(values: Sequence[int]) -> Column:
    return [None if value == _NO_MINIMUM else value / 1e6 for value in values]


def _threshold(values: Sequence[int]) -> Column:
    return [None if value >= _INFINITE_THRESHOLD else value for value in values]


def _rate(values: Sequence[int]) -> Column:
    return [None if value == _UNLIMITED_RATE else value for value in values]


def _unless_zero(values: Sequence[int]) -> Column:
    return [value or None for value in values]


def _age(values: Sequence[int], states: Sequence[int]) -> Column:
    """Return the seconds since the last packet of a kind."""
    return [None if state in _CONNECTING else value / 1000 for value, state in zip(values, states, strict=True)]


def _option(bit: int) -> Callable[[Sequence[int]], Column]:
    return lambda options: [given & bit != 0 for given in options]


def _scale(shift: int) -> Callable[[Sequence[int], Sequence[int]], Column]:
    """Return the conversion of half a byte, which is 0 as well if windows are not scaled."""

    def convert(scales: Sequence[int], options: Sequence[int]) -> Column:
        both = zip(scales, options, strict=True)
        return [scale >> shift & 0xF if given & _WINDOW_SCALING else None for scale, given in both]

    return convert


def _congestion_state(numbers: Sequence[int]) -> Column:
    most = len(CONGESTION_STATES)
    return [CONGESTION_STATES[number] if number < most else f"unknown({number})" for number in numbers]


def _app_limited(limits: Sequence[int], _rates: Sequence[int]) -> Column:
    """Convert a bit that the kernel has had as long as the delivery rate; it was padding before."""
    return [limit & 1 != 0 for limit in limits]


def _fastopen_failure(limits: Sequence[int]) -> Column:
    return [FASTOPEN_FAILURES[limit >> 1 & 3] for limit in limits]


class _Value(NamedTuple):
    """How a field of the record is made: from the columns of these members, by this function."""

    convert: Callable[..., Column]
    members: tuple[str, ...]


def _value(convert: Callable[..., Column], *members: str) -> _Value:
    return _Value(convert, members)


_VALUES = {
    "congestion_state": _value(_congestion_state, "ca_state"),
    "congestion_window_segments": _value(_as_is, "snd_cwnd"),
    "slow_start_threshold_segments": _value(_threshold, "snd_ssthresh"),
    "reordering_segments": _value(_as_is, "reordering"),
    "rtt_seconds": _value(_measured, "rtt"),
    "rtt_variation_seconds": _value(_variation, "rttvar", "rtt"),
    "min_rtt_seconds": _value(_minimum, "min_rtt"),
    "receive_rtt_seconds": _value(_measured, "rcv_rtt"),
    "rto_seconds": _value(_microseconds, "rto"),
    "ato_seconds": _value(_measured, "ato"),
    "backoff": _value(_as_is, "backoff"),
    "unacknowledged_segments": _value(_as_is, "unacked"),
    "sacked_segments": _value(_as_is, "sacked"),
    "lost_segments": _value(_as_is, "lost"),
    "retransmits_in_flight_segments": _value(_as_is, "retrans"),
    "retransmitted_segments": _value(_as_is, "total_retrans"),
    "delivered_segments": _value(_as_is, "delivered"),
    "ce_delivered_segments": _value(_as_is, "delivered_ce"),
    "dsacked_segments": _value(_as_is, "dsack_dups"),
    "reordering_events": _value(_as_is, "reord_seen"),
    "out_of_order_segments": _value(_as_is, "rcv_ooopack"),
    "sent_segments": _value(_as_is, "segs_out"),
    "received_segments": _value(_as_is, "segs_in"),
    "sent_data_segments": _value(_as_is, "data_segs_out"),
    "received_data_segments": _value(_as_is, "data_segs_in"),
    "sent_bytes": _value(_as_is, "bytes_sent"),
    "acknowledged_bytes": _value(_as_is, "bytes_acked"),
    "retransmitted_bytes": _value(_as_is, "bytes_retrans"),
    "received_bytes": _value(_as_is, "bytes_received"),
    "unsent_bytes": _value(_as_is, "notsent_bytes"),
    "pacing_bytes_per_second": _value(_rate, "pacing_rate"),
    "max_pacing_bytes_per_second": _value(_rate, "max_pacing_rate"),
    "delivery_bytes_per_second": _value(_unless_zero, "delivery_rate"),
    "app_limited": _value(_app_limited, "limits", "delivery_rate"),
    "send_mss_bytes": _value(_as_is, "snd_mss"),
    "receive_mss_bytes": _value(_as_is, "rcv_mss"),
    "advertised_mss_bytes": _value(_as_is, "advmss"),
    "path_mtu_bytes": _value(_unless_zero, "pmtu"),
    "send_window_bytes": _value(_as_is, "snd_wnd"),
    "receive_window_bytes": _value(_as_is, "rcv_wnd"),
    "receive_window_limit_bytes": _value(_as_is, "rcv_ssthresh"),
    "receive_space_bytes": _value(_as_is, "rcv_space"),
    "send_window_scale": _value(_scale(0), "scales", "options"),
    "receive_window_scale": _value(_scale(4), "scales", "options"),
    "timestamps": _value(_option(_TIMESTAMPS), "options"),
    "microsecond_timestamps": _value(_option(_MICROSECOND_TIMESTAMPS), "options"),
    "sack": _value(_option(_SACK), "options"),
    "ecn": _value(_option(_ECN), "options"),
    "ecn_seen": _value(_option(_ECN_SEEN), "options"),
    "syn_data_acknowledged": _value(_option(_SYN_DATA), "options"),
    "fastopen_failure": _value(_fastopen_failure, "limits"),
    "since_data_sent_seconds": _value(_age, "last_data_sent", "state"),
    "since_data_received_seconds": _value(_age, "last_data_recv", "state"),
    "since_ack_received_seconds": _value(_age, "last_ack_recv", "state"),
    "busy_seconds": _value(_microseconds, "busy_time"),
    "receive_window_limited_seconds": _value(_microseconds, "rwnd_limited"),
    "send_buffer_limited_seconds": _value(_microseconds, "sndbuf_limited"),
    "timeouts": _value(_as_is, "total_rto"),
    "timeout_recoveries": _value(_as_is, "total_rto_recoveries"),
    "timeout_recovery_seconds": _value(_milliseconds, "total_rto_time"),
    "rehashes": _value(_as_is, "rehash"),
}
"""The fields of a record in order, after ``congestion_algorithm``."""

KEYS = ("congestion_algorithm", *_VALUES)

_FROM_HIGHEST = {
    "scales": lambda byte: byte >> 4 | (byte & 0xF) << 4,
    "limits": lambda byte: byte >> 7 | (byte >> 5 & 3) << 1,
}
"""Conversions of members of bits, which compilers place from the highest bit on for big-endian machines."""


class TcpInfos:
    """Makes the records of connections from the payloads of their attributes."""

    def __init__(self, order: str) -> None:
        """``order`` is the struct prefix of the machine's byte order, ``about.order``."""
        self._order = order

    def column(self, messages: Messages) -> Sequence[Record | None]:
        """Return the records of all messages; None for those without the attribute."""
        return messages.in_order(map(self._of_group, messages.groups))

    def _of_group(self, group: MessageGroup) -> Sequence[Record | None]:
        infos = self._payloads(group, "tcp_info")
        return [None] * len(group) if infos is None else self.records(infos, self._payloads(group, "congestion"))

    def _payloads(self, group: MessageGroup, name: str) -> list[bytes] | None:
        """Return the payloads of an attribute, whose length is nla_len in its header without this header."""
        start = group.find(name)
        if start is None:
            return None
        header = start - NLA_HDRLEN
        (length,) = struct.unpack(f"{self._order}H", group.between(header, header + 2)[0])
        return group.between(start, header + length)

    def records(self, infos: Sequence[bytes], algorithms: Sequence[bytes] | None) -> list[Record]:
        """Return the records of payloads of INET_DIAG_INFO of one length, in order.

        ``algorithms`` are the payloads of INET_DIAG_CONG, the names of the congestion algorithms, if there are any.
        Many members, such as counts of losses, are equal in most connections, and then converted once for all.
        """
        members = self._unpack(infos)
        equal = {name for name, values in members.items() if values.count(values[0]) == len(values)}
        template, varying = _UNKNOWN.copy(), dict[str, Column]()
        if algorithms:
            names = {name: escape(name.rstrip(b"\0")) or None for name in set(algorithms)}
            varying["congestion_algorithm"] = map(names.__getitem__, algorithms)
        for field, (convert, sources) in _VALUES.items():
            if equal.issuperset(sources):
                (template[field],) = convert(*(members[source][:1] for source in sources))
            elif members.keys() >= set(sources):
                varying[field] = convert(*(members[source] for source in sources))
        records = [template.copy() for _ in infos]
        for field, column in varying.items():
            for record, value in zip(records, column, strict=True):
                record[field] = value
        if TCP_LISTEN in members.get("state", ()):
            for place, state in enumerate(members["state"]):
                if state == TCP_LISTEN:
                    records[place] = _UNKNOWN | {name: records[place][name] for name in _LISTENERS_HAVE}
        return records

    def _unpack(self, infos: Sequence[bytes]) -> dict[str, Sequence[int]]:
        """Return the columns of the members that structs of this length have."""
        length = len(infos[0]) if infos else 0
        layout, end = self._order, 0
        names = []
        for name, form in _MEMBERS:
            if end + _SIZES[form] > length:
                break
            names.append(name)
            layout += form
            end += _SIZES[form]
        if not names:
            return {}
        rows = struct.iter_unpack(f"{layout}{length - end}x", b"".join(infos))
        members: dict[str, Sequence[int]] = dict(zip(names, zip(*rows, strict=True), strict=True))
        if self._order == ">":
            members |= {name: [*map(turn, members[name])] for name, turn in _FROM_HIGHEST.items() if name in members}
        return members


_UNKNOWN: Record = dict.fromkeys(KEYS)
_SIZES = {form: struct.calcsize(f"={form}") for form in "BHIQ"}
