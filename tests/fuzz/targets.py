"""Targets of fuzzing: what reads bytes that others write, and what must hold whatever these are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from mutations import Mutate, mutate_bytes
from trees import Trees


class Fault(AssertionError):
    """A target did what its contract does not permit."""


class Target(NamedTuple):
    """One reader of untrusted bytes.

    ``run`` raises for an input that is handled wrongly: :class:`Fault`, or whatever the reader lets out. ``seeds``
    makes small real inputs out of the fixtures. Targets of a ``group`` are run by one process.
    """

    name: str
    group: str
    run: Callable[[bytes], Any]
    seeds: Callable[[Trees], list[bytes]]
    mutate: Mutate = mutate_bytes


def all_targets() -> Iterator[Target]:
    """Yield every target: those of feeds and displays as they are declared, and the host's own."""
    from display_targets import display_targets
    from feed_targets import feed_targets
    from language_targets import language_targets
    from system_targets import system_targets

    yield from feed_targets()
    yield from system_targets()
    yield from language_targets()
    yield from display_targets()


def inputs(target: Target, trees: Trees, number: int, seed: int) -> Iterator[bytes]:
    """Yield the seeds of a target, then a number of mutations of these and of mutations."""
    random = Random(seed)
    corpus = target.seeds(trees)
    yield from corpus
    for turn in range(number):
        data = target.mutate(random.choice(corpus), random)
        yield data
        if turn % 4 == 0:
            corpus.append(data)
