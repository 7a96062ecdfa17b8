"""Snapshots as one thing to carry about: packed text, or a tar archive; read within bounds, whatever they hold."""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import io
import json
import lzma
import os
import stat
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO

from netstat_core.errors import SnapshotError
from netstat_core.system import capture
from netstat_core.system.stores import FILES_OF_NET, MemoryStore

MOST_BYTES = 1 << 28
"""Of all contents of a snapshot together, unpacked."""

MOST_FILES = 1 << 18
_LARGEST_ARCHIVE = 1 << 29
_LONGEST_PATH = 4096
_KINDS = ("proc/", "sys/", "netlink/", f"{capture.NAMESPACES}/", capture.DESCRIPTION, "run/", "etc/")
_MAGIC: tuple[tuple[bytes, Callable[..., Any]], ...] = (
    (b"\x1f\x8b", gzip.GzipFile),
    (b"\xfd7zXZ\0", lzma.LZMAFile),
    (b"BZh", bz2.BZ2File),
)
_STREAMS = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")
_USTAR_AT, _USTAR = 257, b"ustar"


class _Bounded(io.RawIOBase):
    """What is read of a stream, until there is more than a snapshot may hold."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._left = MOST_BYTES + MOST_FILES * tarfile.BLOCKSIZE * 2

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes; SnapshotError behind the bound."""
        part = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(part)
        if self._left < 0:
            raise SnapshotError("unpacks to more than a snapshot may hold")
        return part


def unpacked(text: str, most_bytes: int = MOST_BYTES) -> MemoryStore:
    """The contents of packed text that came from anywhere. Raises SnapshotError for all that is none."""
    try:
        return _of_packed(text.encode("ascii"), most_bytes)
    except (ValueError, RecursionError, zlib.error) as error:
        raise SnapshotError(f"the snapshot is damaged: {error}") from error
    except SnapshotError as error:
        raise SnapshotError(f"the snapshot {error}") from error


def load(source: BinaryIO, name: str) -> MemoryStore:
    """The contents of a packed text or an archive. Raises SnapshotError for anything else, and for too much of it."""
    start = source.read(tarfile.BLOCKSIZE)
    try:
        return _opened(start, source)
    except SnapshotError as error:
        raise SnapshotError(f"{name}: {error}") from error
    except (OSError, EOFError, ValueError, RecursionError, tarfile.TarError, zlib.error, lzma.LZMAError) as error:
        raise SnapshotError(f"{name}: damaged: {error}") from error


def _opened(start: bytes, source: BinaryIO) -> MemoryStore:
    if start.startswith(capture.MARK.encode()):
        return _of_packed(start + source.read(_LARGEST_ARCHIVE), MOST_BYTES)
    if start.startswith(tuple(magic for magic, _ in _MAGIC)) or start[_USTAR_AT:].startswith(_USTAR):
        return _archived(_Joined(start, source))
    raise SnapshotError("neither a folder nor an archive nor packed text")


def _of_packed(packed: bytes, most_bytes: int) -> MemoryStore:
    if not packed.startswith(capture.MARK.encode()):
        raise SnapshotError(f"does not begin with {capture.MARK}")
    return MemoryStore({f"/{path}": content for path, content in unpack(packed, most_bytes).items()})


