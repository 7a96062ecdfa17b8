"""How records become text: blocks with a title and header, rows, and the words for complaints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from netstat_core.escape import unescape
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
    reader's own rule holds. Where a layout ``hides`` records itself, its text is given those too that the rule leaves
    out. ``needs(style)`` names the record fields that rows and rule look at, ``feed(query)`` the feed whose text it
    shows. ``used(query)`` says whether the text has this reader at all. A ``whole`` layout is given all records at
    once, for an order of its own. ``complain`` words problems and gaps; without it a source that is
    missing is told where it was asked for by name.
    """

    block: Block
    rows: Callable[[Style, Names, Mapping[str, Any]], FormatRows]
    needs: Callable[[Style], frozenset[str]]
    shown: Callable[[Query], Callable[[Record], bool] | None] | None = None
    hides: bool = False
    feed: Callable[[Query], str | None] | None = None
    used: Callable[[Query], bool] | None = None
    whole: bool = False
    complain: Callable[[Problem | Gap, Style], Complaint | None] | None = None

    def is_used(self, query: Query) -> bool:
        """Whether the text that answers a query has this reader at all."""
        return self.used is None or self.used(query)


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
