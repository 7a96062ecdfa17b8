"""A machine that has nothing but processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netstat_core.errors import NotInKernel
from netstat_core.system import Machine
from netstat_core.system.capture import Owners

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netstat_core.plugin.records import NetworkNamespace
    from netstat_core.plugin.sources import Directory, File, NetlinkDump


class RecordedProcesses:
    """Descriptors by inode and pid, and files by pid and name."""

    def __init__(self, held: Mapping[int, Mapping[int, list[int]]], files: Mapping[tuple[int, str], bytes]) -> None:
        self.machine = Machine(live=False)
        self.namespace: NetworkNamespace | None = None
        self._held = held
        self._files = files

    def offers_netlink(self) -> bool:
        """There is no netlink."""
        return False

    def read(self, file: File) -> bytes:
        """There are no files but those of processes."""
        raise NotInKernel(file.name, "No such file or directory", 2)

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """There are no directories."""
        raise NotInKernel(directory.name, "No such file or directory", 2)

    def dump(self, request: NetlinkDump) -> Iterator[bytes]:
        """There is no netlink."""
        raise NotInKernel(request.name, "No such file or directory", 2)

    def owners(self, *, descriptors: bool = False) -> Owners:
        """Who holds what."""
        owners = Owners()
        owners.pids = {inode: sorted(pids) for inode, pids in self._held.items()}
        if descriptors:
            owners.descriptors = {
                (inode, pid): found for inode, pids in self._held.items() for pid, found in pids.items()
            }
        return owners

    def process_file(self, pid: int, name: str) -> bytes | None:
        """A file of a process."""
        return self._files.get((pid, name))
