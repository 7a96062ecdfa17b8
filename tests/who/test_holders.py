"""Who holds a socket: a list of processes, nobody, or unknown, and never nobody where somebody may."""

from __future__ import annotations

import errno
import json
import os
import platform
import subprocess
import sys
import tarfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import namespaces
import pytest
from threaded_holder import EXIT
from without_readlink import READLINKAT

from netstat_core import Query, collect
from netstat_core.errors import SourceError
from netstat_core.facts.gather import gather
from netstat_core.facts.query import facts_query
from netstat_core.host.discovery import Host
from netstat_core.owners.processes import ProcessTable
from netstat_core.system import System
from netstat_core.system.capture import Owners, list_pids, scan_owners
from netstat_core.system.snapshot import SnapshotSystem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

HERE = Path(__file__).resolve().parent
NETSTAT = [sys.executable, "-m", "netstat_core"]
LISTENING = Query(protocols=("tcp",), show="listening", owners=("processes",))


@contextmanager
def holder(mode: str, port: int) -> Iterator[int]:
    """Run a process that holds a socket in a way of its own; give its pid."""
    if platform.machine() not in EXIT:
        pytest.skip("the number of the system call exit is not known for this machine")
    command = [sys.executable, str(HERE / "threaded_holder.py"), mode, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        try:
            if process.stdout.readline() != b"ready\n":
                pytest.skip(f"a thread cannot have {mode} here")
            if mode == "exited":
                wait_until_main_thread_exits(process.pid)
            yield process.pid
        finally:
            process.kill()


def wait_until_main_thread_exits(pid: int) -> None:
    """Return when the main thread of a process has exited."""
    while Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z":
        pass


def run(*arguments: str, before: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the JSON report of a command."""
    ran = subprocess.run([*before, *NETSTAT, "--json", *arguments], capture_output=True, check=False, timeout=60)
    assert b"Traceback" not in ran.stderr
    report: dict[str, Any] = json.loads(ran.stdout)
    return report


def holders_of(report: dict[str, Any], port: int) -> Any:
    """Return the processes of the listener on a port."""
    (found,) = [one["processes"] for one in report["tables"]["sockets"] if one["local_port"] == port]
    return found


def owner_gaps(report: dict[str, Any]) -> list[str]:
    """Return the reasons of the entries about owners."""
    return [entry["reason"] for entry in report["completeness"] if entry["about"] == "owners"]


@pytest.mark.parametrize(("mode", "port"), [("exited", 17801), ("own-table", 17802)])
def test_a_holder_among_threads(mode: str, port: int, tmp_path: Path) -> None:
    """A process whose main thread does not show the socket is found, live and in a capture, with all it tells."""
    with holder(mode, port) as pid:
        live = run("-tln", "--who", "--arguments")
        file = tmp_path / "snapshot.txt"
        subprocess.run([*NETSTAT, "capture", str(file), "--arguments"], check=True, capture_output=True)
        recorded = tmp_path / "recorded.txt"
        run("-tln", "--who", "--arguments", "--record", str(recorded))
    for report in (live, run("-tln", "--who", "--arguments", "--from", str(file))):
        (process,) = holders_of(report, port)
        assert process["pid"] == pid
        assert process["command"][1:] == [str(HERE / "threaded_holder.py"), mode, str(port)]
        assert process["executable"] == os.path.realpath(sys.executable)
        assert process["descriptors"]
    assert [one["pid"] for one in holders_of(run("-tlnp", "--from", str(recorded)), port)] == [pid]


def test_a_namespace_of_a_thread() -> None:
    """A network namespace that only a thread is in is found, by --all-netns and by the number of the thread."""
    if os.geteuid():
        pytest.skip("making a network namespace needs root")
    with holder("own-namespace", 17803) as pid:
        report = run("-tln", "--all-netns")
        (found,) = [one for one in report["tables"]["sockets"] if one["local_port"] == 17803]
        assert found["network_namespace"]["inode"] != os.stat("/proc/self/ns/net").st_ino
        thread = max(map(int, os.listdir(f"/proc/{pid}/task")))
        selected = run("-tln", "--netns", f"pid:{thread}")
        assert [one["local_port"] for one in selected["tables"]["sockets"]] == [17803]


def test_a_namespace_of_a_process_whose_main_thread_exited() -> None:
    """--netns pid:N selects the namespace that the other threads are in."""
    if os.geteuid():
        pytest.skip("entering a network namespace needs root")
    with holder("exited", 17804) as pid:
        report = run("-tln", "--netns", f"pid:{pid}")
    assert 17804 in [one["local_port"] for one in report["tables"]["sockets"]]
    assert report["completeness"] == []


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENOENT, errno.EACCES, errno.EPERM])
def test_links_that_cannot_be_read(number: int) -> None:
    """Whatever the error with which descriptors cannot be read, nobody is called the holder of nothing."""
    if platform.machine() not in READLINKAT:
        pytest.skip("the number of the system call readlinkat is not known for this machine")
    with holder("own-table", 17805):
        report = run("-tlnp", before=(sys.executable, str(HERE / "without_readlink.py"), str(number)))
    assert holders_of(report, 17805) is None
    assert owner_gaps(report) == ["permission" if number in {errno.EACCES, errno.EPERM} else "unreadable"]


@pytest.mark.parametrize("number", sorted(errno.errorcode))
@pytest.mark.parametrize("function", ["open", "listdir", "readlink"])
def test_every_error_is_counted(function: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that any error keeps from being read is counted once, unless the error means that it ended."""
    for pid in ("1", "2"):
        (tmp_path / pid / "fd").mkdir(parents=True)
        for name in ("3", "4"):
            (tmp_path / pid / "fd" / name).symlink_to("socket:[5]")
    plain = getattr(os, function)

    def fail(*arguments: Any, **options: Any) -> Any:
        if function != "listdir" or isinstance(arguments[0], int):
            raise OSError(number, os.strerror(number))
        return plain(*arguments, **options)

    monkeypatch.setattr(os, function, fail)
    owners = scan_owners(str(tmp_path))
    counted = owners.denied + owners.unread + owners.failed
    ended = {errno.ENOENT, errno.ESRCH, errno.ENOTDIR} if function != "readlink" else set()
    assert (owners.pids, counted) == ({}, 0 if number in ended else 2)


def test_another_pid_namespace() -> None:
    """In a PID namespace of its own a report knows of no socket that nobody holds, and says so, in facts as well."""
    if why := namespaces.reason():
        pytest.skip(why)
    with holder("own-table", 17806):
        inside = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
        report = run("-tlnp", before=inside)
        ran = subprocess.run(
            [*inside, *NETSTAT, "--format", "facts-local", "-tlnp"], capture_output=True, check=True, timeout=60
        )
        packed = subprocess.run([*inside, *NETSTAT, "capture", "-"], capture_output=True, check=True, timeout=60)
    assert holders_of(report, 17806) is None
    assert owner_gaps(report) == ["permission"]
    facts = json.loads(ran.stdout)
    assert (facts["complete"], facts["covers"]["owners"]) == (False, "some")
    assert facts["listening"]["tcp/17806"]["owner_seen"] is False
    replayed = subprocess.run(
        [*NETSTAT, "--from", "-", "--json", "-tlnp"], input=packed.stdout, capture_output=True, check=True, timeout=60
    )
    assert holders_of(json.loads(replayed.stdout), 17806) is None


ROW = b"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 %d 1 0\n"
TCP = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
KERNEL_THREAD = b"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0\n"
STATUS = (
    b"Name:\tkthreadd\nUmask:\t0000\nState:\tS (sleeping)\nTgid:\t2\nNgid:\t0\nPid:\t2\nPPid:\t0\nUid:\t0\t0\t0\t0\n"
)
COPIES: dict[str, tuple[dict[str, str], dict[str, bytes], bool]] = {
    "the initial namespace": ({"1/ns/pid": "pid:[4026531836]"}, {}, True),
    "another namespace": ({"1/ns/pid": "pid:[4026532200]"}, {"2/stat": KERNEL_THREAD}, False),
    "a thread of the kernel by its flags": ({}, {"2/stat": KERNEL_THREAD}, True),
    "a thread of the kernel by its parent": ({}, {"2/status": STATUS}, True),
    "a process that is called so": ({}, {"2/status": STATUS.replace(b"PPid:\t0", b"PPid:\t1")}, False),
    "flags of thousands of digits": ({}, {"2/stat": KERNEL_THREAD.replace(b"2129984", b"9" * 4400)}, False),
    "nothing": ({}, {}, False),
}


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "archive"])
@pytest.mark.parametrize("copy", COPIES)
def test_copies_decide_by_what_they_hold(copy: str, packed: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter
    """A copied /proc shows nobody as holder only if it shows that it is that of the initial PID namespace."""
    links, files, is_initial = COPIES[copy]
    tree = tmp_path / "in" / "proc"
    for path, content in {**files, "net/tcp": TCP + ROW % 500 + ROW % 501, "1/fd/4": b"socket:[501]\n"}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
    for path, target in {**links, "1/fd/3": "socket:[502]"}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).symlink_to(target)
    source = tmp_path / "in"
    if packed:
        source = tmp_path / "in.tar"
        with tarfile.open(source, "w") as archive:
            archive.add(tree.parent, "in")
    report = collect(LISTENING, SnapshotSystem(source))
    unheld, held = [one["processes"] for one in report["tables"]["sockets"]]
    assert [one["pid"] for one in held] == [1]
    assert (unheld, owner_gaps(report)) == (([], []) if is_initial else (None, ["permission"]))


