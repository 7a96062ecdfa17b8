"""The problems and gaps of a report, collected as the entries of its tail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from errno import ENODEV, ENOENT
from typing import Any

from netstat_core.errors import Damaged, NoPermission, NotInKernel, SourceError
from netstat_core.escape import escape
from netstat_core.host.checker import LONGEST_SHOWN
from netstat_core.host.plugins import SOURCE, describe_error
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.outcomes import Attempt, Gap, Problem
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace

MOST_PROBLEMS = 1000
"""Limit of problems listed for one source, and of rejected records listed for one report."""


MOST_LISTED = 10_000
"""Limit of the problems listed for one report, of all its sources and network namespaces."""

_NET = "/proc/net"
_MERGED_FIELDS = tuple(name for name in Gap.__slots__ if name != "network_namespace")


class _Merged:
    """The entries of gaps that are equal but for their network namespaces.

    A namespace that has several equal gaps, which follow each other, is in as many entries.
    """

    __slots__ = ("count", "entries", "last")

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.last: int | None = None
        self.count = 0

    def add(self, place: NetworkNamespace) -> dict[str, Any] | None:
        """Count a gap in a namespace; return the entry to add it to, None if it needs another entry."""
        self.count = self.count + 1 if self.entries and self.last == place["inode"] else 1
        self.last = place["inode"]
        return self.entries[self.count - 1] if self.count <= len(self.entries) else None


class Ledger:
    """The problems and gaps of one report, in the order in which they occurred.

    Equal gaps of several network namespaces are merged into one entry. ``unproven`` holds gaps that matter only to
    callers that draw conclusions from absence. ``rejected`` counts the records dropped because they violate their
    schema. Set ``namespace`` before noting what occurs in another network namespace.
    """

    def __init__(self) -> None:
        self.problems: list[dict[str, Any]] = []
        self.completeness: list[dict[str, Any]] = []
        self.unproven: list[dict[str, Any]] = []
        self.rejected = 0
        self.namespace: NetworkNamespace | None = None
        self._merged: dict[tuple[Any, ...], _Merged] = {}
        self._unlisted: Any = None

    def note(self, trouble: Problem | Gap, reader: Reader | None = None) -> Problem | Gap:
        """Add a problem or gap; return it with the table, reader and namespace filled in if a reader is given."""
        if isinstance(trouble, Problem):
            self._list(trouble, reader)
            return trouble
        if reader is not None:
            trouble = trouble.replace(
                table=trouble.table or reader.table,
                reader=trouble.reader or reader.name,
                network_namespace=self.namespace,
            )
        self._add(trouble, self.completeness)
        return trouble

    def _list(self, problem: Problem, reader: Reader | None) -> None:
        """List a problem; beyond the limit a gap says once for each reader and namespace that more are not listed."""
        if len(self.problems) < MOST_LISTED:
            self.problems.append({**problem_entry(problem, reader), "network_namespace": self.namespace})
        elif self._unlisted != (reader, self.namespace):
            self._unlisted = (reader, self.namespace)
            detail = f"has damaged rows that are not listed, for the report lists {MOST_LISTED} others"
            self.note(Gap("truncated", problem.source, detail), reader)

    def reject(self, violation: Exception, reader: Reader) -> Problem | Gap:
        """Count a dropped record and add a gap for it, up to :data:`MOST_PROBLEMS`."""
        self.rejected += 1
        gap = Gap("rejected", reader.name, str(violation), about="plugin")
        return self.note(gap, reader) if self.rejected <= MOST_PROBLEMS else gap

    def note_unproven(self, gaps: Iterable[Gap], reader: Reader) -> None:
        """Add gaps of a reader that matter only to callers that draw conclusions from absence."""
        for gap in gaps:
            placed = gap.replace(table=reader.table, reader=reader.name, network_namespace=self.namespace)
            self._add(placed, self.unproven)

    def note_unread(self, reader: Reader) -> None:
        """Add to ``unproven`` that the report was stopped before this reader."""
        self.note_unproven([Gap("truncated", reader.name, "the report ended before it", about="table")], reader)

    def _add(self, gap: Gap, entries: list[dict[str, Any]]) -> None:
        """Add an entry, or add the namespace to an equal entry of other namespaces."""
        place = gap.network_namespace
        if place is None:
            entries.append(gap_entry(gap))
            return
        fields = tuple(getattr(gap, name) for name in _MERGED_FIELDS)
        merged = self._merged.setdefault((entries is self.unproven, fields), _Merged())
        known = merged.add(place)
        if known is None:
            entry = gap_entry(gap)
            merged.entries.append(entry)
            entries.append(entry)
            return
        if known["network_namespaces"] is None:
            known |= {"network_namespaces": [known["network_namespace"]], "network_namespace": None}
        known["network_namespaces"].append(place)


def unopened_gap(failures: Sequence[tuple[Feed, SourceError]]) -> Gap:
    """Return the gap of a reader none of whose feeds could be opened.

    The reason is that of the last feed, the oldest interface. If that is absent, the source of another feed that exists
    decides: one without permission, or a damaged one.
    """
    if not failures:
        return Gap("unreadable", "feeds", "none of the reader's feeds serves what was asked for", about="table")
    _, last = failures[-1]
    attempts = dict.fromkeys(  # two feeds of one name differ in a request only
        Attempt(feed.name, error.source, error.reason, error.detail, error.errno) for feed, error in failures
    )
    present = [error for _, error in failures if error.reason in (NoPermission.reason, Damaged.reason)]
    decisive = present[0] if present and isinstance(last, NotInKernel) else last
    return gap_from_error(decisive).replace(about="table", attempts=tuple(attempts))


def lacking_gap(field: str, feed: Feed, failures: Sequence[tuple[Feed, SourceError]]) -> Gap | None:
    """Return the gap for a field that was asked for by name and that the feed in use lacks; None if it has the field.

    ``failures`` are those of the feeds before it. The reason is that of the first one with the field.
    """
    if field not in feed.lacks:
        return None
    for failed, error in failures:
        if field not in failed.lacks:
            return gap_from_error(error).replace(about="field", detail=f"{field}: {error.detail}")
    return Gap("no_reader", feed.name, f"{field}: it cannot be read from there", about="field")


def gap_from_error(error: SourceError) -> Gap:
    """Return the gap for a source that could not be read."""
    return Gap(error.reason, error.source, error.detail, errno=error.errno)


def failure_gap(plugin: str, what: str, error: BaseException) -> Gap:
    """Return the gap for plugin code that raised; ``what`` names the code, such as ``reader 'tcp': parse``."""
    return broken_plugin_gap(plugin, f"{what}: {describe_error(error)}")


def broken_plugin_gap(plugin: str, reason: str) -> Gap:
    """Return the gap for a plugin that violates the contract."""
    return Gap("broken_plugin", SOURCE + plugin, reason, about="plugin")


def problem_entry(problem: Problem, reader: Reader | None) -> dict[str, Any]:
    """Return a problem as an entry of a report's ``problems``."""
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
    """Return a gap as an entry of a report's ``completeness``."""
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
        "tables": None,
        "readers": None,
    }


