"""What netstat's displays of sockets have in common: the scope in titles, and the columns of owners."""

from __future__ import annotations

from netstat_core.escape import unescape
from netstat_core.plugin.records import Record
from netstat_core.plugin.text import Style

_PROGRAM_WIDTH = 20
_LONGEST_PROGRAM = 19
_LONGEST_ARGUMENT = 511
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
