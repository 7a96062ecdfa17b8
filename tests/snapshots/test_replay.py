"""A snapshot shows the same in each of its forms, and a recording shows what the live run showed."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from namespaces import NetworkNamespace
from pynetstat import show
from realnetstat import Outcome
from trees import Trees, fixture_names

from netstat_core.cli import main as entry
from netstat_core.system import capture, writing
from netstat_core.system.snapshot import SnapshotSystem

DISPLAYS = ("-anpe", "-s", "-rne", "-6rn", "-ine", "-gn", "-Mn", "--json --tables all -p")
RECORDED = (*DISPLAYS, "-tan", "-tlnp", "-xan", "-tano", "-rnC", "-4n --neighbours", "-6 --neighbours -n", "-a", "-tae")
RECORDED += ("--ndjson -p", "--json --tables all --resolve -p", "--json -rn --route-table all", "-tan --source procfs")


def run(*arguments: str) -> Outcome:
    """Return what a run of pynetstat in this process does."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    status = entry.run(list(arguments), stdout, stderr)
    return Outcome(stdout.getvalue(), stderr.getvalue(), status)


def contents(tree: Path) -> dict[str, bytes]:
    """Return the regular files of a tree by path."""
    files = (path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(tree)): path.read_bytes() for path in files}


def forms(tree: Path, folder: Path) -> dict[str, Path]:
    """Return a tree as archives and, where no links matter, as packed text."""
    made = {}
    for suffix, mode in (("tar", "w"), ("tar.gz", "w:gz"), ("tar.xz", "w:xz")):
        made[suffix] = folder / f"snapshot.{suffix}"
        with tarfile.open(made[suffix], mode) as out:
            out.add(tree, arcname="." if suffix == "tar" else "sosreport-host-2026")
    if not any(path.is_symlink() for path in tree.rglob("fd/*")):
        made["text"] = folder / "snapshot.txt"
        made["text"].write_text(capture.pack(contents(tree)))
    return made


@pytest.mark.parametrize("name", fixture_names("captures"))
def test_same_in_each_form(name: str, trees: Trees, tmp_path: Path) -> None:
    """A capture replays alike from a folder, from archives with and without a folder around it, and from text."""
    tree = trees[name]
    made = forms(tree, tmp_path)
    for display in DISPLAYS:
        expected = show(tree, *display.split())
        compressed = ("tar.gz", "tar.xz") if "json" in display else ()
        for form, path in ((one, made[one]) for one in ("tar", "text", *compressed) if one in made):
            assert show(path, *display.split()) == expected, (display, form)


def test_copy_of_proc_net(trees: Trees, tmp_path: Path) -> None:
    """What `cp -r /proc/net` gives shows the sockets that the whole tree shows, as a folder and as an archive."""
    tree = trees["captures/misc-a-6.1"]
    expected = show(tree, "-an")
    assert show(tree / "proc/net", "-an") == expected
    with tarfile.open(tmp_path / "net.tar", "w") as out:
        out.add(tree / "proc/net", arcname="net")
    assert show(tmp_path / "net.tar", "-an") == expected


@pytest.mark.parametrize("display", RECORDED)
def test_recording_shows_the_same(display: str, tmp_path: Path) -> None:
    """A recorded run and its replay give the same bytes and status, from every form it is written in."""
    for name in ("run.txt", "run.tar.gz", "run/"):
        target = f"{tmp_path}/{name}"
        live = run("--record", target, *display.split())
        assert run("--from", target, *display.split()) == live


SOCKETS = """
import socket, sys
held = []
for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    one = socket.socket(family); one.bind((address, 0)); one.listen()
    two = socket.create_connection(one.getsockname()[:2])
    three = socket.socket(family, socket.SOCK_DGRAM); three.bind((address, 0))
    held += [one, two, one.accept(), three]
four = socket.socket(socket.AF_UNIX); four.bind("\\0replayed"); four.listen()
print("ready", flush=True); sys.stdin.read()
"""


def test_capture_of_a_namespace_shows_what_it_showed(namespace: NetworkNamespace, tmp_path: Path) -> None:
    """What was captured in a live namespace is shown as the live namespace shows it, with owners, in every display."""
    namespace.run(["ip", "link", "set", "lo", "up"])
    program = [sys.executable, "-m", "netstat_core"]
    target = str(tmp_path / "namespace.txt")
    displays = ("-tuanp", "-tan", "-xlnp", "-4tane", "-rn", "-6rn", "-ine", "-gn", "--neighbours -n", "--json -tanp")
    with namespace.running([sys.executable, "-c", SOCKETS]):
        made = namespace.run([*program, "capture", target])
        assert (made.stdout, made.stderr, made.returncode) == (b"", b"", 0)
        live = {display: namespace.run([*program, *display.split()]).stdout for display in displays}
    for display, expected in live.items():
        shown = run("--from", target, *display.split()).stdout
        if display.startswith("--json"):
            assert tables(shown) == tables(expected)
        else:
            assert shown == expected, display


def tables(report: bytes) -> Any:
    """Return the tables of a JSON report."""
    return json.loads(report)["tables"]


