"""Netlink messages and attributes: struct nlmsghdr and nlattr of linux/netlink.h.

Parsers of dumps walk them with this: datagrams in, messages out; messages in, attributes out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TypeVar

from netstat_core.escape import escape
from netstat_core.plugin.asked import About
from netstat_core.plugin.outcomes import Problem
from netstat_core.plugin.sources import Datagrams, NetlinkDump

AF = {"unix": 1, "inet": 2, "inet6": 10}
"""Linux's numbers of address families, as messages and files have them, whatever they are where a snapshot is replayed.

Functions of :mod:`socket` want the numbers of their own system, ``socket.AF_INET6``.
"""

# linux/netlink.h
NETLINK_ROUTE = 0
NETLINK_SOCK_DIAG = 4
NETLINK_NETFILTER = 12

NLMSG_HDRLEN = 16
"""The size of struct nlmsghdr: where a message's own fixed part starts."""

NLA_HDRLEN = 4
"""The size of struct nlattr."""

NLA_TYPE_MASK = 0x3FFF
"""The bits of a type: the two above tell of nesting and of network order."""

# linux/rtnetlink.h
RTM_NEWLINK = 16
RTM_GETLINK = 18

IFINFOMSG_SIZE = 16
"""The size of struct ifinfomsg, the fixed part of messages on links."""

# linux/if_link.h
IFLA_IFNAME = 3

LINKS = NetlinkDump(
    "route/links",
    protocol=NETLINK_ROUTE,
    type=RTM_GETLINK,
    body=bytes(IFINFOMSG_SIZE),
    restart=True,
)
"""All interfaces, where their names are all that is wanted."""

_U32 = 4

Default = TypeVar("Default", int, None)


def align4(length: int) -> int:
    """A length up to where the next message or attribute starts: NLMSG_ALIGN and NLA_ALIGN of linux/netlink.h.

    >>> align4(5)
    8
    """
    return length + 3 & ~3


@cache
def _unpacker(order: str, form: str) -> struct.Struct:
    return struct.Struct(order + form)


def messages(source: str, datagrams: Datagrams, kind: int, least: int, order: str) -> Iterator[bytes | Problem]:
    """The messages of one type with their headers, ``least`` bytes long at least; those of other types are left out.

    A message that is cut off ends its datagram with a problem.
    """
    header = _unpacker(order, "IH").unpack_from
    for datagram in datagrams:
        start, size = 0, len(datagram)
        last = size - NLMSG_HDRLEN
        while start < size:
            length, found = header(datagram, start) if start <= last else (0, 0)
            end = start + length
            if length < NLMSG_HDRLEN or end > size or (found == kind and length < least):
                yield Problem(source, "a message is cut off", bytes(datagram[start : start + least]))
                break
            if found == kind:
                yield bytes(datagram[start:end])
            start += align4(length)


def each_attribute(message: bytes, start: int, order: str, stop: int | None = None) -> list[tuple[int, int, int]]:
    """Type of each attribute from ``start`` on, and where its payload starts and ends; ends at one that does not fit.

    ``stop`` is where the message, or the attribute around these, ends before the bytes do.
    """
    unpack = _unpacker(order, "HH").unpack_from
    found: list[tuple[int, int, int]] = []
    size = len(message) if stop is None else stop
    last = size - NLA_HDRLEN
    while start <= last:
        length, kind = unpack(message, start)
        payload, end = start + NLA_HDRLEN, start + length
        if not payload <= end <= size:
            break
        found.append((kind & NLA_TYPE_MASK, payload, end))
        start += align4(length)
    return found


class Attributes(dict[int, bytes]):
    """Payloads of attributes by type; of one that repeats, the last."""

    __slots__ = ("order",)

    def __init__(self, payloads: Mapping[int, bytes], order: str) -> None:
        super().__init__(payloads)
        self.order = order

    def text(self, kind: int) -> bytes | None:
        """A text up to the NUL that ends it; None where it is missing or empty."""
        return self.get(kind, b"").rstrip(b"\0") or None

    def number(self, kind: int, default: Default, longest: int = _U32) -> int | Default:
        """An unsigned number of ``longest`` bytes at most; the default where it is missing, empty or longer."""
        payload = self.get(kind)
        if not payload or len(payload) > longest:
            return default
        return int.from_bytes(payload, "little" if self.order == "<" else "big")

    def numbers(self, kind: int, form: str) -> tuple[int, ...]:
        """As many numbers as an attribute holds, each in a struct format."""
        payload = self.get(kind, b"")
        count = len(payload) // struct.calcsize("=" + form)
        return _unpacker(self.order, f"{count}{form}").unpack_from(payload)

    def nest(self, kind: int) -> Attributes:
        """The attributes inside an attribute; none where it is missing."""
        return attributes(self[kind], 0, self.order) if kind in self else Attributes({}, self.order)

    def all_of(self, outer: int, inner: int) -> list[bytes]:
        """The payloads of all attributes of one type inside an attribute, which are a list."""
        payload = self.get(outer, b"")
        return [payload[start:end] for kind, start, end in each_attribute(payload, 0, self.order) if kind == inner]


def attributes(message: bytes, start: int, order: str) -> Attributes:
    """The attributes of a message, which start behind its fixed part."""
    return Attributes({kind: message[at:end] for kind, at, end in each_attribute(message, start, order)}, order)


def interface_names(about: About, links: Datagrams | None) -> dict[int, str]:
    """Names of interfaces by index, from the answer to LINKS; whatever is no link is passed over."""
    index_at = _unpacker(about.order, "20xi").unpack_from
    names: dict[int, str] = {}
    for message in messages(LINKS.name, links or (), RTM_NEWLINK, NLMSG_HDRLEN + IFINFOMSG_SIZE, about.order):
        if not isinstance(message, Problem):
            name = attributes(message, NLMSG_HDRLEN + IFINFOMSG_SIZE, about.order).text(IFLA_IFNAME)
            if name is not None:
                names[index_at(message)[0]] = escape(name)
    return names
