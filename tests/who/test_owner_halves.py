"""Owners that two processes search for are those that one finds, whatever happens to the second."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netstat_core.query import PROCESSES, Query
from netstat_core.report.run import collect
from netstat_core.system import capture, owner_halves
from netstat_core.system.capture import Owners, OwnerScan
from netstat_core.system.live import LiveSystem
from netstat_core.system.owner_halves import Half

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SCANNER = Path(__file__).resolve().parent / "scan_own_sockets.py"
FEW = 2
LIMIT = 12
NOBODY = 65534

TARGETS = st.one_of(
    st.integers(1, 9).map("socket:[{}]".format),
    st.integers(1, 3).map("[0000]:{}".format),
    st.integers(1, 3).map("net:[{}]".format),
    st.just("/dev/null"),
)
PROCESSES_OF = st.dictionaries(
    st.integers(1, 12),
    st.tuples(
        st.sampled_from([0, 1000]),
        st.lists(TARGETS, max_size=12),
        st.sampled_from([0, 0, errno.EACCES, errno.EPERM, errno.EIO]),
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture(scope="module", autouse=True)
def _closed_processes() -> Iterator[None]:
    """Let the descriptors of a process fail to be listed with the error number in its file ``fault``, if it has one."""
    plain = os.listdir

    def list_names(place: str | int = ".") -> list[str]:
        path = Path(os.readlink(f"/proc/self/fd/{place}") if isinstance(place, int) else place)
        if path.name == "fd" and (path.parent / "fault").exists():
            number = int((path.parent / "fault").read_text())
            raise OSError(number, os.strerror(number))
        return plain(place)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "listdir", list_names)
        yield


def make_proc(folder: Path, processes: Mapping[int, tuple[int, list[str], int]]) -> None:
    """Make a /proc: processes, each with a user, the targets of its descriptors, and the error of listing these."""
    for pid, (uid, targets, fault) in processes.items():
        (folder / str(pid) / "fd").mkdir(parents=True)
        (folder / str(pid) / "status").write_text(f"Name:\tx\nUid:\t{uid}\t0\t0\t0\n")
        for number, target in enumerate(targets):
            (folder / str(pid) / "fd" / str(number)).symlink_to(target)
        if fault:
            (folder / str(pid) / "fault").write_text(str(fault))


def values(owners: Owners) -> dict[str, Any]:
    """Everything that a search has found."""
    return {name: getattr(owners, name) for name in Owners.__slots__}


def search(proc: str, scan_all: Callable[[OwnerScan, list[int]], None] | None) -> dict[str, Any]:
    """Search a /proc for the owners of all sockets."""
    return values(capture.scan_owners(proc, descriptors=True, wanted=None, scan_all=scan_all))


def scan_in_halves(half: int) -> Callable[[OwnerScan, list[int]], None]:
    """Return a search in two processes, of which the first takes ``half`` descriptors or half of them."""

    def scan_all(scan: OwnerScan, pids: list[int]) -> None:
        weights = [len(list(os.scandir(f"{scan.proc}/{pid}/fd"))) for pid in pids]
        weights[-1] = max(weights[-1], 2 * half - sum(weights[:-1]))
        owner_halves.scan_halves(scan, *owner_halves.halve(scan.proc, pids, weights))

    return scan_all


@settings(max_examples=40, deadline=None)
@given(processes=PROCESSES_OF, half=st.integers(0, 60))
def test_two_processes_find_what_one_finds(processes: dict[int, tuple[int, list[str], int]], half: int) -> None:
    """Wherever the descriptors are divided, all that is found, missed or left out is that of one process."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(capture, "FEW_DESCRIPTORS", FEW)
        patched.setattr(capture, "MOST_DESCRIPTORS", LIMIT)
        patched.setattr(owner_halves, "_OF_PROCESS", 0)
        make_proc(Path(folder), processes)
        assert search(folder, scan_in_halves(half)) == search(folder, None)
    require_no_children()


def list_children() -> set[int]:
    """Return this process's children, running or dead: those of other tests' fixtures among them."""
    children = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):  # it has ended
            continue
        if parent == os.getpid():
            children.add(int(stat.parent.name))
    return children


CHILDREN: set[int] = set()
"""The children that were there before the test."""


@pytest.fixture(autouse=True)
def remember_children() -> None:
    """Take note of the children that are there."""
    CHILDREN.clear()
    CHILDREN.update(list_children())


def require_no_children() -> None:
    """No child of the test is left, running or dead."""
    assert list_children() <= CHILDREN


def fail_fork() -> int:
    """Fail as fork does under RLIMIT_NPROC."""
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def fail_pipe(_flags: int) -> NoReturn:
    """Fail as pipe2 does where no descriptor is left."""
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def in_child(action: Callable[[], object]) -> Callable[[pytest.MonkeyPatch], None]:
    """Return a fault: the child does something when it comes to the last process."""

    def cause(patched: pytest.MonkeyPatch) -> None:
        parent, scan_process = os.getpid(), OwnerScan.scan_process

        def scan(self: OwnerScan, pid: int) -> None:
            if os.getpid() != parent and pid == 3:
                action()
            scan_process(self, pid)

        patched.setattr(OwnerScan, "scan_process", scan)

    return cause


