"""Build facts from the records of a report as they are read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from netstat_core.escape import encode_text, escape
from netstat_core.facts.default_route import DefaultRoute, Rules
from netstat_core.facts.listeners import Listening, LocalPorts, UnixListening
from netstat_core.facts.query import ALL_TABLES
from netstat_core.facts.sanitise import MOST_KEYS, MOST_RECORDS, safe, safe_text
from netstat_core.facts.schema import FACTS_SCHEMA, Reason
from netstat_core.facts.tables import Groups, Interfaces, Listed, Part, Statistics, Totals, is_listed
from netstat_core.owners.processes import COMMANDS
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace, inode_of
from netstat_core.plugin.sinks import Head, Tail
from netstat_core.query import ARGUMENTS, DETAILS
from netstat_core.report.coverage import Coverage, Entry, ReportCoverage, readers_of

_PARTS: dict[str, tuple[type[Part], ...]] = {
    "inet.socket": (Listening, Totals),
    "unix.socket": (UnixListening, Totals),
    "interface": (Interfaces,),
    "multicast.membership": (Groups,),
    "statistics": (Statistics,),
    "route": (DefaultRoute,),
    "rule": (DefaultRoute, Rules),
    "local_ports": (Listening, LocalPorts),
}
"""The parts that take the records of each kind; records of other kinds go to :class:`Listed`."""


class FactsBuilder:
    """Collects the batches of one report and returns the facts at its end."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._places: dict[int | None, _Place] = {}
        self._opened: set[str] = set()

    def add(self, reader: Reader, batch: Batch) -> Batch:
        """Add a batch of a reader's records, all of one network namespace; return the records that the query shows."""
        self._opened.add(reader.name)
        if self._head.query.show == "listening":
            batch = reader.select_listening(batch)
        if batch:
            self._get_place(batch.column("network_namespace")[0]).add(reader, batch)
        return batch

    def finish(self, tail: Tail) -> dict[str, Any]:
        """Return the facts, in the form of :class:`netstat_core.facts.schema.FactsOfNamespaces`."""
        head = self._head
        tail = tail._replace(completeness=[entry for entry in tail.completeness if self._concerns(entry)])
        own = head.system["network_namespace"]
        facts: dict[str, Any] = {
            "schema": FACTS_SCHEMA,
            "captured_at": safe(head.captured_at),
            "hostname": safe(head.system["hostname"]),
            "kernel_release": safe(head.system["kernel_release"]),
        }
        machine, coverage = self._get_place(own), ReportCoverage(head, tail)
        if tail.network_namespaces is None:
            return facts | machine.to_facts(coverage.of(own), is_machine=True)
        others = {inode_of(namespace): namespace for namespace in tail.network_namespaces[:MOST_KEYS]}
        if inode_of(own) not in others:  # the host's own namespace was not selected
            machine = _Place(head._replace(readers=()), own, self._opened)
        elif not self._is_looked_up(others[inode_of(own)]):
            del others[inode_of(own)]
        facts |= machine.to_facts(coverage.of(own), is_machine=True)
        places: dict[str, Any] = {}
        for inode, namespace in others.items():
            name = _get_name(namespace)
            place = self._get_place(namespace).to_facts(coverage.of(namespace, is_machine=False))
            places[f"inode:{inode}" if name in places else name] = place
        return {**facts, "namespaces": places}

    def _concerns(self, entry: Entry) -> bool:
        """Return whether an entry is about what facts hold: not about command lines that were not asked for."""
        return entry["source"] != COMMANDS or not {DETAILS, ARGUMENTS}.isdisjoint(self._head.query.owners)

    def _is_looked_up(self, own: NetworkNamespace | None) -> bool:
        """Return whether the host's own namespace is expected among the others too, because it was selected by name."""
        query = self._head.query
        names = {escape(encode_text(selector)) for selector in query.network_namespaces}
        return own is not None and own["name"] is not None and (query.all_network_namespaces or own["name"] in names)

    def _get_place(self, namespace: NetworkNamespace | None) -> _Place:
        key = inode_of(namespace)
        if key not in self._places:
            self._places[key] = _Place(self._head, namespace, self._opened)
        return self._places[key]


def _get_name(namespace: NetworkNamespace | None) -> str:
    return safe_text(namespace["name"] or str(namespace["inode"])) if namespace else "unknown"


