"""Live machines in namespaces: a replay shows what was shown, and several namespaces follow each other."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import namespaces
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMS = ["-rvan", "-rn", "-gvn", "-pn", "-sa", "-ian", "-mv", "-Mn", "-Ms", "-psgmirn", "-rn -f outif:v0"]
FILL = """
ip link set lo up
ip link add v0 type veth peer name v1
ip link set v0 up
ip link set v1 up
ip addr add 192.0.2.10/24 dev v0
ip addr add 192.0.2.11/24 dev v0 label v0:1
ip addr add 10.5.0.1/16 dev v1
ip -6 addr add 2001:db8:1::10/64 dev v0 nodad
ip route add default via 192.0.2.1
ip route add 10.20.0.0/16 nexthop via 192.0.2.7 dev v0 nexthop via 10.5.0.2 dev v1
ip route add unreachable 10.40.0.0/16
ip route add blackhole 10.41.0.0/16
ip route add 10.50.0.0/16 via 10.5.0.3 mtu lock 1400 rtt 300ms
ip -6 route add 2001:db8:5::/64 via 2001:db8:1::1 dev v0
ip neigh add 192.0.2.21 lladdr 02:00:00:00:00:21 dev v0
ip neigh add proxy 192.0.2.99 dev v0
ping -c 1 -W 1 127.0.0.1 >/dev/null || true
sleep 2
"""

pytestmark = pytest.mark.skipif(namespaces.reason() is not None, reason=str(namespaces.reason()))


@pytest.fixture(scope="module")
def machine() -> Iterator[namespaces.NetworkNamespace]:
    """Give a namespace with addresses, routes and neighbours."""
    with namespaces.network_namespace() as made:
        filled = made.run(["sh", "-ec", FILL])
        assert filled.returncode == 0, filled.stderr
        yield made


def run(machine: namespaces.NetworkNamespace, *options: str) -> bytes:
    """Return what the program writes inside, without a complaint."""
    ran = machine.run([sys.executable, "-m", "netstat_core", "--dialect", "solaris", *options])
    assert (ran.stderr, ran.returncode) == (b"", 0)
    return ran.stdout


@pytest.mark.parametrize("options", FORMS)
def test_replay_equals_live(machine: namespaces.NetworkNamespace, options: str, tmp_path: Path) -> None:
    """What a form shows while it is recorded is what a replay of the recording shows, anywhere."""
    tree = tmp_path / "recorded"
    shown = run(machine, *options.split(), "--record", str(tree))
    assert shown
    assert run(machine, *options.split(), "--from", str(tree)) == shown


def test_a_capture_serves_all_forms(machine: namespaces.NetworkNamespace, tmp_path: Path) -> None:
    """A capture of everything shows what was live, as far as it does not count on: routes, groups, neighbours."""
    packed = tmp_path / "packed.txt"
    ran = machine.run([sys.executable, "-m", "netstat_core", "capture", str(packed)])
    assert (ran.stderr, ran.returncode) == (b"", 0)
    for options in ("-rvan", "-gvn", "-pn", "-mv"):
        replayed = run(machine, *options.split(), "--from", str(packed))
        shown = run(machine, *options.split())
        assert b"-- Kbytes" not in replayed
        assert replayed == shown or options == "-mv"


def test_what_the_namespace_holds(machine: namespaces.NetworkNamespace) -> None:
    """Rows of live routes, neighbours and interfaces."""
    routes = run(machine, "-rvn").decode()
    for row in (
        "default              0.0.0.0         192.0.2.1            v0      1500*    0  -- UG      --     --\n",
        "10.20.0.0            255.255.0.0     192.0.2.7            v0      1500*    0  -- UG      --     --\n",
        "10.20.0.0            255.255.0.0     10.5.0.2             v1      1500*    0  -- UG      --     --\n",
        "10.40.0.0            255.255.0.0         --                         --*    0  -- UR      --     --\n",
        "10.50.0.0            255.255.0.0     10.5.0.3             v1      1400   300  -- UG      --     --\n",
        "127.0.0.1            255.255.255.255 127.0.0.1            lo     65536*    0  -- UH      --     --\n",
    ):
        assert row in routes
    media = run(machine, "-pn").decode()
    assert "v0     192.0.2.21           255.255.255.255 S     02:00:00:00:00:21\n" in media
    assert "v0     192.0.2.99           255.255.255.255 SP    \n" in media
    assert "v0     192.0.2.11           255.255.255.255 SP    " in media
    assert (
        "v0:1  1500 192.0.2.0     192.0.2.11     --     N/A   --     N/A   N/A    0     \n"
        in run(machine, "-ian").decode()
    )


def test_no_discovery_of_path_mtu(machine: namespaces.NetworkNamespace) -> None:
    """Where the machine learns no path MTU, the star is missing."""
    try:
        machine.run(["sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_no_pmtu_disc"])
        assert b" v0      1500     0  -- UG" in run(machine, "-rvn")
    finally:
        machine.run(["sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_no_pmtu_disc"])


def test_two_namespaces(machine: namespaces.NetworkNamespace) -> None:
    """Each namespace has a heading and all forms, with counters and addresses of its own; an empty line is between."""
    with machine.running(["unshare", "--net", "sh", "-c", "ip link set lo up; echo ready; exec cat"]):
        pids = machine.run(["pgrep", "-x", "cat"]).stdout.decode().split()
        other = next(pid for pid in pids if pid != "1")
        text = run(machine, "-girn", "--netns", "pid:1", "--netns", f"pid:{other}").decode()
        own = run(machine, "-girn").decode()
    first, second = text.split("\n\nNetwork namespace ")
    assert first.startswith("Network namespace ")
    assert f"{first}\n".split("\n", 1)[1] == own
    assert "lo    65536127.0.0.0     127.0.0.1 " in second
    assert "v0" not in second
