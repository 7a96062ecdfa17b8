"""The stages of reading one feed: collect the yield of its parser in batches; check, join and filter each batch."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from netstat_core.errors import PluginError, SchemaViolation, SourceError
from netstat_core.host.checker import Checker
from netstat_core.host.discovery import Host, Offer
from netstat_core.host.plugins import describe_error
from netstat_core.plugin.asked import About
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.feeds import Feed, Parsed
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace, Record
from netstat_core.query import Query
from netstat_core.report.ledger import MOST_PROBLEMS, broken_plugin_gap, failure_gap
from netstat_core.report.selection import Prepared

if TYPE_CHECKING:
    from netstat_core.host.budget import Budget
    from netstat_core.owners.processes import ProcessTable
    from netstat_core.where import Where

BATCH = 512
"""Records in a batch, unless a parser yields longer lists."""

Piece = Batch | Problem | Gap | Trait | SourceError


def batch_records(parsed: Iterable[Parsed], plugin: str, reader: str) -> Iterator[Piece]:
    """Yield what a parser yields in order, with its records in batches; a SourceError that ended it comes last.

    Any other exception ends the records and becomes a gap. Problems beyond :data:`MOST_PROBLEMS` are counted in one
    gap, since an attacker who can write the input could otherwise fill the report with them.
    """
    records: list[Record] = []
    for item in _limit_problems(_catch_failures(parsed, plugin, reader)):
        if isinstance(item, dict):
            records.append(item)
            if len(records) < BATCH:
                continue
        if records:
            yield Batch(records)
            records = []
        if isinstance(item, list):
            yield Batch(item)
        elif not isinstance(item, dict):
            yield (
                item
                if isinstance(item, _PIECES)
                else broken_plugin_gap(plugin, f"{reader}: parse: gave {type(item).__name__}")
            )
    if records:
        yield Batch(records)


_MOST_DAMAGED_ROWS = 100_000
"""Number of problems at which the rest of a source is skipped."""


def _limit_problems(items: Iterable[Parsed | SourceError]) -> Iterator[Parsed | SourceError]:
    problems = 0
    for item in items:
        if isinstance(item, Problem):
            problems += 1
            last = item
            if problems > MOST_PROBLEMS:
                if problems >= _MOST_DAMAGED_ROWS:
                    yield Gap("truncated", item.source, f"{problems} rows were damaged, and the rest was not read")
                    return
                continue
        yield item
    if problems > MOST_PROBLEMS:
        yield Gap("truncated", last.source, f"{problems} rows were damaged, and {MOST_PROBLEMS} of them are listed")


_PIECES = (Batch, Problem, Gap, Trait, SourceError)


def _catch_failures(parsed: Iterable[Parsed], plugin: str, reader: str) -> Iterator[Parsed | SourceError]:
    try:
        yield from parsed
    except SourceError as error:
        yield error
    except Exception as error:  # noqa: BLE001 - plugins may raise anything; the records before it count
        yield failure_gap(plugin, f"{reader}: parse", error)


Rule = Callable[[Record], bool]
"""True if a record is shown."""


def limit_parser(
    budgets: dict[str, Budget], host: Host, offer: Offer, feed: Feed
) -> Callable[[About, Sequence[Any]], Iterable[Parsed]]:
    """Return the parser of a feed, limited to the budget of its reader if a plugin brought it.

    ``budgets`` holds the budgets of a report by reader and is extended here.
    """
    if offer.plugin.is_own:
        return feed.parsed
    from netstat_core.host.budget import Budget  # noqa: PLC0415 - needed for plugins only

    budget = budgets.setdefault(offer.reader.name, Budget(offer, host.limits, host.watch))
    return lambda about, contents: budget.run_parser(feed, about, contents)


def make_shown_rule(shown: Callable[[Reader, Query], Rule | None], reader: Reader, query: Query) -> Rule | None:
    """Return the rule that says which records of a reader are shown. Raises PluginError if ``shown`` raises."""
    try:
        return shown(reader, query)
    except Exception as error:
        raise PluginError(f"layout: shown: {describe_error(error)}") from error


class BatchFinisher:
    """Finishes the batches of one reader: checks records, adds the host's fields, and drops what is not to be shown."""

    def __init__(  # noqa: PLR0913 - the stages of a pipeline
        self,
        prepared: Prepared,
        checker: Checker,
        *,
        namespace: NetworkNamespace | None,
        processes: ProcessTable | None,
        shown: Rule | None,
        where: Where | None,
    ) -> None:
        reader, asked = prepared.offer.reader, prepared.asked
        self._plugin = prepared.offer.plugin.label
        self._check = checker.check_batch
        self._kind = reader.kind
        self._namespace = namespace
        self._has_host_fields = asked.wants("network_namespace") or where is not None
        self._inode_field = reader.inode_field
        self._processes = processes
        if processes is not None:
            processes.begin_reader()
        self._has_owners = reader.inode_field is not None and (processes is not None or asked.wants("processes"))
        self._shown = shown
        self._matches = where.rule_of(reader) if where else None

    def __call__(self, records: Batch, feed: str) -> tuple[Batch, list[SchemaViolation]]:
        """Return the records to show, and the violations for which others were dropped."""
        batch, violations = self._check(records, feed, self._plugin)
        if self._has_host_fields:
            batch = batch.with_field("kind", value=self._kind)
            batch = batch.with_field("network_namespace", value=self._namespace)
        if self._has_owners and self._inode_field is not None:
            batch = self._join_owners(batch, self._inode_field)
        try:
            batch = batch.matching(self._shown) if self._shown else batch
        except Exception as error:
            raise PluginError(f"listening, or layout: shown: {describe_error(error)}") from error
        return batch.matching(self._matches) if self._matches else batch, violations

    def _join_owners(self, batch: Batch, inode_field: str) -> Batch:
        """Add the owners of each socket as ``processes``; null if the report does not look for them."""
        if self._processes is None or not batch:
            return batch.with_field("processes", value=None)
        return batch.with_field("processes", values=self._processes.find_holders(batch.column(inode_field)))


@contextmanager
def disable_gc() -> Iterator[None]:
    """Switch off cyclic garbage collection: a run makes no cycles, but hundreds of thousands of records to scan."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
