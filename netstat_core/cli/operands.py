"""Operands as each dialect judges them: netstat ignores what means nothing to it, pynetstat refuses it."""

from __future__ import annotations

from collections.abc import Iterator

from netstat_core.dialects.net_tools.command_line import Request, number_of
from netstat_core.errors import UsageError
from netstat_core.escape import encoded, escape, printable

COMMANDS = ("capture",)
"""What may stand first in place of options."""

_NETSTAT = "netstat"
_FURTHEST = 2
"""Letters that a misspelt command may differ in."""

_LONGEST_SHOWN = 200
_MOST_NUMBERS = 2
"""A delay and a count."""


def command_of(program: str, arguments: list[str]) -> str | None:
    """The command that a command line begins with; netstat has none."""
    return arguments[0] if program != _NETSTAT and arguments[:1] and arguments[0] in COMMANDS else None


def check_operands(program: str, request: Request, command: str | None = None) -> None:
    """Raise UsageError for the first operand that means nothing; called as netstat it is ignored, as netstat does."""
    stray = next(_strays(request, 0 if command else _MOST_NUMBERS), None)
    if stray is None or program == _NETSTAT:
        return
    shown = printable(escape(encoded(stray[:_LONGEST_SHOWN])))
    if command:
        raise UsageError(f"{command} takes no further operand: '{shown}'")
    if number_of(stray) is not None:
        raise UsageError(f"'{shown}' stands behind a delay and a count")
    if stray in COMMANDS:
        raise UsageError(f"the command '{shown}' has to stand first")
    raise UsageError(f"'{shown}' is no number, and no command; {_hint(stray)}")


def _strays(request: Request, numbers: int) -> Iterator[str]:
    """The operands that are no delay or count, no interface behind -i, and no kind behind --schema."""
    has_kind = request.given["schema"] and "schema" not in request.values
    for operand in request.operands[1:] if has_kind else request.operands:
        if number_of(operand) is None:
            if not request.given["interfaces"]:
                yield operand
        elif numbers:
            numbers -= 1
        else:
            yield operand


def _hint(word: str) -> str:
    close = [command for command in COMMANDS if distance(word, command) <= _FURTHEST]
    return f"did you mean {' or '.join(close)}?" if close else f"commands: {', '.join(COMMANDS)}"


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
