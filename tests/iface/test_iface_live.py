"""Live interfaces: in a namespace with every kind of them netstat, ip and pynetstat tell the same."""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

import interface_zoo
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from namespaces import NetworkNamespace

OURS = [sys.executable, "-m", "netstat_core"]
TRIES = 7
"""A packet may pass between two runs: one pair of equal outputs proves the point."""

SETTLING_SECONDS = 20.0


@pytest.fixture(scope="module")
def zoo(namespace: NetworkNamespace) -> NetworkNamespace:
    """Give a namespace full of interfaces, when their addresses have settled."""
    if shutil.which("ip") is None:
        pytest.skip("ip is not installed")
    interface_zoo.fill(namespace)
    deadline = time.monotonic() + SETTLING_SECONDS
    while b"tentative" in namespace.run(["ip", "-6", "addr"]).stdout and time.monotonic() < deadline:
        time.sleep(0.2)
    return namespace


DISPLAYS = "-i -ia -ie -iae -inaeeWv --interfaces"
STACK = re.compile(r"(unspec 0A-00-00-08-)00-00-00-..")
"""Behind the 4 bytes of a gre interface's address netstat shows what its memory held before."""


def equal_pair(inside: NetworkNamespace, real: list[str], ours: list[str]) -> tuple[str, str]:
    """Return the output of two commands, from the first try in which no packet passed in between."""
    for _ in range(TRIES):
        pair = [inside.run(command) for command in (real, ours)]
        assert [(one.returncode, one.stderr) for one in pair] == [(0, b"")] * 2
        texts = [STACK.sub(r"\g<1>00-00-00-00", one.stdout.decode()) for one in pair]
        if texts[0] == texts[1]:
            break
    return texts[0], texts[1]


@pytest.mark.usefixtures("real_netstat")
@pytest.mark.parametrize("arguments", DISPLAYS.split())
def test_text_is_netstats(arguments: str, zoo: NetworkNamespace) -> None:
    """Interfaces, aliases and addresses of every kind are shown as netstat shows them, to the byte."""
    real, ours = equal_pair(zoo, ["netstat", arguments], [*OURS, arguments])
    assert ours.splitlines() == real.splitlines()
    assert ours == real
    assert ours.count("\n") > 10


def test_continuous_mode_repeats_the_heads(zoo: NetworkNamespace) -> None:
    """With -c the title comes once and the column heads each time, as netstat has it; with -e blocks alone repeat."""
    shown = zoo.run([*OURS, "-ic", "0.05", "3"]).stdout
    assert (shown.count(b"Kernel Interface table\n"), shown.count(b"\nIface "), shown.count(b"\nlo ")) == (1, 3, 3)
    shown = zoo.run([*OURS, "-iec", "0.05", "2"]).stdout
    assert (shown.count(b"Kernel Interface table\n"), shown.count(b"\nIface "), shown.count(b"\nlo: ")) == (1, 0, 2)


@pytest.mark.usefixtures("real_netstat")
def test_long_names_keep_their_counters(namespace: NetworkNamespace) -> None:
    """Q4: an interface of 15 letters shows its counters, where the real program shows zeros."""
    script = """
    ip link set lo up
    ip link set lo down
    ip link set lo name abcdefghijklmno
    ip link set abcdefghijklmno up
    ip route add local 127.0.0.9 dev abcdefghijklmno
    echo x >/dev/udp/127.0.0.1/9
    netstat -i; shift; "$@" -i
    """
    finished = namespace.run(["unshare", "--net", "bash", "-c", script, "bash", "-", *OURS])
    real, ours = (line for line in finished.stdout.decode().splitlines() if line.startswith("abcdefghijklmno"))
    assert real.split()[2] == "0"
    assert int(ours.split()[2]) > 0


@pytest.mark.parametrize("arguments", ["-ia", "-iae"])
def test_files_give_all_but_ipv4(arguments: str, zoo: NetworkNamespace) -> None:
    """From files the text lacks IPv4 addresses and aliases and tells promiscuity that a bridge asked for, no more."""
    for _ in range(TRIES):
        outputs = [zoo.run([*OURS, "--source", source, arguments]).stdout for source in ("netlink", "procfs")]
        from_netlink, from_files = (without_ipv4(one.decode()) for one in outputs)
        if from_netlink == from_files:
            break
    assert from_files == from_netlink
    assert outputs[0] != outputs[1]


def without_ipv4(text: str) -> list[str]:
    """Return the lines without aliases' blocks and rows, IPv4 addresses, and the flags of a bridge's port."""
    blocks = [block for block in text.split("\n\n") if not block.startswith(("veth2:", "veth10:", "lo:1"))]
    lines = [line for block in blocks for line in block.split("\n")]
    lines = [line for line in lines if " inet " not in line and "no statistics" not in line]
    return [line.partition(" flags=")[0].removesuffix("ABMP").removesuffix("BM") for line in lines]


