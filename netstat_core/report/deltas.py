"""Changes between two reports: what a reader's records did meanwhile, as records of their own kind."""

from __future__ import annotations

import time
from collections.abc import Sequence

from netstat_core.errors import UsageError
from netstat_core.host.plugins import Offer
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace, Record, inode_of
from netstat_core.query import Query


class Deltas:
    """Keeps what each reader saw last, and turns the next records into the changes since."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, int | None], tuple[float, list[Record]]] = {}

    def since(self, reader: Reader, records: list[Record], namespace: NetworkNamespace | None) -> list[Record] | None:
        """The changes since the records seen before in this namespace; None where there are none to tell yet."""
        now = time.monotonic()
        seen = (reader.name, inode_of(namespace))
        before = self._before.get(seen)
        self._before[seen] = (now, records)
        if before is None or reader.change is None:
            return None
        return reader.change.compute(before[1], records, now - before[0])


def comparable(query: Query, deltas: Deltas | None, offers: Sequence[Offer]) -> list[Offer]:
    """The readers whose records can be compared, where that is asked for, else all.

    Raises UsageError where changes are asked for and cannot be told. A reader of others that has none is left out
    beside readers that have.
    """
    if not query.delta:
        return list(offers)
    if deltas is None:
        raise UsageError("a single report has nothing to compare its counters with", field="delta")
    counting = {offer.reader.table for offer in offers if offer.reader.change}
    for reader, plugin in offers:
        if reader.change is None and (plugin.is_own or reader.table not in counting):
            raise UsageError(f"table {reader.table} has no counters to compare", field="delta")
    return [offer for offer in offers if offer.reader.change]
