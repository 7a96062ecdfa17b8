"""Interfaces from RTM_NEWLINK messages: struct ifinfomsg and the IFLA_ attributes of linux/if_link.h."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from netstat_core.plugin import (
    AF,
    HEADER,
    LINK_SIZE,
    NEW_LINK,
    About,
    Asked,
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
from netstat_iface import addresses, hardware
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

ROUTE = 0
GET_LINK, GET_ADDRESS = 18, 22
LINKS, ADDRESSES = "route/links", "route/addresses"

_LEAST_STATISTICS = 23
_HARDWARE, _HARDWARE_BROADCAST, _NAME, _MTU, _LINK, _STATS, _MASTER, _QUEUE, _MAP = 1, 2, 3, 4, 5, 7, 10, 13, 14
_STATE, _INFO, _DESCRIPTION, _STATS64, _EXT_MASK, _NAMESPACE, _PROPERTIES, _ALTERNATIVE = 16, 18, 20, 23, 29, 37, 52, 53
_KIND, _KIND_DATA, _PORT_KIND = 1, 2, 4
_VLAN_ID, _VLAN_PROTOCOL, _BOND_MODE = 1, 5, 1
_SKIP_STATS = 8

_VLAN_PROTOCOLS = {b"\x81\x00": "802.1Q", b"\x88\xa8": "802.1ad"}


LINKS_WITH_STATISTICS = NetlinkDump(
    LINKS,
    protocol=ROUTE,
    type=GET_LINK,
    body=struct.pack("=BxHiIIHHI", 0, 0, 0, 0, 0, 8, _EXT_MASK, _SKIP_STATS),
    restart=True,
)
"""All links, without the protocol counters inside IFLA_AF_SPEC.

Virtual functions are not asked for: hundreds of them overflow the 64 KiB of an attribute.
"""


def request_addresses(asked: Asked) -> NetlinkDump:
    """All addresses, or the IPv4 ones where only alias names are shown."""
    family = 0 if asked.wants("hardware_address") else AF["inet"]
    body, every = (struct.pack("=BBBBI", one, 0, 0, 0, 0) for one in (family, 0))
    wider = ((ADDRESSES, every),) if family else ()
    return NetlinkDump(ADDRESSES, protocol=ROUTE, type=GET_ADDRESS, body=body, restart=True, wider=wider)


def parse(
    about: About, links: Datagrams, owned: Datagrams | None, if_inet6: bytes | None
) -> Iterator[Record | Problem | Gap]:
    """The interfaces with their addresses; /proc/net/if_inet6 tells the order in which netstat shows IPv6 ones."""
    records: list[Record] = []
    to_record = _Converter(about).record
    for message in messages(LINKS, links, NEW_LINK, HEADER + LINK_SIZE, about.order):
        if isinstance(message, Problem):
            yield message
        else:
            records.append(to_record(message))
    by_index = {record["index"]: record for record in records}
    _name_neighbours(records, by_index)
    if owned is not None:
        for record in records:
            record["addresses"] = []
        for found in addresses.parse_dump(ADDRESSES, owned, about.order):
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
    found = (one for one in addresses.parse_if_inet6(if_inet6) if not isinstance(one, Problem))
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
        found = attributes(message, HEADER + LINK_SIZE, self._order)
        record = interface(escape(found.text(_NAME) or b""))
        record["index"] = index if index > 0 else None
        record["mtu"] = found.number(_MTU, None)
        record["flags"], record["flags_text"] = self._flags[flags]
        record.update(statistics(found.numbers(_STATS64, "Q") or found.numbers(_STATS, "I")))
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
            "hardware_address": hardware.address_text(kind, found.get(_HARDWARE, b"")),
            "hardware_broadcast": hardware.address_text(kind, found.get(_HARDWARE_BROADCAST, b"")),
            "tx_queue_length": found.number(_QUEUE, None),
            "device_map": self._device_map(found.get(_MAP, b"")),
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
    description = found.text(_DESCRIPTION)
    return {
        "alternative_names": [escape(one.rstrip(b"\0")) for one in found.all_of(_PROPERTIES, _ALTERNATIVE)],
        "description": None if description is None else escape(description),
    }


def _relations(found: Attributes) -> dict[str, Any]:
    """State, kind, master and link of an interface, with what VLANs and bonds add."""
    state = found.number(_STATE, None)
    info = found.nest(_INFO)
    kind = info.text(_KIND)
    port_kind = info.text(_PORT_KIND)
    return {
        "oper_state": None if state is None else numbered(state, OPER_STATES),
        "link_kind": None if kind is None else escape(kind),
        "master": found.number(_MASTER, None),
        "master_kind": None if port_kind is None else escape(port_kind),
        "link_index": found.number(_LINK, 0) or None,
        "link_namespace_id": _signed(found.number(_NAMESPACE, None)),
        **_particulars(kind, info.nest(_KIND_DATA)),
    }


def _particulars(kind: bytes | None, data: Attributes) -> dict[str, Any]:
    if kind == b"vlan":
        protocol = data.get(_VLAN_PROTOCOL)
        tag = _VLAN_PROTOCOLS.get(protocol, f"0x{protocol.hex()}") if protocol else None
        number = data.number(_VLAN_ID, None)
        return {"vlan_id": None if number is None or number > LAST_VLAN else number, "vlan_protocol": tag}
    if kind == b"bond":
        mode = data.number(_BOND_MODE, None)
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
