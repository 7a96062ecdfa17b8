"""The connection table over netlink (linux/netfilter/nfnetlink_conntrack.h), which needs CAP_NET_ADMIN.

Every number in its attributes is big-endian, whatever the machine; message and attribute headers are not.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from typing import Any

from netstat_core.plugin import AF, About, Asked, Datagrams, NetlinkDump, Problem, Record, align4
from netstat_masq.addresses import PackedTexts
from netstat_masq.record import NAT, PROTOCOLS, state_word, status_words
from netstat_masq.selection import Selection
from netstat_masq.shapes import Path, Shapes

NETFILTER = 12
GET, NEW = 0x101, 0x100
"""Subsystem 1 (connections), commands IPCTNL_MSG_CT_GET and IPCTNL_MSG_CT_NEW."""

NAME = "netfilter/conntrack"

_FIXED = 20
"""struct nlmsghdr and struct nfgenmsg."""

_ORIGINAL, _REPLY, _STATUS, _STATE, _TIMEOUT, _MARK, _ZONE = 1, 2, 3, 4, 7, 8, 18
_COUNTERS = {_ORIGINAL: 9, _REPLY: 10}
_IP, _PROTOCOL = 1, 2
_NAT_SHIFT = 4
_INET_SIZE = 4
_KNOWN = 0xC006
"""The bits of the status that records tell."""


def _addresses(which: int) -> tuple[dict[Path, str], ...]:
    """Source and destination of one direction."""
    return (
        {(which, _IP, 1): "4s", (which, _IP, 3): "16s"},
        {(which, _IP, 2): "4s", (which, _IP, 4): "16s"},
    )


def _particulars(which: int) -> tuple[dict[Path, str], ...]:
    """Ports, ICMP's fields and counters of one direction; ICMP for IPv6 has attributes of its own."""
    protocol, counters = (which, _PROTOCOL), _COUNTERS[which]
    return (
        {(*protocol, 2): "H"},
        {(*protocol, 3): "H"},
        {(*protocol, 4): "H", (*protocol, 7): "H"},
        {(*protocol, 5): "B", (*protocol, 8): "B"},
        {(*protocol, 6): "B", (*protocol, 9): "B"},
        {(counters, 1): "Q"},
        {(counters, 2): "Q"},
    )


_REQUIRED: tuple[dict[Path, str], ...] = (
    {(_ORIGINAL, _PROTOCOL, 1): "B"},
    {(_STATUS,): "I"},
    *_addresses(_ORIGINAL),
    *_addresses(_REPLY),
)
_OPTIONAL: tuple[dict[Path, str], ...] = (
    {(_STATE, kind, 1): "B" for kind in (1, 2, 3)},
    {(_TIMEOUT,): "I"},
    {(_MARK,): "I"},
    {(_ZONE,): "H", (_ORIGINAL, 3): "H", (_REPLY, 3): "H"},
)
_FORMATS = (*_REQUIRED, *_OPTIONAL, *_particulars(_ORIGINAL), *_particulars(_REPLY))
_OPTIONAL_AT = len(_REQUIRED)
_ORIGINAL_AT = _OPTIONAL_AT + len(_OPTIONAL)
_REPLY_AT = _ORIGINAL_AT + len(_particulars(_ORIGINAL))


def request(asked: Asked) -> NetlinkDump:
    """The dump of all connections, of one family where only that was asked for."""
    families = [AF[name] for name in ("inet", "inet6") if asked.serves_family(name)]
    family = families[0] if len(families) == 1 else 0
    wider = ((NAME, bytes(4)),) if family else ()
    return NetlinkDump(NAME, protocol=NETFILTER, type=GET, body=struct.pack("=BBH", family, 0, 0), wider=wider)


def parse(about: About, datagrams: Datagrams) -> Iterator[Record | Problem]:
    """The connections in the kernel's order; a message that is none, or too short, ends its datagram with a problem.

    A connection may come twice while the kernel resizes its table.
    """
    selection = Selection(about.asked)
    shapes = Shapes(_FORMATS, _FIXED, about.order)
    texts = PackedTexts()
    header = struct.Struct(f"{about.order}IH").unpack_from
    for datagram in datagrams:
        start, size = 0, len(datagram)
        while start < size:
            length, kind = header(datagram, start) if size - start >= _FIXED else (0, 0)
            if kind != NEW or not _FIXED <= length <= size - start:
                yield Problem(NAME, "a message is no connection", bytes(datagram[start : start + _FIXED]))
                break
            record = _connection(shapes.values(datagram, start, length), texts)
            if record is None:
                yield Problem(NAME, "a connection lacks an address", bytes(datagram[start : start + length]))
            elif selection.everything or selection.holds(record):
                yield record
            start += align4(length)


def _connection(values: tuple[Any, ...], texts: PackedTexts) -> Record | None:
    """The record of a connection; None where it lacks a protocol, an address or its status."""
    required = values[:_OPTIONAL_AT]
    if None in required:
        return None
    number, status, source, target, reply_source, reply_target = required
    state, timeout, mark, zone = values[_OPTIONAL_AT:_ORIGINAL_AT]
    port, target_port, asked, kind, code, packets, size = values[_ORIGINAL_AT:_REPLY_AT]
    reply_port, reply_target_port, reply_query, reply_kind, reply_code, reply_packets, reply_size = values[_REPLY_AT:]
    protocol = PROTOCOLS.get(number) or str(number)
    return {
        "family": "inet" if len(source) == _INET_SIZE else "inet6",
        "protocol": protocol,
        "original": {
            "source_address": texts[source],
            "source_port": port,
            "destination_address": texts[target],
            "destination_port": target_port,
            "icmp": None if kind is None else _icmp(kind, code, asked),
            "packets": packets,
            "bytes": size,
        },
        "reply": {
            "source_address": texts[reply_source],
            "source_port": reply_port,
            "destination_address": texts[reply_target],
            "destination_port": reply_target_port,
            "icmp": None if reply_kind is None else _icmp(reply_kind, reply_code, reply_query),
            "packets": reply_packets,
            "bytes": reply_size,
        },
        "state": None if state is None else _state(protocol, state),
        "expires_seconds": timeout,
        "status": _status(status & _KNOWN),
        "nat": NAT[status >> _NAT_SHIFT & 3],
        "mark": mark,
        "zone": zone or 0,
        "initial_sequence": None,
        "delta": None,
        "previous_delta": None,
    }


def _icmp(kind: int, code: int | None, query: int | None) -> Record:
    return {"type": kind, "code": code or 0, "id": query or 0}


_state = cache(state_word)
_status = cache(status_words)
