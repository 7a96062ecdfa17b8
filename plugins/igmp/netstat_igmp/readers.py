"""The readers of multicast memberships and multicast routing, one for each address family."""

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

RecordKind = tuple[str, str, type, Layout]
"""Table, kind, record type and layout."""

_GROUP_KIND: RecordKind = ("groups", "multicast.membership", Membership, GROUPS)
_VIF_KIND: RecordKind = ("multicast_routes", "multicast.vif", Vif, VIFS)
_ROUTE_KIND: RecordKind = ("multicast_routes", "multicast.route", MulticastRoute, ROUTES)

_VIF_DUMP = NetlinkDump(
    netlink_ipmr_link.DUMP, protocol=NETLINK_ROUTE, type=RTM_GETLINK, body=struct.pack("=B15x", IPMR["inet"])
)


def _group_feed(path: str, filters: str, parse: Callable[[About, bytes, bytes | None], Iterable[Parsed]]) -> Feed:
    """Return the feed of memberships, with their source filters if the output needs them."""
    source_filters = File(filters).optional.when(lambda asked: asked.wants("source_filter"))
    return feed("procfs", File(path), source_filters, parse=parse)


def _route_feeds(family: str) -> tuple[Feed, Feed]:
    """Return the feeds of a family's routes: netlink has all tables but no vif numbers, files the default table."""
    request = NetlinkDump(
        netlink_ipmr_route.dump_name(family),
        protocol=NETLINK_ROUTE,
        type=RTM_GETROUTE,
        body=struct.pack("=B11x", IPMR[family]),
    )
    entries, interfaces = File(proc_ip_mr_cache.file_path(family)), File(proc_ip_mr_vif.file_path(family))
    return (
        feed("netlink", request, LINKS.optional, parse=netlink_ipmr_route.make_parser(family)),
        feed("procfs", entries, interfaces.optional, parse=proc_ip_mr_cache.make_parser(family)),
    )


def _vif_feed(family: str) -> Feed:
    return feed("procfs", File(proc_ip_mr_vif.file_path(family)), parse=proc_ip_mr_vif.make_parser(family))


def _make_reader(name: str, position: int, record_kind: RecordKind, *feeds: Feed) -> Reader:
    table, kind, record, layout = record_kind
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
    _make_reader("igmp", 160, _GROUP_KIND, _group_feed(proc_igmp.PATH, "/proc/net/mcfilter", proc_igmp.parse)),
    _make_reader("igmp6", 161, _GROUP_KIND, _group_feed(proc_igmp6.PATH, "/proc/net/mcfilter6", proc_igmp6.parse)),
    _make_reader(
        "multicast_vifs",
        5200,
        _VIF_KIND,
        feed("netlink", _VIF_DUMP, LINKS.optional, parse=netlink_ipmr_link.parse),
        _vif_feed("inet"),
    ),
    _make_reader("multicast_vifs6", 5201, _VIF_KIND, _vif_feed("inet6")),
    _make_reader("multicast_routes", 5202, _ROUTE_KIND, *_route_feeds("inet")),
    _make_reader("multicast_routes6", 5203, _ROUTE_KIND, *_route_feeds("inet6")),
)
