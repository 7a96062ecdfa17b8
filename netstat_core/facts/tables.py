"""The parts of facts: each takes the records of some kinds and makes some keys of the facts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import repeat
from typing import Any

from netstat_core.facts.sanitise import MOST_COUNTERS, MOST_KEYS, MOST_RECORDS, safe, safe_text
from netstat_core.facts.schema import Reason
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head

_OF_THE_HOST = frozenset({"kind", "network_namespace"})
LIFETIMES = frozenset({"valid_seconds", "preferred_seconds", "created_uptime", "updated_uptime"})
"""Fields of addresses that change all the time; facts are compared."""

_IP = frozenset({"inet", "inet6"})

SHAPED = frozenset(
    {"inet.socket", "unix.socket", "interface", "multicast.membership", "statistics", "rule", "local_ports"}
)
"""Kinds whose records are transformed; records of other kinds are listed unchanged."""

ROUTES = frozenset({"route", "route.cache"})


class Part:
    """One part of the facts of a network namespace, present if any of its readers was selected.

    ``left_out`` counts the records beyond the size limit, ``partly`` names the readers they came from. ``opened`` names
    the readers that found one of their sources, in any namespace.
    """

    table = ""

    def __init__(self, head: Head) -> None:
        self.head = head
        self.left_out = 0
        self.partly: set[str] = set()
        self.opened: frozenset[str] = frozenset()

    def add(self, reader: Reader, batch: Batch) -> None:
        """Add records of one reader. A part that needs few of them selects these by column, which makes no others."""
        for record in batch.read_only():
            self._add_record(reader, record)

    def _add_record(self, reader: Reader, record: Record) -> None:
        """Add one record, for parts that need all of them."""
        raise NotImplementedError

    def to_facts(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:
        """Return this part's keys of the facts.

        The readers in ``read`` succeeded, those in ``lacking`` failed; omit a key that may be empty only because of a
        failure.
        """
        raise NotImplementedError

    def doubts(self) -> Iterator[Reason]:
        """Yield the reasons why this part may be incomplete."""
        if self.left_out:
            yield {"about": "table", "text": f"{self.table}: truncated, {self.left_out} more than facts hold"}


class _ByName(Part):
    """A look-up table of limited size."""

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._entries: dict[str, Any] = {}

    def to_facts(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:  # noqa: ARG002 - see lacking
        """Return the table under its name; nothing if it is empty and a reader failed."""
        return {} if lacking and not self._entries else {self.table: self._entries}

    def _put(self, key: str, value: Any) -> None:
        if len(self._entries) < MOST_KEYS:
            self._entries[key] = value
        else:
            self.left_out += 1


class Interfaces(_ByName):
    """Interfaces by name."""

    table = "interfaces"

    def _add_record(self, reader: Reader, record: Record) -> None:  # noqa: ARG002 - its kind says all
        lasting = {key: record[key] for key in record if key not in _OF_THE_HOST}
        if lasting.get("addresses"):
            lasting["addresses"] = [*map(_drop_lifetimes, lasting["addresses"])]
        self._put(safe_text(record["name"]), safe(lasting))


def _drop_lifetimes(address: Record) -> Record:
    return {key: address[key] for key in address if key not in LIFETIMES}


class Groups(_ByName):
    """Multicast groups by interface."""

    table = "groups"

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._taken = 0

    def _add_record(self, reader: Reader, record: Record) -> None:  # noqa: ARG002 - its kind says all
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
    """Counters by section, without those of single interfaces. A repeated section is numbered: ``Name/2``."""

    table = "statistics"

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._times: Counter[str] = Counter()
        self._taken = 0

    def _add_record(self, reader: Reader, record: Record) -> None:  # noqa: ARG002 - its kind says all
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
    """The number of sockets by protocol and state."""

    table = "totals"

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, reader: Reader, batch: Batch) -> None:
        """Count sockets."""
        protocols = batch.column("protocol") if reader.protocols else repeat(reader.name)
        for (name, state), count in Counter(zip(protocols, batch.column("state"), strict=False)).items():
            self._counts[name][state or "CLOSE"] += count

    def to_facts(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:  # noqa: ARG002 - one key for all
        """Return the table under its name."""
        return {self.table: {name: dict(sorted(states.items())) for name, states in sorted(self._counts.items())}}


class Listed(Part):
    """Unchanged records of the kinds that are not in SHAPED."""

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._records: dict[tuple[str, str], list[Record]] = {}

    def add(self, reader: Reader, batch: Batch) -> None:
        """Add records to their table, below their family if that is not an IP version."""
        if is_of_ip(reader):
            self._list("", reader, batch)
            return
        families = [str(record.get("family") or reader.families[0]) for record in batch.read_only()]
        for family in dict.fromkeys(families):
            self._list(safe_text(family), reader, batch.kept(family == each for each in families))

    def _list(self, family: str, reader: Reader, batch: Batch) -> None:
        records = self._records.setdefault((family, reader.table), [])
        kept = batch[: MOST_RECORDS - len(records)]
        records += map(safe, kept.read_only())
        if left_out := len(batch) - len(kept):
            self.left_out += left_out
            self.partly.add(reader.name)
            self.table = reader.table

    def to_facts(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:
        """Return the tables under their names; those of other families below ``families``, if the kernel has them."""
        lacked = {reader.table for reader in lacking}
        tables: dict[str, Any] = {
            reader.table: [] for reader in read if is_of_ip(reader) and reader.table not in lacked
        }
        families: dict[str, Any] = {}
        tables["families"] = families
        for reader in read:
            if not is_of_ip(reader) and reader.name in self.opened:
                for family in reader.families:
                    self._put_empty(families, safe_text(family), reader, lacking)
        for (family, table), records in self._records.items():
            (tables["families"].setdefault(family, {}) if family else tables)[table] = records
        return tables

    def _put_empty(self, families: dict[str, Any], family: str, reader: Reader, lacking: list[Reader]) -> None:
        """Add the table of a family that was read and may have no record."""
        others = [other for other in lacking if family in other.families and other.table == reader.table]
        if not others and self.head.query.serves_family(family):
            families.setdefault(family, {}).setdefault(reader.table, [])


def is_of_ip(reader: Reader) -> bool:
    """Return whether a reader reads an IP family, or belongs to no family."""
    return not reader.families or not _IP.isdisjoint(reader.families)


def is_listed(reader: Reader, head: Head) -> bool:
    """Return whether facts list the records of a reader unchanged."""
    return reader.kind not in SHAPED and not (reader.kind in ROUTES and head.query.default_routes)
