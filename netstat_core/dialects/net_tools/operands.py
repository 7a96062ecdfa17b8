"""Operands as each dialect judges them: netstat ignores what means nothing to it, pynetstat refuses it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from netstat_core.errors import UsageError
from netstat_core.escape import encode_text, escape, printable


class Operands(NamedTuple):
    """The operands that no option takes; behind -i they name interfaces."""

    operands: Sequence[str]
    are_interfaces: bool


_NETSTAT = "netstat"
_LONGEST_DELAY = 1 << 31
_FURTHEST = 2
"""Letters that a misspelt command may differ in."""

_LONGEST_SHOWN = 200
_MOST_NUMBERS = 2
"""A delay and a count."""


def check_operands(program: str, given: Operands, command: str | None, commands: Sequence[str]) -> None:
    """Raise UsageError for the first operand that means nothing; called as netstat it is ignored, as netstat does."""
    stray = next(_strays(given, 0 if command else _MOST_NUMBERS), None)
    if stray is None or program == _NETSTAT:
        return
    shown = printable(escape(encode_text(stray[:_LONGEST_SHOWN])))
    if command:
        raise UsageError(f"{command} takes no further operand: '{shown}'")
    if number_of(stray) is not None:
        raise UsageError(f"'{shown}' stands behind a delay and a count")
    if stray in commands:
        raise UsageError(f"the command '{shown}' has to stand first")
    raise UsageError(f"'{shown}' is no number, and no command; {_hint(stray, commands)}")


def number_of(operand: str) -> float | None:
    """A number of seconds or rounds; None for any other operand."""
    try:
        number = float(operand)
    except ValueError:
        return None
    return number if 0 <= number < _LONGEST_DELAY else None


def _strays(given: Operands, numbers: int) -> Iterator[str]:
    """The operands that are no delay or count, no interface behind -i, and no kind behind --schema."""
    for operand in given.operands:
        if number_of(operand) is None:
            if not given.are_interfaces:
                yield operand
        elif numbers:
            numbers -= 1
        else:
            yield operand


def _hint(word: str, commands: Sequence[str]) -> str:
    close = [command for command in commands if distance(word, command) <= _FURTHEST]
    return f"did you mean {' or '.join(close)}?" if close else f"commands: {', '.join(commands)}"


def distance(one: str, other: str) -> int:
    """How many letters have to be put in, left out or replaced to make one word of the other.

    >>> distance("captur", "capture"), distance("cpature", "capture")
    (1, 2)
    """
    if abs(len(one) - len(other)) > _FURTHEST:
        return abs(len(one) - len(other))  # at the least: which is too much for any use of it
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        above, row[0] = row[0], place
        for at, wanted in enumerate(other, 1):
            above, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, above + (letter != wanted))
    return row[-1]