def test_copied_threads(tmp_path: Path) -> None:
    """The descriptors of threads in a copied folder count as those of their process; links out of it do not."""
    task = tmp_path / "proc" / "77" / "task"
    (task / "78" / "fd").mkdir(parents=True)
    (task / "78" / "fd" / "3").symlink_to("socket:[500]")
    (tmp_path / "proc" / "79").mkdir()
    (tmp_path / "proc" / "79" / "task").symlink_to(task)
    (tmp_path / "proc" / "80").symlink_to(tmp_path / "proc" / "77")
    for pid in ("77", "79"):
        (tmp_path / "proc" / pid / "fd").mkdir()
    (task / "77").mkdir()
    assert SnapshotSystem(tmp_path).find_owners().pids == {500: (77,)}


def test_names_that_look_like_numbers(tmp_path: Path) -> None:
    """A folder of /proc is a process only if its name is a number in ASCII digits, as the kernel writes it."""
    for name in ("²", "٣", "1", "x1", "1 ", "+1", "1_0", "99999999999"):
        (tmp_path / name / "fd").mkdir(parents=True)
        (tmp_path / name / "fd" / "3").symlink_to("socket:[5]")
    assert list_pids(str(tmp_path)) == [1]
    assert scan_owners(str(tmp_path)).pids == {5: (1,)}
    for target in ("socket:[²]", "socket:[٣]", "net:[٣]"):
        (tmp_path / "1" / "fd" / "3").unlink()
        (tmp_path / "1" / "fd" / "3").symlink_to(target)
        assert scan_owners(str(tmp_path)).pids == {}


