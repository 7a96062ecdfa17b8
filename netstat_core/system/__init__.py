"""Systems to read sources from: this machine or a snapshot. All access to files and the kernel goes through here."""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from netstat_core.errors import NotInKernel, SourceError, UsageError
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.sources import Directory, File, NetlinkDump
from netstat_core.system.capture import Owners

LITTLE, BIG = "little", "big"
ORDERS = (LITTLE, BIG)

MACHINE, STATED, ASSUMED, CONTRADICTED = "machine", "option", "assumed", "contradicted"
"""How a byte order is known, if no file shows it.

The ``machine`` itself told it, now or when it was captured, or an ``option`` states it. It is ``assumed`` to be little
if nothing shows it, and if all that shows it is ``contradicted`` by other words of the same file.
"""


class Machine(NamedTuple):
    """The machine whose state is read; None for what a snapshot does not say.

    ``procfs`` is True if /proc is mounted or was captured; an absent file then proves that the kernel lacks the
    feature. ``captured_at`` is ISO 8601 UTC; ``ticks_per_second`` is the unit of the kernel's times (USER_HZ).
    ``byte_order_from`` says how the byte order is known: a word from above, or another of ``byte_order.WAYS``.
    """

    hostname: str | None = None
    kernel_release: str | None = None
    byte_order: str = LITTLE
    ticks_per_second: int = 100
    captured_at: str | None = None
    live: bool = True
    procfs: bool = True
    byte_order_from: str = MACHINE

    @property
    def read_at(self) -> float | None:
        """The same time as ``captured_at``, in seconds since 1970."""
        try:
            return datetime.fromisoformat((self.captured_at or "").replace("Z", "+00:00")).timestamp()
        except (ValueError, OverflowError):
            return None

    def as_record(self) -> dict[str, Any]:
        """Return what a report says of the machine."""
        named = ("hostname", "kernel_release", "byte_order", "byte_order_from", "ticks_per_second")
        return {name: getattr(self, name) for name in named}


class Selectors(NamedTuple):
    """The network namespaces to read: ``every`` one of the machine, or those selected by ``names``.

    A name is a file below /run/netns, ``pid:N`` or ``inode:N``. At most ``limit`` are read; a gap counts the others.
    """

    names: tuple[str, ...]
    every: bool
    limit: int

    @property
    def is_for_namespaces(self) -> bool:
        """True if any namespaces are selected, instead of the system's own."""
        return self.every or bool(self.names)


class System:
    """The network state of a machine, read through declared sources only.

    This base class has no files, no dumps, no owners, no names, and only one network namespace; subclasses override
    what they have. The methods that read raise :class:`~netstat_core.errors.SourceError`.
    """

    machine = Machine()
    namespace: NetworkNamespace | None = None
    """The network namespace that is read."""

    names: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    """Names that a snapshot has recorded, by kind (``hosts``, ``networks``, ``services``, ``users``) and number."""

    def open_namespaces(
        self,
        selectors: Selectors,
        owners: Owners | None,  # noqa: ARG002 - for systems that search namespaces
    ) -> AbstractContextManager[tuple[Sequence["System"], Sequence[Gap]]]:
        """Return a context of the selected namespaces, each a system readable until its end, and gaps for the others.

        ``owners`` is a finished scan of all descriptors; if None, the system scans them when it needs to. Raises
        UsageError for an invalid selector, and if the system has no other namespaces.
        """
        if selectors.is_for_namespaces:
            raise UsageError("this system has only one network namespace")
        return nullcontext(([self], []))

    def read(self, file: File) -> bytes:
        """Return the content of a file."""
        raise NotInKernel(file.name, "not there")

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """Return the contents of all matching files by path, sorted by path."""
        raise NotInKernel(directory.name, "not there")

    def find_cut(self, source: File | Directory) -> SourceError | None:  # noqa: ARG002 - nothing is cut
        """Return what a capture left out of a file or directory that it had no room for, None if it is whole."""
        return None

    def dump(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """Yield the datagrams of a dump; SourceError is raised before the first or between two."""
        raise NotInKernel(request.name, "not there")

    def find_owners(self, *, descriptors: bool = False) -> Owners:  # noqa: ARG002 - there are none
        """Return the owners of all sockets; with ``descriptors`` also the descriptor numbers."""
        return Owners()

    def search_owners(self, inodes: Collection[int], *, descriptors: bool = False) -> Owners | None:  # noqa: ARG002 - none
        """Search again, also in threads while any of ``inodes`` has no holder; None if that cannot find more."""
        return None

    def read_process_file(self, pid: int, name: str, *, arguments: bool = False) -> bytes | None:  # noqa: ARG002 - none
        """Return the content of ``/proc/PID/NAME``, None if the process is gone or the file cannot be read.

        For ``exe`` it is the target of the link, for ``environ`` only the variables ``LISTEN_*``, for ``cmdline`` only
        the first argument unless ``arguments`` is True.
        """
        return None
