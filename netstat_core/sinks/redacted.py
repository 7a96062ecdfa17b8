"""Reports without what identifies a machine: addresses, names, paths and hardware addresses become harmless ones.

What a value is, the record types' own marks tell. Equal values stay equal, hosts of one network stay together, and
what is the same on every machine (loopback, unspecified, well-known groups) stays as it is. Ports, numbers and
times are not touched.
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
"""RFC 5737; behind them, RFC 2544's networks for benchmarks."""

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
_WORDS = ("about", "code", "table", "reader", "feed")
"""Keys of problems, gaps and attempts whose values are words of the program."""

Marks = Mapping[str, "str | Marks"]
"""What the fields of a record are: a mark, or the marks of the fields below."""


class Substitutes:
    """Harmless values by the ones they stand for, in the order in which they are asked for."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self._numbers: dict[tuple[str, Any], int] = {}
        self._by_mark: dict[str, Callable[[str], str]] = {
            "address": self._address,
            "hardware_address": self._hardware_address,
            "interface": lambda name: name if name == "lo" else f"if{self._number('interface', name)}",
            "name": lambda name: f"name{self._number('name', name)}",
            "path": lambda path: f"{'/' if path.startswith('/') else ''}path{self._number('path', path)}",
        }

    def of(self, mark: str, value: Any) -> Any:
        """The substitute of a value with a mark; the value where it is no text, or its mark tells of no identity."""
        make = self._by_mark.get(mark)
        if make is None or not isinstance(value, str) or not value:
            return value
        key = (mark, value)
        if key not in self._given:
            self._given[key] = make(value)
        return self._given[key]

    def cleaned(self, text: str) -> str:
        """A message in which values that were replaced are replaced too, and what looks like an address."""
        for (_, value), substitute in sorted(self._given.items(), key=lambda item: -len(item[0][1])):
            if len(value) >= _SHORTEST_REPLACED and value in text:
                text = re.sub(rf"(?<![\w.:]){re.escape(value)}(?![\w:])", substitute.replace("\\", r"\\"), text)
        return text

    def _number(self, kind: str, value: Any) -> int:
        key = (kind, value)
        if key not in self._numbers:
            self._counts[kind] = self._numbers[key] = self._counts.get(kind, 0) + 1
        return self._numbers[key]

    def _address(self, text: str) -> str:
        found = _ADDRESS.fullmatch(text)
        try:
            address = ip_address(found["address"]) if found else None
        except ValueError:
            address = None
        if found is None or address is None:
            return (
                self._hardware_address(text) if _HARDWARE.fullmatch(text) else f"address{self._number('other', text)}"
            )
        plain = self._v4(address) if isinstance(address, IPv4Address) else self._v6(address)
        scope = "%" + self.of("interface", found["scope"][1:]) if found["scope"] else ""
        return f"{plain}{scope}{found['rest'] or ''}"

    def _v4(self, address: IPv4Address) -> str:
        """Another network of 256 addresses, with the same place in it."""
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

    def _v6(self, address: IPv6Address) -> str:
        """Another network of 64 bits, with a host number that tells nothing."""
        if address.is_unspecified or address.is_loopback:
            return str(address)
        if address.ipv4_mapped is not None:
            return f"::ffff:{self._v4(address.ipv4_mapped)}"
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

    def _hardware_address(self, text: str) -> str:
        """A locally administered address of the same length; those of all zeros or all ones stay."""
        digits = re.sub(r"[:-]", "", text)
        if set(digits) <= {"0"} or set(digits.lower()) <= {"f"}:
            return text
        if not _HARDWARE.fullmatch(text):
            return f"hardware{self._number('hardware', text)}"
        octets = max(len(digits) // 2, 2)
        first = 0x02 | int(digits[:2], 16) & 1
        number = self._number("hardware", text) & ((1 << 8 * (octets - 1)) - 1)
        return bytes([first, *number.to_bytes(octets - 1, "big")]).hex(":")


def marks_of(schema: Schema) -> Marks:
    """The marked fields of a record's schema, however deep."""
    marks: dict[str, Any] = {}
    for (*above, name), mark in marked_fields(schema):
        below = marks
        for step in above:
            below = below.setdefault(step, {})
        below[name] = mark
    return marks


