"""Masqueraded connections as text: what netstat prints from ip_masquerade, and the same layout for the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from pynetstat import show
from realnetstat import NETLINK_HAS, NOBODY, Command, Outcome, Stage, run_all, run_both
from recordings import Recording, examples, replays
from trees import fixture_names

if TYPE_CHECKING:
    from pathlib import Path

    from trees import Trees

EXAMPLES = [*examples("examples/masq"), *examples("examples/masq_old")]
ROUTER = "captures/nat-a-6.18"
NO_SUPPORT = Outcome(b"", b"netstat: no support for `ip_masquerade' on this system.\n", 1)

HEADER = b"Prc FromIP   FPrt ToIP     TPrt Masq Init-seq  Delta PDelta Expires (free=40960,40960,40960)\n"
OLD_HEADER = HEADER.replace(b"PDelta ", b"")
ROW = b"TCP C0A8010A:0401 CB007109:0050 EE49 00000000      0      0   89900\n"
PORTS = b"".join(
    b"%s 7F000001:0016 7F000001:0050 0035 FFFFFFFF     -5      7   %d\n" % (protocol, ticks)
    for protocol, ticks in (
        (b"TCP", 6000),
        (b"UDP", 359_999),
        (b"ICMP", 360_000),
        (b"GRE", 1),
        (b"ESP", 0),
        (b"IP", 99),
    )
)
FILES = {
    "no connection": HEADER,
    "blank lines": HEADER + ROW + b"\n" + ROW + b"  \n" + ROW,
    "last line cut": HEADER + ROW + ROW.rstrip(),
    "ports and times": HEADER + PORTS,
    "unspecified": HEADER + b"UDP 00000000:0035 FFFFFFFF:0000 0000 00001234     -5      7   9999999\n",
    "Linux 2.0": OLD_HEADER + ROW.replace(b"      0   8", b"   8"),
    "empty": b"",
    "unknown protocol": HEADER + ROW + ROW.replace(b"TCP", b"???"),
    "lower case": HEADER + ROW.replace(b"TCP", b"tcp"),
    "a column less": HEADER + ROW + ROW.replace(b"      0   8", b"   8"),
    "a column more": HEADER + ROW.replace(b"89900", b"89900 x"),
    "a line too short": HEADER + ROW + b"TCP C0A8010A:0401 CB007109:0050",
    "no numbers": HEADER + ROW + b"TCP x y z\n",
    "both mistakes": HEADER + ROW.replace(b"TCP", b"???") + b"TCP x\n",
    "the other order": HEADER + b"TCP x\n" + ROW.replace(b"TCP", b"???"),
}


def stage_tree(base: Path, ip_masquerade: bytes) -> Path:
    """Return a tree with this ip_masquerade and with what makes pynetstat run live, so that it resolves names."""
    files = dict.fromkeys(NETLINK_HAS, b"") | {"net/ip_masquerade": ip_masquerade}
    for name, content in files.items():
        path = base / "proc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return base


@pytest.mark.parametrize("recording", EXAMPLES, ids=str)
def test_recorded(recording: Recording, trees: Trees) -> None:
    """Every recorded display of ip_masquerade comes out the same, in the formats of Linux 2.0 and 2.2."""
    assert show(trees[recording.fixture], *recording.arguments) == recording.outcome


def test_recordings_take_part() -> None:
    """The recorded examples were found, with and without sequence numbers."""
    assert len(EXAMPLES) == 4


@pytest.mark.usefixtures("real_netstat")
@pytest.mark.parametrize("tree", ["examples/masq", "examples/masq_old"])
def test_every_option(tree: str, trees: Trees, tmp_path: Path) -> None:
    """With every option that goes with -M both programs print the same."""
    lines = ("-M", "-Mn", "-Me", "-Mne", "-Mnee", "-MnW", "-MN", "-Mnv", "-Mna", "-Mnl", "-Mno", "-Mnp", "--masquerade")
    names = ("-M --numeric-hosts", "-M --numeric-ports", "-Me --numeric-users", "-Mg")
    stage = Stage(stage_tree(tmp_path, (trees[tree] / "proc/net/ip_masquerade").read_bytes()))
    for both in run_both(stage, [tuple(line.split()) for line in (*lines, *names)]):
        assert both.ours == both.real, both.arguments
        assert both.real.stdout


@pytest.mark.usefixtures("real_netstat")
@pytest.mark.parametrize("name", FILES)
def test_odd_files(name: str, tmp_path: Path) -> None:
    """Files with and without mistakes print the same, names resolved or not; one mistake and nothing is listed."""
    for both in run_both(Stage(stage_tree(tmp_path, FILES[name])), [("-Mn",), ("-Mne",), ("-M",)]):
        assert both.ours == both.real, both.arguments


@pytest.mark.usefixtures("real_netstat")
def test_no_header(tmp_path: Path) -> None:
    """A row in the place of the header is shown, where the real program takes it for a header of Linux 2.0."""
    stage = Stage(stage_tree(tmp_path, ROW + ROW))
    (real,) = run_all(stage, [Command("netstat", ("-Mn",))])
    outcome = show(stage.tree, "-Mn")
    assert (real.returncode, outcome.returncode) == (255, 0)
    assert outcome.stdout.count(b" -> ") == 2
    assert outcome.stderr.startswith(b"pynetstat: /proc/net/ip_masquerade: does not begin as the kernel writes it")


@pytest.mark.usefixtures("real_netstat")
def test_no_source_at_all(trees: Trees) -> None:
    """Where the kernel has none of the sources the message and the status are netstat's."""
    tree = trees["examples/igmp"]
    (real,) = run_all(Stage(tree), [Command("netstat", ("-Mn",))])
    assert show(tree, "-Mn") == real == NO_SUPPORT


