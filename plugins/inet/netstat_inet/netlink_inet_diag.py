"""sock_diag dumps of tcp, udp, udplite and raw sockets: struct inet_diag_msg of linux/inet_diag.h.

The kernel resumes a dump by hash bucket, so a socket that exists throughout is listed exactly once. A read of
/proc/net/udp has no such guarantee.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping

from netstat_core.plugin import (
    AF,
    NETLINK_SOCK_DIAG,
    About,
    Asked,
    Datagrams,
    NetlinkDump,
    Problem,
    Record,
    interface_names,
)
from netstat_inet.addresses import Ipv4Texts, Ipv6Texts, is_mapped
from netstat_inet.messages import (
    INET_DIAG_INFO,
    INET_DIAG_PROTOCOL,
    INET_DIAG_SKMEMINFO,
    INET_DIAG_SKV6ONLY,
    Columns,
    Shapes,
)
from netstat_inet.record import KEYS, TCP_LISTEN, TCP_SYN_RECV, States, to_timer_kind

# linux/sock_diag.h
SOCK_DIAG_BY_FAMILY = 20

# linux/in.h
IPPROTO_TCP = 6
IPPROTO_UDP = 17
IPPROTO_SCTP = 132
IPPROTO_UDPLITE = 136
IPPROTO_RAW = 255

ALL_STATES = 0xFFF
"""The states that procfs shows: all but TCP_BOUND_INACTIVE."""

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

_BATCH = 512
_IPV4_SIZE = 4
_OFF = {"kind": "off", "expires_seconds": None, "retransmits": 0, "probes": 0}
_UNKNOWN: Record = {
    **dict.fromkeys(KEYS),
    "listening": False,
    "v4_mapped": False,
}


def request(protocol: str, family: str, asked: Asked) -> NetlinkDump:
    """Return the dump of one protocol and family, with the extensions that the fields asked for need.

    ``wider`` of it lists requests whose recorded answers contain this one's.
    """
    timers = 1 << (INET_DIAG_INFO - 1) if protocol == "tcp" else 0
    drops = 1 << (INET_DIAG_SKMEMINFO - 1)
    wanted = (timers if asked.wants("timer") else 0) | (drops if asked.wants("drops") else 0)
    states = 1 << TCP_LISTEN if asked.show == "listening" and protocol == "tcp" else ALL_STATES

    def body(extensions: int, states: int) -> bytes:
        return struct.pack("=BBBBI48x", AF[family], NUMBERS[protocol], extensions, 0, states)

    name = name_dump(protocol, family)
    more = dict.fromkeys(wanted | further for further in (0, timers, drops, timers | drops))
    wider = tuple((name, body(extensions, mask)) for mask in dict.fromkeys((states, ALL_STATES)) for extensions in more)
    return NetlinkDump(
        name,
        protocol=NETLINK_SOCK_DIAG,
        type=SOCK_DIAG_BY_FAMILY,
        body=body(wanted, states),
        inode_at=_INODE_AT,
        uid_at=_INODE_AT - 4,
        wider=wider[1:],
    )


def name_dump(protocol: str, family: str) -> str:
    """Return the source name of a dump: ``sock_diag/tcp``, ``sock_diag/tcp6``."""
    return f"sock_diag/{protocol}{'6' if family == 'inet6' else ''}"


def make_parser(protocol: str) -> Callable[..., Iterator[list[Record] | Problem]]:
    """Return the parser of a protocol's IPv4 and IPv6 dumps; it reads interface names from a dump of links."""

    def parse(
        about: About, inet: Datagrams | None, inet6: Datagrams | None, links: Datagrams | None
    ) -> Iterator[list[Record] | Problem]:
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
        self._interfaces = interfaces
        self._shapes = Shapes(
            about.order, "4s12x4s12x" if family == "inet" else "16s16s", _choose_attributes(about.asked, protocol)
        )
        self._text = (Ipv4Texts() if family == "inet" else Ipv6Texts()).__getitem__
        self._state = States(datagram=not self._is_tcp).__getitem__
        self._unspecified = "0.0.0.0" if family == "inet" else "::"  # noqa: S104 - not bound to, only compared
        self._listeners: dict[int, int] = {}
        self._template = {**_UNKNOWN, "family": family, "protocol": protocol}
        self._has_extensions = any(about.asked.wants(field) for field in ("drops", "timer", "v6_only"))

    def parse(self, datagrams: Datagrams) -> Iterator[list[Record] | Problem]:
        """Yield batches of records in the order of the dump.

        A message that is too short is a problem, and the rest of its datagram is skipped.
        """
        for datagram in datagrams:
            batch: list[Record] = []  # of several runs of messages, which may be as short as one
            for columns in self._shapes.unpack(datagram):
                if isinstance(columns, bytes):
                    if batch:
                        yield batch
                        batch = []
                    yield Problem(f"sock_diag/{self._protocol}", "a message is shorter than a socket", columns)
                    continue
                batch += self._parse_columns(columns)
                if len(batch) >= _BATCH:
                    yield batch
                    batch = []
            if batch:
                yield batch

    def _parse_columns(self, columns: Columns) -> list[Record]:
        records = self._make_records(columns)
        if self._has_extensions:
            _add_extensions(records, columns)
        self._adjust(records, columns)
        return records

    def _make_records(self, columns: Columns) -> list[Record]:
        """Make the records from struct inet_diag_msg, without attributes."""
        _, _, states, _, _, local_ports, remote_ports, sources, targets, _, _, received, sent, uids, inodes = (
            columns.fixed
        )
        text = self._text
        copy = self._template.copy
        records = []
        fields = (
            *(map(text, sources), local_ports, map(text, targets), remote_ports),
            *(map(self._state, states), states, received, sent, uids, inodes),
        )
        for local, local_port, remote, remote_port, state, number, recv_queue, send_queue, uid, inode in zip(
            *fields, strict=True
        ):
            record = copy()
            record["local_address"] = local
            record["local_port"] = local_port
            record["remote_address"] = remote
            record["remote_port"] = remote_port
            record["state"] = state
            record["state_number"] = number
            record["recv_queue"] = recv_queue
            record["send_queue"] = send_queue
            record["uid"] = uid
            record["inode"] = inode or None
            records.append(record)
        return records

    def _adjust(self, records: list[Record], columns: Columns) -> None:
        """Correct the fields whose meaning depends on protocol or state, and add interface names."""
        fixed = columns.fixed
        if len(fixed[7][0]) > _IPV4_SIZE:
            for record, source, target in zip(records, fixed[7], fixed[8], strict=True):
                record["v4_mapped"] = is_mapped(source) or is_mapped(target)
        if any(fixed[9]):
            for record, index in zip(records, fixed[9], strict=True):
                record["interface"] = name_device(self._interfaces, index)
        if self._is_tcp:
            self._adjust_tcp(records, fixed[2], fixed[3])
        else:
            self._adjust_datagram(records, columns)

    def _adjust_tcp(self, records: list[Record], states: Iterable[int], timers: Iterable[int]) -> None:
        """Correct queues of listeners and uids of SYN_RECV and TIME_WAIT.

        For a listener idiag_wqueue is the backlog. The kernel sends uid 0 in SYN_RECV, where the listener's is taken,
        and in TIME_WAIT, where it is unknown.
        """
        if TCP_LISTEN in states or TCP_SYN_RECV in states:
            for record in records:
                if record["state_number"] == TCP_LISTEN:
                    record.update(listening=True, backlog=record["send_queue"], send_queue=0)
                    self._listeners[record["local_port"]] = record["uid"]
                elif record["state_number"] == TCP_SYN_RECV:
                    record["uid"] = self._listeners.get(record["local_port"])
        if _TIME_WAIT_TIMER in timers:
            for record, timer in zip(records, timers, strict=True):
                if timer == _TIME_WAIT_TIMER:
                    record["uid"] = record["uid"] or None

    def _adjust_datagram(self, records: list[Record], columns: Columns) -> None:
        """Set ``listening``; a raw socket has its IP protocol in an attribute and no ports."""
        for record, ip_protocol in zip(
            records, columns.get_attribute(INET_DIAG_PROTOCOL), strict=False
        ):  # endless if the attribute is absent
            record["listening"] = record["remote_address"] == self._unspecified
            if self._protocol == "raw":
                record.update(local_port=None, remote_port=0, state=None, ip_protocol=ip_protocol)