def test_a_snapshot_with_such_names(tmp_path: Path) -> None:
    """Such a folder does not keep a snapshot from being shown."""
    (tmp_path / "proc" / "²" / "fd").mkdir(parents=True)
    (tmp_path / "proc" / "net").mkdir()
    (tmp_path / "proc" / "net" / "tcp").write_bytes(TCP + ROW % 500)
    assert holders_of(run("-tlnp", "--from", str(tmp_path)), 8080) is None


class Searched(System):
    """A live machine whose first search finds nothing, and whose later ones find what was opened since."""

    def __init__(self, *later: dict[int, list[int]], initial: bool | None = True, denied: int = 0) -> None:
        self._first = Owners()
        self._first.initial, self._first.denied = initial, denied
        self._later = list(later)
        self.asked: list[set[int]] = []

    def find_owners(self, *, descriptors: bool = False) -> Owners:
        """Return the result of the first search."""
        return self._first

    def search_owners(self, inodes: Collection[int], *, descriptors: bool = False) -> Owners | None:
        """Return what the next search finds."""
        self.asked.append(set(inodes))
        found = Owners()
        found.threads = True
        later = self._later.pop(0) if self._later else {}
        found.pids = {inode: tuple(pids) for inode, pids in later.items()}
        return found


def holders(table: ProcessTable, *inodes: int) -> list[Any]:
    """Return the pids of the holders of sockets that one more reader has read."""
    table.begin_reader()
    return [held if held is None else [one["pid"] for one in held] for held in table.find_holders(inodes)]


def test_sockets_that_were_opened_since() -> None:
    """A socket that was opened after the first search gets its holder from another, once for each reader."""
    system = Searched({6: [70]}, {7: [71]})
    table = ProcessTable(system)
    assert holders(table, 6, 8) == [[70], []]
    assert holders(table, 7, 8) == [[71], []]
    assert system.asked == [{6, 8}, set()]  # the threads are searched once
    assert list(table.late_gaps()) == []


def test_a_machine_that_keeps_opening_sockets() -> None:
    """Searches are bounded, and what was not searched for again is unknown, which an entry says."""
    system = Searched()
    table = ProcessTable(system)
    found = [holders(table, inode) for inode in range(1, 20)]
    assert found[:8] == [[[]]] * 8
    assert found[8:] == [[None]] * 11
    assert len(system.asked) == 8
    assert [(gap.reason, gap.count) for gap in table.late_gaps()] == [("raced", 11)]


