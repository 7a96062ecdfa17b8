"""Read packed text, the form of a snapshot that fits into a line: untrusted, and unpacked as a stream."""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
import zlib
from collections.abc import Iterator
from typing import IO

from netstat_core.errors import SnapshotError
from netstat_core.system import capture
from netstat_core.system.unpacking import MOST_BYTES, PIECE, TOO_MUCH, Joined, Tally, buffer, is_safe

_LONGEST_INDEX = 1 << 25
_MISMATCH = "is damaged: its list of contents does not match the contents"
_ENTRY = re.compile(rb'\s?\[("(?:[^"\\]|\\.){1,49152}"),\s?([0-9]{1,10})\](,|\])')
"""An entry, such as ``["proc/net/tcp", 300],``; escaped, a character takes at most 12 bytes."""


def unpack(packed: bytes, most_bytes: int = MOST_BYTES) -> dict[str, bytes]:
    """Return the contents of packed text by path. Raises SnapshotError, ValueError, RecursionError or zlib.error."""
    return dict(iterate(io.BytesIO(packed), most_bytes))


def iterate(packed: IO[bytes], most_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Yield paths and contents of packed text. At no time is the whole of it in memory in more than one form."""
    if packed.read(len(capture.MARK)) != capture.MARK.encode():
        raise SnapshotError(f"does not begin with {capture.MARK}")
    stream = buffer(Joined(_inflate(packed, most_bytes)).fetch)
    tally = Tally(most_bytes)
    for path, size in _iterate_index(stream.readline(min(_LONGEST_INDEX, most_bytes))):
        tally.count(len(path) + size)
        content = stream.read(size)
        if len(content) < size or not is_safe(path):
            raise SnapshotError(_MISMATCH)
        yield path, content
    if stream.read(1):
        raise SnapshotError("is damaged: it holds more than its list of contents")


def _iterate_index(index: bytes) -> Iterator[tuple[str, int]]:
    """Yield path and size of each entry of the list of contents, without making the whole list."""
    place, end = 1, index[:1] == b"[" and index.rstrip() == b"[]"
    while not end:
        entry = _ENTRY.match(index, place)
        if entry is None:
            raise SnapshotError(_MISMATCH)
        yield str(json.loads(entry[1])), int(entry[2])
        place, end = entry.end(), entry[3].startswith(b"]")
    if index[:1] != b"[" or (place > 1 and index[place:].strip()):
        raise SnapshotError(_MISMATCH)


def _inflate(packed: IO[bytes], most_bytes: int) -> Iterator[bytes]:
    """Yield what packed text unpacks to, in pieces."""
    inflate = zlib.decompressobj()
    left = most_bytes + 1
    for piece in _decode_base64(packed):
        waiting = piece
        while waiting:
            part = inflate.decompress(waiting, min(left, PIECE))
            waiting = inflate.unconsumed_tail
            left -= len(part)
            if not left:
                raise SnapshotError(TOO_MUCH)
            yield part
    if not inflate.eof:
        raise SnapshotError("ends too early")


def _decode_base64(packed: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while piece := packed.read(PIECE):
        text = (rest + piece).strip()
        end = len(text) // 4 * 4
        rest = text[end:]
        yield _decode_piece(text[:end])
    yield _decode_piece(rest)


def _decode_piece(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise SnapshotError(f"is damaged: {error}") from error
