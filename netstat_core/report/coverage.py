"""What a report read whole, and what it missed: whoever concludes from absence asks here."""

from __future__ import annotations

from typing import Any, NamedTuple

from netstat_core.owners.processes import SOURCE as OWNERS_SOURCE
from netstat_core.plugin.records import NetworkNamespace, inode_of
from netstat_core.plugin.sinks import Head, Tail
from netstat_core.report.run import SNAPSHOT_SOURCE
from netstat_core.system import NAMESPACE_SOURCE

Entry = dict[str, Any]
"""One of a report's problems or gaps."""


class Coverage(NamedTuple):
    """What was missed in one network namespace.

    ``missed`` are the entries that tell of it. ``partly`` names the readers that were not read whole. ``all_owners``
    and ``all_namespaces`` say whether the owners of all sockets, and all namespaces that were asked for, were seen.
    """

    missed: list[Entry]
    partly: frozenset[str]
    all_owners: bool
    all_namespaces: bool


def coverage(head: Head, tail: Tail, namespace: NetworkNamespace | None, *, is_machine: bool = True) -> Coverage:
    """The coverage of a namespace; with ``is_machine`` what was missed of the others counts too.

    That the kernel has no such thing is nothing missed, where its files are there to tell.
    """
    entries = [
        entry
        for entry in (*tail.completeness, *tail.problems, *tail.unproven)
        if _is_here(entry, namespace, is_machine=is_machine)
    ]
    missed = [entry for entry in entries if not (head.procfs and _is_absence(entry))]
    is_cut_short = any(entry["source"] == SNAPSHOT_SOURCE for entry in missed)
    partly = {str(entry["reader"]) for entry in missed if entry.get("reader")}
    return Coverage(
        missed,
        frozenset(reader.name for reader in head.readers) if is_cut_short else frozenset(partly),
        all_owners=not any(entry["source"] == OWNERS_SOURCE for entry in missed),
        all_namespaces=not any(map(_is_of_namespaces, missed)),
    )


def _is_here(entry: Entry, namespace: NetworkNamespace | None, *, is_machine: bool) -> bool:
    """Whether an entry is of this namespace; one that tells of another which was not read is the machine's."""
    if _is_of_namespaces(entry):
        return is_machine
    place: NetworkNamespace | None = entry["network_namespace"]
    return place is None or inode_of(place) == inode_of(namespace)


def _is_absence(entry: Entry) -> bool:
    """Whether an entry tells that there is nothing to see: the kernel has no such protocol."""
    is_of_kernel = entry["source"] != OWNERS_SOURCE and not _is_of_namespaces(entry)
    return entry["reason"] == "not_in_kernel" and is_of_kernel


def _is_of_namespaces(entry: Entry) -> bool:
    """Whether an entry tells of network namespaces that were not read."""
    return str(entry["source"]).startswith(NAMESPACE_SOURCE)
