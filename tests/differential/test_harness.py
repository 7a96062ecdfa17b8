"""The stage itself: what the real netstat printed when the fixtures were recorded, it prints on the stage too."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import realnetstat
from realnetstat import Command, Outcome, Stage, run_all
from recordings import replays
from trees import FIXTURES, fixture_names, rewrite_as_big_endian

if TYPE_CHECKING:
    from trees import Trees

pytestmark = pytest.mark.usefixtures("real_netstat")

EXAMPLES = ("examples/bad", "examples/sctp", "examples/sock")
ORDER_OF_A_DISK = {("-aneopW",), ("-taneop",)}
"""Recorded where /proc was on disk: the socket that pids 1 and 321 share was credited to the latter."""


@pytest.mark.parametrize("name", fixture_names("captures"))
def test_replays_are_reproduced(name: str, trees: Trees) -> None:
    """The stage gives the real netstat exactly the files its recorded replay was made from."""
    recorded = replays(name)
    outcomes = run_all(Stage(trees[name]), [Command("netstat", call.arguments) for call in recorded])
    differing = [call.arguments for call, now in zip(recorded, outcomes, strict=True) if call.outcome != now]
    assert len(recorded) > 40
    assert differing == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_reproduced(name: str, trees: Trees) -> None:
    """The crafted trees make the real netstat print what is kept beside them."""
    files = sorted((FIXTURES / name / "out").glob("-*.out"))
    lists = [tuple(file.stem.split("_")) for file in files]
    outcomes = run_all(Stage(trees[name]), [Command("netstat", arguments) for arguments in lists])
    differing = {
        arguments
        for file, arguments, outcome in zip(files, lists, outcomes, strict=True)
        if (file.read_bytes(), file.with_suffix(".err").read_bytes()) != (outcome.stdout, outcome.stderr)
    }
    assert differing == (ORDER_OF_A_DISK if name == "examples/sock" else set())


def test_processes_are_listed_in_ascending_order(trees: Trees) -> None:
    """A socket held by several processes is credited to the lowest pid, as with a kernel's own /proc."""
    (outcome,) = run_all(Stage(trees["examples/sock"]), [Command("netstat", ("-tlnp",))])
    assert b"0.0.0.0:22              0.0.0.0:*               LISTEN      1/init  " in outcome.stdout


def test_files_can_be_missing_and_closed(trees: Trees) -> None:
    """Files taken off the stage are absent and closed ones are closed, to another user."""
    stage = Stage(trees["examples/sock"], absent=("net/udp",), modes=(("net/tcp", 0o600),))
    missing, closed = run_all(stage, [Command("netstat", ("-un",)), Command("netstat", ("-tn",), realnetstat.NOBODY)])
    assert (missing.returncode, closed.returncode) == (1, 1)
    assert missing.stderr == b"netstat: no support for `AF INET (udp)' on this system.\n"
    assert closed.stderr == b"netstat: no support for `AF INET (tcp)' on this system.\n"


def test_the_stage_is_private(trees: Trees) -> None:
    """Nothing laid over /proc is seen outside, and no socket of the host inside."""
    run_all(Stage(trees["examples/sctp"]), [Command("netstat", ("-an",))])
    assert Path("/proc/self/stat").read_text().split()[0] == str(os.getpid())


def test_another_user_can_run_python(trees: Trees) -> None:
    """Any interpreter starts on the stage, as another user too, even below a directory closed to that user."""
    stage = Stage(trees["examples/sock"])
    (outcome,) = run_all(stage, [Command("python", ("-c", "import os, json; print(os.geteuid())"), realnetstat.NOBODY)])
    assert outcome == Outcome(b"65534\n", b"", 0), sys.executable


def test_big_endian_words_are_swapped(trees: Trees, tmp_path: Path) -> None:
    """A tree rewritten as big-endian holds every address byte-swapped and every other field as it was."""
    source = trees["captures/tcp-a-6.18"]
    target = rewrite_as_big_endian(source, tmp_path / "big")
    little, big = ((tree / "proc/net/tcp").read_text() for tree in (source, target))
    assert " 0100007F:0277 00000000:0000 0A " in little
    assert " 7F000001:0277 00000000:0000 0A " in big
    assert [row.split()[3:] for row in big.splitlines()] == [row.split()[3:] for row in little.splitlines()]
    assert (
        rewrite_as_big_endian(target, tmp_path / "again").joinpath("proc/net/tcp6").read_text()
        == (source / "proc/net/tcp6").read_text()
    )
