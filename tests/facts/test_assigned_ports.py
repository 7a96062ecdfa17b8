"""Ports that the kernel assigned: clients that look like servers are told apart from these."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from namespaces import NetworkNamespace, network_namespace, reason
from pynetstat import show

from netstat_core.answers.diff import drift
from netstat_core.answers.listening import listening_on
from netstat_core.facts.gather import gather
from netstat_core.facts.query import facts_query
from netstat_core.host.discovery import Host
from netstat_core.system.snapshot import SnapshotSystem
from netstat_core.system.stores import MemoryStore

HEADER = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref drops\n"
ROW = "{0}: 00000000:{0:04X} 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 {1} 2 0 0\n"


def facts_of(
    ports: dict[int, int],
    held: dict[str, list[int]],
    ranges: dict[str, str] | None = None,
    names: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return the facts of a snapshot with UDP sockets (port: inode) and the processes that hold them."""
    held = {**held, "1": []}
    ranges = {"ip_local_port_range": "40000\t50000\n", "ip_local_reserved_ports": "\n"} if ranges is None else ranges
    files = {"/proc/net/udp": HEADER + "".join(ROW.format(*item) for item in ports.items()).encode()}
    files |= {f"/proc/sys/net/ipv4/{name}": content.encode() for name, content in ranges.items()}
    asked = [{"path": path} for path in (*files, *(f"/proc/sys/net/ipv4/{name}" for name in ranges))]
    owners = {"held": held, "denied": 0, "unread": 0, "initial": True}
    for pid in held:
        files[f"/proc/{pid}/comm"] = f"{(names or {}).get(pid, f'client{pid}')}\n".encode()
    description = {"capture": 1, "asked": asked, "owners": owners, "network_namespace": {"inode": 1, "name": None}}
    files["/capture.json"] = json.dumps(description).encode()
    host = Host()
    query = facts_query(host, tables=["sockets"], protocols=["udp"], families=["inet"])
    return gather(query, SnapshotSystem(MemoryStore(files)), host).facts


def test_clients_share_an_entry() -> None:
    """Sockets inside the range are one entry with their holders; those outside, the kernel's and unknown ones not."""
    found = facts_of({53: 1, 39999: 2, 40000: 3, 50000: 4, 51820: 5, 45000: 6}, {"7": [1, 2, 3, 5], "8": [4]})
    assert list(found["listening"]) == ["udp/53", "udp/39999", "udp/45000", "udp/51820", "udp/ephemeral"]
    entry = found["listening"]["udp/ephemeral"]
    assert (entry["processes"], entry["pids"], entry["owner_seen"]) == (["client7", "client8"], [7, 8], True)
    assert [(socket["port"], socket["processes"]) for socket in entry["sockets"]] == [
        (40000, ["client7"]),
        (50000, ["client8"]),
    ]
    assert found["local_ports"] == {"first": 40000, "last": 50000, "reserved": []}


def test_reserved_ports_are_not_assigned() -> None:
    """A port of ip_local_reserved_ports can only be bound on purpose, so it has a key of its own."""
    ranges = {"ip_local_port_range": "40000\t50000\n", "ip_local_reserved_ports": "41000,42000-42009\n"}
    found = facts_of({41000: 1, 42005: 2, 42010: 3}, {"7": [1, 2, 3]}, ranges)
    assert list(found["listening"]) == ["udp/41000", "udp/42005", "udp/ephemeral"]


@pytest.mark.parametrize("content", [None, "", "1\n", "a b\n", "1 2 3\n", "40000 99999\n", "-1 5\n"])
def test_without_a_range_every_port_has_its_key(content: str | None) -> None:
    """Where the range is not known, no socket is taken for a client's."""
    found = facts_of({45000: 1}, {"7": [1]}, {} if content is None else {"ip_local_port_range": content})
    assert list(found["listening"]) == ["udp/45000"]
    assert "local_ports" not in found
    assert not found["complete"]


def test_a_client_with_another_port_is_no_drift() -> None:
    """The port of a client changes with every start, and nothing else has."""
    before, now = facts_of({41000: 1}, {"7": [1]}), facts_of({49999: 9, 43210: 8}, {"7": [8, 9]})
    assert drift(now, before)["same"]


def test_a_new_holder_is_drift() -> None:
    """Another program with a port of the range is told, and so is one that is gone."""
    before, now = facts_of({41000: 1}, {"7": [1]}), facts_of({41000: 1, 41001: 2}, {"7": [1], "8": [2]})
    changed = drift(now, before)["changed"]["listening"]["udp/ephemeral"]
    assert changed == {"processes": {"before": ["client7"], "now": ["client7", "client8"]}}
    assert not drift(before, now)["same"]
    assert drift(now, facts_of({}, {}))["added"]["listening"]["udp/ephemeral"]["processes"] == ["client7", "client8"]


def test_a_port_of_the_range_is_still_found() -> None:
    """A service may have bound a port of the range on purpose; whoever asks for it gets the answer by port."""
    found = facts_of({45000: 1, 46000: 2}, {"7": [1], "8": [2]}, names={"7": "game", "8": "dig"})
    found["covers"]["families"] = ["inet", "inet6"]
    assert listening_on(found, "udp/45000", process="game")
    assert not listening_on(found, "udp/45000", process="dig")
    assert not listening_on(found, "udp/47000")


@given(numbers=some.sets(some.integers(1, 0xFFFF), max_size=9), is_held=some.booleans())
def test_no_port_is_lost(numbers: set[int], is_held: bool) -> None:  # noqa: FBT001 - hypothesis names it
    """Each port that something receives on is found, whichever entry it is in."""
    ports = {port: inode for inode, port in enumerate(numbers, 1)}
    found = facts_of(ports, {"7": [*ports.values()]} if is_held else {})
    found["covers"]["families"] = ["inet", "inet6"]
    assert all(listening_on(found, f"udp/{port}") for port in ports)
    assert sum("ephemeral" in key for key in found["listening"]) == (
        is_held and any(40000 <= port <= 50000 for port in ports)
    )


SOCKETS = """
import socket, sys
kept = []
for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    one = socket.socket(family, socket.SOCK_DGRAM)
    one.sendto(b"", (address, 9))
    kept.append(one)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def clients() -> Iterator[NetworkNamespace]:
    """Give a namespace with a range of its own, and with clients that send without connecting."""
    if why := reason():
        pytest.skip(why)
    with network_namespace() as namespace:
        namespace.run(["sh", "-c", "ip link set lo up; sysctl -qw net.ipv4.ip_local_port_range='21000 21999'"])
        with namespace.running([sys.executable, "-c", SOCKETS]):
            yield namespace


def test_the_range_is_that_of_the_namespace(clients: NetworkNamespace, tmp_path: Path) -> None:
    """Clients of both IP versions are one entry by the range of their own namespace, live and captured."""
    run = [sys.executable, "-m", "netstat_core"]
    captured = clients.run([*run, "capture", "-"])
    assert captured.returncode == 0, captured.stderr.decode()
    (tmp_path / "packed").write_bytes(captured.stdout)
    live = json.loads(clients.run([*run, "--format", "facts-local"]).stdout)
    replayed = json.loads(show(tmp_path / "packed", "--format", "facts-local").stdout)
    for found in (live, replayed):
        assert list(found["listening"]) == ["udp/ephemeral"]
        assert found["listening"]["udp/ephemeral"]["families"] == ["inet", "inet6"]
        assert found["local_ports"] == {"first": 21000, "last": 21999, "reserved": []}
