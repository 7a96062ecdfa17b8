"""The pipeline: select readers, read their sources, parse, validate, join and filter, as a stream of batches."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from netstat_core.errors import NotInKernel, SnapshotError, SourceError, UsageError
from netstat_core.host.checker import Checker
from netstat_core.host.discovery import Host, Offer
from netstat_core.owners.processes import ProcessTable
from netstat_core.plugin.asked import About
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Feed, Reader
from netstat_core.plugin.records import NetworkNamespace, Record
from netstat_core.plugin.sinks import Head, Tail
from netstat_core.query import Query
from netstat_core.report.deltas import Changes
from netstat_core.report.itinerary import Entered, Place, itinerary, opened
from netstat_core.report.ledger import gap_entry, problem_entry
from netstat_core.report.names import Names
from netstat_core.report.names_section import NamesSection
from netstat_core.report.source_cache import absent_sockets
from netstat_core.report.stages import MOST_PROBLEMS, Finish, failure, gathered
from netstat_core.system import System
from netstat_core.version import __version__

if TYPE_CHECKING:
    from netstat_core.report.where import Where

GENERATOR = f"netstat-core {__version__}"
"""The program's name and version, as reports give it."""

Event = tuple[Reader | None, "list[Record] | Problem | Gap | Entered"]


