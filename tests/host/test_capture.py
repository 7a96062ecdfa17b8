"""The primitives that touch a kernel: files, path patterns, and who holds which socket."""

from __future__ import annotations

import errno
import functools
import json
import os
import shlex
import socket
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import namespaces
import netstat_inet
import pytest
from stand_ins import OTHERS

import netstat_core
from netstat_core import Query, collect
from netstat_core.cli import main as entry
from netstat_core.host.discovery import Host
from netstat_core.system import capture
from netstat_core.system.capture import read_file, scan_owners


def test_files_are_read_whole_and_bounded(tmp_path: Path) -> None:
    """A file is read to its end, one without a size too, and never beyond the limit; a pipe does not block."""
    (tmp_path / "file").write_bytes(b"x" * 600_000)
    assert len(read_file(str(tmp_path / "file"))) == 600_000
    assert read_file("/proc/self/stat").endswith(b"\n")
    with pytest.raises(OSError) as raised:  # noqa: PT011 - the number is what counts
        read_file(str(tmp_path / "file"), limit=599_999)
    assert raised.value.errno == errno.EFBIG
    os.mkfifo(tmp_path / "pipe")
    assert read_file(str(tmp_path / "pipe")) == b""
    with pytest.raises(OSError) as raised:  # noqa: PT011
        read_file("/dev/zero", limit=1 << 20)
    assert raised.value.errno == errno.EFBIG


def test_patterns_match_components(tmp_path: Path) -> None:
    """A star stands for a component or a part of one; what vanished is left out, a directory that never was is told."""
    for name in ("a/one", "a/two", "b/one", "c/deep/one"):
        (tmp_path / "dir" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "dir" / name).write_bytes(b"")
    paths = {
        "*/one": ["a/one", "b/one"],
        "a/t*": ["a/two"],
        "*/*": ["a/one", "a/two", "b/one"],
        "a/none*": [],
        "a/one": ["a/one"],
    }
    for pattern, found in paths.items():
        assert capture.find_paths(f"{tmp_path}/dir/{pattern}") == [f"{tmp_path}/dir/{path}" for path in found]
    with pytest.raises(FileNotFoundError):
        capture.find_paths(f"{tmp_path}/nowhere/*")


def proc_of(tmp_path: Path, links: dict[str, str]) -> str:
    """Make a /proc whose descriptors are these links."""
    for place, target in links.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).symlink_to(target)
    return str(tmp_path)


def test_owners_are_found_by_inode(tmp_path: Path) -> None:
    """Sockets are found in both spellings of their links, each pid once, in ascending order; the rest is no socket."""
    (tmp_path / "10").mkdir()
    (tmp_path / "self").symlink_to("10")
    proc = proc_of(
        tmp_path,
        {
            "10/fd/0": "socket:[5]",
            "10/fd/1": "socket:[5]",
            "9/fd/3": "socket:[5]",
            "9/fd/4": "[0000]:7",
            "9/fd/5": "/dev/null",
            "9/fd/6": "pipe:[5]",
            "9/fd/7": "socket:[x]",
            "9/fd/8": "socket:[]",
            "9/fd/9": "/run/socket:[11]",
            "1/fd/0": "anon_inode:[eventpoll]",
            "other/fd/0": "socket:[99]",
        },
    )
    (tmp_path / "8").mkdir()
    owners = scan_owners(proc)
    assert owners.pids == {5: (9, 10), 7: (9,)}
    assert (owners.denied, owners.unread, owners.hidden) == (0, 0, False)


def test_only_some_sockets(tmp_path: Path) -> None:
    """Of the sockets asked for all holders are found, with their descriptors and in both spellings; of others none."""
    links = {"1/fd/0": "socket:[5]", "1/fd/1": "socket:[6]", "2/fd/0": "[0000]:5", "2/fd/1": "[0000]:6"}
    owners = scan_owners(proc_of(tmp_path, links), descriptors=True, wanted={5, 8}, only={5, 8})
    assert owners.pids == {5: (1, 2)}
    assert owners.descriptors == {(5, 1): [0], (5, 2): [0]}


def test_processes_that_vanish_are_no_gap(tmp_path: Path) -> None:
    """A process that ends before or while it is looked at is left out, and nothing is said to be missing."""
    proc = proc_of(tmp_path, {"1/fd/0": "socket:[5]"})
    (tmp_path / "2").mkdir()
    (tmp_path / "3/fd").mkdir(parents=True)
    (tmp_path / "3/fd/0").write_text("no link")
    (tmp_path / "4").mkdir()
    (tmp_path / "4/fd").write_text("no directory")
    owners = scan_owners(proc)
    assert (owners.pids, owners.denied, owners.unread, owners.hidden) == ({5: (1,)}, 0, 0, False)


def test_no_process_1_means_that_some_are_hidden(tmp_path: Path) -> None:
    """Where process 1 does not show others may be hidden too."""
    assert scan_owners(proc_of(tmp_path, {"7/fd/0": "socket:[5]"})).hidden


CLOSED = {
    "by mode": ("open", errno.EACCES, (1, 0)),
    "by hidepid=1": ("open", errno.EPERM, (0, 1)),
    "to looking": ("readlink", errno.EACCES, (0, 1)),
}


