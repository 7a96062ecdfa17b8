"""The parts of facts: each takes the records of some kinds, and tells some keys."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from netstat_core.facts.sanitise import MOST_COUNTERS, MOST_KEYS, MOST_RECORDS, safe, safe_text
from netstat_core.facts.schema import Reason
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head

_OF_THE_HOST = frozenset({"kind", "network_namespace"})
_IP = frozenset({"inet", "inet6"})

SHAPED = frozenset({"inet.socket", "unix.socket", "interface", "multicast.membership", "statistics"})
"""Kinds that facts have a shape of their own for."""

ROUTES = frozenset({"route", "route.cache"})


class Part:
    """One part; it is there, even if empty, wherever a reader it is for was asked.

    ``left_out`` counts records there was no room for, ``partly`` names their readers.
    """

    table = ""

    def __init__(self, head: Head) -> None:
        self.head = head
        self.left_out = 0
        self.partly: set[str] = set()

    def add(self, reader: Reader, record: Record) -> None:
        """One record."""
        raise NotImplementedError

    def told(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:
        """The keys of the facts that are this part's, of the readers that could read, and of those that could not.

        What may be empty only for want of looking has no key.
        """
        raise NotImplementedError

    def doubts(self) -> Iterator[Reason]:
        """What may be missing from it."""
        if self.left_out:
            yield {"about": "table", "text": f"{self.table}: truncated, {self.left_out} more than facts hold"}


class _ByName(Part):
    """A look-up table of limited size."""

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._entries: dict[str, Any] = {}

    def told(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:  # noqa: ARG002 - see lacking
        """The table, under its name."""
        return {} if lacking and not self._entries else {self.table: self._entries}

    def _put(self, key: str, value: Any) -> None:
        if len(self._entries) < MOST_KEYS:
            self._entries[key] = value
        else:
            self.left_out += 1


class Interfaces(_ByName):
    """Interfaces by name."""

    table = "interfaces"

    def add(self, reader: Reader, record: Record) -> None:  # noqa: ARG002 - its kind says all
        """One record."""
        self._put(safe_text(record["name"]), safe({key: record[key] for key in record if key not in _OF_THE_HOST}))


class Groups(_ByName):
    """Multicast groups by interface."""

    table = "groups"

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._taken = 0

    def add(self, reader: Reader, record: Record) -> None:  # noqa: ARG002 - its kind says all
        """One record."""
        name = safe_text(record["interface"])
        if name not in self._entries and len(self._entries) < MOST_KEYS:
            self._entries[name] = []
        groups = self._entries.get(name)
        if groups is None or len(groups) >= MOST_RECORDS or self._taken >= MOST_KEYS:
            self.left_out += 1
        else:
            self._taken += 1
            groups.append(safe({key: record[key] for key in ("family", "group", "users")}))


class Statistics(_ByName):
    """Counters by section; those of one interface stay out. A section that comes again is numbered."""

    table = "statistics"

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._times: Counter[str] = Counter()
        self._taken = 0

    def add(self, reader: Reader, record: Record) -> None:  # noqa: ARG002 - its kind says all
        """One record."""
        if record["interface"] is not None:
            return
        self._taken += len(record["counters"])
        if len(self._entries) >= MOST_KEYS or self._taken > MOST_COUNTERS:
            self.left_out += 1
            return
        section = safe_text(record["section"])
        self._times[section] += 1
        name = section if self._times[section] == 1 else f"{section}/{self._times[section]}"
        self._put(name, safe(record["counters"]))


class Totals(Part):
    """How many sockets there are by protocol and state."""

    table = "totals"

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, reader: Reader, record: Record) -> None:
        """One socket."""
        self._counts[record["protocol"] if reader.protocols else reader.name][record["state"] or "CLOSE"] += 1

    def told(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:  # noqa: ARG002 - one key for all
        """The table, under its name."""
        return {self.table: {name: dict(sorted(states.items())) for name, states in sorted(self._counts.items())}}


class DefaultRoute(Part):
    """The default route of each IP version: that of the main table which holds for all packets."""

    table = "default_route"
    KINDS = frozenset({"route"})
    _SHOWN = ("type", "gateway", "interface", "metric", "preferred_source", "protocol", "next_hops")

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._routes: dict[str, Record] = {}

    def add(self, reader: Reader, record: Record) -> None:  # noqa: ARG002 - its kind says all
        """One record."""
        if record["prefix_length"] == 0 and record["table"] in ("main", None) and _holds_for_all(record):
            before = self._routes.get(record["family"])
            if before is None or (record["metric"] or 0) < (before["metric"] or 0):
                self._routes[record["family"]] = record

    def told(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:  # noqa: ARG002 - see read
        """The table, under its name."""
        families = {family for reader in read for family in reader.families if self.head.query.serves_family(family)}
        return {self.table: {family: self._entry(self._routes.get(family)) for family in sorted(families)}}

    def _entry(self, route: Record | None) -> dict[str, Any] | None:
        return route and {key: safe(route[key]) for key in self._SHOWN}


_LAST_RESORT = 0xFFFFFFFF
"""Metric of the route for which the kernel's own null route for IPv6 stands in, behind all others."""


def _holds_for_all(route: Record) -> bool:
    """Whether a default route is for packets of any source and type of service, and is not the kernel's null route."""
    is_null = route["metric"] == _LAST_RESORT and route["interface"] == "lo"
    return route["type"] != "throw" and not route["source"] and not route["tos"] and not is_null


class Listed(Part):
    """Records as they are, of tables and families that facts have no shape of their own for."""

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._records: dict[tuple[str, str], list[Record]] = {}

    def add(self, reader: Reader, record: Record) -> None:
        """One record, below the name of its table, and of its family if that is no IP version."""
        family = "" if is_of_ip(reader) else record.get("family") or reader.families[0]
        records = self._records.setdefault((safe_text(str(family)), reader.table), [])
        if len(records) < MOST_RECORDS:
            records.append(safe(record))
        else:
            self.left_out += 1
            self.partly.add(reader.name)
            self.table = reader.table

    def told(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:
        """The tables, under their names."""
        lacked = {reader.table for reader in lacking}
        told: dict[str, Any] = {one.table: [] for one in read if is_of_ip(one) and one.table not in lacked}
        told["families"] = {}
        for (family, table), records in self._records.items():
            (told["families"].setdefault(family, {}) if family else told)[table] = records
        return told


def is_of_ip(reader: Reader) -> bool:
    """Whether a reader is of the Internet families, or of none."""
    return not reader.families or not _IP.isdisjoint(reader.families)


def is_listed(reader: Reader, head: Head) -> bool:
    """Whether the facts have the records of a reader as they are."""
    return reader.kind not in SHAPED and not (reader.kind in ROUTES and head.query.default_routes)
