"""Tracked and translated connections (``masquerade``)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netstat_core.plugin import Reader, hookimpl

API = 0

FAMILIES = ("inet", "inet6")


@hookimpl
def netstat_readers(tables: Collection[str], families: Collection[str]) -> Iterable[Reader]:
    """Return the reader of ``masquerade``, or nothing if it is not asked for."""
    if (tables and "masquerade" not in tables) or (families and not set(FAMILIES) & set(families)):
        return ()
    from netstat_masq.readers import READERS  # noqa: PLC0415 - loaded only when asked for

    return READERS