def test_same_content_gives_the_same_bytes() -> None:
    """Each written form depends on the contents alone."""
    one = {"proc/net/tcp": b"x", "capture.json": b"{}"}
    other = dict(reversed(one.items()))
    assert capture.pack(one) == capture.pack(other)
    for name in ("x.tar", "x.tar.gz", "x.tar.xz"):
        assert writing._encode(one, name) == writing._encode(other, name)


def test_narrower_capture_is_told(tmp_path: Path) -> None:
    """A display that a snapshot was not made for is a gap of its own kind in records and an error in text."""
    target = str(tmp_path / "listening.txt")
    assert run("capture", target, "-tln") == Outcome(b"", b"", 0)
    assert run("--from", target, "-tln").returncode == 0
    for display in ("-tan", "-tlnp", "-s", "-rn", "-xan"):
        shown = run("--from", target, *display.split())
        assert (shown.returncode, b"not recorded" in shown.stderr or b"were recorded" in shown.stderr) == (1, True)
        report = json.loads(run("--from", target, "--json", *display.split()).stdout)
        assert {gap["reason"] for gap in report["completeness"]} == {"narrower_capture"}


def test_everything_suffices_for_narrower_questions(tmp_path: Path) -> None:
    """A capture of everything answers each narrower request of dumps: other extensions, states, families, tables."""
    target = str(tmp_path / "all.txt")
    run("capture", target)
    for display in (*RECORDED, "-tln", "-4tn", "-6tan", "-tano --source netlink", "-rn --route-table local", "-in"):
        if "resolve" not in display and "procfs" not in display:
            report = json.loads(run("--from", target, *display.split(), "--format", "json").stdout)
            assert "narrower_capture" not in {gap["reason"] for gap in report["completeness"]}, display


def test_names_come_from_the_snapshot_only(tmp_path: Path) -> None:
    """Users are shown by the names captured with them; hosts and services, which were not captured, by number."""
    tree = {
        "proc/net/tcp": b"h\n 0: 0100007F:0016 00000000:0000 0A 0:0 0:0 0 77 0 5 1\n",
        "capture.json": json.dumps({"names": {"users": {"77": "somebody"}}}).encode(),
    }
    (tmp_path / "s").write_text(capture.pack(tree))
    shown = run("--from", str(tmp_path / "s"), "-tae").stdout
    assert b"127.0.0.1:22 " in shown
    assert b" somebody " in shown
    assert b" 77 " in run("--from", str(tmp_path / "s"), "-taen").stdout


def test_snapshot_from_standard_input(tmp_path: Path) -> None:
    """A dash captures to standard output and replays from standard input."""
    program = [sys.executable, "-m", "netstat_core"]
    text = subprocess.run([*program, "capture", "-", "-i"], capture_output=True, check=True).stdout
    assert text.startswith(capture.MARK.encode())
    shown = subprocess.run([*program, "--from", "-", "-i"], input=text, capture_output=True, check=True)
    assert b"lo " in shown.stdout


@pytest.mark.parametrize(
    "line",
    [
        "--record x -c",
        "--record x 1 2",
        "--redact",
        "--redact --json --resolve",
        "--redact --format facts",
        "-s --delta --format facts-local",
        "capture",
        "capture x --from y",
    ],
)
def test_refused_combinations(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be recorded, redacted, captured or made facts is refused, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    assert run(*line.split()).returncode == 3
    assert list(tmp_path.iterdir()) == []


def test_folder_that_holds_something_is_not_written_to(tmp_path: Path) -> None:
    """A capture never adds to a folder that is not empty."""
    (tmp_path / "kept").write_text("x")
    assert run("capture", str(tmp_path)).returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_capture_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    """A link is replaced and not followed, and what others could read before is for its owner only."""
    target, victim = tmp_path / "taken.txt", tmp_path / "victim"
    victim.write_text("kept")
    target.symlink_to(victim)
    assert run("capture", str(target), "-tln").returncode == 0
    assert victim.read_text() == "kept"
    assert not target.is_symlink()
    target.chmod(0o666)
    assert run("capture", str(target), "-tln").returncode == 0
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["taken.txt", "victim"]
    assert run("capture", "/dev/null", "-tln").returncode == 0
    assert not Path("/dev/null").is_file()
    os.mkfifo(tmp_path / "pipe")
    assert run("capture", str(tmp_path / "pipe"), "-tln").returncode == 1


def test_folders_of_a_capture_are_for_their_owner(tmp_path: Path) -> None:
    """Whatever the umask, nobody else reads what a capture wrote below a folder."""
    before = os.umask(0)
    try:
        assert run("capture", f"{tmp_path}/taken/", "-tln").returncode == 0
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "taken").rglob("*")}
    assert modes == {0}


def test_big_endian_dump_is_read_in_its_order(tmp_path: Path) -> None:
    """The description's byte order decides how a recorded reply is read, not the machine that replays it."""
    target = tmp_path / "run"
    run("--record", f"{target}/", "--json", "-i")
    about = json.loads((target / "capture.json").read_bytes())
    other = "big" if sys.byteorder == "little" else "little"
    (target / "capture.json").write_text(json.dumps({**about, "byte_order": other}))
    report = json.loads(run("--from", str(target), "--json", "-i").stdout)
    assert report["system"]["byte_order"] == other
    assert report["problems"]
    assert SnapshotSystem(target).machine.byte_order == other
