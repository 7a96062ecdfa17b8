"""Interfaces from RTM_NEWLINK messages: struct ifinfomsg and the IFLA_ attributes of linux/if_link.h."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from netstat_core.plugin import (
    IFINFOMSG_SIZE,
    NETLINK_ROUTE,
    NLMSG_HDRLEN,
    RTM_GETLINK,
    RTM_NEWLINK,
    About,
    Attributes,
    Datagrams,
    Gap,
    NetlinkDump,
    Problem,
    Record,
    attributes,
    escape,
    messages,
)
from netstat_iface import hardware, netlink_address, proc_if_inet6
from netstat_iface.record import (
    BOND_MODES,
    LAST_VLAN,
    OPER_STATES,
    STATISTICS,
    TOTALS,
    DeviceMap,
    Flags,
    interface,
    numbered,
)
from netstat_iface.selection import selected

LINKS = "route/links"

# linux/rtnetlink.h
RTEXT_FILTER_SKIP_STATS = 0x8

# linux/if_link.h
IFLA_ADDRESS = 1
IFLA_BROADCAST = 2
IFLA_IFNAME = 3
IFLA_MTU = 4
IFLA_LINK = 5
IFLA_STATS = 7
IFLA_MASTER = 10
IFLA_TXQLEN = 13
IFLA_MAP = 14
IFLA_OPERSTATE = 16
IFLA_LINKINFO = 18
IFLA_IFALIAS = 20
IFLA_STATS64 = 23
IFLA_EXT_MASK = 29
IFLA_LINK_NETNSID = 37
IFLA_PROP_LIST = 52
IFLA_ALT_IFNAME = 53

IFLA_INFO_KIND = 1
IFLA_INFO_DATA = 2
IFLA_INFO_SLAVE_KIND = 4

IFLA_VLAN_ID = 1
IFLA_VLAN_PROTOCOL = 5

IFLA_BOND_MODE = 1

_LEAST_STATISTICS = 23

_VLAN_PROTOCOLS = {b"\x81\x00": "802.1Q", b"\x88\xa8": "802.1ad"}


LINKS_WITH_STATISTICS = NetlinkDump(
    LINKS,
    protocol=NETLINK_ROUTE,
    type=RTM_GETLINK,
    body=struct.pack("=BxHiIIHHI", 0, 0, 0, 0, 0, 8, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS),
    restart=True,
)
"""All links, without the protocol counters inside IFLA_AF_SPEC.

