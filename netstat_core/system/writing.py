"""Write snapshots as packed text, archives or folders. Others may write where they are written, and are not trusted.

What is written is made under a new name, opened for nobody else, in a folder that is held open, and moved to its place
when it is whole. Links that belong to other users are not followed on the way there.
"""

from __future__ import annotations

import errno
import gzip
import io
import itertools
import lzma
import os
import re
import secrets
import stat
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import BinaryIO

from netstat_core.errors import SnapshotError
from netstat_core.system import capture

_STREAM = re.compile(r"/dev/(?:stdout|stderr|fd/([0-9]{1,9}))|/proc/self/fd/([0-9]{1,9})")
_STANDARD = {"/dev/stdout": 1, "/dev/stderr": 2}
_MOST_LINKS = 40
_ABOVE = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_DEVICE = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def write(tree: Mapping[str, bytes], target: str, stdout: BinaryIO) -> None:
    """Write contents by path to ``target``, in the form that its name selects.

    A name that ends with ``/`` or is a folder selects a folder, ``.tar``, ``.tar.gz`` and ``.tar.xz`` an archive,
    anything else packed text, and ``-`` packed text on ``stdout``. A folder must be new or empty; a file, or a link to
    one, is replaced. Raises SnapshotError if writing fails; nothing of the snapshot is left then.
    """
    try:
        if target == "-":
            stdout.write(_encode(tree, target))
        elif stream := _STREAM.fullmatch(target):
            _write_stream(int(stream[1] or stream[2] or _STANDARD[target]), _encode(tree, target))
        else:
            _write_path(tree, target)
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or error
        raise SnapshotError(f"{target}: {what}") from error


def _encode(tree: Mapping[str, bytes], target: str) -> bytes:
    if target.endswith((".tar.gz", ".tgz")):
        return gzip.compress(make_tar(tree), mtime=0)
    if target.endswith((".tar.xz", ".txz")):
        return lzma.compress(make_tar(tree))
    return make_tar(tree) if target.endswith(".tar") else capture.pack(dict(tree)).encode() + b"\n"


def make_tar(tree: Mapping[str, bytes]) -> bytes:
    """Return a tar of the contents, sorted and without times: equal contents give equal bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(tree):
            member = tarfile.TarInfo(path)
            member.size = len(tree[path])
            archive.addfile(member, io.BytesIO(tree[path]))
    return out.getvalue()


def _write_stream(descriptor: int, content: bytes) -> None:
    """Write to an open descriptor, as ``-`` does: what a file behind it already holds is kept."""
    with os.fdopen(os.dup(descriptor), "wb") as stream:
        stream.write(content)


def _write_path(tree: Mapping[str, bytes], target: str) -> None:
    is_folder = target.endswith("/")
    above, name = _split(target)
    with _open_above(above, makes=is_folder) as folder:
        kind = _find_kind(folder, name)
        if stat.S_ISLNK(kind) and (is_folder or _leads_to_folder(folder, name)):
            raise OSError(errno.ELOOP, "is a link, which is not followed")
        if stat.S_ISDIR(kind):
            _fill_folder(tree, folder, name)
        elif is_folder and kind:
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        elif is_folder:
            _build_folder(tree, folder, name)
        elif stat.S_ISCHR(kind):
            _write_device(_encode(tree, target), folder, name)
        elif not kind or stat.S_ISREG(kind) or stat.S_ISLNK(kind):
            _replace_file(_encode(tree, target), folder, name)
        else:
            raise OSError(errno.EINVAL, "neither a folder nor a regular file")


def _split(target: str) -> tuple[str, str]:
    """Return the folder that holds a target, and its name there, ``.`` if only the target itself can be named."""
    if not target:
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    above, slash, name = target.rstrip("/").rpartition("/")
    return (target, ".") if name in {"", ".", ".."} else (above + slash, name)


def _find_kind(folder: int, name: str) -> int:
    """Return the mode of what a name in a folder stands for, 0 for nothing."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return 0


def _leads_to_folder(folder: int, name: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=folder).st_mode)
    except OSError:
        return False


@contextmanager
def _open_above(path: str, *, makes: bool) -> Iterator[int]:
    """Give a descriptor of a folder; if it ``makes`` missing ones, they are removed again after an exception."""
    opened = [os.open("/" if path.startswith("/") else ".", _ABOVE)]
    made: list[tuple[int, str]] = []
    try:
        _walk(path.split("/")[::-1], opened, made if makes else None)
        yield opened[-1]
    except BaseException:
        for descriptor, name in reversed(made):
            with suppress(OSError):
                os.rmdir(name, dir_fd=descriptor)
        raise
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _walk(names: list[str], opened: list[int], made: list[tuple[int, str]] | None) -> None:
    """Open the folders with these names, the last one first, one in the other; make missing ones if ``made`` is a list.

    A link is followed if it belongs to root or to this user: another one could exchange it at any time.
    """
    links = 0
    while names:
        name = names.pop()
        if name in {"", "."}:
            continue
        descriptor = _open_any(name, opened[-1], made)
        opened.append(descriptor)
        kind = os.fstat(descriptor).st_mode
        if stat.S_ISLNK(kind):
            links += 1
            target = _read_own_link(descriptor, name, links)
            opened.append(os.open("/", _ABOVE) if target.startswith("/") else os.dup(opened[-2]))
            names += target.split("/")[::-1]
        elif not stat.S_ISDIR(kind):
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))


