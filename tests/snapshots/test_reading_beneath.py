"""A folder is read beneath its root only, whatever leads out of it and whoever changes it meanwhile."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import copies
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from neighbours import exchanging, grounds, hand_over, moments, needs_root

from netstat_core import Query, collect
from netstat_core.errors import SnapshotError
from netstat_core.plugin.sources import Directory
from netstat_core.system import beneath, capture
from netstat_core.system.beneath import Folder
from netstat_core.system.snapshot import SnapshotSystem
from netstat_core.system.stores import FolderStore

SECRET = b"root:$6$secret:20000:0:99999:7:::\n"
WAYS = ("by the kernel", "name by name")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Open with openat2, and as on a kernel that lacks or forbids it."""
    walk_only(request.param, monkeypatch)
    return str(request.param)


def walk_only(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take openat2 away for the second way."""
    if way == WAYS[1]:
        monkeypatch.setattr(beneath, "_load_openat2", lambda: lambda *_: -1)


def outcome(call: Callable[[], object]) -> object:
    """Return what a call returns, or the number of its error."""
    try:
        return call()
    except OSError as error:
        return error.errno


NAMES = st.sampled_from(["a", "b", "c", "d/a", "d/b", "d/e/a", "d/e/b"])
INSIDE = ["a", "b", "d/a", "./d//a", "../a", "../d/e/a", "d", "d/e/..", "e/../..", ".", "", "ROOT/a", "ROOT/d/", "ROOT"]
OUTSIDE = [
    *(
        "..",
        "../secret",
        "../../secret",
        "/",
        "SECRET",
        "/proc/self/root",
        "/proc/self/cwd",
        "/dev/zero",
        "/etc/passwd",
    ),
    *("ROOT/../secret", "ROOT-2/secret", "d/../../secret", "/proc/self/fd/0", "../root/../secret"),
]
TARGETS = st.sampled_from([*INSIDE, *OUTSIDE])
PATHS = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "..", ".", "", "secret"]), max_size=6).map("/".join)


def plant(root: Path, links: dict[str, str]) -> None:
    """Make a folder with files, links, and a secret beside it."""
    (root / "d/e").mkdir(parents=True)
    (root.parent / "secret").write_bytes(SECRET)
    for name in ("a", "d/b", "d/e/a"):
        (root / name).write_bytes(name.encode())
    for name, target in links.items():
        if not os.path.lexists(root / name):
            filled = target.replace("ROOT", str(root)).replace("SECRET", str(root.parent / "secret"))
            (root / name).symlink_to(filled or ".")


@pytest.mark.parametrize("how", WAYS)
@settings(deadline=None)
@given(st.dictionaries(NAMES, TARGETS), PATHS)
@example({"b": "/proc/self/root", "c": "b/etc/passwd"}, "c")
@example({"b": "c", "c": "b"}, "b")
@example({"b": "d/a", "d/a": "e/b", "d/e/b": "../../../secret"}, "b")
def test_only_what_is_inside_is_answered(how: str, links: dict[str, str], path: str) -> None:
    """For all links and paths, what is read lies inside, and a path all of whose links stay inside is read."""
    with pytest.MonkeyPatch.context() as patch, grounds() as own:
        walk_only(how, patch)
        root = own / "root"
        plant(root, links)
        folder, real = Folder(str(root)), os.path.realpath(f"{root}/{path}")
        found = outcome(lambda: folder.read(path, 100))
        if isinstance(found, bytes):
            assert Path(real).is_relative_to(root)
            assert found == Path(real).read_bytes()
        elif ".." not in path and not set(links.values()).intersection(OUTSIDE) and os.path.isfile(f"{root}/{path}"):
            assert not Path(real).is_relative_to(root)
        names = outcome(lambda: folder.list_names(path))
        if isinstance(names, list):
            assert Path(real).is_relative_to(root)
            assert set(names) == set(os.listdir(real))
        assert folder.is_file(path) == isinstance(found, bytes)
        assert folder.is_folder(path) == isinstance(names, list)


@settings(deadline=None)
@given(st.dictionaries(NAMES, TARGETS), PATHS)
def test_both_ways_agree(links: dict[str, str], path: str) -> None:
    """Whether the kernel finds a path or its names are followed one by one, the answer and the error are the same."""
    with pytest.MonkeyPatch.context() as patch, grounds() as own:
        plant(own / "root", links)
        folder = Folder(str(own / "root"))
        by_kernel = outcome(lambda: folder.read(path, 100))
        walk_only(WAYS[1], patch)
        assert outcome(lambda: folder.read(path, 100)) == by_kernel


@pytest.mark.usefixtures("way")
def test_loops_end(tmp_path: Path) -> None:
    """Links that lead to each other, or to ever more links, end in an error."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "self").symlink_to("self/self/self")
    folder = Folder(str(tmp_path))
    for path in ("a", "b", "self", "self/x"):
        assert outcome(lambda path=path: folder.read(path, 100)) == errno.ELOOP


def ask_everything(folder: Folder) -> None:
    """Ask a folder for what it holds, what it lacks, and what leads out of it."""
    for path in ("a", "b", "c", "d", "d/a", "d/e/b", "d/e/b/x", "x/y", "..", "", "a/b"):
        outcome(lambda path=path: folder.read(path, 1))
        for ask in (folder.list_names, folder.read_link, folder.is_file, folder.enter):
            outcome(lambda ask=ask, path=path: ask(path))


@pytest.mark.usefixtures("way")
def test_descriptors_are_closed(tmp_path: Path) -> None:
    """Whatever is asked of folders, and however it ends, no descriptor stays open."""
    plant(tmp_path / "root", {"b": "../secret", "d/a": "../b", "c": "c", "d/e/b": str(tmp_path / "root/d/e/a")})
    before = len(os.listdir("/proc/self/fd"))
    folder = Folder(str(tmp_path / "root"))
    ask_everything(folder)
    assert len(os.listdir("/proc/self/fd")) == before + 1
    del folder
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    """A pipe in the place of a file is refused unopened: a writer that waits for a reader goes on waiting."""
    os.mkfifo(tmp_path / "pipe")
    assert outcome(lambda: Folder(str(tmp_path)).read("pipe", 100)) == errno.EACCES
    assert outcome(lambda: os.open(tmp_path / "pipe", os.O_WRONLY | os.O_NONBLOCK)) == errno.ENXIO


def test_a_folder_is_held(tmp_path: Path) -> None:
    """A folder that is exchanged after it was opened is the one that is read on."""
    (tmp_path / "a/proc/net").mkdir(parents=True)
    (tmp_path / "a/proc/net/tcp").write_bytes(b"first")
    store = FolderStore(str(tmp_path / "a"))
    (tmp_path / "a").rename(tmp_path / "b")
    (tmp_path / "a").symlink_to("/")
    assert store.read("/proc/net/tcp") == b"first"


def test_folders_of_threads_that_are_links(tmp_path: Path) -> None:
    """In a copied /proc, no link among the folders of a process or thread leads to descriptors."""
    (tmp_path / "out/fd").mkdir(parents=True)
    (tmp_path / "out/fd/3").symlink_to("socket:[77]")
    (tmp_path / "tasks/8/fd").mkdir(parents=True)
    (tmp_path / "tasks/8/fd/3").symlink_to("socket:[78]")
    for process in ("5/fd", "5/task", "6/fd", "7/fd", "7/task/9"):
        (tmp_path / "in/proc" / process).mkdir(parents=True)
    (tmp_path / "in/proc/5/task/8").symlink_to(tmp_path / "out")
    (tmp_path / "in/proc/6/task").symlink_to(tmp_path / "tasks")
    (tmp_path / "in/proc/7/task/9/fd").symlink_to(tmp_path / "out/fd")
    (tmp_path / "in/proc/7/fd/1").symlink_to("socket:[79]")
    owners = FolderStore(str(tmp_path / "in")).find_owners()
    assert owners.pids == {79: (7,)}


def test_a_folder_that_cannot_be_opened(tmp_path: Path) -> None:
    """A folder that is none, and one that links to itself, are refused in one sentence."""
    (tmp_path / "loop").symlink_to("loop")
    for path in (tmp_path / "loop", tmp_path / "nowhere"):
        with pytest.raises(SnapshotError) as raised:
            FolderStore(str(path))
        assert str(raised.value).startswith(f"{path}: ")


def make_copy(own: Path) -> Path:
    """Make a copy of a machine that the neighbour owns, and a secret that only root can read."""
    copies.write({"proc/net/tcp": copies.FILES["tcp"].encode()}, own / "copy", "folder")
    (own / "copy/proc/9/fd").mkdir(parents=True)
    hidden = own.parent / "hidden"
    hidden.mkdir(mode=0o700)
    (hidden / "tcp").write_bytes(copies.FILES["tcp"].splitlines()[0].encode() + b"\n" + SECRET * 3)
    (hidden / "fd").mkdir()
    (hidden / "fd/5").symlink_to("socket:[4242]")
    return own / "copy"


SWAPS: dict[str, tuple[str, Callable[[Path, Path], object]]] = {
    "a file for a link": ("proc/net/tcp", lambda other, hidden: other.symlink_to(hidden / "tcp")),
    "a folder for a link": ("proc/net", lambda other, hidden: other.symlink_to(hidden)),
    "a folder above for a folder with a link": (
        "proc",
        lambda other, hidden: (other.mkdir(), (other / "net").symlink_to(hidden)),
    ),
    "a file for a pipe": ("proc/net/tcp", lambda other, _: os.mkfifo(other)),
    "a folder of descriptors": ("proc/9/fd", lambda other, hidden: other.symlink_to(hidden / "fd")),
    "a process": ("proc/9", lambda other, hidden: other.symlink_to(hidden)),
}


@needs_root
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("swap", SWAPS)
def test_a_race_shows_no_secret(swap: str) -> None:
    """While a neighbour exchanges a part of its copy for a way out, root sees the copy or an error, not the secret."""
    name, make = SWAPS[swap]
    with grounds() as own:
        copy = make_copy(own)
        other = own / "other"
        make(other, own.parent / "hidden")
        hand_over(own)
        seen: list[object] = []
        with exchanging(copy / name, other):
            for _moment in moments(lambda: {bytes, int} <= set(map(type, seen)) or "proc/9" in name):
                store = FolderStore(str(copy)) if (copy / "proc/net").is_dir() else None
                if store is None:
                    continue
                for _ in range(50):
                    seen.append(outcome(lambda store=store: store.read("/proc/net/tcp")))
                    seen.append(outcome(lambda store=store: tuple(store.find_paths("/proc/*/tcp"))))
                    seen.append(outcome(lambda store=store: frozenset(store.find_owners().pids)))
        contents = {found for found in seen if isinstance(found, bytes)}
        assert contents == {copies.FILES["tcp"].encode()}
        assert not any(4242 in found for found in seen if isinstance(found, frozenset))
        assert any(isinstance(found, int) for found in seen) or "proc/9" in name, "nothing was exchanged in time"


@needs_root
def test_a_race_leaves_no_secret_in_problems() -> None:
    """The whole way to a report: no line of the secret is a problem of the copy."""
    with grounds() as own:
        copy = make_copy(own)
        (own / "other").symlink_to(own.parent / "hidden/tcp")
        hand_over(own)
        query, states = Query(protocols=("tcp",), owners=("processes",)), set()
        with exchanging(copy / "proc/net/tcp", own / "other"):
            for _moment in moments(lambda: states == {0, 1}):
                report: dict[str, Any] = collect(query, SnapshotSystem(copy))
                assert "secret" not in repr(report)
                states.add(len(report["tables"]["sockets"]))
        assert states == {0, 1}


@needs_root
def test_a_file_exchanged_for_a_pipe_is_not_waited_for() -> None:
    """A snapshot that is one file is opened or refused, and never waited for."""
    with grounds() as own:
        (own / "taken").write_text(capture.pack({"proc/net/tcp": b""}))
        os.mkfifo(own / "other")
        hand_over(own)
        outcomes: set[str] = set()
        with exchanging(own / "taken", own / "other"):
            for _moment in moments(lambda: outcomes == {"opened", "refused"}):
                try:
                    SnapshotSystem(own / "taken")
                    outcomes.add("opened")
                except SnapshotError:
                    outcomes.add("refused")
        assert outcomes == {"opened", "refused"}


def test_patterns_list_nothing_outside(tmp_path: Path) -> None:
    """Names of folders outside are not listed, and files outside match no pattern."""
    (tmp_path / "in/proc").mkdir(parents=True)
    (tmp_path / "in/sys/class/net/a").mkdir(parents=True)
    (tmp_path / "in/sys/class/net/a/mtu").write_text("1")
    (tmp_path / "in/sys/class/net/b").symlink_to("a")
    (tmp_path / "out/c").mkdir(parents=True)
    (tmp_path / "out/c/mtu").write_text("2")
    (tmp_path / "in/sys/class/net/c").symlink_to(tmp_path / "out/c")
    (tmp_path / "in/sys/class/out").symlink_to(tmp_path / "out")
    store = FolderStore(str(tmp_path / "in"))
    found = [f"/sys/class/net/{name}/mtu" for name in "ab"]
    assert store.find_paths("/sys/class/net/*/mtu") == found
    assert list(SnapshotSystem(store).read_all(Directory("/sys/class/net/*/mtu"))) == found
    assert outcome(lambda: store.find_paths("/sys/class/out/*/mtu")) == errno.EACCES


def test_owners_without_proc_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where /proc is not mounted, the owners in a copy are found by the path of the copy."""
    (tmp_path / "proc/7/fd").mkdir(parents=True)
    (tmp_path / "proc/7/fd/3").symlink_to("socket:[99]")
    store = FolderStore(str(tmp_path))
    monkeypatch.setattr(os.path, "exists", lambda path: not path.startswith("/proc/"))
    assert store.find_owners().pids == {99: (7,)}
