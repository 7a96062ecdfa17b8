"""The reader of network interfaces."""

from __future__ import annotations

from netstat_core.plugin import Directory, Feed, File, Query, Reader, Source
from netstat_iface import netlink_link, proc_dev, sys_class_net
from netstat_iface.addresses import IF_INET6
from netstat_iface.net_tools import LAYOUT
from netstat_iface.record import PARTS, Interface

_EVERY_FAMILY = ("inet", "inet6", "ax25", "netrom", "rose", "ipx", "ddp", "x25", "unix", "ec", "ash", "bluetooth")
"""netstat -i takes no notice of families."""

_ONLY_IN_STATISTICS = PARTS | {"rx_nohandler"}


def _dumps(query: Query) -> list[Source | None]:
    addresses = query.wants("addresses")
    inet6 = query.wants("hardware_address")
    return [
        netlink_link.request_links(query),
        netlink_link.request_addresses(query) if addresses else None,
        File(IF_INET6, required=False) if addresses and inet6 else None,
    ]


def _files(query: Query) -> list[Source | None]:
    parts = any(query.wants(field) for field in _ONLY_IN_STATISTICS)
    return [
        File(proc_dev.DEV),
        File(IF_INET6, required=False),
        File(proc_dev.DEV_MCAST, required=False),
        File(proc_dev.VLANS, required=False) if query.wants("vlan_id") else None,
        Directory("/sys/class/net/*/statistics/*", required=False) if parts else None,
        *sys_class_net.sources(query),
    ]


_PROCFS_LACKS = frozenset(
    {"addresses", "alternative_names", "link_kind", "master_kind", "link_namespace_id", "vlan_protocol", "bond_mode"}
    | {"device_map", "rx_otherhost_dropped"}
)

READERS = (
    Reader(
        name="interfaces",
        table="interfaces",
        position=2000,
        families=_EVERY_FAMILY,
        kind="interface",
        record=Interface,
        feeds=(
            Feed("netlink", sources=_dumps, parse=netlink_link.parse),
            Feed("procfs", sources=_files, parse=proc_dev.parse, lacks=_PROCFS_LACKS),
        ),
        layouts={"net-tools": LAYOUT},
    ),
)
