"""Replays stay within bounds of memory and time, whatever a snapshot holds."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple

import pytest
from hostile_archives import TCP
from hostile_sizes import SIZES, Hostile, member
from pynetstat import show

from netstat_core.errors import SnapshotError
from netstat_core.system.snapshot import SnapshotSystem

MIB = 1 << 20
FACTOR = 2
MOST_TIMES = 3.2
"""How much longer twice the size may take, with the noise of a busy machine."""

MEASURED = """
import resource, sys
from netstat_core.cli.main import run
status = run(sys.argv[1:], sys.stdout.buffer, sys.stderr.buffer)
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:")]
usage = resource.getrusage(resource.RUSAGE_SELF)
print(peak, usage.ru_utime + usage.ru_stime, status, file=open("MEASURES", "w"))
"""
"""Prints the peak of resident memory in KiB: that of a child's usage would include what it had before exec."""


class Measured(NamedTuple):
    """A replay in a process of its own: its peak of memory in bytes, processor time, status and stderr."""

    peak: int
    seconds: float
    status: int
    stderr: bytes


def measure(hostile: Hostile, folder: Path) -> Measured:
    """Replay a snapshot in a process of its own."""
    (folder / "snapshot").write_bytes(hostile.content)
    command = [sys.executable, "-c", MEASURED, "--from", "snapshot", *hostile.options]
    ran = subprocess.run(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120, check=True
    )
    peak, seconds, status = (folder / "MEASURES").read_text().split()
    return Measured(int(peak) * 1024, float(seconds), int(status), ran.stderr)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the peak of memory is read from /proc")
@pytest.mark.parametrize("name", SIZES)
def test_replay_is_bounded(name: str, tmp_path: Path) -> None:
    """A replay takes four times the unpacked size and 64 MiB at most, and time that is linear in the size."""
    one, more = SIZES[name](1), SIZES[name](FACTOR)
    first, second = measure(one, tmp_path), measure(more, tmp_path)
    for hostile, measured in ((one, first), (more, second)):
        assert measured.peak <= min(4 * hostile.size + 64 * MIB, 512 * MIB)
        assert measured.status in (0, 1)
        assert b"Traceback" not in measured.stderr
    assert second.seconds <= MOST_TIMES * first.seconds + 0.5
    assert second.seconds <= 10 + more.size / MIB


@pytest.mark.parametrize(
    "name",
    ["long text", "long text, escaped", "long digits", "deep", "deep index", "long header", "values", "objects"],
)
def test_refusal_is_one_line(name: str, tmp_path: Path) -> None:
    """What is beyond a limit is refused in one line on stderr."""
    measured = measure(SIZES[name](2), tmp_path)
    assert measured.status == 1
    assert measured.stderr.startswith(b"pynetstat: ")
    assert measured.stderr.count(b"\n") == 1


def test_contents_beyond_the_limit(tmp_path: Path) -> None:
    """Contents of more than 256 MiB are refused, also if compression makes them small."""
    import gzip

    with gzip.open(tmp_path / "bomb", "wb", 1) as file:
        file.write(member("proc/net/tcp", size=257 * MIB))
        for _ in range(257):
            file.write(bytes(MIB))
    outcome = show(tmp_path / "bomb", "-tan")
    assert outcome.returncode == 1
    assert outcome.stderr.endswith(b": unpacks to more than a snapshot may hold\n")


LONG = f"proc/{'a' * 90}/{'b' * 90}/{'c' * 120}"


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("pack", ["", "gz", "bz2", "xz"])
def test_forms_of_archives(form: int, pack: str, tmp_path: Path) -> None:
    """The forms of tar read alike: paths and targets of any length, links, and folders around everything."""
    path = LONG if form != tarfile.USTAR_FORMAT else f"proc/{'a' * 90}/{'b' * 90}"
    out = tmp_path / "made"
    with tarfile.open(out, f"w:{pack}", format=form) as archive:  # type: ignore[call-overload]
        for name, content in (("host/proc/net/tcp", TCP), (f"host/{path}", b"x" * 1000), ("host/proc/empty", b"")):
            made = tarfile.TarInfo(f"./{name}")
            made.size = len(content)
            made.mtime = 1.5
            archive.addfile(made, io.BytesIO(content))
        link = tarfile.TarInfo(f"./host/{os.path.dirname(path)}/linked")
        link.type, link.linkname = tarfile.SYMTYPE, os.path.basename(path)
        archive.addfile(link)
    store = SnapshotSystem(out)._store
    assert store.read("/proc/net/tcp") == TCP
    assert store.read(f"/{path}") == store.read(f"/{os.path.dirname(path)}/linked") == b"x" * 1000
    assert store.read("/proc/empty") == b""


