"""A recorded machine: a folder, an archive or packed text, replayed."""

from __future__ import annotations

import errno
import json
import os
import re
import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

from netstat_core.errors import Interrupted, NarrowerCapture, NotInKernel, SnapshotError, SourceError
from netstat_core.escape import encoded, escape
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.sources import Directory, File, NetlinkDump
from netstat_core.system import Machine, archive, capture
from netstat_core.system.find_namespaces import Missed
from netstat_core.system.stores import FolderStore, InnerStore, MemoryStore, Store

MOST_TICKS = 1_000_000
_MOST_NAMESPACES = 10_000
_MOST_VALUES = 1 << 22
"""Of a description: that of a machine with a million sockets has half as many."""

_PID = re.compile(r"[1-9][0-9]{0,9}")


class SnapshotSystem:
    """Replays a snapshot. One with a full description tells apart what was absent and what was not recorded."""

    def __init__(self, source: str | os.PathLike[str] | Store, about: dict[str, Any] | None = None) -> None:
        self._store = _opened(os.fspath(source)) if isinstance(source, (str, os.PathLike)) else source
        self._about = _description(self._store) if about is None else about
        self.machine = _machine(self._about)
        self.namespace: NetworkNamespace | None = _namespace(self._about.get("network_namespace"))
        self.names: dict[str, dict[str, str]] = _names(self._about.get("names"))
        self._is_complete = self._about.get("capture") == capture.VERSION
        self._asked = {one["path"]: one for one in _objects(self._about, "asked") if isinstance(one.get("path"), str)}
        self._dumps = _dumps(self._about)

    def namespaces(self) -> list[SnapshotSystem] | None:
        """This one and the others that were captured with it, each as a system; None where none were looked for."""
        if "namespaces" not in self._about:
            return None
        told = {None if self.namespace is None else self.namespace["inode"]: self._about}
        for one in _objects(self._about, "namespaces"):
            place = _namespace(one.get("network_namespace"))
            told.setdefault(place and place["inode"], one)
        return [self, *map(self._inside, list(told.values())[1:_MOST_NAMESPACES])]

    def _inside(self, told: dict[str, Any]) -> SnapshotSystem:
        """The machine as it is seen from another namespace of the snapshot."""
        place = _namespace(told.get("network_namespace"))
        store = InnerStore(self._store, f"/{capture.NAMESPACES}/{place and place['inode']}")
        inner = SnapshotSystem(store, {**self._about, **told})
        inner.namespace = _named(place)
        return inner

    def selected(self) -> dict[str, int] | None:
        """The inodes of the namespaces that were asked for, by what selected them; None where all were."""
        told = self._about.get("selected", {})
        if not isinstance(told, dict):
            return None
        return {selector: inode for selector, inode in islice(told.items(), _MOST_NAMESPACES) if isinstance(inode, int)}

    def missed(self) -> list[Missed]:
        """The namespaces that could not be captured."""
        told = self._about.get("missed")
        some = told[:_MOST_NAMESPACES] if isinstance(told, list) else []
        return [missed for one in some if (missed := _missed(one))]

    def offers_netlink(self) -> bool:
        """Whether any dump was recorded."""
        return bool(self._dumps)

    def read(self, file: File) -> bytes:
        """A recorded file's content."""
        self._check_asked(file.path, file)
        try:
            content = self._store.read(file.path)
        except OSError as error:
            raise SourceError.from_os_error(file.name, error) from error
        if _has_endless_word(content):
            raise SourceError(file.name, "holds a word longer than any that the kernel writes")
        return content

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """The contents of all matching recorded files."""
        self._check_asked(directory.pattern, None)
        try:
            paths = self._store.matching(directory.pattern)
        except FileNotFoundError as error:
            if self._is_complete:
                return {}
            raise SourceError.from_os_error(directory.name, error) from error
        except OSError as error:
            raise SourceError.from_os_error(directory.name, error) from error
        contents = {}
        for path in paths:
            with suppress(OSError):  # left out, as what cannot be read live
                content = self._store.read(path)
                if not _has_endless_word(content):
                    contents[path] = content
        return contents

    def _check_asked(self, path: str, file: File | None) -> None:
        """Raise what the capture told about a path, and NarrowerCapture for what it was not asked for."""
        if not self._is_complete:
            return
        number_and_words = self._about.get("failed", {}).get(path)
        if number_and_words is not None:
            raise SourceError.from_os_error(path, _os_error(number_and_words))
        asked = self._asked.get(path)
        if asked is None:
            raise NarrowerCapture(path, "not recorded in this snapshot", errno.ENOENT)
        kept = asked.get("keep")
        if kept is not None and file is not None and not _is_within(file, kept):
            raise NarrowerCapture(path, "only some rows were recorded in this snapshot")

    def dump(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """The recorded reply to a request, or to a wider one."""
        found = self._reply(request)
        if found.path is not None:
            try:
                yield from _datagrams(self._store.read(found.path))
            except OSError as error:
                raise SourceError.from_os_error(request.name, error) from error
        if found.error is not None:
            raise SourceError.from_os_error(request.name, _os_error(found.error))
        if found.interrupted:
            raise Interrupted(request.name, "changed each time it was read")

    def _reply(self, request: NetlinkDump) -> _Reply:
        if not self._dumps and not self._is_complete:
            raise NotInKernel(request.name, "not in this snapshot")
        for name, body in ((request.name, request.body), *request.wider):
            found = self._dumps.get((name, request.protocol, request.type, body.hex()))
            if found is not None:
                return found
        raise NarrowerCapture(request.name, "not recorded in this snapshot, or with less in it")

    def owners(self, *, descriptors: bool = False) -> capture.Owners:  # noqa: ARG002 - it has them or not
        """The owners recorded in the description, or as links under ``proc/PID/fd``."""
        told = self._about.get("owners")
        if isinstance(told, dict):
            return _owners(told)
        if "/proc" in self._about.get("failed", {}):
            raise SourceError.from_os_error("/proc", _os_error(self._about["failed"]["/proc"]))
        if self._is_complete:
            raise NarrowerCapture("/proc/PID/fd", "owners were not recorded in this snapshot", errno.ENOENT)
        try:
            return self._store.owners()
        except OSError as error:
            raise SourceError.from_os_error("/proc", error) from error

    def process_file(self, pid: int, name: str) -> bytes | None:
        """A recorded ``/proc/PID/NAME``; None where it was not recorded."""
        path = f"/proc/{pid}/{name}"
        if name == "exe":
            try:
                return os.fsencode(self._store.target(path))
            except (OSError, ValueError):
                pass  # captures keep what it led to
        try:
            return self._store.read(path)
        except OSError:
            return None


_LONGEST_WORD = 3500
_WORD = re.compile(rb"\S+")


def _has_endless_word(content: bytes) -> bool:
    """Whether there is a number of more digits than Python writes or schemas compare, as in long lines only."""
    start = 0
    while len(content) - start > _LONGEST_WORD:
        end = content.rfind(b"\n", start, start + _LONGEST_WORD)
        if end < 0:
            end = content.find(b"\n", start)
            end = len(content) if end < 0 else end
            if any(word.end() - word.start() > _LONGEST_WORD for word in _WORD.finditer(content, start, end)):
                return True
        start = end + 1
    return False


class _Reply(NamedTuple):
    path: str | None
    error: Any
    interrupted: bool


def _opened(source: str) -> Store:
    if os.path.isdir(source):
        return FolderStore(source)
    if source == "-":
        return archive.load(sys.stdin.buffer, "standard input")
    if not os.path.exists(source):
        raise SnapshotError(f"{source}: not a folder, and no such file")
    if not os.path.isfile(source):
        raise SnapshotError(f"{source}: neither a folder nor a regular file")
    try:
        with open(source, "rb") as file:
            return archive.load(file, source)
    except OSError as error:
        raise SnapshotError(f"{source}: {error.strerror}") from error


def _description(store: Store) -> dict[str, Any]:
    try:
        content = store.read(f"/{capture.DESCRIPTION}")
        if sum(map(content.count, (b",", b"[", b"{"))) > _MOST_VALUES:
            raise SnapshotError(f"{capture.DESCRIPTION}: too long")
        about = json.loads(content)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise SnapshotError(f"{capture.DESCRIPTION}: {error}") from error
    if not isinstance(about, dict) or about.get("byte_order", "little") not in ("little", "big"):
        raise SnapshotError(f"{capture.DESCRIPTION}: not a description of a machine")
    if not isinstance(about.get("failed", {}), dict) or about.get("capture", 1) != capture.VERSION:
        raise SnapshotError(f"{capture.DESCRIPTION}: of another version, or damaged")
    return about


def _machine(about: Mapping[str, Any]) -> Machine:
    return Machine(
        hostname=_text(about, "hostname"),
        kernel_release=_text(about, "kernel_release"),
        byte_order=about.get("byte_order", "little"),
        ticks_per_second=_ticks(about),
        captured_at=_text(about, "captured_at"),
        live=False,
        procfs=about.get("capture") == capture.VERSION and about.get("procfs") is not False,
    )


def _text(about: Mapping[str, Any], key: str) -> str | None:
    value = about.get(key)
    return value if isinstance(value, str) else None


def _ticks(about: Mapping[str, Any]) -> int:
    value = about.get("ticks_per_second", 100)
    return value if isinstance(value, int) and 0 < value <= MOST_TICKS else 100


def _namespace(value: Any) -> NetworkNamespace | None:
    match value:
        case {"inode": int() | None as inode, "name": str() | None as name}:
            return {"inode": inode, "name": name}
    return None


def _named(namespace: NetworkNamespace | None) -> NetworkNamespace | None:
    """A namespace with its name as records have it; captures have names as Python reads those of files."""
    if namespace is None or namespace["name"] is None:
        return namespace
    return {**namespace, "name": escape(encoded(namespace["name"]))}


def _missed(told: Any) -> Missed | None:
    match told:
        case [str(reason), str(what), str(detail), int(number), int(many), int(inode)]:
            return Missed(reason if reason in _REASONS else "unreadable", what, detail, number, many, inode)
    return None


_REASONS = frozenset({"not_in_kernel", "permission", "raced", "truncated"})


def _names(value: Any) -> dict[str, dict[str, str]]:
    sections = value.items() if isinstance(value, dict) else ()
    return {
        kind: {key: name for key, name in names.items() if isinstance(name, str)}
        for kind, names in sections
        if isinstance(names, dict)
    }


def _objects(about: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = about.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _dumps(about: Mapping[str, Any]) -> dict[tuple[Any, ...], _Reply]:
    """The recorded replies by what was asked."""
    dumps: dict[tuple[Any, ...], _Reply] = {}
    for one in _objects(about, "netlink"):
        match one:
            case {"name": str(name), "protocol": int(protocol), "type": int(kind), "body": str(body)}:
                reply = one.get("reply")
                is_reply = isinstance(reply, str) and reply.startswith("netlink/") and archive.is_safe(reply)
                path = f"/{reply}" if is_reply else None
                found = _Reply(path, one.get("error"), bool(one.get("interrupted")))
                dumps.setdefault((name, protocol, kind, body), found)
    return dumps


def _os_error(told: Any) -> OSError:
    match told:
        case [int(number), str(words)]:
            return OSError(number, words)
    return OSError(0, "failed")


def _is_within(file: File, kept: Any) -> bool:
    """Whether the rows that a file is read for are among those that were kept."""
    match kept:
        case [int(column), list(values)]:
            return file.keep is not None and file.keep.column == column and {*file.keep.values} <= {*map(str, values)}
    return False


def _owners(told: Mapping[str, Any]) -> capture.Owners:
    owners = capture.Owners()
    for key in ("denied", "unread"):
        value = told.get(key)
        setattr(owners, key, value if isinstance(value, int) else 0)
    owners.hidden = bool(told.get("hidden"))
    held, numbers = told.get("held"), told.get("descriptors")
    owners.descriptors = {} if isinstance(numbers, dict) else None
    for name, inodes in held.items() if isinstance(held, dict) else ():
        if _PID.fullmatch(name) and isinstance(inodes, list):
            below = numbers.get(name) if isinstance(numbers, dict) else None
            _add_holder(owners, int(name), inodes, below if isinstance(below, list) else [])
    for pids in owners.pids.values():
        pids.sort()
    return owners


def _add_holder(owners: capture.Owners, pid: int, inodes: list[Any], numbers: list[Any]) -> None:
    """Add the sockets of one process, and the descriptors that the list beside theirs has for each."""
    for place, inode in enumerate(inodes):
        if isinstance(inode, int):
            owners.pids.setdefault(inode, []).append(pid)
            below = numbers[place] if place < len(numbers) else None
            if owners.descriptors is not None and isinstance(below, list):
                owners.descriptors[inode, pid] = [number for number in below if isinstance(number, int)]


def _datagrams(framed: bytes) -> Iterator[bytes]:
    """Datagrams, each behind its length."""
    start = 0
    while start < len(framed):
        if len(framed) - start < 4:  # noqa: PLR2004 - a length
            raise OSError(errno.EBADMSG, "the recorded reply is cut")
        (size,) = struct.unpack_from(">I", framed, start)
        start += 4 + size
        if start > len(framed):
            raise OSError(errno.EBADMSG, "the recorded reply is cut")
        yield framed[start - size : start]


__all__ = ["MemoryStore", "SnapshotSystem"]