def _choose_attributes(asked: Asked, protocol: str) -> frozenset[int]:
    """Return the attributes that the fields asked for are read from."""
    needed = {"drops": INET_DIAG_SKMEMINFO, "timer": INET_DIAG_INFO, "v6_only": INET_DIAG_SKV6ONLY}
    kinds = {kind for field, kind in needed.items() if asked.wants(field)}
    return frozenset(kinds | {INET_DIAG_PROTOCOL} if protocol == "raw" else kinds)


def _add_extensions(records: list[Record], columns: Columns) -> None:
    """Add timer, drops and v6_only, most of which come from attributes.

    idiag_retrans counts retransmits or probes, depending on the timer; tcp_info has both counts.
    """
    _, _, _, kinds, retries, _, _, _, _, _, expires, *_ = columns.fixed
    info = (columns.get_attribute(INET_DIAG_INFO), columns.get_attribute(INET_DIAG_INFO, 1))
    for record, kind, tries, milliseconds, retransmits, probes, drops, v6_only in zip(
        records,
        kinds,
        retries,
        expires,
        *info,
        columns.get_attribute(INET_DIAG_SKMEMINFO),
        columns.get_attribute(INET_DIAG_SKV6ONLY),
        strict=False,
    ):
        timer = record["timer"] = _OFF.copy()
        if kind:
            timer["kind"] = _TIMER_KINDS[kind]
            timer["expires_seconds"] = milliseconds / 1000
        if retransmits is None:
            timer["probes" if kind in _PROBING else "retransmits"] = tries
        else:
            timer["retransmits"] = retransmits
            timer["probes"] = probes
        record["drops"] = drops
        if v6_only is not None:
            record["v6_only"] = v6_only != 0


class _TimerKinds(dict[int, str]):
    def __missing__(self, number: int) -> str:
        word = self[number] = to_timer_kind(number)
        return word


_TIMER_KINDS = _TimerKinds()
