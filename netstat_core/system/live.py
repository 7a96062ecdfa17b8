"""The machine this runs on, from the network namespace of this process."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from netstat_core.plugin.outcomes import Gap
from netstat_core.system import Selectors, System
from netstat_core.system.capture import Owners
from netstat_core.system.kernel import KernelSystem


class LiveSystem(KernelSystem):
    """The running machine, whose other network namespaces can be looked for."""

    def namespaces(
        self, selectors: Selectors, owners: Owners | None
    ) -> AbstractContextManager[tuple[Sequence[System], Sequence[Gap]]]:
        """The selected namespaces, held open so that none vanishes while it is read."""
        if not selectors.is_for_namespaces:
            return super().namespaces(selectors, owners)
        from netstat_core.system import namespaces  # noqa: PLC0415 - most runs stay where they are

        return namespaces.opened(selectors, self, owners)
