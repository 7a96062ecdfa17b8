"""Inputs that fuzzing found: each was handled wrongly once, and its target takes it now."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from targets import all_targets
from trees import Trees


class Crash(NamedTuple):
    """An input, and what it did."""

    target: str
    content: str
    happened: str


CRASHES = (
    Crash(
        "dump",
        "1400000002000000000000000000000000000080" * 3,
        "OverflowError instead of DumpFailed for the least error number, whose negative no C int holds",
    ),
    Crash(
        "description",
        "7b2263617074757265223a312c2261736b6564223a5b5d2c226e616d65737061636573223a5b7b226e6574776f726b5f6e616d65737061636522"
        "3a7b22696e6f6465223a312c226e616d65223a6e756c6c7d2c2261736b6564223a5b5d2c226661696c6564223a317d5d7d",
        "a plugin was called broken because `failed` of another namespace's description is a number",
    ),
)


@pytest.mark.parametrize("crash", CRASHES, ids=lambda crash: crash.happened[:40])
def test_what_was_found_is_mended(crash: Crash, trees: Trees) -> None:
    """An input that once broke a reader gives what the reader's contract permits."""
    (target,) = (target for target in all_targets() if target.name == crash.target)
    if target.group == "feeds":
        target.seeds(trees)  # the samples of its other sources
    target.run(bytes.fromhex(crash.content))
