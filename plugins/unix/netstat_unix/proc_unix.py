"""The rows of /proc/net/unix (net/unix/af_unix.c), whose names may hold anything, line breaks and forged rows too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netstat_core.plugin import About, Problem, Record, Trait, escape
from netstat_unix.record import NAMELESS, Kind, Name, kind_of, to_record

SOURCE = "/proc/net/unix"
LONGEST_NAME = 108
"""Bytes of sun_path."""

NO_INODES = "no_inodes"
"""Trait of a file without the column Inode (Linux 2.0)."""

_COLUMNS = rb"[ \t]*[^\s:]+:[ \t]*([0-9A-Fa-f]{1,16})[ \t]+([0-9A-Fa-f]{1,16}(?:[ \t]+[0-9A-Fa-f]{1,16}){3})"
ROW = re.compile(_COLUMNS + rb"(?:[ \t]+([0-9]{1,19})|(?![ \t]+-?[0-9]{20}))(?=[ \t\n]|\Z)")
"""``NUM: REF PROTO FLAGS TYPE ST INODE``; groups are REF, PROTO to ST, INODE. A name follows after one blank."""

_ROW_WITHOUT_INODE = re.compile(_COLUMNS + rb"()(?=[ \t\n]|\Z)")


_TOO_LONG = re.compile(rb"[ \t]*[0-9a-f]{8,16}:(?=.*[0-9A-Fa-f]{17})(?:[ \t]+-?[0-9A-Fa-f]+){5,6}(?=[ \t]|\Z)")
"""What would be a row, as ``%pK:`` begins one, but for a number of more than 64 bits: no part of a name."""


class Kinds(dict[bytes, Kind]):
    """What the columns Protocol to St stand for, by their text."""

    def __missing__(self, columns: bytes) -> Kind:
        """Make it and keep it."""
        protocol, flags, kind, state = (int(word, 16) for word in columns.split())
        made = self[columns] = kind_of(protocol, flags, kind, state)
        return made


def parse(_about: About, content: bytes) -> Iterator[Record | Problem | Trait]:
    """The rows of the file by itself.

    The kernel shows a NUL as ``@`` (Linux 2.6.32 and older only the first of a name), so ``@`` is ambiguous: a name
    that starts with one is taken for abstract, any other ``@`` for itself. A line that is no row continues the name
    above it, if there is one and both fit into sun_path. A row in a name cannot be told from a real one here.
    """
    header, _, rest = content.partition(b"\n")
    has_inodes = b"Inode" in header
    if not has_inodes:
        yield Trait(NO_INODES)
    row = _Row(ROW if has_inodes else _ROW_WITHOUT_INODE)
    for number, line in enumerate(rest.removesuffix(b"\n").split(b"\n") if rest else (), 2):
        finished = row.take(line)
        if isinstance(finished, dict):
            yield finished
        elif not finished:
            yield Problem(SOURCE, "a row needs Num, RefCount, Protocol, Flags, Type and St", line, number)
    last = row.finish()
    if last is not None:
        yield last


class _Row:
    """The row being read, which ends where the next one starts."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._match = pattern.match
        self._kinds = Kinds()
        self._columns: tuple[bytes, bytes, bytes] | None = None
        self._name: bytes | None = None

    def take(self, line: bytes) -> Record | bool:
        """The row that this line ended, if any; else whether the line is a row or belongs to the one above."""
        found = self._match(line)
        if found is None:
            return self._continue(line)
        finished = self.finish()
        self._columns = (found[1], found[2], found[3])
        self._name = line[found.end() + 1 :] if len(line) > found.end() else None
        return True if finished is None else finished

    def finish(self) -> Record | None:
        """The row's record, once."""
        if self._columns is None:
            return None
        (count, columns, inode), self._columns = self._columns, None
        return to_record(self._kinds[columns], int(count, 16), int(inode or 0), name_of(self._name or None))

    def _continue(self, line: bytes) -> bool:
        if self._columns is None or self._name is None or len(self._name) + 1 + len(line) > LONGEST_NAME:
            return False
        if _TOO_LONG.match(line):
            return False
        self._name += b"\n" + line
        return True


def name_of(shown: bytes | None) -> Name:
    """Path and whether it is abstract, from a name as procfs shows it."""
    if shown is None:
        return NAMELESS
    return (escape(shown[1:]), True) if shown.startswith(b"@") else (escape(shown), False)
