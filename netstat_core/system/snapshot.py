"""A recorded machine: a folder, an archive or packed text, replayed."""

from __future__ import annotations

import errno
import os
import re
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import islice
from typing import Any

from netstat_core.errors import Interrupted, NarrowerCapture, NotInKernel, SnapshotError, SourceError, UsageError
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.records import NetworkNamespace, inode_of
from netstat_core.plugin.sources import Directory, File, NetlinkDump
from netstat_core.system import Selectors, System, archive, capture, find_namespaces
from netstat_core.system.description import (
    Reply,
    description_of,
    is_within,
    machine_of,
    missed_of,
    named,
    names_of,
    namespace_of,
    objects,
    os_error,
    owners_of,
    replies_of,
)
from netstat_core.system.find_namespaces import Missed
from netstat_core.system.namespace_gaps import gap_of, shown, unread
from netstat_core.system.stores import FolderStore, InnerStore, MemoryStore, Store

_MOST_NAMESPACES = 10_000


class SnapshotSystem(System):
    """Replays a snapshot. One with a full description tells apart what was absent and what was not recorded."""

    def __init__(self, source: str | os.PathLike[str] | Store, about: dict[str, Any] | None = None) -> None:
        self._store = _opened(os.fspath(source)) if isinstance(source, (str, os.PathLike)) else source
        self._about = description_of(self._store) if about is None else about
        self.machine = machine_of(self._about)
        self.namespace: NetworkNamespace | None = namespace_of(self._about.get("network_namespace"))
        self.names = names_of(self._about.get("names"))
        self._is_complete = self._about.get("capture") == capture.VERSION
        self._asked = {one["path"]: one for one in objects(self._about, "asked") if isinstance(one.get("path"), str)}
        self._dumps = replies_of(self._about)

    def namespaces(
        self,
        selectors: Selectors,
        owners: capture.Owners | None,  # noqa: ARG002 - found by the capture
    ) -> AbstractContextManager[tuple[Sequence[System], Sequence[Gap]]]:
        """The selected ones of the namespaces that were captured, and gaps for those that the snapshot cannot hold."""
        if not selectors.is_for_namespaces:
            return nullcontext(([self], []))
        known = self._recorded()
        if selectors.every:
            missed = [*self._missed(), *find_namespaces.beyond(known, selectors.limit)]
            return nullcontext((known[: selectors.limit], [*map(gap_of, missed), *self._not_selected()]))
        found = [self._chosen(selector, known) for selector in dict.fromkeys(selectors.names)]
        systems = dict.fromkeys(one for one in found if not isinstance(one, Gap))
        return nullcontext((list(systems), [one for one in found if isinstance(one, Gap)]))

    def _recorded(self) -> list[SnapshotSystem]:
        """This one and the others that were captured with it. Raises UsageError where none were looked for."""
        if "namespaces" not in self._about:
            raise UsageError("this snapshot holds one network namespace; others are captured where netns asks for them")
        told = {inode_of(self.namespace): self._about}
        for one in objects(self._about, "namespaces"):
            place = namespace_of(one.get("network_namespace"))
            told.setdefault(inode_of(place), one)
        return [self, *map(self._inside, list(told.values())[1:_MOST_NAMESPACES])]

    def _inside(self, told: dict[str, Any]) -> SnapshotSystem:
        """The machine as it is seen from another namespace of the snapshot."""
        place = namespace_of(told.get("network_namespace"))
        store = InnerStore(self._store, f"/{capture.NAMESPACES}/{inode_of(place)}")
        inner = SnapshotSystem(store, {**self._about, **told})
        inner.namespace = named(place)
        return inner

    def _chosen(self, selector: str, known: list[SnapshotSystem]) -> SnapshotSystem | Gap:
        inode = (self._selected() or {}).get(selector)
        for one in known:
            place = one.namespace
            if place and (selector in (place["name"], f"inode:{place['inode']}") or place["inode"] == inode):
                return one
        for missed in self._missed():
            if missed.what == selector or (inode and missed.inode == inode):
                return gap_of(missed)
        return unread("narrower_capture", selector, "not recorded in this snapshot")

    def _not_selected(self) -> Iterator[Gap]:
        """What is said of the namespaces that nobody asked the capture for."""
        selected = self._selected()
        if selected is not None:
            names = ", ".join(map(shown, selected))
            yield unread("narrower_capture", "", f"this snapshot holds only those asked for: {names}")

    def _selected(self) -> dict[str, int] | None:
        """The inodes of the namespaces that were asked for, by what selected them; None where all were."""
        told = self._about.get("selected", {})
        if not isinstance(told, dict):
            return None
        return {selector: inode for selector, inode in islice(told.items(), _MOST_NAMESPACES) if isinstance(inode, int)}

    def _missed(self) -> list[Missed]:
        """The namespaces that could not be captured."""
        told = self._about.get("missed")
        some = told[:_MOST_NAMESPACES] if isinstance(told, list) else []
        return [missed for one in some if (missed := missed_of(one))]

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
            raise SourceError.from_os_error(path, os_error(number_and_words))
        asked = self._asked.get(path)
        if asked is None:
            raise NarrowerCapture(path, "not recorded in this snapshot", errno.ENOENT)
        kept = asked.get("keep")
        if kept is not None and file is not None and not is_within(file, kept):
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
            raise SourceError.from_os_error(request.name, os_error(found.error))
        if found.interrupted:
            raise Interrupted(request.name, "changed each time it was read")

    def _reply(self, request: NetlinkDump) -> Reply:
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
            return owners_of(told)
        if "/proc" in self._about.get("failed", {}):
            raise SourceError.from_os_error("/proc", os_error(self._about["failed"]["/proc"]))
        if self._is_complete:
            raise NarrowerCapture("/proc/PID/fd", "owners were not recorded in this snapshot", errno.ENOENT)
        try:
            return self._store.owners()
        except OSError as error:
            raise SourceError.from_os_error("/proc", error) from error

    def process_file(self, pid: int, name: str, *, arguments: bool = False) -> bytes | None:
        """A recorded ``/proc/PID/NAME``, of ``cmdline`` no more than is wanted; None where it was not recorded."""
        path = f"/proc/{pid}/{name}"
        if name == "exe":
            try:
                return os.fsencode(self._store.target(path))
            except (OSError, ValueError):
                pass  # captures keep what it led to
        try:
            content = self._store.read(path)
        except OSError:
            return None
        return content if arguments or name != "cmdline" else capture.first_argument(content)


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
