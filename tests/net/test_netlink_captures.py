"""The packed captures in `fixtures/netlink`: replays hold what only netlink tells, and all that was captured."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from pynetstat import show
from trees import FIXTURES

from netstat_core.host.discovery import Host

if TYPE_CHECKING:
    from pathlib import Path

    from realnetstat import Outcome

PACKED = FIXTURES / "netlink"
LARGEST = 300_000
LATER = {"rules", "local_ports", "settings", "leases"}
"""Tables that came after these captures were taken."""

OF_ONE_DISPLAY = {
    "owners": "-a --who",
    "owners-denied": "-ap",
    "sockets-listening": "-tulnx",
    "sockets-procfs": "-anp --source procfs",
    "tcp-time-wait": "-tanp",
    "unix": "-xanp",
    "unix-odd-names": "-xanp",
    "namespaces-asked": "-tuanp --netns red",
}
"""Captures of something, and the options they were taken with; the others hold everything."""

Report = dict[str, Any]


def capture(name: str) -> Path:
    """Return the path of a capture."""
    return PACKED / f"{name}.txt"


def report(name: str, options: str) -> Report:
    """Return the report of a replay."""
    found: Report = json.loads(show(capture(name), "--json", *options.split()).stdout)
    return found


def sockets(name: str, options: str) -> list[dict[str, Any]]:
    """Return the sockets of a replay that has nothing to complain of."""
    outcome = show(capture(name), "--json", *options.split())
    assert (outcome.stderr, outcome.returncode) == (b"", 0)
    found: list[dict[str, Any]] = json.loads(outcome.stdout)["tables"]["sockets"]
    return found


def names() -> list[str]:
    """Return the names of all captures."""
    return sorted(path.stem for path in PACKED.glob("*.txt"))


@pytest.mark.parametrize("name", names())
def test_replays_are_whole(name: str) -> None:
    """A replay with the options of the capture gives records, none rejected, and nothing missing but owners."""
    tables = {offer.reader.table for offer in Host().offers()} - LATER
    options = OF_ONE_DISPLAY.get(name, f"--tables {','.join(sorted(tables))} -n")
    outcome: Outcome = show(capture(name), "--json", *options.split())
    found = json.loads(outcome.stdout)
    assert outcome.returncode == 0, outcome.stderr
    assert sum(map(len, found["tables"].values()))
    assert found["problems"] == []
    reasons = {gap["reason"] for gap in found["completeness"]} - {"not_in_kernel"}
    assert reasons == ({"permission"} if name == "owners-denied" else set())
    assert capture(name).stat().st_size < LARGEST


@pytest.mark.parametrize("name", ["sockets", "tcp-time-wait", "sockets-listening", "owners"])
def test_tcp_came_over_netlink(name: str) -> None:
    """TCP sockets of a capture tell what only sock_diag does: whether a listener takes IPv6 only."""
    options = OF_ONE_DISPLAY.get(name, "-an")
    listening = [one for one in sockets(name, options) if one.get("protocol") == "tcp" and one["listening"]]
    assert {one["v6_only"] for one in listening if one["family"] == "inet6"} & {True, False}
    assert all(one["backlog"] is not None for one in listening)


def test_without_netlink_files_are_read() -> None:
    """The capture without netlink gives the sockets from files, which do not tell whether a listener is v6-only."""
    found = sockets("sockets-procfs", OF_ONE_DISPLAY["sockets-procfs"])
    assert {one["v6_only"] for one in found if one.get("protocol") == "tcp"} == {None}


def test_states_are_mixed() -> None:
    """The dump has TIME_WAIT among ESTABLISHED, in both IP versions, and IPv4 on a listener of IPv6."""
    found = sockets("tcp-time-wait", "-tan")
    counted = Counter((one["family"], one["state"]) for one in found)
    assert all(counted[family, state] > 10 for family in ("inet", "inet6") for state in ("ESTABLISHED", "TIME_WAIT"))
    assert any(one["v4_mapped"] and one["state"] == "ESTABLISHED" for one in found)
    states = [one["state"] for one in found]
    assert sum(before != after for before, after in pairwise(states)) > 20


def test_every_state_of_tcp() -> None:
    """The zoo of sockets has all states of TCP but CLOSE, in which no socket is listed."""
    states = {one["state"] for one in sockets("sockets", "-tan")}
    assert len(states) == 10
    assert {"SYN_SENT", "SYN_RECV", "CLOSING", "LAST_ACK", "TIME_WAIT"} <= states


def test_peers_of_unix_sockets() -> None:
    """UNIX sockets tell the inode of their peer, which only sock_diag does, and names that are no text."""
    assert any(one["peer_inode"] for one in sockets("unix", "-xanp"))
    assert any("\n" in (one["path"] or "") for one in sockets("unix-odd-names", "-xanp"))


def test_owners_in_detail() -> None:
    """Owners come with arguments, users and descriptors: shared, doubled, of another user, and handed over."""
    held = {one["local_port"]: one["processes"] for one in sockets("owners", "-tan --who --arguments")}
    assert [one["name"] for one in held[2000]] == ["python3", "worker"]
    assert len(held[2001][0]["descriptors"]) == 2
    assert held[2002][0]["uid"] == 65534
    assert held[2003][0]["socket_unit"] == "web.socket"
    assert held[2004][0]["command"][-2:] == ["--an argument", ""]


def test_owners_out_of_sight() -> None:
    """Seen by another user the processes of root are not known, and text says so."""
    outcome = show(capture("owners-denied"), "-tanp")
    assert b"Not all processes could be identified" in outcome.stderr
    assert b"/python3" in outcome.stdout


def test_routes_of_netlink() -> None:
    """Routes have types, tables, next hops and metrics that files do not tell; neighbours have states."""
    found = report("routes", "--tables routes,neighbours -n --route-table all")["tables"]
    routes = found["routes"]
    assert {"blackhole", "unreachable", "prohibit", "throw"} <= {one.get("type") for one in routes}
    assert {"main", "local", "100"} <= {str(one.get("table")) for one in routes}
    assert any(len(one.get("next_hops") or ()) > 1 for one in routes)
    assert len({one["state"] for one in found["neighbours"]}) > 2


def test_interfaces_of_netlink() -> None:
    """Interfaces have their kinds and masters, which only rtnetlink tells."""
    found = report("interfaces", "-ian")["tables"]["interfaces"]
    assert {"veth", "bridge"} <= {one["link_kind"] for one in found}
    assert any(one["master"] for one in found)


def test_multicast_routes_of_netlink() -> None:
    """Multicast routing has two tables for IPv4, of which the files show one."""
    found = report("multicast", "--multicast-routes -n")["tables"]["multicast_routes"]
    tables = {one["table"] for one in found if one["kind"] == "multicast.route" and one["family"] == "inet"}
    assert len(tables) == 2


def test_connections_of_ctnetlink() -> None:
    """Tracked connections are translated ones and others, of both IP versions, and counted."""
    found = report("router", "-Mn")["tables"]["masquerade"]
    assert {"source", "both", "none"} <= {one["nat"] for one in found}
    assert {one["family"] for one in found} == {"inet", "inet6"}
    assert any(one["original"]["packets"] for one in found)


def test_namespaces_side_by_side() -> None:
    """A capture of all namespaces shows each with its listener, held by its process, under its own heading."""
    found = sockets("namespaces", "-tanp --all-netns")
    ports = {one["local_port"]: one["network_namespace"]["name"] for one in found}
    assert {port: ports[port] for port in (1001, 1002, 2000, 2001)} == {
        1001: "red",
        1002: "blue",
        2000: "many000",
        2001: "many001",
    }
    assert {1000, 1003, 1004, 1005} <= set(ports)
    assert all(one["processes"] for one in found)
    assert show(capture("namespaces"), "-tan", "--all-netns").stdout.count(b"Network namespace ") == 8


def test_a_namespace_that_was_missing() -> None:
    """A capture of namespaces by name shows the one there was, and tells of the one there was not."""
    outcome = show(capture("namespaces-asked"), "-tan", "--all-netns")
    assert b"Network namespace red (inode " in outcome.stdout
    assert b"network namespace ghost: no such name" in outcome.stderr