class _Joined(io.RawIOBase):
    """A stream whose beginning was read already."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start = start
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """The beginning, then the rest."""
        part = self._start[: len(buffer)] or self._rest.read(len(buffer))
        self._start = self._start[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def unpack(packed: bytes, most_bytes: int = MOST_BYTES) -> dict[str, bytes]:
    """The contents of packed text by path. Raises SnapshotError or what base64 and zlib raise."""
    try:
        squeezed = base64.b64decode(packed[len(capture.MARK) :].strip(), validate=True)
    except binascii.Error as error:
        raise SnapshotError(f"damaged: {error}") from error
    inflate = zlib.decompressobj()
    content = inflate.decompress(squeezed, most_bytes)
    if inflate.unconsumed_tail:
        raise SnapshotError("unpacks to more than a snapshot may hold")
    if not inflate.eof:
        raise SnapshotError("ends too early")
    index, _, rest = content.partition(b"\n")
    if sum(map(index.count, (b",", b"[", b"{"))) > 4 * MOST_FILES:  # values it may hold, before any is made
        raise SnapshotError("damaged: too long a list of contents")
    return _cut(json.loads(index), rest)


def _cut(index: Any, rest: bytes) -> dict[str, bytes]:
    if not isinstance(index, list) or len(index) > MOST_FILES:
        raise SnapshotError("damaged: no list of contents, or too long a one")
    tree: dict[str, bytes] = {}
    start = 0
    for entry in index:
        match entry:
            case [str(path), int(size)] if 0 <= size <= len(rest) - start and is_safe(path):
                tree[path] = rest[start : start + size]
                start += size
            case _:
                raise SnapshotError("damaged: its list of contents does not fit them")
    if start != len(rest):
        raise SnapshotError("damaged: more than its list of contents tells")
    return tree


def is_safe(path: str) -> bool:
    """Whether a relative path stays where it is put."""
    parts = path.split("/")
    return len(path) <= _LONGEST_PATH and path.isprintable() and not {"", ".", ".."}.intersection(parts)


def _archived(stream: _Joined) -> MemoryStore:
    """The regular files and the links of a tar, without the one folder that may be around everything."""
    opened: Any = io.BufferedReader(stream)
    start = opened.peek(8)
    for magic, make in _MAGIC:
        if start.startswith(magic):
            opened = make(fileobj=opened) if make is gzip.GzipFile else make(opened)
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    with tarfile.open(fileobj=_Bounded(opened), mode="r|") as archive:
        for count, member in enumerate(archive):
            if count >= MOST_FILES:
                raise SnapshotError("holds more files than a snapshot may")
            _take(archive, member, files, links)
    around = _around(files)
    return MemoryStore(
        {_placed(path, around): content for path, content in files.items()},
        {_placed(path, around): target for path, target in links.items()},
    )


def _take(archive: tarfile.TarFile, member: tarfile.TarInfo, files: dict[str, bytes], links: dict[str, str]) -> None:
    path = member.name.removeprefix("./")
    if member.isdir():
        return
    if not is_safe(path):
        raise SnapshotError(f"holds a path that leads out of it, or is none: {path[:80]!a}")
    if not _is_wanted(path):
        return
    if member.issym():
        links[path] = member.linkname
    elif member.isreg() and not member.issparse() and (content := archive.extractfile(member)) is not None:
        files[path] = content.read()


def _is_wanted(path: str) -> bool:
    """Whether a member can be of use: what a sosreport holds besides is not kept."""
    inner = path.partition("/")[2]
    return path.startswith(_KINDS) or inner.startswith(_KINDS) or "/" not in inner


def _around(files: Mapping[str, bytes]) -> str:
    """What stands before the paths of a snapshot: nothing, one folder, or all that is in the place of /proc/net."""
    if capture.DESCRIPTION in files or any(path.startswith("proc/") for path in files):
        return ""
    tops = {path.partition("/")[0] for path in files if "/" in path}
    for top in sorted(tops):
        if f"{top}/{capture.DESCRIPTION}" in files or any(path.startswith(f"{top}/proc/") for path in files):
            return f"{top}/"
    for folder in ("", *(f"{top}/" for top in sorted(tops))):
        if any(f"{folder}{name}" in files for name in FILES_OF_NET):
            return f"{folder}>"
    raise SnapshotError("holds neither proc nor the files of /proc/net")


def _placed(path: str, around: str) -> str:
    if around.endswith(">"):
        return f"/proc/net/{path.removeprefix(around[:-1])}"
    return f"/{path.removeprefix(around)}"


def write(tree: Mapping[str, bytes], target: str, stdout: BinaryIO) -> None:
    """Write contents by path, in the form that the target's name tells.

    That is a folder for a name that ends with ``/`` or is one, an archive for ``.tar``, ``.tar.gz`` and ``.tar.xz``,
    packed text for everything else and for ``-``. Raises SnapshotError where that is not possible.
    """
    try:
        if target == "-":
            stdout.write(capture.pack(dict(tree)).encode() + b"\n")
        elif target.endswith("/") or os.path.isdir(target):
            _write_folder(tree, Path(target))
        else:
            _written(target, _form(tree, target))
    except OSError as error:
        raise SnapshotError(f"{target}: {error.strerror or error}") from error


def _form(tree: Mapping[str, bytes], target: str) -> bytes:
    if target.endswith((".tar.gz", ".tgz")):
        return gzip.compress(archived(tree), mtime=0)
    if target.endswith((".tar.xz", ".txz")):
        return lzma.compress(archived(tree))
    return archived(tree) if target.endswith(".tar") else capture.pack(dict(tree)).encode() + b"\n"


def _written(target: str, content: bytes) -> None:
    """Put a file in the place of what is there, for its owner only: a link that another user made is not followed."""
    if target.startswith(_STREAMS) or _is_device(target):
        with open(target, "wb") as file:
            file.write(content)
        return
    if os.path.lexists(target) and not os.path.islink(target) and not os.path.isfile(target):
        raise SnapshotError(f"{target}: neither a folder nor a regular file")
    descriptor, beside = tempfile.mkstemp(prefix=".pynetstat.", dir=os.path.dirname(target) or ".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(beside, target)
    except BaseException:
        os.unlink(beside)
        raise


def _is_device(target: str) -> bool:
    """Whether a path is a device itself, such as /dev/null, and no link to one."""
    return os.path.lexists(target) and stat.S_ISCHR(os.lstat(target).st_mode)


def archived(tree: Mapping[str, bytes]) -> bytes:
    """A tar of the contents, sorted and without times: the same contents give the same bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(tree):
            member = tarfile.TarInfo(path)
            member.size = len(tree[path])
            archive.addfile(member, io.BytesIO(tree[path]))
    return out.getvalue()


def _write_folder(tree: Mapping[str, bytes], folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise SnapshotError(f"{folder}: is not empty")
    for path, content in sorted(tree.items()):
        _make_folders((folder / path).parent)
        (folder / path).write_bytes(content)
        (folder / path).chmod(0o600)


def _make_folders(folder: Path) -> None:
    """Make a folder and those above it for their owner only."""
    if not folder.exists():
        _make_folders(folder.parent)
        folder.mkdir(mode=0o700)
