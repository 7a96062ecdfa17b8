"""The running kernel: its files and netlink sockets."""

from __future__ import annotations

import queue
import socket
import sys
import threading
from collections.abc import Iterator
from itertools import islice

from netstat_core.errors import Interrupted, SourceError
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.sources import Directory, File, NetlinkDump
from netstat_core.system import Machine, System, capture


class KernelSystem(System):
    """Reads /proc literally where the running kernel shows it, and asks the kernel over netlink."""

    def __init__(self) -> None:
        told = capture.machine()
        self.machine = Machine(**{name: told[name] for name in Machine._fields if name in told})
        self.namespace: NetworkNamespace | None = told["network_namespace"]

    def read(self, file: File) -> bytes:
        """A file's content, read to its end before anything looks at it."""
        try:
            return capture.read_file(file.path)
        except OSError as error:
            raise SourceError.from_os_error(file.name, error) from error

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """The contents of all matching files; one that vanishes or cannot be read meanwhile is left out."""
        try:
            paths = capture.matching_paths(directory.pattern)
        except OSError as error:
            raise SourceError.from_os_error(directory.name, error) from error
        contents = {}
        for path in paths:
            try:
                contents[path] = capture.read_file(path)
            except OSError:
                continue
        return contents

    def dump(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """The datagrams of a dump, as the kernel sends them; a restartable one whole."""
        try:
            if request.restart:
                datagrams, settled = capture.whole_dump(*_asked(request), connect=self.connect)
                yield from datagrams
                if not settled:
                    raise Interrupted(request.name, "changed each time it was read")
            else:
                yield from _read_ahead(capture.dump(*_asked(request), connect=self.connect))
        except OSError as error:
            raise SourceError.from_os_error(request.name, error) from error

    def connect(self, protocol: int) -> socket.socket:
        """A netlink socket in the namespace that is read."""
        return capture.open_channel(protocol)

    def owners(self, *, descriptors: bool = False) -> capture.Owners:
        """The owners of all sockets that this process may see."""
        try:
            return capture.scan_owners(descriptors=descriptors)
        except OSError as error:
            raise SourceError.from_os_error("/proc", error) from error

    def process_file(self, pid: int, name: str, *, arguments: bool = False) -> bytes | None:
        """The content of ``/proc/PID/NAME``; None where the process is gone or keeps it to itself."""
        try:
            return capture.process_file(pid, name, arguments)
        except OSError:
            return None


def _asked(request: NetlinkDump) -> tuple[int, int, bytes, bool]:
    return request.protocol, request.type, request.body, request.strict


_ALONE = 4
"""Datagrams that are taken without a thread: a small table is read before one would have started."""

_AHEAD = 16
_SWITCH_SECONDS = 0.0005


def _read_ahead(datagrams: Iterator[memoryview]) -> Iterator[memoryview | bytes]:
    """The same datagrams, the later ones fetched by a thread, so that the kernel fills one while another is parsed."""
    yield from islice(datagrams, _ALONE)
    fetched: queue.Queue[bytes | OSError | None] = queue.Queue(_AHEAD)
    stopped = threading.Event()
    thread = threading.Thread(target=_fetch, args=(datagrams, fetched, stopped), daemon=True)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)  # the thread needs the interpreter often and for a moment only
    thread.start()
    try:
        while (datagram := fetched.get()) is not None:
            if isinstance(datagram, OSError):
                raise datagram
            yield datagram
    finally:
        sys.setswitchinterval(interval)
        stopped.set()
        while not fetched.empty():  # a thread that waits for room goes on, and stops
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
