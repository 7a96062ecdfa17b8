"""The text page of a dialect in which each reader has its own layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from netstat_core.dialects.safe_records import SafeRecords
from netstat_core.escape import escape_unprintable, escape_value, printable
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace, Record
from netstat_core.plugin.sinks import Head, Rendering, Tail
from netstat_core.plugin.text import Block, Layout, Style


class Page(Rendering):
    """Writes the heading of each block once, then the rows of its readers in order."""

    def __init__(self, out: BinaryIO, style: Style, layout: Callable[[Reader], Layout | None]) -> None:
        self._out = out
        self._style = style
        self._layout = layout
        self._block: Block | None = None
        self._rows: dict[str, Callable[[Batch], str]] = {}
        self._safe: dict[str, SafeRecords] = {}
        self._whole: tuple[Reader, Layout, list[Record]] | None = None
        self._entered = False

    def begin(self, head: Head) -> None:
        """Keep the head, whose names rows are formatted with."""
        self._head = head
        self._traits: dict[str, dict[str, Any]] = {}

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Write the block's heading if it is not written yet, then one or more lines for each record."""
        layout = self._layout(reader)
        if layout is None:
            return
        if self._whole is not None and self._whole[0] is not reader:
            self._write_whole()
        self._announce(reader, layout)
        if layout.whole:
            self._whole = self._whole or (reader, layout, [])
            self._whole[2].extend(self._make_safe(reader, layout, batch))
        elif batch:
            self._write(self._get_formatter(reader, layout)(self._make_safe(reader, layout, batch)))

    def _write_whole(self) -> None:
        """Write the rows of a layout that needs all records at once, for example to sort them."""
        if self._whole is not None:
            reader, layout, records = self._whole
            self._whole = None
            self._write(self._get_formatter(reader, layout)(Batch(records)))

    def end(self, tail: Tail) -> None:  # noqa: ARG002 - text has no end of its own
        """Write the rows that are still held back."""
        self._write_whole()

    def enter(self, namespace: NetworkNamespace | None) -> None:
        """Begin a network namespace: write its heading; the headings of blocks follow again."""
        self._write_whole()
        if self._entered:
            self._write("\n")
        self._entered = True
        self._block = None
        self._rows.clear()
        self._traits.clear()
        name, number = (namespace["name"], namespace["inode"]) if namespace else (None, None)
        shown = [printable(name)] if name is not None else []
        shown += [f"(inode {number})" if name is not None else f"inode {number}"] if number is not None else []
        self._write(f"Network namespace {' '.join(shown) or 'of unknown number'}\n")

    def problem(self, reader: Reader | None, trouble: Problem | Gap) -> None:
        """Write the heading of a block that is absent, if its layout wants that."""
        if isinstance(trouble, Gap) and trouble.reason != "rejected":  # messages follow the rows they are about
            self._write_whole()
        layout = self._layout(reader) if reader else None
        if reader and layout and layout.block.when_absent and isinstance(trouble, Gap):
            self._announce(reader, layout)

    def trait(self, reader: Reader, trait: Trait) -> None:
        """Store a trait of a reader for its headings and rows."""
        self._get_traits(reader)[trait.name] = escape_value(trait.value)

    def _make_safe(self, reader: Reader, layout: Layout, batch: Batch) -> Batch:
        if reader.name not in self._safe:
            self._safe[reader.name] = SafeRecords(reader, layout.needs(self._style))
        return self._safe[reader.name](batch)

    def _announce(self, reader: Reader, layout: Layout) -> None:
        if layout.block is not self._block:
            self._block = layout.block
            self._write(escape_unprintable(layout.block.heading(self._style, self._get_traits(reader))))

    def _get_formatter(self, reader: Reader, layout: Layout) -> Callable[[Batch], str]:
        if reader.name not in self._rows:
            self._rows[reader.name] = layout.rows(self._style, self._head.names, self._get_traits(reader))
        return self._rows[reader.name]

    def _get_traits(self, reader: Reader) -> dict[str, Any]:
        return self._traits.setdefault(reader.name, {})

    def _write(self, text: str) -> None:
        self._out.write(text.encode("utf-8", "backslashreplace"))