@pytest.mark.parametrize("initial", [False, None])
def test_sockets_of_outside(initial: bool | None) -> None:  # noqa: FBT001 - a parameter
    """Where processes outside may hold a socket it is unknown who does, and only such sockets are told."""
    table = ProcessTable(Searched({6: [70]}, initial=initial))
    assert holders(table, 6) == [[70]]
    assert list(table.late_gaps()) == []
    assert holders(table, 7, 0) == [None, []]
    (gap,) = table.late_gaps()
    assert "1 socket is held by no process" in gap.detail


def test_searching_again_fails() -> None:
    """If the second search fails, what it should have found is unknown."""

    class Failing(Searched):
        def search_owners(self, inodes: Collection[int], *, descriptors: bool = False) -> Owners | None:
            raise SourceError("/proc", "Input/output error", errno.EIO)

    table = ProcessTable(Failing())
    assert holders(table, 6) == [None]
    assert [gap.reason for gap in table.late_gaps()] == ["unreadable"]


@pytest.mark.parametrize(
    ("privileged", "advice"),
    [(True, "although root tried"), (False, "which only root can"), (None, "could not be read")],
)
def test_advice_fits_who_asked(privileged: bool | None, advice: str) -> None:  # noqa: FBT001 - a parameter
    """Root is not told to become root."""
    system = Searched(denied=3)
    system.find_owners().privileged = privileged
    (gap,) = ProcessTable(system).gaps
    assert advice in gap.detail
    assert ("only root" in gap.detail) == (privileged is False)


def test_listeners_of_the_kernel_are_known(tmp_path: Path) -> None:
    """A listener that nobody holds is no doubt: facts are complete and say that its owner is known to be no process."""
    (tmp_path / "proc" / "net").mkdir(parents=True)
    (tmp_path / "proc" / "net" / "tcp").write_bytes(TCP + ROW % 500)
    (tmp_path / "proc" / "1" / "ns").mkdir(parents=True)
    (tmp_path / "proc" / "1" / "fd").mkdir()
    host = Host()
    query = facts_query(host, protocols=["tcp"], families=["inet"], tables=["sockets"])
    known = {}
    for number in (4026531836, 4026532200):
        (tmp_path / "proc" / "1" / "ns" / "pid").unlink(missing_ok=True)
        (tmp_path / "proc" / "1" / "ns" / "pid").symlink_to(f"pid:[{number}]")
        facts = gather(query, SnapshotSystem(tmp_path), host).facts
        (entry,) = facts["listening"].values()
        known[number] = (facts["covers"]["owners"], entry["processes"], entry["owner_seen"])
    assert known == {4026531836: ("all", [], True), 4026532200: ("some", [], False)}


TITLES: dict[bytes, list[str]] = {
    b"pg: w" + b"\0" * 50: ["pg: w"],
    b"sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups\0\0\0\0\0\0": [
        "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"
    ],
    b"(sd-pam)" + b"\0" * 30: ["(sd-pam)"],
    b"prog\0\0--flag\0\0": ["prog", "", "--flag", ""],
    b"printf\0%s\0\0": ["printf", "%s", ""],
    b"cat\0\0": ["cat", ""],
    b"cat\0\0\0\0": ["cat", "", "", ""],
    b"nginx: master\0": ["nginx: master"],
    b"no end": ["no end"],
    b"\0": [""],
    b"": [],
}


@pytest.mark.parametrize("content", TITLES)
def test_titles(content: bytes, tmp_path: Path) -> None:
    """A title that a process has written over its arguments is its command, and empty arguments stay."""
    process = tmp_path / "proc" / "77"
    (process / "fd").mkdir(parents=True)
    (process / "fd" / "3").write_text("socket:[500]")
    (process / "cmdline").write_bytes(content)
    (tmp_path / "proc" / "net").mkdir()
    (tmp_path / "proc" / "net" / "tcp").write_bytes(TCP + ROW % 500)
    for owners, wanted in ((("processes", "arguments"), TITLES[content]), (("processes",), TITLES[content][:1])):
        report = collect(LISTENING._replace(owners=owners), SnapshotSystem(tmp_path))
        assert report["tables"]["sockets"][0]["processes"][0]["command"] == wanted


