"""Where sources are read: the live machine or a snapshot. Nothing else in the project opens anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import NamedTuple

from netstat_core.errors import NotInKernel, UsageError
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.sources import Directory, File, NetlinkDump
from netstat_core.system.capture import Owners


class Machine(NamedTuple):
    """What is known of the machine whose state is read; None where a snapshot does not tell.

    With ``procfs`` a file that is not there tells that the kernel has no such thing: /proc is mounted, or was captured.
    """

    hostname: str | None = None
    kernel_release: str | None = None
    byte_order: str = "little"
    ticks_per_second: int = 100
    captured_at: str | None = None
    live: bool = True
    procfs: bool = True


class Selectors(NamedTuple):
    """Which network namespaces are read: ``every`` one of the machine, or those that ``names`` select.

    A name is one below /run/netns, ``pid:N`` or ``inode:N``. At most ``limit`` are read, and the others are told.
    """

    names: tuple[str, ...]
    every: bool
    limit: int

    @property
    def is_for_namespaces(self) -> bool:
        """Whether namespaces are selected at all, rather than the one that is read anyway."""
        return self.every or bool(self.names)


class System:
    """A machine's network state, read through declared sources only.

    Of what a system does not say otherwise it has nothing: it has no files, no dumps, no owners, no names, and no
    namespace but the one it reads. The methods that read raise :class:`~netstat_core.errors.SourceError`.
    """

    machine = Machine()
    namespace: NetworkNamespace | None = None
    """The network namespace that is read."""

    names: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    """What a snapshot brings in place of look-ups: names of hosts, networks, services and users by number."""

    def namespaces(
        self,
        selectors: Selectors,
        owners: Owners | None,  # noqa: ARG002 - of systems that look for namespaces
    ) -> AbstractContextManager[tuple[Sequence[System], Sequence[Gap]]]:
        """The selected namespaces, each as a system that can be read until the context ends, and gaps for the others.

        ``owners`` is a pass over all descriptors, made where it is needed and None. Raises UsageError for what is no
        selector, and where there are no others to select from.
        """
        if selectors.is_for_namespaces:
            raise UsageError("this system has no network namespaces but one")
        return nullcontext(([self], []))

    def read(self, file: File) -> bytes:
        """A file's content."""
        raise NotInKernel(file.name, "not there")

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """The contents of all matching files by path, sorted."""
        raise NotInKernel(directory.name, "not there")

    def dump(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """The datagrams of a dump; errors come before the first or between two."""
        raise NotInKernel(request.name, "not there")

    def owners(self, *, descriptors: bool = False) -> Owners:  # noqa: ARG002 - there are none
        """The owners of all sockets; with ``descriptors`` also the numbers under which they hold them."""
        return Owners()

    def process_file(self, pid: int, name: str, *, arguments: bool = False) -> bytes | None:  # noqa: ARG002 - none
        """The content of ``/proc/PID/NAME``; None where the process is gone or keeps it to itself.

        Of ``exe`` it is the target of the link, of ``environ`` only what starts with ``LISTEN_``, of ``cmdline`` only
        the first argument, unless all ``arguments`` are wanted.
        """
        return None
