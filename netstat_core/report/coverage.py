"""What a report read whole, and what it missed: whoever concludes from absence asks here."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace, inode_of
from netstat_core.plugin.sinks import Head, Tail

Entry = dict[str, Any]
"""One of a report's problems or gaps."""


class Coverage(NamedTuple):
    """What was missed in one network namespace.

    ``missed`` are the entries that tell of it. ``whole`` are the readers that were read whole, ``partly`` names the
    others. ``all_owners`` and ``all_namespaces`` say whether the owners of all sockets, and all namespaces that were
    asked for, were seen.
    """

    missed: list[Entry]
    whole: tuple[Reader, ...]
    partly: frozenset[str]
    all_owners: bool
    all_namespaces: bool


class ReportCoverage:
    """What a report missed, sorted once by the namespaces in which it did."""

    def __init__(self, head: Head, tail: Tail) -> None:
        self._readers = head.readers
        entries = (*tail.completeness, *tail.problems, *tail.unproven)
        missed = [entry for entry in entries if not (head.procfs and _is_absence(entry))]
        self._order = {id(entry): number for number, entry in enumerate(missed)}
        self._of_namespaces = [entry for entry in missed if _about(entry) == "namespaces"]
        self._by_inode: defaultdict[int | None, list[Entry]] = defaultdict(list)
        for entry in missed:
            if _about(entry) != "namespaces":
                for place in entry.get("network_namespaces") or [entry["network_namespace"]]:
                    self._by_inode[inode_of(place)].append(entry)

    def of(self, namespace: NetworkNamespace | None, *, is_machine: bool = True) -> Coverage:
        """The coverage of a namespace; with ``is_machine`` what was missed of the others counts too.

        That the kernel has no such thing is nothing missed, where its files are there to tell.
        """
        found = [*self._by_inode[None], *(self._of_namespaces if is_machine else ())]
        if (inode := inode_of(namespace)) is not None:
            found += self._by_inode[inode]
        missed = sorted(found, key=lambda entry: self._order[id(entry)])
        subjects = {_about(entry) for entry in missed}
        partly = {entry["reader"] for entry in missed}
        whole = tuple(one for one in self._readers if one.name not in partly and "snapshot" not in subjects)
        return Coverage(
            missed,
            whole,
            frozenset(one.name for one in self._readers).difference(one.name for one in whole),
            all_owners="owners" not in subjects,
            all_namespaces="namespaces" not in subjects,
        )


def _about(entry: Entry) -> str:
    """What an entry is about; a problem is about a source."""
    return str(entry.get("about", "source"))


def _is_absence(entry: Entry) -> bool:
    """Whether an entry tells that there is nothing to see: the kernel has no such protocol."""
    return entry.get("about") in ("source", "table") and entry["reason"] == "not_in_kernel"
