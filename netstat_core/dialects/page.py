"""The page of a dialect that shows each reader in a layout of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from netstat_core.escape import escape_unprintable, printable
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace, Record
from netstat_core.plugin.sinks import Head, Rendering, Tail
from netstat_core.plugin.text import Block, Layout, Style


class Page(Rendering):
    """Prints each block's heading once, then the rows of its readers in order."""

    def __init__(self, out: BinaryIO, style: Style, layout: Callable[[Reader], Layout | None]) -> None:
        self._out = out
        self._style = style
        self._layout = layout
        self._block: Block | None = None
        self._rows: dict[str, Callable[[Sequence[Record]], str]] = {}
        self._whole: tuple[Reader, Layout, list[Record]] | None = None
        self._entered = False

    def begin(self, head: Head) -> None:
        """Remember what rows are formatted with."""
        self._head = head
        self._traits: dict[str, dict[str, Any]] = {}

    def batch(self, reader: Reader, batch: Batch) -> None:
        """The heading where it is due, then a line or more for each record."""
        layout = self._layout(reader)
        if layout is None:
            return
        if self._whole is not None and self._whole[0] is not reader:
            self._write_whole()
        self._announce(reader, layout)
        if layout.whole:
            self._whole = self._whole or (reader, layout, [])
            self._whole[2].extend(batch.rows())
        elif batch:
            self._write(self._formatter(reader, layout)(batch.read_only()))

    def _write_whole(self) -> None:
        """The rows of a reader that has an order of its own, once all of them are there."""
        if self._whole is not None:
            reader, layout, records = self._whole
            self._whole = None
            self._write(self._formatter(reader, layout)(records))

    def end(self, tail: Tail) -> None:  # noqa: ARG002 - text has no end of its own
        """What waited is written."""
        self._write_whole()

    def enter(self, namespace: NetworkNamespace | None) -> None:
        """What follows is of another namespace: its own heading, and every block's again."""
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
        """The heading of what is absent, where its layout wants that."""
        if isinstance(trouble, Gap) and trouble.reason != "rejected":  # it stands behind what it is about
            self._write_whole()
        layout = self._layout(reader) if reader else None
        if reader and layout and layout.block.when_absent and isinstance(trouble, Gap):
            self._announce(reader, layout)

    def trait(self, reader: Reader, trait: Trait) -> None:
        """What headings and rows of a reader are told besides records."""
        self._traits_of(reader)[trait.name] = trait.value

    def _announce(self, reader: Reader, layout: Layout) -> None:
        if layout.block is not self._block:
            self._block = layout.block
            self._write(escape_unprintable(layout.block.heading(self._style, self._traits_of(reader))))

    def _formatter(self, reader: Reader, layout: Layout) -> Callable[[Sequence[Record]], str]:
        if reader.name not in self._rows:
            self._rows[reader.name] = layout.rows(self._style, self._head.names, self._traits_of(reader))
        return self._rows[reader.name]

    def _traits_of(self, reader: Reader) -> dict[str, Any]:
        return self._traits.setdefault(reader.name, {})

    def _write(self, text: str) -> None:
        self._out.write(text.encode("utf-8", "backslashreplace"))
