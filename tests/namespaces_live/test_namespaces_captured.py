"""Captures of several network namespaces: a replay shows each as it was seen from inside."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from namespace_zoo import PORTS

if TYPE_CHECKING:
    from conftest import Zoo

UNPRIVILEGED = """
import ctypes, io, os, sys
from netstat_core.cli.main import run
run(["capture", "-", "-tln"], io.BytesIO(), io.BytesIO())
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
sys.exit(run(sys.argv[1:], sys.stdout.buffer, sys.stderr.buffer))
"""


def show(zoo: Zoo, *arguments: str) -> str:
    """Return what a run prints that has nothing to complain of, except a file that stands for no namespace."""
    stdout, stderr, status = zoo.show(*arguments)
    said = {"pynetstat: network namespace stale: its file is not a network namespace\n"} if stderr else set()
    assert ({*stderr.splitlines(keepends=True)}, status) == (said, 0)
    return stdout


def facts(zoo: Zoo, *arguments: str) -> dict[str, Any]:
    """Return the facts of a run."""
    found: dict[str, Any] = json.loads(show(zoo, "--format", "facts-local", *arguments))
    return found


@pytest.mark.parametrize("source", ["netlink", "procfs"])
@pytest.mark.parametrize("display", ["-tlnp", "-an", "-rn", "-6rn", "-gn", "-xan"])
def test_replayed_as_seen(zoo: Zoo, tmp_path: Path, display: str, source: str) -> None:
    """Text of all namespaces of a capture is that of the namespaces themselves, with the owners of sockets."""
    taken = str(tmp_path / "taken.txt")
    show(zoo, "capture", taken, "--all-netns", display, "--source", source)
    live = zoo.show("--all-netns", display, "--source", source)
    assert live[0].count("Network namespace") == len(PORTS)
    assert zoo.show("--from", taken, "--all-netns", display, "--source", source) == live


@pytest.mark.parametrize("selection", [("--all-netns",), ("--netns", "red"), ("--netns", "red", "--netns", "lived-in")])
@pytest.mark.parametrize("display", ["-tlnp", "-rn", "-an"])
def test_recorded_as_shown(zoo: Zoo, tmp_path: Path, display: str, selection: tuple[str, ...]) -> None:
    """A recorded run of other namespaces replays to the text it showed, and holds none that was not asked for."""
    taken = str(tmp_path / "taken.txt")
    shown = zoo.show(display, *selection, "--record", taken)
    assert "Network namespace" in shown[0]
    assert zoo.show("--from", taken, display, *selection) == shown
    if "--all-netns" not in selection:
        assert "not recorded" in zoo.show("--from", taken, display, "--netns", "blue")[1]


def test_a_recorded_process_is_found_again(zoo: Zoo, tmp_path: Path) -> None:
    """A namespace that was selected by a process in it is selected by the same words in the replay."""
    taken = str(tmp_path / "taken.txt")
    pid = zoo.outer.run(["pgrep", "-x", "sleep"]).stdout.decode().strip()
    if not pid:
        pytest.skip("pgrep is not installed")
    shown = zoo.show("-tln", "--netns", f"pid:{pid}", "--record", taken)
    assert f":{PORTS['lived-in']} " in shown[0]
    assert zoo.show("--from", taken, "-tln", "--netns", f"pid:{pid}") == shown


def test_only_those_asked_for(zoo: Zoo, tmp_path: Path) -> None:
    """A capture holds its own namespace and those named; others were not recorded, and that is said."""
    taken = str(tmp_path / "taken.tar.gz")
    show(zoo, "capture", taken, "--netns", "red", "-tln")
    assert f":{PORTS['own']} " in show(zoo, "--from", taken, "-tln")
    red = show(zoo, "--from", taken, "-tln", "--netns", "red")
    assert red == show(zoo, "-tln", "--netns", "red")
    _, stderr, status = zoo.show("--from", taken, "-tln", "--netns", "blue")
    assert (stderr, status) == ("pynetstat: network namespace blue: not recorded in this snapshot\n", 1)


def test_one_that_is_missing(zoo: Zoo, tmp_path: Path) -> None:
    """A namespace that does not exist is told by the replay, as it is live; the others are there."""
    taken = str(tmp_path / "taken.txt")
    show(zoo, "capture", taken, "--netns", "red", "--netns", "ghost", "-tln")
    stdout, stderr, _ = zoo.show("--from", taken, "-tln", "--all-netns")
    ghost, others = stderr.splitlines()
    assert ghost == "pynetstat: network namespace ghost: no such name below /run/netns; known: blue, red"
    assert others == "pynetstat: network namespaces: this snapshot holds only the requested ones: red"
    assert f":{PORTS['red']} " in stdout


@pytest.mark.parametrize("selector", ["pid:x", "..", "inode:"])
def test_no_selector(zoo: Zoo, tmp_path: Path, selector: str) -> None:
    """What can be no namespace's name or number is refused before anything is read."""
    _, stderr, status = zoo.show("capture", str(tmp_path / "taken.txt"), "--netns", selector)
    assert stderr.startswith(f"pynetstat: --netns: '{selector}' is no")
    assert status == 3


