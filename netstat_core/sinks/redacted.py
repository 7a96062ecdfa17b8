"""Replace addresses, names, paths and hardware addresses in a report, which identify a machine, by substitutes.

The marks of the record types say which fields to replace. Equal values have equal substitutes, and hosts of one network
stay in one network. Values that are the same on every machine (loopback, unspecified, well-known groups), ports,
numbers and times are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Trait
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.schema import Schema, marked_fields, published_schema
from netstat_core.plugin.sinks import Head, Rendering, Tail

_V4_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
"""Documentation networks (RFC 5737); once they are used up, benchmark networks (RFC 2544) follow."""

_BENCHMARKS, _BENCHMARK_NETWORKS = "198.18", 256
_V4_GROUP, _V4_LIMITED = 0xE0000100, 0xFFFFFFFF
_V6_DOCUMENTATION = 0x20010DB8 << 96
_V6_GROUP = 0xFF0E0DB8 << 96
_V6_LINK_LOCAL = 0xFE80 << 112
_HOST_BITS = 64
_WELL_KNOWN = 1 << 16
_ADDRESS = re.compile(r"(?P<address>[0-9A-Fa-f.:]+)(?P<scope>%[^/]+)?(?P<rest>/.*)?")
_HARDWARE = re.compile(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2})+")
_SHORTEST_REPLACED = 3
REMOVED = "(redacted)"
_WORDS = ("about", "code", "table", "tables", "reader", "readers", "feed")
"""Keys of problems, gaps and attempts whose values come from the program, not from the machine."""

Marks = Mapping[str, "str | Marks"]
"""The marks of a record's fields by name; for a nested field, the marks of its fields."""


class Substitutes:
    """Assigns substitutes to values, numbered in the order in which the values appear."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self._numbers: dict[tuple[str, Any], int] = {}
        self._by_mark: dict[str, Callable[[str], str]] = {
            "address": self._replace_address,
            "prefix": self._replace_address,
            "hardware_address": self._replace_hardware_address,
            "interface": lambda name: name if name == "lo" else f"if{self._number('interface', name)}",
            "name": lambda name: f"name{self._number('name', name)}",
            "path": lambda path: f"{'/' if path.startswith('/') else ''}path{self._number('path', path)}",
        }

    def of(self, mark: str, value: Any) -> Any:
        """Return the substitute of a value with a mark; the value itself if it is not text or the mark needs none."""
        make = self._by_mark.get(mark)
        if make is None or not isinstance(value, str) or not value:
            return value
        key = (mark, value)
        if key not in self._given:
            self._given[key] = make(value)
        return self._given[key]

    def clean(self, text: str) -> str:
        """Replace in a message every value that has a substitute."""
        for (_, value), substitute in sorted(self._given.items(), key=lambda item: -len(item[0][1])):
            if len(value) >= _SHORTEST_REPLACED and value in text:
                text = re.sub(rf"(?<![\w.:]){re.escape(value)}(?![\w:])", substitute.replace("\\", r"\\"), text)
        return text

    def _number(self, kind: str, value: Any) -> int:
        key = (kind, value)
        if key not in self._numbers:
            self._counts[kind] = self._numbers[key] = self._counts.get(kind, 0) + 1
        return self._numbers[key]

    def _replace_address(self, text: str) -> str:
        match = _ADDRESS.fullmatch(text)
        try:
            address = ip_address(match["address"]) if match else None
        except ValueError:
            address = None
        if match is None or address is None:
            return (
                self._replace_hardware_address(text)
                if _HARDWARE.fullmatch(text)
                else f"address{self._number('other', text)}"
            )
        plain = self._replace_v4(address) if isinstance(address, IPv4Address) else self._replace_v6(address)
        scope = "%" + self.of("interface", match["scope"][1:]) if match["scope"] else ""
        return f"{plain}{scope}{match['rest'] or ''}"

    def _replace_v4(self, address: IPv4Address) -> str:
        """Replace the /24 network of an address and keep the last octet."""
        number = int(address)
        if address.is_unspecified or address.is_loopback or number == _V4_LIMITED:
            return str(address)
        if address.is_multicast:
            return str(address) if number < _V4_GROUP else f"233.252.0.{self._number('group', number) % 256}"
        network = self._number("network", number >> 8) - 1
        if network < len(_V4_NETWORKS):
            return f"{_V4_NETWORKS[network]}.{number & 0xFF}"
        network -= len(_V4_NETWORKS)
        if network < _BENCHMARK_NETWORKS:
            return f"{_BENCHMARKS}.{network}.{number & 0xFF}"
        return f"10.{network >> 8 & 0xFF}.{network & 0xFF}.{number & 0xFF}"

    def _replace_v6(self, address: IPv6Address) -> str:
        """Replace the /64 network and the interface identifier of an address."""
        if address.is_unspecified or address.is_loopback:
            return str(address)
        if address.ipv4_mapped is not None:
            return f"::ffff:{self._replace_v4(address.ipv4_mapped)}"
        number = int(address)
        host = number & ((1 << _HOST_BITS) - 1)
        if address.is_multicast:
            is_known = number & ((1 << 112) - 1) < _WELL_KNOWN
            return str(address) if is_known else str(IPv6Address(_V6_GROUP | self._number("group6", number)))
        place = self._number("host", number) if host else 0
        if address.is_link_local:
            return str(IPv6Address(_V6_LINK_LOCAL | (self._number("host", number) if number != _V6_LINK_LOCAL else 0)))
        network = self._number("network6", number >> _HOST_BITS)
        return str(IPv6Address(_V6_DOCUMENTATION | network << _HOST_BITS | place))

    def _replace_hardware_address(self, text: str) -> str:
        """Return a locally administered address of the same length; addresses of all zeros or all ones are kept."""
        digits = re.sub(r"[:-]", "", text)
        if set(digits) <= {"0"} or set(digits.lower()) <= {"f"}:
            return text
        if not _HARDWARE.fullmatch(text):
            return f"hardware{self._number('hardware', text)}"
        octets = max(len(digits) // 2, 2)
        first = 0x02 | int(digits[:2], 16) & 1
        number = self._number("hardware", text) & ((1 << 8 * (octets - 1)) - 1)
        return bytes([first, *number.to_bytes(octets - 1, "big")]).hex(":")


def find_marks(schema: Schema) -> Marks:
    """Return the marks of a record's schema, also of nested fields."""
    marks: dict[str, Any] = {}
    for (*above, name), mark in marked_fields(schema):
        below = marks
        for step in above:
            below = below.setdefault(step, {})
        below[name] = mark
    return marks


