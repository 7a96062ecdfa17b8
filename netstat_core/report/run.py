"""The one way from a query to a report: a stream of events that starts with the head and ends with the tail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from netstat_core.errors import SnapshotError, SourceError
from netstat_core.host.checker import Checker
from netstat_core.host.discovery import Host, Offer
from netstat_core.owners.processes import ProcessTable
from netstat_core.plugin.asked import About, Asked
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace, Record
from netstat_core.plugin.sinks import Head, Tail
from netstat_core.query import ARGUMENTS, CONTEXTS, DETAILS, Query
from netstat_core.report.deltas import Deltas, comparable
from netstat_core.report.itinerary import Place, itinerary
from netstat_core.report.ledger import Ledger, absence, failure
from netstat_core.report.names import Names
from netstat_core.report.names_section import NamesSection
from netstat_core.report.selection import Demands, Prepared, demand_all, prepare, select, shown_by_default, unread
from netstat_core.report.source_cache import absent_sockets
from netstat_core.report.stages import Finish, Rule, gathered, shown_rule, uncollected, within_budget
from netstat_core.system import Selectors, System
from netstat_core.version import __version__

if TYPE_CHECKING:
    from netstat_core.host.budget import Budget
    from netstat_core.report.where import Where

GENERATOR = f"netstat-core {__version__}"
"""The program's name and version, as reports give it."""


Shown = Callable[[Reader, Query], "Rule | None"]
"""Which records of a reader are shown for what ``show`` says; None for all."""


class Started(NamedTuple):
    """The report begins: everything that can be refused was not."""

    head: Head


class Entered(NamedTuple):
    """What follows is of this namespace, to the next such event."""

    namespace: NetworkNamespace | None


class Told(NamedTuple):
    """A source told something besides records."""

    reader: Reader
    trait: Trait


class Read(NamedTuple):
    """Records of a reader, in order; a first, empty batch tells that its source was opened."""

    reader: Reader
    batch: Batch


class Noted(NamedTuple):
    """Something was wrong at this point; it is in the tail too. What is about no reader has none."""

    reader: Reader | None
    trouble: Problem | Gap


class Ended(NamedTuple):
    """The report is complete."""

    tail: Tail


Event = Started | Entered | Told | Read | Noted | Ended


