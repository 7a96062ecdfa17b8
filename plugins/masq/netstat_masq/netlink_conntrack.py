"""The connection table over netlink (linux/netfilter/nfnetlink_conntrack.h), which needs CAP_NET_ADMIN.

Numbers in attributes are big-endian on every machine; message and attribute headers are in the machine's byte order.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from netstat_core.plugin import (
    AF,
    NETLINK_NETFILTER,
    NLMSG_HDRLEN,
    About,
    Asked,
    AttributeField,
    Batch,
    Datagrams,
    MessageGroup,
    Messages,
    MessageShapes,
    NetlinkDump,
    Problem,
    Record,
    Same,
)
from netstat_masq.addresses import PackedTexts
from netstat_masq.record import (
    IPS_ASSURED,
    IPS_HW_OFFLOAD,
    IPS_OFFLOAD,
    IPS_SEEN_REPLY,
    IPS_SRC_NAT_BIT,
    NAT,
    NO_CONNECTION,
    PROTOCOLS,
    Connection,
    state_word,
    status_words,
)
from netstat_masq.selection import Selection

NAME = "netfilter/conntrack"

# linux/netfilter/nfnetlink.h
NFNL_SUBSYS_CTNETLINK = 1
NFGENMSG_SIZE = 4

# linux/netfilter/nfnetlink_conntrack.h
IPCTNL_MSG_CT_NEW = 0
IPCTNL_MSG_CT_GET = 1

CTA_TUPLE_ORIG = 1
CTA_TUPLE_REPLY = 2
CTA_STATUS = 3
CTA_PROTOINFO = 4
CTA_TIMEOUT = 7
CTA_MARK = 8
CTA_COUNTERS_ORIG = 9
CTA_COUNTERS_REPLY = 10
CTA_ZONE = 18

CTA_TUPLE_IP = 1
CTA_TUPLE_PROTO = 2
CTA_TUPLE_ZONE = 3

CTA_IP_V4_SRC = 1
CTA_IP_V4_DST = 2
CTA_IP_V6_SRC = 3
CTA_IP_V6_DST = 4

CTA_PROTO_NUM = 1
CTA_PROTO_SRC_PORT = 2
CTA_PROTO_DST_PORT = 3
CTA_PROTO_ICMP_ID = 4
CTA_PROTO_ICMP_TYPE = 5
CTA_PROTO_ICMP_CODE = 6
CTA_PROTO_ICMPV6_ID = 7
CTA_PROTO_ICMPV6_TYPE = 8
CTA_PROTO_ICMPV6_CODE = 9

CTA_PROTOINFO_TCP = 1
CTA_PROTOINFO_DCCP = 2
CTA_PROTOINFO_SCTP = 3

CTA_PROTOINFO_TCP_STATE = 1
CTA_PROTOINFO_DCCP_STATE = 1
CTA_PROTOINFO_SCTP_STATE = 1

CTA_COUNTERS_PACKETS = 1
CTA_COUNTERS_BYTES = 2

_GET = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET
_NEW = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW
_FIXED_SIZE = NLMSG_HDRLEN + NFGENMSG_SIZE
_RECORDED_STATUS = IPS_SEEN_REPLY | IPS_ASSURED | IPS_OFFLOAD | IPS_HW_OFFLOAD
"""The bits of the status that records show."""

Column = Sequence[Any] | Same


def _exactly(*paths: tuple[int, ...], form: str) -> AttributeField:
    """Return the field of an attribute that may have several paths; of another size it is ignored."""
    return AttributeField(dict.fromkeys(paths, form), exact=True)


def _address(which: int, in_ipv4: int, in_ipv6: int) -> AttributeField:
    path = (which, CTA_TUPLE_IP)
    return AttributeField({(*path, in_ipv4): "4s", (*path, in_ipv6): "16s"}, exact=True)


def _direction(name: str, which: int, counters: int) -> dict[str, AttributeField]:
    """Return the fields of one direction; ICMPv6 has its own attributes."""
    ends = (which, CTA_TUPLE_PROTO)
    return {
        f"{name} source": _address(which, CTA_IP_V4_SRC, CTA_IP_V6_SRC),
        f"{name} destination": _address(which, CTA_IP_V4_DST, CTA_IP_V6_DST),
        f"{name} source port": _exactly((*ends, CTA_PROTO_SRC_PORT), form=">H"),
        f"{name} destination port": _exactly((*ends, CTA_PROTO_DST_PORT), form=">H"),
        f"{name} icmp type": _exactly((*ends, CTA_PROTO_ICMP_TYPE), (*ends, CTA_PROTO_ICMPV6_TYPE), form="B"),
        f"{name} icmp code": _exactly((*ends, CTA_PROTO_ICMP_CODE), (*ends, CTA_PROTO_ICMPV6_CODE), form="B"),
        f"{name} icmp id": _exactly((*ends, CTA_PROTO_ICMP_ID), (*ends, CTA_PROTO_ICMPV6_ID), form=">H"),
        f"{name} packets": _exactly((counters, CTA_COUNTERS_PACKETS), form=">Q"),
        f"{name} bytes": _exactly((counters, CTA_COUNTERS_BYTES), form=">Q"),
    }


_FIELDS = {
    "protocol": _exactly((CTA_TUPLE_ORIG, CTA_TUPLE_PROTO, CTA_PROTO_NUM), form="B"),
    "status": _exactly((CTA_STATUS,), form=">I"),
    "state": _exactly(
        (CTA_PROTOINFO, CTA_PROTOINFO_TCP, CTA_PROTOINFO_TCP_STATE),
        (CTA_PROTOINFO, CTA_PROTOINFO_DCCP, CTA_PROTOINFO_DCCP_STATE),
        (CTA_PROTOINFO, CTA_PROTOINFO_SCTP, CTA_PROTOINFO_SCTP_STATE),
        form="B",
    ),
    "timeout": _exactly((CTA_TIMEOUT,), form=">I"),
    "mark": _exactly((CTA_MARK,), form=">I"),
    "zone": _exactly((CTA_ZONE,), (CTA_TUPLE_ORIG, CTA_TUPLE_ZONE), (CTA_TUPLE_REPLY, CTA_TUPLE_ZONE), form=">H"),
    **_direction("original", CTA_TUPLE_ORIG, CTA_COUNTERS_ORIG),
    **_direction("reply", CTA_TUPLE_REPLY, CTA_COUNTERS_REPLY),
}
_REQUIRED = ("protocol", "status", "original source", "original destination", "reply source", "reply destination")
_KEYS = tuple(Connection.__annotations__)
_NOTHING: Mapping[str, Column] = dict.fromkeys(_KEYS, Same(None))
"""The columns of messages that are no connections."""


def make_request(asked: Asked) -> NetlinkDump:
    """Return the dump of all connections, or of one family if only that is asked for."""
    families = [AF[name] for name in ("inet", "inet6") if asked.serves_family(name)]
    family = families[0] if len(families) == 1 else 0
    wider = ((NAME, bytes(4)),) if family else ()
    return NetlinkDump(NAME, protocol=NETLINK_NETFILTER, type=_GET, body=struct.pack("=BBH", family, 0, 0), wider=wider)


def parse(about: About, datagrams: Datagrams) -> Iterator[Batch | Problem]:
    """Yield the connections in the kernel's order.

    A message that is too short or of another type is a problem, and the rest of its datagram is skipped. Problems with
    single connections follow the connections of their datagram. A connection may appear twice while the kernel resizes
    its table.
    """
    selection = Selection(about.asked)
    shapes = MessageShapes(about.order, _FIXED_SIZE, _FIELDS, kind=_NEW)
    texts = PackedTexts()
    for datagram in datagrams:
        for messages in shapes.unpack(datagram):
            if isinstance(messages, Messages):
                if connections := selection.of(_make_batch(messages, about.asked, texts)):
                    yield connections
                yield from _find_problems(messages)
            else:
                yield Problem(NAME, "a message is not a connection", messages, code=NO_CONNECTION)


def _is_connection(group: MessageGroup) -> bool:
    """Return whether messages of a shape have a protocol, all addresses and a status."""
    return all(group.find(name) is not None for name in _REQUIRED)


def _find_problems(messages: Messages) -> Iterator[Problem]:
    for group in messages.groups:
        if not _is_connection(group):
            for raw in group.between(0):
                yield Problem(NAME, "a connection lacks an address", raw, code=NO_CONNECTION)


def _make_batch(messages: Messages, asked: Asked, texts: PackedTexts) -> Batch:
    """Return the connections among the messages."""
    present = [*map(_is_connection, messages.groups)]
    parts = [
        _make_columns(group, asked, texts) if is_present else _NOTHING
        for group, is_present in zip(messages.groups, present, strict=True)
    ]
    columns = {name: _put_together(messages, [part[name] for part in parts]) for name in _KEYS}
    batch = Batch.of_columns(columns, len(messages))
    if all(present):
        return batch
    sizes = map(len, messages.groups)
    return batch.kept(messages.in_order([[value] * size for value, size in zip(present, sizes, strict=True)]))


def _put_together(messages: Messages, columns: Sequence[Column]) -> Column:
    """Return the columns of all groups as one; it stays one value if that is the same for all."""
    shared = [column.value for column in columns if isinstance(column, Same)]
    if len(shared) == len(columns) and shared.count(shared[0]) == len(shared):
        return columns[0]
    return messages.in_order(
        [column.value] * len(group) if isinstance(column, Same) else column
        for group, column in zip(messages.groups, columns, strict=True)
    )


def _make_columns(group: MessageGroup, asked: Asked, texts: PackedTexts) -> Mapping[str, Column]:
    """Return the columns of connections whose messages have one shape; those that are not asked for are null."""

    def convert(name: str, to_value: Callable[[Any], Any], missing: object = None) -> Column:
        """Return what is made of an attribute: once for all connections if it is equal in all of them."""
        numbers = group.column(name)
        if numbers is None:
            return Same(missing)
        if numbers.count(numbers[0]) == len(numbers):
            return Same(to_value(numbers[0]))
        return [*map(to_value, numbers)]

    originals = _make_directions(group, "original", texts)
    protocols = convert("protocol", _PROTOCOL_WORDS.__getitem__)
    optional: dict[str, Callable[[], Column]] = {
        "state": lambda: _name_states(protocols, group.column("state")),
        "expires_seconds": lambda: convert("timeout", int),
        "status": lambda: convert("status", lambda bits: _status_words(bits & _RECORDED_STATUS)),
        "mark": lambda: convert("mark", int),
        "zone": lambda: convert("zone", int, 0),
    }
    return {
        **_NOTHING,
        "family": Same("inet6" if ":" in originals[0]["source_address"] else "inet"),
        "protocol": protocols,
        "original": originals,
        "reply": _make_directions(group, "reply", texts),
        "nat": convert("status", lambda bits: NAT[bits >> IPS_SRC_NAT_BIT & 3]),
        **{name: make() for name, make in optional.items() if asked.wants(name)},
    }


def _name_states(protocols: Column, states: Sequence[int] | None) -> Column:
    """Return the words for states, whose numbers differ between protocols; without numbers there are none."""
    if states is None:
        return Same(None)
    if not isinstance(protocols, Same):
        return [*map(_state_word, protocols, states)]
    words = {number: _state_word(protocols.value, number) for number in set(states)}
    return [*map(words.__getitem__, states)]


def _make_directions(group: MessageGroup, way: str, texts: PackedTexts) -> list[Record]:
    """Return the records of one direction."""
    nothing = [None] * len(group)

    def column(name: str) -> Sequence[Any]:
        return group.column(f"{way} {name}") or nothing

    icmps: Iterable[Record | None] = nothing
    if group.find(f"{way} icmp type") is not None:
        icmps = map(_make_icmp, column("icmp type"), column("icmp code"), column("icmp id"))
    return [
        {
            "source_address": texts[source],
            "source_port": port,
            "destination_address": texts[target],
            "destination_port": target_port,
            "icmp": icmp,
            "packets": packets,
            "bytes": size,
        }
        for source, port, target, target_port, icmp, packets, size in zip(
            *(column("source"), column("source port"), column("destination"), column("destination port")),
            *(icmps, column("packets"), column("bytes")),
            strict=True,
        )
    ]


def _make_icmp(kind: int, code: int | None, identifier: int | None) -> Record:
    return {"type": kind, "code": code or 0, "id": identifier or 0}


_PROTOCOL_WORDS = tuple(PROTOCOLS.get(number) or str(number) for number in range(256))
"""Words by protocol number, which is one byte in attributes."""

_state_word = cache(state_word)
_status_words = cache(status_words)
