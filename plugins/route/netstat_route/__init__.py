"""Plugin for IPv4 and IPv6 routes, policy rules and neighbours, from rtnetlink and /proc/net."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netstat_core.plugin import Reader, hookimpl

API = 0

FAMILIES = ("inet", "inet6")


@hookimpl
def netstat_readers(tables: Collection[str], families: Collection[str]) -> Iterable[Reader]:
    """Return the readers of ``routes``, ``route_cache``, ``rules`` and ``neighbours`` that the query selects."""
    if families and not set(FAMILIES) & set(families):
        return ()
    readers: list[Reader] = []
    if not tables or {"routes", "route_cache"} & set(tables):
        from netstat_route.readers import READERS  # noqa: PLC0415 - loaded only when needed

        readers += READERS
    if not tables or "rules" in tables:
        from netstat_route.netlink_rule import READERS as RULES  # noqa: PLC0415

        readers += RULES
    if not tables or "neighbours" in tables:
        from netstat_route.netlink_neighbour import READER  # noqa: PLC0415

        readers.append(READER)
    return readers
