"""Unpack untrusted streams within limits: of what they unpack to, of the number of files, and of memory."""

from __future__ import annotations

import io
import lzma
from collections.abc import Callable, Iterator
from typing import IO, Any

from netstat_core.errors import SnapshotError

MOST_BYTES = 1 << 28
"""Limit of the contents of a snapshot, unpacked, in bytes. Each file counts as at least one block of a tar."""

MOST_FILES = 1 << 18
MOST_UNPACKED = 1 << 29
"""Limit of all that an archive unpacks to, with the files in it that do not belong to a snapshot, in bytes."""

MOST_SMALL_FILES = 1 << 15
_LEAST_OF_FILE = 128
"""Bytes that each further file holds on average, with its path."""

MOST_DICTIONARY = 80 << 20
"""Limit of the memory that unpacking xz needs; ``xz -9`` asks for 65 MiB."""

_LONGEST_PATH = 4096
PIECE = 1 << 16
TOO_MUCH = "unpacks to more than a snapshot may hold"


class _Stream(io.RawIOBase):
    """A stream that is read piece by piece, by ``fetch``, which returns at most as many bytes as it is asked for."""

    def __init__(self, fetch: Callable[[int], bytes]) -> None:
        self._fetch = fetch

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes; none at the end."""
        part = self._fetch(min(len(buffer), PIECE))  # a copy of all that is asked for would double the memory
        buffer[: len(part)] = part
        return len(part)


def buffer(fetch: Callable[[int], bytes]) -> io.BufferedReader:
    """Return the stream whose next bytes a function returns: at most as many as it is asked for, none at the end."""
    return io.BufferedReader(_Stream(fetch), PIECE)


class Joined:
    """The bytes of some pieces, one after the other."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def fetch(self, size: int) -> bytes:
        """Return at most ``size`` of the next bytes, none at the end."""
        while not self._rest and (piece := next(self._pieces, None)) is not None:
            self._rest = memoryview(piece)
        part, self._rest = self._rest[:size], self._rest[size:]
        return bytes(part)


class Xz:
    """What a stream in the format xz unpacks to; a dictionary beyond the limit is refused."""

    def __init__(self, packed: io.BufferedReader) -> None:
        self._packed = packed
        self._unpacker = lzma.LZMADecompressor(memlimit=MOST_DICTIONARY)

    def fetch(self, size: int) -> bytes:
        """Return at most ``size`` of the next bytes, none at the end."""
        while True:
            if self._unpacker.eof:
                rest = self._unpacker.unused_data or self._packed.read1(PIECE)
                if not rest.strip(b"\0"):  # padding between two streams
                    return b""
                self._unpacker = lzma.LZMADecompressor(memlimit=MOST_DICTIONARY)
            else:
                rest = self._packed.read1(PIECE) if self._unpacker.needs_input else b""
                if not rest and self._unpacker.needs_input:
                    raise EOFError("it ends too early")
            part = self._unpacker.decompress(rest, size)
            if part:
                return part


class Bounded:
    """A stream that raises SnapshotError beyond what an archive may unpack to."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._left = MOST_UNPACKED

    def fetch(self, size: int) -> bytes:
        """Return at most ``size`` of the next bytes. Raises SnapshotError beyond the limit."""
        part = self._stream.read(size)
        self._left -= len(part)
        if self._left < 0:
            raise SnapshotError(TOO_MUCH)
        return part


class Tally:
    """Counts the files and contents of a snapshot while it is unpacked; raises SnapshotError beyond the limits."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._files = 0
        self._bytes = 0

    def count(self, size: int) -> None:
        """Count a file of a size in bytes, before it is read."""
        self._files += 1
        self._bytes += size
        if self._bytes > self._most_bytes:
            raise SnapshotError(TOO_MUCH)
        if self._files > min(MOST_FILES, MOST_SMALL_FILES + self._bytes // _LEAST_OF_FILE):
            raise SnapshotError("holds more files than a snapshot of its size may")


def is_safe(path: str) -> bool:
    """True if a relative path stays within the folder it is written to."""
    parts = path.split("/")
    return len(path) <= _LONGEST_PATH and path.isprintable() and not {"", ".", ".."}.intersection(parts)
