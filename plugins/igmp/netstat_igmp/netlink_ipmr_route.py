"""RTM_GETROUTE dumps of RTNL_FAMILY_IPMR and RTNL_FAMILY_IP6MR: multicast forwarding caches of all tables."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from netstat_core.plugin import (
    NLMSG_HDRLEN,
    About,
    Datagrams,
    Problem,
    Record,
    align4,
    attributes,
    interface_names,
    messages,
)
from netstat_igmp.addresses import packed_to_text
from netstat_igmp.netlink_ipmr_link import IPMR, check_family
from netstat_igmp.record import table_name

# linux/rtnetlink.h
RTM_NEWROUTE = 24
RTM_GETROUTE = 26

RTA_DST = 1
RTA_SRC = 2
RTA_IIF = 3
RTA_MULTIPATH = 9
RTA_TABLE = 15
RTA_MFC_STATS = 17

RTNH_F_UNRESOLVED = 0x20

RTMSG_SIZE = 12
RTNEXTHOP_SIZE = 8

_FIXED_SIZE = NLMSG_HDRLEN + RTMSG_SIZE
_FLAGS_AT = NLMSG_HDRLEN + 8


def dump_name(family: str) -> str:
    """Return the name of the dump of an address family."""
    return "route/multicast" if family == "inet" else "route/multicast6"


def make_parser(family: str) -> Callable[..., Iterator[Record | Problem]]:
    """Return the parser of a family's dump of all tables and of the links, which give the names of interfaces.

    The parser raises SourceError if the kernel does not dump multicast routes.
    """

    def parse(about: About, routes: Datagrams, links: Datagrams | None) -> Iterator[Record | Problem]:
        problems: list[Problem] = []
        names = interface_names(about, links, problems)
        source = dump_name(family)
        for message in check_family(
            IPMR[family], source, messages(source, routes, RTM_NEWROUTE, _FIXED_SIZE, about.order)
        ):
            yield (
                message if isinstance(message, Problem) else _route_record(message, family, source, names, about.order)
            )
        yield from problems

    return parse


def _route_record(message: bytes, family: str, source: str, names: dict[int, str], order: str) -> Record | Problem:
    route = attributes(message, _FIXED_SIZE, order)
    (flags,) = struct.unpack_from(f"{order}I", message, _FLAGS_AT)
    resolved = not flags & RTNH_F_UNRESOLVED
    counters = route.get(RTA_MFC_STATS, b"")
    try:
        packets, size, wrong = struct.unpack_from(f"{order}3Q", counters) if resolved and counters else [None] * 3
        return {
            "family": family,
            "table": table_name(route.number(RTA_TABLE, 0)),
            "group": packed_to_text(route[RTA_DST]),
            "origin": packed_to_text(route[RTA_SRC]),
            "resolved": resolved,
            "interface": names.get(route.number(RTA_IIF, 0)),
            "vif": None,
            "outgoing": list(_next_hops(route.get(RTA_MULTIPATH, b""), names, order)),
            "packets": packets,
            "bytes": size,
            "wrong_interface": wrong,
        }
    except (KeyError, ValueError, struct.error):
        return Problem(source, "a route lacks an attribute", message[NLMSG_HDRLEN:_FIXED_SIZE])


def _next_hops(content: bytes, names: dict[int, str], order: str) -> Iterator[Record]:
    """Yield the next hops of RTA_MULTIPATH: struct rtnexthop, whose rtnh_hops is the TTL in multicast routes."""
    unpack = struct.Struct(f"{order}HxBi").unpack_from
    start = 0
    while start + RTNEXTHOP_SIZE <= len(content):
        length, ttl, index = unpack(content, start)
        yield {"interface": names.get(index), "vif": None, "ttl": ttl}
        start += max(align4(length), RTNEXTHOP_SIZE)
