"""Read the running kernel: its files and netlink sockets."""

from __future__ import annotations

import socket
import sys
from collections.abc import Collection, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from netstat_core.errors import Interrupted, SourceError
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.sources import DatedContent, Directory, File, NetlinkDump
from netstat_core.system import Machine, System, capture
from netstat_core.system.namespace_gaps import escape_namespace_name

if TYPE_CHECKING:
    import queue
    import threading


class KernelSystem(System):
    """Reads the files of the running kernel and dumps its objects over netlink."""

    def __init__(self) -> None:
        facts = capture.describe_machine()
        self.machine = Machine(**{name: facts[name] for name in Machine._fields if name in facts})
        self.namespace: NetworkNamespace | None = escape_namespace_name(facts["network_namespace"])

    def read(self, file: File) -> bytes:
        """Return the content of a file, read to its end at once."""
        try:
            return capture.read_file(capture.locate(file.path))
        except OSError as error:
            raise SourceError.from_os_error(file.name, error) from error

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """Return the contents of all matching files; a file that vanished or cannot be read is left out."""
        try:
            place = capture.locate(directory.pattern)
            paths = capture.find_paths(place)
        except OSError as error:
            raise SourceError.from_os_error(directory.name, error) from error
        contents: dict[str, bytes] = {}
        for path in paths:
            declared = path if place == directory.pattern else path.replace("/proc/self/", "/proc/", 1)
            try:
                contents[declared] = read_matching(path, dated=directory.dated)
            except OSError:
                continue
        return contents

    def dump(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """Yield the datagrams of a dump as the kernel sends them, of a restartable dump only once it is consistent."""
        try:
            if request.restart:
                datagrams, is_consistent = capture.dump_whole(*_dump_arguments(request), connect=self.connect)
                yield from datagrams
                if not is_consistent:
                    raise Interrupted(request.name, "changed each time it was read")
            else:
                yield from _read_ahead(capture.dump(*_dump_arguments(request), connect=self.connect))
        except OSError as error:
            raise SourceError.from_os_error(request.name, error) from error

    def connect(self, protocol: int) -> socket.socket:
        """Open a netlink socket in the network namespace of this system."""
        return capture.open_netlink_socket(protocol)

    def scan_processes(self, scan: capture.OwnerScan, pids: list[int]) -> None:
        """Scan the descriptors of processes."""
        scan.scan_processes(pids)

    def find_owners(self, *, descriptors: bool = False) -> capture.Owners:
        """Return the owners of all sockets that this process may see."""
        try:
            return capture.scan_owners(descriptors=descriptors, scan_all=self.scan_processes)
        except OSError as error:
            raise SourceError.from_os_error("/proc", error) from error

    def search_owners(self, inodes: Collection[int], *, descriptors: bool = False) -> capture.Owners | None:
        """Search the processes again, and their threads while any of ``inodes`` has no holder."""
        try:
            return capture.scan_owners(descriptors=descriptors, wanted=inodes, scan_all=self.scan_processes)
        except OSError as error:
            raise SourceError.from_os_error("/proc", error) from error

    def read_process_file(self, pid: int, name: str, *, arguments: bool = False) -> bytes | None:
        """Return the content of ``/proc/PID/NAME``, None if the process is gone or the file cannot be read."""
        try:
            return capture.read_process_file(pid, name, arguments)
        except OSError:
            return None


def read_matching(path: str, *, dated: bool) -> bytes:
    """Return the content of a file of a directory, with its time if it is ``dated``."""
    return DatedContent.of(*capture.read_dated(path)) if dated else capture.read_file(path)


def _dump_arguments(request: NetlinkDump) -> tuple[int, int, bytes, bool]:
    return request.protocol, request.type, request.body, request.strict


_DIRECT_DATAGRAMS = 2
"""Pieces of a dump received before a thread is started; most tables fit in the first."""

_QUEUED_DATAGRAMS = 4
_SWITCH_SECONDS = 0.0001


def _read_ahead(datagrams: Iterator[memoryview]) -> Iterator[memoryview | bytes]:
    """Yield the datagrams, receiving the later ones in a thread while the caller parses."""
    taken = 0
    for direct in islice(datagrams, _DIRECT_DATAGRAMS):
        taken += 1
        yield direct
    if taken < _DIRECT_DATAGRAMS:  # the dump has ended
        return
    import queue  # noqa: PLC0415 - few machines have so many sockets
    import threading  # noqa: PLC0415

    fetched: queue.Queue[bytes | OSError | None] = queue.Queue(_QUEUED_DATAGRAMS)
    stopped = threading.Event()
    thread = threading.Thread(target=_fetch, args=(datagrams, fetched, stopped), daemon=True)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)  # the thread takes the GIL often, but briefly
    thread.start()
    try:
        while (datagram := fetched.get()) is not None:
            if isinstance(datagram, OSError):
                raise datagram
            yield datagram
    finally:
        sys.setswitchinterval(interval)
        stopped.set()
        while not fetched.empty():  # wakes a thread that waits for room, so that it stops
            fetched.get_nowait()


def _fetch(
    datagrams: Iterator[memoryview], fetched: queue.Queue[bytes | OSError | None], stopped: threading.Event
) -> None:
    try:
        for datagram in datagrams:
            if stopped.is_set():
                return
            fetched.put(bytes(datagram))
    except OSError as error:
        fetched.put(error)
    else:
        fetched.put(None)
