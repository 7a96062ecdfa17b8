"""/proc/net/unix (net/unix/af_unix.c).

::

    Num       RefCount Protocol Flags    Type St Inode Path
    00000000627ffedf: 00000003 00000000 00000000 0001 03  1675
    00000000ed734b76: 00000002 00000000 00010000 0001 01 1611881 /tmp/u/@looks-abstract
    00000000daaaa119: 00000002 00000000 00010000 0001 01 1611882 @relative-at
    00000000bbadbe19: 00000003 00000000 00000000 0001 03 1611888 @abstract

All numbers but the inode are hexadecimal. ``@`` stands for NUL, but a path may begin with one as well: the name of the
last row is abstract, that of the row above it is a path. Names may hold any bytes, line feeds and forged rows too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from netstat_core.plugin import About, Gap, Header, Problem, Record, TextFile, Trait, escape
from netstat_unix.record import NAMELESS, Kind, Name, to_kind, to_record

SOURCE = "/proc/net/unix"
HEADER = Header("Num RefCount Protocol Flags Type St Path")
LONGEST_NAME = 108
"""Size of sun_path in bytes."""

NO_INODES = "no_inodes"
"""Trait that is set if the file has no column Inode (Linux 2.0)."""

_COLUMNS = rb"[ \t]*[^\s:]+:[ \t]*([0-9A-Fa-f]{1,16})[ \t]+([0-9A-Fa-f]{1,16}(?:[ \t]+[0-9A-Fa-f]{1,16}){3})"
ROW = re.compile(_COLUMNS + rb"(?:[ \t]+([0-9]{1,19})|(?![ \t]+-?[0-9]{20}))(?=[ \t\n]|\Z)")
"""``NUM: REF PROTO FLAGS TYPE ST INODE``; groups: REF, PROTO to ST, INODE. One blank and the name may follow."""

_ROW_WITHOUT_INODE = re.compile(_COLUMNS + rb"()(?=[ \t\n]|\Z)")


_TOO_LONG = re.compile(rb"[ \t]*[0-9a-f]{8,16}:(?=.*[0-9A-Fa-f]{17})(?:[ \t]+-?[0-9A-Fa-f]+){5,6}(?=[ \t]|\Z)")
"""A line of the form of a row (which starts with ``%pK:``) with a number over 64 bits: not part of a name."""


class Kinds(dict[bytes, Kind]):
    """Cache of record fields by the text of the columns Protocol to St."""

    def __missing__(self, columns: bytes) -> Kind:
        """Parse the columns and cache the fields."""
        protocol, flags, kind, state = (int(word, 16) for word in columns.split())
        fields = self[columns] = to_kind(protocol, flags, kind, state)
        return fields


def parse(_about: About, content: bytes) -> Iterator[Record | Problem | Trait | Gap]:
    """Yield the rows of the file, without unix_diag.

    The kernel prints NUL as ``@`` (Linux 2.6.32 and older only the first of a name), so ``@`` is ambiguous: a name
    that starts with one is taken for abstract, any other ``@`` literally. A line that is not a row continues the name
    above it, if there is one and both fit into sun_path. A row forged in a name cannot be recognised here.
    """
    text = TextFile(SOURCE, content, HEADER)
    has_inodes = text.header is None or b"Inode" in text.header
    if not has_inodes:
        yield Trait(NO_INODES)
    row = _Row(ROW if has_inodes else _ROW_WITHOUT_INODE)
    for number, line in text.rows():
        result = row.add_line(line)
        if isinstance(result, dict):
            yield result
        elif not result:
            yield text.problem("a row needs Num, RefCount, Protocol, Flags, Type and St", line, number)
    last = row.finish()
    if last is not None:
        yield last
    yield from text.gaps


class _Row:
    """The row being read; it ends where the next one starts, as its name may span lines."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._match = pattern.match
        self._kinds = Kinds()
        self._columns: tuple[bytes, bytes, bytes] | None = None
        self._name: bytes | None = None

    def add_line(self, line: bytes) -> Record | bool:
        """Add a line: return the record of the row before it if the line starts another one.

        Otherwise return True, or False if the line is neither a row nor part of the name above it.
        """
        match = self._match(line)
        if match is None:
            return self._continue_name(line)
        result = self.finish()
        self._columns = (match[1], match[2], match[3])
        self._name = line[match.end() + 1 :] if len(line) > match.end() else None
        return True if result is None else result

    def finish(self) -> Record | None:
        """Return the record of the row being read and forget it; None if there is none."""
        if self._columns is None:
            return None
        (count, columns, inode), self._columns = self._columns, None
        return to_record(self._kinds[columns], int(count, 16), int(inode or 0), to_name(self._name or None))

    def _continue_name(self, line: bytes) -> bool:
        """Append the line to the name if it can belong to it; return whether it did."""
        if self._columns is None or self._name is None or len(self._name) + 1 + len(line) > LONGEST_NAME:
            return False
        if _TOO_LONG.match(line):
            return False
        self._name += b"\n" + line
        return True


def to_name(shown: bytes | None) -> Name:
    """Return (path, abstract) for a name as printed in the file, None for no name."""
    if shown is None:
        return NAMELESS
    return (escape(shown[1:]), True) if shown.startswith(b"@") else (escape(shown), False)
