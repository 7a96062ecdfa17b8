"""Run a query as a stream of events, which starts with the head of the report and ends with its tail."""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from netstat_core.errors import FilterFailed, SnapshotError, SourceError
from netstat_core.host.checker import Checker
from netstat_core.host.discovery import Host, Offer
from netstat_core.plugin.asked import About, Asked
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace, Record
from netstat_core.plugin.sinks import Head, Tail
from netstat_core.query import ARGUMENTS, CONTEXTS, DETAILS, Query
from netstat_core.report.deltas import Deltas, select_comparable
from netstat_core.report.itinerary import Place, itinerary
from netstat_core.report.ledger import Ledger, failure_gap, group_absences, lacking_gap, unopened_gap
from netstat_core.report.names import Names, make_names
from netstat_core.report.selection import (
    Demands,
    Prepared,
    default_shown_rule,
    demand_all,
    ignore_preferred_feeds,
    prepare,
    select,
    unread_gaps,
)
from netstat_core.report.stages import BatchFinisher, Rule, batch_records, disable_gc, limit_parser, make_shown_rule
from netstat_core.system import Selectors, System
from netstat_core.version import __version__

if TYPE_CHECKING:
    from netstat_core.host.budget import Budget
    from netstat_core.owners.processes import ProcessTable
    from netstat_core.report.names_section import NamesSection
    from netstat_core.where import Where

GENERATOR = f"netstat-core {__version__}"
"""The name and version of this program, in the head of every report."""


Shown = Callable[[Reader, Query], "Rule | None"]
"""Return the rule for the query's ``show``: which records of a reader to keep, None for all."""


class Started(NamedTuple):
    """The report begins; from here on the query is not refused."""

    head: Head


class Entered(NamedTuple):
    """The following events are of this network namespace, up to the next such event."""

    namespace: NetworkNamespace | None


class TraitRead(NamedTuple):
    """A parser yielded a trait of its source besides the records."""

    reader: Reader
    trait: Trait


class Read(NamedTuple):
    """Records of a reader, in order; the first batch is empty and says that its source was opened."""

    reader: Reader
    batch: Batch


class Noted(NamedTuple):
    """A problem or gap occurred here; the tail holds it too. ``reader`` is None if it is about no single reader."""

    reader: Reader | None
    trouble: Problem | Gap


class Ended(NamedTuple):
    """The report is complete."""

    tail: Tail


Event = Started | Entered | TraitRead | Read | Noted | Ended


