"""Targets for what the host itself reads: snapshots in every form, their descriptions, files of processes, dumps."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from feed_targets import netlink_samples
from mutations import join_tree, mutate_json, mutate_tree
from samples import FIXTURES
from targets import Fault, Target
from trees import Trees

from netstat_core.errors import SnapshotError, UsageError
from netstat_core.host.checker import Checker, _compile
from netstat_core.host.discovery import Host
from netstat_core.owners.control_groups import BOOT_FILE, parse_boot_time
from netstat_core.owners.processes import ProcessTable
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import DescribedProcess
from netstat_core.plugin.schema import published_schema
from netstat_core.query import ARGUMENTS, CONTEXTS, DETAILS, PROCESSES, Query
from netstat_core.report.run import collect
from netstat_core.system import ORDERS, archive, capture, find_namespaces, packed_text, unpacking, writing
from netstat_core.system.copied_machine import describe_copy
from netstat_core.system.snapshot import MemoryStore, SnapshotSystem, _split_datagrams

TCP = (FIXTURES / "examples/sock/proc/net/tcp").read_bytes()[:600]
LARGEST_PACKED = 4500
"""Bytes of packed text that is small enough to be a seed."""


def system_targets() -> Iterator[Target]:
    """Yield the targets of snapshots, of files that describe machines and processes, and of netlink replies."""
    yield Target("packed text", "system", _unpack, lambda _: _packed_seeds())
    yield Target("contents of packed text", "system", _unpack_contents, small_trees, mutate_tree)
    yield Target("index of packed text", "system", _unpack_contents, small_trees)
    yield Target("archive", "system", _load, _archive_seeds)
    yield Target("description", "system", _replay, lambda _: _descriptions(), mutate_json)
    yield Target("descriptor links", "system", _follow, _fixed(b"socket:[7]", b"[0000]:7", b"net:[4026531840]"))
    for name in sorted(capture._OF_PROCESS):
        yield Target(f"process {name}", "system", _of_process(name), _fixed(*_PROCESS[name]))
    for path in _described_by():
        yield Target(f"copy {path}", "system", _of_copy(path), _fixed(*_COPIED))
    yield Target(f"copy {BOOT_FILE}", "system", parse_boot_time, _fixed(b"cpu 1\nbtime 1700000000\n"))
    yield Target("mounts", "system", lambda data: list(find_namespaces.parse_mountinfo(data)), _fixed(*_MOUNTS))
    yield Target("recorded reply", "system", _split, _framed)
    yield Target("dump", "system", _receive, netlink_samples)
    yield Target("kept messages", "system", _keep_messages, netlink_samples)
    yield Target("kept rows", "system", _keep_rows, _fixed(TCP))


_PROCESS = {
    "comm": (b"sshd\n", b"a\xff)\n"),
    "cmdline": (b"/usr/sbin/sshd\0-D\0", b"nginx: worker process\0\0\0\0\0\0\0\0\0\0"),
    "status": (b"Name:\tsshd\nUid:\t0\t0\t0\t0\n",),
    "stat": (b"1 (a) b) S 0 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 5 1 1 1844 0 0 0 0 0 0 0 0 0 0 0\n",),
    "cgroup": (
        b"0::/system.slice/ssh.service\n",
        b"12:cpu:/docker/" + b"0f" * 32 + b"\n1:name=systemd:/user.slice/user-1000.slice/user@1000.service/a.service\n",
        b"0::/kubepods.slice/kubepods-pod" + b"01234567_89ab_cdef_0123_456789abcdef.slice/cri-containerd-" + b"0f" * 32
        + b".scope\n",
    ),
    "exe": (b"/usr/sbin/sshd (deleted)",),
    "environ": (b"LISTEN_PID=1\0LISTEN_FDS=2\0LISTEN_FDNAMES=ssh.socket:b.socket\0",),
    "attr/current": (b"unconfined\n\0", b"system_u:system_r:sshd_t:s0\0"),
}  # fmt: skip
"""Contents of the files of processes that captures may hold; a new one fails here until it has a sample."""

_COPIED = (
    b"Linux host 6.1.0-18-amd64 #1 SMP Debian x86_64 GNU/Linux\n",
    *(b"Thu Nov 26 10:11:12 CET 2026\n", b"   Universal time: Thu 2026-11-26 09:11:12 UTC\n", b"host.example\n"),
    *(b"Linux version 6.1.0-18-s390x (gcc) #1 SMP\n", b"6.1.0-18-amd64\n", TCP),
)
_MOUNTS = (b"25 30 0:4 net:[4026532281] /run/netns/a\\040b rw shared:1 - nsfs nsfs rw\n",)


def _fixed(*seeds: bytes) -> Callable[[Trees], list[bytes]]:
    return lambda _trees: list(seeds)


_NAMED = {
    "capture.json": json.dumps(
        {
            "capture": 1,
            "hostname": "h",
            "kernel_release": "6.1",
            "byte_order": "little",
            "ticks_per_second": 100,
            "network_namespace": {"inode": 1, "name": "blue"},
            "failed": {"/proc/net/tcp6": [5, "broken"]},
            "asked": [{"path": f"/proc/net/{name}"} for name in ("tcp", "unix", "route")],
            "namespaces": [{"asked": [], "failed": {}, "network_namespace": {"inode": 2, "name": "red"}}],
            "missed": [["permission", "green", "closed", 3, 1, 1]],
            "owners": {"held": {"5": [1, 4242, 18000]}, "denied": 1, "error": [13, "no"], "failed": 1},
            "names": {
                "users": {str(uid): f"user{uid}" for uid in (0, 101, 1000)},
                "hosts": dict.fromkeys(("127.0.0.1", "0.0.0.0", "10.0.0.1"), "localhost"),
                "services": {f"tcp/{port}": "service" for port in (22, 80, 8080)},
                "networks": {"10.0.0.0": "ten", "0.0.0.0": "default"},
            },
        }
    ).encode(),
    "proc/5/comm": b"sshd\n",
    "proc/5/cmdline": b"/usr/sbin/sshd\0-D\0",
    "proc/5/status": b"Uid:\t0\t0\t0\t0\n",
    "proc/net/tcp": TCP.partition(b"\n")[0]
    + b"""
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100 0 0 10 0
   1: 0100000A:0016 0100000A:0050 01 00000000:00000000 00:00000000 00000000     0        0 18000 1 0 100 0 0 10 0
