"""Plain tables: a layout with one line for each record and one cell for each column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netstat_core.escape import printable
from netstat_core.plugin.records import Record
from netstat_core.plugin.text import Block, FormatRows, Layout, Names, Style, program_cell
from netstat_core.plugin.values import Value, name_field

LEFT, RIGHT = "left", "right"
HOST, PORT, USER = "host", "port", "user"


class Column(Value):
    """A column of a plain table: its heading, the record field it shows, minimum width and alignment.

    ``align`` is ``left`` or ``right``. ``format(value)`` returns the text of a value, by default as :func:`plain_table`
    says; the column escapes what is unsafe on a terminal. ``name`` says that the value identifies a ``host``, a
    ``port`` (of the record's protocol) or a ``user``, whose name is shown unless numbers were requested.
    """

    heading: str = name_field(kw_only=False)
    field: str
    width: int = 0
    align: str = LEFT
    format: Callable[[Any], str] | None = None
    name: str | None = None

    def check(self) -> None:
        """Raise PluginError for an unknown ``align`` or ``name``."""
        if self.align not in (LEFT, RIGHT):
            raise self._field_error("align", f"must be left or right, not {self.align!r:.80}")
        if self.name not in (None, HOST, PORT, USER):
            raise self._field_error("name", f"must be host, port or user, not {self.name!r:.80}")

    def is_shown(self, style: Style) -> bool:  # noqa: ARG002 - OwnerColumn uses it
        """True if the column is part of a table in this style."""
        return True

    def cell(self, record: Record, names: Names) -> str:
        """Return the text for a record; ``-`` for None and for an empty list."""
        value = record[self.field]
        if value is None or value == []:
            return "-"
        if self.format is not None:
            return printable(self.format(value))
        if self.name is None:
            return cell_text(value)
        return printable(_named(self.name, value, record, names))

    def padded(self, text: str) -> str:
        """Pad a text to the column's width."""
        return text.rjust(self.width) if self.align == RIGHT else text.ljust(self.width)


class OwnerColumn(Column):
    """The column that ``-p`` adds: netstat's PID/Program name of the first owner. Its reader needs ``inode_field``."""

    heading: str = "PID/Program name"
    field: str = "processes"
    width: int = 20

    def is_shown(self, style: Style) -> bool:
        """True if owners were requested (``-p``)."""
        return style.shows_owners

    def cell(self, record: Record, names: Names) -> str:  # noqa: ARG002 - there is no number to look up
        """Return the process id and program of the first owner."""
        return program_cell(record).rstrip()


def plain_table(name: str, title: str, columns: Sequence[Column]) -> Layout:
    """Return a layout that prints a title, a line of column headings, and one line for each record.

    ``name`` names the block: readers with the same layout share its heading. None and empty lists show as ``-``, lists
    are joined by commas, booleans show as ``yes`` and ``no``::

        COLUMNS = (Column("Protocol", field="protocol", width=8), Column("I-Node", field="inode", width=7))
        layouts = {"net-tools": plain_table("netlink", "Active netlink sockets", COLUMNS)}
    """
    hosts = [column.field for column in columns if column.name == HOST]

    def heading(style: Style, _traits: Mapping[str, Any]) -> str:
        return f"{title}\n{_line([column.padded(column.heading) for column in _shown(columns, style)])}"

    def rows(style: Style, names: Names, _traits: Mapping[str, Any]) -> FormatRows:
        shown = _shown(columns, style)

        def lines(batch: Sequence[Record]) -> str:
            if names.resolves_hosts and hosts:
                names.expect_hosts(record[field] for record in batch for field in hosts if record[field])
            return "".join(_line([column.padded(column.cell(record, names)) for column in shown]) for record in batch)

        return lines

    return Layout(
        block=Block(name, heading=heading, when_absent=False),
        rows=rows,
        needs=lambda style: _fields(_shown(columns, style)),
    )


def _shown(columns: Sequence[Column], style: Style) -> list[Column]:
    return [column for column in columns if column.is_shown(style)]


def _fields(columns: Sequence[Column]) -> frozenset[str]:
    fields = {column.field for column in columns}
    return frozenset(fields | {"protocol"} if any(column.name == PORT for column in columns) else fields)


def _line(cells: Sequence[str]) -> str:
    return " ".join(cells).rstrip() + "\n"


def _named(name: str, value: Any, record: Record, names: Names) -> str:
    if name == HOST:
        return names.host(value)
    return names.user(value) if name == USER else names.port(value, record["protocol"] or "tcp")


def cell_text(value: Any) -> str:
    """Return the text of a record's value in a plain table."""
    if value is None or value == []:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        values: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return ",".join(map(cell_text, values))
    return printable(value) if isinstance(value, str) else str(value)
