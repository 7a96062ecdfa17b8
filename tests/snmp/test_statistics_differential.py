"""The statistics display: the same crafted or captured /proc before netstat and pynetstat gives the same bytes."""

from __future__ import annotations

from difflib import unified_diff
from itertools import product
from typing import TYPE_CHECKING

import pytest
from option_matrix import split, subsets
from realnetstat import NOBODY, Comparison, Stage, run_both
from statistics_files import statistics_trees, write_tree

if TYPE_CHECKING:
    from pathlib import Path

    from trees import Trees

pytestmark = pytest.mark.usefixtures("real_netstat")

PROTOCOLS = [(f"-s{family}{letters}",) for family, letters in product(("", "6"), subsets("tuUwS"))]
FAMILIES = split(
    "-s4", "-s4t", "-s4uwU", "-s4S", "-s46", "-s64", "-sx",
    "-s -A unix", "-s -A inet,unix", "-s -A unix,inet6", "-s -A ip6",
    "-s -A tcpip", "-s --ipx", "-s -A ddp", "-s -A bluetooth", "-su --ddp", "-s --inet6 -t", "-s --protocol=inet",
    "-s -A ax25,x25,netrom,rose", "-s46t",
)  # fmt: skip
OTHERS = split(
    "-sa", "-sl", "-se", "-seee", "-sn", "-sv", "-sc", "-sW", "-so", "-sp", "-sN", "-sC", "-sF", "-sg", "-s6anevW",
    "--statistics", "--stat --tcp", "--statistics --raw --udp -6", "--statistics --udplite", "--statistics --sctp -4",
    "-ss", "-si", "-sr", "-sM", "-s -K",
)  # fmt: skip
GROUPS: dict[str, list[tuple[str, ...]]] = {"protocols": [*PROTOCOLS], "families": FAMILIES, "others": OTHERS}
RICH = ("examples/st_all", "examples/st_example", "captures/sctp-a-6.1")
CHOICE = split("-s", "-s6", "-st", "-sU", "-sw6", "-swu")


def differing(comparisons: list[Comparison]) -> str:
    """Return what our outcomes lack or have more, as a diff for each call; usage texts are each program's own."""
    report = []
    for both in comparisons:
        if both.real.returncode == 3:
            assert both.ours.returncode == 3
            continue
        if both.real != both.ours:
            real, ours = ([*map(repr, one.stdout.split(b"\n")), repr(one)] for one in (both.real, both.ours))
            report += [" ".join(both.arguments), *unified_diff(real, ours, lineterm="", n=0)]
    return "\n".join(report)


@pytest.mark.parametrize("tree", RICH)
@pytest.mark.parametrize("group", GROUPS)
def test_every_option(tree: str, group: str, trees: Trees) -> None:
    """With every option that statistics know or ignore, alone and combined, the rich trees print the same."""
    lists = GROUPS[group]
    comparisons = run_both(Stage(trees[tree]), lists)
    assert differing(comparisons) == ""
    assert sum(bool(both.real.stdout) for both in comparisons) >= len(lists) // 2


@pytest.mark.parametrize("tree", [tree for tree in statistics_trees() if tree not in RICH])
def test_every_tree(tree: str, trees: Trees) -> None:
    """With the usual options every other tree that has statistics prints the same."""
    comparisons = run_both(Stage(trees[tree]), CHOICE)
    assert differing(comparisons) == ""
    assert comparisons[0].real.stdout


@pytest.mark.parametrize("missing", ["snmp", "netstat", "snmp6", "sctp/snmp", "snmp snmp6", "netstat sctp"])
@pytest.mark.parametrize("tree", ["examples/st_all"])
def test_missing_files(missing: str, tree: str, trees: Trees) -> None:
    """A file the kernel lacks is told or passed over, and ends the display or not, in the same way."""
    stage = Stage(trees[tree], absent=tuple(f"net/{name}" for name in missing.split()))
    comparisons = run_both(stage, [*CHOICE, ("-s6t",), ("-s6u",), ("-sS",)])
    assert differing(comparisons) == ""


@pytest.mark.parametrize("closed", ["snmp", "netstat", "snmp6", "sctp/snmp"])
def test_closed_files(closed: str, trees: Trees) -> None:
    """To a user who may not read a file both say so in the same words."""
    stage = Stage(trees["examples/st_all"], modes=((f"net/{closed}", 0o600),))
    assert differing(run_both(stage, [("-s",), ("-s6",)], uid=NOBODY)) == ""


