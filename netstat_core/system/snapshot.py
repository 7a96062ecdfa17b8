"""Replay a snapshot: a folder, an archive or packed text."""

from __future__ import annotations

import errno
import os
import re
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from netstat_core.errors import (
    Damaged,
    Interrupted,
    NarrowerCapture,
    NotInKernel,
    SourceError,
    UsageError,
)
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.records import NetworkNamespace, inode_of
from netstat_core.plugin.sources import DatedContent, Directory, File, NetlinkDump
from netstat_core.system import STATED, Machine, Selectors, System, archive, capture, find_namespaces
from netstat_core.system.byte_order import is_same_request
from netstat_core.system.copied_machine import describe_copy
from netstat_core.system.description import (
    Reply,
    is_within,
    list_objects,
    parse_failed,
    parse_machine,
    parse_missed,
    parse_names,
    parse_namespace,
    parse_os_error,
    parse_owners,
    parse_replies,
    parse_sources,
    parse_times,
    read_description,
)
from netstat_core.system.description_checks import drop_damaged
from netstat_core.system.find_namespaces import Missed
from netstat_core.system.namespace_gaps import escape_namespace_name, escape_text, gap_from_missed, make_selector_gap
from netstat_core.system.reading import MeteredStore, has_endless_line
from netstat_core.system.stores import InnerStore, MemoryStore, Store

_MOST_NAMESPACES = 10_000
_LARGEST_DATAGRAM = 1 << 18
"""Limit of a datagram, that of captures and live reads too."""

_NEVER_EMPTY = tuple(
    f"/proc/net/{name}"
    for name in ("tcp", "tcp6", "udp", "udp6", "unix", "dev", "snmp", "snmp6", "netstat", "arp", "sockstat", "igmp")
)
"""Files that no kernel leaves empty; their parsers say so themselves."""


class _Described(NamedTuple):
    """A network namespace of a snapshot, and what the description says about it."""

    namespace: NetworkNamespace | None
    entry: dict[str, Any]


