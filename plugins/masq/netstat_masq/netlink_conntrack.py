"""The connection table over netlink (linux/netfilter/nfnetlink_conntrack.h), which needs CAP_NET_ADMIN.

Numbers in attributes are big-endian on every machine; message and attribute headers are in the machine's byte order.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from typing import Any

from netstat_core.plugin import (
    AF,
    NETLINK_NETFILTER,
    NLMSG_HDRLEN,
    About,
    Asked,
    Datagrams,
    NetlinkDump,
    Problem,
    Record,
    align4,
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
    state_word,
    status_words,
)
from netstat_masq.selection import Selection
from netstat_masq.shapes import Path, Shapes

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
_COUNTERS = {CTA_TUPLE_ORIG: CTA_COUNTERS_ORIG, CTA_TUPLE_REPLY: CTA_COUNTERS_REPLY}
_INET_SIZE = 4
_RECORDED_STATUS = IPS_SEEN_REPLY | IPS_ASSURED | IPS_OFFLOAD | IPS_HW_OFFLOAD
"""The bits of the status that records show."""


def _addresses(which: int) -> tuple[dict[Path, str], ...]:
    """Return the formats of source and destination of one direction (CTA_TUPLE_ORIG or CTA_TUPLE_REPLY)."""
    return (
        {(which, CTA_TUPLE_IP, CTA_IP_V4_SRC): "4s", (which, CTA_TUPLE_IP, CTA_IP_V6_SRC): "16s"},
        {(which, CTA_TUPLE_IP, CTA_IP_V4_DST): "4s", (which, CTA_TUPLE_IP, CTA_IP_V6_DST): "16s"},
    )


def _protocol_and_counters(which: int) -> tuple[dict[Path, str], ...]:
    """Return the formats of ports, ICMP fields and counters of one direction; ICMPv6 has its own attributes."""
    protocol, counters = (which, CTA_TUPLE_PROTO), _COUNTERS[which]
    return (
        {(*protocol, CTA_PROTO_SRC_PORT): "H"},
        {(*protocol, CTA_PROTO_DST_PORT): "H"},
        {(*protocol, CTA_PROTO_ICMP_ID): "H", (*protocol, CTA_PROTO_ICMPV6_ID): "H"},
        {(*protocol, CTA_PROTO_ICMP_TYPE): "B", (*protocol, CTA_PROTO_ICMPV6_TYPE): "B"},
        {(*protocol, CTA_PROTO_ICMP_CODE): "B", (*protocol, CTA_PROTO_ICMPV6_CODE): "B"},
        {(counters, CTA_COUNTERS_PACKETS): "Q"},
        {(counters, CTA_COUNTERS_BYTES): "Q"},
    )


_REQUIRED: tuple[dict[Path, str], ...] = (
    {(CTA_TUPLE_ORIG, CTA_TUPLE_PROTO, CTA_PROTO_NUM): "B"},
    {(CTA_STATUS,): "I"},
    *_addresses(CTA_TUPLE_ORIG),
    *_addresses(CTA_TUPLE_REPLY),
)
_OPTIONAL: tuple[dict[Path, str], ...] = (
    {
        (CTA_PROTOINFO, CTA_PROTOINFO_TCP, CTA_PROTOINFO_TCP_STATE): "B",
        (CTA_PROTOINFO, CTA_PROTOINFO_DCCP, CTA_PROTOINFO_DCCP_STATE): "B",
        (CTA_PROTOINFO, CTA_PROTOINFO_SCTP, CTA_PROTOINFO_SCTP_STATE): "B",
    },
    {(CTA_TIMEOUT,): "I"},
    {(CTA_MARK,): "I"},
    {(CTA_ZONE,): "H", (CTA_TUPLE_ORIG, CTA_TUPLE_ZONE): "H", (CTA_TUPLE_REPLY, CTA_TUPLE_ZONE): "H"},
)
_FORMATS = (*_REQUIRED, *_OPTIONAL, *_protocol_and_counters(CTA_TUPLE_ORIG), *_protocol_and_counters(CTA_TUPLE_REPLY))
_OPTIONAL_AT = len(_REQUIRED)
_ORIGINAL_AT = _OPTIONAL_AT + len(_OPTIONAL)
_REPLY_AT = _ORIGINAL_AT + len(_protocol_and_counters(CTA_TUPLE_ORIG))


def make_request(asked: Asked) -> NetlinkDump:
    """Return the dump of all connections, or of one family if only that is asked for."""
    families = [AF[name] for name in ("inet", "inet6") if asked.serves_family(name)]
    family = families[0] if len(families) == 1 else 0
    wider = ((NAME, bytes(4)),) if family else ()
    return NetlinkDump(NAME, protocol=NETLINK_NETFILTER, type=_GET, body=struct.pack("=BBH", family, 0, 0), wider=wider)


def parse(about: About, datagrams: Datagrams) -> Iterator[Record | Problem]:
    """Yield the connections in the kernel's order.

    A message that is too short or of another type is a problem, and the rest of its datagram is skipped. A connection
    may appear twice while the kernel resizes its table.
    """
    selection = Selection(about.asked)
    shapes = Shapes(_FORMATS, _FIXED_SIZE, about.order)
    texts = PackedTexts()
    header = struct.Struct(f"{about.order}IH").unpack_from
    for datagram in datagrams:
        start, size = 0, len(datagram)
        while start < size:
            length, kind = header(datagram, start) if size - start >= _FIXED_SIZE else (0, 0)
            if kind != _NEW or not _FIXED_SIZE <= length <= size - start:
                raw = bytes(datagram[start : start + _FIXED_SIZE])
                yield Problem(NAME, "a message is not a connection", raw, code=NO_CONNECTION)
                break
            record = _make_record(shapes.values(datagram, start, length), texts)
            if record is None:
                raw = bytes(datagram[start : start + length])
                yield Problem(NAME, "a connection lacks an address", raw, code=NO_CONNECTION)
            elif selection.is_everything or selection.includes(record):
                yield record
            start += align4(length)


def _make_record(values: tuple[Any, ...], texts: PackedTexts) -> Record | None:
    """Return the record of a connection, or None if it lacks a protocol, an address or its status."""
    required = values[:_OPTIONAL_AT]
    if None in required:
        return None
    number, status, source, target, reply_source, reply_target = required
    state, timeout, mark, zone = values[_OPTIONAL_AT:_ORIGINAL_AT]
    port, target_port, icmp_id, kind, code, packets, size = values[_ORIGINAL_AT:_REPLY_AT]
    reply_port, reply_target_port, reply_icmp_id, reply_kind, reply_code, reply_packets, reply_size = values[_REPLY_AT:]
    protocol = PROTOCOLS.get(number) or str(number)
    return {
        "family": "inet" if len(source) == _INET_SIZE else "inet6",
        "protocol": protocol,
        "original": {
            "source_address": texts[source],
            "source_port": port,
            "destination_address": texts[target],
            "destination_port": target_port,
            "icmp": None if kind is None else _make_icmp(kind, code, icmp_id),
            "packets": packets,
            "bytes": size,
        },
        "reply": {
            "source_address": texts[reply_source],
            "source_port": reply_port,
            "destination_address": texts[reply_target],
            "destination_port": reply_target_port,
            "icmp": None if reply_kind is None else _make_icmp(reply_kind, reply_code, reply_icmp_id),
            "packets": reply_packets,
            "bytes": reply_size,
        },
        "state": None if state is None else _state_word(protocol, state),
        "expires_seconds": timeout,
        "status": _status_words(status & _RECORDED_STATUS),
        "nat": NAT[status >> IPS_SRC_NAT_BIT & 3],
        "mark": mark,
        "zone": zone or 0,
        "initial_sequence": None,
        "delta": None,
        "previous_delta": None,
    }


def _make_icmp(kind: int, code: int | None, identifier: int | None) -> Record:
    return {"type": kind, "code": code or 0, "id": identifier or 0}


_state_word = cache(state_word)
_status_words = cache(status_words)
