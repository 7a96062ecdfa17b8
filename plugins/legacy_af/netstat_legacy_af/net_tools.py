"""What the looks of the legacy families have in common: blocks, rows and complaints as netstat 2.10 has them.

netstat shows sockets of all families but DDP, and routes of all. What it has no display for is a plain table, which
shows where its own table is asked for (``--tables nodes``) or, in a table that netstat does show, where its family is
named too (``--tables sockets -A ddp``): ``netstat`` and ``netstat -i`` then print what they always did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netstat_core.plugin import (
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
"""Why a source could not be opened."""


def open_error(gap: Gap) -> str:
    """A file that could not be opened, as perror(3) words it."""
    return f"{gap.source}: {gap.detail}"


def word(text: str | None, otherwise: str = "*") -> str:
    """A name as text shows it, with what the kernel prints where there is none."""
    return otherwise if text is None else printable(text)


def state_word(state: str) -> str:
    """A state as text shows it: blanks in words of two parts, no number behind UNKNOWN."""
    return state.partition("(")[0].replace("_", " ")


def each(line: Line) -> Callable[[Style, Names, Mapping[str, Any]], FormatRows]:
    """Rows that look the same whatever the query."""
    return lambda _query, _names, _traits: lambda batch: "".join(map(line, batch))


def sockets(family: str, heading: str, line: Line, needs: Sequence[str], complain: Complain) -> Layout:
    """A display of sockets: title and header where the family exists, even without a socket.

    Netstat shows them in every state, whatever -a and -l say.
    """
    block = Block(family, heading=lambda _query, _traits: heading, when_absent=False)
    needed = frozenset(needs)
    return Layout(block=block, rows=each(line), needs=lambda _query: needed, shown=show_all, complain=complain)


def show_all(_query: Query) -> None:
    """No rule: nothing is hidden."""


def routes(  # noqa: PLR0913 - what differs between the families
    family: str, heading: str, line: Line, needs: Sequence[str], complain: Complain, *, absent: str = ""
) -> Layout:
    """A display of routes; ``absent`` is what stdout shows instead of the heading where the family has no file."""

    def head(style: Style, traits: Mapping[str, Any]) -> str:
        if PRESENT in traits:
            return heading
        return absent if family in style.query.families else ""

    return Layout(
        block=Block(f"{family}.route", heading=head),
        rows=each(line),
        needs=lambda _query: frozenset(needs),
        complain=complain,
    )


def problem_reading(problem: Problem) -> Complaint:
    """What netstat says, among the rows, of a line that is none."""
    return Complaint(f"Problem reading data from {problem.source}", on_stdout=True)


def no_sockets(family: str, bad_row: Callable[[Problem], Complaint | None] = problem_reading) -> Complain:
    """What netstat says of sockets that cannot be read; ``bad_row`` words a line that is none."""

    def complain(trouble: Problem | Gap, style: Style) -> Complaint | None:
        if isinstance(trouble, Problem):
            return bad_row(trouble)
        if trouble.reason == "not_in_kernel":
            return unsupported(family.upper(), style, family, ends_run=True)
        if trouble.reason in _CLOSED:
            return Complaint(open_error(trouble), ends_run=True, status=_OPEN_ERROR)
        return None

    return complain


def no_routes(family: str, words: Callable[[Gap], str], *, on_stdout: bool = False) -> Complain:
    """What netstat says of routes that cannot be read, where their family was named; bad rows are skipped."""

    def complain(trouble: Problem | Gap, style: Style) -> Complaint | None:
        if isinstance(trouble, Problem) or trouble.reason not in _CLOSED or family not in style.query.families:
            return None
        return Complaint(words(trouble), on_stdout=on_stdout, ends_run=True, status=1)

    return complain


def table(kind: str, title: str, columns: Mapping[str, str]) -> Layout:
    """A plain table of fields by heading, each column as wide as its heading with the blanks behind it.

    It says so where its family was named and the kernel lacks it.
    """
    family = kind.partition(".")[0]

    def complain(trouble: Problem | Gap, style: Style) -> Complaint | None:
        if isinstance(trouble, Problem) or trouble.reason not in _CLOSED or family not in style.query.families:
            return None
        if trouble.reason == "not_in_kernel":
            return Complaint(no_support(family.upper()), status=1)
        return Complaint(open_error(trouble), status=_OPEN_ERROR)

    shown = [Column(heading.rstrip(), field=field, width=len(heading)) for heading, field in columns.items()]
    return plain_table(kind, title, shown).replace(complain=complain)


def when_named(look: Layout) -> Layout:
    """A plain table in a table that netstat shows: nothing is printed unless the family is named."""
    family = look.block.name.partition(".")[0]

    def heading(style: Style, traits: Mapping[str, Any]) -> str:
        return look.block.heading(style, traits) if family in style.query.families else ""

    def rows(style: Style, names: Names, traits: Mapping[str, Any]) -> FormatRows:
        return look.rows(style, names, traits) if family in style.query.families else lambda _batch: ""

    return look.replace(block=look.block.replace(heading=heading), rows=rows)


def flattened(look: Layout, needs: Sequence[str], flat: Callable[[Record], Record]) -> Layout:
    """A plain table whose columns show what ``flat`` makes of the fields ``needs`` of a record."""

    def rows(style: Style, names: Names, traits: Mapping[str, Any]) -> FormatRows:
        lines = look.rows(style, names, traits)
        return lambda batch: lines([flat(record) for record in batch])

    return look.replace(rows=rows, needs=lambda _query: frozenset(needs))
