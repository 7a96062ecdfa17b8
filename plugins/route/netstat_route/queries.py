"""Routing tables that a query asks for, and inputs and traits that several modules share."""

from __future__ import annotations

from netstat_core.plugin import NETLINK_ROUTE, Asked, NetlinkDump, Refused, Trait
from netstat_route.words import RT_TABLE_MAIN, TABLES

OPENED = Trait("opened")
"""Trait that every parser yields once its source is open; headings are shown only with it."""

# linux/rtnetlink.h
RTM_GETNEXTHOP = 106

NEXT_HOPS = NetlinkDump("route/next_hops", protocol=NETLINK_ROUTE, type=RTM_GETNEXTHOP, body=bytes(8), restart=True)
"""Dump of all next-hop objects (Linux 5.3 and later)."""

CACHE = "route_cache"
"""The table of cached routes."""

ALL = 0
"""Table number that stands for all tables."""

_NUMBERS = {name: number for number, name in TABLES.items()}
_MOST = 0xFFFFFFFF


def choose_default_table(family: str, asked: Asked) -> int:
    """Return the number of the table that is shown if none is asked for, as in /proc: main for IPv4, all for IPv6.

    Default routes are read from all tables, since policy rules may prefer those of another one.
    """
    return RT_TABLE_MAIN if family == "inet" and not asked.default_routes else ALL


def find_table_number(asked: Asked, default: int) -> int:
    """Return the number of the table asked for, else ``default``; ALL for ``all``. Raise Refused for a bad name."""
    name = asked.route_table
    if name is None:
        return default
    if name == "all":
        return ALL
    number = int(name) if name.isascii() and name.isdigit() else _NUMBERS.get(name, 0)
    if not ALL < number <= _MOST:
        raise Refused(f"unknown routing table {name!r}; known: all, main, local, default, and numbers")
    return number


def includes_main_table(asked: Asked) -> bool:
    """Whether routes of table main are asked for."""
    return find_table_number(asked, RT_TABLE_MAIN) in (ALL, RT_TABLE_MAIN)


def includes_other_tables(asked: Asked) -> bool:
    """Whether routes of other tables than main are asked for."""
    return find_table_number(asked, RT_TABLE_MAIN) != RT_TABLE_MAIN
