"""The example playbooks, run by the real ansible-playbook in a network namespace of the tests' own."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import plays
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from namespaces import NetworkNamespace

pytestmark = pytest.mark.skipif(plays.reason() is not None, reason=str(plays.reason()))

LISTENER = r"""
import socket, sys
made = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
made.bind((sys.argv[1], int(sys.argv[2])))
made.listen()
named = socket.socket(socket.AF_UNIX)
named.bind(b"\0" + sys.argv[4].encode())
named.listen()
with open("/proc/self/comm", "wb") as comm:
    comm.write(sys.argv[3].encode())
print("ready", flush=True)
sys.stdin.read()
"""
HOSTILE = "{{7*7}}\n\x1b[2J|x"


@contextmanager
def listening(
    namespace: NetworkNamespace, address: str, port: int, name: str = "served", path: str = ""
) -> Iterator[None]:
    """Have a process of some name listen in the namespace."""
    with namespace.running([sys.executable, "-c", LISTENER, address, str(port), name, path or f"x{port}"]):
        yield


def play(
    namespace: NetworkNamespace, home: Path, example: str, *arguments: str, **variables: object
) -> CompletedProcess[str]:
    """Return how an example went inside the namespace."""
    return plays.play(plays.EXAMPLES / example, home, *arguments, enter=namespace.enter, **variables)


def test_every_example_is_run_here() -> None:
    """A playbook that is added to the examples needs a test."""
    told = {"facts.yml", "assert.yml", "drift.yml", "fleet_report.yml", "capture_gather.yml"}
    assert {path.name for path in plays.EXAMPLES.glob("*.yml")} == told


def test_facts_are_shown(namespace: NetworkNamespace, tmp_path: Path) -> None:
    """The first example shows what listens and where."""
    with listening(namespace, "0.0.0.0", 8022):
        done = play(namespace, tmp_path, "facts.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"tcp/8022"' in done.stdout
    assert '"served"' in done.stdout


@pytest.mark.parametrize(
    ("policy", "status", "says"),
    [
        ({"served": [{"port": "tcp/8022", "address": "0.0.0.0", "process": "ser*"}]}, 0, "tcp/8022 is served"),
        ({"served": [{"port": "tcp/8022"}], "closed": ["tcp/23", "udp/69"]}, 0, "udp/69 is closed"),
        ({"served": [{"port": "tcp/8022", "address": "::"}]}, 2, "tcp/8022 is not served as it should be; what l"),
        ({"served": [{"port": "23/tcp"}]}, 2, "23/tcp is not served as it should be; what listens: tcp/8022"),
        ({"served": [], "closed": ["8022/tcp"]}, 2, "8022/tcp is open; what listens: tcp/8022"),
        ({"served": [], "closed": ["ssh"]}, 2, "a port is a number from 1 to 65535"),
    ],
)
def test_assertions_pass_and_fail(
    namespace: NetworkNamespace, tmp_path: Path, policy: dict[str, object], status: int, says: str
) -> None:
    """What holds passes, and what does not fails with what there is instead."""
    with listening(namespace, "0.0.0.0", 8022):
        done = play(namespace, tmp_path, "assert.yml", **policy)
    assert done.returncode == status, done.stdout + done.stderr
    assert says in done.stdout


def test_a_baseline_is_written_once_and_held_against(namespace: NetworkNamespace, tmp_path: Path) -> None:
    """The first run writes what is, later ones fail while something else is, and pass when it is gone."""
    baselines = str(tmp_path / "baselines")
    with listening(namespace, "0.0.0.0", 8022):
        first = play(namespace, tmp_path, "drift.yml", baselines=baselines)
        committed = (tmp_path / "baselines" / "localhost.json").read_bytes()
        again = play(namespace, tmp_path, "drift.yml", baselines=baselines)
        with listening(namespace, "::", 8023, "intruder"):
            drifted = play(namespace, tmp_path, "drift.yml", baselines=baselines)
            ignored = play(
                namespace,
                tmp_path,
                "drift.yml",
                baselines=baselines,
                ignored=["listening/tcp/8023", "unix_listening/*"],
            )
    outputs = [one.stdout + one.stderr for one in (first, again, drifted, ignored)]
    assert [one.returncode for one in (first, again, drifted, ignored)] == [0, 0, 2, 0], "\n".join(outputs)
    assert "tcp/8022" in json.loads(committed)["listening"]
    assert "as in the baseline" in again.stdout
    assert "tcp/8023" in drifted.stdout
    assert "intruder" in drifted.stdout
    assert (tmp_path / "baselines" / "localhost.json").read_bytes() == committed


def test_a_fleet_is_reported_whatever_its_processes_are_called(namespace: NetworkNamespace, tmp_path: Path) -> None:
    """One file a host and one table come of it; names forge no line, and are no template."""
    inventory = tmp_path / "inventory.ini"
    inventory.write_text(
        "one ansible_connection=local\ntwo ansible_connection=local\ngone ansible_connection=nowhere\n"
    )
    report = tmp_path / "report"
    with ExitStack() as running:
        running.enter_context(listening(namespace, "0.0.0.0", 8022))
        running.enter_context(listening(namespace, "::", 8024, HOSTILE, "{{ 7*7 }}\n00000000: 00000002"))
        done = play(namespace, tmp_path, "fleet_report.yml", "-i", str(inventory), target="all", report=str(report))
    assert done.returncode in (2, 4), done.stdout + done.stderr  # of the host that cannot be reached
    table = (report / "listening.txt").read_text()
    lines = table.splitlines()
    assert [line.split()[:3] for line in lines[1:5]] == [
        [host, port, address]
        for host in ("one", "two")
        for port, address in (("tcp/8022", "0.0.0.0"), ("tcp/8024", "::"))
    ]
    assert r"{{7*7}}\x0a\x1b" in lines[2]
    assert "gone: no facts" in lines
    assert table.replace("\n", "").isprintable()
    assert "\x1b" not in done.stdout
    facts = json.loads((report / "two.json").read_text())
    assert any(name.startswith(r"@{{ 7*7 }}\x0a") for name in facts["unix_listening"])


def test_a_snapshot_comes_with_the_facts_of_the_play(namespace: NetworkNamespace, tmp_path: Path) -> None:
    """In the place of a task of its own, the snapshot is gathered with all other facts."""
    with listening(namespace, "0.0.0.0", 8022):
        done = play(namespace, tmp_path, "capture_gather.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ": 1 ports are open" in done.stdout
    assert '"inet": null' in done.stdout
