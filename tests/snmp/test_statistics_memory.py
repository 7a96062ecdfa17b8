"""Socket memory: one record a protocol from three files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pynetstat import show
from statistics_files import NEWEST, write_tree

if TYPE_CHECKING:
    from pathlib import Path

    from trees import Trees


def report(tree: Path, *arguments: str) -> dict[str, Any]:
    """Return the JSON report of the table."""
    answer: dict[str, Any] = json.loads(show(tree, "--tables", "memory", "--json", *arguments).stdout)
    return answer


def records(tree: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    """Return the records by name."""
    return {one["name"]: one for one in report(tree, *arguments)["tables"]["memory"]}


UNKNOWN: dict[str, Any] = {
    **dict.fromkeys(("orphans", "time_wait", "allocated", "memory_pages", "memory_bytes", "pressure", "socket_bytes")),
    **dict.fromkeys(("header_bytes", "slab", "module")),
    "others": {},
    "kind": "memory",
    "network_namespace": None,
}


def test_protocols(trees: Trees) -> None:
    """Both files of a protocol make one record, with the words that sockets have for it."""
    found = records(trees[NEWEST])
    assert found["TCP"] == {
        **UNKNOWN,
        "name": "TCP",
        "family": "inet",
        "protocol": "tcp",
        "sockets": 0,
        "orphans": 0,
        "time_wait": 0,
        "allocated": 28,
        "memory_pages": 172,
        "pressure": False,
        "socket_bytes": 2304,
        "header_bytes": 192,
        "slab": True,
        "module": "kernel",
    }
    assert found["sockets"] == {**UNKNOWN, "name": "sockets", "family": None, "protocol": None, "sockets": 0}
    assert found["FRAG6"] == {
        **UNKNOWN, "name": "FRAG6", "family": "inet6", "protocol": None, "sockets": 0, "memory_bytes": 0,
    }  # fmt: skip
    assert (found["UDPLITEv6"]["family"], found["UDPLITEv6"]["protocol"]) == ("inet6", "udplite")
    assert (found["NETLINK"]["family"], found["NETLINK"]["memory_pages"], found["NETLINK"]["slab"]) == (
        None,
        None,
        False,
    )
    assert list(found)[:6] == ["sockets", "TCP", "UDP", "UDP-Lite", "RAW", "FRAG"]


def test_modules(trees: Trees) -> None:
    """Protocols of modules are there, counted where they have sockets."""
    sctp = records(trees["captures/sctp-a-6.1"])
    assert [(sctp[name]["sockets"], sctp[name]["module"]) for name in ("SCTP", "SCTPv6")] == [(9, "sctp"), (4, "sctp")]
    assert records(trees["captures/legacy-a-6.1"])["AX25"]["family"] == "ax25"


@pytest.mark.parametrize(("family", "wanted"), [("inet6", {"TCPv6", "PINGv6", "FRAG6"}), ("unix", {"UNIX"})])
def test_families(family: str, wanted: set[str], trees: Trees) -> None:
    """A family named selects its protocols."""
    found = records(trees[NEWEST], "-A", family)
    assert wanted <= set(found)
    assert {one["family"] for one in found.values()} == {family}


OLD_PROTOCOLS = """\
protocol  size sockets  memory press maxhdr  slab module     cl more em
TCP 900 5 -1 NI 0 yes kernel y y y
NEW x 1 0 NI 0 yes kernel y y y
UDP 1 4 0 NI 0
"""
"""With a column that nobody knows, and without the last ones in one row."""


def test_old_kernels(tmp_path: Path) -> None:
    """What kernels of other times write is kept: unknown keys by name, other columns by their heading."""
    write_tree(
        tmp_path,
        {
            "sockstat": "sockets: used 70\nSOCK_ARRAY_SIZE=256\nTCP: inuse 9 highest 16\nTCP: bad\n",
            "protocols": OLD_PROTOCOLS,
        },
    )
    answer = report(tmp_path)
    found = {one["name"]: one for one in answer["tables"]["memory"]}
    assert (found["TCP"]["sockets"], found["TCP"]["others"], found["TCP"]["socket_bytes"]) == (9, {"highest": 16}, 900)
    assert found["TCP"]["memory_pages"] is None
    assert found["UDP"]["sockets"] == 4
    assert [(one["source"], one["line"]) for one in answer["problems"]] == [
        ("/proc/net/sockstat", 2),
        ("/proc/net/sockstat", 4),
        ("/proc/net/protocols", 3),
    ]


def test_missing_files(trees: Trees, tmp_path: Path) -> None:
    """Either file gives what it has; without both the report says that there is none."""
    source = trees[NEWEST] / "proc/net"
    write_tree(tmp_path, {"protocols": (source / "protocols").read_text()})
    assert records(tmp_path)["TCP"]["memory_pages"] == 172
    (tmp_path / "proc/net/protocols").rename(tmp_path / "proc/net/sockstat6")
    answer = report(tmp_path)
    assert answer["tables"]["memory"] == []
    assert [one["source"] for one in answer["completeness"]] == ["/proc/net/protocols"]
    write_tree(tmp_path, {"sockstat": (source / "sockstat").read_text(), "sockstat6": ""})
    assert records(tmp_path)["TCP"]["allocated"] == 28


def test_text(trees: Trees) -> None:
    """The table can be read as text too."""
    shown = show(trees[NEWEST], "--tables", "memory", "-A", "inet6").stdout.decode().splitlines()
    assert shown[:3] == [
        "Socket memory",
        "Protocol            Sockets   Orphan TimeWait    Alloc    Pages      Bytes Pressure   Size",
        "TCPv6                     0        -        -        -      172          -       no   2432",
    ]
