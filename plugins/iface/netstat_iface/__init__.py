"""Plugin for network interfaces with their counters and addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netstat_core.plugin import Reader, hookimpl

API = 0


@hookimpl
def netstat_readers(tables: Collection[str]) -> Iterable[Reader]:
    """Return the reader of table ``interfaces``; interfaces have no address family, so families do not matter."""
    if tables and "interfaces" not in tables:
        return ()
    from netstat_iface.readers import READERS  # noqa: PLC0415 - loaded only when needed

    return READERS
