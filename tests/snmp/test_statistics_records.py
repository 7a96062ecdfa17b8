"""The records of statistics: what is in them, what selects them, and that text needs nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from netstat_snmp.net_tools import LAYOUT
from netstat_snmp.proc_snmp6 import parse_interfaces
from netstat_snmp.readers import READERS
from pynetstat import show
from statistics_files import NEWEST, statistics_trees, write_tree

from netstat_core import Query
from netstat_core.dialects import Request
from netstat_core.dialects.net_tools.session import NetToolsSession
from netstat_core.plugin import Style
from netstat_core.report.names import Names
from netstat_core.report.selection import asked_of

if TYPE_CHECKING:
    from pathlib import Path

    from trees import Trees

INET = ["Ip", "Icmp", "IcmpMsg", "Tcp", "Udp", "UdpLite", "TcpExt", "IpExt", "MPTcpExt"]
INET6 = ["Ip6", "Icmp6", "Udp6", "UdpLite6"]
PER_CPU = ["softnet_stat"] * 2 + ["nf_conntrack"] * 2


def report(tree: Path, *arguments: str) -> dict[str, Any]:
    """Return the JSON report of a statistics display."""
    answer: dict[str, Any] = json.loads(show(tree, "-s", "--json", *arguments).stdout)
    return answer


def records(tree: Path, *arguments: str) -> list[dict[str, Any]]:
    """Return the records of a statistics display."""
    found: list[dict[str, Any]] = report(tree, *arguments)["tables"]["statistics"]
    return found


def places(tree: Path, *arguments: str) -> list[str]:
    """Return the sections in order, each with its interface where it has one."""
    return [one["section"] + (f" {one['interface']}" if one["interface"] else "") for one in records(tree, *arguments)]


def test_all_sections(trees: Trees) -> None:
    """Structured output holds both IP versions, each interface, each CPU, connection tracking and IPsec."""
    interfaces = [f"{section} {name}" for name in ("lan0", "lo", "wan0") for section in ("Ip6", "Icmp6")]
    assert places(trees[NEWEST]) == [*INET, *INET6, *interfaces, *PER_CPU, "xfrm_stat"]
    assert "tls_stat" in places(trees["captures/ifaces-a-6.1"])
    assert "Sctp" in places(trees["captures/sctp-a-6.1"])


@pytest.mark.parametrize(
    ("option", "wanted"),
    [
        ("-4", INET),
        ("-t", ["IcmpMsg", "Tcp", "UdpLite", "TcpExt", "IpExt", "MPTcpExt", "UdpLite6"]),
        ("-6t", ["UdpLite6", "Tcp"]),
        ("-4u", ["IcmpMsg", "Udp", "UdpLite", "IpExt", "MPTcpExt"]),
        ("-4U", ["IcmpMsg", "UdpLite", "IpExt", "MPTcpExt"]),
    ],
)
def test_selection(option: str, wanted: list[str], trees: Trees) -> None:
    """Options select the sections of structured output as they do those of the text."""
    assert places(trees[NEWEST], option) == wanted
    titles = [line[:-1] for line in show(trees[NEWEST], "-s", option).stdout.decode().split("\n") if line[-1:] == ":"]
    assert {title for title in titles if title[0] != " "} <= set(wanted)


def test_selection_of_interfaces(trees: Trees) -> None:
    """The counters of interfaces belong to IPv6, and to its raw sections."""
    assert places(trees[NEWEST], "-6")[4:] == ["Tcp", *places(trees[NEWEST])[13:19]]
    assert places(trees[NEWEST], "-6w") == ["Ip6", "Icmp6", "UdpLite6", *places(trees[NEWEST])[13:19]]


def test_a_section(trees: Trees) -> None:
    """Counters have the kernel's names and order, the signed setting of TCP is -1, and nothing is left out."""
    tcp = next(one for one in records(trees[NEWEST], "-4") if one["section"] == "Tcp")
    assert tcp["kind"] == "statistics"
    assert tcp["interface"] is None
    assert list(tcp["counters"].items())[:6] == [
        ("RtoAlgorithm", 1),
        ("RtoMin", 200),
        ("RtoMax", 120000),
        ("MaxConn", -1),
        ("ActiveOpens", 0),
        ("PassiveOpens", 0),
    ]
    assert len(tcp["counters"]) == 15


def test_per_cpu_sections(trees: Trees) -> None:
    """Each CPU is a record of its own; the columns of softnet_stat, which has no header, have names."""
    by_section = {one["section"]: one["counters"] for one in records(trees[NEWEST])}
    assert by_section["softnet_stat"]["processed"] == 0x403AF
    assert by_section["softnet_stat"]["cpu"] == 1
    assert by_section["softnet_stat"]["process_qlen"] == 0
    assert by_section["nf_conntrack"]["entries"] == 0x17
    assert len(by_section["nf_conntrack"]) == 17


CONNTRACK = "entries found new invalid ignore delete expect_delete"


def test_columns_of_other_kernels(tmp_path: Path) -> None:
    """Columns a kernel does not have are null, and those nobody has named yet are kept by number."""
    old, new = "00000005 00000000 00000002" + " 00000000" * 6, " ".join(f"{number:08x}" for number in range(17))
    write_tree(
        tmp_path, {"softnet_stat": f"{old}\n{new}\n", "stat/ip_conntrack": f"{CONNTRACK}\n2 3\n4 5 6 7 8 9 a b c\n5\n"}
    )
    found: dict[str, Any] = {}
    for one in records(tmp_path):
        found.setdefault(one["section"], []).append(one["counters"])
    first, second = found["softnet_stat"]
    assert (first["processed"], first["time_squeeze"], first["cpu"]) == (5, 2, None)
    assert (second["process_qlen"], second["column16"], second["column17"]) == (14, 15, 16)
    rest = dict.fromkeys(("new", "invalid", "ignore", "delete", "expect_delete"))
    assert found["ip_conntrack"] == [
        {"entries": 2, "found": 3, **rest},
        {"entries": 4, "found": 5, **dict(zip(rest, range(6, 11), strict=True)), "column8": 11, "column9": 12},
        {"entries": 5, "found": None, **rest},
    ]


