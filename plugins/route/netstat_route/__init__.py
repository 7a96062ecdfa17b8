"""Routes and neighbours: IPv4 and IPv6, from rtnetlink and from /proc/net."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netstat_core.plugin import Reader, hookimpl

API = 0

FAMILIES = ("inet", "inet6")


@hookimpl
def netstat_readers(tables: Collection[str], families: Collection[str]) -> Iterable[Reader]:
    """The readers of tables ``routes``, ``route_cache`` and ``neighbours``."""
    if families and not set(FAMILIES) & set(families):
        return ()
    found: list[Reader] = []
    if not tables or {"routes", "route_cache"} & set(tables):
        from netstat_route.readers import READERS  # noqa: PLC0415 - nothing is loaded before it is asked for

        found += READERS
    if not tables or "neighbours" in tables:
        from netstat_route.netlink_neighbour import READER  # noqa: PLC0415

        found.append(READER)
    return found
