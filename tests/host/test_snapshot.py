"""Replaying a folder: what it holds is shown, what it lacks is absent, and nothing outside it is touched."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pynetstat import show
from stand_ins import OTHERS

from netstat_core import Query, collect
from netstat_core.errors import NoPermission, NotInKernel, SnapshotError, SourceError
from netstat_core.host.discovery import Host
from netstat_core.plugin import Directory, File, NetlinkDump
from netstat_core.system import stores
from netstat_core.system.snapshot import SnapshotSystem

TCP = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: {local}:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1001 1\n"
)
LITTLE, BIG = TCP.format(local="0100007F"), TCP.format(local="7F000001")
LISTENER = b"tcp        0      0 127.0.0.1:80            0.0.0.0:*               LISTEN"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Give a folder with one TCP listener, beside which lies a secret."""
    (tmp_path / "tree/proc/net").mkdir(parents=True)
    (tmp_path / "tree/proc/net/tcp").write_text(LITTLE)
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "secrets/fd").mkdir(parents=True)
    (tmp_path / "secrets/fd/0").symlink_to("socket:[1001]")
    return tmp_path / "tree"


def sockets(tree: Path, **asked: Any) -> dict[str, Any]:
    """Collect the TCP sockets of a folder."""
    return collect(Query(protocols=("tcp",), source="procfs", **asked), SnapshotSystem(tree), Host(blocked=OTHERS))


def refusal(call: Callable[[], object]) -> type[Exception]:
    """Give the kind of the error that a call ends with."""
    with pytest.raises(SourceError) as raised:
        call()
    return raised.type


def test_a_folder_is_replayed(tree: Path) -> None:
    """A file of the folder is read in the place of the machine's, and an absent one is absent."""
    system = SnapshotSystem(tree)
    assert system.read(File("/proc/net/tcp")) == LITTLE.encode()
    assert refusal(lambda: system.read(File("/proc/net/udp"))) is NotInKernel
    assert refusal(lambda: system.read_all(Directory("/sys/class/net/*/address"))) is NotInKernel
    assert system.read_process_file(1, "cmdline") is None
    shown = show(tree, "-tan")
    assert (shown.stdout.splitlines()[2].rstrip(), shown.stderr, shown.returncode) == (LISTENER, b"", 0)


def test_a_folder_holds_no_netlink(tree: Path) -> None:
    """No dump can be asked of a folder, so its files are read, and completeness says nothing of that."""
    system = SnapshotSystem(tree)
    assert (
        refusal(lambda: next(iter(system.dump(NetlinkDump("sock_diag/tcp", protocol=4, type=20, body=b"")))))
        is NotInKernel
    )
    report = sockets(tree)
    assert [record["local_address"] for record in report["tables"]["sockets"]] == ["127.0.0.1"]
    assert report["completeness"] == []


def test_absent_files_are_told(tree: Path) -> None:
    """What the folder does not hold is an entry of completeness, and a demanded protocol netstat's error."""
    (tree / "proc/net/tcp").unlink()
    report = sockets(tree)
    assert report["tables"]["sockets"] == []
    assert [entry["reason"] for entry in report["completeness"]] == ["not_in_kernel"]
    shown = show(tree, "-tan")
    assert (shown.stderr, shown.returncode) == (b"netstat: no support for `AF INET (tcp)' on this system.\n", 1)


def test_links_within_the_folder_are_followed(tree: Path) -> None:
    """A link that stays inside, as /proc/net is one, leads where it says."""
    (tree / "proc/7").mkdir()
    (tree / "proc/net").rename(tree / "proc/7/net")
    (tree / "proc/self").symlink_to("7")
    (tree / "proc/net").symlink_to("self/net")
    assert SnapshotSystem(tree).read(File("/proc/net/tcp")) == LITTLE.encode()
    assert len(sockets(tree)["tables"]["sockets"]) == 1


@pytest.mark.parametrize(
    "target", ["../../../secret", "/etc/hostname", "/proc/net/tcp", "/dev/zero", "../../../tree-2/x"]
)
def test_links_out_of_the_folder_are_not_followed(target: str, tree: Path) -> None:
    """A link that leads outside is refused, by whatever way it goes, and told as a lack of permission."""
    (tree.parent / "tree-2").mkdir()
    (tree.parent / "tree-2/x").write_text("a neighbour whose name begins alike")
    (tree / "proc/net/tcp").unlink()
    (tree / "proc/net/tcp").symlink_to(target)
    assert refusal(lambda: SnapshotSystem(tree).read(File("/proc/net/tcp"))) is NoPermission
    assert [entry["reason"] for entry in sockets(tree)["completeness"]] == ["permission"]