class Run:
    """One answer to one query, as a stream of events; iterate it once.

    When it is made, the readers are selected and asked for their sources, and namespaces are found: it raises
    UsageError for a query that cannot be served. From then on nothing is raised: what cannot be read is noted.

    ``demands`` says what the output takes of a reader, and ``shown`` which of its records are left by what ``show``
    says. Where ``families`` are named, their readers come in that order. With
    ``by_place`` readers keep their order, and all are read in one network namespace before the next is entered; else
    each table is read in all of them. ``names`` and ``deltas`` carry over from the report before; ``repeating`` says
    that there are several.
    """

    def __init__(  # noqa: PLR0913 - what an output needs, and what carries over
        self,
        query: Query,
        system: System,
        host: Host,
        *,
        demands: Demands = demand_all,
        shown: Shown | None = None,
        families: Sequence[str] = (),
        by_place: bool = False,
        repeating: bool = False,
        names: Names | None = None,
        deltas: Deltas | None = None,
    ) -> None:
        self.query = query
        self.ledger = Ledger()
        self.owners: ProcessTable | None = None
        self.names = names or names_for(system, resolve=query.resolve)
        self._system = system
        self._host = host
        self._by_place = by_place
        self._shown = shown or shown_by_default
        self._deltas = deltas
        self._checkers: dict[str, Checker] = {}
        self._budgets: dict[str, Budget] = {}
        self._section = NamesSection(system.names) if query.resolve else None
        self._stopped = False
        self._entered: list[NetworkNamespace | None] | None = None
        self.offers = comparable(query, deltas, select(query, host, by_table=not by_place, families=families))
        self._where = _where(query.where, self.offers)
        fields = self._where.fields if self._where else frozenset()
        prepared = (prepare(offer, query, demands, fields) for offer in self.offers)
        self._prepared = [each for each in prepared if each is not None]
        self.head = self._head(repeating=repeating)
        self._events = self._stream()
        self._started = next(self._events)  # finds the namespaces

    def __iter__(self) -> Iterator[Event]:
        yield self._started
        yield from self._events

    def batches(self) -> Iterator[tuple[Reader, Batch]]:
        """The records alone, in batches, each with its reader."""
        return ((event.reader, event.batch) for event in self if isinstance(event, Read) and event.batch)

    def stop(self) -> None:
        """End with the reader whose events are coming; those behind it are not read."""
        self._stopped = True

    def offer_of(self, reader: Reader) -> Offer:
        """The offer of a reader whose events these are, or that of whose changes they are."""
        return next(offer for offer in self.offers if reader in (offer.reader, *_changed(offer.reader)))

    @property
    def told_names(self) -> dict[str, dict[str, str]]:
        """The names that were given out, as a recording needs them."""
        return self._section.told if self._section else self.names.told

    def _head(self, *, repeating: bool) -> Head:
        machine = self._system.machine
        shown = {
            "hostname": machine.hostname,
            "kernel_release": machine.kernel_release,
            "byte_order": machine.byte_order,
            "ticks_per_second": machine.ticks_per_second,
            "network_namespace": self._system.namespace,
        }
        readers = tuple(prepared.offer.reader for prepared in self._prepared)
        tables = tuple(dict.fromkeys([*self.query.tables, *(offer.reader.table for offer in self.offers)]))
        return Head(
            *(self.query, machine.captured_at, GENERATOR, shown, tables, readers, self.names),
            repeating=repeating,
            procfs=machine.procfs,
        )

    def _stream(self) -> Iterator[Event]:
        query = self.query
        selectors = Selectors(query.network_namespaces, query.all_network_namespaces, query.namespace_limit)
        gaps = self._find_owners()
        owners = self.owners.owners if self.owners else None
        with self._system.namespaces(selectors, owners) as (systems, missed):
            yield Started(self.head)
            with uncollected():
                for broken in self._host.broken:
                    yield self._noted(Gap("broken_plugin", broken.source, broken.reason, about="plugin"))
                for trouble in (*gaps, *missed):
                    yield self._noted(trouble)
                for gap in unread(query, self.offers):
                    yield self._noted(gap)
                if query.is_for_namespaces:
                    self._entered = [system.namespace for system in systems]
                try:
                    yield from self._read_all(systems)
                except SnapshotError as error:  # found damaged where it was read
                    yield self._noted(Gap("unreadable", "snapshot", str(error), about="snapshot"))
                yield Ended(self._tail())

    def _tail(self) -> Tail:
        names = self._section.resolve() if self._section else None
        ledger = self.ledger
        return Tail(ledger.problems, ledger.completeness, names, self._entered, ledger.unproven)

    def _find_owners(self) -> Sequence[Gap]:
        """Look for the owners of sockets where they are asked for; the gaps that remain."""
        wanted = bool(self.query.owners) or (self._where is not None and "processes" in self._where.fields)
        if not wanted or not any(offer.reader.inode_field for offer in self.offers):
            return ()
        words = self.query.owners
        self.owners = ProcessTable(
            self._system, context=CONTEXTS in words, details=DETAILS in words, arguments=ARGUMENTS in words
        )
        return self.owners.gaps

    def _read_all(self, systems: Sequence[System]) -> Iterator[Event]:
        here = None
        for place, prepared in itinerary(systems, self._prepared, by_place=self._by_place):
            reader = prepared.offer.reader
            self.ledger.namespace = place.namespace if reader.per_namespace else None
            if self._stopped:
                self.ledger.leave_out(reader)
                continue
            if place is not here and self._by_place and self.query.is_for_namespaces:
                yield Entered(place.namespace)
            here = place
            events = self._read(place, prepared)
            for event in self._changes(self._deltas, prepared.offer, place, events) if self._deltas else events:
                if self._section is not None and isinstance(event, Read):
                    self._section.note(event.reader, event.batch)
                yield event

    def _changes(self, deltas: Deltas, offer: Offer, place: Place, events: Iterator[Event]) -> Iterator[Event]:
        """A reader's records as changes since the report before, held against the schema of changes."""
        records: list[Record] = []
        for event in events:
            if isinstance(event, Read):
                records += event.batch.rows()
            else:
                yield event
        changed = offer.reader.change.reader if offer.reader.change else offer.reader
        try:
            changes = deltas.since(offer.reader, records, place.namespace)
            checker = Checker(changed)
            good, violations = ([], []) if changes is None else checker.check(changes, "delta", offer.plugin.label)
        except Exception as error:  # noqa: BLE001 - a stranger's code
            yield self._noted(failure(offer.plugin.label, f"reader {offer.reader.name!r}: change", error), offer.reader)
            return
        for violation in violations:
            yield Noted(changed, self.ledger.reject(violation, changed))
        if changes is not None:
            batch = Batch(good).with_field("kind", value=changed.kind)
            yield Read(changed, batch.with_field("network_namespace", value=place.namespace))

    def _read(self, place: Place, prepared: Prepared) -> Iterator[Event]:
        """One reader's events; a plugin that breaks costs its own records only."""
        reader, plugin = prepared.offer.reader, prepared.offer.plugin.label
        if prepared.broken is not None:
            yield self._noted(prepared.broken, reader)
            return
        try:
            yield from self._read_first(place, prepared)
        except (SnapshotError, KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - a stranger's code
            yield self._noted(failure(plugin, f"reader {reader.name!r}", error), reader)

    def _read_first(self, place: Place, prepared: Prepared) -> Iterator[Event]:
        """One reader's events, from the first feed that can be opened."""
        reader = prepared.offer.reader
        failures: list[tuple[Feed, SourceError]] = []
        for feed, needs in prepared.feeds:
            try:
                contents, gaps = place.sources.open(needs)
                events = self._parsed(place, prepared, feed, contents)
                opening = _to_first(events)
            except SourceError as error:
                failures.append((feed, error))
                continue
            if not place.system.machine.procfs:
                for gap in absent_sockets(needs, contents, reader, place.namespace):
                    self.ledger.doubt(gap)
            yield from (event for event in opening if isinstance(event, Told))
            yield Read(reader, Batch())
            yield from (self._noted(gap, reader) for gap in gaps)
            yield from (event for event in opening if not isinstance(event, Told))
            yield from events
            return
        yield self._noted(absence(failures), reader)

    def _parsed(self, place: Place, prepared: Prepared, feed: Feed, contents: list[Any]) -> Iterator[Event]:
        """What a feed yields, finished; an error before anything came is raised, a later one becomes a gap."""
        reader, plugin = prepared.offer.reader, prepared.offer.plugin.label
        finish = Finish(
            prepared,
            self._checker(reader),
            namespace=place.namespace if reader.per_namespace else None,
            processes=self.owners,
            shown=shown_rule(self._shown, reader, self.query),
            where=self._where,
        )
        has_come = False
        parsed = within_budget(self._budgets, self._host, prepared.offer, feed)(self._about(prepared.asked), contents)
        for piece in gathered(parsed, plugin, f"reader {reader.name!r}"):
            if isinstance(piece, SourceError):
                if not has_come:
                    raise piece
                yield self._noted(Gap("truncated", piece.source, piece.detail, errno=piece.errno), reader)
            elif isinstance(piece, list):
                batch, violations = finish(piece, feed.name)
                yield from (Noted(reader, self.ledger.reject(violation, reader)) for violation in violations)
                yield Read(reader, batch)
            elif isinstance(piece, Trait):
                yield Told(reader, piece)
            else:
                yield self._noted(piece, reader)
            has_come = True

    def _checker(self, reader: Reader) -> Checker:
        if reader.name not in self._checkers:
            self._checkers[reader.name] = Checker(reader, is_live=self._system.machine.live)
        return self._checkers[reader.name]

    def _about(self, asked: Asked) -> About:
        machine = self._system.machine
        return About(asked, machine.byte_order, machine.ticks_per_second, machine.kernel_release or "")

    def _noted(self, trouble: Problem | Gap, reader: Reader | None = None) -> Noted:
        return Noted(reader, self.ledger.note(trouble, reader))


def collect(query: Query, system: System | None = None, host: Host | None = None) -> dict[str, Any]:
    """The whole report as plain data that ``json.dumps`` accepts as it is: records by table, problems, completeness.

    Raises UsageError for a query that cannot be served; what cannot be read is in ``completeness``.
    """
    run = open_report(query, system, host)
    tables: dict[str, list[Record]] = {table: [] for table in run.head.tables}
    ends: dict[str, Any] = {}
    for event in run:
        if isinstance(event, Read):
            tables[event.reader.table] += event.batch.rows()
        elif isinstance(event, Ended):
            ends = event.tail.as_record()
    return {**run.head.as_record(), "tables": tables, **ends}


def open_report(query: Query, system: System | None = None, host: Host | None = None) -> Run:
    """A report of this machine, or of another system, that is read while it is iterated.

    Raises UsageError for a query that cannot be served.
    """
    return Run(query, system or _live(), host or Host())


def names_for(system: System, *, resolve: bool = False, **wanted: bool) -> Names:
    """The names that a report shows: of a snapshot only those it brings, unless others are asked for."""
    return Names(resolving=system.machine.live or resolve, known=system.names, **wanted)


def _live() -> System:
    from netstat_core.system.live import LiveSystem  # noqa: PLC0415 - replays do not need it

    return LiveSystem()


def _where(expression: str | None, offers: list[Offer]) -> Where | None:
    if expression is None:
        return None
    from netstat_core.report.where import Where  # noqa: PLC0415 - its library is loaded for those who filter

    return Where(expression, [offer.reader for offer in offers])


def _changed(reader: Reader) -> list[Reader]:
    return [reader.change.reader] if reader.change else []


def _to_first(events: Iterator[Event]) -> list[Event]:
    """The events up to the first that is no trait: what headings need to know."""
    taken: list[Event] = []
    for event in events:
        taken.append(event)
        if not isinstance(event, Told):
            break
    return taken
