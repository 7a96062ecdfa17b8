"""Snapshots made to hurt end in one clear line, and show nothing of the machine that replays them."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import hostile_archives as hostile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pynetstat import show

from netstat_core import Query, SourceError, collect
from netstat_core.errors import SnapshotError
from netstat_core.plugin.sources import File
from netstat_core.system import archive
from netstat_core.system.archive import load
from netstat_core.system.snapshot import SnapshotSystem


@pytest.mark.parametrize("wrong", hostile.REFUSED)
def test_refused_in_one_line(wrong: str, tmp_path: Path) -> None:
    """What is no snapshot, or more than one may be, is refused with its name, without a traceback."""
    path = tmp_path / "snapshot"
    path.write_bytes(hostile.REFUSED[wrong])
    outcome = show(path, "-tan")
    assert (outcome.stdout, outcome.returncode) == (b"", 1)
    assert outcome.stderr.startswith(b"pynetstat: ")
    assert outcome.stderr.count(b"\n") == 1


@pytest.mark.parametrize("form", ["archive", "text"])
def test_bomb_is_not_unpacked(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to more than a replay may hold is given up at the bound."""
    monkeypatch.setattr(archive, "MOST_BYTES", 1 << 16)
    path = tmp_path / "bomb"
    size = 1 << 20
    index = b'[["proc/net/tcp", %d]]\n' % size
    path.write_bytes(hostile.gzip_bomb(size) if form == "archive" else hostile.packed(index + bytes(size)))
    outcome = show(path, "-tan")
    assert outcome.returncode == 1
    assert b"more than a snapshot may hold" in outcome.stderr


@pytest.mark.parametrize("place", ["index", "description"])
def test_lists_are_measured_before_they_are_made(place: str, tmp_path: Path) -> None:
    """Text that unpacks to millions of values is refused by their number."""
    flood = b"[" + b"[]," * 5_000_000 + b"[]]"
    told = b'{"capture":1,"x":' + flood + b"}"
    index = flood + b"\n" if place == "index" else b'[["capture.json", %d]]\n' % len(told) + told
    path = tmp_path / "flood"
    path.write_bytes(hostile.packed(index))
    outcome = show(path, "-tan")
    assert outcome.returncode == 1
    assert (b"too long" if place == "description" else b"list of contents") in outcome.stderr


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.GNUTYPE_SPARSE]
)
def test_members_that_are_no_files(kind: bytes, tmp_path: Path) -> None:
    """Links out of an archive, device files, pipes and files with holes have no content."""
    path = tmp_path / "odd.tar"
    path.write_bytes(hostile.tar(hostile.GOOD, hostile.member("proc/net/udp", kind, "../../../../../etc/passwd")))
    with pytest.raises((SourceError, SnapshotError)):
        SnapshotSystem(path).read(File("/proc/net/udp"))


@pytest.mark.parametrize(
    "plant",
    [
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.symlink_to("/proc/self/environ"),
        os.mkfifo,
        lambda path: path.mkdir(),
        lambda path: path.symlink_to(path.name),
        lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), 1 << 40),
    ],
    ids=["link", "link into proc", "pipe", "folder", "loop", "holes"],
)
def test_folder_with_traps(plant: Callable[[Path], object], tmp_path: Path) -> None:
    """Nothing in a folder makes a replay read outside of it, wait, or fill its memory."""
    (tmp_path / "proc/net").mkdir(parents=True)
    plant(tmp_path / "proc/net/tcp")
    with pytest.raises(SourceError):
        SnapshotSystem(tmp_path).read(File("/proc/net/tcp"))


def test_source_that_is_no_file(tmp_path: Path) -> None:
    """A pipe in the place of the snapshot is refused, not waited for."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SnapshotError, match="regular file"):
        SnapshotSystem(tmp_path / "pipe")


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes(content: bytes) -> None:
    """Any bytes, with or without the mark of packed text, are replayed or refused."""
    import io

    for start in (b"", b"netstat-capture/1:"):
        try:
            load(io.BytesIO(start + content), "bytes")
        except SnapshotError:
            continue


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda one: (
            st.lists(one)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "capture",
                        "asked",
                        "failed",
                        "netlink",
                        "owners",
                        "held",
                        "names",
                        "users",
                        "path",
                        "keep",
                        "body",
                    ]
                ),
                one,
            )
        ),
        max_leaves=12,
    )
)
def test_any_description(about: object) -> None:
    """Whatever a description says, a replay reports or refuses."""
    import json

    from netstat_core.system.stores import MemoryStore

    store = MemoryStore({"/proc/net/tcp": hostile.TCP, "/capture.json": json.dumps(about).encode()})
    try:
        collect(Query(families=("inet",), owners=("processes",)), SnapshotSystem(store))
    except SnapshotError:
        return