class Report:
    """One answer to one query, streaming. Iterate it once; ``problems`` and ``completeness`` are final at its end.

    ``rejected`` counts the records that did not match their schema and were dropped.
    """

    def __init__(  # noqa: PLR0913 - the two flags and the names are the command line's
        self,
        query: Query,
        system: System,
        host: Host,
        *,
        layouts_only: bool = False,
        repeating: bool = False,
        names: Names | None = None,
        changes: Changes | None = None,
    ) -> None:
        self.query = query
        self.problems: list[dict[str, Any]] = []
        self.completeness: list[dict[str, Any]] = []
        self.rejected = 0
        self.processes: ProcessTable | None = None
        known = getattr(system, "names", {})
        self.names = names or Names(query, resolving=system.machine.live or query.resolve, known=known)
        self._system = system
        self._host = host
        self._here = Place(system)
        self._entered: list[NetworkNamespace | None] = []
        self._unproven: list[dict[str, Any]] = []
        self._checkers: dict[str, Checker] = {}
        self._section = NamesSection(query, known) if query.resolve else None
        self._layouts_only = layouts_only
        self._repeating = repeating
        self._changes = changes
        self._stopped = False
        self._offers = select(query, host, by_table=not layouts_only)
        self._where = _where(query.where, self._offers)
        self.head = self._head()

    def __iter__(self) -> Iterator[tuple[Reader, list[Record]]]:
        """Batches of records, each with its reader."""
        for reader, event in self.events():
            if reader is not None and isinstance(event, list) and event:
                yield reader, event

    def events(self) -> Iterator[Event]:
        """Batches, problems and gaps in the order in which they are met.

        Each reader whose source could be opened gives an empty batch first. Where namespaces were asked for, layouts
        are told of each that is entered.
        """
        with _uncollected():
            for broken in self._host.broken:
                yield None, self._noted(Gap("broken_plugin", f"plugin {broken.plugin.name}", broken.reason))
            yield from self._find_owners()
            owners = self.processes.owners if self.processes else None
            with opened(self.query, self._system, owners) as (systems, gaps):
                yield from ((None, self._noted(gap)) for gap in gaps)
                self._entered = [system.namespace for system in systems]
                for place, offer in itinerary(systems, self._offers, by_table=not self._layouts_only):
                    if self._stopped:
                        return
                    yield from self._enter(place)
                    yield from self._offered(offer)

    def _enter(self, place: Place) -> Iterator[Event]:
        if place is not self._here:
            self._here = place
            if self._layouts_only and self.query.is_for_namespaces:
                self.head.traits.clear()
                yield None, Entered(place.namespace)

    def _offered(self, offer: Offer) -> Iterator[Event]:
        for reader, event in self._changed(offer) if self._changes else self._unchanged(offer):
            if self._section is not None and isinstance(event, list):
                self._section.note(reader, event)
            yield reader, event

    def _unchanged(self, offer: Offer) -> Iterator[tuple[Reader, list[Record] | Problem | Gap]]:
        for event in self._read(offer):
            yield offer.reader, event

    def _changed(self, offer: Offer) -> Iterator[tuple[Reader, list[Record] | Problem | Gap]]:
        """A reader's records as changes since the report before, held against the schema of changes."""
        records: list[Record] = []
        for event in self._read(offer):
            if isinstance(event, list):
                records += event
            else:
                yield offer.reader, event
        here = self._here.namespace
        changes = self._changes.since(offer.reader, records, here) if self._changes else None
        if changes is not None and offer.reader.change is not None:
            reader = offer.reader.change.reader
            good, violations = Checker(reader).check(changes, "delta", offer.plugin.name)
            for violation in violations:
                yield reader, self._rejected(violation, reader)
            for record in good:
                record.update(kind=reader.kind, network_namespace=here)
            yield reader, good

    def stop(self) -> None:
        """End with the reader whose events are coming; those behind it are not read."""
        self._stopped = True

    @property
    def told_names(self) -> dict[str, dict[str, str]]:
        """The names that were given out, as a recording needs them."""
        return self._section.told if self._section else self.names.told

    def failed(self, reader: Reader, what: str, error: Exception) -> Problem | Gap:
        """Note that a plugin's code raised while a reader was shown."""
        plugin = next((offer.plugin.name for offer in self._offers if offer.reader.table == reader.table), reader.name)
        return self._noted(failure(plugin, what, error), reader)

    def tail(self) -> Tail:
        """What the end of a rendering needs."""
        entered = self._entered if self.query.is_for_namespaces else None
        names = self._section.resolve() if self._section else None
        return Tail(self.problems, self.completeness, names, entered, self._unproven)

    def _head(self) -> Head:
        machine = self._system.machine
        shown = {
            "hostname": machine.hostname,
            "kernel_release": machine.kernel_release,
            "byte_order": machine.byte_order,
            "ticks_per_second": machine.ticks_per_second,
            "network_namespace": self._system.namespace,
        }
        readers = tuple(offer.reader for offer in self._offers)
        tables = tuple(dict.fromkeys([*self.query.tables, *(reader.table for reader in readers)]))
        return Head(
            *(self.query, machine.captured_at, GENERATOR, shown, tables, readers, self.names, {}),
            repeating=self._repeating,
            procfs=machine.procfs,
        )

    def _find_owners(self) -> Iterator[Event]:
        wanted = self.query.processes or (self._where is not None and "processes" in self._where.fields)
        if wanted and any(offer.reader.inode_field for offer in self._offers):
            self.processes = ProcessTable(self._system, context=self.query.context, details=self.query.who)
            if self.processes.gap is not None:
                yield None, self._noted(self.processes.gap)

    def _read(self, offer: Offer) -> Iterator[list[Record] | Problem | Gap]:
        """One reader's events; one whose declarations cannot be used costs its own records only."""
        try:
            yield from self._read_first(offer)
        except (UsageError, SnapshotError):
            raise
        except Exception as error:  # noqa: BLE001 - a stranger's code
            yield self._noted(failure(offer.plugin.name, f"reader {offer.reader.name}", error), offer.reader)

    def _read_first(self, offer: Offer) -> Iterator[list[Record] | Problem | Gap]:
        """One reader's events, from the first feed that can be opened."""
        reader = offer.reader
        query = self._query_for(reader)
        failures: list[tuple[Feed, SourceError]] = []
        for feed in feeds_in_order(reader, query):
            try:
                sources = list(feed.sources(query))
                contents, gaps = self._here.contents.open(sources)
                batches = self._batches(offer, feed, query, contents)
                first = next(batches, [])
            except SourceError as error:
                failures.append((feed, error))
                continue
            if not self._here.system.machine.procfs:
                self._unproven += map(gap_entry, absent_sockets(sources, contents, reader, self._here.namespace))
            yield []
            yield from (self._noted(gap, reader) for gap in gaps)
            yield first
            yield from batches
            return
        yield self._noted(_absence(failures), reader)

    def _query_for(self, reader: Reader) -> Query:
        layout = reader.layout(self.query)
        needed = self.query.needs.get(reader.kind)
        if self._layouts_only and layout is not None:
            needed = layout.needs(self.query)
        if needed is None:
            return self.query
        return self.query._replace(fields=needed | (self._where.fields if self._where else frozenset()))

    def _batches(
        self, offer: Offer, feed: Feed, query: Query, contents: list[Any]
    ) -> Iterator[list[Record] | Problem | Gap]:
        """What a feed yields, finished; an error before anything came is raised, a later one becomes a gap."""
        finish = Finish(
            offer,
            feed,
            query,
            checker=self._checker(offer.reader),
            namespace=self._here.namespace,
            processes=self.processes,
            where=self._where,
        )
        came = False
        for piece in gathered(feed.parse(self._about(query), *contents), offer.plugin.name):
            if isinstance(piece, SourceError):
                if not came:
                    raise piece
                gap = Gap("truncated", piece.source, piece.detail, errno=piece.errno)
                yield self._noted(gap, offer.reader)
            elif isinstance(piece, list):
                records, violations = finish(piece)
                yield from (self._rejected(reason, offer.reader) for reason in violations)
                yield records
            elif isinstance(piece, Trait):
                self.head.traits.setdefault(offer.reader.name, {})[piece.name] = piece.value
            else:
                yield self._noted(piece, offer.reader)
            came = True

    def _checker(self, reader: Reader) -> Checker:
        if reader.name not in self._checkers:
            self._checkers[reader.name] = Checker(reader, is_live=self._system.machine.live)
        return self._checkers[reader.name]

    def _about(self, query: Query) -> About:
        machine = self._system.machine
        return About(query, machine.byte_order, machine.ticks_per_second, machine.kernel_release or "")

    def _rejected(self, reason: Exception, reader: Reader) -> Problem | Gap:
        self.rejected += 1
        gap = Gap("rejected", reader.name, str(reason))
        return self._noted(gap, reader) if self.rejected <= MOST_PROBLEMS else gap

    def _noted(self, trouble: Problem | Gap, reader: Reader | None = None) -> Problem | Gap:
        if isinstance(trouble, Gap) and reader is not None:
            trouble = trouble.replace(
                table=trouble.table or reader.table,
                reader=trouble.reader or reader.name,
                network_namespace=self._here.namespace,
            )
        if isinstance(trouble, Problem):
            self.problems.append({**problem_entry(trouble, reader), "network_namespace": self._here.namespace})
        else:
            self.completeness.append(gap_entry(trouble))
        return trouble


