"""The network namespaces of this machine, each read as a system of its own."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import ParamSpec, TypeVar

from netstat_core.errors import NoPermission, NotInKernel, SourceError, UsageError
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.records import inode_of
from netstat_core.plugin.sources import Directory, File
from netstat_core.system import Selectors, System, capture, find_namespaces
from netstat_core.system.find_namespaces import Found
from netstat_core.system.kernel import KernelSystem
from netstat_core.system.namespace_gaps import gap_of, identity

P = ParamSpec("P")
T = TypeVar("T")

_SHOWN_BY_MOUNT = "/sys/"
_NEEDS_RIGHTS = "entering it takes the rights of root (CAP_SYS_ADMIN)"


class Visitor:
    """A thread that enters namespaces, so that no other thread ever leaves its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "netstat-namespace")
        self._inside = -1

    def run(self, descriptor: int, function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
        """What a function gives inside the namespace of a descriptor; raises OSError where that cannot be entered."""

        def visit() -> T:
            if self._inside != descriptor:
                capture.enter_network_namespace(descriptor)
                self._inside = descriptor
            return function(*arguments, **options)

        return self._pool.submit(visit).result()

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()


class NamespaceSystem(KernelSystem):
    """One network namespace of the machine: files are read and netlink sockets opened by a thread inside.

    Files below /sys are refused: they show the namespace of who mounted them.
    """

    def __init__(self, found: Found, descriptor: int, visitor: Visitor, machine: KernelSystem) -> None:
        self.machine = machine.machine
        self.namespace = identity(found)
        self._descriptor = descriptor
        self._visitor = visitor

    def read(self, file: File) -> bytes:
        """A file's content."""
        return self._asked(file.name, _read, file.path)

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """The contents of all matching files."""
        return self._asked(directory.name, _read_all, directory.pattern)

    def connect(self, protocol: int) -> socket.socket:
        """A netlink socket opened inside."""
        return self._visitor.run(self._descriptor, capture.open_channel, protocol)

    def _asked(self, name: str, function: Callable[[str, str], T], path: str) -> T:
        if path.startswith(_SHOWN_BY_MOUNT):
            raise NotInKernel(name, "shows the network namespace of who mounted it", errno.ENOENT)
        try:
            return self._visitor.run(self._descriptor, function, path, "")
        except OSError as error:
            raise SourceError.from_os_error(name, error) from error


class MemberSystem(KernelSystem):
    """A network namespace that may not be entered, by what /proc shows of a process in it: files only."""

    def __init__(self, found: Found, machine: KernelSystem) -> None:
        self.machine = machine.machine
        self.namespace = identity(found)
        self._net = f"/proc/{found.member}/net"

    def read(self, file: File) -> bytes:
        """A file's content, below /proc/net only."""
        return self._asked(file.name, _read, file.path)

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """The contents of all matching files, below /proc/net only."""
        return self._asked(directory.name, _read_all, directory.pattern)

    def connect(self, protocol: int) -> socket.socket:  # noqa: ARG002 - refused, whichever
        """Sockets cannot be opened inside."""
        raise PermissionError(errno.EPERM, _NEEDS_RIGHTS)

    def _asked(self, name: str, function: Callable[[str, str], T], path: str) -> T:
        if not path.startswith("/proc/net/"):
            raise NoPermission(name, _NEEDS_RIGHTS, errno.EPERM)
        try:
            return function(path, self._net)
        except OSError as error:
            raise SourceError.from_os_error(name, error) from error


def _net_of_thread() -> str:
    """Where /proc shows the calling thread's namespace: /proc/net is that of the process's first thread."""
    return f"/proc/self/task/{threading.get_native_id()}/net"


def _below(path: str, net: str) -> str:
    return path.replace("/proc/net", net or _net_of_thread(), 1) if path.startswith("/proc/net/") else path


def _read(path: str, net: str) -> bytes:
    return capture.read_file(_below(path, net))


def _read_all(pattern: str, net: str) -> dict[str, bytes]:
    contents = {}
    below = _below(pattern, net)
    prefix = len(below) - len(pattern)
    for path in capture.matching_paths(below):
        declared = "/proc/net" + path[len("/proc/net") + prefix :] if prefix else path
        try:
            contents[declared] = capture.read_file(path)
        except OSError:  # it vanished, or is not to be read: the others count
            continue
    return contents


@contextmanager
def opened(
    selectors: Selectors, machine: KernelSystem, owners: capture.Owners | None
) -> Iterator[tuple[list[System], list[Gap]]]:
    """The selected namespaces of a running machine, as :meth:`netstat_core.system.System.namespaces` has them."""
    finder = find_namespaces.Survey(inode_of(machine.namespace), owners)
    try:
        found, missed = finder.all() if selectors.every else finder.selected(selectors.names)
    except find_namespaces.NoSelectorError as error:
        raise UsageError(str(error), field="network_namespaces") from error
    missed += find_namespaces.beyond(found, selectors.limit)
    with ExitStack() as stack:
        visitor = Visitor()
        stack.callback(visitor.close)
        places = [_open(one, visitor, machine, stack) for one in found[: selectors.limit]]
        systems = [place for place in places if not isinstance(place, Gap)]
        gaps = [place for place in places if isinstance(place, Gap)]
        yield systems, [*gaps, *map(gap_of, missed)]


def _open(found: Found, visitor: Visitor, machine: KernelSystem, stack: ExitStack) -> System | Gap:
    own = machine.namespace
    if own is not None and found.inode == own["inode"]:
        machine.namespace = identity(found)
        return machine
    missed = find_namespaces.hidden(found)
    if missed is not None:
        return gap_of(missed, found)
    try:
        descriptor = find_namespaces.open_namespace(found)
        stack.callback(os.close, descriptor)
        visitor.run(descriptor, os.getpid)
    except OSError as error:
        if isinstance(error, PermissionError) and found.member is not None:
            return MemberSystem(found, machine)
        return gap_of(find_namespaces.unreachable(found, error), found)
    return NamespaceSystem(found, descriptor, visitor, machine)