class Run:
    """One report, as a stream of events; iterate it once.

    The constructor selects the readers, asks them for their sources and finds the network namespaces; it raises
    UsageError for a query that cannot be served. Iterating does not raise: what cannot be read is noted as a gap.

    ``demands`` returns what the output needs of a reader, ``shown`` the rule for the query's ``show``. ``families``
    orders the readers by address family. With ``by_place`` all readers are read in one network namespace before the
    next is entered, otherwise each table in all. ``names`` and ``deltas`` carry over from the previous report;
    ``repeating`` says that the report is one of several.
    """

    def __init__(  # noqa: PLR0913 - the needs of an output, and what carries over
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
        self.names = names or make_names(system, resolve=query.resolve)
        self._system = system
        self._host = host
        self._by_place = by_place
        self._shown = shown or default_shown_rule
        self._deltas = deltas
        self._checkers: dict[str, Checker] = {}
        self._budgets: dict[str, Budget] = {}
        self._section = _make_section(system) if query.resolve else None
        self._stopped = False
        self._entered: list[NetworkNamespace | None] | None = None
        self.offers = select_comparable(query, deltas, select(query, host, by_table=not by_place, families=families))
        self._where = _compile_where(query, self.offers)
        fields = self._where.fields if self._where else frozenset()
        if not system.machine.procfs:
            demands = ignore_preferred_feeds(demands)
        prepared = (prepare(offer, query, demands, fields) for offer in self.offers)
        self._prepared = sorted((reader for reader in prepared if reader is not None), key=attrgetter("order"))
        self.head = self._make_head(repeating=repeating)
        self._events = self._stream()
        self._started = next(self._events)  # finds the namespaces

    def __iter__(self) -> Iterator[Event]:
        yield self._started
        yield from self._events

    def batches(self) -> Iterator[tuple[Reader, Batch]]:
        """Yield the records only, in batches, each with its reader."""
        return ((event.reader, event.batch) for event in self if isinstance(event, Read) and event.batch)

    def stop(self) -> None:
        """Stop after the reader whose events are being iterated; the tail counts the others as not read."""
        self._stopped = True

    def offer_of(self, reader: Reader) -> Offer:
        """Return the offer of a reader of this report, or of a reader of changes."""
        return next(offer for offer in self.offers if reader in _list_readers(offer.reader))

    @property
    def used_names(self) -> dict[str, dict[str, str]]:
        """All names the report has used, by kind, for a recording."""
        return self._section.used if self._section else self.names.used

    def _make_head(self, *, repeating: bool) -> Head:
        machine = self._system.machine
        shown = {**machine.as_record(), "network_namespace": self._system.namespace}
        readers = tuple(prepared.offer.reader for prepared in self._prepared)
        tables = tuple(dict.fromkeys([*self.query.tables, *(offer.reader.table for offer in self.offers)]))
        known = (self.query, machine.captured_at, GENERATOR, shown, tables, readers, self.names)
        return Head(*known, repeating=repeating, procfs=machine.procfs, page_bytes=machine.page_bytes)

    def _stream(self) -> Iterator[Event]:
        query = self.query
        selectors = Selectors(query.network_namespaces, query.all_network_namespaces, query.namespace_limit)
        gaps = self._find_owners()
        owners = self.owners.owners if self.owners else None
        with self._system.open_namespaces(selectors, owners) as (systems, missed):
            yield Started(self.head)
            with disable_gc():
                for broken in self._host.broken:
                    yield self._note(Gap("broken_plugin", broken.source, broken.reason, about="plugin"))
                for trouble in (*gaps, *missed, *unread_gaps(query, self._host, self.offers)):
                    yield self._note(trouble)
                if query.is_for_namespaces:
                    self._entered = [system.namespace for system in systems]
                try:
                    yield from self._read_all(systems)
                except SnapshotError as error:  # found damaged where it was read
                    yield self._note(Gap("unreadable", "snapshot", str(error), about="snapshot"))
                yield from (self._note(gap) for gap in (self.owners.late_gaps() if self.owners else ()))
                yield Ended(self.make_tail())

    def make_tail(self) -> Tail:
        """Return the end of the report, with the gaps noted so far; of one that ends early too."""
        names = self._section.resolve() if self._section else None
        ledger, has_procfs = self.ledger, self._system.machine.procfs
        missed = ledger.completeness if has_procfs else group_absences(ledger.completeness)
        return Tail(ledger.problems, missed, names, self._entered, ledger.unproven)

    def _find_owners(self) -> Sequence[Gap]:
        """Find the owners of sockets if the query needs them; return the gaps of the search."""
        wanted = bool(self.query.owners) or (self._where is not None and "processes" in self._where.fields)
        if not wanted or not any(offer.reader.inode_field for offer in self.offers):
            return ()
        from netstat_core.owners.processes import ProcessTable  # noqa: PLC0415 - needed for owners only

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
                self.ledger.note_unread(reader)
                continue
            if place is not here and self._by_place and self.query.is_for_namespaces:
                yield Entered(place.namespace)
            here = place
            events = self._read(place, prepared)
            for event in self._compute_changes(self._deltas, prepared.offer, place, events) if self._deltas else events:
                if self._section is not None and isinstance(event, Read):
                    self._section.note(event.reader, event.batch)
                yield event

    def _compute_changes(self, deltas: Deltas, offer: Offer, place: Place, events: Iterator[Event]) -> Iterator[Event]:
        """Replace the records of a reader by their changes since the previous report, checked against their schema."""
        records: list[Record] = []
        for event in events:
            if isinstance(event, Read):
                records += event.batch.rows()
            else:
                yield event
        changed = offer.reader.change.reader if offer.reader.change else offer.reader
        try:
            changes = deltas.compute_changes(offer.reader, records, place.namespace)
            checker = Checker(changed)
            good, violations = ([], []) if changes is None else checker.check(changes, "delta", offer.plugin.label)
            batch = Batch(good).with_field("kind", value=changed.kind)
            batch = batch.with_field("network_namespace", value=place.namespace)
        except Exception as error:  # noqa: BLE001 - plugins may raise anything
            yield self._note(
                failure_gap(offer.plugin.label, f"reader {offer.reader.name!r}: change", error), offer.reader
            )
            return
        for violation in violations:
            yield Noted(changed, self.ledger.reject(violation, changed))
        if changes is not None:
            yield Read(changed, batch)

    def _read(self, place: Place, prepared: Prepared) -> Iterator[Event]:
        """Yield the events of a reader; an exception of its plugin becomes a gap of this reader."""
        reader, plugin = prepared.offer.reader, prepared.offer.plugin.label
        if prepared.broken is not None:
            yield self._note(prepared.broken, reader)
            return
        try:
            yield from self._read_first_feed(place, prepared)
        except (SnapshotError, FilterFailed, KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - plugins may raise anything
            yield self._note(failure_gap(plugin, f"reader {reader.name!r}", error), reader)

    def _read_first_feed(self, place: Place, prepared: Prepared) -> Iterator[Event]:
        """Yield the events of a reader from the first feed that can be opened."""
        reader = prepared.offer.reader
        failures: list[tuple[Feed, SourceError]] = []
        for feed, needs in prepared.feeds:
            try:
                contents, gaps = place.sources.open(needs)
                events = self._parse(place, prepared, feed, contents)
                opening = _take_opening(events)
            except SourceError as error:
                failures.append((feed, error.with_traceback(None)))  # it refers to this frame, which refers to it
                continue
            if not place.system.machine.procfs:
                missing, unproven = place.sources.find_absent_sockets(needs, contents)
                gaps += missing
                self.ledger.note_unproven(unproven, reader)
            asked = filter(prepared.asked.wants, prepared.asked.extra_fields)
            gaps += filter(None, (lacking_gap(field, feed, failures) for field in asked))
            yield from (event for event in opening if isinstance(event, TraitRead))
            yield Read(reader, Batch())
            yield from (self._note(gap, reader) for gap in gaps)
            yield from (event for event in opening if not isinstance(event, TraitRead))
            yield from events
            return
        yield self._note(unopened_gap(failures), reader)

    def _parse(self, place: Place, prepared: Prepared, feed: Feed, contents: list[Any]) -> Iterator[Event]:
        """Parse and finish the records of a feed; raise a SourceError that comes first, note a later one as a gap."""
        reader, plugin = prepared.offer.reader, prepared.offer.plugin.label
        finish = BatchFinisher(
            prepared,
            self._find_checker(reader),
            namespace=place.namespace if reader.per_namespace else None,
            processes=self.owners,
            shown=make_shown_rule(self._shown, reader, self.query),
            where=self._where,
        )
        has_begun = False
        parse = limit_parser(self._budgets, self._host, prepared.offer, feed)
        parsed = parse(self._make_about(prepared.asked), contents)
        for piece in batch_records(parsed, plugin, f"reader {reader.name!r}"):
            if isinstance(piece, SourceError):
                if not has_begun:
                    raise piece
                yield self._note(Gap("truncated", piece.source, piece.detail, errno=piece.errno), reader)
            elif isinstance(piece, Batch):
                batch, violations = finish(piece, feed.name)
                yield from (Noted(reader, self.ledger.reject(violation, reader)) for violation in violations)
                yield Read(reader, batch)
            elif isinstance(piece, Trait):
                yield TraitRead(reader, piece)
            else:
                yield self._note(piece, reader)
            has_begun = True

    def _find_checker(self, reader: Reader) -> Checker:
        if reader.name not in self._checkers:
            self._checkers[reader.name] = Checker(reader, is_live=self._system.machine.live)
        return self._checkers[reader.name]

    def _make_about(self, asked: Asked) -> About:
        machine = self._system.machine
        release = machine.kernel_release or ""
        return About(asked, machine.byte_order, machine.ticks_per_second, release, machine.read_at)

    def _note(self, trouble: Problem | Gap, reader: Reader | None = None) -> Noted:
        return Noted(reader, self.ledger.note(trouble, reader))


def collect(query: Query, system: System | None = None, host: Host | None = None) -> dict[str, Any]:
    """Return a whole report as data for ``json.dumps``: records by table, problems, completeness.

    ``system`` defaults to this machine. Raises UsageError for a query that cannot be served; what cannot be read is
    listed in ``completeness``.
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
    """Return a report that reads ``system``, by default this machine, while it is iterated.

    Raises UsageError for a query that cannot be served.
    """
    return Run(query, system or _live_system(), host or Host())


def _make_section(system: System) -> "NamesSection":
    from netstat_core.report.names_section import NamesSection  # noqa: PLC0415 - needed with resolve only

    return NamesSection(system.names)


def _live_system() -> System:
    from netstat_core.system.live import LiveSystem  # noqa: PLC0415 - replays do not need it

    return LiveSystem()


def _compile_where(query: Query, offers: list[Offer]) -> "Where | None":
    if query.where is None:
        return None
    from netstat_core.where import Where  # noqa: PLC0415 - needed for filters only

    return Where.for_query(query, [offer.reader for offer in offers])


def _list_readers(reader: Reader) -> list[Reader]:
    return [reader, reader.change.reader] if reader.change else [reader]


def _take_opening(events: Iterator[Event]) -> list[Event]:
    """Return the leading traits, which headings depend on, and the event behind them."""
    taken: list[Event] = []
    for event in events:
        taken.append(event)
        if not isinstance(event, TraitRead):
            break
    return taken