@pytest.mark.parametrize("form", ["v7", "oldgnu", "gnu", "ustar", "pax"])
@pytest.mark.parametrize("more", [[], ["--sparse"], ["-J"], ["-z"]])
def test_archives_of_gnu_tar(form: str, more: list[str], tmp_path: Path) -> None:
    """Archives that GNU tar writes are read, with a file with holes among their files."""
    net = tmp_path / "host/proc/net"
    net.mkdir(parents=True)
    (net / "tcp").write_bytes(TCP)
    with (net / "holes").open("wb") as file:
        for place in range(0, 40 * MIB, MIB):
            file.seek(place)
            file.write(b"x")
    (net / "udp").symlink_to("tcp")
    if form == "v7" and not more:
        pytest.skip("an archive without a mark is told from other files only if it is compressed")
    command = ["tar", f"--format={form}", *more, "-cf", "made", "host"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    if made.returncode:
        pytest.skip(made.stderr.decode())
    if form == "v7" and "--sparse" in more:
        pytest.skip("this form has no holes")
    store = SnapshotSystem(tmp_path / "made")._store
    assert store.read("/proc/net/tcp") == store.read("/proc/net/udp") == TCP


@pytest.mark.parametrize("cut", [1, 511, 512, 700, 1000])
def test_cut_archive(cut: int, tmp_path: Path) -> None:
    """An archive that ends within a member is refused; one that lacks only its end is read."""
    whole = member("proc/net/tcp", TCP)
    (tmp_path / "cut").write_bytes((whole + whole)[: len(whole) + cut])
    outcome = show(tmp_path / "cut", "-tan")
    assert outcome.returncode == 1
    assert b"ends too early" in outcome.stderr
    (tmp_path / "cut").write_bytes(whole)
    assert show(tmp_path / "cut", "-tan", "--json").stdout


def test_description_is_measured_by_contents() -> None:
    """The memory for a description grows with the contents of its snapshot, so large machines are read."""
    from netstat_core.system.description import read_description
    from netstat_core.system.stores import MemoryStore

    about = b'{"capture":1,"x":[' + b"1," * 300_000 + b"1]}"
    with pytest.raises(SnapshotError, match="more values"):
        read_description(MemoryStore({"/capture.json": about}))
    assert read_description(MemoryStore({"/capture.json": about, "/proc/net/tcp": bytes(16 * MIB)}))["capture"] == 1


def test_problems_of_a_report_are_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Beyond the limit no problem is listed, and a gap says of each reader that there are more."""
    from netstat_core import Query, collect
    from netstat_core.report import ledger

    monkeypatch.setattr(ledger, "MOST_LISTED", 3)
    (tmp_path / "proc/net").mkdir(parents=True)
    for name in ("tcp", "udp"):
        (tmp_path / "proc/net" / name).write_bytes(TCP + b"x\n" * 5)
    made = collect(Query(protocols=("tcp", "udp")), SnapshotSystem(tmp_path))
    assert len(made["problems"]) == 3
    unlisted = [gap["reader"] for gap in made["completeness"] if "not listed" in gap["detail"]]
    assert unlisted == ["tcp", "udp"]


@pytest.mark.parametrize(
    ("content", "is_endless"),
    [
        (b"a " * (1 << 16) + b"\n", False),
        (b"a " * (1 << 17) + b"aa\n", True),
        (b"a" * 3501 + b"\n", True),
        (b"a\n" * (1 << 18), False),
        (b"", False),
    ],
)
def test_endless_lines(content: bytes, is_endless: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Lines and words longer than the kernel's are noticed, wherever they stand."""
    from netstat_core.system.reading import has_endless_line

    assert has_endless_line(content) == is_endless
    assert has_endless_line(b"0 0\n" * 2000 + content) == is_endless


def test_folder_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder with more contents than a snapshot may hold is given up at the bound."""
    from netstat_core.system import reading
    from netstat_core.system.reading import MeteredStore
    from netstat_core.system.stores import FolderStore

    monkeypatch.setattr(reading, "MOST_BYTES", 1000)
    (tmp_path / "proc/net").mkdir(parents=True)
    for name in ("tcp", "udp", "raw"):
        (tmp_path / "proc/net" / name).write_bytes(bytes(400))
    store = MeteredStore(FolderStore(str(tmp_path)))
    for name in ("tcp", "udp", "tcp"):
        assert len(store.read(f"/proc/net/{name}")) == 400
    with pytest.raises(SnapshotError, match="holds more than one may"):
        store.read("/proc/net/raw")


def test_same_contents_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What leads a report to the same contents again and again ends it; the next report starts anew."""
    from netstat_core.system import reading
    from netstat_core.system.reading import MOST_READINGS, MeteredStore
    from netstat_core.system.stores import MemoryStore

    monkeypatch.setattr(reading, "_ALWAYS", 0)
    store = MeteredStore(MemoryStore({"/proc/net/tcp": bytes(10_000)}))
    for _ in range(MOST_READINGS - 1):
        store.read("/proc/net/tcp")
    with pytest.raises(SnapshotError, match="again and again"):
        store.read("/proc/net/tcp")
    store.reset()
    assert len(store.read("/proc/net/tcp")) == 10_000