def test_a_snapshot_of_one(zoo: Zoo, tmp_path: Path) -> None:
    """Of a snapshot in which no other namespaces were looked for none can be selected."""
    taken = str(tmp_path / "taken.txt")
    show(zoo, "capture", taken, "-tln")
    _, stderr, status = zoo.show("--from", taken, "-tln", "--all-netns")
    assert stderr.startswith("pynetstat: this snapshot holds one network namespace")
    assert status == 3


def test_without_rights(zoo: Zoo, tmp_path: Path) -> None:
    """Who may not enter namespaces captures the own one, and the capture tells of those it could not see."""
    taken = tmp_path / "taken.txt"
    ran = zoo.outer.run([sys.executable, "-c", UNPRIVILEGED, "capture", "-", "--netns", "red", "-tln"])
    assert ran.returncode == 0, ran.stderr
    taken.write_bytes(ran.stdout)
    stdout, stderr, _ = zoo.show("--from", str(taken), "-tln", "--all-netns")
    assert "network namespace red: entering it requires root" in stderr
    assert f":{PORTS['own']} " in stdout


def test_facts_of_namespaces(zoo: Zoo, tmp_path: Path) -> None:
    """Facts have the other namespaces by name, or by inode; a replay of a capture gives the same facts."""
    live = facts(zoo, "--all-netns")
    names = {"red", "blue", *(str(zoo.inodes[name]) for name in PORTS if name not in ("own", "red", "blue"))}
    assert set(live["namespaces"]) == names
    assert list(live["listening"]) == [f"tcp/{PORTS['own']}"]
    assert list(live["namespaces"]["red"]["listening"]) == [f"tcp/{PORTS['red']}"]
    assert live["namespaces"]["red"]["complete"]
    assert live["namespaces"]["red"]["network_namespace"] == {"inode": zoo.inodes["red"], "name": "red"}
    taken = str(tmp_path / "taken.txt")
    show(zoo, "capture", taken, "--all-netns", "--tables", "all", "-a", "-p")
    replayed = facts(zoo, "--from", taken, "--all-netns")
    for one in (live, replayed):
        for place in one["namespaces"].values():
            place.pop("statistics")
    assert replayed["namespaces"] == live["namespaces"]


def test_names_of_bytes(zoo: Zoo, tmp_path: Path) -> None:
    """A namespace whose name is no text is captured, and its name is escaped in the replay as it is live."""
    made = zoo.outer.run(["sh", "-c", r"ip netns add $(printf 'a\377b') && ls /run/netns"])
    if made.returncode:
        pytest.skip("ip refuses such a name")
    try:
        taken = str(tmp_path / "taken.txt")
        show(zoo, "capture", taken, "--all-netns", "-tln")
        stdout = show(zoo, "--from", taken, "-tln", "--all-netns")
        assert stdout == show(zoo, "-tln", "--all-netns")
        assert r"Network namespace a\xffb (inode" in stdout
    finally:
        zoo.outer.run(["sh", "-c", r"ip netns delete $(printf 'a\377b')"])
