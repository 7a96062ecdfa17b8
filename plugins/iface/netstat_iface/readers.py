"""The reader of network interfaces."""

from __future__ import annotations

from typing import Any

from netstat_core.plugin import Asked, Directory, File, Group, Input, Reader, feed, from_asked
from netstat_iface import netlink_address, netlink_link, proc_dev, sys_class_net
from netstat_iface.net_tools import LAYOUT
from netstat_iface.proc_if_inet6 import IF_INET6
from netstat_iface.record import Interface
from netstat_iface.sys_class_net import STATISTICS_FIELDS, wants_any

_wants_parts = wants_any(STATISTICS_FIELDS)
"""Whether a field is wanted that only /sys/class/net/NAME/statistics has."""


_wants_addresses = wants_any(("addresses",))
"""Whether addresses are wanted; IPv6 ones are sorted as in if_inet6."""


def _wants_labels(asked: Asked) -> bool:
    """Whether the addresses, or names that are kept with them, are wanted; an alias may be asked for by name."""
    return asked.wants("addresses") or asked.wants("aliases") or bool(asked.interfaces)


_NETLINK = feed(
    "netlink",
    netlink_link.LINKS_WITH_STATISTICS,
    from_asked(netlink_address.request).when(_wants_labels),
    File(IF_INET6).optional.when(_wants_addresses),
    parse=netlink_link.parse,
)
_FILES: dict[str, Input[Any]] = {
    proc_dev.DEV: File(proc_dev.DEV),
    IF_INET6: File(IF_INET6).optional,
    proc_dev.DEV_MCAST: File(proc_dev.DEV_MCAST).optional,
    proc_dev.VLANS: File(proc_dev.VLANS).optional.when(wants_any(proc_dev.VLAN_FIELDS)),
    proc_dev.PARTS: Directory(proc_dev.PARTS).optional.when(_wants_parts),
    **sys_class_net.make_inputs(),
}
_PROCFS_LACKS = frozenset(
    {
        "addresses",
        "aliases",
        "alternative_names",
        "link_kind",
        "master_kind",
        "link_namespace_id",
        "vlan_protocol",
        "bond_mode",
    }
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