SECTION = "Tcp: X Y Z\nTcp: 1 2 3\n"
PAIRS = {
    "blank lines between sections": f"\n\n{SECTION}\n{SECTION}\n",
    "blank line inside a pair": f"Tcp: X\n\nTcp: 1\n{SECTION}",
    "no title at first": f"nonsense\n{SECTION}",
    "no title later": f"{SECTION}nonsense\n{SECTION}",
    "no title on values": f"{SECTION}Tcp: X\n1\n{SECTION}",
    "names only": "TcpExt: TW ListenDrops\n",
    "names only at the end": f"{SECTION}TcpExt: TW ListenDrops",
    "no final newline": "Tcp: X\nTcp: 5",
    "fewer values": f"Tcp: X CurrEstab Y\nTcp: 5\n{SECTION}",
    "no values": f"Tcp: X CurrEstab Y\nTcp:\n{SECTION}",
    "more values": f"Tcp: X\nTcp: 5 6 7\n{SECTION}",
    "another title": f"Tcp: X\nUdp: 5\n{SECTION}",
    "a word for a number": f"Tcp: X CurrEstab Y\nTcp: 5 many 6\n{SECTION}",
    "tabs": "Tcp:\tX\tY\nTcp:\t5  6 \n",
    "no blank behind the colon": "Tcp:X Y\nTcp:5 6\n",
    "blanks around the title": " Tcp : X\n Tcp : 5\n",
    "colons in names": "Tcp: X: Y\nTcp: 5 6\n",
    "extreme numbers": "Tcp: A B C D E F\nTcp: -5 -18446744073709551615 -18446744073709551616 18446744073709551615 "
    "18446744073709551616 +7\n",
    "repeated sections": "IcmpMsg: InType0\nIcmpMsg: 1\nIcmpMsg: InType16\nIcmpMsg: 3\n" + SECTION * 2,
    "unknown sections": f"New: A B\nNew: 0 5\n{SECTION}Empty:\nEmpty:\n",
    "histograms interrupted": "Icmp: InEchos Odd OutEchos InErrors InEchos2 InRedirects Odd2\nIcmp: 1 2 3 0 4 5 6\n"
    "IcmpMsg: InType1\nIcmpMsg: 5\nUdpLite: Z\nUdpLite: 5\n",
    "letters beyond ASCII": "Tcp: Größe\nTcp: 5\n",
    "nothing": "",
}
ROWS = {
    "tabs and blanks": "Ip6A 5\nIp6B\t6\nIp6C   \t 7\n",
    "more words": "Ip6A 5 6\nIp6B 7\n",
    "extreme numbers": "Ip6A -1\nIp6B 18446744073709551616\nIp6C -18446744073709551616\nIp6D +6\nIp6F -3\n",
    "no final newline": "Ip6A 5\nIp6B 7",
    "sections come back": "Ip6A 5\nUdp6A 6\nIp6B 7\nUdp6B 8\n",
    "names without a 6": "SctpA 5\nFoo 7\nIp6 5\n6 7\n66 8\n",
    "names that hold another section": "Ip6A 5\nFooIp6Bar 7\nIcmp6Ip6 6\nIp6Z 5\n",
    "histograms interrupted": "Icmp6InEchos 3\nIcmp6Odd 3\nIcmp6OutEchos 1\nIcmp6InMsgs 0\nIcmp6Odd2 4\n"
    "Icmp6InRedirects 1\nIcmp6OutRedirects 1\n",
    "nothing": "",
}


@pytest.mark.parametrize("case", PAIRS)
def test_odd_pairs(case: str, tmp_path: Path) -> None:
    """Odd and broken snmp and netstat files print the same, complaint and status included."""
    write_tree(tmp_path, {"snmp": PAIRS[case], "netstat": PAIRS[case], "snmp6": "Ip6A 1\n", "sctp/snmp": "SctpA 1\n"})
    assert differing(run_both(Stage(tmp_path), [("-s",), ("-st",), ("-sw",), ("-s6",)])) == ""


@pytest.mark.parametrize("case", ROWS)
def test_odd_rows(case: str, tmp_path: Path) -> None:
    """Odd snmp6 and sctp/snmp files print the same."""
    write_tree(tmp_path, {"snmp": SECTION, "snmp6": ROWS[case], "sctp/snmp": ROWS[case] or "SctpA 1\n"})
    assert differing(run_both(Stage(tmp_path), [("-s",), ("-s6",), ("-s6w",), ("-sS",), ("-su",)])) == ""


DELIBERATE = {
    "a number with a tail": ({"snmp": "Tcp: X Y\nTcp: 5x 6\n"}, ("-s",), b"Tcp:\n    X: 5\n", b"Tcp:\n"),
    "a counter named twice": (
        {"snmp": "Tcp: X X\nTcp: 5 6\n"}, ("-s",), b"Tcp:\n    X: 5\n    X: 6\n", b"Tcp:\n    X: 5\n",
    ),
    "a row without a number": (
        {"snmp": "", "snmp6": "Ip6A 5\nIp6B\nIp6C 7\n"}, ("-s6",),
        b"Ip6:\n    Ip6A: 5\n    Ip6B: 5\n    Ip6C: 7\n", b"Ip6:\n    Ip6A: 5\n    Ip6C: 7\n",
    ),
    "a control character": (
        {"snmp": "Tcp: \x1b[2J\nTcp: 5\n"}, ("-s",), b"Tcp:\n    \x1b[2J: 5\n", b"Tcp:\n    \\x1b[2J: 5\n",
    ),
    "a family named twice": (
        {"snmp": SECTION}, ("-s44",), b"netstat: No statistics support for specified address family: inet,inet\n",
        b"Tcp:\n    X: 1\n    Y: 2\n    Z: 3\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DELIBERATE)
def test_deliberate(case: str, tmp_path: Path) -> None:
    """We show no number that another counter has, no part of a word, no terminal code, and take -4 twice for -4."""
    files, arguments, real, ours = DELIBERATE[case]
    write_tree(tmp_path, files)
    (both,) = run_both(Stage(tmp_path), [arguments])
    assert (both.real.stdout, both.ours.stdout) == (real, ours)
    assert (both.ours.stderr, both.ours.returncode) == (b"", 0)
