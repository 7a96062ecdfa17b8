"""sock_diag dumps of tcp, udp, udplite and raw sockets: struct inet_diag_msg of linux/inet_diag.h.

The kernel resumes a dump by hash bucket, so a socket that exists throughout is listed exactly once. A read of
/proc/net/udp has no such guarantee.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from netstat_core.plugin import (
    AF,
    NETLINK_SOCK_DIAG,
    About,
    Asked,
    AttributeField,
    Batch,
    Datagrams,
    FixedField,
    Messages,
    MessageShapes,
    NetlinkDump,
    Problem,
    Record,
    Same,
    interface_names,
)
from netstat_inet.addresses import Ipv4Texts, Ipv6Texts
from netstat_inet.record import (
    BOUND_INACTIVE,
    KEYS,
    TCP_CLOSE,
    TCP_LISTEN,
    TCP_SYN_RECV,
    WINDOWS,
    States,
    to_timer_kind,
)
from netstat_inet.tcp_info import ATTRIBUTES as TCP_INFO_ATTRIBUTES
from netstat_inet.tcp_info import INET_DIAG_CONG, INET_DIAG_INFO, TcpInfos
from netstat_inet.tcp_info_record import TCP_INFO

# linux/sock_diag.h
SOCK_DIAG_BY_FAMILY = 20

# linux/inet_diag.h
INET_DIAG_SKMEMINFO = 7
INET_DIAG_PROTOCOL = 10
INET_DIAG_SKV6ONLY = 11

MESSAGE_SIZE = 88
"""Size of struct nlmsghdr and struct inet_diag_msg together."""

# linux/in.h
IPPROTO_TCP = 6
IPPROTO_UDP = 17
IPPROTO_SCTP = 132
IPPROTO_UDPLITE = 136
IPPROTO_RAW = 255

ALL_STATES = 0xFFF
"""The states that procfs shows: all but TCP_BOUND_INACTIVE."""

WITH_BOUND = ALL_STATES | 1 << 13
"""All states with TCP_BOUND_INACTIVE, which kernels before 6.8 ignore."""

FAMILIES = ("inet", "inet6")
NUMBERS = {
    "tcp": IPPROTO_TCP,
    "udp": IPPROTO_UDP,
    "sctp": IPPROTO_SCTP,
    "udplite": IPPROTO_UDPLITE,
    "raw": IPPROTO_RAW,
}
_INODE_AT = 68
_TIME_WAIT_TIMER = 3
_PROBING = (2, 4)
"""Values of idiag_timer for keepalive and zero-window probes."""

_MOST_TIMERS = 4096

# struct nlmsghdr and struct inet_diag_msg; the ports are in network order:
#   58 00 00 00 14 00 02 00 01 00 00 00 01 00 00 00    nlmsg_len 88, nlmsg_type 20, flags, sequence, port id
#   02 0a 00 00                                        family 2, state 10 (LISTEN), timer 0, retrans 0
#   00 16 00 00                                        ports 22 and 0
#   7f 00 00 01 ...                                    two addresses of 16 bytes, of which IPv4 uses the first four
_FIELDS = {
    "state": FixedField(17, format="B"),
    "timer": FixedField(18, format="B"),
    "retries": FixedField(19, format="B"),
    "local_port": FixedField(20, format=">H"),
    "remote_port": FixedField(22, format=">H"),
    "interface": FixedField(56, format="I"),
    "expires": FixedField(68, format="I"),
    "recv_queue": FixedField(72, format="I"),
    "send_queue": FixedField(76, format="I"),
    "uid": FixedField(80, format="I"),
    "inode": FixedField(84, format="I"),
}
_ADDRESSES = {
    "inet": {"source": FixedField(24, format=">I"), "target": FixedField(40, format=">I")},
    "inet6": {"source": FixedField(24, format="16s"), "target": FixedField(40, format="16s")},
}
_ATTRIBUTES = {
    "retransmits": AttributeField({(INET_DIAG_INFO,): "B"}, offset=2),
    "probes": AttributeField({(INET_DIAG_INFO,): "B"}, offset=3),
    "drops": AttributeField({(INET_DIAG_SKMEMINFO,): "I"}, offset=32),
    "ip_protocol": AttributeField({(INET_DIAG_PROTOCOL,): "B"}),
    "v6_only": AttributeField({(INET_DIAG_SKV6ONLY,): "B"}),
    "send_window_bytes": AttributeField({(INET_DIAG_INFO,): "I"}, offset=228),
    "receive_window_bytes": AttributeField({(INET_DIAG_INFO,): "I"}, offset=232),
    "receive_window_limit_bytes": AttributeField({(INET_DIAG_INFO,): "I"}, offset=64),
    "receive_buffer_bytes": AttributeField({(INET_DIAG_SKMEMINFO,): "I"}, offset=4),
}
"""tcpi_retransmits, tcpi_probes, tcpi_snd_wnd, tcpi_rcv_wnd and tcpi_rcv_ssthresh of struct tcp_info; SK_MEMINFO_DROPS
and SK_MEMINFO_RCVBUF; the rest are single bytes."""

_WINDOWS_OF_INFO = frozenset(WINDOWS) - {"receive_buffer_bytes"}
"""The fields of INET_DIAG_INFO, in which the kernel leaves them 0 for a listening socket."""

Column = Sequence[Any]

_UNKNOWN: Record = {
    **dict.fromkeys(KEYS),
    "listening": False,
    "v4_mapped": False,
}


def request(protocol: str, family: str, asked: Asked, *, sctp_info: bool = False) -> NetlinkDump:
    """Return the dump of one protocol and family, with the extensions that the fields asked for need.

    ``sctp_info`` adds those that field ``sctp`` comes from. ``wider`` of the dump lists requests whose recorded answers
    contain this one's.
    """
    info = 1 << INET_DIAG_INFO - 1 if protocol in ("tcp", "sctp") else 0
    congestion = 1 << INET_DIAG_CONG - 1 if protocol == "tcp" else 0
    drops = 1 << INET_DIAG_SKMEMINFO - 1
    wanted = (info if protocol == "tcp" and asked.wants("timer") else 0) | (drops if asked.wants("drops") else 0)
    if sctp_info:
        wanted |= info | drops
    if protocol == "tcp":
        extra = set(filter(asked.wants_extra, (TCP_INFO, *WINDOWS)))
        wanted |= info | congestion if TCP_INFO in extra else info if extra & _WINDOWS_OF_INFO else 0
        wanted |= drops if "receive_buffer_bytes" in extra else 0
    states = _choose_states(asked) if protocol == "tcp" else ALL_STATES

    def body(extensions: int, states: int) -> bytes:
        return struct.pack("=BBBBI48x", AF[family], NUMBERS[protocol], extensions, 0, states)

    name = name_dump(protocol, family)
    further = [mask | drop for mask in (0, info, info | congestion) for drop in (0, drops)]
    more = dict.fromkeys(wanted | extensions for extensions in further)
    masks = [states, *(mask for mask in (ALL_STATES, WITH_BOUND) if mask | states == mask != states)]
    wider = tuple((name, body(extensions, mask)) for mask in masks for extensions in more)
    return NetlinkDump(
        name,
        protocol=NETLINK_SOCK_DIAG,
        type=SOCK_DIAG_BY_FAMILY,
        body=body(wanted, states),
        inode_at=_INODE_AT,
        uid_at=_INODE_AT - 4,
        wider=wider[1:],
    )


def _choose_states(asked: Asked) -> int:
    """Return the mask of the TCP states to dump."""
    if asked.show == "listening":
        return 1 << TCP_LISTEN
    return WITH_BOUND if asked.bound else ALL_STATES


def name_dump(protocol: str, family: str) -> str:
    """Return the source name of a dump: ``sock_diag/tcp``, ``sock_diag/tcp6``."""
    return f"sock_diag/{protocol}{'6' if family == 'inet6' else ''}"


def make_parser(protocol: str) -> Callable[..., Iterator[Batch | Problem]]:
    """Return the parser of a protocol's IPv4 and IPv6 dumps; it reads interface names from a dump of links."""

    def parse(
        about: About, inet: Datagrams | None, inet6: Datagrams | None, links: Datagrams | None
    ) -> Iterator[Batch | Problem]:
        problems: list[Problem] = []
        names = interface_names(about, links, problems)
        for family, datagrams in (("inet", inet), ("inet6", inet6)):
            if datagrams is not None:
                yield from _DumpParser(about, protocol, family, names).parse(datagrams)
        yield from problems

    return parse


