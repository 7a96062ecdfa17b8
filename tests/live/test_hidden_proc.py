"""Where /proc shows processes only, or is missing, what can be read is read, and the rest is told as not read."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from namespaces import NetworkNamespace

SUBSET = "mount -t proc -o subset=pid proc /proc"
MISSING = "mount -t tmpfs none /proc"
PREPARE = """\
ip link set lo up && ip link add hidden0 type veth peer name hidden1 && ip addr add 10.7.0.1/24 dev hidden0 nodad
ip addr add fd00:7::1/64 dev hidden0 nodad && ip link set hidden0 up && ip link set hidden1 up
ip route add default via 10.7.0.2 && ip -6 route add default via fd00:7::2
"""


@pytest.fixture(scope="module")
def routed(namespace: NetworkNamespace) -> NetworkNamespace:
    """Give a namespace with two interfaces and default routes."""
    if namespace.run(["sh", "-ec", PREPARE]).returncode:
        pytest.skip("no veth interfaces here")
    return namespace


def run(namespace: NetworkNamespace, mount: str, *arguments: str) -> tuple[str, str]:
    """Return what `pynetstat ARGUMENTS` prints on stdout and stderr after a mount that ends with it."""
    command = ["unshare", "--mount", "sh", "-ec", f'{mount}; exec "$@"', "sh", sys.executable, "-m", "netstat_core"]
    ran = namespace.run([*command, *arguments])
    if b"mount:" in ran.stderr:
        pytest.skip("this kernel has no such mount")
    return ran.stdout.decode(), ran.stderr.decode()


def report(namespace: NetworkNamespace, mount: str, *arguments: str) -> dict[str, Any]:
    """Return a report as data."""
    made: dict[str, Any] = json.loads(run(namespace, mount, "--json", *arguments)[0])
    return made


@pytest.mark.parametrize("options", ["-rn", "-6rn", "-g", "-an", "-w", "-i", "-M", "-rCn", "--multicast-routes"])
def test_what_is_not_hidden_is_shown(routed: NetworkNamespace, options: str) -> None:
    """Where /proc shows processes only, every display that needs no folder of /proc/net is the same."""
    shown = run(routed, SUBSET, *options.split())
    for _ in range(5):  # counters of interfaces may move
        expected = run(routed, "true", *options.split())
        if shown[0] == expected[0]:
            break
        shown = run(routed, SUBSET, *options.split())
    assert shown[0] == expected[0]
    assert "not configured" not in shown[0] + shown[1]


def test_what_is_hidden_is_not_absent(routed: NetworkNamespace) -> None:
    """Files in folders of /proc/net are told as not permitted, and facts do not cover what they would have shown."""
    made = report(routed, SUBSET, "--tables", "all")
    told = {one["reader"]: one["reason"] for one in made["completeness"]}
    for reader in ("statistics6_interfaces", "sctp", "ipx.socket", "x25.socket", "ddp.socket"):
        assert told[reader] == "permission"
    assert not [one for one in made["completeness"] if one["table"] == "routes" and one["reader"].startswith("route-")]
    covers = json.loads(run(routed, SUBSET, "--format", "facts-local")[0])["covers"]
    assert {"tcp", "udp", "raw", "unix"} <= set(covers["protocols"])
    assert not {"sctp", "ipx", "x25", "ddp"} & set(covers["protocols"])
    assert "statistics" not in covers["tables"]


@pytest.mark.parametrize("mount", [SUBSET, MISSING])
def test_captures_replay_to_the_same(routed: NetworkNamespace, mount: str, tmp_path: Path) -> None:
    """A capture of such a machine shows the same tables, and tells the same as not read."""
    live = report(routed, mount, "--tables", "routes,groups,sockets,multicast_routes", "-a")
    run(routed, mount, "capture", str(tmp_path / "taken.txt"))
    replayed = report(routed, "true", "--from", str(tmp_path / "taken.txt"), "-a", "--tables", ",".join(live["tables"]))
    assert replayed["tables"] == live["tables"]
    assert replayed["completeness"] == live["completeness"]


def test_netlink_shows_routes_without_proc(routed: NetworkNamespace) -> None:
    """Without /proc the routes come over netlink, and what only files have is one entry that says why."""
    for family, destination in (("-4rn", "10.7.0.0"), ("-6rn", "fd00:7::/64")):
        shown, errors = run(routed, MISSING, family)
        assert destination in shown
        assert "not configured" not in shown + errors
    (told,) = report(routed, MISSING, "--tables", "statistics,groups,memory")["completeness"]
    assert told["reason"] == "unreadable"
    assert told["detail"].startswith("/proc is not mounted: ")
    assert {"igmp", "igmp6", "memory", "statistics"} <= set(told["readers"])
