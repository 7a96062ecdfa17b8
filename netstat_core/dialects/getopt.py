"""Option parsing as GNU getopt_long does it, with its messages, from declared options.

The standard library's getopt words its errors differently and handles all options before the caller sees one;
netstat acts on each as it comes, so that ``-V`` wins over a mistake behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from netstat_core.errors import UsageError


class Option(NamedTuple):
    """One option as declared: names without dashes, its argument (None where it takes none), group and help.

    ``optional`` marks an argument that may be left out, and then stands behind ``=`` only. ``own`` options are not
    netstat's: they cannot be abbreviated, so that no abbreviation of netstat's becomes ambiguous. ``field`` is the
    query's field that it sets, where that is not called as the option's key.
    """

    key: str
    short: str = ""
    long: tuple[str, ...] = ()
    argument: str | None = None
    optional: bool = False
    group: str = ""
    help: str = ""
    own: bool = False
    field: str = ""


OPERAND = Option("operand")


class Getopt:
    """Iterates over arguments as pairs of option and value; operands come as :data:`OPERAND`."""

    def __init__(self, program: str, options: Sequence[Option]) -> None:
        self._program = program
        self._short = {letter: option for option in options for letter in option.short}
        self._long = {name: option for option in options for name in option.long}

    def parse(self, arguments: Sequence[str]) -> Iterator[tuple[Option, str | None]]:
        """Options and operands in order; raises UsageError with getopt's line for the first mistake."""
        rest = list(arguments)
        while rest:
            word = rest.pop(0)
            if word == "--":
                yield from ((OPERAND, operand) for operand in rest)
                return
            if word.startswith("--"):
                yield self._parse_long(word[2:], rest)
            elif word.startswith("-") and word != "-":
                yield from self._parse_cluster(word[1:], rest)
            else:
                yield OPERAND, word

    def unknown(self, name: str) -> Option | None:  # noqa: ARG002 - for those that override it
        """An option for an undeclared long name; to be overridden."""
        return None

    def _parse_cluster(self, letters: str, rest: list[str]) -> Iterator[tuple[Option, str | None]]:
        while letters:
            letter, letters = letters[0], letters[1:]
            option = self._short.get(letter)
            if option is None:
                raise UsageError(f"{self._program}: invalid option -- '{letter}'")
            if option.argument is None or option.optional:
                yield option, None
                continue
            if not letters and not rest:
                raise UsageError(f"{self._program}: option requires an argument -- '{letter}'")
            yield option, letters or rest.pop(0)
            return

    def _parse_long(self, word: str, rest: list[str]) -> tuple[Option, str | None]:
        name, equals, value = word.partition("=")
        full, option = self._find(name, word)
        if option.argument is None:
            if equals:
                raise UsageError(f"{self._program}: option '--{full}' doesn't allow an argument")
            return option, None
        if equals or option.optional:
            return option, value if equals else None
        if not rest:
            raise UsageError(f"{self._program}: option '--{full}' requires an argument")
        return option, rest.pop(0)

    def _find(self, name: str, word: str) -> tuple[str, Option]:
        """The option of a full name, or of a prefix that only options of one meaning share; ``word`` is as given."""
        if name in self._long:
            return name, self._long[name]
        found = {full: option for full, option in self._long.items() if full.startswith(name) and not option.own}
        if len({option.key for option in found.values()}) == 1:
            return next(iter(found.items()))
        if found:
            possible = " ".join(f"'--{full}'" for full in found)
            raise UsageError(f"{self._program}: option '--{word}' is ambiguous; possibilities: {possible}")
        extra = self.unknown(name)
        if extra is None:
            raise UsageError(f"{self._program}: unrecognized option '--{word}'")
        return name, extra
