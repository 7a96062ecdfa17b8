"""Routes: what the real netstat printed from crafted and captured files, pynetstat prints to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pynetstat import show
from recordings import Recording, examples, replays
from trees import fixture_names

from netstat_core import Query

if TYPE_CHECKING:
    from trees import Trees

MORE_THAN_TWO = "-rneee"
"""Q8: a third -e makes the real program print only the title; it means as much as two."""

HAS_FIB = "fib" in Query._fields


def shows_routes(recording: Recording) -> bool:
    """Whether it is a display of Internet routes."""
    words = recording.arguments
    return any("r" in word for word in words if word[:1] == "-") and "-A" not in words


RECORDINGS = [
    *(one for name in ("examples/route", "examples/route20") for one in examples(name)),
    *(one for name in fixture_names("captures") for one in replays(name) if shows_routes(one)),
]


def test_recordings_are_many() -> None:
    """Both crafted trees and all captures hold recordings of routes, IPv6 ones and cached ones too."""
    arguments = [" ".join(one.arguments) for one in RECORDINGS]
    assert len(arguments) > 80
    assert {"-rn", "-rnee", "-6rn", "-rnC", "-r6nC"} <= set(arguments)


@pytest.mark.parametrize("recording", [one for one in RECORDINGS if one.arguments[0] != MORE_THAN_TWO], ids=str)
def test_same_as_recorded(recording: Recording, trees: Trees) -> None:
    """Standard output, complaints and status are those of the real program."""
    if "F" in recording.arguments[0] and not HAS_FIB:
        pytest.skip("the command line does not tell -F from nothing")
    shown = show(trees[recording.fixture], *recording.arguments)
    assert shown.stdout.decode().splitlines() == recording.outcome.stdout.decode().splitlines()
    assert (shown.stderr.strip(b"\n"), shown.returncode) == (
        recording.outcome.stderr.strip(b"\n"),
        recording.outcome.returncode,
    )


def test_extended_more_than_twice(trees: Trees) -> None:
    """Q8: three -e and more are two."""
    tree = trees["examples/route"]
    twice = show(tree, "-rnee")
    assert [show(tree, "-rn" + "e" * times) for times in (3, 4, 7)] == [twice] * 3
    assert twice.stdout.count(b"\n") > 5
