"""Interfaces from RTM_NEWLINK messages: struct ifinfomsg and the IFLA_ attributes of linux/if_link.h."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from functools import cache, partial
from itertools import compress, repeat
from typing import Any

from netstat_core.plugin import (
    IFINFOMSG_SIZE,
    NETLINK_ROUTE,
    NLMSG_HDRLEN,
    REST,
    RTM_GETLINK,
    RTM_NEWLINK,
    About,
    Asked,
    AttributeField,
    Attributes,
    Batch,
    Datagrams,
    FixedField,
    Gap,
    Messages,
    MessageShapes,
    NetlinkDump,
    Problem,
    Record,
    Same,
    attributes,
    escape,
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
    Interface,
    to_word,
)
from netstat_iface.selection import list_aliases, select_interfaces
from netstat_iface.sys_class_net import wants_any

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
"""Counters that all kernels have."""

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

_FIELDS: dict[str, FixedField | AttributeField] = {
    "message": FixedField(4, format="H"),
    "type": FixedField(18, format="H"),
    "index": FixedField(20, format="i"),
    "flags": FixedField(24, format="I"),
    "name": AttributeField({(IFLA_IFNAME,): REST}),
    "mtu": AttributeField({(IFLA_MTU,): "I"}, exact=True),
    "stats64": AttributeField({(IFLA_STATS64,): REST}),
    "stats": AttributeField({(IFLA_STATS,): REST}),
}
"""Fields of link messages: nlmsg_type, those of struct ifinfomsg, and attributes that every query needs."""

_NAMES = {
    "properties": AttributeField({(IFLA_PROP_LIST,): REST}),
    "alias": AttributeField({(IFLA_IFALIAS,): REST}),
}
_HARDWARE = {
    "address": AttributeField({(IFLA_ADDRESS,): REST}),
    "broadcast": AttributeField({(IFLA_BROADCAST,): REST}),
    "queue": AttributeField({(IFLA_TXQLEN,): "I"}, exact=True),
    "map": AttributeField({(IFLA_MAP,): REST}),
}
_RELATIONS = {
    "state": AttributeField({(IFLA_OPERSTATE,): "B"}, exact=True),
    "info": AttributeField({(IFLA_LINKINFO,): REST}),
    "master": AttributeField({(IFLA_MASTER,): "I"}, exact=True),
    "link": AttributeField({(IFLA_LINK,): "I"}, exact=True),
    "namespace": AttributeField({(IFLA_LINK_NETNSID,): "i"}, exact=True),
}

_OF_KIND = ("link_kind", "master_kind", "vlan_id", "vlan_protocol", "bond_mode")

_wants_names = wants_any(("alternative_names", "description"))
_wants_hardware = wants_any(
    ("hardware_type", "hardware_address", "hardware_broadcast", "tx_queue_length", "device_map")
)
_wants_relations = wants_any(("oper_state", "master", "link", "link_index", "link_namespace_id", *_OF_KIND))

Raw = dict[str, list[Any]]
"""The values of all link messages by field; None where a message lacks the attribute."""

Columns = dict[str, Any]


def parse(
    about: About, links: Datagrams, addresses: Datagrams | None, if_inet6: bytes | None
) -> Iterator[Batch | Problem | Gap]:
    """Yield the interfaces with their addresses, IPv6 ones in the order of /proc/net/if_inet6, as in netstat."""
    fields = _choose_fields(about.asked)
    raw: Raw = {name: [] for name in fields}
    shapes = MessageShapes(about.order, NLMSG_HDRLEN + IFINFOMSG_SIZE, fields)
    for datagram in links:
        for messages in shapes.unpack(datagram):
            if isinstance(messages, bytes):
                yield Problem(LINKS, "a message is cut off", messages)
            else:
                _append(raw, messages)
    columns = _make_columns(raw, about.order)
    if addresses is not None:
        owned: list[list[Record]] = [[] for _ in raw["index"]]
        by_index = dict(zip(raw["index"], owned, strict=True))
        for address in netlink_address.parse(addresses, about.order):
            if isinstance(address, Problem):
                yield address
            elif address[0] in by_index:
                by_index[address[0]].append(address[1])
        yield from _sort_addresses(by_index, if_inet6 or b"")
        columns["aliases"] = [*map(list_aliases, columns["name"], owned)]
        if about.asked.wants("addresses"):
            columns["addresses"] = owned
    yield from select_interfaces(about.asked.interfaces, Batch.of_columns(columns, len(raw["index"])))


def _choose_fields(asked: Asked) -> dict[str, FixedField | AttributeField]:
    """Return the fields of messages that a query needs."""
    names = _NAMES if _wants_names(asked) or asked.interfaces else {}
    hardware_fields = _HARDWARE if _wants_hardware(asked) else {}
    relations = _RELATIONS if _wants_relations(asked) else {}
    return {**_FIELDS, **names, **hardware_fields, **relations}


def _append(raw: Raw, messages: Messages) -> None:
    """Add the values of messages to those of the messages before them; messages of other types are passed over."""
    is_link = [number == RTM_NEWLINK for number in messages.column("message") or ()]
    for name, values in raw.items():
        values.extend(compress(messages.column(name) or repeat(None), is_link))


def _sort_addresses(by_index: Mapping[int, list[Record]], if_inet6: bytes) -> Iterator[Problem | Gap]:
    """Sort IPv6 addresses as in if_inet6, after the IPv4 ones; those not listed there come last."""
    places: dict[int, dict[str, int]] = {}
    for place, row in enumerate(proc_if_inet6.parse(if_inet6)):
        if isinstance(row, tuple):
            places.setdefault(row[0], {})[row[2]["address"]] = place
        else:
            yield row
    if not places:
        return
    for index, addresses in by_index.items():
        if len(addresses) > 1:
            addresses.sort(key=partial(_make_sort_key, places.get(index, {})))


def _make_sort_key(places: Mapping[str, int], address: Record) -> tuple[str, int]:
    is_inet6 = address["family"] == "inet6"
    return address["family"], places.get(address["address"], proc_if_inet6.MOST_ADDRESSES) if is_inet6 else 0


def _make_columns(raw: Raw, order: str) -> Columns:
    """Return the columns of all fields of interfaces; null for those that the query does not need."""
    words = [*map(Flags().__getitem__, raw["flags"])]
    columns: Columns = dict.fromkeys(Interface.__annotations__, Same(None))
    columns |= {
        "name": [_to_text(name) or "" for name in raw["name"]],
        "index": [index if index > 0 else None for index in raw["index"]],
        "mtu": raw["mtu"],
        "flags": [pair[0] for pair in words],
        "flags_text": [pair[1] for pair in words],
        **make_counters(raw["stats64"], raw["stats"], order),
    }
    if "alias" in raw:
        columns["description"] = [*map(_to_text, raw["alias"])]
        columns["alternative_names"] = [_parse_alternative_names(payload, order) for payload in raw["properties"]]
    if "address" in raw:
        columns |= _make_hardware_columns(raw, order)
    if "info" in raw:
        columns |= _make_relation_columns(raw, columns["name"], order)
    return columns


def _to_text(payload: bytes | None) -> str | None:
    """Return the text of a string attribute, escaped; None if it is missing or empty."""
    text = (payload or b"").rstrip(b"\0")
    return escape(text) if text else None


def _parse_alternative_names(payload: bytes | None, order: str) -> list[str]:
    if not payload:
        return []
    names = Attributes({IFLA_PROP_LIST: payload}, order).all_of(IFLA_PROP_LIST, IFLA_ALT_IFNAME)
    return [escape(name.rstrip(b"\0")) for name in names]


def _make_hardware_columns(raw: Raw, order: str) -> Columns:
    kinds = [*map(hardware.to_hardware_type, raw["type"])]
    parse_map = struct.Struct(f"{order}QQQHBB")
    return {
        "hardware_type": kinds,
        "hardware_address": [*map(hardware.format_address, kinds, (address or b"" for address in raw["address"]))],
        "hardware_broadcast": [*map(hardware.format_address, kinds, (address or b"" for address in raw["broadcast"]))],
        "tx_queue_length": raw["queue"],
        "device_map": [_parse_device_map(payload or b"", parse_map) for payload in raw["map"]],
    }


def _parse_device_map(payload: bytes, layout: struct.Struct) -> DeviceMap | None:
    """Return the values of struct rtnl_link_ifmap; None if all are zero."""
    if len(payload) < layout.size or not payload.strip(b"\0"):
        return None
    start, end, base, interrupt, dma, port = layout.unpack_from(payload)
    return {
        "interrupt": interrupt,
        "base_address": base,
        "memory_start": start,
        "memory_end": end,
        "dma": dma,
        "port": port,
    }


def _make_relation_columns(raw: Raw, names: list[str], order: str) -> Columns:
    """Return state, kind, master and link of interfaces, and the fields of VLANs and bonds.

    Indexes of masters, and of links in the same namespace, are replaced by names.
    """
    by_index = {index: name for index, name in zip(raw["index"], names, strict=True) if index > 0}
    kinds = {payload: _parse_info(payload or b"", order) for payload in set(raw["info"])}
    links = zip(raw["link"], raw["namespace"], strict=True)
    return {
        "oper_state": [None if state is None else to_word(state, OPER_STATES) for state in raw["state"]],
        "master": [*map(by_index.get, raw["master"])],
        "link": [by_index.get(link) if namespace is None else None for link, namespace in links],
        "link_index": [link or None for link in raw["link"]],
        "link_namespace_id": raw["namespace"],
        **{name: [kinds[payload][name] for payload in raw["info"]] for name in _OF_KIND},
    }


def _parse_info(payload: bytes, order: str) -> Record:
    """Return the fields of an interface that are found in the payload of IFLA_LINKINFO."""
    info = attributes(payload, 0, order)
    kind = info.text(IFLA_INFO_KIND)
    return {
        **dict.fromkeys(_OF_KIND),
        "link_kind": None if kind is None else escape(kind),
        "master_kind": _to_text(info.get(IFLA_INFO_SLAVE_KIND)),
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


def make_counters(wide: list[bytes | None], narrow: list[bytes | None], order: str) -> Columns:
    """Return the columns of counters, and of netstat's sums of some.

    ``wide`` are payloads of IFLA_STATS64 (struct rtnl_link_stats64), ``narrow`` those of IFLA_STATS.
    """
    pairs = zip(wide, narrow, strict=True)
    rows = [
        _parse_counters(long or b"", "Q", order) or _parse_counters(short or b"", "I", order) for long, short in pairs
    ]
    columns: Columns = dict(zip(STATISTICS, zip(*(row or _UNKNOWN for row in rows), strict=True), strict=False))
    for total, parts in TOTALS.items() if rows else ():
        terms = zip(*map(columns.__getitem__, parts), strict=True)
        columns[total] = [None if None in term else sum(term) for term in terms]
    return columns


_UNKNOWN: tuple[int | None, ...] = (None,) * len(STATISTICS)


def _parse_counters(payload: bytes, form: str, order: str) -> tuple[int | None, ...]:
    """Return the counters in the order of STATISTICS, None for those of later kernels; nothing if some are missing."""
    layout = _make_counter_layout(order, form, len(payload) // struct.calcsize(f"={form}"))
    return (layout.unpack_from(payload) + _UNKNOWN)[: len(STATISTICS)] if layout else ()


@cache
def _make_counter_layout(order: str, form: str, number: int) -> struct.Struct | None:
    return struct.Struct(f"{order}{min(number, len(STATISTICS))}{form}") if number >= _LEAST_STATISTICS else None
