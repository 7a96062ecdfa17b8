"""One feed of one reader: what its parser yields, gathered to batches; and each batch checked, joined and filtered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from netstat_core.errors import SchemaViolation, SourceError
from netstat_core.escape import escape
from netstat_core.host.checker import Checker
from netstat_core.host.discovery import Offer
from netstat_core.owners.processes import ProcessTable
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Feed, Parsed
from netstat_core.plugin.records import NetworkNamespace, Record
from netstat_core.query import Query

if TYPE_CHECKING:
    from netstat_core.report.where import Where

BATCH = 512
"""Records that travel together, unless a parser makes more at once."""

_LONGEST_REASON = 200


Piece = list[Record] | Problem | Gap | Trait | SourceError


def gathered(parsed: Iterable[Parsed], plugin: str) -> Iterator[Piece]:
    """A parser's yield in order, its records in lists; last a SourceError, if one ended it.

    A parser that breaks costs only what would have followed, and becomes a gap; so do more problems than anybody reads,
    for whoever may write what is read could make a report of nothing else.
    """
    run: list[Record] = []
    for item in _few_problems(_guarded(parsed, plugin)):
        if isinstance(item, dict):
            run.append(item)
            if len(run) < BATCH:
                continue
        if run:
            yield run
            run = []
        if not isinstance(item, dict):
            yield item if isinstance(item, _PIECES) else _broken(plugin, f"a parser yielded {type(item).__name__}")
    if run:
        yield run


MOST_PROBLEMS = 1000
"""Problems of one source that are told one by one."""

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


def _guarded(parsed: Iterable[Parsed], plugin: str) -> Iterator[Parsed | SourceError]:
    try:
        yield from parsed
    except SourceError as error:
        yield error
    except Exception as error:  # noqa: BLE001 - the records before it count, whatever it is
        yield failure(plugin, "its parser", error)


def failure(plugin: str, what: str, error: Exception) -> Gap:
    """What a plugin's code that raised costs: the records it would have given."""
    reason = escape(str(error).encode("utf-8", "backslashreplace")[:_LONGEST_REASON])
    return _broken(plugin, f"{what} failed: {type(error).__name__}: {reason}")


def _broken(plugin: str, reason: str) -> Gap:
    return Gap("broken_plugin", f"plugin {plugin}", reason)


class Finish:
    """What happens to each batch: check, fill in what the host knows, hide what is not to be shown."""

    def __init__(  # noqa: PLR0913 - the stages of a pipeline
        self,
        offer: Offer,
        feed: Feed,
        query: Query,
        *,
        checker: Checker,
        namespace: NetworkNamespace | None,
        processes: ProcessTable | None,
        where: Where | None,
    ) -> None:
        reader = offer.reader
        layout = reader.layout(query)
        self._origin = (feed.name, offer.plugin.name)
        self._check = checker.check
        self._fill = _filler(reader.kind, namespace) if query.wants("network_namespace") or where else None
        self._join = _joiner(reader.inode_field, processes, needed=query.wants("processes"))
        self._filters = [
            keeps
            for keeps in (layout.shown(query) if layout else None, where.predicate(reader) if where else None)
            if keeps
        ]

    def __call__(self, records: list[Record]) -> tuple[list[Record], list[SchemaViolation]]:
        """The records to show, and why others were dropped."""
        good, violations = self._check(records, *self._origin)
        if self._fill is not None:
            self._fill(good)
        if self._join is not None:
            self._join(good)
        for keeps in self._filters:
            good = [record for record in good if keeps(record)]
        return good, violations


Change = Callable[[list[Record]], None]


def _filler(kind: str, namespace: NetworkNamespace | None) -> Change:
    def fill(records: list[Record]) -> None:
        for record in records:
            record["kind"] = kind
            record["network_namespace"] = namespace

    return fill


def _joiner(inode_field: str | None, processes: ProcessTable | None, *, needed: bool) -> Change | None:
    if inode_field is None:
        return None
    if processes is not None:
        return lambda records: processes.join(records, inode_field)
    if not needed:
        return None

    def join(records: list[Record]) -> None:
        for record in records:
            record["processes"] = None

    return join
