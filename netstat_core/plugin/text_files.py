"""Text files of the kernel: recognise the header, and notice a file that is not whole or something else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import chain

from netstat_core.errors import Damaged
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.plugin.values import Value, name_field

_PIECE = 1 << 16
"""Bytes that are split into rows at once."""

DAMAGED = Damaged.reason
"""The reason of a gap about a file that does not have the form in which the kernel writes it."""

NOT_THE_FILE = "not_the_file"
"""The code of the problem of a first line that is neither the header nor a row. The gap says it in text."""


class Header(Value):
    """How a file of the kernel begins: the words of its header, separated by blanks, and its lines by a line feed.

    A line starts with the first of its words and has the others in this order; further words may stand between and
    after them. So one header often serves all kernels; name the last column too, by which half a header is noticed.
    """

    words: str = name_field(kw_only=False)

    def begins(self, content: bytes) -> bool:
        """True if a file with this content begins with this header."""
        expected = self.words.encode().split(b"\n")
        lines = content.split(b"\n", len(expected))[: len(expected)]
        return len(lines) == len(expected) and all(map(_has_words, lines, expected))


def _has_words(line: bytes, words: bytes) -> bool:
    found = iter(line.split())
    first, *others = words.split()
    return next(found, b"") == first and all(word in found for word in others)


class TextFile:
    """The header and the rows of a text file that the kernel writes.

    Pass all forms of the header. ``header`` is the first line if it is one of them and no row, otherwise None; the
    first line is then treated as a row, so nothing is lost if the header was cut off. Without any header the kernel
    writes rows only; ``first_row`` may say how the first one begins. ``may_be_empty`` says whether the kernel writes
    nothing if there is nothing to show: by default, if there is no header.

    ``gaps`` tells what proves that the content is not the whole file: it is empty, the header is missing, or the last
    line has no end. Yield them after the rows, and a problem for each row that cannot be parsed.
    """

    __slots__ = ("_content", "_first", "_is_headless", "_source", "gaps", "header", "start")

    def __init__(
        self,
        source: str,
        content: bytes,
        *headers: Header,
        first_row: re.Pattern[bytes] | None = None,
        may_be_empty: bool | None = None,
    ) -> None:
        found = next((header for header in headers if header.begins(content)), None)
        skipped = found.words.count("\n") + 1 if found else 0
        self._source = source
        self._content = content
        self._first = 1 + skipped
        self._is_headless = bool(content) and (
            not found if headers else bool(first_row and not first_row.match(content))
        )
        self.start = _find_line(content, skipped)
        self.header = content.partition(b"\n")[0] if found else None
        self.gaps = [Gap(DAMAGED, source, detail) for detail in self._find_damage()]
        if not content and not (not headers if may_be_empty is None else may_be_empty):
            self.gaps = [Gap(DAMAGED, source, "is empty, which the kernel never leaves it")]

    def _find_damage(self) -> Iterator[str]:
        if self._is_headless:
            yield "does not begin as the kernel writes it: something else, or only a part of the file"
        if self._content and not self._content.endswith(b"\n"):
            yield "ends within a line: only a part of the file"

    def problem(
        self, reason: str, line: bytes, number: int | None, code: str = "bogus", field: str | None = None
    ) -> Problem:
        """Return the problem of a row; its code is ``not_the_file`` if it is a first line in place of a header."""
        if number == 1 and self._is_headless:
            code, field = NOT_THE_FILE, None
        return Problem(self._source, reason, line.removesuffix(b"\n"), number, code, field)

    def blocks(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield the rows without line feeds in lists, each with the number of the line of its first row."""
        number = self._first
        for rows in self._split():
            yield number, rows
            number += len(rows)

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """Return the rows, without line feeds, each with the number of its line; the first line has number 1."""
        return enumerate(chain.from_iterable(self._split()), self._first)

    def _split(self) -> Iterator[list[bytes]]:
        """Yield lists of rows, so that not all are in memory at once."""
        start, size = self.start, len(self._content)
        while start < size:
            end = self._content.rfind(b"\n", start, start + _PIECE)
            if end < 0:
                end = self._content.find(b"\n", start)
            end = end if end >= 0 else size
            yield self._content[start:end].split(b"\n")
            start = end + 1

    def stream(self) -> Iterator[tuple[int, bytes]]:
        """Return the same, but each row with its line feed; this needs no list of all rows in memory."""
        stream = BytesIO(self._content)
        stream.seek(self.start)
        return enumerate(stream, self._first)

    @property
    def head(self) -> bytes:
        """The header with all its lines; empty if there is none."""
        return self._content[: self.start]


def _find_line(content: bytes, number: int) -> int:
    """Return the offset of a line, counted from 0; the end of the content if it has fewer lines."""
    start = 0
    for _ in range(number):
        start = content.find(b"\n", start) + 1
        if not start:
            return len(content)
    return start
