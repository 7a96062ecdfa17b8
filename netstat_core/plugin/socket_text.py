"""What netstat's displays of sockets have in common: the scope in titles, and the columns of owners."""

from __future__ import annotations

from netstat_core.plugin.records import Record
from netstat_core.plugin.text import Style, program_cell

_CONTEXT_WIDTH = 50
_LONGEST_CONTEXT = 48


def scope(style: Style) -> str:
    """The parenthesis of a title: which sockets are shown."""
    return {"all": "(servers and established)", "listening": "(only servers)"}.get(style.query.show, "(w/o servers)")


def owner_heading(style: Style) -> str:
    """The heads of the columns that -p and -Z add."""
    program = " PID/Program name    " if style.shows_owners else ""
    return program + (" Security Context".ljust(_CONTEXT_WIDTH) if style.shows_contexts else "")


def owner_cells(style: Style, record: Record) -> str:
    """The columns that -p and -Z add, each behind a blank."""
    program = f" {program_cell(record)}" if style.shows_owners else ""
    return f"{program} {context_cell(record)}" if style.shows_contexts else program


def context_cell(record: Record) -> str:
    """The security context of the first owner; a long one keeps its end."""
    owners: list[Record] = record["processes"] or [{}]
    context: str = owners[0].get("context") or "-"
    return context[-_LONGEST_CONTEXT:].ljust(_CONTEXT_WIDTH)
