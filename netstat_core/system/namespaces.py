"""Read the network namespaces of this machine, each as a system."""

from __future__ import annotations

import errno
import os
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

from netstat_core.errors import Interrupted, NoPermission, NotInKernel, SourceError, UsageError
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.records import inode_of
from netstat_core.plugin.sources import Directory, File
from netstat_core.system import Selectors, System, capture, find_namespaces
from netstat_core.system.find_namespaces import Found
from netstat_core.system.kernel import KernelSystem, read_matching
from netstat_core.system.namespace_gaps import gap_from_missed, to_network_namespace

P = ParamSpec("P")
T = TypeVar("T")

_SHOWN_BY_MOUNT = "/sys/"


class Visitor:
    """A thread that enters network namespaces; setns(2) moves this thread only."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._visit, name="netstat-namespace", daemon=True)
        self._inside = -1
        self._shown = -1
        self._thread.start()

    def enter(self, descriptor: int) -> str:
        """Let the thread be in the namespace of a descriptor, and return its /proc/net, which other threads may read.

        Everything else in /proc shows the namespace of the thread that reads. It stays there up to the next call of a
        method. Raises OSError if the namespace cannot be entered.
        """
        if self._shown != descriptor:
            self.run(descriptor, os.getpid)
        return f"/proc/self/task/{self._thread.native_id}/net"

    def run(self, descriptor: int, function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
        """Return the result of a function called in the namespace of a descriptor.

        Raises OSError if the namespace cannot be entered.
        """
        answer: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        self._shown = -1  # also if an interrupt leaves the thread on its way
        self._calls.put(_Call(descriptor, partial(function, *arguments, **options), answer))
        result, error = answer.get()
        self._shown = self._inside
        if error is None:
            return cast("T", result)
        try:
            raise error
        finally:
            del error  # its traceback refers to this frame

    def _visit(self) -> None:
        """Answer calls until there are no more."""
        while (call := self._calls.get()) is not None:
            try:
                if self._inside != call.descriptor:
                    capture.enter_network_namespace(call.descriptor)
                    self._inside = call.descriptor
                call.answer.put((call.function(), None))
            except BaseException as error:  # noqa: BLE001 - raised where the call was made
                call.answer.put((None, error))
            del call

    def close(self) -> None:
        """Stop the thread."""
        self._calls.put(None)
        self._thread.join()


class _Call(NamedTuple):
    """A function to call in the namespace of a descriptor, and where its result or its exception goes."""

    descriptor: int
    function: Callable[[], Any]
    answer: queue.SimpleQueue[tuple[Any, BaseException | None]]


class NamespaceSystem(KernelSystem):
    """A network namespace of the machine, of which a thread inside shows the files and opens netlink sockets.

    Files below /sys are refused, since they show the namespace that /sys was mounted from.
    """

    def __init__(self, found: Found, descriptor: int, visitor: Visitor, machine: KernelSystem) -> None:
        self.machine = machine.machine
        self.namespace = to_network_namespace(found)
        self._descriptor = descriptor
        self._visitor = visitor

    def read(self, file: File) -> bytes:
        """Return the content of a file."""
        return self._read_below(file.name, _read_file, file.path)

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """Return the contents of all matching files."""
        matching = partial(_read_matching, dated=directory.dated)
        return self._read_below(directory.name, matching, directory.pattern)

    def connect(self, protocol: int) -> socket.socket:
        """Open a netlink socket inside the namespace."""
        return self._visitor.run(self._descriptor, capture.open_netlink_socket, protocol)

    def _read_below(self, name: str, function: Callable[[str, str], T], path: str) -> T:
        if path.startswith(_SHOWN_BY_MOUNT):
            raise NotInKernel(name, "shows the network namespace it was mounted from", errno.ENOENT)
        try:
            if path.startswith("/proc/net/"):
                return function(path, self._visitor.enter(self._descriptor))
            return self._visitor.run(self._descriptor, function, path, "")
        except OSError as error:
            raise SourceError.from_os_error(name, error) from error


class MemberSystem(KernelSystem):
    """A network namespace that cannot be entered, read through /proc/PID/net of a process in it: files only."""

    def __init__(self, found: Found, machine: KernelSystem) -> None:
        self.machine = machine.machine
        self.namespace = to_network_namespace(found)
        self._net = f"/proc/{found.member}/net"

    def read(self, file: File) -> bytes:
        """Return the content of a file below /proc/net; others raise NoPermission."""
        return self._read_below(file.name, _read_file, file.path)

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """Return the contents of all matching files below /proc/net; others raise NoPermission."""
        matching = partial(_read_matching, dated=directory.dated)
        return self._read_below(directory.name, matching, directory.pattern)

    def connect(self, protocol: int) -> socket.socket:  # noqa: ARG002 - refused for all protocols
        """Raise PermissionError: sockets can only be opened inside."""
        raise PermissionError(errno.EPERM, capture.describe_rights())

    def _read_below(self, name: str, function: Callable[[str, str], T], path: str) -> T:
        if not path.startswith("/proc/net/"):
            raise NoPermission(name, capture.describe_rights(), errno.EPERM)
        try:
            return function(path, self._net)
        except OSError as error:
            if not os.path.lexists(self._net):
                raise Interrupted(name, "the process in the namespace ended", error.errno or 0) from error
            raise SourceError.from_os_error(name, error) from error


def _rebase(path: str, net: str) -> str:
    """Return the path of a file of /proc/net below ``net``; raise PermissionError if /proc hides it."""
    capture.locate(path)
    return path.replace("/proc/net", net, 1) if path.startswith("/proc/net/") else path


def _read_file(path: str, net: str) -> bytes:
    return capture.read_file(_rebase(path, net))


def _read_matching(pattern: str, net: str, *, dated: bool) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    below = _rebase(pattern, net)
    prefix = len(below) - len(pattern)
    for path in capture.find_paths(below):
        declared = "/proc/net" + path[len("/proc/net") + prefix :] if prefix else path
        try:
            contents[declared] = read_matching(path, dated=dated)
        except OSError:  # it vanished or cannot be read
            continue
    return contents


@contextmanager
def open_namespaces(
    selectors: Selectors, machine: KernelSystem, owners: capture.Owners | None
) -> Iterator[tuple[list[System], list[Gap]]]:
    """Open the selected namespaces of a running machine; see :meth:`netstat_core.system.System.open_namespaces`."""
    finder = find_namespaces.NamespaceFinder(inode_of(machine.namespace), owners)
    try:
        found, missed = finder.find_all() if selectors.every else finder.find_selected(selectors.names)
    except find_namespaces.NoSelectorError as error:
        raise UsageError(str(error), field="network_namespaces") from error
    missed += find_namespaces.missed_beyond_limit(found, selectors.limit)
    with ExitStack() as stack:
        visitor = Visitor()
        stack.callback(visitor.close)
        chosen = find_namespaces.choose(found, selectors.limit) if selectors.every else found[: selectors.limit]
        opened = [_open_found(namespace, visitor, machine, stack) for namespace in chosen]
        systems = [system for system in opened if not isinstance(system, Gap)]
        if selectors.every and machine.namespace is None:  # /proc does not show which one this is
            systems.insert(0, machine)
        gaps = [gap for gap in opened if isinstance(gap, Gap)]
        yield systems, [*gaps, *map(gap_from_missed, missed)]


def _open_found(found: Found, visitor: Visitor, machine: KernelSystem, stack: ExitStack) -> System | Gap:
    own = machine.namespace
    if own is not None and found.inode == own["inode"]:
        machine.namespace = to_network_namespace(found)
        return machine
    missed = find_namespaces.missed_if_hidden(found)
    if missed is not None:
        return gap_from_missed(missed, found)
    try:
        descriptor = find_namespaces.open_namespace(found)
        stack.callback(os.close, descriptor)
        visitor.enter(descriptor)
    except OSError as error:
        if isinstance(error, PermissionError) and found.member is not None:
            return MemberSystem(found, machine)
        return gap_from_missed(find_namespaces.missed_for_error(found, error), found)
    return NamespaceSystem(found, descriptor, visitor, machine)
