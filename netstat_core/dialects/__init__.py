"""Dialects: an option syntax, and the text that answers it.

A dialect reads options into a neutral :class:`Request`; its :class:`Session` renders what comes of it, report after
report. What is not used is not imported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple, Protocol

from netstat_core.dialects.getopt import Option
from netstat_core.errors import UsageError
from netstat_core.host.discovery import DIALECTS, list_entry_points
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Rendering
from netstat_core.plugin.text import Complaint
from netstat_core.plugin.values import Value, name_field
from netstat_core.query import Query
from netstat_core.report.selection import Demand

Added = Mapping[str, Collection[str]]
"""Families, each with the tables in which plugins of others read it; those of broken plugins have none."""

GROUP = DIALECTS

NET_TOOLS = "net-tools"
"""The dialect of whoever names none."""


class Request(NamedTuple):
    """What a command line asks for, in whichever dialect it was written.

    ``style`` is the dialect's own. ``shows`` says whether there is anything to show, ``selects`` whether the options
    say what, and ``narrows`` whether they narrow what a capture holds. ``action`` is something to do instead
    (``plugins``, ``schema``, ``explain``) and what it is about. ``snapshot`` is replayed, ``record`` written.
    ``intervals`` are a delay and a count, as far as given; with ``repeats`` the report comes again and again.
    ``families`` are those whose readers come in the order they were named. ``last_words`` is said when all that can be
    shown was. ``plugin_budget`` is how many seconds each reader of a plugin may take, 0 for any number.
    """

    query: Query
    style: Any = None
    shows: bool = True
    selects: bool = False
    narrows: bool = False
    action: tuple[str, str] | None = None
    format: str = "text"
    snapshot: str | None = None
    record: str | None = None
    redact: bool = False
    intervals: Sequence[float] = ()
    continuous: bool = False
    repeats: bool = False
    families: Sequence[str] = ()
    last_words: Complaint | None = None
    plugin_budget: float | None = None


class Parsed(Protocol):
    """Options as they were read: nothing is decided yet.

    ``complaints`` are said first, ``blocked`` names plugins that are left out.
    """

    complaints: list[str]
    blocked: list[str]

    def check_operands(self, command: str | None) -> None:
        """Raise UsageError for an operand that means nothing, behind a command or without one."""

    def request(self) -> Request:
        """The request that the options mean. Raises UsageError for a contradiction; without words it asks for usage."""
        ...


class Session:
    """The reports of one command, one after the other."""

    def page(self, out: BinaryIO) -> Rendering:
        """The text of the next report."""
        raise NotImplementedError

    def next_round(self) -> None:
        """Another report follows the one that was shown."""

    def serves(self, reader: Reader, query: Query) -> bool:  # noqa: ARG002 - of dialects that leave some out
        """Whether anything of a reader is shown, in any format."""
        return True

    def demand(self, reader: Reader, query: Query) -> Demand | None:  # noqa: ARG002 - of dialects that need less
        """What the text takes of a reader; None where it shows nothing of it."""
        return Demand()

    def shown(
        self,
        reader: Reader,  # noqa: ARG002 - of dialects that hide some
        query: Query,  # noqa: ARG002
        *,
        is_text: bool,  # noqa: ARG002 - of dialects whose text looks at what it hides
    ) -> Callable[[Record], bool] | None:
        """Which records of a reader are shown, in every format; None for all."""
        return None

    def complain(self, reader: Reader, trouble: Problem | Gap) -> Complaint | None:  # noqa: ARG002 - of those that do
        """What is said of a problem or gap; None for nothing."""
        return None

    def names(self) -> dict[str, bool]:
        """Whether names are shown for ``hosts``, ``ports`` and ``users``."""
        return {}


class Dialect(Value):
    """One dialect: how its options are read and listed, and how its reports are rendered.

    ``parse(program, arguments, act, families, commands)`` calls ``act`` with the key of each option at its place, and
    asks ``families`` for those that plugins add; it raises UsageError for what is no option. ``usage`` stands above the
    list of ``options``, which stand in ``groups``. ``families`` has the names of families that options take, each with
    the family it means.
    """

    name: str = name_field(kw_only=False)
    usage: str
    groups: tuple[str, ...]
    options: tuple[Option, ...]
    parse: Callable[[str, Sequence[str], Callable[[str], None], Callable[[], Added], Sequence[str]], Parsed]
    session: Callable[[Request], Session]
    families: Mapping[str, str] = MappingProxyType({})

    def meaning(self, name: str) -> str | None:
        """What a word means already, as an option or as a family's other name; None where a family can have it."""
        if name in self.families.values():
            return None
        if name in self.families:
            return f"another name of the family {self.families[name]!r}"
        for option in self.options:
            for full in option.long:
                if full == name or (full.startswith(name) and not option.own):
                    return f"the option --{full}" if full == name else f"short for the option --{full}"
        return None

    def worded(self, error: Exception) -> str:
        """An error in the words of the options, which set the fields of a query."""
        if isinstance(error, UsageError) and error.field:
            return f"{self._option_of(error.field)}: {error.message}"
        return str(error)

    def _option_of(self, field: str) -> str:
        names = [option.long[0] for option in self.options if option.long and field in (option.field, option.key)]
        return f"--{names[0]}" if names else field


def find(name: str) -> Dialect:
    """The dialect of a name. Raises UsageError for one that is not installed."""
    known = list_entry_points(DIALECTS)
    entry = next((entry for entry in known if entry.name == name), None)
    if entry is None:
        names = ", ".join(sorted({entry.name for entry in known}))
        raise UsageError(f"unknown dialect {name!r}; known: {names}")
    dialect: Dialect = entry.load().DIALECT
    return dialect