class SnapshotSystem(System):
    """Replays a snapshot.

    ``source`` is a path, ``-`` for standard input, or a store. A snapshot with a description can tell what was absent
    from what was not recorded. ``byte_order`` is that of the machine if the caller knows it better than the snapshot.
    Raises SnapshotError for an invalid snapshot.
    """

    def __init__(self, source: str | os.PathLike[str] | Store, *, byte_order: str | None = None) -> None:
        opened = archive.open_store(os.fspath(source)) if isinstance(source, (str, os.PathLike)) else source
        self._meter = MeteredStore(opened)
        self._store: Store = self._meter
        self._description = read_description(self._store)
        self._damaged = drop_damaged(self._description)
        self.machine = _find_machine(self._store, self._description, byte_order)
        self.names = parse_names(self._description.get("names"))
        described = parse_namespace(self._description.get("network_namespace"))
        self.namespace: NetworkNamespace | None = escape_namespace_name(described)
        self._is_complete = self._description.get("capture") == capture.VERSION
        self._sources = parse_sources(self._description)
        self._failed = parse_failed(self._description)
        self._dumps = parse_replies(self._description)

    def open_namespaces(
        self,
        selectors: Selectors,
        owners: capture.Owners | None,  # noqa: ARG002 - found by the capture
    ) -> AbstractContextManager[tuple[Sequence[System], Sequence[Gap]]]:
        """Return the selected namespaces of the snapshot, and gaps for those that it does not hold."""
        self._meter.reset()
        damaged = list(self._find_damaged())
        if not selectors.is_for_namespaces:
            return nullcontext(([self], damaged))
        known = self._list_namespaces()
        if selectors.every:
            missed = [*self._parse_missed(), *find_namespaces.missed_beyond_limit(known, selectors.limit)]
            return nullcontext(
                (
                    [self._open_namespace(place) for place in known[: selectors.limit]],
                    [*map(gap_from_missed, missed), *self._unselected_gaps(), *damaged],
                )
            )
        found = self._find_namespaces(dict.fromkeys(selectors.names), known)
        gaps = [gap for gap in found if isinstance(gap, Gap)]
        places = {inode_of(place.namespace): place for place in found if not isinstance(place, Gap)}
        return nullcontext(([self._open_namespace(place) for place in places.values()], [*gaps, *damaged]))

    def _find_damaged(self) -> Iterator[Gap]:
        """Yield gaps for damage in the description; namespaces that it leaves without an identity are left out."""
        yield from self._damaged
        others = list_objects(self._description, "namespaces")
        described = [
            value
            for value in (place.get("network_namespace") for place in [self._description, *others])
            if value is not None
        ]
        count = sum(parse_namespace(value) is None for value in described)
        if count:
            detail = (
                f"{count} of those that the snapshot describes cannot be identified, for the description is damaged"
            )
            yield Gap("unreadable", "network namespaces", detail, about="namespaces", count=count)

    def _list_namespaces(self) -> list[_Described]:
        """Return all captured namespaces, this one first. Raises UsageError if the capture did not look for others."""
        if "namespaces" not in self._description:
            raise UsageError("this snapshot holds one network namespace; capture with netns to record others")
        by_inode = {inode_of(self.namespace): _Described(self.namespace, self._description)}
        for entry in list_objects(self._description, "namespaces"):
            namespace = escape_namespace_name(parse_namespace(entry.get("network_namespace")))
            if namespace is not None:
                by_inode.setdefault(inode_of(namespace), _Described(namespace, entry))
        return list(by_inode.values())[:_MOST_NAMESPACES]

    def _open_namespace(self, place: _Described) -> SnapshotSystem:
        return self if place.entry is self._description else _InnerSystem(self, place)

    def _find_namespaces(self, selectors: Iterable[str], known: list[_Described]) -> list[_Described | Gap]:
        """Return the namespace that each selector names, a gap for one that the snapshot does not hold."""
        selected = self._parse_selected() or {}
        by_name: dict[str | int, _Described] = {}
        for place in known:
            if place.namespace is not None:
                inode, name = place.namespace["inode"], place.namespace["name"]
                for key in (inode, name, f"inode:{inode}"):
                    if key is not None:
                        by_name.setdefault(key, place)
        missed = self._parse_missed()
        return [self._find_namespace(selector, selected.get(selector), by_name, missed) for selector in selectors]

    def _find_namespace(
        self, selector: str, inode: int | None, known: Mapping[str | int, _Described], missed: list[Missed]
    ) -> _Described | Gap:
        for key in (selector, escape_text(selector), inode):
            if key is not None and key in known:
                return known[key]
        for one in missed:
            if one.what == selector or (inode and one.inode == inode):
                return gap_from_missed(one)
        return make_selector_gap("narrower_capture", selector, "not recorded in this snapshot")

    def _unselected_gaps(self) -> Iterator[Gap]:
        """Yield a gap for the namespaces that were not selected for the capture, if it was limited to some."""
        selected = self._parse_selected()
        if selected is not None:
            names = ", ".join(map(escape_text, selected))
            yield make_selector_gap("narrower_capture", "", f"this snapshot holds only the requested ones: {names}")

    def _parse_selected(self) -> dict[str, int] | None:
        """Return the inodes of the captured namespaces by selector, None if all were captured."""
        selected = self._description.get("selected", {})
        if not isinstance(selected, dict):
            return None
        return {
            selector: inode for selector, inode in islice(selected.items(), _MOST_NAMESPACES) if isinstance(inode, int)
        }

    def _parse_missed(self) -> list[Missed]:
        """Return the namespaces that could not be captured."""
        value = self._description.get("missed")
        entries = value[:_MOST_NAMESPACES] if isinstance(value, list) else []
        return [missed for entry in entries if (missed := parse_missed(entry))]

    def read(self, file: File) -> bytes:
        """Return the content of a recorded file."""
        self._check_asked(file.path, file)
        try:
            content = self._store.read(file.path)
        except OSError as error:
            raise SourceError.from_os_error(file.name, error) from error
        if has_endless_line(content):
            raise SourceError(file.name, "holds a word or line longer than any that the kernel writes")
        if not content and not self._is_complete and file.path not in _NEVER_EMPTY and self._is_hollow:
            raise Damaged(file.name, "is empty, like files of this copy that no kernel leaves empty")
        return content

    def find_cut(self, source: File | Directory) -> SourceError | None:
        """Return what the capture left out of a file or directory, None if it is whole."""
        path = source.path if isinstance(source, File) else source.pattern
        cut = self._sources.get(path, {}).get("cut")
        return None if cut is None else SourceError.from_os_error(path, parse_os_error(cut))

    @cached_property
    def _is_hollow(self) -> bool:
        """True if the copy was made by a program that trusts the sizes of files, as tar does; in /proc they are 0."""
        for path in _NEVER_EMPTY:
            with suppress(OSError):
                if not self._store.read(path):
                    return True
        return False

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """Return the contents of all matching recorded files."""
        self._check_asked(directory.pattern, None)
        try:
            paths = self._store.find_paths(directory.pattern)
        except FileNotFoundError as error:
            if not self._is_complete:
                raise SourceError.from_os_error(directory.name, error) from error
            paths = []
        except OSError as error:
            raise SourceError.from_os_error(directory.name, error) from error
        contents = {}
        for path in paths:
            with suppress(OSError):  # left out, as on a live machine
                content = self._store.read(path)
                if not has_endless_line(content):
                    contents[path] = content
        return self._add_times(directory, contents) if directory.dated else contents

    def _add_times(self, directory: Directory, contents: dict[str, bytes]) -> dict[str, bytes]:
        """Return contents with their times: those that a capture noted, else those of the files of a copy.

        A capture also notes the times of files that it was not allowed to read.
        """
        if self._is_complete:
            times = parse_times(self._sources.get(directory.pattern, {}))
            dated = {path: DatedContent.of(contents.get(path), times[path]) for path in times}
        else:
            dated = {path: DatedContent.of(contents[path], self._store.find_time(path)) for path in contents}
        others = {path: DatedContent.of(content, None) for path, content in contents.items() if path not in dated}
        return dict(sorted({**dated, **others}.items()))

    def _check_asked(self, path: str, file: File | None) -> None:
        """Raise the recorded error of a path, or NarrowerCapture if it was not recorded."""
        if not self._is_complete:
            return
        error = self._failed.get(path)
        if error is not None:
            raise SourceError.from_os_error(path, parse_os_error(error))
        asked = self._sources.get(path)
        if asked is None:
            raise NarrowerCapture(path, "not recorded in this snapshot", errno.ENOENT)
        kept = asked.get("keep")
        if kept is not None and file is not None and not is_within(file, kept):
            raise NarrowerCapture(path, "only some rows were recorded in this snapshot")

    def dump(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """Yield the datagrams recorded for a request, or for a wider one."""
        reply = self._find_reply(request)
        if reply.path is not None:
            try:
                yield from _split_datagrams(self._store.read(reply.path))
            except OSError as error:
                raise SourceError.from_os_error(request.name, error) from error
        if reply.error is not None:
            raise SourceError.from_os_error(request.name, parse_os_error(reply.error))
        if reply.interrupted:
            raise Interrupted(request.name, "changed each time it was read")

    def _find_reply(self, request: NetlinkDump) -> Reply:
        if not self._dumps and not self._is_complete:
            raise NotInKernel(request.name, "not in this snapshot")
        for name, body in ((request.name, request.body), *request.wider):
            reply = self._dumps.get((name, request.protocol, request.type, body.hex()))
            if reply is None and self.machine.byte_order != sys.byteorder:
                reply = self._find_foreign_reply(name, request, body)
            if reply is not None:
                return reply
        raise NarrowerCapture(request.name, "not recorded in this snapshot, or only in part")

    def _find_foreign_reply(self, name: str, request: NetlinkDump, body: bytes) -> Reply | None:
        """Return the reply to a request whose body was written in the other byte order than on this machine."""
        for (recorded, protocol, kind, digits), reply in self._dumps.items():
            if (recorded, protocol, kind) == (name, request.protocol, request.type):
                with suppress(ValueError):  # not hex
                    if is_same_request(body, bytes.fromhex(digits)):
                        return reply
        return None

    def find_owners(self, *, descriptors: bool = False) -> capture.Owners:  # noqa: ARG002 - returned if recorded
        """Return the owners recorded in the description, or in the links below ``proc/PID/fd``."""
        recorded = self._description.get("owners")
        if isinstance(recorded, dict):
            return parse_owners(recorded)
        if "/proc" in self._description.get("failed", {}):
            raise SourceError.from_os_error("/proc", parse_os_error(self._description["failed"]["/proc"]))
        if self._is_complete:
            raise NarrowerCapture("/proc/PID/fd", "owners were not recorded in this snapshot", errno.ENOENT)
        try:
            owners = self._store.find_owners()
        except OSError as error:
            raise SourceError.from_os_error("/proc", error) from error
        owners.initial = self._is_of_initial_pid_namespace()
        return owners

    def _is_of_initial_pid_namespace(self) -> bool | None:
        """Return what the copied links and files of processes say about their PID namespace."""
        try:
            return self._store.read_link("/proc/1/ns/pid") == capture.INITIAL_PID_NAMESPACE
        except OSError:
            stat, status = (self.read_process_file(2, name) or b"" for name in ("stat", "status"))
            is_kernel = capture.shows_kernel_threads(stat) or _KERNEL_THREAD.match(status) is not None
            return True if is_kernel else None

    def read_process_file(self, pid: int, name: str, *, arguments: bool = False) -> bytes | None:
        """Return a recorded ``/proc/PID/NAME``, None if it was not recorded."""
        path = f"/proc/{pid}/{name}"
        if name == "exe":
            try:
                return os.fsencode(self._store.read_link(path))
            except (OSError, ValueError):
                pass  # captures keep the target as a file
        try:
            content = self._store.read(path)
        except OSError:
            return None
        return content if arguments or name != "cmdline" else capture.cut_first_argument(content)


class _InnerSystem(SnapshotSystem):
    """Another namespace of a snapshot. It shares with the whole all that is not its own or that it lacks."""

    def __init__(self, whole: SnapshotSystem, place: _Described) -> None:
        vars(self).update(vars(whole))
        vars(self).pop("_is_hollow", None)
        self.namespace = place.namespace
        self._store = InnerStore(self._store, f"/{capture.NAMESPACES}/{inode_of(place.namespace)}")
        if "asked" in place.entry:
            self._sources = parse_sources(place.entry)
        if "failed" in place.entry:
            self._failed = parse_failed(place.entry)
        if "netlink" in place.entry:
            self._dumps = parse_replies(place.entry)


def _find_machine(store: Store, description: dict[str, Any], byte_order: str | None) -> Machine:
    """Return the machine of a snapshot; what its description does not say is taken from the files of a copy."""
    machine = parse_machine(description)
    if description.get("capture") != capture.VERSION or "byte_order" not in description:
        found = describe_copy(store)
        if "byte_order" in description:
            del found["byte_order"], found["byte_order_from"]
        lacking = {name: found[name] for name in found if name.startswith("byte_") or getattr(machine, name) is None}
        machine = machine._replace(**lacking)
    if byte_order is None or byte_order == machine.byte_order:
        return machine
    return machine._replace(byte_order=byte_order, byte_order_from=STATED)


_KERNEL_THREAD = re.compile(rb"Name:\tkthreadd\n(?:.*\n)*?PPid:\t0\n")
"""The beginning of the file ``status`` of process 2, which the initial PID namespace alone has."""


def _split_datagrams(frame_datagrams: bytes) -> Iterator[bytes]:
    """Yield the datagrams of a recorded reply, in which each follows its length (u32, big endian)."""
    start = 0
    while start < len(frame_datagrams):
        if len(frame_datagrams) - start < 4:  # noqa: PLR2004 - a length
            raise OSError(errno.EBADMSG, "the recorded reply is cut")
        (size,) = struct.unpack_from(">I", frame_datagrams, start)
        start += 4 + size
        if start > len(frame_datagrams):
            raise OSError(errno.EBADMSG, "the recorded reply is cut")
        if size > _LARGEST_DATAGRAM:
            raise OSError(errno.EBADMSG, "the recorded reply holds a datagram larger than any that is received")
        yield frame_datagrams[start - size : start]


__all__ = ["MemoryStore", "SnapshotSystem"]