def name_device(interfaces: Mapping[int, str], index: int) -> str | None:
    """Return the name of the device a socket is bound to, None for 0; ``if7`` if no device has the index any more."""
    return (interfaces.get(index) or f"if{index}") if index else None


class _DumpParser:
    """Parses the datagrams of one dump."""

    def __init__(self, about: About, protocol: str, family: str, interfaces: dict[int, str]) -> None:
        self._protocol = protocol
        self._is_tcp = protocol == "tcp"
        self._is_inet6 = family == "inet6"
        self._interfaces = interfaces
        self._attributes = _choose_attributes(about.asked, protocol)
        self._shapes = MessageShapes(about.order, MESSAGE_SIZE, {**_FIELDS, **_ADDRESSES[family], **self._attributes})
        self._text = (Ipv6Texts() if self._is_inet6 else Ipv4Texts()).__getitem__
        self._state = States(datagram=not self._is_tcp).__getitem__
        self._unspecified = "::" if self._is_inet6 else "0.0.0.0"  # noqa: S104 - not bound to, only compared
        self._listeners: dict[int, int] = {}
        self._timer = _Timers().__getitem__
        self._template = {name: Same(value) for name, value in _UNKNOWN.items()}
        self._template |= {"family": Same(family), "protocol": Same(protocol)}
        has_tcp_info = self._is_tcp and about.asked.wants_extra(TCP_INFO)
        self._tcp_infos = TcpInfos(about.order) if has_tcp_info else None
        self._wants = about.asked.wants
        self._windows = [*filter(about.asked.wants_extra, WINDOWS)] if self._is_tcp else []
        self._shows_bound = about.asked.bound

    def parse(self, datagrams: Datagrams) -> Iterator[Batch | Problem]:
        """Yield batches of records in the order of the dump.

        A message that is too short is a problem, and the rest of its datagram is skipped.
        """
        for datagram in datagrams:
            for messages in self._shapes.unpack(datagram):
                if isinstance(messages, bytes):
                    yield Problem(f"sock_diag/{self._protocol}", "a message is shorter than a socket", messages)
                else:
                    yield self._without_bound(self._make_batch(messages))

    def _make_batch(self, messages: Messages) -> Batch:
        fixed = messages.fixed
        states, inodes, devices = fixed("state"), fixed("inode"), fixed("interface")
        columns: dict[str, Any] = {
            **self._template,
            "local_address": [*map(self._text, fixed("source"))],
            "local_port": fixed("local_port"),
            "remote_address": [*map(self._text, fixed("target"))],
            "remote_port": fixed("remote_port"),
            "state": [*map(self._state, states)],
            "state_number": states,
            "recv_queue": _fold(fixed("recv_queue")),
            "send_queue": _fold(fixed("send_queue")),
            "uid": fixed("uid"),
            "inode": [inode or None for inode in inodes] if 0 in inodes else inodes,
        }
        if self._is_inet6:
            columns["v4_mapped"] = [
                ":" not in local or ":" not in remote  # an IPv4-mapped address is written as IPv4
                for local, remote in zip(columns["local_address"], columns["remote_address"], strict=True)
            ]
        if any(devices):
            columns["interface"] = [name_device(self._interfaces, index) for index in devices]
        if self._is_tcp:
            self._adjust_tcp(columns, states, messages)
        else:
            self._adjust_datagram(columns, messages)
        self._add_extensions(columns, messages)
        self._add_windows(columns, messages)
        if self._tcp_infos is not None:
            columns[TCP_INFO] = self._tcp_infos.column(messages)
        return Batch.of_columns(columns, len(messages))

    def _adjust_tcp(self, columns: dict[str, Any], states: Column, messages: Messages) -> None:
        """Correct queues of listeners, uids of SYN_RECV and TIME_WAIT, and the word for sockets that are only bound.

        For a listener idiag_wqueue is the backlog. The kernel sends uid 0 in SYN_RECV, where the listener's is taken,
        and in TIME_WAIT, where it is unknown. Of sockets in TCP_CLOSE it lists those that are bound, if it is asked
        for TCP_BOUND_INACTIVE: 02 07 00 00 is the start of such an inet_diag_msg.
        """
        if TCP_CLOSE in states:
            columns["state"] = [
                BOUND_INACTIVE if number == TCP_CLOSE and not port else word
                for number, port, word in zip(states, columns["remote_port"], columns["state"], strict=True)
            ]
        if TCP_LISTEN in states:
            listening = columns["listening"] = [state == TCP_LISTEN for state in states]
            queues = messages.fixed("send_queue")
            columns["backlog"] = [queue if is_one else None for is_one, queue in zip(listening, queues, strict=True)]
            columns["send_queue"] = [0 if is_one else queue for is_one, queue in zip(listening, queues, strict=True)]
        if TCP_LISTEN in states or TCP_SYN_RECV in states:
            columns["uid"] = [*map(self._find_uid, states, columns["local_port"], columns["uid"])]
        timers = messages.fixed("timer")
        if _TIME_WAIT_TIMER in timers:
            columns["uid"] = [
                (uid or None) if timer == _TIME_WAIT_TIMER else uid
                for timer, uid in zip(timers, columns["uid"], strict=True)
            ]

    def _find_uid(self, state: int, port: int, uid: int) -> int | None:
        """Return the uid of a socket: in SYN_RECV that of the listener, which comes before it in the dump."""
        if state == TCP_SYN_RECV:
            return self._listeners.get(port)
        if state == TCP_LISTEN:
            self._listeners[port] = uid
        return uid

    def _adjust_datagram(self, columns: dict[str, Any], messages: Messages) -> None:
        """Set ``listening``; a raw socket has its IP protocol in an attribute and no ports."""
        columns["listening"] = [address == self._unspecified for address in columns["remote_address"]]
        if self._protocol == "raw":
            columns |= {"local_port": Same(None), "remote_port": Same(0), "state": Same(None)}
            columns["ip_protocol"] = messages.column("ip_protocol") or Same(None)

    def _add_extensions(self, columns: dict[str, Any], messages: Messages) -> None:
        """Add timer, drops and v6_only, most of which come from attributes, as far as they are asked for."""
        if self._wants("timer"):
            columns["timer"] = self._make_timers(messages)
        if self._wants("drops"):
            columns["drops"] = _fold(messages.column("drops") or (None,) * len(messages))
        v6_only = messages.column("v6_only") if self._wants("v6_only") else None
        if v6_only is not None:
            columns["v6_only"] = _fold([None if value is None else value != 0 for value in v6_only])

    def _make_timers(self, messages: Messages) -> Column | Same:
        """Return the timers. idiag_retrans counts retransmits or probes, depending on it; tcp_info has both counts."""
        retransmits, probes = (
            messages.column(name) if name in self._attributes else None for name in ("retransmits", "probes")
        )
        kinds, retries, expires = (messages.fixed(name) for name in ("timer", "retries", "expires"))
        if not any(map(any, (kinds, retries, retransmits or (), probes or ()))):
            return Same(self._timer((0, 0, 0, 0, 0)))
        absent = [None] * len(messages)
        counts = (retransmits or absent, probes or absent)
        return [*map(self._timer, zip(kinds, retries, expires, *counts, strict=True))]

    def _add_windows(self, columns: dict[str, Any], messages: Messages) -> None:
        """Add the windows and the buffer that are asked for; in a listening socket's tcp_info windows mean nothing."""
        states = messages.fixed("state") if self._windows else ()
        has_listeners = TCP_LISTEN in states
        for field in self._windows:
            values = messages.column(field)
            if values is not None and has_listeners and field in _WINDOWS_OF_INFO:
                values = [None if state == TCP_LISTEN else value for state, value in zip(states, values, strict=True)]
            columns[field] = Same(None) if values is None else _fold(values)

    def _without_bound(self, batch: Batch) -> Batch:
        """Return the batch without sockets that are only bound, unless they are asked for: a capture may have them."""
        if self._shows_bound or not self._is_tcp or BOUND_INACTIVE not in batch.column("state"):
            return batch
        return batch.kept([state != BOUND_INACTIVE for state in batch.column("state")])


