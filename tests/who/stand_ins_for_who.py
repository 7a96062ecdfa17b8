"""A machine that has nothing but processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netstat_core.system import Machine, System
from netstat_core.system.capture import Owners

if TYPE_CHECKING:
    from collections.abc import Mapping


class RecordedProcesses(System):
    """Descriptors by inode and pid, and files by pid and name."""

    def __init__(self, held: Mapping[int, Mapping[int, list[int]]], files: Mapping[tuple[int, str], bytes]) -> None:
        self.machine = Machine(live=False)
        self._held = held
        self._files = files

    def find_owners(self, *, descriptors: bool = False) -> Owners:
        """Who holds what."""
        owners = Owners()
        owners.pids = {inode: tuple(sorted(pids)) for inode, pids in self._held.items()}
        if descriptors:
            owners.descriptors = {
                (inode, pid): found for inode, pids in self._held.items() for pid, found in pids.items()
            }
        return owners

    def read_process_file(self, pid: int, name: str, *, arguments: bool = False) -> bytes | None:
        """A file of a process."""
        return self._files.get((pid, name))
