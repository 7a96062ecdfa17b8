"""Messages as rtnetlink sends them, made from numbers and bytes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from netstat_core.plugin import About, Asked

if TYPE_CHECKING:
    from collections.abc import Iterable

ROUTE, LINK, NEXT_HOP, NEIGHBOUR = 24, 16, 104, 28
INET, INET6 = 2, 10


def attribute(kind: int, payload: bytes, order: str = "<") -> bytes:
    """Return a struct rtattr with its payload, padded."""
    padding = bytes(-len(payload) % 4)
    return struct.pack(f"{order}HH", len(payload) + 4, kind) + payload + padding


def numbers(*values: int, order: str = "<") -> bytes:
    """Return numbers of four bytes."""
    return struct.pack(f"{order}{len(values)}I", *values)


def message(kind: int, fixed: bytes, attributes: Iterable[bytes] = (), order: str = "<") -> bytes:
    """Return a whole message: header, the fixed part, attributes."""
    body = fixed + b"".join(attributes)
    return struct.pack(f"{order}IHHII", 16 + len(body), kind, 2, 7, 9) + body


def route(*attributes: bytes, order: str = "<", **fields: int) -> bytes:
    """Return an RTM_NEWROUTE with the fields of struct rtmsg by name; table main, type unicast unless said."""
    names = ("family", "length", "source_length", "tos", "table", "protocol", "scope", "type")
    values = {"family": INET, "table": 254, "type": 1, **fields}
    fixed = bytes(values.get(name, 0) for name in names) + numbers(values.get("flags", 0), order=order)
    return message(ROUTE, fixed, attributes, order)


def link(index: int, name: bytes, order: str = "<") -> bytes:
    """Return an RTM_NEWLINK that names an interface."""
    return message(LINK, struct.pack(f"{order}BxHiII", 0, 1, index, 0, 0), [attribute(3, name + b"\0", order)], order)


def next_hop(identity: int, *attributes: bytes, order: str = "<") -> bytes:
    """Return an RTM_NEWNEXTHOP of a next-hop object."""
    return message(NEXT_HOP, bytes(8), [attribute(1, numbers(identity, order=order), order), *attributes], order)


def hop(attributes: bytes, *, index: int, flags: int = 0, weight: int = 1, order: str = "<") -> bytes:
    """Return a struct rtnexthop."""
    return struct.pack(f"{order}HBBi", 8 + len(attributes), flags, weight - 1, index) + attributes


def neighbour(*attributes: bytes, order: str = "<", **fields: int) -> bytes:
    """Return an RTM_NEWNEIGH with the fields of struct ndmsg by name."""
    values = (fields.get(name, 0) for name in ("family", "index", "state", "flags", "type"))
    return message(NEIGHBOUR, struct.pack(f"{order}BxxxiHBB", *values), attributes, order)


def about(order: str = "<", **query: object) -> About:
    """Return what a parser is told, for a query of routes with these fields."""
    asked = Asked(**query)  # type: ignore[arg-type]
    return About(asked, "little" if order == "<" else "big")
