"""In which order what is read where: a reader after the other, in one place or in several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from netstat_core.plugin.records import NetworkNamespace
from netstat_core.report.selection import Prepared
from netstat_core.report.source_cache import SourceCache
from netstat_core.system import System


class Place:
    """A system, and what was read of it so far."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.sources = SourceCache(system)

    @property
    def namespace(self) -> NetworkNamespace | None:
        """The network namespace that is read here."""
        return self.system.namespace


def itinerary(
    systems: Sequence[System], readers: Sequence[Prepared], *, by_place: bool
) -> Iterator[tuple[Place, Prepared]]:
    """Where each reader is read: all in one place after the other, or each table in all places."""
    if by_place:
        for number, place in enumerate(map(Place, systems)):
            yield from ((place, reader) for reader in readers if _is_due(reader, number))
        return
    places = [Place(system) for system in systems]
    for _, group in groupby(readers, lambda prepared: prepared.offer.reader.table):
        together = list(group)
        yield from ((place, each) for number, place in enumerate(places) for each in together if _is_due(each, number))


def _is_due(prepared: Prepared, number: int) -> bool:
    """Whether a reader is read in a place: what is of the machine is read in the first one only."""
    return not number or prepared.offer.reader.per_namespace
