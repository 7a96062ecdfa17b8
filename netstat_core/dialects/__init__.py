"""Dialects: a syntax of options, and the text of the reports.

A dialect parses options into a neutral :class:`Request`; its :class:`Session` writes the reports of the command. Only
the dialect in use is imported.
"""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple, Protocol

from netstat_core.dialects.getopt import Option
from netstat_core.errors import OptionError, UsageError
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
"""Families by name, with the tables that third-party plugins read for them; families of broken plugins have none."""

GROUP = DIALECTS

NET_TOOLS = "net-tools"
"""The default dialect."""

PROGRAMS: Mapping[str, str] = MappingProxyType({"netstat-sunos": "solaris"})
"""Commands that are a dialect of their own, whatever the environment says."""


class Request(NamedTuple):
    """What a command line asks for, independent of the dialect.

    ``style`` belongs to the dialect. ``shows`` is whether there is anything to show, ``selects`` whether options select
    what, ``narrows`` whether options narrow a capture. ``action`` replaces the report: ``plugins``, ``schema`` or
    ``explain``, and its argument. ``snapshot`` is the path to replay, ``record`` the path to write. ``tcp_info`` is
    whether ``--tcp-info`` is given. ``intervals`` are the delay and the count, as far as given; ``repeats`` is whether
    the report is repeated. ``families`` are those whose readers run in the order they were named. ``last_words`` is a
    message after the report. ``plugin_budget`` is the time limit in seconds for each reader of a plugin, 0 for none.
    ``host`` names the machine in every record, ``byte_order`` is that of the snapshot's machine, ``preset`` the name of
    what to capture.
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
    tcp_info: bool = False
    intervals: Sequence[float] = ()
    continuous: bool = False
    repeats: bool = False
    families: Sequence[str] = ()
    last_words: Complaint | None = None
    plugin_budget: float | None = None
    host: str | None = None
    byte_order: str | None = None
    preset: str | None = None


class Parsed(Protocol):
    """Parsed options that are not checked for contradictions yet.

    ``complaints`` are messages to print first, ``blocked`` the names of plugins that are not loaded.
    """

    complaints: list[str]
    blocked: list[str]

    def check_operands(self, command: str | None) -> None:
        """Raise UsageError for an operand without a meaning; ``command`` is the command before the options, if any."""

    def request(self) -> Request:
        """Return the request. Raises UsageError for contradictions; one without a message prints the usage."""
        ...


class Session:
    """The reports of one command, one after the other. A dialect overrides what differs from these defaults."""

    def page(self, out: BinaryIO) -> Rendering:
        """Return the rendering that writes the text of the next report to ``out``."""
        raise NotImplementedError

    def next_round(self) -> None:
        """Prepare for the next report; called after each one."""

    def serves(self, reader: Reader, query: Query) -> bool:  # noqa: ARG002 - for dialects that omit readers
        """Return whether a reader is shown at all, in any format."""
        return True

    def demand(self, reader: Reader, query: Query) -> Demand | None:  # noqa: ARG002 - for dialects that need less
        """Return what the text needs of a reader; None if it shows nothing of it."""
        return Demand()

    def shown(
        self,
        reader: Reader,  # noqa: ARG002 - of dialects that hide some
        query: Query,  # noqa: ARG002
        *,
        is_text: bool,  # noqa: ARG002 - of dialects whose text looks at what it hides
    ) -> Callable[[Record], bool] | None:
        """Return the filter for the records of a reader, in every format; None shows all."""
        return None

    def complain(self, reader: Reader, trouble: Problem | Gap) -> Complaint | None:  # noqa: ARG002 - overridden
        """Return the message for a problem or gap; None prints nothing."""
        return None

    def tolerates(self, reader: Reader | None, trouble: Problem | Gap) -> bool:  # noqa: ARG002 - overridden
        """Return whether a problem or gap is not worth a message of the host, since the text does not claim more."""
        return False

    def names(self) -> dict[str, bool]:
        """Return whether names are shown in place of numbers, for ``hosts``, ``ports`` and ``users``."""
        return {}


class Dialect(Value):
    """One dialect: how its options are parsed and listed, and how its reports are written.

    ``parse(program, arguments, act, families, commands)`` calls ``act`` with the key of each option as it is parsed and
    ``families`` for the families that plugins add; it raises UsageError for a wrong option. The help shows ``usage``,
    then ``options`` by ``groups``, and ``further_help()``. ``families`` maps the names that options accept to families.
    ``format_misuse(program)`` returns what follows the message of an OptionError; without it, that is the help.
    """

    name: str = name_field(kw_only=False)
    usage: str
    groups: tuple[str, ...]
    options: tuple[Option, ...]
    parse: Callable[[str, Sequence[str], Callable[[str], None], Callable[[], Added], Sequence[str]], Parsed]
    session: Callable[[Request], Session]
    families: Mapping[str, str] = MappingProxyType({})
    format_misuse: Callable[[str], str] | None = None
    further_help: Callable[[], str] | None = None

    def meaning(self, name: str) -> str | None:
        """Return what a word already means, as an option or as another name of a family; None if it is free."""
        if name in self.families.values():
            return None
        if name in self.families:
            return f"another name of the family {self.families[name]!r}"
        for option in self.options:
            for full in option.long:
                if full == name or (full.startswith(name) and not option.own):
                    return f"the option --{full}" if full == name else f"short for the option --{full}"
        return None

    def format_error(self, error: Exception) -> str:
        """Return the message of an error, preceded by the option that sets the field of the query it is about."""
        if isinstance(error, UsageError) and error.field:
            return f"{self._name_option(error.field)}: {error.message}"
        return str(error)

    def _name_option(self, field: str) -> str:
        names = [option.long[0] for option in self.options if option.long and field in (option.field, option.key)]
        return f"--{names[0]}" if names else field


def list_names() -> list[str]:
    """Return the names of the installed dialects, sorted."""
    return [entry.name for entry in list_entry_points(DIALECTS)]


def find(name: str) -> Dialect:
    """Load a dialect by name. Raises OptionError if it is not installed."""
    entry = next((entry for entry in list_entry_points(DIALECTS) if entry.name == name), None)
    if entry is None:
        raise OptionError(f"unknown dialect {name!r}; known: {', '.join(list_names())}")
    dialect: Dialect = entry.load().DIALECT
    return dialect
