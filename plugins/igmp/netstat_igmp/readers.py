"""The readers of memberships and of multicast routing, one for each IP version."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

from netstat_core.plugin import (
    LINKS,
    NETLINK_ROUTE,
    RTM_GETLINK,
    About,
    Feed,
    File,
    Layout,
    NetlinkDump,
    Parsed,
    Reader,
    feed,
)
from netstat_igmp import (
    netlink_ipmr_link,
    netlink_ipmr_route,
    proc_igmp,
    proc_igmp6,
    proc_ip_mr_cache,
    proc_ip_mr_vif,
)
from netstat_igmp.net_tools import GROUPS, ROUTES, VIFS
from netstat_igmp.netlink_ipmr_link import IPMR
from netstat_igmp.netlink_ipmr_route import RTM_GETROUTE
from netstat_igmp.record import Membership, MulticastRoute, Vif

Look = tuple[str, str, type, Layout]
"""A table, a kind, its record and its text."""

_GROUP: Look = ("groups", "multicast.membership", Membership, GROUPS)
_VIF: Look = ("multicast_routes", "multicast.vif", Vif, VIFS)
_ROUTE: Look = ("multicast_routes", "multicast.route", MulticastRoute, ROUTES)

_VIF_DUMP = NetlinkDump(
    netlink_ipmr_link.DUMP, protocol=NETLINK_ROUTE, type=RTM_GETLINK, body=struct.pack("=B15x", IPMR["inet"])
)


def _group_feed(path: str, filters: str, parse: Callable[[About, bytes, bytes | None], Iterable[Parsed]]) -> Feed:
    """The memberships, and their source filters where the output has them."""
    source_filters = File(filters).optional.when(lambda asked: asked.wants("source_filter"))
    return feed("procfs", File(path), source_filters, parse=parse)


def _route_feeds(family: str) -> tuple[Feed, Feed]:
    """All tables over netlink, where vifs have no number and yet nothing is missed; the default one from the files."""
    request = NetlinkDump(
        netlink_ipmr_route.dump_name(family),
        protocol=NETLINK_ROUTE,
        type=RTM_GETROUTE,
        body=struct.pack("=B11x", IPMR[family]),
    )
    entries, interfaces = File(proc_ip_mr_cache.path(family)), File(proc_ip_mr_vif.path(family))
    return (
        feed("netlink", request, LINKS.optional, parse=netlink_ipmr_route.parser(family)),
        feed("procfs", entries, interfaces.optional, parse=proc_ip_mr_cache.parser(family)),
    )


def _vif_feed(family: str) -> Feed:
    return feed("procfs", File(proc_ip_mr_vif.path(family)), parse=proc_ip_mr_vif.parser(family))


def _reader(name: str, position: int, look: Look, *feeds: Feed) -> Reader:
    table, kind, record, layout = look
    return Reader(
        name=name,
        table=table,
        position=position,
        families=("inet6" if name.endswith("6") else "inet",),
        kind=kind,
        record=record,
        feeds=feeds,
        layouts={"net-tools": layout},
    )


READERS = (
    _reader("igmp", 160, _GROUP, _group_feed(proc_igmp.PATH, "/proc/net/mcfilter", proc_igmp.parse)),
    _reader("igmp6", 161, _GROUP, _group_feed(proc_igmp6.PATH, "/proc/net/mcfilter6", proc_igmp6.parse)),
    _reader(
        "multicast_vifs",
        5200,
        _VIF,
        feed("netlink", _VIF_DUMP, LINKS.optional, parse=netlink_ipmr_link.parse),
        _vif_feed("inet"),
    ),
    _reader("multicast_vifs6", 5201, _VIF, _vif_feed("inet6")),
    _reader("multicast_routes", 5202, _ROUTE, *_route_feeds("inet")),
    _reader("multicast_routes6", 5203, _ROUTE, *_route_feeds("inet6")),
)