@pytest.mark.usefixtures("real_netstat")
def test_no_permission(trees: Trees) -> None:
    """A source that may not be read is told apart from one that is not there, in netstat's words, with its status."""
    stage = Stage(trees["examples/masq"], modes=(("net/ip_masquerade", 0o600),))
    commands = [Command("netstat", ("-Mn",), NOBODY), Command("python", ("-m", "netstat_core", "-Mn"), NOBODY)]
    real, ours = run_all(stage, commands)
    assert ours == real == Outcome(b"", b"/proc/net/ip_masquerade: Permission denied\n", 255)


@pytest.mark.usefixtures("real_netstat")
def test_no_permission_for_netlink(trees: Trees) -> None:
    """Where netlink and nf_conntrack are there and neither may be used, that is said, not that nothing is there."""
    stage = Stage(trees[ROUTER], modes=(("net/nf_conntrack", 0o440),))
    (ours,) = run_all(stage, [Command("python", ("-m", "netstat_core", "-Mn"), NOBODY)])
    assert re.fullmatch(rb"netfilter/conntrack: .*Operation not permitted\n", ours.stderr)
    assert (ours.stdout, ours.returncode) == (b"", 255)


@pytest.mark.parametrize("name", fixture_names("captures"))
def test_tracked_connections_are_a_source(name: str, trees: Trees) -> None:
    """Deliberate: where real netstat finds no ip_masquerade, nf_conntrack is read; without that both say the same."""
    (recorded,) = [one for one in replays(name) if one.arguments == ("-M", "-n")]
    assert recorded.outcome == NO_SUPPORT
    ours = show(trees[name], "-M", "-n")
    if not (trees[name] / "proc/net/nf_conntrack").exists():
        assert ours == NO_SUPPORT
    elif name == ROUTER:
        assert ours.stdout
    else:
        assert ours == Outcome(b"", b"", 0)


def test_only_translated_connections_are_listed(trees: Trees) -> None:
    """A router's list has netstat's layout, one line for each translated connection and none for the router's own."""
    lines = show(trees[ROUTER], "-Mn").stdout.decode().splitlines()
    assert lines[:2] == [
        "IP masquerading entries",
        "prot   expire source               destination          ports",
    ]
    assert len(lines) - 2 == len((trees[ROUTER] / "proc/net/nf_conntrack").read_text().splitlines()) - 1
    assert not [line for line in lines if " 203.0.113.1 " in line]
    assert "udp   0:27.00 10.1.0.2             203.0.113.2          60580 -> 53 (60580)" in lines
    assert "icmp  0:27.00 10.1.0.2             203.0.113.99         * -> * (*)" in lines
    assert "tcp 7199:57.00 fd01::2              2001:db8:2::2        43578 -> 443 (43578)" in lines


def test_sequence_numbers_nobody_keeps(trees: Trees) -> None:
    """With -e tracked connections have the columns of ip_masquerade, filled as that is for Linux 2.0."""
    lines = show(trees[ROUTER], "-Mne").stdout.decode().splitlines()
    assert lines[1] == "prot   expire    initseq delta prevd source               destination          ports"
    shape = re.compile(r"\S+ +\d+:\d\d\.\d\d          0     0     - \S+ +\S+ +(\d+|\*) -> (\d+|\*) \((\d+|\*)\)")
    assert all(shape.fullmatch(line) for line in lines[2:])


def test_bad_rows_are_told(trees: Trees, tmp_path: Path) -> None:
    """A row of nf_conntrack that cannot be read is warned of; the others are listed."""
    tree = tmp_path / "tree"
    (tree / "proc/net").mkdir(parents=True)
    rows = (trees[ROUTER] / "proc/net/nf_conntrack").read_bytes()
    (tree / "proc/net/nf_conntrack").write_bytes(rows + b"ipv4     2 tcp      6 zzz\n")
    assert show(tree, "-Mn") == Outcome(show(trees[ROUTER], "-Mn").stdout, b"warning, got bogus conntrack line.\n", 0)


def test_every_round_has_its_title(trees: Trees) -> None:
    """Printed again, title and header come again."""
    once = show(trees["examples/masq"], "-Mn")
    assert show(trees["examples/masq"], "-Mn", "0", "2") == Outcome(once.stdout * 2, b"", 0)
