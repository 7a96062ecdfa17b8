"""The readers of memberships and of multicast routing, one for each IP version."""

from __future__ import annotations

import struct
from collections.abc import Callable

from netstat_core import Feed, File, NetlinkDump, Query, Reader
from netstat_core.sources import Source
from netstat_igmp import igmp, igmp6, routes, vifs
from netstat_igmp.layout import GROUPS, ROUTES, VIFS
from netstat_igmp.record import IPMR, Membership, MulticastRoute, Vif

_GET_LINK, _GET_ROUTE = 18, 26

_LINKS = NetlinkDump("route/links", protocol=0, type=_GET_LINK, body=bytes(16), restart=True, required=False)
"""For the names of interfaces."""

_VIF_DUMP = NetlinkDump(vifs.DUMP, protocol=0, type=_GET_LINK, body=struct.pack("=B15x", IPMR["inet"]))


def _of_group(path: str, filters: str) -> Callable[[Query], list[Source | None]]:
    """The memberships, and their source filters where the output has them."""
    return lambda query: [File(path), File(filters, required=False) if query.wants("source_filter") else None]


def _always(*sources: Source) -> Callable[[Query], tuple[Source, ...]]:
    return lambda _query: sources


def _route_feeds(family: str) -> tuple[Feed, Feed]:
    """All tables over netlink, where vifs have no number and yet nothing is missed; the default one from the files."""
    request = NetlinkDump(routes.dump_name(family), 0, _GET_ROUTE, struct.pack("=B11x", IPMR[family]))
    files = File(routes.path(family)), File(vifs.path(family), required=False)
    return (
        Feed("netlink", _always(request, _LINKS), routes.dump_parser(family)),
        Feed("procfs", _always(*files), routes.file_parser(family)),
    )


def _vif_feed(family: str) -> Feed:
    return Feed("procfs", _always(File(vifs.path(family))), vifs.file_parser(family))


def _membership_reader(name: str, position: int, family: str, feed: Feed) -> Reader:
    return Reader(
        name=name,
        table="groups",
        position=position,
        families=(family,),
        kind="multicast.membership",
        record=Membership,
        feeds=(feed,),
        layouts={"linux": GROUPS},
    )


def _vif_reader(name: str, position: int, family: str, *feeds: Feed) -> Reader:
    return Reader(
        name=name,
        table="multicast_routes",
        position=position,
        families=(family,),
        kind="multicast.vif",
        record=Vif,
        feeds=feeds,
        layouts={"linux": VIFS},
    )


def _route_reader(name: str, position: int, family: str) -> Reader:
    return Reader(
        name=name,
        table="multicast_routes",
        position=position,
        families=(family,),
        kind="multicast.route",
        record=MulticastRoute,
        feeds=_route_feeds(family),
        layouts={"linux": ROUTES},
    )


READERS = (
    _membership_reader("igmp", 160, "inet", Feed("procfs", _of_group(igmp.PATH, "/proc/net/mcfilter"), igmp.parse)),
    _membership_reader(
        "igmp6", 161, "inet6", Feed("procfs", _of_group(igmp6.PATH, "/proc/net/mcfilter6"), igmp6.parse)
    ),
    _vif_reader(
        "multicast_vifs", 5200, "inet", Feed("netlink", _always(_VIF_DUMP, _LINKS), vifs.parse_dump), _vif_feed("inet")
    ),
    _vif_reader("multicast_vifs6", 5201, "inet6", _vif_feed("inet6")),
    _route_reader("multicast_routes", 5202, "inet"),
    _route_reader("multicast_routes6", 5203, "inet6"),
)
