"""Read snapshots that are packed text or tar archives. Their size is limited, since the content is untrusted."""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import io
import json
import lzma
import tarfile
import zlib
from collections.abc import Callable, Mapping
from typing import IO, Any, BinaryIO

from netstat_core.errors import SnapshotError
from netstat_core.system import capture, copied_machine
from netstat_core.system.stores import FILES_OF_NET, MemoryStore

MOST_BYTES = 1 << 28
"""Limit of the size of a snapshot, unpacked, in bytes."""

MOST_FILES = 1 << 18
_LARGEST_ARCHIVE = 1 << 29
_LONGEST_PATH = 4096
_KINDS = ("proc/", "sys/", "netlink/", f"{capture.NAMESPACES}/", capture.DESCRIPTION, "run/", "etc/", "net/")
_MAGIC: tuple[tuple[bytes, Callable[..., Any]], ...] = (
    (b"\x1f\x8b", gzip.GzipFile),
    (b"\xfd7zXZ\0", lzma.LZMAFile),
    (b"BZh", bz2.BZ2File),
)
_USTAR_AT, _USTAR = 257, b"ustar"


class _BoundedStream(io.RawIOBase):
    """A stream that raises SnapshotError beyond the size that a snapshot may have."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._left = MOST_BYTES + MOST_FILES * tarfile.BLOCKSIZE * 2

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes. Raises SnapshotError beyond the limit."""
        part = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(part)
        if self._left < 0:
            raise SnapshotError("unpacks to more than a snapshot may hold")
        return part


def unpack_text(text: str, most_bytes: int = MOST_BYTES) -> MemoryStore:
    """Return the contents of packed text, which may be untrusted. Raises SnapshotError for invalid text."""
    try:
        return _load_packed(text.encode("ascii"), most_bytes)
    except (ValueError, RecursionError, zlib.error) as error:
        raise SnapshotError(f"the snapshot is damaged: {error}") from error
    except SnapshotError as error:
        raise SnapshotError(f"the snapshot {error}") from error


def load(source: BinaryIO, name: str) -> MemoryStore:
    """Return the contents of packed text or an archive; ``name`` is for messages.

    Raises SnapshotError for anything else, and for a snapshot beyond the limits.
    """
    start = source.read(tarfile.BLOCKSIZE)
    try:
        return _load(start, source)
    except SnapshotError as error:
        raise SnapshotError(f"{name}: {error}") from error
    except (OSError, EOFError, ValueError, RecursionError, tarfile.TarError, zlib.error, lzma.LZMAError) as error:
        raise SnapshotError(f"{name}: is damaged: {error}") from error


def _load(start: bytes, source: BinaryIO) -> MemoryStore:
    if start.startswith(capture.MARK.encode()):
        return _load_packed(start + source.read(_LARGEST_ARCHIVE), MOST_BYTES)
    if start.startswith(tuple(magic for magic, _ in _MAGIC)) or start[_USTAR_AT:].startswith(_USTAR):
        return _load_tar(_JoinedStream(start, source))
    raise SnapshotError("neither a folder nor an archive nor packed text")


def _load_packed(packed: bytes, most_bytes: int) -> MemoryStore:
    if not packed.startswith(capture.MARK.encode()):
        raise SnapshotError(f"does not begin with {capture.MARK}")
    return MemoryStore({f"/{path}": content for path, content in unpack(packed, most_bytes).items()})


