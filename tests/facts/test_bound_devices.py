"""Sockets bound to a device: where they can be reached, and that a change of the device is a change."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from facts.made_facts import machine
from namespaces import NetworkNamespace, network_namespace, reason

from netstat_core.answers.diff import drift
from netstat_core.answers.listening import NotSeen, listening_on

SOCKETS = """
import socket, sys
kept = []
def hold(family, kind, address, device=None):
    one = socket.socket(family, kind)
    if device:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    if family == socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, address[1] != 24)
    one.bind(address)
    if kind == socket.SOCK_STREAM:
        one.listen()
    kept.append(one)
hold(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 22), "eth0")
hold(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 23), "lo")
hold(socket.AF_INET6, socket.SOCK_STREAM, ("::", 24), "eth0")
hold(socket.AF_INET6, socket.SOCK_STREAM, ("fe80::1", 25, 0, socket.if_nametoindex("eth0")))
hold(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.53", 53), "lo")
hold(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 26))
print("ready", flush=True)
sys.stdin.read()
"""
SETUP = """
set -e
ip link set lo up
ip link add eth0 type veth peer name far0
ip link set eth0 up
ip link set far0 up
ip addr add 10.9.0.2/24 dev eth0
ip addr add fe80::1/64 dev eth0 nodad
"""


@pytest.fixture(scope="module")
def bound() -> Iterator[NetworkNamespace]:
    """Give a namespace with sockets that are bound to devices."""
    if why := reason():
        pytest.skip(why)
    with network_namespace() as namespace:
        ran = namespace.run(["sh", "-c", SETUP])
        assert ran.returncode == 0, ran.stderr.decode()
        with namespace.running([sys.executable, "-c", SOCKETS]):
            yield namespace


def gather(namespace: NetworkNamespace, *arguments: str) -> dict[str, Any]:
    """Return the facts of a namespace."""
    ran = namespace.run([sys.executable, "-m", "netstat_core", "--format", "facts-local", *arguments])
    assert ran.returncode == 0, ran.stderr.decode()
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_addresses_name_the_device(bound: NetworkNamespace) -> None:
    """Facts show the device of a socket as `ss` does."""
    found = {key: entry["addresses"] for key, entry in gather(bound)["listening"].items()}
    assert found == {
        "tcp/22": ["0.0.0.0%eth0"],
        "tcp/23": ["0.0.0.0%lo"],
        "tcp/24": ["::%eth0"],
        "tcp/25": ["fe80::1%eth0"],
        "tcp/26": ["0.0.0.0"],
        "udp/53": ["127.0.0.53%lo"],
    }


@pytest.mark.parametrize(
    ("port", "address", "is_reachable"),
    [
        ("tcp/22", "10.9.0.2", True),
        ("tcp/22", "127.0.0.1", False),
        ("tcp/22", "192.0.2.1", False),
        ("tcp/22", "0.0.0.0", False),
        ("tcp/22", None, True),
        ("tcp/23", "127.0.0.1", True),
        ("tcp/23", "127.0.0.99", True),
        ("tcp/23", "10.9.0.2", False),
        ("tcp/24", "fe80::1", True),
        ("tcp/24", "10.9.0.2", True),
        ("tcp/24", "::1", False),
        ("tcp/24", "::", False),
        ("tcp/25", "fe80::1", True),
        ("tcp/25", "fe80::2", False),
        ("udp/53", "127.0.0.53", True),
        ("tcp/26", "10.9.0.2", True),
        ("tcp/26", "0.0.0.0", True),
    ],
)
def test_a_device_serves_its_own_addresses(
    bound: NetworkNamespace, port: str, address: str | None, *, is_reachable: bool
) -> None:
    """A socket that is bound to a device and to all addresses is reachable on those of the device."""
    assert listening_on(gather(bound), port, address=address) is is_reachable


def test_without_addresses_of_devices_there_is_no_answer(bound: NetworkNamespace) -> None:
    """Where facts lack the interfaces, nothing is said of a socket that is bound to one; a port alone has an answer."""
    found = gather(bound, "-tuln")
    assert listening_on(found, "tcp/22")
    with pytest.raises(NotSeen, match="bound to the device eth0, whose addresses"):
        listening_on(found, "tcp/22", address="10.9.0.2")
    assert listening_on(found, "tcp/26", address="10.9.0.2")


def on_device(device: str) -> dict[str, Any]:
    """Return made facts in which a listener is bound to a device."""
    facts = machine()
    facts["listening"]["tcp/22"]["addresses"] = [f"0.0.0.0{device}"]
    return facts


@pytest.mark.parametrize(("before", "now"), [("%virbr0", ""), ("", "%virbr0"), ("%virbr0", "%eth0")])
def test_another_device_is_drift(before: str, now: str) -> None:
    """A listener that is no longer bound to a device, or to another one, has changed."""
    found = drift(on_device(now), on_device(before))
    assert found["changed"]["listening"]["tcp/22"]["addresses"] == {
        "before": [f"0.0.0.0{before}"],
        "now": [f"0.0.0.0{now}"],
    }
    assert drift(on_device(now), on_device(now))["same"]


def test_ipv4_addresses_that_files_do_not_show_are_unknown() -> None:
    """Interfaces read from /proc have no IPv4 addresses, so that the lack of one proves nothing."""
    facts = on_device("%eth0")
    assert listening_on(facts, "tcp/22", address="192.0.2.2")
    assert not listening_on(facts, "tcp/22", address="192.0.2.3")
    files = copy.deepcopy(facts)
    files["interfaces"]["eth0"]["alternative_names"] = None
    files["interfaces"]["eth0"]["addresses"] = []
    with pytest.raises(NotSeen):
        listening_on(files, "tcp/22", address="192.0.2.3")


def test_a_process_is_asked_of_a_bound_socket_too() -> None:
    """Where the device's addresses are unknown but another process holds the socket, the answer is no."""
    facts = on_device("%gone")
    assert not listening_on(facts, "tcp/22", address="192.0.2.2", process="nginx")
    with pytest.raises(NotSeen):
        listening_on(facts, "tcp/22", address="192.0.2.2", process="sshd")


def test_a_vrf_serves_the_addresses_of_its_devices() -> None:
    """A socket bound to a VRF receives what its devices receive; one bound to a bridge only what the bridge does."""
    facts = on_device("%red")
    eth0 = facts["interfaces"]["eth0"]
    facts["interfaces"] = {"eth0": {**eth0, "master": "red"}, "red": {**eth0, "link_kind": "vrf", "addresses": []}}
    assert listening_on(facts, "tcp/22", address="192.0.2.2")
    assert not listening_on(facts, "tcp/22", address="192.0.2.3")
    facts["interfaces"]["red"]["link_kind"] = "bridge"
    assert not listening_on(facts, "tcp/22", address="192.0.2.2")
