"""Captures and crafted trees: pynetstat prints from them what the real netstat printed from them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from pynetstat import show
from recordings import Recording, examples, replays
from trees import fixture_names

if TYPE_CHECKING:
    from trees import Trees

DISPLAY = re.compile(r"-[a-zA-Z0-9]*s")

REPLAYED = [one for name in fixture_names("captures") for one in replays(name) if DISPLAY.match(one.arguments[0])]
CRAFTED = [one for name in fixture_names("examples") if "/st_" in name for one in examples(name)]


@pytest.mark.parametrize("recording", [*REPLAYED, *CRAFTED], ids=str)
def test_recording(recording: Recording, trees: Trees) -> None:
    """Every recorded statistics display comes out the same: output, complaints, and exit status."""
    assert show(trees[recording.fixture], *recording.arguments) == recording.outcome


def test_recordings_take_part() -> None:
    """No capture is passed over, and every recording shows something."""
    assert {one.fixture for one in REPLAYED} == set(fixture_names("captures"))
    assert len(CRAFTED) == 11
    assert all(one.outcome.stdout for one in [*REPLAYED, *CRAFTED])
