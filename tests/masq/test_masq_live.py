"""A live router: it masquerades a TCP and a UDP flow between two other namespaces, and lists both."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from namespaces import NetworkNamespace, network_namespace, reason

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
RULES = """
table inet test {
    chain after { type nat hook postrouting priority 100; oifname "far" masquerade; }
    chain before { type nat hook prerouting priority -100; iifname "near" tcp dport 8080 dnat ip to 203.0.113.2:80; }
    chain marks { type filter hook prerouting priority 0; udp dport 53 ct mark set 42; }
}
"""
ADDRESSES = {
    "near": (("10.1.0.1/24", "fd01::1/64"), ("10.1.0.2/24", "fd01::2/64")),
    "far": (("203.0.113.1/24", "2001:db8:2::1/64"), ("203.0.113.2/24", "2001:db8:2::2/64")),
}
FLOWS = [
    *("tcp,203.0.113.2,80,40001", "udp,203.0.113.2,53,40002", "tcp,10.1.0.1,8080,40003"),
    *("tcp,2001:db8:2::2,443,40004", "udp,2001:db8:2::2,53,40005"),
]
OWN_FLOW = "tcp,203.0.113.2,443,40006"


@pytest.fixture(scope="module")
def router() -> Iterator[NetworkNamespace]:
    """Give the router's namespace while flows go through it and one is its own."""
    if why := reason():
        pytest.skip(why)
    if shutil.which("nft") is None:
        pytest.skip("nft is not installed")
    with ExitStack() as stack:
        client, made, server = (stack.enter_context(network_namespace()) for _ in range(3))
        connect(made, "near", client)
        connect(made, "far", server)
        masquerade(made)
        stack.enter_context(server.running([sys.executable, str(HERE / "far_server.py")]))
        stack.enter_context(client.running([sys.executable, str(HERE / "near_client.py"), *FLOWS]))
        stack.enter_context(made.running([sys.executable, str(HERE / "near_client.py"), OWN_FLOW]))
        yield made


def connect(router: NetworkNamespace, name: str, other: NetworkNamespace) -> None:
    """Lay a cable between the router's interface of this name and an interface of the other namespace."""
    ends = f"link add {name} netns {router.holder} type veth peer name to-router netns {other.holder}"
    subprocess.run(["ip", *ends.split()], check=True)
    for inside, interface, addresses in zip((router, other), (name, "to-router"), ADDRESSES[name], strict=True):
        steps = [f"ip address add {address} dev {interface} nodad" for address in addresses]
        gateways = [address.partition("/")[0] for address in ADDRESSES[name][0]]
        routes = [f"ip route add default via {gateway}" for gateway in gateways if inside is other]
        must(inside, " && ".join([*steps, f"ip link set {interface} up", *routes]))


def masquerade(router: NetworkNamespace) -> None:
    """Forward and masquerade, or skip where this kernel cannot."""
    must(router, "cd /proc/sys/net && echo 1 > ipv4/ip_forward && echo 1 > ipv6/conf/all/forwarding")
    if router.run(["nft", RULES]).returncode:
        pytest.skip("this kernel cannot masquerade")


def must(inside: NetworkNamespace, command: str) -> None:
    """Run a command inside that has to work."""
    finished = inside.run(["sh", "-c", command])
    assert finished.returncode == 0, finished.stderr


def ours(inside: NetworkNamespace, *arguments: str) -> bytes:
    """Return what pynetstat prints inside; it has nothing to complain of."""
    finished = inside.run([sys.executable, "-m", "netstat_core", *arguments])
    assert (finished.stderr, finished.returncode) == (b"", 0)
    return finished.stdout


def records(inside: NetworkNamespace, *arguments: str) -> dict[int, dict[str, Any]]:
    """Return the flows of the test by their local port."""
    report = json.loads(ours(inside, "-M", "--json", *arguments))
    assert report["completeness"] == report["problems"] == []
    found = {one["original"]["source_port"]: one for one in report["tables"]["masquerade"]}
    return {port: found[port] for port in sorted(found) if port is not None and 40001 <= port <= 40006}


