"""Text that netstat's displays of sockets share: the scope in titles, and the columns of owners."""

from __future__ import annotations

from netstat_core.plugin.batches import Batch
from netstat_core.plugin.records import Record
from netstat_core.plugin.text import Style, program_cell

_CONTEXT_WIDTH = 50
_LONGEST_CONTEXT = 48


def scope(style: Style) -> str:
    """Return the parenthesis of a title, which says what sockets are shown: ``(only servers)``."""
    return {"all": "(servers and established)", "listening": "(only servers)"}.get(style.query.show, "(w/o servers)")


def owner_heading(style: Style) -> str:
    """Return the headings of the columns that ``-p`` and ``-Z`` add; empty without them."""
    program = " PID/Program name    " if style.shows_owners else ""
    return program + (" Security Context".ljust(_CONTEXT_WIDTH) if style.shows_contexts else "")


def owner_cells(style: Style, record: Record) -> str:
    """Return the columns that ``-p`` and ``-Z`` add, each after a space; empty without them."""
    program = f" {program_cell(record)}" if style.shows_owners else ""
    return f"{program} {context_cell(record)}" if style.shows_contexts else program


def owner_column(style: Style, batch: Batch) -> list[str]:
    """Return what :func:`owner_cells` returns for each record; sockets of one process may share the list of owners."""
    owners = batch.column("processes")
    distinct = {id(processes): processes for processes in owners}
    cells = {key: owner_cells(style, {"processes": processes}) for key, processes in distinct.items()}
    return [*map(cells.__getitem__, map(id, owners))]


def context_cell(record: Record) -> str:
    """Return the security context of the first owner, padded; a long one loses its beginning."""
    owners: list[Record] = record["processes"] or [{}]
    context: str = owners[0].get("context") or "-"
    return context[-_LONGEST_CONTEXT:].ljust(_CONTEXT_WIDTH)