def test_directories_out_of_the_folder_are_not_read(tree: Path) -> None:
    """A linked directory gives none of its files away; what else matches a pattern is read."""
    (tree / "sys/class/net/lo").mkdir(parents=True)
    (tree / "sys/class/net/lo/address").write_text("00:00:00:00:00:00\n")
    (tree / "sys/class/net/out").symlink_to(tree.parent)
    (tree.parent / "address").write_text("secret")
    found = SnapshotSystem(tree).read_all(Directory("/sys/class/net/*/address"))
    assert found == {"/sys/class/net/lo/address": b"00:00:00:00:00:00\n"}
    assert refusal(lambda: SnapshotSystem(tree).read(File("/sys/class/net/out/address"))) is NoPermission


def in_time(function: Callable[[], object]) -> Any:
    """Call a function that must not block."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(function()), daemon=True)
    thread.start()
    thread.join(10)
    assert results, "it blocks"
    return results[0]


def make_socket(path: Path) -> None:
    """Make a UNIX socket in the file system."""
    here = Path.cwd()
    os.chdir(path.parent)  # the path itself may be too long for a socket's name
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)


def make_device(path: Path) -> None:
    """Make a device, or skip where that is not allowed."""
    try:
        os.mknod(path, 0o020600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("devices cannot be made here")


ODD_FILES: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a device": make_device,
    "a socket": make_socket,
    "a directory": Path.mkdir,
    "a loop": lambda path: path.symlink_to(path.name),
}


@pytest.mark.parametrize("kind", ODD_FILES)
def test_only_regular_files_are_read(kind: str, tree: Path) -> None:
    """Pipes, devices, sockets, directories and loops are refused at once, and never waited for."""
    (tree / "proc/net/tcp").unlink()
    ODD_FILES[kind](tree / "proc/net/tcp")
    assert issubclass(in_time(lambda: refusal(lambda: SnapshotSystem(tree).read(File("/proc/net/tcp")))), SourceError)
    report = in_time(lambda: sockets(tree))
    assert (report["tables"]["sockets"], len(report["completeness"])) == ([], 1)


def test_files_are_bounded(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file larger than a replay's bound is refused, not read into memory."""
    assert 1 << 20 < stores.LARGEST_FILE < 1 << 30
    monkeypatch.setattr(stores, "LARGEST_FILE", 1 << 20)
    with (tree / "proc/net/tcp").open("wb") as file:
        file.truncate(1 << 40)
    assert in_time(lambda: refusal(lambda: SnapshotSystem(tree).read(File("/proc/net/tcp")))) is SourceError


def test_owners_come_from_the_folder(tree: Path) -> None:
    """The owners of sockets are the links recorded below proc/PID/fd, with what was recorded of each process."""
    (tree / "proc/1/fd").mkdir(parents=True)
    (tree / "proc/1/fd/3").symlink_to("socket:[1001]")
    (tree / "proc/1/cmdline").write_bytes(b"/sbin/init\0--x\0")
    (record,) = sockets(tree, owners=("processes",))["tables"]["sockets"]
    assert record["processes"] == [{"pid": 1, "uid": None, "name": None, "command": ["/sbin/init"]}]
    assert b" 1/init " in show(tree, "-tanp").stdout


@pytest.mark.parametrize("link", ["proc/1", "proc/1/fd"])
def test_owners_outside_the_folder_are_not_seen(link: str, tree: Path) -> None:
    """A process or its descriptors that are links to somewhere else are no owners."""
    (tree / link).parent.mkdir(exist_ok=True)
    (tree / link).symlink_to(tree.parent / ("secrets" if link == "proc/1" else "secrets/fd"))
    (record,) = sockets(tree, owners=("processes",))["tables"]["sockets"]
    assert not record["processes"]


NO_TREES: dict[str, Callable[[Path], Path]] = {
    "nothing": lambda base: base / "nowhere",
    "a file": lambda base: base / "secret",
    "without proc": lambda base: base,
    "proc is a file": lambda base: made(base / "x", "proc"),
    "proc leads out": lambda base: linked(base / "x", "proc", "/proc"),
}


def made(folder: Path, name: str) -> Path:
    """Make a folder with one file."""
    folder.mkdir()
    (folder / name).write_text("")
    return folder


def linked(folder: Path, name: str, target: str) -> Path:
    """Make a folder with one link."""
    folder.mkdir()
    (folder / name).symlink_to(target)
    return folder


