"""UNIX domain sockets."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netstat_core.plugin import Reader, hookimpl

API = 0


@hookimpl
def netstat_readers(tables: Collection[str], families: Collection[str]) -> Iterable[Reader]:
    """The reader of UNIX sockets, in table ``sockets``."""
    if (tables and "sockets" not in tables) or (families and "unix" not in families):
        return ()
    from netstat_unix.readers import READERS  # noqa: PLC0415 - nothing is loaded before it is asked for

    return READERS