class _JoinedStream(io.RawIOBase):
    """A stream that begins with bytes already read from it."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start = start
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read from the beginning, then from the rest."""
        part = self._start[: len(buffer)] or self._rest.read(len(buffer))
        self._start = self._start[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def unpack(packed: bytes, most_bytes: int = MOST_BYTES) -> dict[str, bytes]:
    """Return the contents of packed text by path. Raises SnapshotError, ValueError, RecursionError or zlib.error."""
    try:
        compressed = base64.b64decode(packed[len(capture.MARK) :].strip(), validate=True)
    except binascii.Error as error:
        raise SnapshotError(f"is damaged: {error}") from error
    inflate = zlib.decompressobj()
    content = inflate.decompress(compressed, most_bytes)
    if inflate.unconsumed_tail:
        raise SnapshotError("unpacks to more than a snapshot may hold")
    if not inflate.eof:
        raise SnapshotError("ends too early")
    index, _, rest = content.partition(b"\n")
    if sum(map(index.count, (b",", b"[", b"{"))) > 4 * MOST_FILES:  # limits the values before json makes them
        raise SnapshotError("is damaged: its list of contents is too long")
    return _split_contents(json.loads(index), rest)


def _split_contents(index: Any, rest: bytes) -> dict[str, bytes]:
    if not isinstance(index, list) or len(index) > MOST_FILES:
        raise SnapshotError("is damaged: its list of contents is missing or too long")
    tree: dict[str, bytes] = {}
    start = 0
    for entry in index:
        match entry:
            case [str(path), int(size)] if 0 <= size <= len(rest) - start and is_safe(path):
                tree[path] = rest[start : start + size]
                start += size
            case _:
                raise SnapshotError("is damaged: its list of contents does not match the contents")
    if start != len(rest):
        raise SnapshotError("is damaged: it holds more than its list of contents")
    return tree


def is_safe(path: str) -> bool:
    """True if a relative path stays within the folder it is written to."""
    parts = path.split("/")
    return len(path) <= _LONGEST_PATH and path.isprintable() and not {"", ".", ".."}.intersection(parts)


def _load_tar(stream: _JoinedStream) -> MemoryStore:
    """Return the regular files and links of a tar; a folder around everything is removed from the paths."""
    opened: Any = io.BufferedReader(stream)
    start = opened.peek(8)
    for magic, make in _MAGIC:
        if start.startswith(magic):
            opened = make(fileobj=opened) if make is gzip.GzipFile else make(opened)
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    with tarfile.open(fileobj=_BoundedStream(opened), mode="r|") as archive:
        for count, member in enumerate(archive):
            if count >= MOST_FILES:
                raise SnapshotError("holds more files than a snapshot may")
            _add_member(archive, member, files, links)
    prefix = _find_prefix(files)
    return MemoryStore(
        {_to_absolute(path, prefix): content for path, content in files.items()},
        {_to_absolute(path, prefix): target for path, target in links.items()},
    )


def _add_member(
    archive: tarfile.TarFile, member: tarfile.TarInfo, files: dict[str, bytes], links: dict[str, str]
) -> None:
    path = member.name.removeprefix("./")
    if member.isdir():
        return
    if not is_safe(path):
        raise SnapshotError(f"holds a path that is invalid or leads out of it: {path[:80]!a}")
    if not _is_wanted(path):
        return
    if member.issym():
        links[path] = member.linkname
    elif member.isreg() and not member.issparse() and (content := archive.extractfile(member)) is not None:
        files[path] = content.read()


def _is_wanted(path: str) -> bool:
    """True if a member belongs to a snapshot; a sosreport has many other files."""
    inner = path.partition("/")[2]
    is_of_machine = not copied_machine.FILES.isdisjoint((path, inner))
    return is_of_machine or path.startswith(_KINDS) or inner.startswith(_KINDS) or "/" not in inner


def _find_prefix(files: Mapping[str, bytes]) -> str:
    """Return the prefix of all paths: empty or a folder, with ``>`` appended for a copy of /proc/net."""
    if capture.DESCRIPTION in files or any(path.startswith("proc/") for path in files):
        return ""
    tops = {path.partition("/")[0] for path in files if "/" in path}
    for top in sorted(tops):
        if f"{top}/{capture.DESCRIPTION}" in files or any(path.startswith(f"{top}/proc/") for path in files):
            return f"{top}/"
    for folder in ("", *(f"{top}/{below}" for below in ("", "net/") for top in sorted(tops))):
        if any(f"{folder}{name}" in files for name in FILES_OF_NET):
            return f"{folder}>"
    raise SnapshotError("holds neither proc nor the files of /proc/net")


def _to_absolute(path: str, prefix: str) -> str:
    if prefix.endswith(">"):
        return f"/proc/net/{path.removeprefix(prefix[:-1])}"
    return f"/{path.removeprefix(prefix)}"
