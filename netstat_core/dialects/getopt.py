"""Option parsing as GNU getopt_long does it, with its messages, from declared options.

Python's getopt has other messages and parses all options before it returns. netstat acts on each option as it is
parsed: ``netstat -V --nonsense`` prints the version.
"""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from netstat_core.errors import OptionError


class Option(NamedTuple):
    """The declaration of one option.

    ``short`` holds its letters, ``long`` its names without dashes, ``argument`` the name of its argument or None. An
    ``optional`` argument is given after ``=`` only. ``own`` options do not exist in netstat; they are not abbreviated,
    which keeps netstat's abbreviations unambiguous. ``field`` is the field of the query that the option sets, if its
    name differs from ``key``.
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
    """Parses arguments into pairs of option and value; operands have the option :data:`OPERAND`.

    ``permutes`` is whether short options may stand behind operands, as long ones may.
    """

    permutes = True

    def __init__(self, program: str, options: Sequence[Option]) -> None:
        self._program = program
        self._short = {letter: option for option in options for letter in option.short}
        self._long = {name: option for option in options for name in option.long}

    def parse(self, arguments: Sequence[str]) -> Iterator[tuple[Option, str | None]]:
        """Yield options and operands in order. Raises OptionError with getopt's message for the first mistake."""
        rest = list(arguments)
        has_operand = False
        while rest:
            word = rest.pop(0)
            if word == "--":
                yield from ((OPERAND, operand) for operand in rest)
                return
            if word.startswith("--"):
                yield self._parse_long(word[2:], rest)
            elif word.startswith("-") and word != "-" and (self.permutes or not has_operand):
                yield from self._parse_cluster(word[1:], rest)
            else:
                has_operand = True
                yield OPERAND, word

    def unknown(self, name: str) -> Option | None:  # noqa: ARG002 - for those that override it
        """Return an option for an undeclared long name, or None. Override this to accept further names."""
        return None

    def invalid(self, letter: str) -> OptionError:
        """Return the error for an unknown letter. Override this, and the next, for other words."""
        return OptionError(f"{self._program}: invalid option -- '{letter}'")

    def incomplete(self, letter: str) -> OptionError:
        """Return the error for a letter without its argument."""
        return OptionError(f"{self._program}: option requires an argument -- '{letter}'")

    def _parse_cluster(self, letters: str, rest: list[str]) -> Iterator[tuple[Option, str | None]]:
        while letters:
            letter, letters = letters[0], letters[1:]
            option = self._short.get(letter)
            if option is None:
                raise self.invalid(letter)
            if option.argument is None or option.optional:
                yield option, None
                continue
            if not letters and not rest:
                raise self.incomplete(letter)
            yield option, letters or rest.pop(0)
            return

    def _parse_long(self, word: str, rest: list[str]) -> tuple[Option, str | None]:
        name, equals, value = word.partition("=")
        full, option = self._find(name, word)
        if option.argument is None:
            if equals:
                raise OptionError(f"{self._program}: option '--{full}' doesn't allow an argument")
            return option, None
        if equals or option.optional:
            return option, value if equals else None
        if not rest:
            raise OptionError(f"{self._program}: option '--{full}' requires an argument")
        return option, rest.pop(0)

    def _find(self, name: str, word: str) -> tuple[str, Option]:
        """Return the full name and the option of a name or an unambiguous prefix; ``word`` is the argument as given."""
        if name in self._long:
            return name, self._long[name]
        matches = {full: option for full, option in self._long.items() if full.startswith(name) and not option.own}
        if len({option.key for option in matches.values()}) == 1:
            return next(iter(matches.items()))
        if matches:
            possible = " ".join(f"'--{full}'" for full in matches)
            raise OptionError(f"{self._program}: option '--{word}' is ambiguous; possibilities: {possible}")
        extra = self.unknown(name)
        if extra is None:
            raise OptionError(f"{self._program}: unrecognized option '--{word}'")
        return name, extra
