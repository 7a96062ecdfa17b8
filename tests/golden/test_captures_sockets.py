"""Captures of real kernels: pynetstat prints from them what the real netstat printed from them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from differences import (
    DIFFERENCES,
    HAS_LEGACY,
    LEGACY_FILES,
    LEGACY_OPTION,
    LEGACY_TITLE,
    comparable,
    diff,
    expected,
    require_same,
)
from pynetstat import show
from recordings import Recording, replays
from trees import fixture_names

if TYPE_CHECKING:
    from pathlib import Path

    from differences import Difference
    from trees import Trees


def needs_legacy(recording: Recording) -> bool:
    """Whether only the plugin of the legacy families can show this."""
    asked = any(LEGACY_OPTION.search(word) for word in recording.arguments)
    return asked or bool(LEGACY_TITLE.search(recording.outcome.stdout))


ALL = [recording for name in fixture_names("captures") for recording in replays(name) if recording.shows_sockets]
SHOWN = [recording for recording in ALL if HAS_LEGACY or not needs_legacy(recording)]


@pytest.mark.parametrize("recording", SHOWN, ids=str)
def test_replay(recording: Recording, trees: Trees) -> None:
    """Every recorded sockets display comes out the same: output, complaints, and exit status."""
    ours = show(trees[recording.fixture], *recording.arguments)
    require_same(diff(expected(recording.fixture, recording.outcome, recording.arguments), comparable(ours)))


def test_every_capture_takes_part() -> None:
    """No capture and no kind of display is passed over unnoticed."""
    assert {recording.fixture for recording in SHOWN} == set(fixture_names("captures"))
    assert len(SHOWN) >= 300
    assert all(recording.outcome.stdout or recording.outcome.stderr for recording in SHOWN)


def test_legacy_captures_show_their_internet_sockets(trees: Trees, tmp_path: Path) -> None:
    """Without the files of the legacy families their captures show what the real program shows before those."""
    for recording in (recording for recording in ALL if recording.arguments == ("-an",)):
        tree = shutil.copytree(trees[recording.fixture], tmp_path / recording.fixture, symlinks=True)
        for path in (tree / "proc" / name for name in LEGACY_FILES):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        wanted = expected(recording.fixture, recording.outcome, recording.arguments).stdout
        found = LEGACY_TITLE.search(wanted)
        assert show(tree, "-an").stdout == wanted[: found.start() if found else None]


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.why[:3] + difference.trees[0])
def test_differences_are_shown(difference: Difference, trees: Trees) -> None:
    """Each deliberate difference is really in our text, in every tree it is named for."""
    for tree in difference.trees:
        outcome = show(trees[tree], "-an")
        assert difference.real not in outcome.stdout
        assert difference.ours in outcome.stdout
        assert difference.complaint in outcome.stderr
