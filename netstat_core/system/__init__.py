"""Where sources are read: the live machine or a snapshot. Nothing else in the project opens anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.sources import Directory, File, NetlinkDump
from netstat_core.system.capture import Owners

NAMESPACE_SOURCE = "network namespace"
"""What the source of a gap about a namespace, rather than about what is in it, begins with."""


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


class System(Protocol):
    """A machine's network state, read through declared sources only.

    All methods raise :class:`~netstat_core.errors.SourceError`.
    """

    @property
    def machine(self) -> Machine:
        """The machine itself."""

    @property
    def namespace(self) -> NetworkNamespace | None:
        """The network namespace that is read."""

    def offers_netlink(self) -> bool:
        """Whether dumps can be asked for at all."""

    def read(self, file: File) -> bytes:
        """A file's content."""

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """The contents of all matching files by path, sorted."""

    def dump(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """The datagrams of a dump; errors come before the first or between two."""

    def owners(self, *, descriptors: bool = False) -> Owners:
        """The owners of all sockets; with ``descriptors`` also the numbers under which they hold them."""

    def process_file(self, pid: int, name: str) -> bytes | None:
        """The content of ``/proc/PID/NAME``; None where the process is gone or keeps it to itself.

        Of ``exe`` it is the target of the link, of ``environ`` only what starts with ``LISTEN_``.
        """
