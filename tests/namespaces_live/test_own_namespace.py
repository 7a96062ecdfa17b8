"""The namespace that pynetstat itself is in: its name, and what is said where /proc does not show it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import namespaces
import pytest

if TYPE_CHECKING:
    from pathlib import Path

NETSTAT = [sys.executable, "-m", "netstat_core"]
NAMED = "mount -t tmpfs none /run && mkdir /run/netns && touch /run/netns/home && mount --bind /proc/self/ns/net "
"""Shell commands that name the network namespace they run in, for their own mount namespace."""


def run_inside(before: str, *arguments: str) -> tuple[str, str, int]:
    """Return what pynetstat prints, and its status, in namespaces of its own after some shell commands."""
    if why := namespaces.reason():
        pytest.skip(why)
    script = f"{before}; exec {shlex.join([*NETSTAT, *arguments])}"
    ran = subprocess.run(
        [*namespaces.UNSHARE, "sh", "-c", script], capture_output=True, check=False, timeout=60, text=True
    )
    assert "Traceback" not in ran.stderr
    return ran.stdout, ran.stderr, ran.returncode


def report_inside(before: str, *arguments: str) -> dict[str, Any]:
    """Return the JSON that pynetstat prints."""
    found: dict[str, Any] = json.loads(run_inside(before, *arguments)[0])
    return found


def test_own_name() -> None:
    """The name that /run/netns has for the own namespace is that of reports, also if no namespaces were asked for."""
    for options in ([], ["--all-netns"], ["--netns", "home"]):
        system = report_inside(NAMED + "/run/netns/home", "--json", "-tln", *options)["system"]
        assert system["network_namespace"]["name"] == "home"


@pytest.mark.parametrize(("options", "listed"), [(["--netns", "home"], True), (["--all-netns"], True), ([], False)])
def test_facts_of_the_own_name(options: list[str], listed: bool) -> None:  # noqa: FBT001 - a parameter
    """Facts have the own namespace under its name too, for who looks it up there, and say the same of it."""
    facts = report_inside(NAMED + "/run/netns/home", "--format", "facts-local", "-tln", *options)
    assert facts["network_namespace"]["name"] == "home"
    assert ("namespaces" in facts) == bool(options)
    if listed:
        (place,) = facts["namespaces"].values()
        assert list(facts["namespaces"]) == ["home"]
        assert {key: facts[key] for key in ("listening", "network_namespace", "complete")} == {
            key: place[key] for key in ("listening", "network_namespace", "complete")
        }


def test_facts_of_the_own_number() -> None:
    """Without a name the own namespace is what the facts are about, and not repeated under namespaces."""
    inode = "$(stat -L -c %i /proc/self/ns/net)"
    command = f"exec {shlex.join([*NETSTAT, '--format', 'facts-local', '-tln', '--netns'])} inode:{inode}"
    facts = report_inside(command, "--version")
    assert (facts["listening"], facts["namespaces"]) == ({}, {})
    assert report_inside(":", "--format", "facts-local", "-tln", "--all-netns")["namespaces"] == {}


def test_own_name_in_a_snapshot(tmp_path: Path) -> None:
    """A snapshot keeps the own name, escaped as in live reports, and a replay selects the namespace by it."""
    name = "a b\\xff"
    named = NAMED.replace("/run/netns/home", '"$N"') + '"$N"'
    before = f"N=$(printf '/run/netns/a b\\377'); export N; {named}"
    for number, (options, stored) in enumerate(
        [(["capture"], []), (["-tln", "--json", "--record"], []), (["capture"], ["--all-netns"])]
    ):
        file = str(tmp_path / f"{number}.txt")
        run_inside(before, *options, file, *stored)
        ran = subprocess.run([*NETSTAT, "--from", file, "--json", "-tln"], capture_output=True, check=True)
        assert json.loads(ran.stdout)["system"]["network_namespace"]["name"] == name
    ran = subprocess.run(
        [*NETSTAT, "--from", file, "--json", "-tln", "--netns", os.fsdecode(b"a b\xff")],
        capture_output=True,
        check=True,
    )
    assert [one["name"] for one in json.loads(ran.stdout)["network_namespaces"]] == [name]


EMPTY = "mount -t tmpfs none /proc"


def test_all_namespaces_without_processes() -> None:
    """Where /proc is empty --all-netns shows the sockets of the own namespace, and says that it found no other."""
    listen = (
        "import os, socket, subprocess, sys; s = socket.create_server(('127.0.0.1', 1234));"
        "sys.exit(subprocess.run(sys.argv[1:]).returncode)"
    )
    before = f"{EMPTY}; set -- {shlex.join([sys.executable, '-c', listen])}"
    command = shlex.join([*NETSTAT, "-tlnp", "--all-netns", "--json"])
    found = report_inside(f'{before}; exec "$@" {command}', "--version")
    assert [(one["local_port"], one["processes"]) for one in found["tables"]["sockets"]] == [(1234, None)]
    assert found["network_namespaces"] == [None]
    assert {entry["about"] for entry in found["completeness"]} == {"owners", "namespaces"}


def test_facts_without_processes() -> None:
    """Facts do not claim to cover all namespaces where /proc is empty, live and in a capture."""
    facts = report_inside(EMPTY, "--format", "facts-local", "-tln", "--all-netns")
    assert (facts["complete"], facts["covers"]["namespaces"], facts["listening"]) == (False, "some", {})
    packed, _, status = run_inside(EMPTY, "capture", "-", "--all-netns")
    assert status == 0
    ran = subprocess.run(
        [*NETSTAT, "--from", "-", "--format", "facts-local", "-tlnp", "--all-netns"],
        input=packed.encode(),
        capture_output=True,
        check=True,
    )
    facts = json.loads(ran.stdout)
    assert (facts["complete"], facts["covers"]["namespaces"], facts["covers"]["owners"]) == (False, "some", "some")


@pytest.mark.parametrize("selector", ["red", "inode:5", "pid:1"])
def test_selectors_without_processes(selector: str) -> None:
    """Where /proc is empty nothing is called absent that might be there."""
    before = f"mount -t tmpfs none /run && mkdir /run/netns && touch /run/netns/red; {EMPTY}"
    _, stderr, status = run_inside(before, "-tln", "--netns", selector)
    assert (status, stderr.count("\n")) == (1, 1)
    assert "/proc" in stderr
