"""RTM_GETROUTE dumps of RTNL_FAMILY_IPMR and RTNL_FAMILY_IP6MR: the multicast forwarding caches of all tables."""

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
from netstat_igmp.addresses import packed_text
from netstat_igmp.netlink_ipmr_link import IPMR, of_family
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

_LEAST = NLMSG_HDRLEN + RTMSG_SIZE
_FLAGS_AT = NLMSG_HDRLEN + 8


def dump_name(family: str) -> str:
    """How the dump of one family is called."""
    return "route/multicast" if family == "inet" else "route/multicast6"


def parser(family: str) -> Callable[..., Iterator[Record | Problem]]:
    """The parser of one family's dump, which shows all tables, and of the links that name interfaces.

    It raises SourceError where the kernel does not dump multicast routes.
    """

    def parse(about: About, routes: Datagrams, links: Datagrams | None) -> Iterator[Record | Problem]:
        names = interface_names(about, links)
        source = dump_name(family)
        for message in of_family(IPMR[family], source, messages(source, routes, RTM_NEWROUTE, _LEAST, about.order)):
            yield message if isinstance(message, Problem) else _route(message, family, source, names, about.order)

    return parse


def _route(message: bytes, family: str, source: str, names: dict[int, str], order: str) -> Record | Problem:
    found = attributes(message, _LEAST, order)
    (flags,) = struct.unpack_from(f"{order}I", message, _FLAGS_AT)
    resolved = not flags & RTNH_F_UNRESOLVED
    counters = found.get(RTA_MFC_STATS, b"")
    try:
        packets, size, wrong = struct.unpack_from(f"{order}3Q", counters) if resolved and counters else [None] * 3
        return {
            "family": family,
            "table": table_name(found.number(RTA_TABLE, 0)),
            "group": packed_text(found[RTA_DST]),
            "origin": packed_text(found[RTA_SRC]),
            "resolved": resolved,
            "interface": names.get(found.number(RTA_IIF, 0)),
            "vif": None,
            "outgoing": list(_hops(found.get(RTA_MULTIPATH, b""), names, order)),
            "packets": packets,
            "bytes": size,
            "wrong_interface": wrong,
        }
    except (KeyError, ValueError, struct.error):
        return Problem(source, "a route lacks an attribute", message[NLMSG_HDRLEN:_LEAST])


def _hops(content: bytes, names: dict[int, str], order: str) -> Iterator[Record]:
    """Each struct rtnexthop: length, flags, the ttl where other routes have a weight, and an interface."""
    unpack = struct.Struct(f"{order}HxBi").unpack_from
    start = 0
    while start + RTNEXTHOP_SIZE <= len(content):
        length, ttl, index = unpack(content, start)
        yield {"interface": names.get(index), "vif": None, "ttl": ttl}
        start += max(align4(length), RTNEXTHOP_SIZE)
