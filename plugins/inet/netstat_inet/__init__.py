"""Internet sockets: tcp, udp, udplite, raw, icmp (ping) and sctp over IPv4 and IPv6."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netstat_core.plugin import Reader, hookimpl

API = 0

FAMILIES = ("inet", "inet6")


@hookimpl
def netstat_readers(tables: Collection[str], families: Collection[str]) -> Iterable[Reader]:
    """Return the readers of table ``sockets``, one for each protocol, unless the query excludes them."""
    if (tables and "sockets" not in tables) or (families and not set(FAMILIES) & set(families)):
        return ()
    from netstat_inet.readers import READERS  # noqa: PLC0415 - loaded only when needed

    return READERS
