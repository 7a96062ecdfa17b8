"""What a report read completely and what it missed, for callers that draw conclusions from the absence of a record."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace, inode_of
from netstat_core.plugin.sinks import Head, Tail

Entry = dict[str, Any]
"""One entry of a report's ``problems`` or ``completeness``."""


class Coverage(NamedTuple):
    """What was missed in one network namespace.

    ``missed`` holds the entries about it. ``whole`` holds the readers without a problem or gap, ``partly`` the names of
    the other readers. ``all_owners`` is True if the owners of every socket could be seen, ``all_namespaces`` if every
    requested namespace was read.
    """

    missed: list[Entry]
    whole: tuple[Reader, ...]
    partly: frozenset[str]
    all_owners: bool
    all_namespaces: bool


class ReportCoverage:
    """The problems and gaps of a report, indexed by the network namespace they are about."""

    def __init__(self, head: Head, tail: Tail) -> None:
        self._readers = head.readers
        entries = (*tail.completeness, *tail.problems, *tail.unproven)
        missed = [entry for entry in entries if not (head.procfs and _is_absence(entry))]
        self._order = {id(entry): number for number, entry in enumerate(missed)}
        self._of_namespaces = [entry for entry in missed if _subject(entry) == "namespaces"]
        self._by_inode: defaultdict[int | None, list[Entry]] = defaultdict(list)
        for entry in missed:
            if _subject(entry) != "namespaces":
                for place in entry.get("network_namespaces") or [entry["network_namespace"]]:
                    self._by_inode[inode_of(place)].append(entry)

    def of(self, namespace: NetworkNamespace | None, *, is_machine: bool = True) -> Coverage:
        """Return the coverage of a namespace; with ``is_machine``, namespaces that were not read count as missed too.

        ``not_in_kernel`` does not count as missed if /proc is available: then the kernel has nothing to show.
        """
        found = [*self._by_inode[None], *(self._of_namespaces if is_machine else ())]
        if (inode := inode_of(namespace)) is not None:
            found += self._by_inode[inode]
        missed = sorted(found, key=lambda entry: self._order[id(entry)])
        subjects = {_subject(entry) for entry in missed}
        partly = {name for entry in missed for name in readers_of(entry)}
        is_cut = not subjects.isdisjoint(("snapshot", "report"))
        whole = tuple(reader for reader in self._readers if reader.name not in partly and not is_cut)
        return Coverage(
            missed,
            whole,
            frozenset(reader.name for reader in self._readers).difference(reader.name for reader in whole),
            all_owners="owners" not in subjects,
            all_namespaces="namespaces" not in subjects,
        )


def readers_of(entry: Entry) -> list[str | None]:
    """Return the names of the readers that an entry is about."""
    return entry.get("readers") or [entry["reader"]]


def _subject(entry: Entry) -> str:
    """Return the ``about`` of an entry; a problem has none and is about its source."""
    return str(entry.get("about", "source"))


def _is_absence(entry: Entry) -> bool:
    """True if the kernel does not have what the entry is about, such as a protocol."""
    return entry.get("about") in ("source", "table") and entry["reason"] == "not_in_kernel"
