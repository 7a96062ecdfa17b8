"""Multicast memberships (``groups``) and multicast routing (``multicast_routes``)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netstat_core.plugin import Reader, hookimpl

API = 0

FAMILIES = ("inet", "inet6")
TABLES = ("groups", "multicast_routes")


@hookimpl
def netstat_readers(tables: Collection[str], families: Collection[str]) -> Iterable[Reader]:
    """Return the readers of ``groups`` and ``multicast_routes``, or nothing if neither is asked for."""
    if (tables and not set(TABLES) & set(tables)) or (families and not set(FAMILIES) & set(families)):
        return ()
    from netstat_igmp.readers import READERS  # noqa: PLC0415 - loaded only when asked for

    return READERS
