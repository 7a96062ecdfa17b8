"""Multicast memberships as text: what the real netstat printed, from the same files."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from pynetstat import show
from realnetstat import NOBODY, Command, Outcome, Stage, run_all, run_both
from recordings import Recording, examples, replays
from trees import fixture_names

if TYPE_CHECKING:
    from pathlib import Path

    from trees import Trees

GROUPS = [
    recording
    for recording in (
        *examples("examples/igmp"),
        *examples("examples/igmp_bad"),
        *(one for name in fixture_names("captures") for one in replays(name)),
    )
    if any(re.fullmatch("-[n46]*g[n46]*", word) for word in recording.arguments)
]
FILTERED = "captures/mcast-a-6.1"
SOURCE_FILTER = re.compile(rb" (include|exclude) [0-9a-f.:,]+")
"""What -v says more than netstat."""

TREES = ("examples/igmp", "examples/igmp_bad", FILTERED, "captures/ifaces-a-6.1")
LINES = (
    *("-gn", "-g", "--groups", "-gv", "-gnv", "-gna", "-gnl", "-gne", "-gnW", "-gnp", "-gno", "-gN", "-g4n", "-g6n"),
    *("-g --numeric-hosts", "-g --numeric-ports", "-g46n", "-gn -A inet6", "-gn -A inet", "-g --inet6", "-gn4v"),
    *("-gtn", "-gtuan", "-gtul6n"),
)


def without_filters(outcome: Outcome) -> Outcome:
    """Return an outcome without what only pynetstat shows."""
    return Outcome(SOURCE_FILTER.sub(b"", outcome.stdout), outcome.stderr, outcome.returncode)


@pytest.mark.parametrize("recording", GROUPS, ids=str)
def test_recorded(recording: Recording, trees: Trees) -> None:
    """Every recorded display of memberships comes out the same: output, complaints, and exit status."""
    assert show(trees[recording.fixture], *recording.arguments) == recording.outcome


def test_recordings_take_part() -> None:
    """All captures and both crafted trees were found."""
    assert len({recording.fixture for recording in GROUPS}) == len(fixture_names("captures")) + 2


@pytest.mark.usefixtures("real_netstat")
@pytest.mark.parametrize("tree", TREES)
def test_every_option(tree: str, trees: Trees) -> None:
    """With every option that goes with -g both programs print the same, source filters aside."""
    for both in run_both(Stage(trees[tree]), [tuple(line.split()) for line in LINES]):
        ours = without_filters(both.ours) if any("v" in word for word in both.arguments) else both.ours
        assert ours == both.real, both.arguments


@pytest.mark.usefixtures("real_netstat")
@pytest.mark.parametrize("missing", ["igmp", "igmp6", "igmp igmp6"])
def test_missing_files(missing: str, trees: Trees) -> None:
    """A kernel without IGMP is an error, and its IPv6 groups are shown; one without igmp6 goes unmentioned."""
    stage = Stage(trees["examples/igmp"], absent=tuple(f"net/{name}" for name in missing.split()))
    comparisons = run_both(stage, [("-gn",), ("-gvn",), ("-gn6",), ("-gn4",), ("-gn4v",)])
    assert any(both.real.returncode for both in comparisons) == (missing != "igmp6")
    for both in comparisons:
        assert both.ours == both.real, both.arguments


@pytest.mark.usefixtures("real_netstat")
def test_closed_files(trees: Trees) -> None:
    """To a user who may not read them, memberships are missing in the same words."""
    stage = Stage(trees["examples/igmp"], modes=(("net/igmp", 0o600), ("net/igmp6", 0o600)))
    for both in run_both(stage, [("-gn",), ("-gn6",)], uid=NOBODY):
        assert both.ours == both.real, both.arguments


def test_verbose_shows_source_filters(trees: Trees) -> None:
    """-v ends the lines of filtered groups with the sources; every other byte is netstat's."""
    shown = show(trees[FILTERED], "-gnv").stdout
    assert b"eth0            1      232.1.1.1 include 192.0.2.1,192.0.2.2\n" in shown
    assert b"eth1            1      ff0e::101 exclude 2001:db8::bad\n" in shown
    assert len(SOURCE_FILTER.findall(shown)) == 4
    assert SOURCE_FILTER.sub(b"", shown) == show(trees[FILTERED], "-gn").stdout


def test_second_round_is_like_the_first(trees: Trees) -> None:
    """Q9: printed again, IPv4 groups are still read as IPv4 groups."""
    once = show(trees["examples/igmp"], "-gn")
    assert show(trees["examples/igmp"], "-gn", "0", "3") == Outcome(once.stdout * 3, b"", 0)


@pytest.mark.usefixtures("real_netstat")
def test_second_round_of_the_real_program(trees: Trees) -> None:
    """Q9 is still a fault of the real program: its later rounds differ from the first."""
    timed = Command("python", ("-c", "import subprocess as s; s.run(['timeout', '1.5', 'netstat', '-gnc'])"))
    (outcome,) = run_all(Stage(trees["examples/igmp"]), [timed])
    assert b"warning, got bogus igmp6 line" in outcome.stderr


def test_linux_2_0(trees: Trees, tmp_path: Path) -> None:
    """The oldest format, without index and querier, gives the same rows."""
    tree = shutil.copytree(trees["examples/igmp"], tmp_path / "tree", symlinks=True)
    old = "Device    : Count\tGroup    Users Timer\neth0      :     2\n\t\t\tFB0000E0     2 0:00000000\n"
    (tree / "proc/net/igmp").write_text(old + "\t\t\t010000E0     1 0:00000000\n")
    (tree / "proc/net/igmp6").write_text("")
    assert show(tree, "-gn").stdout.splitlines()[3:] == [
        b"eth0            2      224.0.0.251",
        b"eth0            1      224.0.0.1",
    ]
