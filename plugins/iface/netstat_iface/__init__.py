"""Network interfaces with their counters, addresses and memberships."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netstat_core.plugin import Reader, hookimpl

API = 0


@hookimpl
def netstat_readers(tables: Collection[str]) -> Iterable[Reader]:
    """The reader of table ``interfaces``; interfaces belong to no address family, so all of them lead here."""
    if tables and "interfaces" not in tables:
        return ()
    from netstat_iface.readers import READERS  # noqa: PLC0415 - nothing is loaded before it is asked for

    return READERS
