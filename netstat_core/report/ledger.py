"""What went wrong in a report, as the entries that its end tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from netstat_core.errors import NotInKernel, SourceError
from netstat_core.escape import escape
from netstat_core.host.checker import LONGEST_SHOWN
from netstat_core.host.plugins import SOURCE, described
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.outcomes import Attempt, Gap, Problem
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace

MOST_PROBLEMS = 1000
"""Problems of one source, and rejected records of a report, that are told one by one."""


_TOLD = tuple(name for name in Gap.__slots__ if name != "network_namespace")
_Place = tuple[tuple[Any, ...], int | None]
"""What a gap tells, and a number: that of a namespace, or which of several equal gaps of one namespace it is."""


class Ledger:
    """The problems and gaps of one report, in the order in which they were met.

    A gap that is the same in many namespaces is one entry with all of them.
    ``unproven`` are gaps that only those need to know of who conclude from absence; ``rejected`` counts the records
    that did not match their schema and were dropped. ``namespace`` is where what comes next is met.
    """

    def __init__(self) -> None:
        self.problems: list[dict[str, Any]] = []
        self.completeness: list[dict[str, Any]] = []
        self.unproven: list[dict[str, Any]] = []
        self.rejected = 0
        self.namespace: NetworkNamespace | None = None
        self._times: Counter[_Place] = Counter()
        self._entries: dict[_Place, dict[str, Any]] = {}

    def note(self, trouble: Problem | Gap, reader: Reader | None = None) -> Problem | Gap:
        """Keep a problem or gap, of a reader's where it is about one; gives it back with all that is known of it."""
        if isinstance(trouble, Problem):
            self.problems.append({**problem_entry(trouble, reader), "network_namespace": self.namespace})
            return trouble
        if reader is not None:
            trouble = trouble.replace(
                table=trouble.table or reader.table,
                reader=trouble.reader or reader.name,
                network_namespace=self.namespace,
            )
        self._keep(trouble)
        return trouble

    def reject(self, violation: Exception, reader: Reader) -> Problem | Gap:
        """Keep why a record was dropped, unless there are too many of them."""
        self.rejected += 1
        gap = Gap("rejected", reader.name, str(violation), about="plugin")
        return self.note(gap, reader) if self.rejected <= MOST_PROBLEMS else gap

    def doubt(self, gap: Gap) -> None:
        """Keep a gap that is none to those who only look."""
        self.unproven.append(gap_entry(gap))

    def leave_out(self, reader: Reader) -> None:
        """Keep that a reader was not read, since the report ended before it."""
        gap = Gap("truncated", reader.name, "the report ended before it", about="table")
        self.doubt(gap.replace(table=reader.table, reader=reader.name, network_namespace=self.namespace))

    def _keep(self, gap: Gap) -> None:
        """An entry of its own, or another namespace for the one that tells the same of others."""
        place = gap.network_namespace
        if place is None:
            self.completeness.append(gap_entry(gap))
            return
        told = tuple(getattr(gap, name) for name in _TOLD)
        self._times[told, place["inode"]] += 1
        key = told, self._times[told, place["inode"]]
        known = self._entries.get(key)
        if known is None:
            self._entries[key] = entry = gap_entry(gap)
            self.completeness.append(entry)
            return
        if known["network_namespaces"] is None:
            known |= {"network_namespaces": [known["network_namespace"]], "network_namespace": None}
        known["network_namespaces"].append(place)


def absence(failures: Sequence[tuple[Feed, SourceError]]) -> Gap:
    """One gap for a reader none of whose feeds could be opened; the last feed, the oldest interface, decides why."""
    if not failures:
        return Gap("unreadable", "feeds", "none of the reader's feeds serves what was asked for", about="table")
    _, last = failures[-1]
    attempts = tuple(
        Attempt(feed.name, error.source, error.reason, error.detail, error.errno) for feed, error in failures
    )
    forbidden = next((error for _, error in failures if error.reason == "permission"), None)
    decisive = forbidden if forbidden is not None and isinstance(last, NotInKernel) else last
    return gap_of(decisive).replace(about="table", attempts=attempts)


def gap_of(error: SourceError) -> Gap:
    """The gap that a source leaves that could not be read."""
    return Gap(error.reason, error.source, error.detail, errno=error.errno)


def failure(plugin: str, what: str, error: BaseException) -> Gap:
    """What a plugin's code that raised costs: the records it would have given."""
    return broken(plugin, f"{what}: {described(error)}")


def broken(plugin: str, reason: str) -> Gap:
    """The gap that a plugin leaves that does not keep the contract."""
    return Gap("broken_plugin", SOURCE + plugin, reason, about="plugin")


def problem_entry(problem: Problem, reader: Reader | None) -> dict[str, Any]:
    """A problem as an entry of a report's ``problems``."""
    return {
        "source": problem.source,
        "line": problem.line,
        "text": escape(problem.raw[:LONGEST_SHOWN]),
        "code": problem.code,
        "field": problem.field,
        "reason": problem.reason,
        "table": reader.table if reader else None,
        "reader": reader.name if reader else None,
    }


def gap_entry(gap: Gap) -> dict[str, Any]:
    """A gap as an entry of a report's ``completeness``."""
    return {
        "reason": gap.reason,
        "about": gap.about,
        "source": gap.source,
        "selector": gap.selector,
        "detail": gap.detail,
        "errno": gap.errno or None,
        "table": gap.table,
        "reader": gap.reader,
        "count": gap.count,
        "attempts": [{**attempt._asdict(), "errno": attempt.errno or None} for attempt in gap.attempts],
        "network_namespace": gap.network_namespace,
        "network_namespaces": None,
    }
