"""SCTP where one of its two files is missing: what the other holds is shown, and completeness tells of the gap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from trees import Trees

from netstat_core import Query, collect
from netstat_core.system.snapshot import SnapshotSystem

ENDPOINTS, ASSOCIATIONS = [9001, 9002, 9003, 9004, 9005], [9101, 9102, 9103]


def report(trees: Trees, tmp_path: Path, missing: tuple[str, ...], show: str = "all") -> dict[str, Any]:
    """Return the report on the SCTP sockets of a snapshot that lacks some files."""
    for name in ("eps", "assocs"):
        if name not in missing:
            path = tmp_path / "proc/net/sctp" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes((trees["examples/sctp"] / "proc/net/sctp" / name).read_bytes())
    (tmp_path / "proc/net").mkdir(parents=True, exist_ok=True)
    query = Query(tables=("sockets",), families=("inet", "inet6"), protocols=("sctp",), show=show)
    return collect(query, SnapshotSystem(str(tmp_path)))


def gaps(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Return why something is missing, and what."""
    return [(entry["reason"], entry["source"].rpartition("/")[2]) for entry in found["completeness"]]


@pytest.mark.parametrize(("missing", "inodes"), [("eps", ASSOCIATIONS), ("assocs", ENDPOINTS)])
def test_one_file_is_enough(missing: str, inodes: list[int], trees: Trees, tmp_path: Path) -> None:
    """Rows of the file that is there are records, and the missing file is a gap."""
    found = report(trees, tmp_path, (missing,))
    assert [one["inode"] for one in found["tables"]["sockets"]] == inodes
    assert ("not_in_kernel", missing) in gaps(found)
    assert {name for _, name in gaps(found)} == {missing}


@pytest.mark.parametrize(("show", "told"), [("listening", {"eps"}), ("connected", {"assocs"})])
def test_only_what_was_asked_for_is_missed(show: str, told: set[str], trees: Trees, tmp_path: Path) -> None:
    """Where both files are missing, each display tells only of the one it needs, as absent from the kernel."""
    found = report(trees, tmp_path, ("eps", "assocs"), show)
    assert (found["tables"]["sockets"], {name for _, name in gaps(found)}) == ([], told)
    assert "not_in_kernel" in {reason for reason, _ in gaps(found)}


def test_without_both_there_is_no_sctp(trees: Trees, tmp_path: Path) -> None:
    """Where both files are missing there are no rows, and the kernel has no SCTP: one gap, not one for each file."""
    found = report(trees, tmp_path, ("eps", "assocs"))
    assert found["tables"]["sockets"] == []
    assert gaps(found) == [("not_in_kernel", "eps")]
