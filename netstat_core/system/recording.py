"""A system that remembers what it was asked, so that the run can be replayed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from netstat_core.errors import Interrupted, SourceError
from netstat_core.escape import unescape
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.records import inode_of
from netstat_core.plugin.sources import Directory, File, NetlinkDump
from netstat_core.system import Selectors, System, capture


class RecordingSystem(System):
    """Answers as another system does, and keeps the answers."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._tree: dict[str, bytes] = {}
        self._asked: dict[str, dict[str, Any]] = {}
        self._failed: dict[str, list[Any]] = {}
        self._dumps: dict[tuple[str, str], dict[str, Any]] = {}
        self._owners: capture.Owners | None = None
        self._denied: SourceError | None = None
        self._described: set[int] = set()
        self._has_arguments = True
        self._selection: dict[str, Any] | None = None
        self._others: list[RecordingSystem] = []
        self.machine = system.machine
        self.namespace = system.namespace
        self.names = system.names

    @contextmanager
    def namespaces(
        self, selectors: Selectors, owners: capture.Owners | None
    ) -> Iterator[tuple[list[System], Sequence[Gap]]]:
        """The selected namespaces of the recorded system, each recorded too."""
        with self._system.namespaces(selectors, owners) as (systems, gaps):
            self.namespace = self._system.namespace
            own = inode_of(self.namespace)
            places = [self if inode_of(system.namespace) == own else RecordingSystem(system) for system in systems]
            if selectors.is_for_namespaces:
                self._others = [place for place in places if place is not self]
                self._selection = {
                    "missed": [_missed(gap) for gap in gaps],
                    "selected": None if selectors.every else dict(self._selected(selectors, owners)),
                }
            yield [*places], gaps

    def _selected(self, selectors: Selectors, owners: capture.Owners | None) -> Iterator[tuple[str, int]]:
        """The inode of the namespace that each name selects, of those that can be read."""
        for name in selectors.names:
            with self._system.namespaces(selectors._replace(names=(name,)), owners) as (systems, _):
                yield from ((name, inode) for system in systems if (inode := inode_of(system.namespace)) is not None)

    def read(self, file: File) -> bytes:
        """A file's content, kept."""
        self._asked[file.path] = {"path": file.path}
        try:
            content = self._system.read(file)
        except SourceError as error:
            self._failed[file.path] = _failure(error)
            raise
        self._tree[file.path.lstrip("/")] = content
        return content

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """The contents of all matching files, kept."""
        self._asked[directory.pattern] = {"path": directory.pattern}
        try:
            contents = self._system.read_all(directory)
        except SourceError as error:
            self._failed[directory.pattern] = _failure(error)
            raise
        self._tree.update({path.lstrip("/"): content for path, content in contents.items()})
        return contents

    def dump(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """The datagrams of a dump, kept as far as they were taken; the first answer to a request counts."""
        entry: dict[str, Any] = {
            "name": request.name,
            "protocol": request.protocol,
            "type": request.type,
            "body": request.body.hex(),
            "strict": request.strict,
            "error": None,
            "interrupted": False,
        }
        datagrams: list[bytes] = []
        try:
            for datagram in self._system.dump(request):
                datagrams.append(bytes(datagram))
                yield datagram
        except Interrupted:
            entry["interrupted"] = True
            raise
        except SourceError as error:
            entry["error"] = _failure(error)
            raise
        finally:
            self._keep_reply(entry, datagrams)

    def _keep_reply(self, entry: dict[str, Any], datagrams: list[bytes]) -> None:
        key = (entry["name"], entry["body"])
        if key not in self._dumps:
            entry["reply"] = f"netlink/{len(self._dumps)}"
            self._dumps[key] = entry
            self._tree[entry["reply"]] = capture.framed(datagrams)

    def owners(self, *, descriptors: bool = False) -> capture.Owners:
        """The owners of all sockets; those of the sockets that were shown are kept."""
        try:
            self._owners = self._system.owners(descriptors=descriptors)
        except SourceError as error:
            self._denied = error
            raise
        return self._owners

    def process_file(self, pid: int, name: str, *, arguments: bool = False) -> bytes | None:
        """The content of ``/proc/PID/NAME``, kept."""
        content = self._system.process_file(pid, name, arguments=arguments)
        self._described.add(pid)
        self._has_arguments &= arguments or name != "cmdline"
        if content is not None:
            self._tree[f"proc/{pid}/{name}"] = content
        return content

    def tree(self, names: Mapping[str, Mapping[str, str]]) -> dict[str, bytes]:
        """What was read and which names were shown, in the form in which captures are kept."""
        machine = self.machine
        about = {
            "capture": capture.VERSION,
            "hostname": machine.hostname,
            "kernel_release": machine.kernel_release,
            "byte_order": machine.byte_order,
            "ticks_per_second": machine.ticks_per_second,
            "captured_at": machine.captured_at,
            "network_namespace": self.namespace,
            **self._told(),
            "owners": self._owners_told(),
            "names": names,
        }
        if self._selection is not None:
            about |= {**self._selection, "namespaces": [other.told_of_namespace() for other in self._others]}
        inner = {
            f"{capture.NAMESPACES}/{inode_of(other.namespace)}/{path}": content
            for other in self._others
            for path, content in other.contents.items()
        }
        return {**self._tree, **inner, capture.DESCRIPTION: capture.described(about)}

    @property
    def contents(self) -> Mapping[str, bytes]:
        """What was read in this namespace, by path."""
        return self._tree

    def _told(self) -> dict[str, Any]:
        """What was asked for in this namespace, and how that went."""
        return {"asked": list(self._asked.values()), "failed": self._failed, "netlink": list(self._dumps.values())}

    def told_of_namespace(self) -> dict[str, Any]:
        """The same with the namespace itself, whose name captures have as Python reads that of a file."""
        namespace = self.namespace
        name = namespace["name"] if namespace else None
        told = {"inode": inode_of(self.namespace), "name": None if name is None else os.fsdecode(unescape(name))}
        return {**self._told(), "network_namespace": told}

    def _owners_told(self) -> dict[str, Any] | None:
        """The owners of what was shown, and of one socket more where only that tells that any owner was found."""
        if self._denied is not None:
            self._failed["/proc"] = _failure(self._denied)
        if self._owners is None:
            return None
        pids = self._owners.pids
        shown = [inode for inode in sorted(pids) if self._described.issuperset(pids[inode])]
        told = capture.owners_told(self._owners, _by_pid(pids, shown or sorted(pids)[:1]))
        return {**told, "arguments": self._owners.arguments and self._has_arguments}


def _by_pid(pids: Mapping[int, list[int]], inodes: Iterable[int]) -> dict[str, list[int]]:
    held: dict[str, list[int]] = {}
    for inode in inodes:
        for pid in pids[inode]:
            held.setdefault(str(pid), []).append(inode)
    return held


def _missed(gap: Gap) -> list[Any]:
    """A namespace that could not be read, as captures tell it."""
    inode = inode_of(gap.network_namespace)
    what = os.fsdecode(unescape(gap.selector or ""))
    return [gap.reason, what, gap.detail, gap.errno, gap.count or 0, inode or 0]


def _failure(error: SourceError) -> list[Any]:
    return [error.errno, error.detail]
