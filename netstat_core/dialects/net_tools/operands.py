"""Check operands: pynetstat refuses those without a meaning, netstat ignores them."""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from netstat_core.dialects.host_options import parse_number
from netstat_core.errors import UsageError
from netstat_core.escape import encode_text, escape, printable


class Operands(NamedTuple):
    """The operands of a command line; with ``are_interfaces`` (-i) they may name interfaces."""

    operands: Sequence[str]
    are_interfaces: bool


_NETSTAT = "netstat"
_FURTHEST = 2
"""Edits by which a misspelt command may differ."""

_LONGEST_SHOWN = 200
_MOST_NUMBERS = 2
"""A delay and a count."""


def check_operands(program: str, given: Operands, command: str | None, commands: Sequence[str]) -> None:
    """Raise UsageError for the first operand without a meaning, unless ``program`` is ``netstat``."""
    stray = next(_strays(given, 0 if command else _MOST_NUMBERS), None)
    if stray is None or program == _NETSTAT:
        return
    shown = printable(escape(encode_text(stray[:_LONGEST_SHOWN])))
    if command:
        raise UsageError(f"{command} takes no further operand: '{shown}'")
    if parse_number(stray) is not None:
        raise UsageError(f"unexpected operand '{shown}' after a delay and a count")
    if stray in commands:
        raise UsageError(f"the command '{shown}' must be the first argument")
    raise UsageError(f"'{shown}' is neither a number nor a command; {_make_hint(stray, commands)}")


def _strays(given: Operands, numbers: int) -> Iterator[str]:
    """Yield the operands that are neither one of the first ``numbers`` numbers nor an interface of -i."""
    for operand in given.operands:
        if parse_number(operand) is None:
            if not given.are_interfaces:
                yield operand
        elif numbers:
            numbers -= 1
        else:
            yield operand


def _make_hint(word: str, commands: Sequence[str]) -> str:
    close = [command for command in commands if distance(word, command) <= _FURTHEST]
    return f"did you mean {' or '.join(close)}?" if close else f"commands: {', '.join(commands)}"


def distance(one: str, other: str) -> int:
    """Return the Levenshtein distance of two words, or a lower bound that is greater than 2.

    >>> distance("captur", "capture"), distance("cpature", "capture")
    (1, 2)
    """
    if abs(len(one) - len(other)) > _FURTHEST:
        return abs(len(one) - len(other))
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        above, row[0] = row[0], place
        for at, wanted in enumerate(other, 1):
            above, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, above + (letter != wanted))
    return row[-1]
