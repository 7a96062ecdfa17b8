"""Plugin for UNIX domain sockets, from /proc/net/unix and unix_diag."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netstat_core.plugin import Reader, hookimpl

API = 0


@hookimpl
def netstat_readers(tables: Collection[str], families: Collection[str]) -> Iterable[Reader]:
    """Return the reader of UNIX sockets, in table ``sockets``, unless the query excludes it."""
    if (tables and "sockets" not in tables) or (families and "unix" not in families):
        return ()
    from netstat_unix.readers import READERS  # noqa: PLC0415 - loaded only when needed

    return READERS