class RedactedRendering(Rendering):
    """Passes a report to another rendering, with identifying values replaced by substitutes."""

    def __init__(self, rendering: Rendering) -> None:
        self._rendering = rendering
        self._substitutes = Substitutes()
        self._marks: dict[str, Marks] = {}

    def begin(self, head: Head) -> None:
        """Replace the host name and the names in the query; remove the ``where`` expression."""
        of = self._substitutes.of
        query = head.query._replace(
            where=None if head.query.where is None else REMOVED,
            interfaces=tuple(of("interface", name) for name in head.query.interfaces),
            network_namespaces=tuple(map(self._replace_selector, head.query.network_namespaces)),
        )
        system = {**head.system, "hostname": of("name", head.system.get("hostname"))}
        system["network_namespace"] = self._rename(system.get("network_namespace"))
        self._rendering.begin(head._replace(query=query, system=system))

    def enter(self, namespace: NetworkNamespace | None) -> None:
        """Replace the name of the namespace."""
        self._rendering.enter(self._rename(namespace))

    def trait(self, reader: Reader, trait: Trait) -> None:
        """Pass the trait on; traits do not identify a machine."""
        self._rendering.trait(reader, trait)

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Pass on copies of the records with substitutes."""
        marks = self._marks.get(reader.kind)
        if marks is None:
            marks = self._marks[reader.kind] = find_marks(published_schema(reader))
        self._rendering.batch(reader, Batch(self._replace(record, marks) for record in batch.read_only()))

    def end(self, tail: Tail) -> None:
        """Remove raw lines from problems, and replace in messages what was replaced in records."""
        problems = [{**problem, "text": REMOVED} for problem in tail.problems]
        self._rendering.end(
            tail._replace(
                problems=self._clean_entries(problems),
                completeness=self._clean_entries(tail.completeness),
                network_namespaces=tail.network_namespaces and [*map(self._rename, tail.network_namespaces)],
            )
        )

    def _rename(self, namespace: Any) -> Any:
        """Return a network namespace with a substitute for its name."""
        if not isinstance(namespace, dict):
            return namespace
        return {**namespace, "name": self._substitutes.of("name", namespace.get("name"))}

    def _replace_selector(self, name: Any) -> Any:
        """Replace the name of a network namespace; ``pid:N`` and ``inode:N`` are kept."""
        return self._substitutes.of("name", name) if isinstance(name, str) and ":" not in name else name

    def _clean_entries(self, entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        return [self._clean_entry(entry) for entry in entries]

    def _clean_entry(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Clean a problem, a gap or an attempt; words of closed sets, such as the reasons of gaps, are kept."""
        kept = (*_WORDS, "reason") if "detail" in entry else _WORDS
        return {key: value if key in kept else self._clean(value, key) for key, value in entry.items()}

    def _clean(self, value: Any, key: str) -> Any:
        if isinstance(value, list):
            return [self._clean(item, key) for item in value]
        if isinstance(value, dict):
            return self._rename(value) if "inode" in value else self._clean_entry(value)
        if key == "selector":
            return self._replace_selector(value)
        return self._substitutes.clean(value) if isinstance(value, str) else value

    def _replace(self, value: Any, marks: str | Marks) -> Any:
        if isinstance(value, list):
            return [self._replace(item, marks) for item in value]
        if isinstance(marks, str):
            return self._substitutes.of(marks, value)
        if not isinstance(value, dict):
            return value
        return {**value, **{name: self._replace(value[name], below) for name, below in marks.items() if name in value}}