@pytest.mark.parametrize("closed", CLOSED)
def test_rights_that_lack_are_counted(closed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes whose descriptors are closed to us are counted apart from those hidepid=1 or tracing rights close."""
    proc = proc_of(tmp_path, {"1/fd/0": "socket:[5]", "2/fd/0": "socket:[5]", "2/fd/1": "socket:[6]"})
    function, number, counted = CLOSED[closed]
    plain_open, plain = os.open, getattr(os, function)
    opened: dict[int, str] = {}

    def whole(path: str, dir_fd: int | None) -> str:
        return os.path.join(opened.get(dir_fd or -1, ""), path)

    def noted(path: str, flags: int, *, dir_fd: int | None = None) -> int:
        descriptor = plain_open(path, flags, dir_fd=dir_fd)
        opened[descriptor] = whole(path, dir_fd)
        return descriptor

    def guarded(path: str, *arguments: Any, dir_fd: int | None = None) -> Any:
        if "/2/fd" in whole(path, dir_fd):
            raise PermissionError(number, os.strerror(number))
        return (noted if function == "open" else plain)(path, *arguments, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", noted)
    monkeypatch.setattr(os, function, guarded)
    owners = scan_owners(proc)
    assert (owners.pids, owners.denied, owners.unread) == ({5: (1,)}, *counted)


def test_owners_of_real_sockets() -> None:
    """A socket held by this process and a child has both as owners in records, and the first in text."""
    with socket.create_server(("127.0.0.1", 0)) as shared:
        child = subprocess.Popen(["sleep", "60"], pass_fds=[shared.fileno()])
        try:
            pids = sorted([os.getpid(), child.pid])
            assert scan_owners().pids[os.fstat(shared.fileno()).st_ino] == tuple(pids)
            port = shared.getsockname()[1]
            report = collect(Query(protocols=("tcp",), owners=("processes",)), host=Host(blocked=("unix",)))
            (record,) = [one for one in report["tables"]["sockets"] if one["local_port"] == port]
            row_of_text = next(line for line in text_of("-tlnp").splitlines() if f":{port} " in line)
        finally:
            child.kill()
            child.wait()
    assert [one["pid"] for one in record["processes"]] == pids
    sleeping = next(one for one in record["processes"] if one["pid"] == child.pid)
    assert sleeping == {"pid": child.pid, "uid": os.getuid(), "name": "sleep", "command": ["sleep"]}
    assert f" {pids[0]}/" in row_of_text


def text_of(*arguments: str) -> str:
    """Give what the command prints."""
    ran = subprocess.run(
        [sys.executable, "-m", "netstat_core", *arguments], capture_output=True, check=True, timeout=60
    )
    return ran.stdout.decode()


PROGRAM = Path(__file__).resolve().parent / "unprivileged.py"
NOBODY = 65534


def is_readable_by(uid: int) -> bool:
    """Tell whether a user may read the program, its plugins, and where their entry points are told."""
    places = [netstat_core.__path__[0], netstat_inet.__path__[0], str(distribution("netstat-core").locate_file(""))]
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        os._exit(not all(os.access(place, os.R_OK | os.X_OK) for place in places))
    return os.waitpid(child, 0)[1] == 0


@functools.cache
def seen_unprivileged(hidepid: int) -> dict[str, Any]:
    """Look at two listeners as a user without rights, with one kind of /proc."""
    if os.geteuid() or namespaces.reason():
        pytest.skip(namespaces.reason() or "a /proc of another kind needs root")
    if not is_readable_by(NOBODY):
        pytest.skip("users without rights cannot read this installation")
    command = shlex.join([sys.executable, str(PROGRAM), str(hidepid), str(NOBODY)])
    isolated = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", f"{command}; exit"]
    settings = {**os.environ, "NETSTAT_PLUGINS_BLOCK": ",".join(OTHERS)}
    ran = subprocess.run(isolated, capture_output=True, check=False, timeout=60, env=settings)
    assert ran.returncode == 0, ran.stderr.decode()
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


HIDEPID = pytest.mark.parametrize("hidepid", [0, 1, 2])


@HIDEPID
def test_unprivileged_records(hidepid: int) -> None:
    """A user's own sockets have their owners; others' are unknown, not unowned, which one entry tells."""
    report = json.loads(seen_unprivileged(hidepid)["json"]["stdout"])
    owners = {record["local_port"]: record["processes"] for record in report["tables"]["sockets"]}
    assert owners[1001] is None
    assert [one["command"] for one in owners[2002]] == [["sleep"]]
    assert [one["uid"] for one in owners[2002]] == [NOBODY]
    assert [(entry["reason"], entry["source"]) for entry in report["completeness"]] == [("permission", "/proc/PID/fd")]


@HIDEPID
def test_unprivileged_text(hidepid: int) -> None:
    """A user is shown its own programs, a dash for the others, and netstat's notice only where netstat gives it."""
    seen = seen_unprivileged(hidepid)["text"]
    shown = {line.split()[3].rpartition(":")[2]: line.split()[-1] for line in seen["stdout"].splitlines()[2:]}
    assert shown["1001"] == "-"
    assert shown["2002"].endswith("/sleep")
    assert seen["stderr"].startswith("(Not all processes could be identified") == (hidepid == 0)
    assert seen["status"] == 0


@HIDEPID
def test_unprivileged_netstat_says_the_same(hidepid: int) -> None:
    """The real netstat prints the same, on both streams, for the same user and /proc."""
    seen = seen_unprivileged(hidepid)
    if seen["netstat"] is None:
        pytest.skip("netstat is not installed")
    assert seen["text"] == seen["netstat"]


def test_nothing_that_could_be_read(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """A user who may look at no process at all is told so in netstat's words, with the user's number."""
    nothing = capture.Owners()
    nothing.denied = 4
    monkeypatch.setattr(capture, "scan_owners", lambda **_: nothing)
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    status = entry.run(["-tnp"], sys.stdout.buffer, sys.stderr.buffer)
    wanted = b'(No info could be read for "-p": geteuid()=1234 but you should be root.)\n'
    assert (capsysbinary.readouterr().err, status) == (wanted, 0)
