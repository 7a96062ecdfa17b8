"""Trees of the legacy families, and what pynetstat makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import netstat_legacy_af

from netstat_core import Query, collect
from netstat_core.host.discovery import Host
from netstat_core.system.snapshot import SnapshotSystem

if TYPE_CHECKING:
    from trees import Trees

HERE = Path(__file__).resolve().parent
OLD_KERNELS = HERE / "old_kernels"
GOLDEN = HERE / "records"

FAMILIES = tuple(netstat_legacy_af.TABLES)
TABLES = tuple(dict.fromkeys(table for served in netstat_legacy_af.TABLES.values() for table in served))
CAPTURES = ("captures/legacy-a-6.1", "captures/legacy-a-later-6.1", "captures/legacy-peera-6.1")
BUILT = ("linux-2.0", "linux-2.4", "linux-2.6")


def report(tree: Path) -> dict[str, Any]:
    """Return the whole report of all legacy families of a tree."""
    return collect(Query(tables=TABLES, families=FAMILIES), SnapshotSystem(tree), Host())


def records(tree: Path) -> list[dict[str, Any]]:
    """Return all records of the legacy families of a tree, in the order of the tables."""
    found = (record for table in report(tree)["tables"].values() for record in table)
    return [record for record in found if record["kind"].partition(".")[0] in FAMILIES]


def of_kind(tree: Path, kind: str) -> list[dict[str, Any]]:
    """Return the records of one kind, without what the host adds."""
    added = ("kind", "network_namespace", "processes")
    found = [record for record in records(tree) if record["kind"] == kind]
    return [{name: value for name, value in record.items() if name not in added} for record in found]


def place_of(name: str, trees: Trees) -> Path:
    """Return the tree of a capture, or of a kernel whose files were built."""
    return trees[name] if name in CAPTURES else OLD_KERNELS / name


def golden(name: str) -> list[dict[str, Any]]:
    """Return the records kept for a tree."""
    lines = (GOLDEN / f"{name.rpartition('/')[2]}.ndjson").read_text().splitlines()
    return [json.loads(line) for line in lines]