class RedactedRendering(Rendering):
    """Hands a report on, with substitutes in the place of what identifies."""

    def __init__(self, rendering: Rendering) -> None:
        self._rendering = rendering
        self._substitutes = Substitutes()
        self._marks: dict[str, Marks] = {}

    def begin(self, head: Head) -> None:
        """The machine's name and what the query names are replaced."""
        of = self._substitutes.of
        query = head.query._replace(
            where=None if head.query.where is None else REMOVED,
            interfaces=tuple(of("interface", name) for name in head.query.interfaces),
            network_namespaces=tuple(map(self._selector, head.query.network_namespaces)),
        )
        system = {**head.system, "hostname": of("name", head.system.get("hostname"))}
        system["network_namespace"] = self._named(system.get("network_namespace"))
        self._rendering.begin(head._replace(query=query, system=system))

    def enter(self, namespace: NetworkNamespace | None) -> None:
        """The namespace under a substitute's name."""
        self._rendering.enter(self._named(namespace))

    def trait(self, reader: Reader, trait: Trait) -> None:
        """Traits identify nobody."""
        self._rendering.trait(reader, trait)

    def batch(self, reader: Reader, batch: Batch) -> None:
        """The records with substitutes; the given ones stay as they are."""
        marks = self._marks.get(reader.kind)
        if marks is None:
            marks = self._marks[reader.kind] = marks_of(published_schema(reader))
        self._rendering.batch(reader, Batch(self._replaced(record, marks) for record in batch.read_only()))

    def end(self, tail: Tail) -> None:
        """Raw lines are removed, and messages cleaned of what was replaced."""
        problems = [{**one, "text": REMOVED} for one in tail.problems]
        self._rendering.end(
            tail._replace(
                problems=self._cleaned(problems),
                completeness=self._cleaned(tail.completeness),
                network_namespaces=tail.network_namespaces and [self._named(one) for one in tail.network_namespaces],
            )
        )

    def _named(self, namespace: Any) -> Any:
        """A network namespace under a substitute's name."""
        if not isinstance(namespace, dict):
            return namespace
        return {**namespace, "name": self._substitutes.of("name", namespace.get("name"))}

    def _selector(self, name: Any) -> Any:
        """What selects a network namespace, where it is a name under a substitute's."""
        return self._substitutes.of("name", name) if isinstance(name, str) and ":" not in name else name

    def _cleaned(self, entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        return [self._clean_entry(entry) for entry in entries]

    def _clean_entry(self, entry: dict[str, Any]) -> dict[str, Any]:
        """A problem, a gap or an attempt; words of closed sets, as the reasons of gaps are, stay."""
        kept = (*_WORDS, "reason") if "detail" in entry else _WORDS
        return {key: value if key in kept else self._clean(value, key) for key, value in entry.items()}

    def _clean(self, value: Any, key: str) -> Any:
        if isinstance(value, list):
            return [self._clean(one, key) for one in value]
        if isinstance(value, dict):
            return self._named(value) if "inode" in value else self._clean_entry(value)
        if key == "selector":
            return self._selector(value)
        return self._substitutes.cleaned(value) if isinstance(value, str) else value

    def _replaced(self, value: Any, marks: str | Marks) -> Any:
        if isinstance(value, list):
            return [self._replaced(one, marks) for one in value]
        if isinstance(marks, str):
            return self._substitutes.of(marks, value)
        if not isinstance(value, dict):
            return value
        return {**value, **{name: self._replaced(value[name], below) for name, below in marks.items() if name in value}}
