"""The contents of sources: files and restartable dumps read once a run and shared, streams opened for one reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from netstat_core.errors import NotInKernel, SourceError
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.sources import EITHER, OPTIONAL, REQUIRED, Directory, File, Need, NetlinkDump, Source
from netstat_core.report.ledger import gap_of
from netstat_core.system import System


def absent_sockets(
    needs: Iterable[Need | None], contents: Iterable[Any], reader: Reader, namespace: NetworkNamespace | None
) -> Iterator[Gap]:
    """Gaps for the optional files of sockets that are not there, where that does not tell that there are none."""
    for need, content in zip(needs, contents, strict=True):
        if content is None and need and isinstance(need.source, File) and need.source.inode_column is not None:
            yield Gap(
                *("narrower_capture", need.source.name, "not there"),
                table=reader.table,
                reader=reader.name,
                network_namespace=namespace,
            )


class SourceCache:
    """Opens the sources of feeds on one system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._kept: dict[tuple[type, Source], Any] = {}
        self._flaws: dict[NetlinkDump, list[Gap]] = {}

    def open(self, needs: Sequence[Need | None]) -> tuple[list[Any], list[Gap]]:
        """The content of each source, None for one that is not needed or may be absent, and the gaps that those leave.

        Raises SourceError for a required source, and for the first of those of which one had to be there. A stream's
        first datagram is taken here, so that a refusal shows before anything is parsed.
        """
        contents: list[Any] = []
        gaps = []
        either: list[SourceError] = []
        for need in needs:
            try:
                contents.append(None if need is None else self._content(need.source))
            except SourceError as error:
                if need is None or need.absence == REQUIRED:
                    raise
                contents.append(None)
                either += [error] if need.absence == EITHER else []
                if need.absence != OPTIONAL or not isinstance(error, NotInKernel):
                    gaps.append(gap_of(error))
            else:
                gaps += self._flaws.get(need.source, ()) if need and isinstance(need.source, NetlinkDump) else ()
        if either and len(either) == sum(need is not None and need.absence == EITHER for need in needs):
            raise either[0]
        return contents, gaps

    def _content(self, source: Source) -> Any:
        if isinstance(source, NetlinkDump) and not source.restart:
            return self._stream(source)
        key = (type(source), source)
        if key not in self._kept:
            self._kept[key] = self._read(source)
        kept = self._kept[key]
        if isinstance(kept, SourceError):
            raise kept
        return iter(kept) if isinstance(source, NetlinkDump) else kept

    def _read(self, source: Source) -> Any:
        try:
            if isinstance(source, File):
                return self._system.read(source)
            if isinstance(source, Directory):
                return self._system.read_all(source)
            return self._whole(source)
        except SourceError as error:
            return error

    def _whole(self, request: NetlinkDump) -> list[memoryview | bytes]:
        """All datagrams; an error behind the first keeps those that came, and is a flaw."""
        datagrams: list[memoryview | bytes] = []
        stream = self._stream(request)
        try:
            datagrams.extend(stream)
        except SourceError as error:
            self._flaws[request] = [gap_of(error)]
        return datagrams

    def _stream(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        datagrams = self._system.dump(request)
        try:
            first = next(iter(datagrams), None)
        except SourceError as error:
            if error.errno in request.empty_on:
                return iter(())
            raise
        return iter(()) if first is None else chain((first,), datagrams)
