"""One feed of one reader: what its parser yields, gathered to batches; and each batch checked, joined and filtered."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from netstat_core.errors import PluginError, SchemaViolation, SourceError
from netstat_core.host.checker import Checker
from netstat_core.host.discovery import Host, Offer
from netstat_core.host.plugins import described
from netstat_core.owners.processes import ProcessTable
from netstat_core.plugin.asked import About
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.feeds import Feed, Parsed
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace, Record
from netstat_core.query import Query
from netstat_core.report.ledger import MOST_PROBLEMS, broken, failure
from netstat_core.report.selection import Prepared

if TYPE_CHECKING:
    from netstat_core.host.budget import Budget
    from netstat_core.report.where import Where

BATCH = 512
"""Records that travel together, unless a parser makes more at once."""

Piece = list[Record] | Problem | Gap | Trait | SourceError


def gathered(parsed: Iterable[Parsed], plugin: str, reader: str) -> Iterator[Piece]:
    """A parser's yield in order, its records in lists; last a SourceError, if one ended it.

    A parser that breaks costs only what would have followed, and becomes a gap; so do more problems than anybody reads,
    for whoever may write what is read could make a report of nothing else.
    """
    run: list[Record] = []
    for item in _few_problems(_guarded(parsed, plugin, reader)):
        if isinstance(item, dict):
            run.append(item)
            if len(run) < BATCH:
                continue
        if run:
            yield run
            run = []
        if not isinstance(item, dict):
            yield item if isinstance(item, _PIECES) else broken(plugin, f"{reader}: parse: gave {type(item).__name__}")
    if run:
        yield run


_MOST_ROWS_LOST = 100_000
"""Problems after which the rest of a source is not read."""


def _few_problems(items: Iterable[Parsed | SourceError]) -> Iterator[Parsed | SourceError]:
    problems = 0
    for item in items:
        if isinstance(item, Problem):
            problems += 1
            last = item
            if problems > MOST_PROBLEMS:
                if problems >= _MOST_ROWS_LOST:
                    yield Gap("truncated", item.source, f"{problems} rows were damaged, and the rest was not read")
                    return
                continue
        yield item
    if problems > MOST_PROBLEMS:
        yield Gap("truncated", last.source, f"{problems} rows were damaged, and {MOST_PROBLEMS} of them are told")


_PIECES = (list, Problem, Gap, Trait, SourceError)


def _guarded(parsed: Iterable[Parsed], plugin: str, reader: str) -> Iterator[Parsed | SourceError]:
    try:
        yield from parsed
    except SourceError as error:
        yield error
    except Exception as error:  # noqa: BLE001 - the records before it count, whatever it is
        yield failure(plugin, f"{reader}: parse", error)


Rule = Callable[[Record], bool]
"""Whether a record is shown."""


def within_budget(
    budgets: dict[str, Budget], host: Host, offer: Offer, feed: Feed
) -> Callable[[About, Sequence[Any]], Iterable[Parsed]]:
    """A feed's parser, held to the budget of its reader where others brought it; ``budgets`` are those of a report."""
    if offer.plugin.is_own:
        return feed.parsed
    from netstat_core.host.budget import Budget  # noqa: PLC0415 - where there are plugins of others

    budget = budgets.setdefault(offer.reader.name, Budget(offer, host.limits, host.watch))
    return lambda about, contents: budget.parsed(feed, about, contents)


def shown_rule(shown: Callable[[Reader, Query], Rule | None], reader: Reader, query: Query) -> Rule | None:
    """The rule that says which records of a reader are shown; raises PluginError where there cannot be one."""
    try:
        return shown(reader, query)
    except Exception as error:
        raise PluginError(f"layout: shown: {described(error)}") from error


class Finish:
    """What happens to each batch of one reader: check, fill in what the host knows, hide what is not to be shown."""

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
        self._check = checker.check
        self._kind = reader.kind
        self._namespace = namespace
        self._is_filled = asked.wants("network_namespace") or where is not None
        self._inode_field = reader.inode_field
        self._processes = processes
        self._is_joined = reader.inode_field is not None and (processes is not None or asked.wants("processes"))
        rules = (shown, where.predicate(reader) if where else None)
        self._rules = [rule for rule in rules if rule]

    def __call__(self, records: list[Record], feed: str) -> tuple[Batch, list[SchemaViolation]]:
        """The records to show, and why others were dropped."""
        good, violations = self._check(records, feed, self._plugin)
        batch = Batch(good)
        if self._is_filled:
            batch = batch.with_field("kind", value=self._kind)
            batch = batch.with_field("network_namespace", value=self._namespace)
        if self._is_joined and self._inode_field is not None:
            batch = self._joined(batch, self._inode_field)
        try:
            for rule in self._rules:
                batch = batch.matching(rule)
        except Exception as error:
            raise PluginError(f"listening, or layout: shown: {described(error)}") from error
        return batch, violations

    def _joined(self, batch: Batch, inode_field: str) -> Batch:
        """The records with their owners; null where nobody looked for them."""
        if self._processes is None or not batch:
            return batch.with_field("processes", value=None)
        return batch.with_field("processes", values=self._processes.holders(batch.column(inode_field)))


@contextmanager
def uncollected() -> Iterator[None]:
    """The cyclic collector off: a run makes no cycles, and hundreds of thousands of records."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
