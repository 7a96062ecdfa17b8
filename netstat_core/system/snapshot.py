"""A recorded machine: a folder shaped like ``/``."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from netstat_core import capture
from netstat_core.errors import NotInKernel, SnapshotError, SourceError
from netstat_core.records import NetworkNamespace
from netstat_core.sources import Directory, File, NetlinkDump
from netstat_core.system import Machine

LARGEST_FILE = 1 << 28
MOST_TICKS = 1_000_000
DESCRIPTION = "capture.json"
"""Optional at the folder's top: an object with hostname, kernel_release, byte_order, ticks_per_second, captured_at."""


class SnapshotSystem:
    """Replays a folder that holds ``proc/net/...`` and what else was recorded.

    Links that lead out of the folder are not followed, and only regular files are read.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._root = Path(folder).resolve()
        if not self._root.is_dir():
            raise SnapshotError(f"{os.fspath(folder)}: not a folder")
        if not (self._root / "proc").is_dir() or (self._root / "proc").resolve() != self._root / "proc":
            raise SnapshotError(f"{os.fspath(folder)}: holds no folder named proc")
        self.machine = self._described()
        self.namespace: NetworkNamespace | None = None

    def offers_netlink(self) -> bool:
        """A folder holds files only."""
        return False

    def read(self, file: File) -> bytes:
        """A recorded file's content."""
        try:
            return capture.read_file(self._inside(file.path), LARGEST_FILE)
        except OSError as error:
            raise SourceError.from_os_error(file.name, error) from error

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """The contents of all matching recorded files."""
        try:
            paths = capture.matching_paths(directory.pattern, str(self._root))
        except OSError as error:
            raise SourceError.from_os_error(directory.name, error) from error
        contents = {}
        for path in paths:
            with suppress(SourceError):  # left out, as what cannot be read live
                contents[path] = self.read(File(path))
        return contents

    def dump(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """A folder holds no netlink replies."""
        raise NotInKernel(request.name, "not in this snapshot", errno.ENOENT)

    def owners(self) -> capture.Owners:
        """The owners recorded as links under ``proc/PID/fd``."""
        try:
            return capture.scan_owners(str(self._root / "proc"))
        except OSError as error:
            raise SourceError.from_os_error("/proc", error) from error

    def process_file(self, pid: int, name: str) -> bytes | None:
        """A recorded ``/proc/PID/NAME``; None where it was not recorded."""
        try:
            return self.read(File(f"/proc/{pid}/{name}"))
        except SourceError:
            return None

    def _inside(self, path: str) -> str:
        real = os.path.realpath(f"{self._root}{path}")
        if os.path.commonpath((real, self._root)) != str(self._root):
            raise OSError(errno.EACCES, "leads out of the snapshot")
        if os.path.exists(real) and not os.path.isfile(real):
            raise OSError(errno.ENOTDIR if os.path.isdir(real) else errno.EACCES, "is no regular file")
        return real

    def _described(self) -> Machine:
        try:
            described = json.loads(self.read(File(f"/{DESCRIPTION}")))
        except NotInKernel:
            return Machine(live=False)
        except (SourceError, ValueError, RecursionError) as error:
            raise SnapshotError(f"{DESCRIPTION}: {error}") from error
        if not isinstance(described, dict) or described.get("byte_order", "little") not in ("little", "big"):
            raise SnapshotError(f"{DESCRIPTION}: not a description of a machine")
        return Machine(
            hostname=_text(described, "hostname"),
            kernel_release=_text(described, "kernel_release"),
            byte_order=described.get("byte_order", "little"),
            ticks_per_second=_ticks(described),
            captured_at=_text(described, "captured_at"),
            live=False,
        )


def _text(described: dict[str, object], key: str) -> str | None:
    value = described.get(key)
    return value if isinstance(value, str) else None


def _ticks(described: dict[str, object]) -> int:
    value = described.get("ticks_per_second", 100)
    return value if isinstance(value, int) and 0 < value <= MOST_TICKS else 100