def test_repeated_sections(tmp_path: Path) -> None:
    """A section the kernel prints in several parts is as many records, none of them lost."""
    write_tree(tmp_path, {"snmp": "IcmpMsg: InType0\nIcmpMsg: 1\nIcmpMsg: InType16\nIcmpMsg: 3\n"})
    assert [one["counters"] for one in records(tmp_path, "-4")] == [{"InType0": 1}, {"InType16": 3}]


def test_interface_names() -> None:
    """An interface is called by its file, whatever bytes that name is made of; its index goes with its counters."""
    path = b"/proc/net/dev_snmp6/\xff\\0".decode("utf-8", "surrogateescape")
    (found,) = parse_interfaces([(path, b"ifIndex\t7\nIp6InReceives\t1\n")])
    wanted = {"section": "Ip6", "interface": r"\xff\\0", "counters": {"ifIndex": 7, "Ip6InReceives": 1}}
    assert found == wanted


def test_unknown_values(tmp_path: Path) -> None:
    """What has no number is null with a problem that tells where; sections before and after are there."""
    write_tree(tmp_path, {"snmp": "A: B\nA: 1\nIp: A B C\nIp: 5 x 7\nUdp: A B\nUdp: 1\n", "snmp6": "Ip6A\nIp6B 2\n"})
    answer = report(tmp_path)
    assert [one["counters"] for one in answer["tables"]["statistics"]] == [
        {"B": 1},
        {"A": 5, "B": None, "C": None},
        {"A": 1, "B": None},
        {"Ip6A": None, "Ip6B": 2},
    ]
    assert [(one["source"], one["line"], one["reason"]) for one in answer["problems"]] == [
        ("/proc/net/snmp", 4, "a value that is not a number"),
        ("/proc/net/snmp", 6, "fewer values than names"),
        ("/proc/net/snmp6", 1, "a row needs a name and a number"),
    ]


def test_headers_without_values(tmp_path: Path) -> None:
    """Names without a line of values, as gVisor wrote them, are a problem and no section."""
    write_tree(tmp_path, {"snmp": "", "netstat": "TcpExt: TW ListenDrops\n"})
    answer = report(tmp_path, "-4")
    assert answer["tables"]["statistics"] == []
    assert [one["reason"] for one in answer["problems"]] == ["a line of names without a line of values"]


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    """Where there is no file the report says which; the text says it as netstat does, for what was asked for."""
    write_tree(tmp_path, {"dev": ""})
    answer = report(tmp_path)
    assert answer["tables"]["statistics"] == []
    (absent,) = (one for one in answer["completeness"] if one["reason"] == "not_in_kernel")
    files = "snmp, snmp6, dev_snmp6/*, softnet_stat, stat/*_conntrack, xfrm_stat, tls_stat"
    assert absent["detail"] == f"not in this copy: {files}"
    assert show(tmp_path, "-s").stderr == b"cannot open /proc/net/snmp: No such file or directory\n"
    assert show(tmp_path, "-s6").stderr == b"cannot open /proc/net/snmp6: No such file or directory\n"


def test_a_family_without_statistics(trees: Trees) -> None:
    """Asked for the statistics of another family the report says that there are none."""
    answer = report(trees[NEWEST], "-A", "unix")
    assert answer["tables"]["statistics"] == []
    assert [one["detail"] for one in answer["completeness"]] == ["no reader of statistics reads this address family"]


@pytest.mark.parametrize("options", [(), ("-6",), ("-t",), ("-wu",), ("-6U",)], ids=" ".join)
@pytest.mark.parametrize("tree", statistics_trees())
def test_text_needs_only_records(tree: str, options: tuple[str, ...], trees: Trees) -> None:
    """The text is made of records alone: printed from the sections of the JSON report it is the same to the byte."""
    text = show(trees[tree], "-s", *options)
    family = "inet6" if "-6" in options or "-6U" in options else "inet"
    sections = [one for one in records(trees[tree], f"-{family[4:] or 4}") if one["interface"] is None]
    protocols = {"t": "tcp", "w": "raw", "u": "udp", "U": "udplite"}
    wanted = tuple(word for letter, word in protocols.items() if any(letter in option for option in options))
    query = Query(tables=("statistics",), families=(family,), protocols=wanted)
    rows = LAYOUT.rows(Style(query), Names(), {})
    assert "".join(rows([one]) for one in sections).encode() == text.stdout


def test_text_opens_only_what_it_shows() -> None:
    """For text no file is read that netstat does not read, however many interfaces there are."""
    opened = {}
    for family in ((), ("inet",), ("inet6",)):
        query = Query(tables=("statistics",), families=family)
        session = NetToolsSession(Request(query, Style(query)))
        taken = [reader for reader in READERS if reader.table == "statistics" and session.demand(reader, query)]
        chosen = [reader for reader in taken if query.includes(reader.families, reader.protocols)]
        needs = [need for reader in chosen for feed in reader.feeds for need in feed.needs(asked_of(query))]
        opened[family] = {need.source.name for need in needs if need is not None}
    inet = {"/proc/net/snmp", "/proc/net/netstat", "/proc/net/sctp/snmp"}
    inet6 = {"/proc/net/snmp6", "/proc/net/snmp"}
    assert list(opened.values()) == [inet, inet, inet6]