def _fold(column: Column) -> Column | Same:
    """Return :class:`Same` if all values are equal, as the queues of idle sockets are."""
    return Same(column[0]) if column.count(column[0]) == len(column) else column


def _choose_attributes(asked: Asked, protocol: str) -> dict[str, AttributeField]:
    """Return the fields of attributes that the fields asked for are read from."""
    needed = {"retransmits": "timer", "probes": "timer", "drops": "drops", "v6_only": "v6_only"}
    names = {name for name, field in needed.items() if asked.wants(field)}
    names |= {"ip_protocol"} if protocol == "raw" else set()
    names |= set(filter(asked.wants_extra, WINDOWS)) if protocol == "tcp" else set()
    fields = {name: field for name, field in _ATTRIBUTES.items() if name in names}
    return fields | TCP_INFO_ATTRIBUTES if protocol == "tcp" and asked.wants_extra(TCP_INFO) else fields


class _Timers(dict["tuple[int, int, int, int | None, int | None]", Record]):
    """Timers by idiag_timer, idiag_retrans, idiag_expires, and the two counts of tcp_info: None without it.

    Sockets with the same timer share one. The number that is remembered is limited, since the times differ.
    """

    def __missing__(self, key: tuple[int, int, int, int | None, int | None]) -> Record:
        """Make a timer and remember it."""
        kind, tries, milliseconds, retransmits, probes = key
        timer: Record = {"kind": to_timer_kind(kind), "expires_seconds": milliseconds / 1000 if kind else None}
        if retransmits is None or probes is None:
            retransmits, probes = (0, tries) if kind in _PROBING else (tries, 0)
        timer |= {"retransmits": retransmits, "probes": probes}
        if len(self) >= _MOST_TIMERS:
            self.clear()
        self[key] = timer
        return timer
