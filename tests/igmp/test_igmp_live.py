"""Live multicast: memberships and routes that the test makes are seen, the same from every source."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import namespaces
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def router() -> Iterator[namespaces.NetworkNamespace]:
    """Give a namespace in which a program routes multicast."""
    yield from holding("multicast_router.py")


@pytest.fixture(scope="module")
def member() -> Iterator[namespaces.NetworkNamespace]:
    """Give a namespace in which a program has joined groups."""
    yield from holding("member.py")


def holding(program: str) -> Iterator[namespaces.NetworkNamespace]:
    """Give a namespace in which a program of ours keeps what it made."""
    if (why := namespaces.reason()) or (why := None if os.geteuid() == 0 else "multicast routing needs root"):
        pytest.skip(why)
    with namespaces.network_namespace() as made, made.running([sys.executable, str(HERE / program)]):
        yield made


def ours(inside: namespaces.NetworkNamespace, *arguments: str) -> bytes:
    """Return what pynetstat prints inside; it has nothing to complain of."""
    finished = inside.run([sys.executable, "-m", "netstat_core", *arguments])
    assert (finished.stderr, finished.returncode) == (b"", 0)
    return finished.stdout


def records(inside: namespaces.NetworkNamespace, kind: str, family: str, source: str) -> list[dict[str, Any]]:
    """Return the records of one kind and family, those of the default table, without what only one source tells."""
    report = json.loads(ours(inside, "--tables", "multicast_routes", "--json", "--source", source))
    assert report["completeness"] == report["problems"] == []
    found = [one for one in report["tables"]["multicast_routes"] if (one["kind"], one["family"]) == (kind, family)]
    return [without_numbers(one) if kind == "multicast.route" else one for one in found]


def without_numbers(route: dict[str, Any]) -> dict[str, Any]:
    """Return a route without its vifs' numbers, which netlink does not tell."""
    outgoing = [{**hop, "vif": None} for hop in route["outgoing"]]
    return {**route, "vif": None, "outgoing": outgoing}


def test_memberships_are_those_netstat_shows(member: namespaces.NetworkNamespace) -> None:
    """In a namespace full of memberships netstat and pynetstat print the same."""
    netstat = member.run(["netstat", "-gn"])
    if netstat.returncode:
        pytest.skip("netstat is not installed")
    shown = ours(member, "-gn")
    assert b"m0              2      239.1.1.1\n" in shown
    assert shown == netstat.stdout


def test_filters_are_those_asked_for(member: namespaces.NetworkNamespace) -> None:
    """Sources that sockets named are in text with -v and in records, with the numbers of sockets."""
    shown = ours(member, "-gnv").decode().splitlines()
    assert "m0              2      239.1.1.1 include 192.0.2.1" in shown
    assert "m1              1      ff05::1:3 exclude 2001:db8::2" in shown
    found = json.loads(ours(member, "-g", "--json"))["tables"]["groups"]
    filters = {(one["interface"], one["group"]): one["source_filter"] for one in found}
    assert filters["m0", "ff05::1:3"] == [{"address": "2001:db8::1", "included_by": 2, "excluded_by": 0}]
    assert filters["m1", "239.1.1.1"] == [{"address": "192.0.2.2", "included_by": 0, "excluded_by": 1}]
    assert filters["m1", "224.0.0.251"] == []


@pytest.mark.parametrize("family", ["inet", "inet6"])
@pytest.mark.parametrize("kind", ["multicast.vif", "multicast.route"])
def test_sources_agree(kind: str, family: str, router: namespaces.NetworkNamespace) -> None:
    """Netlink's default table is what the files show."""
    default = "default" if family == "inet" else "main"
    over_netlink = [one for one in records(router, kind, family, "netlink") if one["table"] == default]
    assert over_netlink == records(router, kind, family, "procfs")
    assert over_netlink


def test_netlink_shows_all_tables(router: namespaces.NetworkNamespace) -> None:
    """Interfaces and routes of a table of its own are shown too, under its number."""
    for kind in ("multicast.vif", "multicast.route"):
        assert {one["table"] for one in records(router, kind, "inet", "auto")} == {"default", "77"}


SEND = """
import socket
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.9.1.1"))
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 9)
sender.sendto(b"x" * 100, ("239.9.9.9", 9))
"""


def test_routed_packets_are_counted(router: namespaces.NetworkNamespace) -> None:
    """Two packets of 100 bytes and their headers were routed; a third one waits for its route, for ten seconds."""
    assert router.run([sys.executable, "-c", SEND]).returncode == 0
    found = {(one["origin"], one["group"]): one for one in records(router, "multicast.route", "inet", "auto")}
    routed, waiting = found["10.9.1.1", "239.6.6.6"], found["10.9.1.1", "239.9.9.9"]
    assert (routed["packets"], routed["bytes"], routed["interface"]) == (2, 2 * (100 + 28), "w0")
    assert not waiting["resolved"]