def _open_any(name: str, folder: int, made: list[tuple[int, str]] | None) -> int:
    """Open a folder or a link itself; make a missing folder if ``made`` is a list, and note it there."""
    flags = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(name, flags, dir_fd=folder)
    except FileNotFoundError:
        if made is None:
            raise
    os.mkdir(name, 0o700, dir_fd=folder)
    made.append((folder, name))
    return os.open(name, flags, dir_fd=folder)


def _read_own_link(link: int, name: str, links: int) -> str:
    """Return the target of an open link, unless another user may exchange it. Raises OSError."""
    if links > _MOST_LINKS:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    # In a user namespace, what root owns outside belongs to another number, which "/" has too.
    if os.fstat(link).st_uid not in {0, os.geteuid(), os.stat("/").st_uid}:
        raise OSError(errno.EACCES, f"{name} is a link of another user, which is not followed")
    return os.readlink("", dir_fd=link)


def _name_beside() -> str:
    return f".pynetstat.{secrets.token_hex(8)}"


def _replace_file(content: bytes, folder: int, name: str) -> None:
    """Replace a file, or a link itself, by a file that only its owner can open."""
    beside = _name_beside()
    try:
        with os.fdopen(os.open(beside, _NEW_FILE, 0o600, dir_fd=folder), "wb") as file:
            file.write(content)
            file.flush()
            os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
            if not _is_in_place(folder, name, file.fileno()):
                _refuse_exchange()
    except BaseException:
        with suppress(OSError):
            os.unlink(beside, dir_fd=folder)
        raise


def _is_in_place(folder: int, name: str, descriptor: int) -> bool:
    """True if a name stands for what a descriptor has open; others may exchange it where they may write."""
    try:
        return os.path.samestat(os.stat(name, dir_fd=folder, follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _refuse_exchange() -> None:
    raise OSError(errno.EAGAIN, "exchanged by another user while it was written")


def _write_device(content: bytes, folder: int, name: str) -> None:
    """Write to a character device, such as /dev/null."""
    with os.fdopen(os.open(name, _DEVICE, dir_fd=folder), "wb") as device:
        if not stat.S_ISCHR(os.fstat(device.fileno()).st_mode):
            _refuse_exchange()
        os.set_blocking(device.fileno(), True)
        device.write(content)


def _build_folder(tree: Mapping[str, bytes], folder: int, name: str) -> None:
    """Build a new folder beside its name, and move it there when it is whole."""
    beside = _name_beside()
    try:
        os.mkdir(beside, 0o700, dir_fd=folder)
        _fill_folder(tree, folder, beside, name)
    except BaseException:
        with suppress(OSError):
            os.rmdir(beside, dir_fd=folder)
        raise


def _fill_folder(tree: Mapping[str, bytes], folder: int, name: str, final: str | None = None) -> None:
    """Write contents into an empty folder, and rename it if it has a ``final`` name; empty it after an exception."""
    descriptor = os.open(name, _FOLDER, dir_fd=folder)
    made: list[str] = []
    try:
        _check_empty(descriptor)
        _fill(descriptor, sorted(tree, key=_place), tree, 0, made)
        if final is not None:
            os.rename(name, final, src_dir_fd=folder, dst_dir_fd=folder)
            whole, made = made, []
            if not _is_in_place(folder, final, descriptor):
                made = whole
                _refuse_exchange()
    except BaseException:
        for path in reversed(made):
            with suppress(OSError):
                _remove(descriptor, path)
        raise
    finally:
        os.close(descriptor)


def _place(path: str) -> tuple[bool, str]:
    """Return where a path stands in the order of writing: what describes the others comes when they are there."""
    return path == capture.DESCRIPTION, path


def _check_empty(folder: int) -> None:
    if os.listdir(folder):
        raise OSError(errno.ENOTEMPTY, "is not empty")


def _fill(folder: int, paths: Iterable[str], tree: Mapping[str, bytes], start: int, made: list[str]) -> None:
    """Write the contents of sorted paths that begin with the same ``start`` characters, those of this folder.

    What is made is noted before it is: an interrupt may come at any time. A folder is noted with a slash at its end.
    """
    for path, inner in itertools.groupby(paths, lambda path: path[: path.find("/", start) + 1] or path):
        made.append(path)
        try:
            descriptor = _create(folder, path[start:])
        except FileExistsError:
            made.pop()
            raise
        try:
            if path.endswith("/"):
                _fill(descriptor, inner, tree, len(path), made)
            else:
                _write_all(descriptor, tree[path])
        finally:
            os.close(descriptor)


def _create(folder: int, name: str) -> int:
    """Make and open a file, or a folder if the name ends with a slash."""
    if not name.endswith("/"):
        return os.open(name, _NEW_FILE, 0o600, dir_fd=folder)
    os.mkdir(name[:-1], 0o700, dir_fd=folder)
    return os.open(name[:-1], _FOLDER, dir_fd=folder)


def _write_all(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(content)


def _remove(folder: int, path: str) -> None:
    """Remove a file, or an empty folder if the path ends with a slash; links on the way are not followed."""
    *names, name = path.rstrip("/").split("/")
    current = os.dup(folder)
    try:
        for inner in names:
            above = current
            current = os.open(inner, _FOLDER, dir_fd=above)
            os.close(above)
        (os.rmdir if path.endswith("/") else os.unlink)(name, dir_fd=current)
    finally:
        os.close(current)