@pytest.mark.parametrize("kind", NO_TREES)
def test_what_is_no_snapshot(kind: str, tree: Path) -> None:
    """What is no folder with a proc in it is refused in one line, with status 1."""
    folder = NO_TREES[kind](tree.parent)
    with pytest.raises(SnapshotError):
        SnapshotSystem(folder)
    shown = show(folder, "-tan")
    assert (shown.stdout, shown.stderr.count(b"\n"), shown.returncode) == (b"", 1, 1)
    assert shown.stderr.startswith(b"pynetstat: ")


GARBAGE = {
    "nothing": b"",
    "half": b'{"byte_order": ',
    "a list": b"[]",
    "a text": b'"little"',
    "no text": b'{"hostname": "\xff"}',
    "another order": b'{"byte_order": "middle"}',
    "an order of another type": b'{"byte_order": ["big"]}',
    "no order": b'{"byte_order": null}',
    "deep": b"[" * 200_000,
    "a long number": b'{"ticks_per_second": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_descriptions_that_are_garbage(kind: str, tree: Path) -> None:
    """A capture.json that does not describe a machine is refused in one line, with status 1."""
    (tree / "capture.json").write_bytes(GARBAGE[kind])
    with pytest.raises(SnapshotError, match=r"capture\.json"):
        SnapshotSystem(tree)
    shown = show(tree, "-tan")
    assert (shown.stdout, shown.stderr.count(b"\n"), shown.returncode) == (b"", 1, 1)


@pytest.mark.parametrize("kind", [*ODD_FILES, "a link out"])
def test_descriptions_that_are_no_files(kind: str, tree: Path) -> None:
    """A capture.json that is no regular file of the folder is refused, and never waited for."""
    (ODD_FILES | {"a link out": lambda path: path.symlink_to("/dev/zero")})[kind](tree / "capture.json")

    def attempt() -> str:
        with pytest.raises(SnapshotError) as raised:
            SnapshotSystem(tree)
        return str(raised.value)

    assert in_time(attempt).startswith("capture.json: ")


@pytest.mark.parametrize(
    ("described", "hostname", "ticks"),
    [
        ({}, None, 100),
        ({"hostname": "far", "ticks_per_second": 1000, "unknown": 1}, "far", 1000),
        ({"hostname": 5, "ticks_per_second": "many"}, None, 100),
        ({"hostname": None, "ticks_per_second": 0}, None, 100),
        ({"hostname": "\x1b[31m", "ticks_per_second": -1}, "\x1b[31m", 100),
        ({"ticks_per_second": 1e300}, None, 100),
    ],
)
def test_descriptions_may_lack_things(described: dict[str, Any], hostname: str | None, ticks: int, tree: Path) -> None:
    """What a description lacks, or has of another type, is unknown; what is not known of it is ignored."""
    (tree / "capture.json").write_text(json.dumps(described))
    machine = SnapshotSystem(tree).machine
    assert (machine.hostname, machine.ticks_per_second, machine.live) == (hostname, ticks, False)


def test_descriptions_cannot_break_json(tree: Path) -> None:
    """A name of a machine that no UTF-8 can hold leaves the report strict JSON."""
    (tree / "capture.json").write_text('{"hostname": "\\ud800", "kernel_release": "\\udfff"}')
    report = json.loads(show(tree, "-tan", "--json").stdout.decode("utf-8", "strict"))
    assert "d800" in report["system"]["hostname"]


def test_big_endian_folders(tree: Path) -> None:
    """Addresses of a machine of the other byte order are read in its order, which the description tells."""
    (tree / "proc/net/tcp").write_text(BIG)
    (tree / "capture.json").write_text(
        '{"byte_order": "big", "kernel_release": "6.1", "captured_at": "2024-01-01T00:00:00Z"}'
    )
    report = sockets(tree)
    assert [record["local_address"] for record in report["tables"]["sockets"]] == ["127.0.0.1"]
    assert (report["system"]["byte_order"], report["captured_at"]) == ("big", "2024-01-01T00:00:00Z")
    assert show(tree, "-tan").stdout.splitlines()[2].rstrip() == LISTENER


def test_replays_ask_no_resolver(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names of another machine's hosts, ports and users are not looked up on this one."""
    monkeypatch.setattr(socket, "gethostbyaddr", lambda _address: pytest.fail("a resolver was asked"))
    shown = show(tree, "-tae").stdout
    assert LISTENER in shown
    assert b" 1000 " in shown