""",
    "proc/net/route": b"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"
    + b" " * 55
    + b"\neth0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0".ljust(128)
    + b"\n",
    "proc/net/unix": b"Num       RefCount Protocol Flags    Type St Inode Path\n"
    b"0000000000000000: 00000002 00000000 00010000 0001 01     1 /run/x\n",
}
"""A snapshot in which all that a description can say of other names is used."""


def small_trees(trees: Trees) -> list[bytes]:
    """Return the contents of small snapshots: those of packed fixtures, and of example trees."""
    found = [packed_text.unpack(path.read_bytes()) for path in sorted((FIXTURES / "netlink").glob("*.txt"))]
    found += [_read_tree(trees[f"examples/{name}"]) for name in ("bad", "igmp", "masq", "masq_old", "route20", "dev")]
    found.append(_NAMED)
    return [join_tree({path: content[:2048] if "netlink" not in path else content for path, content in one.items()})
            for one in found if sum(map(len, one.values())) < 40_000]  # fmt: skip


def _read_tree(folder: Path) -> dict[str, bytes]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _packed_seeds() -> list[bytes]:
    texts = [path.read_bytes() for path in sorted((FIXTURES / "netlink").glob("*.txt"))]
    return [text for text in texts if len(text) <= LARGEST_PACKED]


def _archive_seeds(_trees: Trees) -> list[bytes]:
    files = {"x/capture.json": b"{}", "x/proc/net/tcp": TCP, "x/" + "d" * 120 + "/" + "n" * 90: b"long"}
    tar = writing.make_tar(files)
    others = [_make_tar(files, form) for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT)]
    return [tar, *others, gzip.compress(tar, mtime=0), bz2.compress(tar), lzma.compress(tar)]


def _make_tar(files: dict[str, bytes], form: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as opened:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("x/proc/net")
        link.type, link.linkname = tarfile.SYMTYPE, "self/net"
        opened.addfile(link)
    return out.getvalue()


def _unpack(data: bytes) -> None:
    try:
        archive.unpack_text(data.decode("latin-1"), 1 << 20)
    except SnapshotError:
        return


def _unpack_contents(data: bytes) -> None:
    packed = capture.MARK.encode() + base64.b64encode(zlib.compress(data, 1))
    try:
        found = packed_text.unpack(packed, 1 << 20)
    except (SnapshotError, ValueError, RecursionError, zlib.error):
        return
    if sum(map(len, found.values())) > len(data) or not all(map(unpacking.is_safe, found)):
        raise Fault("more contents than there are bytes, or a path that leads out")


def _load(data: bytes) -> None:
    try:
        store = archive.load(io.BytesIO(data), "fuzzed")
    except SnapshotError:
        return
    size = sum(len(store.read(path)) for path in store.find_paths("/*/*/*"))
    if not data.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", capture.MARK.encode())) and size > len(data):
        raise Fault(f"an archive of {len(data)} bytes holds {size}")


def _descriptions() -> list[bytes]:
    texts = sorted((FIXTURES / "netlink").glob("*.txt"))
    return [json.dumps(json.loads(packed_text.unpack(path.read_bytes())["capture.json"])).encode() for path in texts]


_SOCKETS = Query(tables=("sockets",), owners=(PROCESSES, DETAILS, CONTEXTS, ARGUMENTS))


def _replay(data: bytes) -> None:
    """Show all sockets of a snapshot with a description, in this namespace and in all, with their owners."""
    files = {"/capture.json": data, "/proc/net/tcp": TCP, "/netlink/0": b""}
    files |= {f"/namespaces/{inode}/proc/net/tcp": TCP for inode in (1, 4026532281)}
    for every in (False, True):
        try:
            system = SnapshotSystem(MemoryStore(files))
            report = collect(_SOCKETS._replace(all_network_namespaces=every), system, _host())
        except (SnapshotError, UsageError):
            continue
        check_report(report)


def check_report(report: dict[str, Any]) -> None:
    """Raise Fault if a report has an invalid record, or if it says that a plugin is broken."""
    for gap in report["completeness"]:
        if gap["reason"] in ("broken_plugin", "rejected"):
            raise Fault(f"{gap['source']}: {gap['detail']}")
    for record in (record for records in report["tables"].values() for record in records):
        if not validity(record["kind"])([record]):
            raise Fault(f"invalid {record}"[:2000])
    json.dumps(report).encode()


_hosts: list[Host] = []


def _host() -> Host:
    if not _hosts:
        _hosts.append(Host())
    return _hosts[0]


_VALID: dict[str, Any] = {}


def validity(kind: str) -> Any:
    """Return the function that says whether records of a kind match their published schema."""
    if kind not in _VALID:
        schema = published_schema(_host().kinds()[kind])
        _VALID[kind] = _compile({"type": "array", "items": schema})
    return _VALID[kind]


def _follow(data: bytes) -> None:
    links = {"/proc/1/fd/3": data.decode("latin-1"), "/proc/12/ns/net": data.decode("utf-8", "replace")}
    owners = MemoryStore({"/proc/net/tcp": TCP}, links).find_owners()
    if not all(0 <= inode < 10**20 and pids for inode, pids in owners.pids.items()):
        raise Fault(f"not inodes: {owners.pids}")


_OWNERS = Reader("processes", table="x", position=0, families=("x",), kind="process", record=DescribedProcess, feeds=())


def _of_process(name: str) -> Callable[[bytes], None]:
    checker = Checker(_OWNERS)

    def run(data: bytes) -> None:
        files = {f"/proc/5/{other}": seeds[0] for other, seeds in _PROCESS.items()} | {BOOT_FILE: b"btime 1700000000\n"}
        links = {"/proc/5/fd/3": "socket:[7]"}
        system = SnapshotSystem(MemoryStore({**files, f"/proc/5/{name}": data}, links))
        table = ProcessTable(system, context=True, details=True, arguments=True)
        held = [process for held in table.find_holders([7]) for process in held or ()]
        _, violations = checker.check(held, "fuzz", "fuzz")
        if violations or len(held) != 1:
            raise Fault(f"{len(held)} processes, and {violations[:1]}")

    return run


class _AskedStore(MemoryStore):
    """A store that lists the paths it is asked for."""

    def __init__(self) -> None:
        super().__init__({})
        self.asked: list[str] = []

    def read(self, path: str) -> bytes:
        self.asked.append(path)
        return super().read(path)


def _described_by() -> list[str]:
    """Return the files that a machine is described by."""
    store = _AskedStore()
    describe_copy(store)
    return list(dict.fromkeys(store.asked))


def _of_copy(path: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        machine = SnapshotSystem(MemoryStore({"/proc/net/tcp": TCP, path: data})).machine
        texts = [text for text in (machine.hostname, machine.kernel_release, machine.captured_at) if text is not None]
        if machine.byte_order not in ORDERS or not all(text.isascii() and text.isprintable() for text in texts):
            raise Fault(f"not a machine: {machine}")

    return run


def _split(data: bytes) -> None:
    try:
        size = sum(map(len, _split_datagrams(data)))
    except OSError:
        return
    if size > len(data):
        raise Fault("more datagrams than bytes")


def _framed(trees: Trees) -> list[bytes]:
    return [capture.frame_datagrams([one, one[:100]]) for one in netlink_samples(trees)]


class _Channel:
    """A netlink socket on which an input arrives in a few datagrams, and nothing after them."""

    def __init__(self, data: bytes) -> None:
        third = max(len(data) // 3, 1)
        self._left = [data[start : start + third] for start in range(0, len(data), third)]

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def settimeout(self, seconds: float) -> None:
        """Accept a limit of time."""

    def setsockopt(self, *_: int) -> None:
        """Accept an option."""

    def bind(self, _address: object) -> None:
        """Accept an address."""

    def getsockname(self) -> tuple[int, int]:
        """Return the port."""
        return 5, 0

    def sendto(self, _request: bytes, _address: object) -> None:
        """Accept a request."""

    def recvmsg_into(self, buffers: list[bytearray]) -> tuple[int, list[Any], int, None]:
        """Receive the next datagram."""
        if not self._left:
            raise TimeoutError("timed out")
        part = self._left.pop(0)
        buffers[0][: len(part)] = part
        return len(part), [], 0, None


def _receive(data: bytes) -> None:
    try:
        capture.dump_whole(0, 18, b"", strict=True, tries=2, connect=lambda _: _Channel(data))  # type: ignore[arg-type,return-value]
    except OSError:
        return


def _keep_messages(data: bytes) -> None:
    kept = capture.keep_messages([data, data[5:]], len(data) % 40, ["01", "0a"])
    if sum(map(len, kept)) > 2 * len(data):
        raise Fault("more messages than there were")
    capture._numbers_in_messages([data], 4)


def _keep_rows(data: bytes) -> None:
    for column in (3, -1):
        if len(capture.keep_rows(data, column, ["0A", "01"])) > len(data) + 1:
            raise Fault("more rows than there were")
        capture._numbers_in_column(data, column)