def mine(completeness: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what a report says of our reader: legacy families have interfaces too."""
    return [one for one in completeness if one["reader"] == "interfaces"]


IP = ["ip", "-d", "-s", "-j", "addr"]


@pytest.fixture(scope="module")
def report(zoo: NetworkNamespace) -> dict[str, Any]:
    """Give our records and ip's, taken while no packet passed, by interface."""
    for seconds in range(TRIES):
        time.sleep(seconds / 2)  # new interfaces speak for some seconds
        before, ours, after = (json.loads(zoo.run(command).stdout) for command in (IP, [*OURS, "--json", "-ia"], IP))
        if before == after:
            break
    assert ours["problems"] == mine(ours["completeness"]) == []
    found = {one["name"]: one for one in ours["tables"]["interfaces"] if one["kind"] == "interface"}
    return {one["ifname"]: (found.pop(one["ifname"]), one) for one in before} | {"left": found}


def test_every_interface_is_there(report: dict[str, Any]) -> None:
    """The interfaces are those ip lists."""
    assert report["left"] == {}
    assert len(report) > 8


def pairs(report: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Give our record and ip's of each interface."""
    yield from (pair for name, pair in report.items() if name != "left")


def test_attributes_are_ips(report: dict[str, Any]) -> None:
    """Numbers, hardware, state, kinds, masters and links agree with what ip reports."""
    for ours, ip in pairs(report):
        info = ip.get("linkinfo", {})
        assert (ours["index"], ours["mtu"], ours["tx_queue_length"]) == (ip["ifindex"], ip["mtu"], ip.get("txqlen"))
        assert (ours["hardware_type"], ours["hardware_address"]) == (ip["link_type"], ip.get("address"))
        assert ours["hardware_broadcast"] == ip.get("broadcast")
        assert (ours["oper_state"] or "").upper() == ip["operstate"]
        assert (ours["link_kind"], ours["master_kind"]) == (info.get("info_kind"), info.get("info_slave_kind"))
        assert (ours["master"], ours["link"]) == (ip.get("master"), ip.get("link"))
        assert ours["alternative_names"] == ip.get("altnames", [])
        assert ours["description"] == ip.get("ifalias")
        assert {word.upper() for word in ours["flags"]} - {"RUNNING"} == set(ip["flags"]) - {"NO-CARRIER", "M-DOWN"}


def test_memberships_are_there(report: dict[str, Any]) -> None:
    """A bridge's port, a macvlan and the ends of a veth pair know whom they belong to."""
    assert [report[name][0]["link"] for name in ("veth2", "veth10")] == ["veth10", "veth2"]
    for name, field, other in (("downif", "master", "br0"), ("mv0", "link", "veth10"), ("veth10.7", "link", "veth10")):
        if name in report and other in report:
            assert report[name][0][field] == other
    assert report["veth10"][0]["description"] == "behind the rack"


COUNTERS = {
    ("rx", "bytes"): "rx_bytes",
    ("rx", "packets"): "rx_packets",
    ("rx", "errors"): "rx_errors",
    ("rx", "dropped"): "rx_dropped",
    ("rx", "multicast"): "multicast",
    ("tx", "bytes"): "tx_bytes",
    ("tx", "packets"): "tx_packets",
    ("tx", "errors"): "tx_errors",
    ("tx", "dropped"): "tx_dropped",
    ("tx", "carrier_errors"): "tx_carrier_errors",
    ("tx", "collisions"): "collisions",
}


def test_counters_are_ips(report: dict[str, Any]) -> None:
    """All counters ip shows have the value of the record's, and some of them are not 0."""
    for ours, ip in pairs(report):
        for (side, name), field in COUNTERS.items():
            assert ours[field] == ip["stats64"][side].get(name, 0), (ours["name"], field)
    assert report["veth2"][0]["tx_packets"] > 0


def test_addresses_are_ips(report: dict[str, Any]) -> None:
    """Every address has the prefix, scope, label, peer and broadcast address that ip shows; none is left out."""
    for ours, ip in pairs(report):
        expected = {
            (
                *(one["family"], one["local"], one["prefixlen"], one["scope"]),
                *(one.get("label") if one["family"] == "inet" else None, one.get("address"), one.get("broadcast")),
            )
            for one in ip["addr_info"]
        }
        found = {
            (
                *(one["family"], one["address"], one["prefix_length"], one["scope"]),
                *(one["label"], one["peer_address"], one["broadcast_address"]),
            )
            for one in ours["addresses"]
        }
        assert found == expected
        assert len(ours["addresses"]) == len(found)


def test_lifetimes(zoo: NetworkNamespace) -> None:
    """The kernel counts down the lifetimes of an address, and tells when they were set; a permanent one has none."""
    owned = ["10.77.0.1/32", "dev", "lo"]
    assert zoo.run(["ip", "address", "add", *owned, "valid_lft", "600", "preferred_lft", "300"]).returncode == 0
    try:
        made = json.loads(zoo.run([*OURS, "--tables", "interfaces", "--json", "-a"]).stdout)
    finally:
        zoo.run(["ip", "address", "del", *owned])
    (lo,) = (record for record in made["tables"]["interfaces"] if record["name"] == "lo")
    addresses = {one["address"]: one for one in lo["addresses"]}
    timed, fixed = addresses["10.77.0.1"], addresses["127.0.0.1"]
    uptime = float(zoo.run(["cat", "/proc/uptime"]).stdout.split()[0])
    assert 500 < timed["valid_seconds"] <= 600
    assert timed["valid_seconds"] - timed["preferred_seconds"] == 300
    assert uptime - 100 < timed["created_uptime"] == timed["updated_uptime"] <= uptime
    assert (fixed["valid_seconds"], fixed["preferred_seconds"]) == (None, None)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["-i", "veth2"], "veth2"),
        (["-i", "downif"], "downif"),
        (["--interface=veth2:10"], "veth2:10"),
        (["--interfaces=veth10"], "veth10"),
        (["-i", "a-name-longer-than-fifteen"], "mv0"),
    ],
)
def test_one_interface(arguments: list[str], name: str, zoo: NetworkNamespace) -> None:
    """An interface asked for by any of its names is shown alone, up or not, with its row of the table."""
    finished = zoo.run([*OURS, *arguments])
    if name == "mv0" and finished.returncode:
        pytest.skip("no macvlan or no alternative names here")
    (row,) = finished.stdout.decode().splitlines()[2:]
    assert row.split()[0] == name
    assert (finished.stderr, finished.returncode) == (b"", 0)


