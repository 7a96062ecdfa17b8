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

from netstat_core import capture
from netstat_core.errors import NoPermission, NotInKernel, SourceError
from netstat_core.query import Query
from netstat_core.readers import Gap
from netstat_core.sources import Directory, File
from netstat_core.system import NAMESPACE_SOURCE
from netstat_core.system.live import LiveSystem
from netstat_core.system.survey import Found, Survey

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


class NamespaceSystem(LiveSystem):
    """One network namespace of the machine: files are read and netlink sockets opened by a thread inside.

    Files below /sys are refused: they show the namespace of who mounted them.
    """

    def __init__(self, found: Found, descriptor: int, visitor: Visitor, machine: LiveSystem) -> None:
        self.machine = machine.machine
        self.namespace = found.identity
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


class MemberSystem(LiveSystem):
    """A network namespace that may not be entered, by what /proc shows of a process in it: files only."""

    def __init__(self, found: Found, machine: LiveSystem) -> None:
        self.machine = machine.machine
        self.namespace = found.identity
        self._net = f"/proc/{found.member}/net"

    def offers_netlink(self) -> bool:
        """Sockets cannot be opened inside."""
        return False

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


Place = LiveSystem | Gap
"""A namespace to read, or what is said of one that cannot be."""


@contextmanager
def opened(query: Query, machine: LiveSystem, owners: capture.Owners | None) -> Iterator[list[Place]]:
    """The namespaces a query asks for, held open so that none vanishes while it is read, and gaps for the others.

    ``owners`` is a pass over all descriptors, made here where it is needed and None. Raises UsageError for what is no
    selector.
    """
    survey = Survey(machine, owners)
    found, gaps = survey.selected(query)
    kept = found[: query.namespace_limit]
    if len(found) > len(kept):
        detail = f"{len(found) - len(kept)} of {len(found)} left out, beyond the limit of {query.namespace_limit}"
        gaps.append(Gap("truncated", f"{NAMESPACE_SOURCE}s", detail, count=len(found) - len(kept)))
    with ExitStack() as stack:
        visitor = Visitor()
        stack.callback(visitor.close)
        places: list[Place] = [_open(one, visitor, machine, stack) for one in kept]
        yield [*places, *gaps]


def _open(found: Found, visitor: Visitor, machine: LiveSystem, stack: ExitStack) -> Place:
    own = machine.namespace
    if own is not None and found.inode == own["inode"]:
        machine.namespace = found.identity
        return machine
    if found.path is None and found.inode is not None:
        detail = "what it is mounted on is covered by another mount"
        return Gap("unreadable", found.source, detail, network_namespace=found.identity)
    try:
        descriptor = _descriptor(found, stack)
        visitor.run(descriptor, os.getpid)
    except PermissionError as error:
        if found.member is not None:
            return MemberSystem(found, machine)
        return Gap("permission", found.source, _NEEDS_RIGHTS, errno=error.errno or 0, network_namespace=found.identity)
    except OSError as error:
        told = SourceError.from_os_error(found.source, error)
        detail = "it is gone" if isinstance(told, NotInKernel) else told.detail
        return Gap(told.reason, found.source, detail, errno=told.errno, network_namespace=found.identity)
    return NamespaceSystem(found, descriptor, visitor, machine)


def _descriptor(found: Found, stack: ExitStack) -> int:
    """A descriptor of the namespace; raises OSError, with ENOENT where its file stands for another one now."""
    if found.path is None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    descriptor = os.open(found.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    stack.callback(os.close, descriptor)
    if os.fstat(descriptor).st_ino != found.inode:
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    return descriptor
