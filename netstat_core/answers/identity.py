"""The values of facts that change only when the configuration does: no process ids, counters or times."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from netstat_core.answers.listening import Place, get_holders, get_mapping, get_sockets, get_texts
from netstat_core.errors import UsageError
from netstat_core.facts.listeners import EPHEMERAL
from netstat_core.facts.sanitise import safe_text

Entry = tuple[str, str, dict[str, Any]]
"""The unit that an entry belongs to, its key, and its lasting fields; an unknown field is absent."""

AUTOBOUND = re.compile(r"@[0-9a-f]{5}")
"""Abstract names that the kernel assigns to UNIX sockets bound without a name (autobind, see unix(7))."""

Holders = dict[str, frozenset[str] | None]
"""Names of processes by the address of their sockets; None if not all processes were seen."""

HOLDERS = "holders"

_IP = ("inet", "inet6")
_MOMENTARY_FLAGS = {"running", "lower_up", "dormant"}
_OF_INTERFACES = (
    "hardware_type",
    "hardware_address",
    "mtu",
    "description",
    "alternative_names",
    "link_kind",
    "master",
    "link",
    "vlan_id",
    "vlan_protocol",
    "bond_mode",
)
_OF_DEFAULT_ROUTES = ("type", "gateway", "interface", "metric", "preferred_source", "table")
_NOT_IN_FILES = ("type", "table")
"""Fields of routes that /proc does not show."""

_NOT_OF_RULES = ("family", "priority", "protocol", "kind", "network_namespace")
_OF_ROUTES = ("gateway", "type", "preferred_source")
_OF_NEXT_HOPS = ("gateway", "interface", "weight")
_SOLICITED = ipaddress.IPv6Network("ff02::1:ff00:0/104")


class Part(NamedTuple):
    """A part of facts that can be compared.

    ``units(place)`` returns the pieces of it that were read completely, such as protocols; ``entries(place)`` yields
    their entries. With ``has_owners`` the entries have the field HOLDERS.
    """

    name: str
    units: Callable[[Place], set[str]]
    entries: Callable[[Place], Iterator[Entry]]
    has_owners: bool = False


def _listening_units(place: Place) -> set[str]:
    names = get_texts(place["covers"], "protocols") if "listening" in place else []
    return {_name_protocol(place, name) for name in names if name != "unix"}


def _name_protocol(place: Place, protocol: str) -> str:
    """Return the name of a protocol, with the IP version if only one was read."""
    families = [family for family in get_texts(place["covers"], "families") if family in _IP]
    return f"{protocol} ({families[0]} only)" if len(families) == 1 else protocol


def _listening_entries(place: Place) -> Iterator[Entry]:
    for key, entry in _iterate_present(place, "listening"):
        if key.endswith(f"/{EPHEMERAL}"):  # the ports of clients change by themselves, and their addresses with them
            anywhere = [{**socket, "address": ""} for socket in get_sockets(place, key)]
            yield _name_protocol(place, key.partition("/")[0]), key, {HOLDERS: _merge_holders(anywhere)}
            continue
        fields = {"addresses": sorted(get_texts(entry, "addresses")), "uids": entry.get("uids", [])}
        fields[HOLDERS] = _merge_holders(get_sockets(place, key))
        if entry.get("v6_only") is not None:
            fields["v6_only"] = entry["v6_only"]
        yield _name_protocol(place, key.partition("/")[0]), key, fields


def _unix_units(place: Place) -> set[str]:
    return {"unix"} & set(get_texts(place["covers"], "protocols")) if "unix_listening" in place else set()


def _unix_entries(place: Place) -> Iterator[Entry]:
    for key, entry in _iterate_present(place, "unix_listening"):
        if not AUTOBOUND.fullmatch(key):
            yield "unix", key, {"type": entry.get("type"), HOLDERS: _merge_holders([entry])}


def _merge_holders(sockets: Iterable[Mapping[str, Any]]) -> Holders:
    """Return the names of the processes that hold sockets, by address; None if not all were seen."""
    holders: Holders = {}
    for socket in sockets:
        address = str(socket.get("address", ""))
        known = holders.get(address, frozenset())
        is_seen = socket.get("owner_seen") is True and known is not None
        holders[address] = known | {*get_holders(socket)} if known is not None and is_seen else None
    return holders


def _interface_units(place: Place) -> set[str]:
    return {"interfaces"} if "interfaces" in place and _is_whole(place, "interfaces") else set()


def _interface_entries(place: Place) -> Iterator[Entry]:
    for name, record in _iterate_present(place, "interfaces"):
        is_full = record.get("alternative_names") is not None  # files of /proc leave most fields null
        fields = {key: record[key] for key in _OF_INTERFACES if key in record}
        if record.get("flags") is not None:
            fields["flags"] = sorted({*get_texts(record, "flags")} - _MOMENTARY_FLAGS)
        if record.get("addresses") is not None:
            fields["addresses"] = sorted(_format_addresses(record))
        yield "interfaces", name, {key: value for key, value in fields.items() if is_full or value is not None}


def _format_addresses(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses of an interface, except temporary ones (RFC 8981), which replace each other."""
    for address in _get_records(record, "addresses"):
        if "temporary" not in (address.get("flags") or ()):
            peer = f" peer {address['peer_address']}" if address.get("peer_address") else ""
            yield f"{address.get('address')}{peer}/{address.get('prefix_length')}"


