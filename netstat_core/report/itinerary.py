"""The order in which readers are read in several network namespaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from netstat_core.plugin.records import NetworkNamespace
from netstat_core.report.selection import Prepared
from netstat_core.report.source_cache import SourceCache
from netstat_core.system import System


class Place:
    """A system and the cache of its sources."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.sources = SourceCache(system)

    @property
    def namespace(self) -> NetworkNamespace | None:
        """The network namespace that the system reads."""
        return self.system.namespace


def itinerary(
    systems: Sequence[System], readers: Sequence[Prepared], *, by_place: bool
) -> Iterator[tuple[Place, Prepared]]:
    """Yield each reader with the place to read it in: place by place with ``by_place``, else table by table."""
    if by_place:
        for number, place in enumerate(map(Place, systems)):
            yield from ((place, reader) for reader in readers if _is_due(reader, number))
        return
    places = [Place(system) for system in systems]
    for _, group in groupby(readers, lambda prepared: prepared.offer.reader.table):
        together = list(group)
        yield from (
            (place, reader) for number, place in enumerate(places) for reader in together if _is_due(reader, number)
        )


def _is_due(prepared: Prepared, number: int) -> bool:
    """True if a reader is read in the place of this number: readers of the whole machine in the first place only."""
    return not number or prepared.offer.reader.per_namespace
