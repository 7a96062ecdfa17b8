"""What the real netstat printed from the fixtures when they were recorded."""

from __future__ import annotations

import csv
import shlex
from dataclasses import dataclass

from realnetstat import Outcome
from trees import FIXTURES

OTHER_DISPLAYS = frozenset("rigsM")
"""Options that show something else than sockets."""


@dataclass(frozen=True)
class Recording:
    """One recorded call: the fixture's name, the arguments, and what came of it."""

    fixture: str
    arguments: tuple[str, ...]
    outcome: Outcome

    @property
    def shows_sockets(self) -> bool:
        """Whether this is a sockets display."""
        letters = {letter for word in self.arguments if word.startswith("-") for letter in word}
        return not letters & OTHER_DISPLAYS

    def __str__(self) -> str:
        return " ".join((self.fixture, *self.arguments))


def replays(fixture: str) -> list[Recording]:
    """Return all calls recorded with a capture."""
    replay = FIXTURES / fixture / "replay"
    with (replay / "INDEX.tsv").open(newline="") as index:
        rows = list(csv.DictReader(index, delimiter="\t"))
    texts = {
        name: (replay / name).read_bytes() for row in rows for name in (row["stdout"], row["stderr"]) if name != "-"
    }
    return [
        Recording(
            fixture,
            tuple(shlex.split(row["command"])[1:]),
            Outcome(texts.get(row["stdout"], b""), texts.get(row["stderr"], b""), int(row["rc"])),
        )
        for row in rows
    ]


def examples(fixture: str) -> list[Recording]:
    """Return all calls with arguments recorded with a crafted tree."""
    return [
        Recording(
            fixture,
            tuple(out.stem.split("_")),
            Outcome(out.read_bytes(), out.with_suffix(".err").read_bytes(), int(out.with_suffix(".rc").read_text())),
        )
        for out in sorted((FIXTURES / fixture / "out").glob("-*.out"))
    ]