def _group_units(place: Place) -> set[str]:
    return _ip_units(place) if "groups" in place and _is_whole(place, "groups") else set()


def _group_entries(place: Place) -> Iterator[Entry]:
    groups = place.get("groups", {})
    if not isinstance(groups, Mapping):
        raise _make_damaged_error("groups")
    for name in groups:
        for membership in _get_records(groups, name):
            if not _is_solicited(str(membership.get("group"))):
                yield str(membership.get("family")), f"{name}/{membership.get('group')}", {}


def _is_solicited(group: str) -> bool:
    """Return whether a group is a solicited-node address (RFC 4291, 2.7.1), which follows an interface address."""
    try:
        return ipaddress.ip_address(group) in _SOLICITED
    except ValueError:
        return False


def _default_route_units(place: Place) -> set[str]:
    return set(get_mapping(place, "default_route")) if _is_whole(place, "default_route") else set()


def _default_route_entries(place: Place) -> Iterator[Entry]:
    """Yield the default routes; where the choice depends on the packet, on what and between which routes."""
    for family, route in _iterate_present(place, "default_route"):
        yield family, family, {**_select_default_route_fields(route), "depends_on": None, "routes": None}
    for family, dependence in _iterate_present(place, "default_route_depends"):
        routes = [_select_default_route_fields(route) for route in _get_records(dependence, "routes")]
        nothing = dict.fromkeys((*_OF_DEFAULT_ROUTES[1:], "next_hops"))
        yield family, family, {**nothing, "depends_on": dependence.get("on"), "routes": sorted(routes, key=repr)}


def _select_default_route_fields(route: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a default route; those that next hops have are taken from them if there are several."""
    fields = _select_route_fields(route, _OF_DEFAULT_ROUTES)
    hops = fields["next_hops"]
    return {**fields, "gateway": None, "interface": None, "next_hops": sorted(hops, key=repr)} if hops else fields


def _rule_units(place: Place) -> set[str]:
    return _ip_units(place) if "rules" in place and _is_whole(place, "rules") else set()


def _rule_entries(place: Place) -> Iterator[Entry]:
    for rule in _get_records(place, "rules"):
        family = str(rule.get("family"))
        yield family, f"{family}/{rule.get('priority')}", {key: rule[key] for key in rule if key not in _NOT_OF_RULES}


def _route_units(place: Place) -> set[str]:
    return _ip_units(place) if "routes" in place and _is_whole(place, "routes") else set()


def _route_entries(place: Place) -> Iterator[Entry]:
    for route in _get_records(place, "routes"):
        follows_from_address = route.get("table") == "local" and route.get("protocol") == "kernel"
        if "cache" not in (route.get("flags") or ()) and not follows_from_address:
            target = f"{route.get('destination')}/{route.get('prefix_length')}"
            source = f" from {route['source']}" if route.get("source") else ""
            tos = f" tos {route['tos']}" if route.get("tos") else ""
            device = f" dev {route['interface']}" if route.get("interface") else ""
            key = f"{target}{source}{tos}{device} metric {route.get('metric')} table {route.get('table') or 'main'}"
            yield str(route.get("family")), key, _select_route_fields(route, _OF_ROUTES)


def _select_route_fields(route: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    hops = _get_records(route, "next_hops") if route.get("next_hops") is not None else None
    next_hops = hops and [{key: hop.get(key) for key in _OF_NEXT_HOPS} for hop in hops]
    known = {key: route.get(key) for key in fields if key not in _NOT_IN_FILES or route.get(key) is not None}
    return {**known, "next_hops": next_hops}


def _ip_units(place: Place) -> set[str]:
    covered = place["covers"].get("families")
    return set(_IP) if covered is None else set(_IP) & set(get_texts(place["covers"], "families"))


def _is_whole(place: Place, table: str) -> bool:
    return table in get_texts(place["covers"], "tables")


def _iterate_present(place: Place, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((str(name), entry) for name, entry in get_mapping(place, key).items() if entry is not None)


def _get_records(place: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    records = place.get(key, [])
    if not isinstance(records, list) or not all(isinstance(record, Mapping) for record in records):
        raise _make_damaged_error(key)
    return records


def _make_damaged_error(key: str) -> UsageError:
    return UsageError(f"the facts are damaged: {safe_text(str(key))} has the wrong type")


PARTS = (
    Part("listening", _listening_units, _listening_entries, has_owners=True),
    Part("unix_listening", _unix_units, _unix_entries, has_owners=True),
    Part("interfaces", _interface_units, _interface_entries),
    Part("groups", _group_units, _group_entries),
    Part("default_route", _default_route_units, _default_route_entries),
    Part("routes", _route_units, _route_entries),
    Part("rules", _rule_units, _rule_entries),
)
"""The parts that are compared, in the order of the result."""
