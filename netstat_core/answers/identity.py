"""What of facts stays as it is while nobody changes anything: no process ids, no counters, no clocks."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from netstat_core.answers.listening import Place, mapping_at, sockets_of, texts_at
from netstat_core.errors import UsageError
from netstat_core.facts.sanitise import safe_text

Entry = tuple[str, str, dict[str, Any]]
"""What it is a part of (a unit), its key, and the fields that last; a field that is not known is absent."""

AUTOBOUND = re.compile(r"@[0-9a-f]{5}")
"""Abstract names the kernel gives to those who want any."""

Holders = dict[str, frozenset[str] | None]
"""Names of processes by the address of their sockets; None where not all of those were seen."""

HOLDERS = "holders"

_IP = ("inet", "inet6")
_MOMENTARY_FLAGS = {"running", "lower_up", "dormant"}
_OF_INTERFACES = (
    *("hardware_type", "hardware_address", "mtu", "description", "alternative_names", "link_kind", "master", "link"),
    *("vlan_id", "vlan_protocol", "bond_mode"),
)
_OF_DEFAULT_ROUTES = ("type", "gateway", "interface", "metric", "preferred_source")
_OF_ROUTES = ("gateway", "type", "preferred_source")
_OF_NEXT_HOPS = ("gateway", "interface", "weight")
_SOLICITED = ipaddress.IPv6Network("ff02::1:ff00:0/104")


class Part(NamedTuple):
    """A part of facts that can be compared.

    ``units(place)`` are the pieces of it that were read whole, ``entries(place)`` what is in them. With ``has_owners``
    these have HOLDERS among their fields.
    """

    name: str
    units: Callable[[Place], set[str]]
    entries: Callable[[Place], Iterator[Entry]]
    has_owners: bool = False


def _listening_units(place: Place) -> set[str]:
    names = texts_at(place["covers"], "protocols") if "listening" in place else []
    return {_of_families(place, name) for name in names if name != "unix"}


def _of_families(place: Place, protocol: str) -> str:
    """A protocol, with its IP version where only one was looked at."""
    families = [one for one in texts_at(place["covers"], "families") if one in _IP]
    return f"{protocol} ({families[0]} only)" if len(families) == 1 else protocol


def _listening(place: Place) -> Iterator[Entry]:
    for key, entry in _present(place, "listening"):
        fields = {"addresses": sorted(texts_at(entry, "addresses")), "uids": entry.get("uids", [])}
        fields[HOLDERS] = _holders(sockets_of(place, key))
        if entry.get("v6_only") is not None:
            fields["v6_only"] = entry["v6_only"]
        yield _of_families(place, key.partition("/")[0]), key, fields


def _unix_units(place: Place) -> set[str]:
    return {"unix"} & set(texts_at(place["covers"], "protocols")) if "unix_listening" in place else set()


def _unix_listening(place: Place) -> Iterator[Entry]:
    for key, entry in _present(place, "unix_listening"):
        if not AUTOBOUND.fullmatch(key):
            yield "unix", key, {"type": entry.get("type"), HOLDERS: _holders([entry])}


def _holders(sockets: Iterable[Mapping[str, Any]]) -> Holders:
    """The processes behind sockets by address, where all were seen."""
    held: Holders = {}
    for one in sockets:
        address = str(one.get("address", ""))
        before = held.get(address, frozenset())
        is_seen = one.get("owner_seen") is True and before is not None
        held[address] = before | {*texts_at(one, "processes")} if before is not None and is_seen else None
    return held


def _interface_units(place: Place) -> set[str]:
    return {"interfaces"} if "interfaces" in place and _is_whole(place, "interfaces") else set()


def _interfaces(place: Place) -> Iterator[Entry]:
    for name, record in _present(place, "interfaces"):
        tells_all = record.get("alternative_names") is not None  # files of /proc leave most of it unknown
        fields = {key: record[key] for key in _OF_INTERFACES if key in record}
        if record.get("flags") is not None:
            fields["flags"] = sorted({*texts_at(record, "flags")} - _MOMENTARY_FLAGS)
        if record.get("addresses") is not None:
            fields["addresses"] = sorted(_addresses(record))
        yield "interfaces", name, {key: value for key, value in fields.items() if tells_all or value is not None}


def _addresses(record: Mapping[str, Any]) -> Iterator[str]:
    """Addresses of an interface but those that replace themselves."""
    for one in _records(record, "addresses"):
        if "temporary" not in (one.get("flags") or ()):
            peer = f" peer {one['peer_address']}" if one.get("peer_address") else ""
            yield f"{one.get('address')}{peer}/{one.get('prefix_length')}"


def _group_units(place: Place) -> set[str]:
    return _ip_units(place) if "groups" in place and _is_whole(place, "groups") else set()


def _groups(place: Place) -> Iterator[Entry]:
    groups = place.get("groups", {})
    if not isinstance(groups, Mapping):
        raise _damaged("groups")
    for name in groups:
        for one in _records(groups, name):
            if not _is_solicited(str(one.get("group"))):
                yield str(one.get("family")), f"{name}/{one.get('group')}", {}


def _is_solicited(group: str) -> bool:
    """Whether a group belongs to an address of the interface, and comes and goes with it."""
    try:
        return ipaddress.ip_address(group) in _SOLICITED
    except ValueError:
        return False


def _default_route_units(place: Place) -> set[str]:
    is_whole = _is_whole(place, "default_route") or _is_whole(place, "routes")
    return set(mapping_at(place, "default_route")) if is_whole else set()


def _default_route(place: Place) -> Iterator[Entry]:
    for family, route in _present(place, "default_route"):
        yield family, family, _route_fields(route, _OF_DEFAULT_ROUTES)


def _route_units(place: Place) -> set[str]:
    return _ip_units(place) if "routes" in place and _is_whole(place, "routes") else set()


def _routes(place: Place) -> Iterator[Entry]:
    for one in _records(place, "routes"):
        follows_from_address = one.get("table") == "local" and one.get("protocol") == "kernel"
        if "cache" not in (one.get("flags") or ()) and not follows_from_address:
            target = f"{one.get('destination')}/{one.get('prefix_length')}"
            source = f" from {one['source']}" if one.get("source") else ""
            tos = f" tos {one['tos']}" if one.get("tos") else ""
            way = f" dev {one['interface']}" if one.get("interface") else ""
            key = f"{target}{source}{tos}{way} metric {one.get('metric')} table {one.get('table') or 'main'}"
            yield str(one.get("family")), key, _route_fields(one, _OF_ROUTES)


def _route_fields(route: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    hops = _records(route, "next_hops") if route.get("next_hops") is not None else None
    told = hops and [{key: hop.get(key) for key in _OF_NEXT_HOPS} for hop in hops]
    known = {key: route.get(key) for key in fields if key != "type" or route.get(key) is not None}
    return {**known, "next_hops": told}


def _ip_units(place: Place) -> set[str]:
    covered = place["covers"].get("families")
    return set(_IP) if covered is None else set(_IP) & set(texts_at(place["covers"], "families"))


def _is_whole(place: Place, table: str) -> bool:
    return table in texts_at(place["covers"], "tables")


def _present(place: Place, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((str(name), entry) for name, entry in mapping_at(place, key).items() if entry is not None)


def _records(place: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = place.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise _damaged(key)
    return found


def _damaged(key: str) -> UsageError:
    return UsageError(f"the facts are damaged: {safe_text(str(key))} is not what it should be")


PARTS = (
    Part("listening", _listening_units, _listening, has_owners=True),
    Part("unix_listening", _unix_units, _unix_listening, has_owners=True),
    Part("interfaces", _interface_units, _interfaces),
    Part("groups", _group_units, _groups),
    Part("default_route", _default_route_units, _default_route),
    Part("routes", _route_units, _routes),
)
"""What is compared, in the order in which it is told."""
