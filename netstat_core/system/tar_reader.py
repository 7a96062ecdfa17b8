"""Read tar archives as a stream, within limits: the forms ustar, pax and GNU, as far as snapshots need them.

The standard library's reader keeps every member, copies global pax headers into each, and parses pax headers in
quadratic time, which an archive of some kilobytes can exploit. This one keeps nothing but the present member.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple

from netstat_core.errors import SnapshotError

BLOCK = 512
USTAR_AT, USTAR = 257, b"ustar"
LONGEST_EXTENSION = 1 << 18
"""Limit of a pax header or a long name of GNU tar, in bytes."""

_POSIX = b"ustar\0"
_PIECE = 1 << 16
_REGULAR = (b"0", b"\0", b"7")
_LINK, _FOLDER, _OLD_SPARSE = b"2", b"5", b"S"
_WITHOUT_CONTENT = (b"1", _LINK, b"3", b"4", _FOLDER, b"6")
_GLOBAL, _PAX, _LONG_NAME, _LONG_TARGET = b"g", (b"x", b"X"), b"L", b"K"
_CHECKSUM = slice(148, 156)
_MORE_HOLES, _MORE_HOLES_BELOW = 482, 504
_LONGEST_LENGTH = 20


class Member(NamedTuple):
    """A member of an archive: a regular file, a link with its target, or anything else, which has neither.

    ``modified`` is the time of its last modification in seconds since 1970; 0 if the archive was made without times.
    """

    path: str
    target: str | None
    is_file: bool
    modified: int


class TarReader:
    """Iterates the members of an archive. :meth:`read` returns the content of the member last iterated.

    Iterating raises SnapshotError for a damaged archive.
    """

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._size = 0
        self._left = 0

    def __iter__(self) -> Iterator[Member]:
        extended: dict[str, bytes] = {}
        while (block := self._read_header()) is not None:
            kind, self._size = block[156:157], _parse_number(block[124:136])
            if kind in (_GLOBAL, *_PAX, _LONG_NAME, _LONG_TARGET):
                extended |= _parse_extension(kind, self._read_extension())
                continue
            if "size" in extended:
                self._size = _parse_decimal(extended["size"])
            if kind in _WITHOUT_CONTENT:
                self._size = 0
            if kind == _OLD_SPARSE:
                self._skip_maps(block)
            self._left = -(-self._size // BLOCK) * BLOCK
            yield _make_member(block, kind, extended)
            extended = {}
            self._skip()

    @property
    def size(self) -> int:
        """The size of the present member's content, in bytes."""
        return self._size

    def read(self) -> bytes:
        """Return the content of the present member. Raises SnapshotError if it is cut off."""
        content = self._stream.read(self._size)
        if len(content) < self._size:
            raise SnapshotError("is damaged: it ends too early")
        self._left -= len(content)
        return content

    def _read_header(self) -> bytes | None:
        """Return the next header, None at the end of the archive."""
        block = self._stream.read(BLOCK)
        if not block.strip(b"\0"):
            return None
        if len(block) < BLOCK:
            raise SnapshotError("is damaged: it ends too early")
        unsigned = sum(block) - sum(block[_CHECKSUM]) + len(block[_CHECKSUM]) * ord(" ")
        signed = unsigned - 256 * sum(byte > 127 for place, byte in enumerate(block) if not 148 <= place < 156)  # noqa: PLR2004
        if _parse_number(block[_CHECKSUM]) not in (unsigned, signed):
            raise SnapshotError("is damaged: the checksum of a header is wrong")
        return block

    def _read_extension(self) -> bytes:
        if self._size > LONGEST_EXTENSION:
            raise SnapshotError("holds a header that is longer than any of a snapshot")
        self._left = -(-self._size // BLOCK) * BLOCK
        content = self.read()
        self._skip()
        return content

    def _skip_maps(self, block: bytes) -> None:
        """Skip the blocks in which GNU tar continues its map of the holes of a file."""
        more = block[_MORE_HOLES]
        while more:
            block = self._stream.read(BLOCK)
            more = block[_MORE_HOLES_BELOW] if len(block) == BLOCK else 0

    def _skip(self) -> None:
        while self._left:
            piece = self._stream.read(min(self._left, _PIECE))
            if not piece:
                raise SnapshotError("is damaged: it ends too early")
            self._left -= len(piece)


def _make_member(block: bytes, kind: bytes, extended: dict[str, bytes]) -> Member:
    """Return the member of a header; ``extended`` holds what the headers before it say."""
    name = block[:100].partition(b"\0")[0]
    prefix = block[345:500].partition(b"\0")[0] if block[USTAR_AT:].startswith(_POSIX) else b""
    path = _decode(extended.get("path") or (prefix + b"/" + name if prefix else name))
    target = _decode(extended.get("linkpath") or block[157:257].partition(b"\0")[0]) if kind == _LINK else None
    is_sparse = any(key.startswith("GNU.sparse.") for key in extended)
    is_folder = kind == _FOLDER or path.endswith("/")
    modified = _parse_time(extended.get("mtime"), block[136:148])
    return Member(path, target, kind in _REGULAR and not is_sparse and not is_folder, modified)


def _parse_time(extended: bytes | None, field: bytes) -> int:
    """Return the whole seconds of a time: that of a pax header, ``1764374400.123456789``, else that of the header."""
    try:
        return _parse_decimal(extended.partition(b".")[0]) if extended else _parse_number(field)
    except SnapshotError:  # an archive without times is as good
        return 0


def _parse_extension(kind: bytes, content: bytes) -> dict[str, bytes]:
    """Return what a header says about the next member; a global one says nothing that a snapshot needs."""
    if kind == _LONG_NAME:
        return {"path": content.partition(b"\0")[0]}
    if kind == _LONG_TARGET:
        return {"linkpath": content.partition(b"\0")[0]}
    return {} if kind == _GLOBAL else dict(_iterate_records(content))


# Two records of a pax header, each with its own length in front:
#   30 mtime=1764374400.123456789
#   21 path=proc/net/tcp
def _iterate_records(content: bytes) -> Iterator[tuple[str, bytes]]:
    start = 0
    while start < len(content) and content[start]:
        blank = content.find(b" ", start, start + _LONGEST_LENGTH)
        end = start + _parse_decimal(content[start:blank]) if blank > 0 else 0
        equals = content.find(b"=", blank, end)
        if equals < 0 or end > len(content):
            raise SnapshotError("is damaged: a pax header has an invalid record")
        yield _decode(content[blank + 1 : equals]), content[equals + 1 : end - 1]
        start = end


def _parse_number(field: bytes) -> int:
    """Return a number of a header: octal digits, or binary with the highest bit set."""
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.partition(b"\0")[0].strip()
    if digits.strip(b"01234567"):
        raise SnapshotError("is damaged: a header has an invalid number")
    return int(digits or b"0", 8)


def _parse_decimal(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > _LONGEST_LENGTH:
        raise SnapshotError("is damaged: a pax header has an invalid number")
    return int(digits)


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
