"""Read snapshots that are packed text or tar archives. Their size is limited, since the content is untrusted."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import stat
import sys
import zlib
from collections.abc import Mapping
from functools import partial
from itertools import chain
from typing import IO, BinaryIO

from netstat_core.errors import SnapshotError
from netstat_core.system import capture, copied_machine, packed_text
from netstat_core.system.stores import FILES_OF_NET, HOW_TO_COPY, FolderStore, MemoryStore, Store
from netstat_core.system.tar_reader import BLOCK, USTAR, USTAR_AT, TarReader
from netstat_core.system.unpacking import MOST_BYTES, PIECE, TOO_MUCH, Bounded, Joined, Tally, Xz, buffer, is_safe

_LEASES = ("var/lib/dh", "var/lib/NetworkManager/", "var/db/dhcpcd/")
_KINDS = ("proc/", "sys/", "netlink/", f"{capture.NAMESPACES}/", capture.DESCRIPTION, "run/", "etc/", "net/", *_LEASES)
_XZ = b"\xfd7zXZ\0"


def _load_input() -> Store:
    if sys.stdin is None:  # closed when the process began
        raise SnapshotError(f"standard input: {os.strerror(errno.EBADF)}")
    try:
        return load(sys.stdin.buffer, "standard input")
    except OSError as error:
        raise SnapshotError(f"standard input: {error.strerror}") from error


def open_store(source: str) -> Store:
    """Open a snapshot at a path, ``-`` for standard input. Raises SnapshotError."""
    if os.path.isdir(source):
        return FolderStore(source)
    if source == "-":
        return _load_input()
    if not os.path.exists(source):
        what = f"only a link; {HOW_TO_COPY}" if os.path.islink(source) else "no such file or folder"
        raise SnapshotError(f"{source}: {what}")
    try:
        with open(source, "rb", opener=_open_regular) as file:
            return load(file, source)
    except OSError as error:
        raise SnapshotError(f"{source}: {error.strerror}") from error


def _open_regular(path: str, flags: int) -> int:
    """Open a file that is a regular one, before and after it is opened; a pipe is not waited for. Raises OSError."""
    refusal = OSError(errno.EINVAL, "neither a folder nor a regular file")
    if not os.path.isfile(path):
        raise refusal
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise refusal
    return descriptor


def unpack_text(text: str, most_bytes: int = MOST_BYTES) -> MemoryStore:
    """Return the contents of packed text, which may be untrusted. Raises SnapshotError for invalid text."""
    if len(text) > 2 * most_bytes + PIECE:
        raise SnapshotError(f"the snapshot {TOO_MUCH}")
    try:
        return _load_packed(io.BytesIO(text.encode("ascii")), most_bytes)
    except (ValueError, RecursionError, zlib.error) as error:
        raise SnapshotError(f"the snapshot is damaged: {error}") from error
    except SnapshotError as error:
        raise SnapshotError(f"the snapshot {error}") from error


def load(source: BinaryIO, name: str) -> MemoryStore:
    """Return the contents of packed text or an archive; ``name`` is for messages.

    Raises SnapshotError for anything else, and for a snapshot beyond the limits.
    """
    start = source.read(BLOCK)
    try:
        return _load(start, source)
    except SnapshotError as error:
        raise SnapshotError(f"{name}: {error}") from error
    except (OSError, EOFError, ValueError, RecursionError, zlib.error, lzma.LZMAError) as error:
        raise SnapshotError(f"{name}: is damaged: {error}") from error


def _load(start: bytes, source: BinaryIO) -> MemoryStore:
    pieces = chain((start,), iter(partial(source.read, PIECE), b""))
    whole = buffer(Joined(pieces).fetch)
    if start.startswith(capture.MARK.encode()):
        return _load_packed(whole, MOST_BYTES)
    if start.startswith(b"\x1f\x8b"):
        return _load_tar(buffer(gzip.GzipFile(fileobj=whole).read))
    if start.startswith(b"BZh"):
        return _load_tar(buffer(bz2.BZ2File(whole).read))
    if start.startswith(_XZ):
        return _load_tar(buffer(Xz(whole).fetch))
    if start[USTAR_AT:].startswith(USTAR):
        return _load_tar(whole)
    raise SnapshotError("neither a folder nor an archive nor packed text")


def _load_packed(packed: IO[bytes], most_bytes: int) -> MemoryStore:
    return MemoryStore({f"/{path}": content for path, content in packed_text.iterate(packed, most_bytes)})


def _load_tar(unpacked: IO[bytes]) -> MemoryStore:
    """Return the regular files and links of a tar; a folder around everything is removed from the paths."""
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    times: dict[str, int] = {}
    reader = TarReader(buffer(Bounded(unpacked).fetch))
    tally = Tally(MOST_BYTES)
    for member in reader:
        path = member.path.removeprefix("./")
        if not member.is_file and member.target is None:
            continue
        if not is_safe(path):
            raise SnapshotError(f"holds a path that is invalid or leads out of it: {path[:80]!a}")
        if not _is_wanted(path):
            continue
        if member.target is not None:
            tally.count(BLOCK + len(member.target))
            links[path] = member.target
        else:
            tally.count(BLOCK + reader.size)
            files[path] = reader.read()
            if member.modified:
                times[path] = member.modified
    prefix = _find_prefix(files)
    return MemoryStore(
        {_to_absolute(path, prefix): content for path, content in files.items()},
        {_to_absolute(path, prefix): target for path, target in links.items()},
        {_to_absolute(path, prefix): seconds for path, seconds in times.items()},
    )


def _is_wanted(path: str) -> bool:
    """True if a member belongs to a snapshot; a sosreport has many other files."""
    inner = path.partition("/")[2]
    is_of_machine = not copied_machine.FILES.isdisjoint((path, inner))
    return is_of_machine or path.startswith(_KINDS) or inner.startswith(_KINDS) or "/" not in inner


def _find_prefix(files: Mapping[str, bytes]) -> str:
    """Return the prefix of all paths: empty or a folder, with ``>`` appended for a copy of /proc/net."""
    if capture.DESCRIPTION in files or any(path.startswith("proc/") for path in files):
        return ""
    below = [path.partition("/") for path in files]
    if told := [top for top, _, path in below if path == capture.DESCRIPTION or path.startswith("proc/")]:
        return f"{min(told)}/"
    tops = {top for top, slash, _ in below if slash}
    for folder in ("", *(f"{top}/{below}" for below in ("", "net/") for top in sorted(tops))):
        if any(f"{folder}{name}" in files for name in FILES_OF_NET):
            return f"{folder}>"
    raise SnapshotError("holds neither proc nor the files of /proc/net")


def _to_absolute(path: str, prefix: str) -> str:
    if prefix.endswith(">"):
        return f"/proc/net/{path.removeprefix(prefix[:-1])}"
    return f"/{path.removeprefix(prefix)}"
