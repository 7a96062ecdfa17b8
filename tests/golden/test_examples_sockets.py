"""Crafted trees: pynetstat prints from them what the real netstat printed from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from differences import comparable, diff, expected, require_same
from pynetstat import show
from realnetstat import Outcome
from recordings import Recording, examples

if TYPE_CHECKING:
    from trees import Trees

RECORDED = [recording for name in ("examples/sock", "examples/sctp") for recording in examples(name)]
SOCKETS = [recording for recording in RECORDED if recording.shows_sockets]


def by_ascending_pid(text: bytes) -> bytes:
    """Return the text with the one shared socket credited to the lower pid: recorded where /proc was on disk."""
    before, after = (b"%-20s" % name for name in (b"321/sshd", b"1/init"))
    return b"\n".join(line.replace(before, after) if b" 0.0.0.0:22 " in line else line for line in text.split(b"\n"))


@pytest.mark.parametrize("recording", SOCKETS, ids=str)
def test_example(recording: Recording, trees: Trees) -> None:
    """Every recorded example comes out the same: output, complaints, and exit status."""
    wanted = expected(recording.fixture, recording.outcome)
    wanted = Outcome(by_ascending_pid(wanted.stdout), wanted.stderr, wanted.returncode)
    require_same(diff(wanted, comparable(show(trees[recording.fixture], *recording.arguments))))


def test_examples_take_part() -> None:
    """The recorded examples were found, and show something."""
    assert len(SOCKETS) == 17
    assert all(recording.outcome.stdout for recording in SOCKETS)
