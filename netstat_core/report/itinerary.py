"""Where a report is read: one system, or one for each of a machine's network namespaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import NamedTuple

from netstat_core.errors import UsageError
from netstat_core.host.discovery import Offer
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.query import Query
from netstat_core.report.source_cache import Contents
from netstat_core.system import System
from netstat_core.system.capture import Owners


class Place:
    """A system, and what was read of it so far."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.contents = Contents(system)

    @property
    def namespace(self) -> NetworkNamespace | None:
        """The network namespace that is read here."""
        return self.system.namespace


class Entered(NamedTuple):
    """What follows in a report is of this namespace, to the next such event."""

    namespace: NetworkNamespace | None


@contextmanager
def opened(query: Query, system: System, owners: Owners | None) -> Iterator[tuple[list[System], list[Gap]]]:
    """The systems a query asks for, and gaps for namespaces that cannot be read.

    Raises UsageError for what is no selector, and where there is nothing to select from.
    """
    if not query.is_for_namespaces:
        yield [system], []
        return
    from netstat_core.system import namespaces  # noqa: PLC0415 - most runs stay where they are
    from netstat_core.system.live import LiveSystem  # noqa: PLC0415
    from netstat_core.system.snapshot import SnapshotSystem  # noqa: PLC0415

    if isinstance(system, LiveSystem):
        with namespaces.opened(query, system, owners) as found:
            yield [one for one in found if not isinstance(one, Gap)], [one for one in found if isinstance(one, Gap)]
    elif isinstance(system, SnapshotSystem):
        recorded = namespaces.recorded(query, system)
        yield [one for one in recorded if not isinstance(one, Gap)], [one for one in recorded if isinstance(one, Gap)]
    else:
        raise UsageError("this system has no network namespaces but one")


def itinerary(systems: Sequence[System], offers: Sequence[Offer], *, by_table: bool) -> Iterator[tuple[Place, Offer]]:
    """In which order readers are read where: one place after the other, or each table in all places."""
    if not by_table:
        for place in map(Place, systems):
            yield from ((place, offer) for offer in offers)
        return
    places = [Place(system) for system in systems]
    for _, group in groupby(offers, lambda offer: offer.reader.table):
        together = list(group)
        yield from ((place, offer) for place in places for offer in together)
