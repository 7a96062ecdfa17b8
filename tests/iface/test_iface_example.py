"""The crafted tree: its /proc/net/dev and the attributes of its interfaces give the text that netstat gave."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import namespaces
import pytest
from pynetstat import show
from trees import FIXTURES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trees import Trees

EXAMPLE = FIXTURES / "examples/dev"
ARGUMENTS = ("-i", "-ia", "-ie", "-iea")
FLAT = {"tx_queue_len": "1000", "type": "1", "mtu": "1500", "flags": "0x1003", "operstate": "up", "carrier": "1"}
SYSFS = {
    "lo": {"ifindex": "1", "flags": "0x9", "mtu": "65536", "type": "772", "operstate": "unknown"},
    "veth2": {"ifindex": "3", "address": "02:00:00:00:02:01", "mtu": "9000"},
    "veth10": {"ifindex": "2", "address": "02:00:00:00:10:01"},
    "abcdefghijklmno": {
        "ifindex": "4",
        "address": "02:00:00:00:20:02",
        "flags": "0x1303",
        "operstate": "lowerlayerdown",
    },
    "downif": {"ifindex": "5", "address": "02:00:00:00:20:01", "flags": "0x1002", "operstate": "down"},
    "tun0": {"ifindex": "6", "flags": "0x1091", "operstate": "down", "type": "65534", "tx_queue_len": "500"},
    "br0": {"ifindex": "7", "address": "02:00:00:00:30:01", "flags": "0x1002", "operstate": "down"},
}
"""What sysfs has of the interfaces that setup.sh makes."""


def recorded(arguments: str) -> str:
    """Return what the real netstat printed, with the counters that a name of 15 letters cost it (Q4)."""
    name, text = "abcdefghijklmno: ", (EXAMPLE / f"out/{arguments}.out").read_text()
    place = text.find(name)
    if place < 0:
        return text
    block = text[place:].split("\n\n")[0]
    whole = block.replace("RX packets 0  bytes 0 (0.0 B)", "RX packets 0  bytes 1024 (1024.0 B)")
    return text.replace(block, whole.replace("TX packets 0  bytes 0 (0.0 B)", "TX packets 0  bytes 1025 (1.0 KiB)"))


def in_files(text: str) -> str:
    """Return the text without what no file tells: IPv4 addresses, and rows and blocks of aliases."""
    blocks = [block for block in text.split("\n\n") if not block.startswith("veth2:1")]
    lines = [line for line in "\n\n".join(blocks).split("\n") if "no statistics" not in line and "   inet " not in line]
    return "\n".join(lines)


@pytest.fixture
def replayed(trees: Trees, tmp_path: Path) -> Path:
    """Give the tree with the sysfs of its interfaces."""
    tree = shutil.copytree(trees["examples/dev"], tmp_path / "tree")
    for name, attributes in SYSFS.items():
        folder = tree / "sys/class/net" / name
        folder.mkdir(parents=True)
        for attribute, value in {**FLAT, **attributes}.items():
            (folder / attribute).write_text(value + "\n")
    return tree


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_replay(arguments: str, replayed: Path) -> None:
    """Counters of every width, units, scopes, flags and the order of names are as recorded."""
    ours = show(replayed, arguments)
    assert (ours.stderr, ours.returncode) == (b"", 0)
    assert ours.stdout.decode().splitlines() == in_files(recorded(arguments)).splitlines()


def test_replay_without_sysfs(trees: Trees) -> None:
    """From /proc/net/dev alone counters are shown, and a dash for what is not known; nothing is hidden as down."""
    rows = show(trees["examples/dev"], "-i").stdout.decode().splitlines()[2:]
    assert [row.split()[0] for row in rows] == ["abcdefghijklmno", "br0", "downif", "lo", "tun0", "veth2", "veth10"]
    assert rows[-1] == "veth10              -  1234567      1      2 3       7654321      7      8      9 -"
    blocks = show(trees["examples/dev"], "-ie").stdout.decode().split("\n\n")
    assert blocks[-2].startswith("veth10: flags=-  mtu -\n        RX packets 1234567  bytes 123456789 (117.7 MiB)\n")


def test_nothing_to_read(tmp_path: Path) -> None:
    """Without any list of interfaces netstat's warning is given, and the exit status tells."""
    (tmp_path / "proc").mkdir()
    outcome = show(tmp_path, "-i")
    assert outcome.stderr == b"Warning: cannot open /proc/net/dev (No such file or directory). Limited output.\n"
    assert outcome.returncode == 1


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[namespaces.NetworkNamespace]:
    """Give a namespace with the interfaces of setup.sh, its sysfs, and the crafted tree as /proc."""
    if why := namespaces.reason():
        pytest.skip(why)
    proc = shutil.copytree(EXAMPLE / "proc", tmp_path_factory.mktemp("stage") / "proc")
    with namespaces.network_namespace() as made:
        for command in (["sh", "-e", str(EXAMPLE / "setup.sh")], ["mount", "-t", "sysfs", "sysfs", "/sys"]):
            made.run(command).check_returncode()
        index = int(made.run(["cat", "/sys/class/net/veth2/ifindex"]).stdout)
        crafted = (EXAMPLE / "proc/net/if_inet6").read_text()
        (proc / "net/if_inet6").write_text(crafted.replace(" 03 ", f" {index:02x} "))
        made.run(["mount", "--bind", str(proc), "/proc"]).check_returncode()
        yield made


BRIDGE_PORT = (
    (" ABMP\n", " BM\n"),
    ("flags=4866<BROADCAST,PROMISC,ALLMULTI,MULTICAST>", "flags=4098<BROADCAST,MULTICAST>"),
)
"""The bridge makes its port promiscuous: sysfs tells that, netstat only what an administrator asked for."""


@pytest.mark.usefixtures("real_netstat")
@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_on_stage(arguments: str, stage: namespaces.NetworkNamespace) -> None:
    """Where the crafted tree is the /proc of real interfaces the files give what netstat shows, as it was recorded."""
    real = stage.run(["netstat", arguments])
    assert real.stdout == (EXAMPLE / f"out/{arguments}.out").read_bytes()
    ours = stage.run([sys.executable, "-m", "netstat_core", "--source", "procfs", arguments])
    assert (ours.stderr, ours.returncode) == (real.stderr, real.returncode)
    text = ours.stdout.decode()
    for told_by_sysfs, told_by_netstat in BRIDGE_PORT:
        text = text.replace(told_by_sysfs, told_by_netstat)
    assert text.splitlines() == in_files(recorded(arguments)).splitlines()
