"""RTM_NEWLINK and RTM_NEWADDR messages as a kernel sends them, built from values, and how they are read and shown."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from netstat_iface import netlink_link
from netstat_iface.net_tools import LAYOUT
from yielded import one_by_one

from netstat_core import Query
from netstat_core.plugin import About, Batch, Gap, Record, Style, Trait
from netstat_core.report.names import Names
from netstat_core.report.selection import asked_of

if TYPE_CHECKING:
    from collections.abc import Iterable

QUERY = Query(tables=("interfaces",))
RTM_NEWLINK = 16
RTM_NEWADDR = 20
ADDRESS, BROADCAST, NAME, MTU, LINK, STATS, MASTER, QUEUE, MAP = 1, 2, 3, 4, 5, 7, 10, 13, 14
STATE, INFO, DESCRIPTION, STATS64, NAMESPACE, PROPERTIES, ALTERNATIVE = 16, 18, 20, 23, 37, 52, 53


def attribute(kind: int, payload: bytes, order: str = "=") -> bytes:
    """Return a netlink attribute, padded to four bytes."""
    return struct.pack(f"{order}HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def number(kind: int, value: int, order: str = "=", form: str = "I") -> bytes:
    """Return an attribute that holds one number."""
    return attribute(kind, struct.pack(order + form, value), order)


def text(kind: int, value: bytes, order: str = "=") -> bytes:
    """Return an attribute that holds a text with its final NUL."""
    return attribute(kind, value + b"\0", order)


def message(kind: int, body: bytes, order: str = "=") -> bytes:
    """Return a netlink message, padded to four bytes."""
    return struct.pack(f"{order}IHHII", 16 + len(body), kind, 2, 1, 1) + body + bytes(-len(body) % 4)


def link(
    name: bytes, *attributes: bytes, index: int = 2, kind: int = 1, flags: int = 0x1003, order: str = "="
) -> bytes:
    """Return the message of an interface."""
    body = struct.pack(f"{order}BxHiII", 0, kind, index, flags, 0) + text(NAME, name, order) + b"".join(attributes)
    return message(RTM_NEWLINK, body, order)


def counters(*values: int, order: str = "=") -> bytes:
    """Return the attribute with the first 64-bit counters, the others 0."""
    return attribute(STATS64, struct.pack(f"{order}25Q", *values, *[0] * (25 - len(values))), order)


def address(index: int, family: int, prefix: int, *attributes: bytes, scope: int = 0, order: str = "=") -> bytes:
    """Return the message of an address."""
    body = struct.pack(f"{order}BBBBI", family, prefix, 0, scope, index) + b"".join(attributes)
    return message(RTM_NEWADDR, body, order)


def read(links_: Iterable[bytes], owned: Iterable[bytes] = (), *, query: Query = QUERY, order: str = "") -> list[Any]:
    """Return what the netlink feed makes of messages, each a datagram of its own."""
    about = About(asked_of(query), byte_order="big" if order == ">" else "little")
    return list(one_by_one(netlink_link.parse(about, list(links_), list(owned), None)))


def records(links_: Iterable[bytes], owned: Iterable[bytes] = (), **asked: Any) -> list[Record]:
    """Return the records of messages."""
    return [one for one in read(links_, owned, **asked) if isinstance(one, dict)]


def shown(links_: Iterable[bytes], owned: Iterable[bytes] = (), *, extend: int = 0, **asked: Any) -> str:
    """Return the rows of text for messages, as asked for."""
    query = QUERY._replace(**asked)
    pieces = read(links_, owned, query=query)
    traits = {one.name: one.value for one in pieces if isinstance(one, Trait)}
    rule = LAYOUT.shown(query) or bool
    rows = LAYOUT.rows(Style(query, extend=extend), Names(), traits)
    return rows(Batch(one for one in pieces if isinstance(one, dict) and rule(one)))


def absent(pieces: Iterable[Any]) -> list[str]:
    """Return the interfaces that were asked for and do not exist."""
    return [one.source for one in pieces if isinstance(one, Gap)]