def test_an_interface_that_is_not_there(zoo: NetworkNamespace) -> None:
    """An unknown name is netstat's Device not found, exit status 1, and no rows; JSON says so in completeness."""
    finished = zoo.run([*OURS, "-i", "eth7"])
    assert finished.stderr == b"eth7: error fetching interface information: Device not found\n"
    assert (finished.returncode, finished.stdout.count(b"\n")) == (1, 2)
    finished = zoo.run([*OURS, "--json", "-i", "eth7"])
    assert finished.returncode == 1
    report = json.loads(finished.stdout)
    assert [one for one in report["tables"]["interfaces"] if one["kind"] == "interface"] == []
    assert [(one["reason"], one["source"]) for one in mine(report["completeness"])] == [("not_in_kernel", "eth7")]


def test_sysfs_of_another_namespace_is_left_alone(zoo: NetworkNamespace) -> None:
    """Where /sys shows the interfaces of another namespace nothing is taken from there, and the report says so."""
    finished = zoo.run(["unshare", "--net", *OURS, "--json", "--source", "procfs", "-ia"])
    report = json.loads(finished.stdout)
    (loopback,) = (one for one in report["tables"]["interfaces"] if one["kind"] == "interface")
    assert (loopback["name"], loopback["mtu"]) == ("lo", None)
    assert "/sys/class/net" in [one["source"] for one in report["completeness"]]


ODD_NAMES = """e e0 e00 e01 e1 e10 e2 e1.100 e1.5 e1.100.7 a-1 a-10 A1 B 01 1 2 10 9a x1y x1y2 x10y1
zz2 zz3000000000 zz4294967297 zz99999999999 é1"""
LABELS = "e0:1 e0:10 e0:2 e0:b e0:b1 e1:0 e1:1x e:5 e1.5:3 e10:2 e2: e0:1:2 e0:01"


@pytest.mark.usefixtures("real_netstat")
def test_odd_names_are_sorted_alike(namespace: NetworkNamespace, tmp_path: Path) -> None:
    """Names with numbers inside, leading zeros, dots, dashes and numbers beyond 32 bits come in netstat's order."""
    script = [f"link add {name} type bridge" for name in ODD_NAMES.split()]
    script += [
        f"addr add 10.7.{n}.1/24 dev {label.split(':')[0]} label {label}" for n, label in enumerate(LABELS.split())
    ]
    batch = tmp_path / "batch"
    batch.write_text("\n".join(script))
    inside = ["unshare", "--net", "sh", "-ec", 'ip -batch "$1"; netstat -ia; shift; "$@" -ia', "sh", str(batch), *OURS]
    finished = namespace.run(inside)
    assert finished.stderr == b""
    lines = finished.stdout.splitlines()
    assert len(lines) == 2 * (len([*ODD_NAMES.split(), *LABELS.split()]) + len(["lo", "title", "heads"]))
    assert lines[: len(lines) // 2] == lines[len(lines) // 2 :]
