"""The running machine, seen from the network namespace of this process."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from netstat_core.plugin.outcomes import Gap
from netstat_core.system import Selectors, System
from netstat_core.system.capture import Owners, OwnerScan
from netstat_core.system.kernel import KernelSystem


class LiveSystem(KernelSystem):
    """The running machine, whose other network namespaces can be found and read.

    With ``may_fork`` a search for owners may start a child, which is for commands that are alone in their process.
    """

    def __init__(self, *, may_fork: bool = False) -> None:
        super().__init__()
        self._may_fork = may_fork

    def scan_processes(self, scan: OwnerScan, pids: list[int]) -> None:
        """Scan the descriptors of processes, in two processes if there are very many."""
        if not self._may_fork:
            super().scan_processes(scan, pids)
            return
        from netstat_core.system import owner_halves  # noqa: PLC0415 - needed for owners only

        owner_halves.scan_processes(scan, pids)

    def open_namespaces(
        self, selectors: Selectors, owners: Owners | None
    ) -> AbstractContextManager[tuple[Sequence[System], Sequence[Gap]]]:
        """Open the selected namespaces, which keeps them alive while they are read."""
        if not selectors.is_for_namespaces:
            return super().open_namespaces(selectors, owners)
        from netstat_core.system import namespaces  # noqa: PLC0415 - most runs read one namespace

        return namespaces.open_namespaces(selectors, self, owners)
