"""Protocol statistics, as ``netstat -s`` shows them and beyond, and the memory of sockets."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netstat_core.plugin import Reader, hookimpl

API = 0

TABLES = frozenset({"statistics", "memory"})


@hookimpl
def netstat_readers(tables: Collection[str]) -> Iterable[Reader]:
    """Return the readers of ``statistics`` and ``memory``, or nothing if neither is asked for."""
    if tables and not TABLES.intersection(tables):
        return ()
    from netstat_snmp.readers import READERS  # noqa: PLC0415 - loaded only when asked for

    return READERS
