"""Read packed text, the form of a snapshot that fits into a line: untrusted, and unpacked as a stream."""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from collections.abc import Iterator
from typing import IO, Any

from netstat_core.errors import SnapshotError
from netstat_core.system import bounded_json, capture
from netstat_core.system.unpacking import MOST_BYTES, MOST_FILES, PIECE, TOO_MUCH, Joined, Tally, buffer, is_safe

_LONGEST_INDEX = 1 << 25


def unpack(packed: bytes, most_bytes: int = MOST_BYTES) -> dict[str, bytes]:
    """Return the contents of packed text by path. Raises SnapshotError, ValueError, RecursionError or zlib.error."""
    return dict(iterate(io.BytesIO(packed), most_bytes))


def iterate(packed: IO[bytes], most_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Yield paths and contents of packed text. At no time is the whole of it in memory in more than one form."""
    if packed.read(len(capture.MARK)) != capture.MARK.encode():
        raise SnapshotError(f"does not begin with {capture.MARK}")
    stream = buffer(Joined(_inflate(packed, most_bytes)).fetch)
    index = stream.readline(min(_LONGEST_INDEX, most_bytes))
    entries = _parse_index(index)
    tally = Tally(most_bytes)
    for entry in entries:
        match entry:
            case [str(path), int(size)] if size >= 0 and is_safe(path):
                tally.count(len(path) + size)
                content = stream.read(size)
                if len(content) < size:
                    raise SnapshotError("is damaged: its list of contents does not match the contents")
                yield path, content
            case _:
                raise SnapshotError("is damaged: its list of contents does not match the contents")
    if stream.read(1):
        raise SnapshotError("is damaged: it holds more than its list of contents")


def _parse_index(index: bytes) -> list[Any]:
    try:
        entries = bounded_json.decode(index, 16 * _LONGEST_INDEX)
    except SnapshotError as error:
        raise SnapshotError(f"is damaged: its list of contents {error}") from error
    if not isinstance(entries, list) or len(entries) > MOST_FILES:
        raise SnapshotError("is damaged: its list of contents is missing or too long")
    return entries


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
