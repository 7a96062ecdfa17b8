"""How records become text: blocks with a title and header, rows, and the words for complaints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from netstat_core.escape import printable, unescape
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.plugin.records import Record
from netstat_core.plugin.values import Value, named
from netstat_core.query import CONTEXTS, Query


class Names(Protocol):
    """What layouts show in the place of numbers; each method gives the number as text where names are not wanted."""

    resolves_hosts: bool
    resolves_ports: bool
    resolves_users: bool

    def expect_hosts(self, addresses: Iterable[str]) -> None:
        """Look these up side by side, since they will be asked for."""

    def host(self, address: str) -> str:
        """The name of a host, or its address."""
        ...

    def network(self, address: str) -> str:
        """The name of an IPv4 network, or its address."""
        ...

    def port(self, number: int, protocol: str) -> str:
        """The name of a service of ``tcp``, ``udp`` or ``raw``, or its number; ``*`` for 0."""
        ...

    def user(self, uid: int) -> str:
        """The name of a user, or the number."""
        ...


_PROGRAM_WIDTH = 20
_LONGEST_PROGRAM = 19
_LONGEST_ARGUMENT = 511

FormatRows = Callable[[Sequence[Record]], str]
"""Turns a batch of records into lines; may keep state from batch to batch."""


class Style(NamedTuple):
    """How net-tools' text looks, and the query that it answers.

    ``verbose`` tells of families that the kernel lacks, ``extend`` counts ``-e``, ``wide`` shows addresses whole. Of
    reports that follow each other ``round`` counts those before this one.
    """

    query: Query = Query()
    verbose: bool = False
    timers: bool = False
    extend: int = 0
    wide: bool = False
    symbolic: bool = False
    numeric_hosts: bool = True
    numeric_ports: bool = True
    numeric_users: bool = True
    round: int = 0

    @property
    def shows_owners(self) -> bool:
        """Whether there is a column of processes."""
        return bool(self.query.owners)

    @property
    def shows_contexts(self) -> bool:
        """Whether there is a column of security contexts."""
        return CONTEXTS in self.query.owners


class Block(Value, identity=True):
    """What is printed once above the rows of one or more readers, even where there is no row.

    ``heading(style, traits)`` gives title and column heads; traits that the source told before its first record are
    known by then. ``when_absent`` says whether it is printed too when the reader's source does not exist.
    """

    name: str = named(kw_only=False)
    heading: Callable[[Style, Mapping[str, Any]], str]
    when_absent: bool = True


class Complaint(Value):
    """How a problem or gap is told: the line, whether it goes to stdout, and the exit status.

    One that ``ends_run`` lets the reader it is about finish, and no other begin.
    """

    text: str = named(kw_only=False)
    on_stdout: bool = False
    ends_run: bool = False
    status: int = 0


def is_silent(_trouble: Problem | Gap, _style: Style) -> Complaint | None:
    """Nothing is said; the report still holds it."""
    return None


def no_support(name: str) -> str:
    """Netstat's words for an address family, or a protocol of one, that the kernel lacks."""
    return f"netstat: no support for `AF {name}' on this system."


def unsupported(name: str, style: Style, *asked_as: str, ends_run: bool = False) -> Complaint | None:
    """What is said of a family that the kernel lacks: an error where any of its names was required, a remark for -v."""
    if style.query.required.intersection(asked_as):
        return Complaint(no_support(name), ends_run=ends_run, status=1)
    return Complaint(no_support(name)) if style.verbose else None


class Layout(Value, identity=True):
    """One reader's look in one dialect.

    ``rows(style, names, traits)`` returns the function that formats batches; ``traits`` fills as the source is read.
    ``shown(query)`` returns the rule for what ``-a`` and ``-l`` hide, ``None`` where nothing is hidden; without it the
    reader's own rule holds. ``needs(style)`` names the record fields that rows and rule look at. ``complain`` words
    problems and gaps; without it a source that is missing is told where it was asked for by name.
    """

    block: Block
    rows: Callable[[Style, Names, Mapping[str, Any]], FormatRows]
    needs: Callable[[Style], frozenset[str]]
    shown: Callable[[Query], Callable[[Record], bool] | None] | None = None
    complain: Callable[[Problem | Gap, Style], Complaint | None] | None = None


class Column(Value):
    """A column of a plain table: its heading, the field it shows, its least width and side."""

    heading: str = named(kw_only=False)
    field: str
    width: int = 0
    right: bool = False

    def cell(self, text: str) -> str:
        """A text brought to the column's width."""
        return text.rjust(self.width) if self.right else text.ljust(self.width)


OWNERS = "processes"
"""The field of a column of owners, which is shown as netstat's PID/Program name."""


def plain_table(name: str, title: str, columns: Sequence[Column]) -> Layout:
    """A layout for records that are shown one a line: a title, the headings, and a cell for each column.

    Unknown values show as ``-``, lists joined by commas, truth values as ``yes`` and ``no``, owners (a column of field
    ``processes``) as netstat's PID/Program name.
    """
    header = " ".join(column.cell(column.heading) for column in columns).rstrip()

    def rows(_style: Style, _names: Names, _traits: Mapping[str, Any]) -> FormatRows:
        def lines(batch: Sequence[Record]) -> str:
            return "".join(_line(columns, record) for record in batch)

        return lines

    fields = frozenset(column.field for column in columns)
    return Layout(
        block=Block(name, heading=lambda _style, _traits: f"{title}\n{header}\n", when_absent=False),
        rows=rows,
        needs=lambda _style: fields,
    )


def _line(columns: Sequence[Column], record: Record) -> str:
    return " ".join(column.cell(_cell(column, record)) for column in columns).rstrip() + "\n"


def _cell(column: Column, record: Record) -> str:
    return program_cell(record).rstrip() if column.field == OWNERS else cell_text(record[column.field])


def cell_text(value: Any) -> str:
    """A record's value as one cell of a plain table."""
    if value is None or value == []:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        values: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return ",".join(map(cell_text, values))
    return printable(value) if isinstance(value, str) else str(value)


def program_cell(record: Record) -> str:
    """Netstat's PID/Program name: the first owner's pid and the last part of its argv[0], or ``-``.

    As netstat does it: an owner whose command line cannot be read does not count; the name loses its directories only
    when it starts with a slash; the text is cut to 19 bytes and padded to 20. Bytes that are no printable text show as
    a dot, so that no process can talk to a terminal.
    """
    owner = next((one for one in record["processes"] or () if one["command"] is not None), None)
    if owner is None:
        return "-".ljust(_PROGRAM_WIDTH)
    command = owner["command"]
    name = unescape(command[0])[:_LONGEST_ARGUMENT] if command else b""
    if name.startswith(b"/"):
        name = name.rpartition(b"/")[2]
    raw = (b"%d/" % owner["pid"] + name)[:_LONGEST_PROGRAM]
    shown = "".join(one if one.isprintable() else "." for one in raw.decode("utf-8", "surrogateescape"))
    return shown + " " * (_PROGRAM_WIDTH - len(raw))
