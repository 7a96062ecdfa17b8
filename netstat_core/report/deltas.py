"""Changes between two reports of a session, as records of the kind that each reader declares for its changes."""

from __future__ import annotations

import time
from collections.abc import Sequence

from netstat_core.errors import UsageError
from netstat_core.host.plugins import Offer
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace, Record, inode_of
from netstat_core.query import Query


class Deltas:
    """Keeps the last records of each reader and network namespace, and computes the changes to the next ones."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, int | None], tuple[float, list[Record]]] = {}

    def compute_changes(
        self, reader: Reader, records: list[Record], namespace: NetworkNamespace | None
    ) -> list[Record] | None:
        """Return the changes since the previous call for this reader and namespace, None on the first call."""
        now = time.monotonic()
        seen = (reader.name, inode_of(namespace))
        before = self._before.get(seen)
        self._before[seen] = (now, records)
        if before is None or reader.change is None:
            return None
        return reader.change.compute(before[1], records, now - before[0])


def select_comparable(query: Query, deltas: Deltas | None, offers: Sequence[Offer]) -> list[Offer]:
    """Return the offers whose readers declare changes if the query has ``delta``, else all offers.

    Raises UsageError if ``deltas`` is None or a table has no counters. A plugin's reader without changes is skipped if
    another reader of its table has them.
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