class _Place:
    """The facts of one network namespace."""

    def __init__(self, head: Head, namespace: NetworkNamespace | None, opened: Collection[str]) -> None:
        self._head = head
        self._namespace = namespace
        self._opened = opened
        self._parts = {type_: type_(head) for reader in head.readers for type_ in _select_parts(reader, head)}
        self._seen: set[str] = set()

    def add(self, reader: Reader, batch: Batch) -> None:
        """Add records of one reader in this namespace."""
        self._seen.add(reader.name)
        for type_ in _select_parts(reader, self._head):
            self._parts[type_].add(reader, batch)

    def to_facts(self, coverage: Coverage, *, is_machine: bool = False) -> dict[str, Any]:
        """Return the facts of this namespace; those of the machine also say which namespaces were covered."""
        reasons = [_make_reason(entry) for entry in coverage.missed]
        reasons += [reason for part in self._parts.values() for reason in part.doubts()]
        facts: dict[str, Any] = {
            "network_namespace": safe(self._namespace),
            "complete": not reasons,
            "incomplete_because": _deduplicate(reasons)[:MOST_RECORDS],
            "covers": self._make_covers(coverage) | (self._cover_namespaces(coverage) if is_machine else {}),
        }
        unread = coverage.partly - self._seen
        for type_, part in self._parts.items():
            readers = [reader for reader in self._head.readers if type_ in _select_parts(reader, self._head)]
            lacking = [reader for reader in readers if reader.name in unread]
            read = [reader for reader in readers if reader not in lacking]
            part.opened = frozenset(self._opened)
            facts |= part.to_facts(read, lacking) if read else {}
        return facts

    def _make_covers(self, coverage: Coverage) -> dict[str, Any]:
        """Return what was read completely and is in the facts completely."""
        query, readers = self._head.query, self._head.readers
        truncated = {name for part in self._parts.values() for name in part.partly}
        cut = self._truncated_tables()
        truncated |= {reader.name for reader in readers if reader.table in cut}
        whole = [reader for reader in coverage.whole if reader in readers and reader.name not in truncated]
        tables = {reader.table for reader in whole} - {reader.table for reader in readers if reader not in whole}
        tables -= {entry["table"] for entry in coverage.missed if entry["reader"] is None}
        kinds = DefaultRoute.KINDS
        if {reader.kind for reader in readers} >= kinds and not self._is_incomplete(kinds, coverage):
            tables |= {DefaultRoute.table} - cut
        if query.route_table != ALL_TABLES:
            tables.discard("routes")
        sockets = [reader for reader in whole if reader.table == "sockets"]
        return {
            "tables": sorted(tables),
            "protocols": sorted({name for reader in sockets for name in reader.socket_protocols}),
            "families": sorted(
                {family for reader in whole for family in reader.families if query.serves_family(family)}
            ),
            "sockets": query.show,
            "where": query.where,
            "owners": "none" if not query.owners else "all" if coverage.all_owners else "some",
        }

    def _truncated_tables(self) -> set[str]:
        """Return the tables of which the facts hold fewer records than were read."""
        return {part.table for part in self._parts.values() if part.left_out}

    def _is_incomplete(self, kinds: Collection[str], coverage: Coverage) -> bool:
        """Return whether readers of these kinds missed anything, except routing tables that a capture left out."""
        names = {reader.name for reader in self._head.readers if reader.kind in kinds}
        narrower = {
            name for entry in coverage.missed if entry["reason"] == "narrower_capture" for name in readers_of(entry)
        }
        return bool(coverage.partly & (names - (narrower & self._seen)))

    def _cover_namespaces(self, coverage: Coverage) -> dict[str, Any]:
        query = self._head.query
        if not query.is_for_namespaces:
            return {}
        return {"namespaces": "all" if query.all_network_namespaces and coverage.all_namespaces else "some"}


def _select_parts(reader: Reader, head: Head) -> Iterator[type[Part]]:
    yield from _PARTS.get(reader.kind, ())
    if is_listed(reader, head):
        yield Listed


def _make_reason(entry: Entry) -> Reason:
    """Return a gap or a problem as a reason why facts are incomplete; a problem is about a source."""
    if "about" in entry:
        return {"about": entry["about"], "text": f"{entry['source']}: {entry['detail']}"}
    line = "" if entry["line"] is None else f", line {entry['line']}"
    return {"about": "source", "text": f"{entry['source']}{line}: {entry['reason']}"}


def _deduplicate(reasons: Iterable[Reason]) -> list[Reason]:
    """Return each different reason once, with safe text."""
    known: dict[tuple[str, str], Reason] = {}
    for reason in reasons:
        about, text = reason["about"], reason["text"]
        known.setdefault((about, text), {"about": about, "text": safe_text(text)})
    return list(known.values())
