"""Where the contents of a snapshot are: in a folder, which stays where it is, or in memory."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from netstat_core.errors import SnapshotError
from netstat_core.system import capture

LARGEST_FILE = 1 << 28
MOST_MATCHES = 1 << 18
FILES_OF_NET = ("tcp", "udp", "unix", "dev", "route", "snmp")
"""Any of these shows that a folder is a copy of /proc/net."""

_OF_PROCESSES = re.compile(r"/proc/(?:[0-9]+/[^/]+|stat)\Z")
_LINKED = re.compile(r"/proc/([0-9]{1,10})/fd/([0-9]{1,10})\Z")
_SOCKET = re.compile(r"(?:socket:\[|\[0000\]:)([0-9]{1,20})\]?\Z")


class Store(Protocol):
    """Contents by absolute path. All methods raise OSError."""

    def read(self, path: str) -> bytes:
        """The content of a regular file."""

    def matching(self, pattern: str) -> list[str]:
        """The paths that match a pattern, sorted; FileNotFoundError where its directory is missing."""

    def target(self, path: str) -> str:
        """What a link leads to, wherever that is: nothing follows it."""

    def owners(self) -> capture.Owners:
        """The owners told by links under ``/proc/PID/fd``, with their descriptors."""


class FolderStore:
    """A folder shaped like ``/``, or one that holds the files of /proc/net, then as ``inside`` that path.

    Links that lead out of the folder are not followed, and only regular files are read.
    """

    def __init__(self, folder: str) -> None:
        self._root, self._inside = _rooted(Path(folder).resolve())

    def read(self, path: str) -> bytes:
        """The content of a file; nothing but regular files within the folder is opened."""
        if not path.startswith(self._inside):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        real = os.path.realpath(f"{self._root}{path.removeprefix(self._inside)}")
        if os.path.commonpath((real, self._root)) != str(self._root):
            raise OSError(errno.EACCES, "leads out of the snapshot")
        if os.path.exists(real) and not os.path.isfile(real):
            raise OSError(errno.ENOTDIR if os.path.isdir(real) else errno.EACCES, "is no regular file")
        if os.path.getsize(real) > LARGEST_FILE:  # one with holes has nothing that could be read to its end
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        return capture.read_file(real, LARGEST_FILE)

    def matching(self, pattern: str) -> list[str]:
        """The paths of files in the folder that match a pattern."""
        if not pattern.startswith(self._inside):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        found = capture.matching_paths(pattern.removeprefix(self._inside), str(self._root))
        return [self._inside + path for path in found[:MOST_MATCHES]]

    def target(self, path: str) -> str:
        """What a link in the folder leads to."""
        folder, _, name = path.removeprefix(self._inside).rpartition("/")
        real = os.path.realpath(f"{self._root}{folder}")
        if not path.startswith(self._inside) or os.path.commonpath((real, self._root)) != str(self._root):
            raise OSError(errno.EACCES, "leads out of the snapshot")
        return os.readlink(f"{real}/{name}")

    def owners(self) -> capture.Owners:
        """The owners told by the folder's links."""
        return capture.scan_owners(f"{self._root}/proc", descriptors=True)


def _rooted(folder: Path) -> tuple[Path, str]:
    """Where the snapshot in a folder begins, and the path it stands for."""
    if not folder.is_dir():
        raise SnapshotError(f"{folder}: not a folder")
    proc = folder / "proc"
    if proc.is_symlink():
        raise SnapshotError(f"{folder}: its folder proc is a link")
    if proc.is_dir() or (folder / capture.DESCRIPTION).is_file():
        return folder, ""
    if any((folder / name).is_file() for name in FILES_OF_NET):
        return folder, "/proc/net"
    below = [entry for entry in sorted(folder.iterdir())[:2] if not entry.is_symlink()]
    if len(below) == 1 and (below[0] / "proc").is_dir():
        return below[0], ""
    raise SnapshotError(f"{folder}: holds no folder named proc")


class MemoryStore:
    """Contents and links by path."""

    def __init__(self, files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> None:
        self._files = files
        self._links = links or {}

    def read(self, path: str) -> bytes:
        """The content kept for a path, or for what a link there leads to within the snapshot."""
        for _ in range(8):
            if path in self._files:
                return self._files[path]
            if path not in self._links:
                break
            path = os.path.normpath(os.path.join(os.path.dirname(path), self._links[path]))
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    def matching(self, pattern: str) -> list[str]:
        """The kept paths that match a pattern."""
        outright = pattern.partition("*")[0].rpartition("/")[0]
        if not any(path.startswith(f"{outright}/") for path in self._files):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        wanted = re.compile(re.escape(pattern).replace(r"\*", "[^/]*")).fullmatch
        return sorted(path for path in self._files if wanted(path))[:MOST_MATCHES]

    def target(self, path: str) -> str:
        """What a kept link leads to."""
        if path not in self._links:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return self._links[path]

    def owners(self) -> capture.Owners:
        """The owners told by the kept links."""
        owners = capture.Owners()
        descriptors: dict[tuple[int, int], list[int]] = {}
        owners.hidden = not any(path.startswith("/proc/1/") for path in (*self._files, *self._links))
        for path, target in self._links.items():
            process, socket = _LINKED.match(path), _SOCKET.match(target)
            if process and socket:
                held = owners.pids.setdefault(int(socket[1]), [])
                held.append(int(process[1]))
                descriptors.setdefault((int(socket[1]), int(process[1])), []).append(int(process[2]))
        for inode, pids in owners.pids.items():
            owners.pids[inode] = sorted(set(pids))
        owners.descriptors = descriptors
        return owners


class InnerStore:
    """The part of a store that is below a folder of it, but for what is of processes."""

    def __init__(self, store: Store, prefix: str) -> None:
        self._store = store
        self._prefix = prefix

    def read(self, path: str) -> bytes:
        """The content of a file; what is of processes is in the whole store."""
        return self._store.read(path if _OF_PROCESSES.match(path) else self._prefix + path)

    def matching(self, pattern: str) -> list[str]:
        """The paths that match, as seen from inside."""
        return [path.removeprefix(self._prefix) for path in self._store.matching(self._prefix + pattern)]

    def target(self, path: str) -> str:
        """What a link leads to."""
        return self._store.target(path)

    def owners(self) -> capture.Owners:
        """The owners told by links."""
        return self._store.owners()
