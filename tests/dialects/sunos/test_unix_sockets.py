"""UNIX sockets in the SunOS dialect: live ones, and rows that wait for their peers."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import namespaces
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netstat_unix.readers import READERS
from netstat_unix.record import to_kind, to_record

from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.dialects.solaris.unix_sockets import UnixSockets
from netstat_core.plugin import Batch
from netstat_core.plugin.sinks import Head
from netstat_core.query import Query
from netstat_core.report.names import Names

if TYPE_CHECKING:
    from collections.abc import Sequence

ZOO = str(Path(__file__).resolve().parents[2] / "unix/unix_zoo.py")
OURS = [sys.executable, "-m", "netstat_core"]
SUNOS = [*OURS, "--dialect", "solaris", "-f", "unix"]
HEAD = Head(Query(), None, "test", {}, ("sockets",), READERS, Names())
NO_NAME = " " * 15


def make_record(inode: int, peer: int | None = None, path: str | None = None) -> dict[str, Any]:
    """Return the record of a socket whose file has a hundred times its inode."""
    record = to_record(to_kind(0, 0, 1, 3 if peer else 1), 2, inode, (path, None if path is None else False))
    return {**record, "peer_inode": peer, "has_peer": peer is not None, "vnode": path and inode * 100}


def show(batches: Sequence[Sequence[dict[str, Any]]]) -> list[list[str]]:
    """Return the lines that were written after each batch, and after the end."""
    out = io.StringIO()
    form = UnixSockets(SolarisStyle(), HEAD, {}, lambda text: void(out.write(text)))
    written = []
    for batch in batches:
        form.batch(READERS[0], Batch(batch))
        written.append(take(out))
    form.end()
    return [*written, take(out)]


def void(_result: object) -> None:
    """Drop a result."""


def take(out: io.StringIO) -> list[str]:
    """Return the lines that were written, and forget them."""
    lines = out.getvalue().splitlines()
    out.seek(0)
    out.truncate()
    return lines


def test_a_row_waits_for_its_peer_only() -> None:
    """A row is written once its peer was seen; those behind it wait, those before it do not."""
    first = [make_record(1), make_record(2, 5)]
    batches = [first, [make_record(3)], [make_record(4, 99), make_record(5, 2)], [make_record(6)]]
    starts = [[line.split()[0] for line in lines if line] for lines in show(batches)]
    assert starts == [["Active", "Address", "1"], [], ["2", "3"], [], ["4", "5", "6"]]


@given(st.permutations(range(1, 9)), st.lists(st.booleans(), min_size=8, max_size=8), st.integers(1, 8))
@settings(deadline=None)
def test_both_ends_agree(order: list[int], named: list[bool], size: int) -> None:
    """In any order and in batches of any size, a row has its own file and name and those of its peer."""
    paths = {inode: f"/s{inode}" if is_named else None for inode, is_named in enumerate(named, 1)}
    peers = {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 7: 7}
    records = [make_record(inode, peers.get(inode), paths[inode]) for inode in order]
    shown = show([records[start : start + size] for start in range(0, len(records), size)])
    lines = [line for part in shown for line in part][3:]
    assert lines == [expect(inode, peers.get(inode), paths) for inode in order]


def expect(inode: int, peer: int | None, paths: dict[int, str | None]) -> str:
    """Return the row of a socket."""
    own, other = paths[inode], paths[peer] if peer else None
    vnodes = [f"{number * 100:08x}" if name and number else "0" * 8 for number, name in ((inode, own), (peer, other))]
    names = [f"{name} " if name else NO_NAME for name in (own, other)]
    if peer and not own and not other:
        names[1] = " (socketpair)  "
    return f"{inode:x} stream-ord {' '.join(vnodes)} {''.join(names)}"


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Hold sockets of every type and state in a namespace; give it, and the folder of their files."""
    if why := namespaces.reason():
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("unix")
    with namespaces.network_namespace() as made, made.running([sys.executable, ZOO, "tame", str(folder)]):
        yield made, folder


def run(zoo: Any, *command: str) -> bytes:
    """Return what a command prints, which has to succeed without a message."""
    finished = zoo[0].run(list(command))
    assert (finished.returncode, finished.stderr) == (0, b"")
    output: bytes = finished.stdout
    return output


def test_vnodes_are_inodes_of_files(zoo: Any) -> None:
    """The vnode of a row is the inode of the file with its name; Conn is the vnode of what it is connected to."""
    rows = [line.split() for line in run(zoo, *SUNOS).decode().splitlines()[3:]]
    inode = f"{(zoo[1] / 'stream').stat().st_ino & 0xFFFFFFFF:08x}"
    ends = sorted(row[2:] for row in rows if inode in row)
    none = "0" * 8
    assert ends == [[none, inode, "stream"], [inode, none, "stream"], [inode, none, "stream"]]


def test_json_shows_the_rows_of_the_text(zoo: Any) -> None:
    """There is a row for each record, in the same order."""
    rows = run(zoo, *SUNOS).decode().splitlines()[3:]
    records = json.loads(run(zoo, *SUNOS, "--json"))["tables"]["sockets"]
    inodes = [f"{one['inode']:x}" if one["inode"] else "--" for one in records]
    assert inodes == [row.split()[0] for row in rows]


def test_a_replay_is_the_same(zoo: Any, tmp_path: Path) -> None:
    """A capture gives the text of the machine, and so does one that holds the dump without inodes, but for them."""
    live = run(zoo, *SUNOS)
    run(zoo, *OURS, "capture", str(tmp_path / "all"), "-xa")
    assert run(zoo, *SUNOS, "--from", str(tmp_path / "all")) == live
    run(zoo, *OURS, "-xae", "--record", str(tmp_path / "text"))
    replayed = run(zoo, *SUNOS, "--from", str(tmp_path / "text")).decode().splitlines()
    assert [row.split()[0] for row in replayed[3:]] == [row.split()[0] for row in live.decode().splitlines()[3:]]
