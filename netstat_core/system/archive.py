"""Read and write snapshots as packed text or tar archives. Reading limits size, since the content is untrusted."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import tempfile
import zlib
from collections.abc import Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, BinaryIO

from netstat_core.errors import SnapshotError
from netstat_core.system import capture, copied_machine, packed_text
from netstat_core.system.stores import FILES_OF_NET, MemoryStore
from netstat_core.system.tar_reader import BLOCK, USTAR, USTAR_AT, TarReader
from netstat_core.system.unpacking import MOST_BYTES, PIECE, TOO_MUCH, Bounded, Joined, Tally, Xz, buffer, is_safe

_KINDS = ("proc/", "sys/", "netlink/", f"{capture.NAMESPACES}/", capture.DESCRIPTION, "run/", "etc/", "net/")
_XZ = b"\xfd7zXZ\0"
_STREAMS = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")


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
    prefix = _find_prefix(files)
    return MemoryStore(
        {_to_absolute(path, prefix): content for path, content in files.items()},
        {_to_absolute(path, prefix): target for path, target in links.items()},
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


def write(tree: Mapping[str, bytes], target: str, stdout: BinaryIO) -> None:
    """Write contents by path to ``target``, in the form that its name selects.

    A name that ends with ``/`` or is a folder selects a folder, ``.tar``, ``.tar.gz`` and ``.tar.xz`` an archive,
    anything else packed text, and ``-`` packed text on ``stdout``. Raises SnapshotError if writing fails.
    """
    try:
        if target == "-":
            stdout.write(capture.pack(dict(tree)).encode() + b"\n")
        elif target.endswith("/") or os.path.isdir(target):
            _write_folder(tree, Path(target))
        else:
            _replace_file(target, _encode(tree, target))
    except OSError as error:
        raise SnapshotError(f"{target}: {error.strerror or error}") from error


def _encode(tree: Mapping[str, bytes], target: str) -> bytes:
    if target.endswith((".tar.gz", ".tgz")):
        return gzip.compress(make_tar(tree), mtime=0)
    if target.endswith((".tar.xz", ".txz")):
        return lzma.compress(make_tar(tree))
    return make_tar(tree) if target.endswith(".tar") else capture.pack(dict(tree)).encode() + b"\n"


def _replace_file(target: str, content: bytes) -> None:
    """Replace a file by one readable by its owner only; a link, which another user may have made, is not followed."""
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
    """True if a path is a character device, such as /dev/null, and not a link to one."""
    return os.path.lexists(target) and stat.S_ISCHR(os.lstat(target).st_mode)


def make_tar(tree: Mapping[str, bytes]) -> bytes:
    """Return a tar of the contents, sorted and without times: equal contents give equal bytes."""
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
    """Make a folder and missing parents, accessible by their owner only."""
    if not folder.exists():
        _make_folders(folder.parent)
        folder.mkdir(mode=0o700)
