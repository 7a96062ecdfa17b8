"""The reader of network interfaces."""

from __future__ import annotations

from typing import Any

from netstat_core.plugin import Asked, Directory, File, Group, Input, Reader, feed, from_asked
from netstat_iface import netlink_address, netlink_link, proc_dev, sys_class_net
from netstat_iface.net_tools import LAYOUT
from netstat_iface.proc_if_inet6 import IF_INET6
from netstat_iface.record import PARTS, Interface
from netstat_iface.sys_class_net import wants_any

_wants_parts = wants_any(PARTS | {"rx_nohandler"})
"""Whether a field is wanted that only /sys/class/net/NAME/statistics has."""


def _wants_addresses(asked: Asked) -> bool:
    return asked.wants("addresses")


def _wants_order(asked: Asked) -> bool:
    """Whether IPv6 addresses are shown, which are sorted as in if_inet6."""
    return asked.wants("addresses") and asked.wants("hardware_address")


_NETLINK = feed(
    "netlink",
    netlink_link.LINKS_WITH_STATISTICS,
    from_asked(netlink_address.request).when(_wants_addresses),
    File(IF_INET6).optional.when(_wants_order),
    parse=netlink_link.parse,
)
_FILES: dict[str, Input[Any]] = {
    proc_dev.DEV: File(proc_dev.DEV),
    IF_INET6: File(IF_INET6).optional,
    proc_dev.DEV_MCAST: File(proc_dev.DEV_MCAST).optional,
    proc_dev.VLANS: File(proc_dev.VLANS).optional.when(wants_any(("vlan_id",))),
    proc_dev.PARTS: Directory(proc_dev.PARTS).optional.when(_wants_parts),
    **sys_class_net.make_inputs(),
}
_PROCFS_LACKS = frozenset(
    {"addresses", "alternative_names", "link_kind", "master_kind", "link_namespace_id", "vlan_protocol", "bond_mode"}
    | {"device_map", "rx_otherhost_dropped"}
)

READERS = (
    Reader(
        name="interfaces",
        table="interfaces",
        position=2000,
        families=("inet", "inet6"),
        kind="interface",
        record=Interface,
        feeds=(
            _NETLINK,
            feed("procfs", Group(_FILES), parse=proc_dev.parse, lacks=_PROCFS_LACKS),
        ),
        layouts={"net-tools": LAYOUT},
    ),
)
