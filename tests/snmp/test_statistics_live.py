"""The running kernel's statistics, in a namespace where nothing happens but what the test does."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from netstat_snmp.delta import compute_changes

if TYPE_CHECKING:
    from pathlib import Path

    from namespaces import NetworkNamespace

OURS = [sys.executable, "-m", "netstat_core"]
PING = """
import socket
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(7):
    sender.sendto(b"x", ("127.0.0.1", 9))
"""


@pytest.mark.usefixtures("real_netstat")
@pytest.mark.parametrize("option", ["-s", "-s6", "-su", "-st"])
def test_same_text(option: str, namespace: NetworkNamespace) -> None:
    """Netstat and pynetstat show the same of the running kernel."""
    namespace.run(["ip", "link", "set", "lo", "up"])
    namespace.run([sys.executable, "-c", PING])
    real, ours = (namespace.run([*program, option]) for program in (["netstat"], OURS))
    assert ours.stdout.decode().splitlines() == real.stdout.decode().splitlines()
    assert (ours.stderr, ours.returncode) == (real.stderr, 0)
    assert real.stdout


def read(namespace: NetworkNamespace, table: str) -> list[dict[str, Any]]:
    """Return the records of a table as read inside the namespace."""
    found: list[dict[str, Any]] = json.loads(namespace.run([*OURS, "--json", "--tables", table]).stdout)["tables"][
        table
    ]
    return found


def test_change(namespace: NetworkNamespace) -> None:
    """Seven datagrams to a closed port are seven in the change between two readings, and nothing else of UDP is."""
    namespace.run(["ip", "link", "set", "lo", "up"])
    before = read(namespace, "statistics")
    namespace.run([sys.executable, "-c", PING])
    found = {one["section"]: one["counters"] for one in compute_changes(before, read(namespace, "statistics"), 1.0)}
    assert {name: one["change"] for name, one in found["Udp"].items() if one["change"]} == {
        "OutDatagrams": 7,
        "NoPorts": 7,
    }
    assert found["Icmp"]["InDestUnreachs"]["change"] == found["IcmpMsg"]["InType3"]["change"] == 7


def test_memory(namespace: NetworkNamespace, tmp_path: Path) -> None:
    """A listening socket is counted where it belongs, in its own namespace."""
    script = tmp_path / "holder.py"
    script.write_text(
        "import socket, sys\ns = socket.create_server(('127.0.0.1', 0))\nprint('ready', flush=True)\nsys.stdin.read()\n"
    )
    before = {one["name"]: one["sockets"] for one in read(namespace, "memory")}
    with namespace.running([sys.executable, str(script)]):
        during = {one["name"]: one["sockets"] for one in read(namespace, "memory")}
    assert (during["TCP"] - before["TCP"], during["sockets"] - before["sockets"]) == (1, 1)
    assert during["UDP"] == before["UDP"]
