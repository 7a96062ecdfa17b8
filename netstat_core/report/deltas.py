"""Changes between two reports: what a reader's records did meanwhile, as records of their own kind."""

from __future__ import annotations

import time

from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace, Record, inode_of


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