def group_absences(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries of a report on a machine without /proc, with absent files of one reason in one entry.

    A copy of some files lacks most that readers look for; a list of each would hide what else was missed.
    """
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for number, entry in enumerate(entries):
        alike = ("reason", "network_namespace", "network_namespaces")
        key = tuple(repr(entry[name]) for name in alike) if _is_absence(entry) else (number,)
        groups.setdefault(key, []).append(entry)
    return [group[0] if len(group) == 1 else _merge_absences(group) for group in groups.values()]


def _is_absence(entry: dict[str, Any]) -> bool:
    """Return whether an entry says that a file or /proc does not exist, or that a copy lacks a source."""
    numbers = {entry["errno"], *(attempt["errno"] for attempt in entry["attempts"])}
    is_lacking = entry["reason"] == NotInKernel.reason and numbers == {None} and bool(entry["attempts"])
    return entry["reader"] is not None and (is_lacking or ENOENT in numbers or entry["errno"] == ENODEV)


def _merge_absences(group: Sequence[dict[str, Any]]) -> dict[str, Any]:
    first = group[0]
    sources = list(dict.fromkeys(map(_find_file, group)))
    words = "not in this copy" if first["reason"] == NotInKernel.reason else first["detail"]
    names = ", ".join(source.removeprefix(f"{_NET}/") for source in sources)
    return {
        **first,
        "about": "table" if any(entry["about"] == "table" for entry in group) else first["about"],
        "source": _NET,
        "detail": f"{words}: {names}",
        "table": None,
        "reader": None,
        "count": len(sources),
        "attempts": [],
        "tables": list(dict.fromkeys(entry["table"] for entry in group)),
        "readers": list(dict.fromkeys(entry["reader"] for entry in group)),
    }


def _find_file(entry: dict[str, Any]) -> str:
    """Return the first file that a reader looked for, and the source of the entry if there was none."""
    tried = (str(attempt["source"]) for attempt in entry["attempts"])
    return next((source for source in tried if source.startswith(_NET)), str(entry["source"]))
