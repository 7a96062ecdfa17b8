"""From a report's records to facts, as it streams by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from netstat_core.facts.listeners import Listening, UnixListening
from netstat_core.facts.query import ALL_TABLES
from netstat_core.facts.sanitise import MOST_KEYS, MOST_RECORDS, safe, safe_text
from netstat_core.facts.schema import FACTS_SCHEMA, Reason
from netstat_core.facts.tables import DefaultRoute, Groups, Interfaces, Listed, Part, Statistics, Totals, is_listed
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace, Record, inode_of
from netstat_core.plugin.sinks import Head, Tail
from netstat_core.report.coverage import Coverage, Entry, ReportCoverage

_PARTS: dict[str, tuple[type[Part], ...]] = {
    "inet.socket": (Listening, Totals),
    "unix.socket": (UnixListening, Totals),
    "interface": (Interfaces,),
    "multicast.membership": (Groups,),
    "statistics": (Statistics,),
    "route": (DefaultRoute,),
}
"""The parts that take the records of each kind; those of other kinds are listed."""


class FactsBuilder:
    """Takes the batches of one report, and gives the facts at its end."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._places: dict[int | None, _Place] = {}

    def add(self, reader: Reader, batch: Batch) -> Batch:
        """Take a reader's records, which are of one namespace; gives those that were asked for."""
        if self._head.query.show == "listening" and (listens := reader.listens):
            batch = batch.matching(listens)
        if batch:
            self._place(batch.column("network_namespace")[0]).add(reader, batch.read_only())
        return batch

    def finish(self, tail: Tail) -> dict[str, Any]:
        """The facts, in the shape of :class:`netstat_core.facts.schema.Facts`."""
        head = self._head
        own = head.system["network_namespace"]
        facts: dict[str, Any] = {
            "schema": FACTS_SCHEMA,
            "captured_at": safe(head.captured_at),
            "hostname": safe(head.system["hostname"]),
            "kernel_release": safe(head.system["kernel_release"]),
        }
        machine, covered = self._place(own), ReportCoverage(head, tail)
        if tail.network_namespaces is None:
            return facts | machine.told(covered.of(own), is_machine=True)
        others = {inode_of(one): one for one in tail.network_namespaces[:MOST_KEYS]}
        is_own = others.pop(inode_of(own), None) is not None
        facts |= (machine if is_own else _Place(head._replace(readers=()), own)).told(covered.of(own), is_machine=True)
        places: dict[str, Any] = {}
        for inode, one in others.items():
            name = _name(one)
            places[f"inode:{inode}" if name in places else name] = self._place(one).told(
                covered.of(one, is_machine=False)
            )
        return {**facts, "namespaces": places}

    def _place(self, namespace: NetworkNamespace | None) -> _Place:
        key = inode_of(namespace)
        if key not in self._places:
            self._places[key] = _Place(self._head, namespace)
        return self._places[key]


def _name(namespace: NetworkNamespace | None) -> str:
    return safe_text(namespace["name"] or str(namespace["inode"])) if namespace else "unknown"


class _Place:
    """The facts of one network namespace."""

    def __init__(self, head: Head, namespace: NetworkNamespace | None) -> None:
        self._head = head
        self._namespace = namespace
        self._parts = {kind: kind(head) for reader in head.readers for kind in _parts_of(reader, head)}
        self._seen: set[str] = set()

    def add(self, reader: Reader, records: Iterable[Record]) -> None:
        """Records of one reader in this namespace."""
        self._seen.add(reader.name)
        for part in [self._parts[kind] for kind in _parts_of(reader, self._head)]:
            for record in records:
                part.add(reader, record)

    def told(self, covered: Coverage, *, is_machine: bool = False) -> dict[str, Any]:
        """What is known of the place, and whether that is all; of the machine also which namespaces were missed."""
        reasons = [_reason(one) for one in covered.missed]
        reasons += [doubt for part in self._parts.values() for doubt in part.doubts()]
        known: dict[str, Any] = {
            "network_namespace": safe(self._namespace),
            "complete": not reasons,
            "incomplete_because": _different(reasons)[:MOST_RECORDS],
            "covers": self._covers(covered) | (self._covered_namespaces(covered) if is_machine else {}),
        }
        unread = covered.partly - self._seen
        for kind, part in self._parts.items():
            readers = [reader for reader in self._head.readers if kind in _parts_of(reader, self._head)]
            lacking = [reader for reader in readers if reader.name in unread]
            read = [reader for reader in readers if reader not in lacking]
            known |= part.told(read, lacking) if read else {}
        return known

    def _covers(self, covered: Coverage) -> dict[str, Any]:
        """What was read whole, and is in the facts whole."""
        query, readers = self._head.query, self._head.readers
        cut = {name for part in self._parts.values() for name in part.partly}
        cut |= {reader.name for reader in readers if reader.table in self._cut_tables()}
        whole = [reader for reader in covered.whole if reader in readers and reader.name not in cut]
        tables = {reader.table for reader in whole} - {reader.table for reader in readers if reader not in whole}
        has_routes = any(reader.table == "routes" for reader in readers)
        if has_routes and not self._is_missed(DefaultRoute.KINDS, covered):
            tables.add(DefaultRoute.table)
        if query.route_table != ALL_TABLES:
            tables.discard("routes")
        sockets = [reader for reader in whole if reader.table == "sockets"]
        return {
            "tables": sorted(tables),
            "protocols": sorted({name for reader in sockets for name in reader.protocols or reader.families}),
            "families": sorted({one for reader in whole for one in reader.families if query.serves_family(one)}),
            "sockets": query.show,
            "where": query.where,
            "owners": "none" if not query.owners else "all" if covered.all_owners else "some",
        }

    def _cut_tables(self) -> set[str]:
        """The tables of which facts hold less than was read."""
        return {part.table for part in self._parts.values() if part.left_out}

    def _is_missed(self, kinds: Collection[str], covered: Coverage) -> bool:
        """Whether something was left out of what readers of some kinds were to read, but for other routing tables."""
        names = {reader.name for reader in self._head.readers if reader.kind in kinds}
        narrower = {one["reader"] for one in covered.missed if one["reason"] == "narrower_capture"}
        return bool(covered.partly & (names - (narrower & self._seen)))

    def _covered_namespaces(self, covered: Coverage) -> dict[str, Any]:
        query = self._head.query
        if not query.is_for_namespaces:
            return {}
        return {"namespaces": "all" if query.all_network_namespaces and covered.all_namespaces else "some"}


def _parts_of(reader: Reader, head: Head) -> Iterator[type[Part]]:
    yield from _PARTS.get(reader.kind, ())
    if is_listed(reader, head):
        yield Listed


def _reason(entry: Entry) -> Reason:
    """A gap or a problem, which is about a source, as a reason why facts are not complete."""
    if "about" in entry:
        return {"about": entry["about"], "text": f"{entry['source']}: {entry['detail']}"}
    line = "" if entry["line"] is None else f", line {entry['line']}"
    return {"about": "source", "text": f"{entry['source']}{line}: {entry['reason']}"}


def _different(reasons: Iterable[Reason]) -> list[Reason]:
    """The reasons with safe texts, each once."""
    found: dict[tuple[str, str], Reason] = {}
    for one in reasons:
        found.setdefault((one["about"], one["text"]), {"about": one["about"], "text": safe_text(one["text"])})
    return list(found.values())