Virtual functions are not asked for: hundreds of them overflow the 64 KiB of an attribute.
"""


def parse(
    about: About, links: Datagrams, owned: Datagrams | None, if_inet6: bytes | None
) -> Iterator[Record | Problem | Gap]:
    """The interfaces with their addresses; /proc/net/if_inet6 tells the order in which netstat shows IPv6 ones."""
    records: list[Record] = []
    to_record = _Converter(about).record
    for message in messages(LINKS, links, RTM_NEWLINK, NLMSG_HDRLEN + IFINFOMSG_SIZE, about.order):
        if isinstance(message, Problem):
            yield message
        else:
            records.append(to_record(message))
    by_index = {record["index"]: record for record in records}
    _name_neighbours(records, by_index)
    if owned is not None:
        for record in records:
            record["addresses"] = []
        for found in netlink_address.parse(owned, about.order):
            if isinstance(found, Problem):
                yield found
            elif found[0] in by_index:
                by_index[found[0]]["addresses"].append(found[1])
        _sort_addresses(by_index, if_inet6 or b"")
    yield from selected(about.asked.interfaces, records)


def _name_neighbours(records: list[Record], by_index: dict[int, Record]) -> None:
    """Put names in the place of the numbers of masters and of links in the same namespace."""
    for record in records:
        master = by_index.get(record["master"])
        record["master"] = master and master["name"]
        link = by_index.get(record["link_index"]) if record["link_namespace_id"] is None else None
        record["link"] = link and link["name"]


def _sort_addresses(by_index: dict[int, Record], if_inet6: bytes) -> None:
    """Bring IPv6 addresses into the order of if_inet6, behind the IPv4 ones; what is not there stays last."""
    found = (one for one in proc_if_inet6.parse(if_inet6) if not isinstance(one, Problem))
    places = {(index, record["address"]): place for place, (index, _, record) in enumerate(found)}
    if not places:
        return
    for index, record in by_index.items():
        if len(record["addresses"]) > 1:
            record["addresses"].sort(
                key=lambda one, index=index: (
                    one["family"],
                    places.get((index, one["address"]), len(places)) if one["family"] == "inet6" else 0,
                )
            )


class _Converter:
    """Turns link messages into records, with the fields a query needs; ``master`` holds a number at first."""

    def __init__(self, about: About) -> None:
        self._order = about.order
        self._header = struct.Struct(f"{about.order}16x2xHiI").unpack_from
        self._map = struct.Struct(f"{about.order}QQQHBB")
        self._flags = Flags()
        self._wants_hardware = about.asked.wants("hardware_type")
        self._wants_names = about.asked.wants("description") or bool(about.asked.interfaces)
        self._wants_relations = about.asked.wants("link_kind")

    def record(self, message: bytes) -> Record:
        kind, index, flags = self._header(message)
        found = attributes(message, NLMSG_HDRLEN + IFINFOMSG_SIZE, self._order)
        record = interface(escape(found.text(IFLA_IFNAME) or b""))
        record["index"] = index if index > 0 else None
        record["mtu"] = found.number(IFLA_MTU, None)
        record["flags"], record["flags_text"] = self._flags[flags]
        record.update(statistics(found.numbers(IFLA_STATS64, "Q") or found.numbers(IFLA_STATS, "I")))
        if self._wants_names:
            record.update(_names(found))
        if self._wants_hardware:
            record.update(self._hardware(hardware.hardware_type(kind), found))
        if self._wants_relations:
            record.update(_relations(found))
        return record

    def _hardware(self, kind: str, found: Attributes) -> dict[str, Any]:
        return {
            "hardware_type": kind,
            "hardware_address": hardware.address_text(kind, found.get(IFLA_ADDRESS, b"")),
            "hardware_broadcast": hardware.address_text(kind, found.get(IFLA_BROADCAST, b"")),
            "tx_queue_length": found.number(IFLA_TXQLEN, None),
            "device_map": self._device_map(found.get(IFLA_MAP, b"")),
        }

    def _device_map(self, raw: bytes) -> DeviceMap | None:
        """What is in struct rtnl_link_ifmap, if anything is set."""
        if len(raw) < self._map.size or not any(raw):
            return None
        start, end, base, interrupt, dma, port = self._map.unpack_from(raw)
        return {
            "interrupt": interrupt,
            "base_address": base,
            "memory_start": start,
            "memory_end": end,
            "dma": dma,
            "port": port,
        }


def _names(found: Attributes) -> dict[str, Any]:
    description = found.text(IFLA_IFALIAS)
    return {
        "alternative_names": [escape(one.rstrip(b"\0")) for one in found.all_of(IFLA_PROP_LIST, IFLA_ALT_IFNAME)],
        "description": None if description is None else escape(description),
    }


def _relations(found: Attributes) -> dict[str, Any]:
    """State, kind, master and link of an interface, with what VLANs and bonds add."""
    state = found.number(IFLA_OPERSTATE, None)
    info = found.nest(IFLA_LINKINFO)
    kind = info.text(IFLA_INFO_KIND)
    port_kind = info.text(IFLA_INFO_SLAVE_KIND)
    return {
        "oper_state": None if state is None else numbered(state, OPER_STATES),
        "link_kind": None if kind is None else escape(kind),
        "master": found.number(IFLA_MASTER, None),
        "master_kind": None if port_kind is None else escape(port_kind),
        "link_index": found.number(IFLA_LINK, 0) or None,
        "link_namespace_id": _signed(found.number(IFLA_LINK_NETNSID, None)),
        **_particulars(kind, info.nest(IFLA_INFO_DATA)),
    }


def _particulars(kind: bytes | None, data: Attributes) -> dict[str, Any]:
    if kind == b"vlan":
        protocol = data.get(IFLA_VLAN_PROTOCOL)
        tag = _VLAN_PROTOCOLS.get(protocol, f"0x{protocol.hex()}") if protocol else None
        number = data.number(IFLA_VLAN_ID, None)
        return {"vlan_id": None if number is None or number > LAST_VLAN else number, "vlan_protocol": tag}
    if kind == b"bond":
        mode = data.number(IFLA_BOND_MODE, None)
        return {"bond_mode": None if mode is None else numbered(mode, BOND_MODES)}
    return {}


def _signed(number: int | None) -> int | None:
    """A namespace id is -1 where the other namespace has none here."""
    return number if number is None or number < 1 << 31 else number - (1 << 32)


def statistics(numbers: tuple[int, ...]) -> dict[str, int]:
    """The counters of struct rtnl_link_stats64 by name, with netstat's sums; the first 23 have always been there."""
    if len(numbers) < _LEAST_STATISTICS:
        return {}
    counters = dict(zip(STATISTICS, numbers, strict=False))
    for total, parts in TOTALS.items():
        counters[total] = sum([counters.get(part, 0) for part in parts])
    return counters