def end_in_reply(patched: pytest.MonkeyPatch) -> None:
    """Let the child end when half of its reply is written."""
    parent, write = os.getpid(), os.write

    def write_half(descriptor: int, content: bytes) -> int:
        if os.getpid() == parent:
            return write(descriptor, content)
        write(descriptor, content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    patched.setattr(os, "write", write_half)


def raise_memory_error() -> NoReturn:
    """Fail for want of memory."""
    raise MemoryError


FAULTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "no fork": lambda patched: patched.setattr(os, "fork", fail_fork),
    "no pipe": lambda patched: patched.setattr(os, "pipe2", fail_pipe),
    "killed": in_child(lambda: os.kill(os.getpid(), signal.SIGKILL)),
    "stopped": in_child(lambda: os.kill(os.getpid(), signal.SIGSTOP)),
    "no memory": in_child(raise_memory_error),
    "interrupted": in_child(lambda: signal.raise_signal(signal.SIGINT)),
    "ended": in_child(lambda: os._exit(0)),
    "short reply": end_in_reply,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_lost_with_the_child(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the child cannot start, dies, hangs or is cut off, its half is searched here, and no child is left."""
    sockets = [f"socket:[{number}]" for number in range(1, 301)]
    make_proc(tmp_path, {1: (0, sockets, 0), 2: (1000, [*sockets[:5], "net:[9]"], 0), 3: (0, sockets, errno.EIO)})
    expected = search(str(tmp_path), None)
    monkeypatch.setattr(owner_halves, "PATIENCE_SECONDS", 0.1)
    FAULTS[fault](monkeypatch)
    halved = (
        Half([1], {1: [str(number) for number in range(150)]}),
        Half([1, 2, 3], {1: list(map(str, range(150, 300)))}),
    )
    found = search(str(tmp_path), lambda scan, _pids: owner_halves.scan_halves(scan, *halved))
    assert found == expected
    assert (len(found["pids"]), found["pids"][1], found["failed"]) == (300, (1, 2), 1)
    require_no_children()


def test_an_interrupt_ends_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGINT while both search ends the search, and the child with it."""
    make_proc(tmp_path, {1: (0, [], 0), 3: (0, [], 0)})
    parent, scan_process = os.getpid(), OwnerScan.scan_process

    def scan(self: OwnerScan, pid: int) -> None:
        if os.getpid() == parent:
            raise KeyboardInterrupt
        signal.pause()
        scan_process(self, pid)

    monkeypatch.setattr(OwnerScan, "scan_process", scan)
    with pytest.raises(KeyboardInterrupt):
        search(str(tmp_path), lambda scan, _pids: owner_halves.scan_halves(scan, Half([1], {}), Half([3], {})))
    require_no_children()


def test_a_child_is_started_only_where_that_is_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """One processor, another thread, or another who waits for children: then there is no child."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0})
    assert not owner_halves.can_fork()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert not owner_halves.can_fork()
    finally:
        signal.signal(signal.SIGCHLD, before)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert not owner_halves.can_fork()
    finally:
        stop.set()
        thread.join()


def test_a_library_starts_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers in Python, Ansible and Salt among them, get no child process, however many descriptors there are."""
    monkeypatch.setattr(owner_halves, "can_fork", lambda: True)
    monkeypatch.setattr(owner_halves, "MANY_DESCRIPTORS", 0)
    monkeypatch.setattr(os, "fork", fail_fork)
    monkeypatch.setattr(owner_halves, "scan_halves", None)
    assert collect(Query(protocols=("tcp",), owners=(PROCESSES,)))["tables"]["sockets"] is not None
    with pytest.raises(TypeError):
        LiveSystem(may_fork=True).find_owners()


def scan_own_sockets(*arguments: str) -> dict[str, Any]:
    """Let a process of its own open sockets and search for them in one and in two processes."""
    ran = subprocess.run([sys.executable, str(SCANNER), *arguments], capture_output=True, check=True, timeout=100)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("processes", [1, 3])
def test_live_sockets(processes: int) -> None:
    """Sockets of one process or of several are found by two processes as by one, though others close theirs."""
    found = scan_own_sockets(str(processes))
    assert (found["forks"], found["failed_forks"]) == (found["searches"] * found["can_fork"], 0)
    assert found["different"] == 0
    assert (found["failed"], found["lost"]) == (0, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_live_sockets_without_the_right_to_fork() -> None:
    """A user who may start no more processes sees the same sockets as where one process searches."""
    found = scan_own_sockets("1", str(NOBODY))
    assert (found["different"], found["lost"]) == (0, 0)
    assert found["failed_forks"] == found["searches"] * found["can_fork"]
