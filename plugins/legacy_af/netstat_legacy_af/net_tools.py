"""Layouts of the legacy families: blocks, rows and complaints as in netstat 2.10.

netstat shows sockets of all families but DDP, and routes of all. Records without a display in netstat have a plain
table. It appears if its own table is asked for (``--tables nodes``) or, in a table that netstat does show, if its
family is also named (``--tables sockets -A ddp``), so the output of ``netstat`` and ``netstat -i`` does not change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netstat_core.plugin import (
    Batch,
    Block,
    Column,
    Complaint,
    FormatRows,
    Gap,
    Layout,
    Names,
    Problem,
    Query,
    Record,
    Style,
    no_support,
    plain_table,
    printable,
    unsupported,
)
from netstat_legacy_af.columns import PRESENT

Line = Callable[[Record], str]
Complain = Callable[[Problem | Gap, Style], Complaint | None]

_OPEN_ERROR = 255
_CLOSED = ("not_in_kernel", "permission", "unreadable")
"""The reasons of a gap if a source could not be opened."""


def format_open_error(gap: Gap) -> str:
    """Return the message of perror(3) for a file that could not be opened."""
    return f"{gap.source}: {gap.detail}"


def format_word(text: str | None, otherwise: str = "*") -> str:
    """Return a name in printable form, or ``otherwise`` if there is none."""
    return otherwise if text is None else printable(text)


def format_state(state: str) -> str:
    """Return a state as netstat prints it: with blanks for underscores, and without the number after UNKNOWN."""
    return state.partition("(")[0].replace("_", " ")


def format_each(line: Line) -> Callable[[Style, Names, Mapping[str, Any]], FormatRows]:
    """Return rows that format each record with ``line``, whatever the style."""
    return lambda _query, _names, _traits: lambda batch: "".join(map(line, batch))


def make_sockets_layout(family: str, heading: str, line: Line, needs: Sequence[str], complain: Complain) -> Layout:
    """Return the layout of sockets, whose heading is shown if the family exists, even without a socket.

    netstat shows these sockets in every state, whatever -a and -l say.
    """
    block = Block(family, heading=lambda _query, _traits: heading, when_absent=False)
    needed = frozenset(needs)
    return Layout(block=block, rows=format_each(line), needs=lambda _query: needed, shown=show_all, complain=complain)


def show_all(_query: Query) -> None:
    """Return None: there is no rule, and nothing is hidden."""


def make_routes_layout(  # noqa: PLR0913 - the differences between the families
    family: str, heading: str, line: Line, needs: Sequence[str], complain: Complain, *, absent: str = ""
) -> Layout:
    """Return the layout of routes; ``absent`` is printed instead of the heading if the kernel lacks the file."""

    def head(style: Style, traits: Mapping[str, Any]) -> str:
        if PRESENT in traits:
            return heading
        return absent if family in style.query.families else ""

    return Layout(
        block=Block(f"{family}.route", heading=head),
        rows=format_each(line),
        needs=lambda _query: frozenset(needs),
        complain=complain,
    )


def complain_about_row(problem: Problem) -> Complaint:
    """Return netstat's complaint about an invalid row, which is printed among the rows."""
    return Complaint(f"Problem reading data from {problem.source}", on_stdout=True)


def make_socket_complaints(
    family: str, bad_row: Callable[[Problem], Complaint | None] = complain_about_row
) -> Complain:
    """Return the function that words netstat's complaints about sockets; ``bad_row`` words those about invalid rows."""

    def complain(trouble: Problem | Gap, style: Style) -> Complaint | None:
        if isinstance(trouble, Problem):
            return bad_row(trouble)
        if trouble.reason == "not_in_kernel":
            return unsupported(family.upper(), style, family, ends_run=True)
        if trouble.reason in _CLOSED:
            return Complaint(format_open_error(trouble), ends_run=True, status=_OPEN_ERROR)
        return None

    return complain


def make_route_complaints(family: str, words: Callable[[Gap], str], *, on_stdout: bool = False) -> Complain:
    """Return the function that complains about unreadable routes if their family was named; ``words`` has the text.

    Invalid rows are not mentioned.
    """

    def complain(trouble: Problem | Gap, style: Style) -> Complaint | None:
        if isinstance(trouble, Problem) or trouble.reason not in _CLOSED or family not in style.query.families:
            return None
        return Complaint(words(trouble), on_stdout=on_stdout, ends_run=True, status=1)

    return complain


def make_table(kind: str, title: str, columns: Mapping[str, str]) -> Layout:
    """Return the layout of a plain table; ``columns`` are field names by heading.

    A column is as wide as its heading, including blanks at its end. The table complains if the family was named and the
    kernel lacks it.
    """
    family = kind.partition(".")[0]

    def complain(trouble: Problem | Gap, style: Style) -> Complaint | None:
        if family not in style.query.families:
            return Complaint("")
        if isinstance(trouble, Problem) or trouble.reason not in _CLOSED:
            return None
        if trouble.reason == "not_in_kernel":
            return Complaint(no_support(family.upper()), status=1)
        return Complaint(format_open_error(trouble), status=_OPEN_ERROR)

    shown = [Column(heading.rstrip(), field=field, width=len(heading)) for heading, field in columns.items()]
    return plain_table(kind, title, shown).replace(complain=complain)


def show_when_named(layout: Layout) -> Layout:
    """Return the layout with nothing printed unless the family is named, for tables that netstat shows itself."""
    family = layout.block.name.partition(".")[0]

    def heading(style: Style, traits: Mapping[str, Any]) -> str:
        return layout.block.heading(style, traits) if family in style.query.families else ""

    def rows(style: Style, names: Names, traits: Mapping[str, Any]) -> FormatRows:
        return layout.rows(style, names, traits) if family in style.query.families else lambda _batch: ""

    return layout.replace(block=layout.block.replace(heading=heading), rows=rows)


def flatten(layout: Layout, needs: Sequence[str], flat: Callable[[Record], Record]) -> Layout:
    """Return the layout of a plain table whose columns show what ``flat`` makes from the fields ``needs``."""

    def rows(style: Style, names: Names, traits: Mapping[str, Any]) -> FormatRows:
        lines = layout.rows(style, names, traits)
        return lambda batch: lines(Batch(map(flat, batch)))

    return layout.replace(rows=rows, needs=lambda _query: frozenset(needs))
