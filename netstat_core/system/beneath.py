"""Open files beneath a folder: whatever others change in it meanwhile, nothing outside of it is opened.

Hard links and mount points look like the files and folders that they stand for, and are read.
"""

from __future__ import annotations

import errno
import os
import stat
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from netstat_core.system import capture

_MOST_LINKS = 40
"""As many as the kernel follows; path_resolution(7)."""

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LISTED = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

_OPENAT2 = 437
"""The number of the system call on all machines."""

_NO_MAGIC_LINKS, _BENEATH = 0x02, 0x08
"""RESOLVE_NO_MAGICLINKS and RESOLVE_BENEATH of linux/openat2.h."""


class Folder:
    """A folder that is held open. Paths are relative to it, with or without a slash at their start.

    Links are followed within the folder, also absolute ones that name it. The methods raise OSError, with EACCES for
    what leads out.
    """

    def __init__(self, path: str, descriptor: int | None = None) -> None:
        """Open the folder at a path, which may be a link, or keep a descriptor of it. Raises OSError."""
        self.path = os.path.realpath(path)
        if descriptor is None:
            descriptor = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._descriptor = descriptor
        weakref.finalize(self, os.close, descriptor)

    def enter(self, name: str) -> Folder:
        """Return a folder in the folder, which no link beside it leads out of either."""
        with self.open(name) as descriptor:
            return Folder(f"{self.path}/{name}", os.dup(descriptor))

    def read(self, path: str, limit: int) -> bytes:
        """Return the content of a regular file; nothing else is opened. Raises OSError with EFBIG beyond the limit."""
        with self._find(path) as (above, name, kind):
            _check_kind(kind)
            descriptor = os.open(name, _FILE, dir_fd=above)
        try:
            status = os.fstat(descriptor)
            _check_kind(status.st_mode)
            if status.st_size > limit:  # a file with holes can be of any size
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            return capture.read_descriptor(descriptor, limit)
        finally:
            os.close(descriptor)

    def list_names(self, path: str) -> list[str]:
        """Return the names in a folder, in any order."""
        with self.open(path, _LISTED) as descriptor:
            return os.listdir(descriptor)

    def read_link(self, path: str) -> str:
        """Return the target of a link, which is not followed."""
        above, _, name = path.rpartition("/")
        with self.open(above) as descriptor:
            return os.readlink(name, dir_fd=descriptor)

    def find_time(self, path: str) -> int | None:
        """Return when a file was last modified, in seconds since 1970; None if that cannot be told."""
        try:
            with self._find(path) as (above, name, _):
                return int(os.stat(name, dir_fd=above, follow_symlinks=False).st_mtime)
        except OSError:
            return None

    def is_link(self, path: str) -> bool:
        """True for a link, wherever it leads."""
        try:
            self.read_link(path)
        except OSError:
            return False
        return True

    def is_file(self, path: str) -> bool:
        """True for a regular file of the folder."""
        return stat.S_ISREG(self._find_kind(path))

    def is_folder(self, path: str) -> bool:
        """True for a folder in the folder."""
        return stat.S_ISDIR(self._find_kind(path))

    def _find_kind(self, path: str) -> int:
        try:
            with self._find(path) as (_, _, kind):
                return kind
        except OSError:
            return 0

    @contextmanager
    def open(self, path: str, flags: int = _FOLDER) -> Iterator[int]:
        """Give a descriptor of a folder in the folder, until the end of the context."""
        with self._find(path) as (above, name, _):
            descriptor = os.open(name, flags, dir_fd=above)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def _find(self, path: str) -> Iterator[tuple[int, str, int]]:
        """Give the folder that holds what a path leads to, its name there, which is no link, and its mode."""
        found = self._find_at_once(path) or self._walk(path)
        try:
            yield found
        finally:
            os.close(found[0])

    def _find_at_once(self, path: str) -> tuple[int, str, int] | None:
        """Let the kernel find the folder that holds a path; None where it cannot, and where the last name is a link."""
        above, _, name = path.lstrip("/").rpartition("/")
        descriptor = _open_beneath(self._descriptor, above or ".") if name not in {"", ".", ".."} else -1
        if descriptor < 0:
            return None
        try:
            kind = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
        except BaseException:
            os.close(descriptor)
            raise
        if stat.S_ISLNK(kind):
            os.close(descriptor)
            return None
        return descriptor, name, kind

    def _walk(self, path: str) -> tuple[int, str, int]:
        """Find a path name by name, each in the descriptor of the folder that holds it."""
        entered = [os.dup(self._descriptor)]
        try:
            name, kind = self._follow(path, entered)
            return entered.pop(), name, kind
        finally:
            for descriptor in entered:
                os.close(descriptor)

    def _follow(self, path: str, entered: list[int]) -> tuple[str, int]:
        """Enter the folders of a path; return the last name and its mode, ``.`` if a folder was entered last."""
        names, links = path.split("/")[::-1], 0
        while names:
            name = names.pop()
            if name == "..":
                _leave(entered)
            elif name not in {"", "."}:
                kind = os.stat(name, dir_fd=entered[-1], follow_symlinks=False).st_mode
                if stat.S_ISLNK(kind):
                    links += 1
                    names += self._read_target(name, entered, links)
                elif names or stat.S_ISDIR(kind):
                    entered.append(os.open(name, _FOLDER, dir_fd=entered[-1]))
                else:
                    return name, kind
        return ".", stat.S_IFDIR

    def _read_target(self, name: str, entered: list[int], links: int) -> list[str]:
        """Return the names to follow in the place of a link, the last one first."""
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        target = os.readlink(name, dir_fd=entered[-1])
        if target.startswith("/"):
            if not f"{target}/".startswith(f"{self.path.rstrip('/')}/"):
                _refuse()
            target = target[len(self.path) :]
            while len(entered) > 1:
                os.close(entered.pop())
        return target.split("/")[::-1]


def _leave(entered: list[int]) -> None:
    """Go back to the folder that was entered before; one that was moved meanwhile has another parent by now."""
    if len(entered) == 1:
        _refuse()
    os.close(entered.pop())


def _refuse() -> None:
    raise OSError(errno.EACCES, "leads out of the snapshot")


def _check_kind(mode: int) -> None:
    """Raise OSError for anything but a regular file."""
    if not stat.S_ISREG(mode):
        raise OSError(errno.ENOTDIR if stat.S_ISDIR(mode) else errno.EACCES, "is not a regular file")


def _open_beneath(folder: int, path: str) -> int:
    """Open a folder in a folder by openat2(2), so that nothing leads out; return a negative number if that fails."""
    return _load_openat2()(folder, os.fsencode(path))


@cache
def _load_openat2() -> Callable[[int, bytes], int]:
    """Return a function that opens a folder in a folder, and fails before Linux 5.6 or where it is forbidden."""
    try:
        import ctypes  # noqa: PLC0415 - needed for folders only

        call = ctypes.CDLL(None).syscall
    except (ImportError, OSError, AttributeError):
        return lambda *_: -1
    # struct open_how of linux/openat2.h: flags, mode, resolve
    how = (ctypes.c_uint64 * 3)(_FOLDER & ~os.O_NOFOLLOW, 0, _BENEATH | _NO_MAGIC_LINKS)
    size = ctypes.sizeof(how)
    call.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t]
    call.restype = ctypes.c_long
    return lambda folder, path: int(call(_OPENAT2, folder, path, how, size))


__all__ = ["Folder"]