@pytest.mark.parametrize("source", ["auto", "netlink", "procfs"])
def test_text_lists_the_masqueraded_flows(source: str, router: NetworkNamespace) -> None:
    """The text lists a TCP and a UDP flow of the other namespaces, of both IP versions, and not the router's own."""
    lines = [line.split() for line in ours(router, "-Mn", "--source", source).decode().splitlines()]
    assert lines[0] == ["IP", "masquerading", "entries"]
    shown = {(words[0], *words[2:]) for words in lines[2:]}
    assert {one for one in shown if one[0] in ("tcp", "udp")} == {
        ("tcp", "10.1.0.2", "203.0.113.2", "40001", "->", "80", "(40001)"),
        ("udp", "10.1.0.2", "203.0.113.2", "40002", "->", "53", "(40002)"),
        ("tcp", "10.1.0.2", "10.1.0.1", "40003", "->", "8080", "(40003)"),
        ("tcp", "fd01::2", "2001:db8:2::2", "40004", "->", "443", "(40004)"),
        ("udp", "fd01::2", "2001:db8:2::2", "40005", "->", "53", "(40005)"),
    }


def test_records_hold_all_flows(router: NetworkNamespace) -> None:
    """Records hold the router's own flow too, and tell what is translated and to what."""
    found = records(router)
    assert {port: one["nat"] for port, one in found.items()} == {
        **dict.fromkeys((40001, 40002, 40004, 40005), "source"),
        40003: "both",
        40006: "none",
    }
    assert found[40001]["reply"]["destination_address"] == "203.0.113.1"
    assert found[40004]["reply"]["destination_address"] == "2001:db8:2::1"
    assert found[40003]["reply"]["source_address"] == "203.0.113.2"
    assert {found[port]["state"] for port in (40001, 40003, 40004, 40006)} == {"ESTABLISHED"}
    assert [found[port]["mark"] for port in (40001, 40002)] == [0, 42]
    assert all("replied" in one["status"] for one in found.values())


def test_sources_agree(router: NetworkNamespace) -> None:
    """Netlink and nf_conntrack give the same records, time left aside."""
    over_netlink, from_file = (records(router, "--source", source) for source in ("netlink", "procfs"))
    for found in (over_netlink, from_file):
        for one in found.values():
            assert one.pop("expires_seconds") > 0
    assert over_netlink == from_file
    assert len(over_netlink) == len(FLOWS) + 1


def test_counters_where_the_kernel_counts(router: NetworkNamespace) -> None:
    """Packets and bytes are null until the kernel counts, then those of each direction, the same from both sources."""
    assert records(router)[40001]["original"]["packets"] is None
    must(router, "echo 1 > /proc/sys/net/netfilter/nf_conntrack_acct")
    flow = "udp,203.0.113.2,53,40007"
    with router.running([sys.executable, str(HERE / "near_client.py"), flow]):
        counted = [
            next(one for one in json.loads(listed)["tables"]["masquerade"] if one["original"]["source_port"] == 40007)
            for listed in (ours(router, "-M", "--json", "--source", source) for source in ("netlink", "procfs"))
        ]
    must(router, "echo 0 > /proc/sys/net/netfilter/nf_conntrack_acct")
    sizes = [(one[way]["packets"], one[way]["bytes"]) for one in counted for way in ("original", "reply")]
    assert sizes == [(1, 20 + 8 + len("hello"))] * 4


def test_one_family_alone(router: NetworkNamespace) -> None:
    """Asked for IPv6 alone, no other connection comes."""
    report = json.loads(ours(router, "--tables", "masquerade", "-6", "--json"))
    assert {one["family"] for one in report["tables"]["masquerade"]} == {"inet6"}


def test_without_rights_the_file_is_read(router: NetworkNamespace) -> None:
    """Without the right to use ctnetlink the readable file gives the same list."""
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    command = ["setpriv", "--bounding-set", "-net_admin", sys.executable, "-m", "netstat_core", "-Mn"]
    finished = router.run(command)
    listed = {line.split()[-1] for line in finished.stdout.decode().splitlines()[2:]}
    assert {f"({port})" for port in range(40001, 40006)} <= listed
    assert (finished.stderr, finished.returncode) == (b"", 0)


def test_nothing_tracked_prints_nothing() -> None:
    """In a namespace without connections the text is empty and the status 0, as with an empty ip_masquerade."""
    if why := reason():
        pytest.skip(why)
    with network_namespace() as quiet:
        if quiet.run(["test", "-e", "/proc/net/nf_conntrack"]).returncode:
            pytest.skip("this kernel does not track connections")
        assert ours(quiet, "-Mn") == b""
