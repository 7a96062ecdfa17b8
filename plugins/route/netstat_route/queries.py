"""What a query means for routes: which display, which tables."""

from __future__ import annotations

from netstat_core.plugin import NETLINK_ROUTE, Asked, NetlinkDump, Refused, Trait
from netstat_route.words import RT_TABLE_MAIN, TABLES

OPENED = Trait("opened")
"""Yielded first by every parser: without it there is nothing to put a heading over."""

# linux/rtnetlink.h
RTM_GETNEXTHOP = 106

NEXT_HOPS = NetlinkDump("route/next_hops", protocol=NETLINK_ROUTE, type=RTM_GETNEXTHOP, body=bytes(8), restart=True)
"""All next-hop objects: Linux 5.3 and later."""

CACHE = "route_cache"
"""The table of cached routes."""

ALL = 0
"""In the place of a table's number: all of them."""

_NUMBERS = {name: number for number, name in TABLES.items()}
_MOST = 0xFFFFFFFF


def default_table(family: str, asked: Asked) -> int:
    """The table whose routes /proc shows: all of them for IPv6. Default routes are looked for in main alone."""
    return RT_TABLE_MAIN if family == "inet" or asked.default_routes else ALL


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
    return table_number(asked, RT_TABLE_MAIN) in (ALL, RT_TABLE_MAIN)


def misses_tables(asked: Asked) -> bool:
    """Whether other tables than main are asked for."""
    return table_number(asked, RT_TABLE_MAIN) != RT_TABLE_MAIN
