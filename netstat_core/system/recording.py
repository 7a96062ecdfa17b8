"""Record what a run reads, for replay."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from netstat_core.errors import Interrupted, SourceError
from netstat_core.escape import unescape
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.records import inode_of
from netstat_core.plugin.sources import Directory, File, NetlinkDump
from netstat_core.system import Selectors, System, capture


class RecordingSystem(System):
    """Passes reads on to another system and keeps the results; :meth:`to_tree` returns them as a snapshot."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._tree: dict[str, bytes] = {}
        self._sources: dict[str, dict[str, Any]] = {}
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
    def open_namespaces(
        self, selectors: Selectors, owners: capture.Owners | None
    ) -> Iterator[tuple[list[System], Sequence[Gap]]]:
        """Open the selected namespaces of the recorded system, and record each."""
        with self._system.open_namespaces(selectors, owners) as (systems, gaps):
            self.namespace = self._system.namespace
            own = inode_of(self.namespace)
            recorded = [self if inode_of(system.namespace) == own else RecordingSystem(system) for system in systems]
            if selectors.is_for_namespaces:
                self._others = [system for system in recorded if system is not self]
                self._selection = {
                    "missed": [_to_missed(gap) for gap in gaps],
                    "selected": None if selectors.every else dict(self._find_selected(selectors, owners)),
                }
            yield [*recorded], gaps

    def _find_selected(self, selectors: Selectors, owners: capture.Owners | None) -> Iterator[tuple[str, int]]:
        """Yield each name with the inode it selects, for namespaces that can be read."""
        for name in selectors.names:
            with self._system.open_namespaces(selectors._replace(names=(name,)), owners) as (systems, _):
                yield from ((name, inode) for system in systems if (inode := inode_of(system.namespace)) is not None)

    def read(self, file: File) -> bytes:
        """Return the content of a file, and keep it."""
        self._sources[file.path] = {"path": file.path}
        try:
            content = self._system.read(file)
        except SourceError as error:
            self._failed[file.path] = _to_failure(error)
            raise
        self._tree[file.path.lstrip("/")] = content
        return content

    def find_cut(self, source: File | Directory) -> SourceError | None:
        """Return what the recorded system had no room for, and keep it."""
        cut = self._system.find_cut(source)
        path = source.path if isinstance(source, File) else source.pattern
        if cut is not None and path in self._sources:
            self._sources[path]["cut"] = _to_failure(cut)
        return cut

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """Return the contents of all matching files, and keep them."""
        self._sources[directory.pattern] = {"path": directory.pattern}
        try:
            contents = self._system.read_all(directory)
        except SourceError as error:
            self._failed[directory.pattern] = _to_failure(error)
            raise
        if directory.dated:
            times = {path: getattr(content, "modified", None) for path, content in contents.items()}
            self._sources[directory.pattern] |= {"dated": True, "times": times}
        kept = {path: content for path, content in contents.items() if not getattr(content, "is_denied", False)}
        self._tree.update({path.lstrip("/"): bytes(content) for path, content in kept.items()})
        return contents

    def dump(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """Yield the datagrams of a dump, and keep those yielded; only the first reply to a request is kept."""
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
            entry["error"] = _to_failure(error)
            raise
        finally:
            self._keep_reply(entry, datagrams)

    def _keep_reply(self, entry: dict[str, Any], datagrams: list[bytes]) -> None:
        key = (entry["name"], entry["body"])
        if key not in self._dumps:
            entry["reply"] = f"netlink/{len(self._dumps)}"
            self._dumps[key] = entry
            self._tree[entry["reply"]] = capture.frame_datagrams(datagrams)

    def find_owners(self, *, descriptors: bool = False) -> capture.Owners:
        """Return the owners of all sockets; those of the sockets shown are kept."""
        try:
            self._owners = self._system.find_owners(descriptors=descriptors)
        except SourceError as error:
            self._denied = error
            raise
        return self._owners

    def search_owners(self, inodes: Collection[int], *, descriptors: bool = False) -> capture.Owners | None:
        """Search again, and keep what was found with the result of the first search."""
        found = self._system.search_owners(inodes, descriptors=descriptors)
        if found is not None and self._owners is not None:
            self._owners.add(found)
        return found

    def read_process_file(self, pid: int, name: str, *, arguments: bool = False) -> bytes | None:
        """Return the content of ``/proc/PID/NAME``, and keep it."""
        content = self._system.read_process_file(pid, name, arguments=arguments)
        self._described.add(pid)
        self._has_arguments &= arguments or name != "cmdline"
        if content is not None:
            self._tree[f"proc/{pid}/{name}"] = content
        return content

    def to_tree(self, names: Mapping[str, Mapping[str, str]]) -> dict[str, bytes]:
        """Return what was read, and the ``names`` used, as the contents of a snapshot by path."""
        machine = self.machine
        about = {
            "capture": capture.VERSION,
            "hostname": machine.hostname,
            "kernel_release": machine.kernel_release,
            "byte_order": machine.byte_order,
            "byte_order_from": machine.byte_order_from,
            "ticks_per_second": machine.ticks_per_second,
            "captured_at": machine.captured_at,
            "procfs": machine.procfs,
            **self.describe_namespace(),
            "owners": self._describe_owners(),
            "names": names,
        }
        if self._selection is not None:
            about |= {**self._selection, "namespaces": [other.describe_namespace() for other in self._others]}
        inner = {
            f"{capture.NAMESPACES}/{inode_of(other.namespace)}/{path}": content
            for other in self._others
            for path, content in other.contents.items()
        }
        return {**self._tree, **inner, capture.DESCRIPTION: capture.encode_description(about)}

    @property
    def contents(self) -> Mapping[str, bytes]:
        """What was read in this namespace, by path."""
        return self._tree

    def _describe_sources(self) -> dict[str, Any]:
        """Return the sources read in this namespace, the errors, and the netlink replies, for the description."""
        return {"asked": list(self._sources.values()), "failed": self._failed, "netlink": list(self._dumps.values())}

    def describe_namespace(self) -> dict[str, Any]:
        """Return the same with the inode and name of the namespace; see ``escape_namespace_name``."""
        namespace = self.namespace
        if namespace is not None and namespace["name"] is not None:
            namespace = {**namespace, "name": os.fsdecode(unescape(namespace["name"]))}
        return {**self._describe_sources(), "network_namespace": namespace}

    def _describe_owners(self) -> dict[str, Any] | None:
        """Return the owners of the sockets shown, or of one other socket if only that shows that any are known."""
        if self._denied is not None:
            self._failed["/proc"] = _to_failure(self._denied)
        if self._owners is None:
            return None
        pids = self._owners.pids
        shown = [inode for inode in sorted(pids) if self._described.issuperset(pids[inode])]
        described = capture.describe_owners(self._owners, _group_by_pid(pids, shown or sorted(pids)[:1]))
        return {**described, "arguments": self._owners.arguments and self._has_arguments}


def _group_by_pid(pids: Mapping[int, Sequence[int]], inodes: Iterable[int]) -> dict[str, list[int]]:
    held: dict[str, list[int]] = {}
    for inode in inodes:
        for pid in pids[inode]:
            held.setdefault(str(pid), []).append(inode)
    return held


def _to_missed(gap: Gap) -> list[Any]:
    """Return the gap of a namespace as the list of the fields of Missed."""
    inode = inode_of(gap.network_namespace)
    what = os.fsdecode(unescape(gap.selector or ""))
    return [gap.reason, what, gap.detail, gap.errno, gap.count or 0, inode or 0]


def _to_failure(error: SourceError) -> list[Any]:
    return [error.errno, error.detail]
