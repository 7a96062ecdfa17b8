"""Text: how a layout shows records, headings, problems and gaps in a dialect."""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from netstat_core.escape import unescape
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.plugin.records import Record
from netstat_core.plugin.values import Value, name_field
from netstat_core.query import CONTEXTS, Query


class Names(Protocol):
    """Lookup of names for layouts. Each method returns the number as text if names are not wanted or there is none."""

    resolves_hosts: bool
    resolves_ports: bool
    resolves_users: bool

    def expect_hosts(self, addresses: Iterable[str]) -> None:
        """Start to look up several addresses at the same time, before :meth:`host` is called for each."""

    def host(self, address: str) -> str:
        """Return the name of a host, or its address."""
        ...

    def network(self, address: str) -> str:
        """Return the name of an IPv4 network, or its address."""
        ...

    def port(self, number: int, protocol: str) -> str:
        """Return the name of a service of ``tcp``, ``udp`` or ``raw``, or its number; ``*`` for 0."""
        ...

    def user(self, uid: int) -> str:
        """Return the name of a user, or the number."""
        ...


_PROGRAM_WIDTH = 20
_LONGEST_PROGRAM = 19
_LONGEST_ARGUMENT = 511

FormatRows = Callable[[Batch], str]
"""Returns the text of a batch of records. It may keep state between batches."""


class Style(NamedTuple):
    """How text looks, and the query that it answers.

    ``verbose`` is ``-v``: mention families the kernel lacks. ``timers`` is ``-o``; ``extend`` counts ``-e``;
    ``wide`` is ``-W``: do not truncate addresses; ``symbolic`` is ``-N``. ``numeric_...`` is ``-n`` and its parts.
    ``round`` is the number of reports before this one (``-c``).
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
        """True if there is a column of processes (``-p``)."""
        return bool(self.query.owners)

    @property
    def shows_contexts(self) -> bool:
        """True if there is a column of security contexts (``-Z``)."""
        return CONTEXTS in self.query.owners


class Block(Value, identity=True):
    """The heading printed once above the rows of consecutive readers that share the block, even if there are no rows.

    ``heading(style, traits)`` returns title and column heads; it gets the traits that came before the first record.
    ``when_absent`` is false if there is to be no heading when the reader's source does not exist.
    """

    name: str = name_field(kw_only=False)
    heading: Callable[[Style, Mapping[str, Any]], str]
    when_absent: bool = True


class Complaint(Value):
    """The text printed for a problem or gap, on stderr or with ``on_stdout`` in the output, and its exit status.

    ``ends_run`` stops the run after the reader that it is about; no other reader starts. An empty text prints nothing,
    which differs from None only for a damaged file, for which the host has a message of its own.
    """

    text: str = name_field(kw_only=False)
    on_stdout: bool = False
    ends_run: bool = False
    status: int = 0


def is_silent(_trouble: Problem | Gap, _style: Style) -> Complaint | None:
    """A ``Layout.complain`` that prints nothing; the report still contains the problem or gap."""
    return None


def no_support(name: str) -> str:
    """Return netstat's message for a family or protocol that the kernel lacks; ``name`` is like ``INET (tcp)``."""
    return f"netstat: no support for `AF {name}' on this system."


def unsupported(name: str, style: Style, *asked_as: str, ends_run: bool = False) -> Complaint | None:
    """Return the complaint for an address family that the kernel lacks, or None to print nothing.

    It is an error (status 1) if one of the names in ``asked_as`` was required by the query, and a remark with ``-v``.
    """
    if style.query.required.intersection(asked_as):
        return Complaint(no_support(name), ends_run=ends_run, status=1)
    return Complaint(no_support(name)) if style.verbose else None


class Layout(Value, identity=True):
    """How the records of one reader look in one dialect. :func:`plain_table` makes the simplest.

    * ``block``: the heading above the rows.
    * ``rows(style, names, traits)``: returns the function that formats batches; ``traits`` grows while the source is
      read.
    * ``needs(style)``: the record fields that ``rows`` and ``shown`` use.
    * ``shown(query)``: returns the rule on records that ``-a`` and ``-l`` imply, true for those to show, or None.
      By default that of ``Reader.listening``.
    * ``hides``: true if ``rows`` also needs the records that the rule excludes, and hides them itself.
    * ``feed(query)``: the name of the feed that is preferred for this text, None for any.
    * ``used(query)``: false if the text for this query omits the reader.
    * ``whole``: true if ``rows`` gets all records in a single batch, to sort them.
    * ``complain(problem_or_gap, style)``: returns what to print, or None. By default, a missing source is reported if
      it was requested by name.
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
        """True if the text for this query includes the reader."""
        return self.used is None or self.used(query)


def program_cell(record: Record) -> str:
    """Return netstat's PID/Program name: the first owner's pid and the last component of its argv[0], or ``-``.

    As in netstat, owners whose command line cannot be read are skipped, directories are removed only from a name that
    starts with a slash, and the text is cut to 19 bytes and padded to 20. Bytes that are not printable show as a dot,
    since a process chooses its argv[0] and could otherwise send escape sequences to the terminal.
    """
    owner = next((process for process in record["processes"] or () if process["command"] is not None), None)
    if owner is None:
        return "-".ljust(_PROGRAM_WIDTH)
    command = owner["command"]
    name = unescape(command[0])[:_LONGEST_ARGUMENT] if command else b""
    if name.startswith(b"/"):
        name = name.rpartition(b"/")[2]
    raw = (b"%d/" % owner["pid"] + name)[:_LONGEST_PROGRAM]
    shown = "".join(char if char.isprintable() else "." for char in raw.decode("utf-8", "surrogateescape"))
    return shown + " " * (_PROGRAM_WIDTH - len(raw))
