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
from netstat_core.escape import encoded, escape
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.sources import Directory, File
from netstat_core.query import Query
from netstat_core.system import NAMESPACE_SOURCE, capture, find_namespaces
from netstat_core.system.find_namespaces import Found
from netstat_core.system.live import LiveSystem
from netstat_core.system.snapshot import SnapshotSystem

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
        self.namespace = _identity(found)
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
        self.namespace = _identity(found)
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
    finder = find_namespaces.Survey(machine.namespace and machine.namespace["inode"], owners)
    try:
        found, missed = finder.all() if query.all_network_namespaces else finder.selected(query.network_namespaces)
    except find_namespaces.NoSelectorError as error:
        raise UsageError(f"--netns {error}") from error
    missed += find_namespaces.beyond(found, query.namespace_limit)
    with ExitStack() as stack:
        visitor = Visitor()
        stack.callback(visitor.close)
        places: list[Place] = [_open(one, visitor, machine, stack) for one in found[: query.namespace_limit]]
        yield [*places, *map(gap_of, missed)]


def _open(found: Found, visitor: Visitor, machine: LiveSystem, stack: ExitStack) -> Place:
    own = machine.namespace
    if own is not None and found.inode == own["inode"]:
        machine.namespace = _identity(found)
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


def recorded(query: Query, snapshot: SnapshotSystem) -> list[SnapshotSystem | Gap]:
    """The namespaces that a query asks for among those of a snapshot, and gaps for those it could not hold.

    Raises UsageError for a snapshot of a single one.
    """
    known = snapshot.namespaces()
    if known is None:
        raise UsageError("this snapshot holds one network namespace; others are captured where netns asks for them")
    if query.all_network_namespaces:
        missed = [*snapshot.missed(), *find_namespaces.beyond(known, query.namespace_limit)]
        return [*known[: query.namespace_limit], *map(gap_of, missed), *_not_selected(snapshot)]
    found = [_recorded(selector, snapshot, known) for selector in dict.fromkeys(query.network_namespaces)]
    return [one for place, one in enumerate(found) if one not in found[:place]]


def _not_selected(snapshot: SnapshotSystem) -> Iterator[Gap]:
    """What is said of the namespaces that nobody asked a capture for."""
    selected = snapshot.selected()
    if selected is not None:
        names = ", ".join(map(shown, selected))
        yield Gap("narrower_capture", f"{NAMESPACE_SOURCE}s", f"this snapshot holds only those asked for: {names}")


def _recorded(selector: str, snapshot: SnapshotSystem, known: list[SnapshotSystem]) -> SnapshotSystem | Gap:
    inode = (snapshot.selected() or {}).get(selector)
    for one in known:
        place = one.namespace
        if place and (selector in (place["name"], f"inode:{place['inode']}") or place["inode"] == inode):
            return one
    for missed in snapshot.missed():
        if missed.what == selector or (inode and missed.inode == inode):
            return gap_of(missed)
    return Gap("narrower_capture", f"{NAMESPACE_SOURCE} {shown(selector)}", "not recorded in this snapshot")


def _identity(found: Found) -> NetworkNamespace:
    """How records name a namespace."""
    return {"inode": found.inode, "name": None if found.name is None else escape(found.name)}


def gap_of(missed: find_namespaces.Missed, found: Found | None = None) -> Gap:
    """What completeness says of a namespace that was not read."""
    source = f"{NAMESPACE_SOURCE} {shown(missed.what)}" if missed.what else f"{NAMESPACE_SOURCE}s"
    where: NetworkNamespace | None = {"inode": missed.inode, "name": None} if missed.inode else None
    return Gap(
        missed.reason,
        source,
        shown(missed.detail),
        errno=missed.errno,
        count=missed.many or None,
        network_namespace=_identity(found) if found else where,
    )


def shown(text: str) -> str:
    """A text that may hold a file's name, as records have it."""
    return escape(encoded(text))
