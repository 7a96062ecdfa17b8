"""What a query means for routes: which display, which tables."""

from __future__ import annotations

from netstat_core.plugin import Asked, NetlinkDump, Refused, Trait
from netstat_route.words import TABLES

OPENED = Trait("opened")
"""Yielded first by every parser: without it there is nothing to put a heading over."""

NEXT_HOPS = NetlinkDump("route/next_hops", protocol=0, type=106, body=bytes(8), restart=True)
"""RTM_GETNEXTHOP for all objects: Linux 5.3 and later."""

CACHE = "route_cache"
"""The table of cached routes."""

ALL, MAIN = 0, 254
_NUMBERS = {name: number for number, name in TABLES.items()}
_MOST = 0xFFFFFFFF


def default_table(family: str, asked: Asked) -> int:
    """The table whose routes /proc shows: all of them for IPv6. Default routes are looked for in main alone."""
    return MAIN if family == "inet" or asked.default_routes else ALL


def table_number(asked: Asked, default: int) -> int:
    """The number of the table that is asked for, 0 for all. Raises Refused for what names no table."""
    name = asked.route_table
    if name is None:
        return default
    if name == "all":
        return ALL
    number = int(name) if name.isascii() and name.isdigit() else _NUMBERS.get(name, 0)
    if not ALL < number <= _MOST:
        raise Refused(f"unknown routing table {name!r}; known: all, main, local, default, and numbers")
    return number


def in_main_table(asked: Asked) -> bool:
    """Whether routes of table main are among those asked for."""
    return table_number(asked, MAIN) in (ALL, MAIN)


def misses_tables(asked: Asked) -> bool:
    """Whether other tables than main are asked for."""
    return table_number(asked, MAIN) != MAIN
