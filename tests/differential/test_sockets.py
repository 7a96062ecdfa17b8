"""The sockets displays: the same crafted or captured /proc before netstat and pynetstat gives the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import option_matrix
import pytest
from differences import (
    DIFFERENCES,
    HAS_LEGACY,
    LEGACY_FILES,
    LEGACY_TITLE,
    comparable,
    diff,
    expected,
    require_same,
    settled,
)
from realnetstat import NOBODY, OURS, Command, Comparison, Stage, run_all, run_both
from trees import FIXTURES, SOCKET_FILES, socket_trees

if TYPE_CHECKING:
    from differences import Difference
    from trees import Trees

pytestmark = pytest.mark.usefixtures("real_netstat")

GROUPS = {
    "protocols": option_matrix.PROTOCOLS,
    "columns": option_matrix.COLUMNS,
    "families": option_matrix.FAMILIES,
    "names": option_matrix.NAMES,
    "spellings": option_matrix.SPELLINGS,
    "refused": option_matrix.REFUSED,
}
RICH = (
    *("examples/sock", "examples/sctp"),
    *("captures/tcp-a-6.18", "captures/udp-a-6.18", "captures/unix-a-6.1", "captures/sctp-a-6.1"),
)
"""Trees that meet every list of the matrix; all others meet a choice."""

NEEDS_LIVE = {"names", "refused"}
"""Groups not for a tree that lacks tcp, which has to be read as a snapshot (see `Stage.source`)."""

CHOICE = option_matrix.split(
    "", "-an", "-a", "-aneopW", "-anxp", "-ln", "-tulpen", "-S -an", "-46na", "-wUan", "-A inet,unix -anv", "-Z",
)  # fmt: skip
STAGED_AWAY = () if HAS_LEGACY else LEGACY_FILES


def differing(tree: str, comparisons: list[Comparison]) -> str:
    """Return what our outcomes lack or have more than expected, as a diff for each call; nothing when all is well."""
    pairs = {
        " ".join(c.arguments): (expected(tree, c.real, c.arguments), settled(tree, c.ours, c.arguments))
        for c in comparisons
    }
    differences = ((arguments, diff(*pair)) for arguments, pair in pairs.items())
    return "".join(f"$ netstat {arguments}\n{difference}" for arguments, difference in differences if difference)


def compare(trees: Trees, tree: str, lists: list[tuple[str, ...]]) -> list[Comparison]:
    """Run both programs on the stage with each list of arguments; something has to be printed."""
    stage = Stage(trees[tree], absent=STAGED_AWAY)
    shown = lists if stage.is_live else [arguments for arguments in lists if option_matrix.is_numeric(arguments)]
    comparisons = run_both(stage, shown)
    assert len(comparisons) > len(lists) // 2
    assert any(c.real.stdout or c.real.stderr for c in comparisons)
    return comparisons


@pytest.mark.parametrize(
    ("tree", "group"),
    [(tree, group) for tree in RICH for group in GROUPS if tree != "examples/sctp" or group not in NEEDS_LIVE],
)
def test_every_option(tree: str, group: str, trees: Trees) -> None:
    """With every option of the sockets displays, alone and combined, the rich trees print the same."""
    require_same(differing(tree, compare(trees, tree, GROUPS[group])))


@pytest.mark.parametrize("tree", [tree for tree in socket_trees() if tree not in {*RICH, "examples/bad"}])
def test_every_tree(tree: str, trees: Trees) -> None:
    """With the usual options every other tree that has socket files prints the same."""
    require_same(differing(tree, compare(trees, tree, CHOICE)))


def test_bad_lines(trees: Trees) -> None:
    """Lines that are no sockets get the same complaints and leave the other lines and the status alone."""
    comparisons = compare(trees, "examples/bad", option_matrix.PROTOCOLS)
    require_same(differing("examples/bad", comparisons))
    assert any(b"bogus" in c.real.stderr for c in comparisons)


@pytest.mark.parametrize("missing", [*SOCKET_FILES, "sctp", "tcp tcp6", "udp udp6", "unix tcp"])
def test_missing_files(missing: str, trees: Trees) -> None:
    """A protocol the kernel lacks ends an explicit listing with the same complaint, else it is passed over."""
    lists = option_matrix.split(
        "-an", "-tan", "-tuan", "-uan", "-xan", "-wUan", "-San", "-tuSn", "-6an", "-4an", "-anv"
    )
    absent = (*STAGED_AWAY, *(f"net/{name}" for name in missing.split()))
    comparisons = run_both(Stage(trees["examples/sock"], absent=absent), lists)
    require_same(differing("examples/sock", comparisons))
    assert any(c.real.returncode for c in comparisons)


@pytest.mark.parametrize("missing", ["eps", "assocs"])
def test_half_of_sctp(missing: str, trees: Trees) -> None:
    """Of endpoints and associations those are shown that there are, with the same complaint of the others.

    Only where SCTP was asked for by name netstat shows no associations behind endpoints that are missing.
    """
    lists = option_matrix.split("-an", "-n", "-ln", "-anv", "-lSn", "-Sn", "-San")
    stage = Stage(trees["examples/sctp"], absent=(*STAGED_AWAY, f"net/sctp/{missing}"))
    *comparisons, named = run_both(stage, lists)
    require_same(differing("examples/sctp", comparisons))
    assert (named.ours.stderr, named.ours.returncode) == (named.real.stderr, named.real.returncode)
    assert all(b"10.0.0.1" in c.ours.stdout for c in (comparisons[0], named))


CLOSED = {
    "tcp": (("net/tcp", 0o600),),
    "tcp6": (("net/tcp6", 0o600),),
    "udp": (("net/udp", 0o600),),
    "unix": (("net/unix", 0o600),),
    "every file": tuple((f"net/{name}", 0o600) for name in ("tcp", "tcp6", "udp", "udp6", "udplite", "raw", "unix")),
    "one process": (("321/fd", 0o700),),
    "every process": tuple((f"{pid}/fd", 0o700) for pid in (1, 77, 99, 321, 555, 4321, 7777777)),
    "a command line": (("321/cmdline", 0o600),),
    "a process": (("321", 0o700),),
}


@pytest.mark.parametrize("closed", CLOSED)
def test_closed_files(closed: str, trees: Trees) -> None:
    """To a user who may not read something both say so in the same words, -p's warnings included."""
    lists = option_matrix.split("-an", "-tan", "-uxan", "-anp", "-tlnp", "-xanp")
    stage = Stage(trees["examples/sock"], absent=STAGED_AWAY, modes=CLOSED[closed])
    comparisons = run_both(stage, lists, uid=NOBODY)
    require_same(differing("examples/sock", comparisons))
    assert any(c.real.stdout for c in comparisons)


