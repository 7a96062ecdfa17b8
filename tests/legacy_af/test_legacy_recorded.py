"""Recorded text of the real netstat: pynetstat prints the same from the same files, but for what is named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from legacy_differences import DIFFERENCES, repaired, shows_all
from pynetstat import show
from realnetstat import Outcome
from recordings import Recording, examples, replays
from trees import FIXTURES

if TYPE_CHECKING:
    from trees import Trees

LEGACY_OPTION = re.compile(r"\b(ipx|ax25|x25|netrom|rose|ddp)\b")
LEGACY_TITLE = re.compile(rb"^Active (IPX|AX\.25|X\.25|NET/ROM|ROSE) sockets$", re.MULTILINE)
CAPTURES = ("captures/legacy-a-6.1", "captures/legacy-a-later-6.1", "captures/legacy-peera-6.1")
EXAMPLES = ("examples/legacy", "examples/legacy2")


def is_legacy(recording: Recording) -> bool:
    """Whether a recorded call shows or asks for a legacy family."""
    asked = any(LEGACY_OPTION.search(word) for word in recording.arguments)
    return asked or bool(LEGACY_TITLE.search(recording.outcome.stdout))


def without_arguments(tree: str) -> Recording:
    """Return the recorded call without arguments."""
    out = FIXTURES / tree / "out/noargs.out"
    return Recording(tree, (), Outcome(out.read_bytes(), b"", int(out.with_suffix(".rc").read_text())))


REPLAYED = [one for tree in CAPTURES for one in replays(tree) if is_legacy(one)]
ROUTES_DDP = [one for one in REPLAYED if "-rn" in one.arguments and "ddp" in one.arguments]
RECORDED = [
    *(one for one in REPLAYED if one not in ROUTES_DDP),
    *(one for tree in EXAMPLES for one in examples(tree)),
    without_arguments("examples/legacy"),
]


@pytest.mark.parametrize("recording", RECORDED, ids=str)
def test_recorded_text(recording: Recording, trees: Trees) -> None:
    """Every recorded display of a legacy family comes out the same: output, complaints, and exit status."""
    wanted = repaired(DIFFERENCES[recording.fixture], recording.arguments, recording.outcome)
    assert show(trees[recording.fixture], *recording.arguments) == wanted


@pytest.mark.parametrize("recording", ROUTES_DDP, ids=str)
def test_appletalk_routes_are_found(recording: Recording, trees: Trees) -> None:
    """The real program looks for the file of Linux 2.4 only and calls AppleTalk not configured."""
    assert recording.outcome.returncode == 1
    assert b"DDP (AppleTalk) not configured on this system." in recording.outcome.stderr
    ours = show(trees[recording.fixture], *recording.arguments)
    kernel = (FIXTURES / recording.fixture / "proc/net/atalk/route").read_bytes()
    assert (ours.returncode, ours.stderr) == (0, b"")
    assert ours.stdout.startswith(b"Destination     Gateway         Device          Flags\n")
    assert ours.stdout.count(b"\n") == kernel.count(b"\n")


def test_recordings_take_part() -> None:
    """No family, display or tree is passed over unnoticed."""
    routes = {word for one in RECORDED if {"-r", "-rn"} & {*one.arguments} for word in one.arguments}
    assert {"ipx", "ax25", "netrom", "rose", "x25"} <= routes
    assert {"--ipx", "--ax25", "--netrom", "--rose", "--x25", "--ddp"} <= routes
    assert len(RECORDED) >= 75
    assert len(ROUTES_DDP) == 3
    assert {one.fixture for one in RECORDED} == set(DIFFERENCES)


@pytest.mark.parametrize("tree", DIFFERENCES)
def test_differences_exist(tree: str) -> None:
    """Each difference is one that the real program's recorded text still shows."""
    recorded = [one for one in RECORDED if one.fixture == tree]
    for difference in DIFFERENCES[tree]:
        assert difference.why
        assert any(
            difference.real in one.outcome.stdout and difference.with_all in (None, shows_all(one.arguments))
            for one in recorded
        ), difference
