"""What went wrong in a report, as the entries that its end tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netstat_core.errors import NotInKernel, SourceError
from netstat_core.escape import escape
from netstat_core.host.checker import LONGEST_SHOWN
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace

MOST_PROBLEMS = 1000
"""Problems of one source, and rejected records of a report, that are told one by one."""


class Ledger:
    """The problems and gaps of one report, in the order in which they were met.

    ``unproven`` are gaps that only those need to know of who conclude from absence; ``rejected`` counts the records
    that did not match their schema and were dropped. ``namespace`` is where what comes next is met.
    """

    def __init__(self) -> None:
        self.problems: list[dict[str, Any]] = []
        self.completeness: list[dict[str, Any]] = []
        self.unproven: list[dict[str, Any]] = []
        self.rejected = 0
        self.namespace: NetworkNamespace | None = None

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
        self.completeness.append(gap_entry(trouble))
        return trouble

    def reject(self, violation: Exception, reader: Reader) -> Problem | Gap:
        """Keep why a record was dropped, unless there are too many of them."""
        self.rejected += 1
        gap = Gap("rejected", reader.name, str(violation))
        return self.note(gap, reader) if self.rejected <= MOST_PROBLEMS else gap

    def doubt(self, gap: Gap) -> None:
        """Keep a gap that is none to those who only look."""
        self.unproven.append(gap_entry(gap))


def absence(failures: Sequence[tuple[Feed, SourceError]]) -> Gap:
    """One gap for a reader none of whose feeds could be opened; the last feed, the oldest interface, decides why."""
    if not failures:
        return Gap("unreadable", "feeds", "none of the reader's feeds serves what was asked for")
    _, last = failures[-1]
    attempts = tuple(f"{feed.name}: {error}" for feed, error in failures)
    forbidden = next((error for _, error in failures if error.reason == "permission"), None)
    decisive = forbidden if forbidden is not None and isinstance(last, NotInKernel) else last
    return gap_of(decisive).replace(attempts=attempts)


def gap_of(error: SourceError) -> Gap:
    """The gap that a source leaves that could not be read."""
    return Gap(error.reason, error.source, error.detail, errno=error.errno)


def failure(plugin: str, what: str, error: Exception) -> Gap:
    """What a plugin's code that raised costs: the records it would have given."""
    reason = escape(str(error).encode("utf-8", "backslashreplace")[:LONGEST_SHOWN])
    return broken(plugin, f"{what} failed: {type(error).__name__}: {reason}")


def broken(plugin: str, reason: str) -> Gap:
    """The gap that a plugin leaves that does not keep the contract."""
    return Gap("broken_plugin", f"plugin {plugin}", reason)


def problem_entry(problem: Problem, reader: Reader | None) -> dict[str, Any]:
    """A problem as an entry of a report's ``problems``."""
    return {
        "source": problem.source,
        "line": problem.line,
        "text": escape(problem.raw[:LONGEST_SHOWN]),
        "reason": problem.reason,
        "table": reader.table if reader else None,
        "reader": reader.name if reader else None,
    }


def gap_entry(gap: Gap) -> dict[str, Any]:
    """A gap as an entry of a report's ``completeness``."""
    return {
        "reason": gap.reason,
        "source": gap.source,
        "detail": gap.detail,
        "table": gap.table,
        "reader": gap.reader,
        "count": gap.count,
        "attempts": list(gap.attempts),
        "network_namespace": gap.network_namespace,
    }