def open_report(query: Query, system: System | None = None, host: Host | None = None) -> Report:
    """A report that reads its sources while it is iterated. Raises UsageError for a query that names nothing known."""
    return Report(query, system or _live(), host or Host())


def collect(query: Query, system: System | None = None, host: Host | None = None) -> dict[str, Any]:
    """The whole report as plain data that ``json.dumps`` accepts as it is: records by table, problems, completeness.

    Raises UsageError for a query that names nothing known; what cannot be read is in ``completeness``.
    """
    report = open_report(query, system, host)
    tables: dict[str, list[Record]] = {table: [] for table in report.head.tables}
    for reader, records in report:
        tables[reader.table] += records
    return {**report.head.as_record(), "tables": tables, **report.tail().as_record()}


def select(query: Query, host: Host, *, by_table: bool = False) -> list[Offer]:
    """The readers a query asks for, by position; ``by_table`` keeps those of a table together."""
    offers = host.offers(query.tables, query.families)
    chosen = [offer for offer in offers if query.includes(offer.reader.families, offer.reader.protocols)]
    if not chosen or not {*query.tables} <= {offer.reader.table for offer in offers}:
        _refuse_unknown(query, host)
    if query.families_in_order:
        chosen.sort(key=lambda offer: _first(offer.reader.families, query.families))
    if by_table:
        order = [*query.tables, *(offer.reader.table for offer in chosen)]
        chosen.sort(key=lambda offer: order.index(offer.reader.table))
    return chosen


def _where(expression: str | None, offers: list[Offer]) -> Where | None:
    if expression is None:
        return None
    from netstat_core.report.where import Where  # noqa: PLC0415 - its library is loaded for those who filter

    return Where(expression, [offer.reader for offer in offers])


def _first(names: Iterable[str], wanted: tuple[str, ...]) -> int:
    """How far back the first of some names stands among those asked for."""
    return min((wanted.index(name) for name in names if name in wanted), default=0)


def feeds_in_order(reader: Reader, query: Query) -> list[Feed]:
    """A reader's feeds, best first: the preferred source's, then those that lack nothing needed, then as declared.

    Who prefers procfs gets files only, wherever there are any: behind the oldest interface there is nothing to fall
    back on. Netlink is preferred where the kernel has it, and gives way to files where it has not.
    """
    files = [feed for feed in reader.feeds if feed.name == query.source == "procfs"]

    def rank(feed: Feed) -> tuple[bool, bool]:
        lacking = feed.lacks if query.fields is None else feed.lacks & query.fields
        return query.source not in ("auto", feed.name), bool(lacking)

    return sorted(files or reader.feeds, key=rank)


def _refuse_unknown(query: Query, host: Host) -> None:
    readers = [offer.reader for offer in host.offers()]
    known = {
        "table": {reader.table for reader in readers},
        "family": {family for reader in readers for family in reader.families},
        "protocol": {protocol for reader in readers for protocol in reader.protocols},
    }
    for what, asked in (("table", query.tables), ("family", query.families), ("protocol", query.protocols)):
        for name in asked:
            if name not in known[what]:
                raise UsageError(f"unknown {what} {name!r}; known: {', '.join(sorted(known[what]))}")


def _live() -> System:
    from netstat_core.system.live import LiveSystem  # noqa: PLC0415 - replays do not need it

    return LiveSystem()


def _absence(failures: list[tuple[Feed, SourceError]]) -> Gap:
    """One gap for a reader none of whose feeds could be opened; the last feed, the oldest interface, decides why."""
    _, last = failures[-1]
    attempts = tuple(f"{feed.name}: {error}" for feed, error in failures)
    forbidden = next((error for _, error in failures if error.reason == "permission"), None)
    decisive = forbidden if forbidden is not None and isinstance(last, NotInKernel) else last
    return Gap(decisive.reason, decisive.source, decisive.detail, errno=decisive.errno, attempts=attempts)


@contextmanager
def _uncollected() -> Iterator[None]:
    """The cyclic collector off: a run makes no cycles, and hundreds of thousands of records."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
