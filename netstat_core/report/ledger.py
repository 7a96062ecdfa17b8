"""What went wrong in a report, as its entries."""

from __future__ import annotations

from typing import Any

from netstat_core.escape import escape
from netstat_core.host.checker import LONGEST_SHOWN
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.plugin.readers import Reader


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