def test_a_written_title() -> None:
    """A real process that overwrites its arguments shows its title alone."""
    write = (
        "import ctypes, socket, sys, time; s = socket.create_server(('127.0.0.1', 17807));"
        "start, end = map(int, open('/proc/self/stat').read().rpartition(')')[2].split()[45:47]);"
        "ctypes.memset(start, 0, end - start); ctypes.memmove(start, b'pg: w', 5); print('ready', flush=True);"
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", write, "x" * 50], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            if process.stdout.readline() != b"ready\n":
                pytest.skip("the kernel does not show where the arguments are")
            (found,) = holders_of(run("-tlnp", "--arguments"), 17807)
        finally:
            process.kill()
    assert found["command"] == ["pg: w"]


def capture_with(tmp_path: Path, **about: Any) -> Path:
    """Make the folder of a capture with one listener, and the owner and namespace that its description has."""
    (tmp_path / "proc" / "net").mkdir(parents=True, exist_ok=True)
    (tmp_path / "proc" / "net" / "tcp").write_bytes(TCP + ROW % 500)
    facts = {"capture": 1, "asked": [{"path": "/proc/net/tcp"}], "network_namespace": {"inode": 7, "name": None}}
    (tmp_path / "capture.json").write_text(json.dumps({**facts, **about}))
    return tmp_path


@pytest.mark.parametrize("uid", ["9" * 4400, "-1", "x", "²"])
def test_damaged_user_ids(uid: str, tmp_path: Path) -> None:
    """A user id that no kernel writes is unknown and told, and costs no row."""
    folder = capture_with(tmp_path, owners={"held": {"77": [500]}})
    (tmp_path / "proc" / "77").mkdir()
    (tmp_path / "proc" / "77" / "status").write_text(f"Uid:\t{uid}\t0\n")
    report = collect(LISTENING._replace(source="procfs"), SnapshotSystem(folder))
    (process,) = holders_of(report, 8080)
    assert (process["pid"], process["uid"]) == (77, None)
    assert [entry["source"] for entry in report["completeness"] if entry["about"] == "owners"] == ["/proc/PID/status"]
    assert not [entry for entry in report["completeness"] if entry["reason"] == "broken_plugin"]


DAMAGED_NUMBERS = [True, -1, 1 << 64, "1", 1.5, [], None]


@pytest.mark.parametrize("value", DAMAGED_NUMBERS)
@pytest.mark.parametrize("key", ["denied", "unread", "failed", "processes", "hidden", "initial", "privileged", "error"])
def test_damaged_owners(key: str, value: Any, tmp_path: Path) -> None:
    """Whatever stands for a fact about owners, the rows stay; damage is told, and holders are unknown then."""
    folder = capture_with(tmp_path, owners={"held": {"77": [501]}, "initial": True, key: value})
    report = collect(LISTENING._replace(source="procfs"), SnapshotSystem(folder))
    json.dumps(report)
    is_sound = key == "privileged" or (key, value) == ("error", None) or (key == "initial" and value is True)
    assert holders_of(report, 8080) == ([] if is_sound else None)
    is_told = not is_sound or (key == "privileged" and value is not True and value is not None)
    assert bool(owner_gaps(report)) == is_told


@pytest.mark.parametrize("value", DAMAGED_NUMBERS)
def test_damaged_holders(value: Any, tmp_path: Path) -> None:
    """Inodes and descriptors that are no numbers of the kernel are left out of records."""
    owners = {"held": {"77": [value, 500]}, "descriptors": {"77": [[value], [3, value]]}}
    report = collect(
        LISTENING._replace(source="procfs", owners=("processes", "details")),
        SnapshotSystem(capture_with(tmp_path, owners=owners)),
    )
    (process,) = holders_of(report, 8080)
    assert process["descriptors"] == [3]
    for held in ({"77": [value]}, {"77": value or 7}, {"7x": [500]}, value):
        (tmp_path / "capture.json").unlink()
        folder = capture_with(tmp_path, owners={"held": held, "initial": True})
        assert holders_of(collect(LISTENING._replace(source="procfs"), SnapshotSystem(folder)), 8080) is None


@pytest.mark.parametrize(
    "namespace", [{"inode": value, "name": None} for value in DAMAGED_NUMBERS[:-1]] + [{"inode": 1}, 7]
)
def test_damaged_namespaces(namespace: Any, tmp_path: Path) -> None:
    """A namespace that no kernel has is unknown and told, and the rows stay."""
    folder = capture_with(tmp_path, network_namespace=namespace, namespaces=[{"network_namespace": namespace}])
    for query in (LISTENING, LISTENING._replace(all_network_namespaces=True)):
        report = collect(query._replace(source="procfs"), SnapshotSystem(folder))
        assert [one["network_namespace"] for one in report["tables"]["sockets"]] == [None]
        assert ("unreadable", 2) in [
            (one["reason"], one["count"]) for one in report["completeness"] if one["about"] == "namespaces"
        ]
