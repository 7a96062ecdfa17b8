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
    make_record,
    to_word,
)
from netstat_iface.selection import select_interfaces

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
"""Dump of all links, without the protocol counters inside IFLA_AF_SPEC.

Virtual functions are not requested: hundreds of them overflow the 64 KiB of an attribute.
"""


def parse(
    about: About, links: Datagrams, addresses: Datagrams | None, if_inet6: bytes | None
) -> Iterator[Record | Problem | Gap]:
    """Yield the interfaces with their addresses, IPv6 ones in the order of /proc/net/if_inet6, as in netstat."""
    records: list[Record] = []
    parse_link = _LinkParser(about).parse
    for message in messages(LINKS, links, RTM_NEWLINK, NLMSG_HDRLEN + IFINFOMSG_SIZE, about.order):
        if isinstance(message, Problem):
            yield message
        else:
            records.append(parse_link(message))
    by_index = {record["index"]: record for record in records}
    _replace_indexes(records, by_index)
    if addresses is not None:
        for record in records:
            record["addresses"] = []
        for owned in netlink_address.parse(addresses, about.order):
            if isinstance(owned, Problem):
                yield owned
            elif owned[0] in by_index:
                by_index[owned[0]]["addresses"].append(owned[1])
        yield from _sort_addresses(by_index, if_inet6 or b"")
    yield from select_interfaces(about.asked.interfaces, records)


def _replace_indexes(records: list[Record], by_index: dict[int, Record]) -> None:
    """Replace the indexes of masters by names; add the names of links in the same namespace."""
    for record in records:
        master = by_index.get(record["master"])
        record["master"] = master and master["name"]
        link = by_index.get(record["link_index"]) if record["link_namespace_id"] is None else None
        record["link"] = link and link["name"]


def _sort_addresses(by_index: dict[int, Record], if_inet6: bytes) -> Iterator[Problem | Gap]:
    """Sort IPv6 addresses as in if_inet6, after the IPv4 ones; those not listed there come last."""
    positions: dict[tuple[int, str], int] = {}
    for position, row in enumerate(proc_if_inet6.parse(if_inet6)):
        if isinstance(row, tuple):
            positions[row[0], row[2]["address"]] = position
        else:
            yield row
    if not positions:
        return
    for index, record in by_index.items():
        if len(record["addresses"]) > 1:
            record["addresses"].sort(
                key=lambda address, index=index: (
                    address["family"],
                    positions.get((index, address["address"]), len(positions)) if address["family"] == "inet6" else 0,
                )
            )


class _LinkParser:
    """Parses link messages into records with the fields that a query needs; ``master`` is an index."""

    def __init__(self, about: About) -> None:
        self._order = about.order
        self._header = struct.Struct(f"{about.order}16x2xHiI").unpack_from
        self._map = struct.Struct(f"{about.order}QQQHBB")
        self._flags = Flags()
        self._wants_hardware = about.asked.wants("hardware_type")
        self._wants_names = about.asked.wants("description") or bool(about.asked.interfaces)
        self._wants_relations = about.asked.wants("link_kind")

    def parse(self, message: bytes) -> Record:
        kind, index, flags = self._header(message)
        attrs = attributes(message, NLMSG_HDRLEN + IFINFOMSG_SIZE, self._order)
        record = make_record(escape(attrs.text(IFLA_IFNAME) or b""))
        record["index"] = index if index > 0 else None
        record["mtu"] = attrs.number(IFLA_MTU, None)
        record["flags"], record["flags_text"] = self._flags[flags]
        record.update(to_counters(attrs.numbers(IFLA_STATS64, "Q") or attrs.numbers(IFLA_STATS, "I")))
        if self._wants_names:
            record.update(_parse_names(attrs))
        if self._wants_hardware:
            record.update(self._parse_hardware(hardware.to_hardware_type(kind), attrs))
        if self._wants_relations:
            record.update(_parse_relations(attrs))
        return record

    def _parse_hardware(self, kind: str, attrs: Attributes) -> dict[str, Any]:
        return {
            "hardware_type": kind,
            "hardware_address": hardware.format_address(kind, attrs.get(IFLA_ADDRESS, b"")),
            "hardware_broadcast": hardware.format_address(kind, attrs.get(IFLA_BROADCAST, b"")),
            "tx_queue_length": attrs.number(IFLA_TXQLEN, None),
            "device_map": self._parse_device_map(attrs.get(IFLA_MAP, b"")),
        }

    def _parse_device_map(self, raw: bytes) -> DeviceMap | None:
        """Return the values of struct rtnl_link_ifmap; None if all are zero."""
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


def _parse_names(attrs: Attributes) -> dict[str, Any]:
    description = attrs.text(IFLA_IFALIAS)
    return {
        "alternative_names": [escape(name.rstrip(b"\0")) for name in attrs.all_of(IFLA_PROP_LIST, IFLA_ALT_IFNAME)],
        "description": None if description is None else escape(description),
    }


def _parse_relations(attrs: Attributes) -> dict[str, Any]:
    """Return state, kind, master and link of an interface, and the fields of VLANs and bonds."""
    state = attrs.number(IFLA_OPERSTATE, None)
    info = attrs.nest(IFLA_LINKINFO)
    kind = info.text(IFLA_INFO_KIND)
    port_kind = info.text(IFLA_INFO_SLAVE_KIND)
    return {
        "oper_state": None if state is None else to_word(state, OPER_STATES),
        "link_kind": None if kind is None else escape(kind),
        "master": attrs.number(IFLA_MASTER, None),
        "master_kind": None if port_kind is None else escape(port_kind),
        "link_index": attrs.number(IFLA_LINK, 0) or None,
        "link_namespace_id": _to_signed(attrs.number(IFLA_LINK_NETNSID, None)),
        **_parse_kind(kind, info.nest(IFLA_INFO_DATA)),
    }


def _parse_kind(kind: bytes | None, data: Attributes) -> dict[str, Any]:
    """Return the fields that only VLANs or bonds have, from IFLA_INFO_DATA."""
    if kind == b"vlan":
        protocol = data.get(IFLA_VLAN_PROTOCOL)
        tag = _VLAN_PROTOCOLS.get(protocol, f"0x{protocol.hex()}") if protocol else None
        number = data.number(IFLA_VLAN_ID, None)
        return {"vlan_id": None if number is None or number > LAST_VLAN else number, "vlan_protocol": tag}
    if kind == b"bond":
        mode = data.number(IFLA_BOND_MODE, None)
        return {"bond_mode": None if mode is None else to_word(mode, BOND_MODES)}
    return {}


def _to_signed(number: int | None) -> int | None:
    """Return a namespace id as a signed number; it is -1 if the other namespace has no id in this one."""
    return number if number is None or number < 1 << 31 else number - (1 << 32)


def to_counters(numbers: tuple[int, ...]) -> dict[str, int]:
    """Return the counters of struct rtnl_link_stats64 by name, and netstat's sums of some.

    All kernels have the first 23; without those nothing is returned.
    """
    if len(numbers) < _LEAST_STATISTICS:
        return {}
    counters = dict(zip(STATISTICS, numbers, strict=False))
    for total, parts in TOTALS.items():
        counters[total] = sum([counters.get(part, 0) for part in parts])
    return counters
