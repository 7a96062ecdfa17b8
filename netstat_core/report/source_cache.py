"""Read sources: files and restartable dumps once a run for all readers, other dumps as a stream for each reader."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

from netstat_core.errors import NotInKernel, SourceError
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.sources import EITHER, OPTIONAL, REQUIRED, Directory, File, Need, NetlinkDump, Sign, Source
from netstat_core.report.ledger import gap_from_error
from netstat_core.system import System

IPV6_FILES = tuple(f"/proc/net/{name}" for name in ("if_inet6", "snmp6", "igmp6", "ipv6_route"))
"""Files of every kernel that has IPv6 in use."""


PROTOCOLS = "/proc/net/protocols"
"""A file with a row for each protocol of the kernel; that of IPv6 is ``TCPv6``."""


class SourceCache:
    """Opens sources on one system, and keeps the contents that readers share.

    Those of a snapshot are read again instead, which gives the same and bounds memory.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._kept: dict[tuple[type, Source], Any] = {}
        self._dump_gaps: dict[NetlinkDump, list[Gap]] = {}

    def open(self, needs: Sequence[Need | None]) -> tuple[list[Any], list[Gap]]:
        """Return the content of each source, None for one that is absent or not needed, and the gaps of absent ones.

        Raises SourceError if a REQUIRED source fails or all EITHER sources do. The first datagram of a stream is
        received here, so a dump that the kernel refuses raises before anything is parsed.
        """
        contents: list[Any] = []
        gaps = []
        either: list[SourceError] = []
        empty = self._find_empty([need for need in needs if need and need.signs])
        for need in needs:
            try:
                contents.append(None if need is None else iter(()) if need in empty else self._open_source(need.source))
            except SourceError as error:
                if need is None or need.absence == REQUIRED:
                    raise
                contents.append(None)
                either += [error.with_traceback(None)] if need.absence == EITHER else []
                if need.absence != OPTIONAL or not isinstance(error, NotInKernel):
                    gaps.append(gap_from_error(error))
            else:
                gaps += self._find_cuts(need.source) if need else ()
        if either and len(either) == sum(need is not None and need.absence == EITHER for need in needs):
            raise either[0]
        return contents, gaps

    def _find_cuts(self, source: Source) -> Sequence[Gap]:
        """Return the gaps for what was left out of a source that was opened."""
        if isinstance(source, NetlinkDump):
            return self._dump_gaps.get(source, ())
        cut = self._system.find_cut(source)
        return [gap_from_error(cut).replace(reason="truncated")] if cut else ()

    def find_absent_sockets(self, needs: Iterable[Need | None], contents: Iterable[Any]) -> tuple[list[Gap], list[Gap]]:
        """Return gaps for the optional socket files that are absent: those that are missing, and those that may be.

        For systems other than a mounted /proc, where absence proves nothing. A file of IPv6 is missing if others show
        that IPv6 is in use, and it is not if the kernel has none. Files that no kernel is known to have do not declare
        where their inodes stand, so they are not missed.
        """
        missing: list[Gap] = []
        unproven: list[Gap] = []
        for need, content in zip(needs, contents, strict=True):
            if content is not None or not need or not isinstance(need.source, File) or need.source.inode_column is None:
                continue
            path = need.source.path
            is_ipv6 = path.endswith("6")
            if is_ipv6 and (shown := self._find_ipv6()):
                missing.append(Gap("not_in_kernel", path, f"not there, although {shown} is"))
            elif not is_ipv6 or not self._lacks_ipv6():
                unproven.append(Gap("narrower_capture", path, "not there"))
        return missing, unproven

    def _find_ipv6(self) -> str | None:
        """Return a file that shows that IPv6 is in use, None if there is none."""
        return next((path for path in IPV6_FILES if self._is_there(File(path))), None)

    def _lacks_ipv6(self) -> bool:
        """Return whether the kernel's list of protocols shows that it has no IPv6."""
        try:
            return b"TCPv6" not in self._open_source(File(PROTOCOLS))
        except SourceError:
            return False

    def _is_there(self, file: File) -> bool:
        try:
            self._open_source(file)
        except SourceError:
            return False
        return True

    def _find_empty(self, needs: list[Need]) -> list[Need]:
        """Return those of some needs whose signs all show that they are empty.

        All first signs are read before the second ones, so that one which needs share is read behind the others.
        """
        for place in range(max((len(need.signs) for need in needs), default=0)):
            needs = [need for need in needs if place >= len(need.signs) or self._shows_none(need.signs[place])]
        return needs

    def _shows_none(self, sign: Sign) -> bool:
        """Return whether the file of a sign is whole and shows that a dump is empty."""
        try:
            content = self._open_source(sign.file)
        except SourceError:
            return False
        return sign.shows_none(content) and self._system.find_cut(sign.file) is None

    def _open_source(self, source: Source) -> Any:
        if isinstance(source, NetlinkDump) and not source.restart:
            return self._open_stream(source)
        key = (type(source), source)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._read(source)
            if self._system.machine.live:
                self._kept[key] = kept
        if isinstance(kept, SourceError):
            try:
                raise kept
            finally:
                del kept  # its traceback refers to this frame
        return iter(kept) if isinstance(source, NetlinkDump) else kept

    def _read(self, source: Source) -> Any:
        try:
            if isinstance(source, File):
                return self._system.read(source)
            if isinstance(source, Directory):
                return self._system.read_all(source)
            return self._receive_all(source)
        except SourceError as error:
            return error

    def _receive_all(self, request: NetlinkDump) -> Iterable[memoryview | bytes]:
        """Return all datagrams of a dump; an error after the first datagram keeps the others and becomes a gap."""
        if not self._system.machine.live:
            return self._replay(request)
        datagrams: list[memoryview | bytes] = []
        stream = self._open_stream(request)
        try:
            datagrams.extend(stream)
        except SourceError as error:
            self._dump_gaps[request] = [gap_from_error(error)]
        return datagrams

    def _replay(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """Return all datagrams of a recorded dump without keeping them."""
        self._dump_gaps.pop(request, None)
        try:
            deque(self._open_stream(request), 0)
        except SourceError as error:
            if next(self._until_error(request), None) is None:
                raise
            self._dump_gaps[request] = [gap_from_error(error)]
        return self._until_error(request)

    def _until_error(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        with suppress(SourceError):
            yield from self._system.dump(request)

    def _open_stream(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        datagrams = self._system.dump(request)
        try:
            first = next(iter(datagrams), None)
        except SourceError as error:
            if error.errno in request.empty_on:
                return iter(())
            raise
        return iter(()) if first is None else chain((first,), datagrams)