def test_a_new_process_prints_what_the_function_returns(trees: Trees) -> None:
    """`python -m netstat_core` starts on a crafted /proc and gives what the in-process entry gives."""
    lists = [("-an",), ("-tanp",), ("-Kan",), ("-xan", "-A", "nope"), ("-ln",)]
    programs = (OURS or "pynetstat", OURS or "python -m netstat_core")
    outcomes = run_all(Stage(trees["examples/sock"]), [Command(p, arguments) for arguments in lists for p in programs])
    assert [comparable(outcome) for outcome in outcomes[::2]] == [comparable(outcome) for outcome in outcomes[1::2]]
    assert outcomes[0].stdout


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.why[:3] + difference.trees[0])
def test_differences_still_exist(difference: Difference, trees: Trees) -> None:
    """Each deliberate difference is one the real program still shows, in every tree it is named for."""
    for tree in difference.trees:
        (outcome,) = run_all(Stage(trees[tree], absent=LEGACY_FILES), [Command("netstat", ("-an",))])
        assert difference.apply(outcome) != outcome


def test_legacy_families_are_staged_away_only_without_their_plugin(trees: Trees) -> None:
    """The captured legacy sockets are part of the comparison as soon as a plugin can show them."""
    tree = "captures/legacy-a-6.1"
    assert (FIXTURES / tree / "proc/net/ax25").is_file()
    (outcome,) = run_all(Stage(trees[tree], absent=STAGED_AWAY), [Command("netstat", ("-an",))])
    assert bool(LEGACY_TITLE.search(outcome.stdout)) == HAS_LEGACY
