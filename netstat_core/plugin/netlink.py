"""Netlink messages and attributes: struct nlmsghdr and struct nlattr of linux/netlink.h.

For parsers of :class:`NetlinkDump` contents: :func:`messages` splits datagrams, :func:`attributes` decodes what follows
the fixed part of a message.
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
"""Linux's numbers of address families (linux/socket.h), by ``-A`` name, as netlink messages and /proc files have them.

Use these, not ``socket.AF_INET6``: a snapshot may be replayed on a system with other numbers.
"""

# linux/netlink.h
NETLINK_ROUTE = 0
NETLINK_NETFILTER = 12

NLMSG_HDRLEN = 16
"""Size of struct nlmsghdr; the fixed part of a message, such as struct ifinfomsg, starts here."""

NLA_HDRLEN = 4
"""Size of struct nlattr; the payload of an attribute follows it."""

NLA_TYPE_MASK = 0x3FFF
"""Mask of nla_type: the two higher bits are the flags NLA_F_NESTED and NLA_F_NET_BYTEORDER."""

# linux/rtnetlink.h
RTM_NEWLINK = 16
RTM_GETLINK = 18

IFINFOMSG_SIZE = 16
"""Size of struct ifinfomsg, the fixed part of RTM_GETLINK and RTM_NEWLINK messages."""

# linux/if_link.h
IFLA_IFNAME = 3

LINKS = NetlinkDump(
    "route/links",
    protocol=NETLINK_ROUTE,
    type=RTM_GETLINK,
    body=bytes(IFINFOMSG_SIZE),
    restart=True,
)
"""Input with all interfaces, for :func:`interface_names`: netlink gives interface indexes instead of names."""

_U32 = 4

Default = TypeVar("Default", int, None)


def align4(length: int) -> int:
    """Round a length up to a multiple of 4, where the next message or attribute starts (NLMSG_ALIGN, NLA_ALIGN).

    >>> align4(5)
    8
    """
    return length + 3 & ~3


@cache
def _unpacker(order: str, form: str) -> struct.Struct:
    return struct.Struct(order + form)


def messages(source: str, datagrams: Datagrams, kind: int, least: int, order: str) -> Iterator[bytes | Problem]:
    """Yield the messages of type ``kind`` in the datagrams of a dump, header included; skip those of other types.

    ``source`` is the input's ``name``, for problems. ``least`` is the minimum length: NLMSG_HDRLEN plus the size of the
    fixed part. ``order`` is ``about.order``. A truncated or shorter message yields a :class:`Problem`; the rest of its
    datagram is skipped.
    """
    header = _unpacker(order, "IH").unpack_from
    for datagram in datagrams:
        start, size = 0, len(datagram)
        last = size - NLMSG_HDRLEN
        while start < size:
            length, message_type = header(datagram, start) if start <= last else (0, 0)
            end = start + length
            if length < NLMSG_HDRLEN or end > size or (message_type == kind and length < least):
                yield Problem(source, "a message is cut off", bytes(datagram[start : start + least]))
                break
            if message_type == kind:
                yield bytes(datagram[start:end])
            start += align4(length)


# Two attributes of RTM_NEWLINK, little-endian. Each starts with struct nlattr: nla_len (u16), nla_type (u16). nla_len
# counts this header, but not the padding to 4 bytes, here one byte after "lo\0":
#   07 00 03 00 6c 6f 00 00    nla_len 7, IFLA_IFNAME "lo"
#   08 00 0d 00 e8 03 00 00    nla_len 8, IFLA_TXQLEN 1000
def each_attribute(message: bytes, start: int, order: str, stop: int | None = None) -> list[tuple[int, int, int]]:
    """Return type, payload start and payload end of each attribute from offset ``start`` on, without copying payloads.

    ``order`` is ``about.order``. ``stop`` is the end of the enclosing message or attribute, by default the end of
    ``message``. Stops silently at an attribute that does not fit.
    """
    unpack = _unpacker(order, "HH").unpack_from
    places: list[tuple[int, int, int]] = []
    size = len(message) if stop is None else stop
    last = size - NLA_HDRLEN
    while start <= last:
        length, kind = unpack(message, start)
        payload, end = start + NLA_HDRLEN, start + length
        if not payload <= end <= size:
            break
        places.append((kind & NLA_TYPE_MASK, payload, end))
        start += align4(length)
    return places


class Attributes(dict[int, bytes]):
    """Payloads of netlink attributes by type; the last one if a type repeats. Created by :func:`attributes`."""

    __slots__ = ("order",)

    def __init__(self, payloads: Mapping[int, bytes], order: str) -> None:
        super().__init__(payloads)
        self.order = order

    def text(self, kind: int) -> bytes | None:
        """Return the bytes of a string attribute without trailing NULs; None if it is missing or empty."""
        return self.get(kind, b"").rstrip(b"\0") or None

    def number(self, kind: int, default: Default, longest: int = _U32) -> int | Default:
        """Return an unsigned integer of at most ``longest`` bytes; ``default`` if it is missing, empty or longer."""
        payload = self.get(kind)
        if not payload or len(payload) > longest:
            return default
        return int.from_bytes(payload, "little" if self.order == "<" else "big")

    def numbers(self, kind: int, form: str) -> tuple[int, ...]:
        """Return the array in an attribute; ``form`` is the :mod:`struct` format of one number, such as ``I``."""
        payload = self.get(kind, b"")
        count = len(payload) // struct.calcsize("=" + form)
        return _unpacker(self.order, f"{count}{form}").unpack_from(payload)

    def nest(self, kind: int) -> Attributes:
        """Return the attributes nested in an attribute; empty if it is missing."""
        return attributes(self[kind], 0, self.order) if kind in self else Attributes({}, self.order)

    def all_of(self, outer: int, inner: int) -> list[bytes]:
        """Return the payloads of the list in attribute ``outer``: all nested attributes of type ``inner``."""
        payload = self.get(outer, b"")
        return [payload[start:end] for kind, start, end in each_attribute(payload, 0, self.order) if kind == inner]


def attributes(message: bytes, start: int, order: str) -> Attributes:
    """Return the attributes of a message from offset ``start`` on: NLMSG_HDRLEN plus the size of the fixed part."""
    return Attributes({kind: message[at:end] for kind, at, end in each_attribute(message, start, order)}, order)


def interface_names(about: About, links: Datagrams | None, problems: list[Problem] | None = None) -> dict[int, str]:
    """Return interface names by index from the content of :data:`LINKS`; empty if ``links`` is None.

    Problems of the dump are appended to ``problems``, for the parser to yield.
    """
    index_at = _unpacker(about.order, "20xi").unpack_from
    names: dict[int, str] = {}
    for message in messages(LINKS.name, links or (), RTM_NEWLINK, NLMSG_HDRLEN + IFINFOMSG_SIZE, about.order):
        if isinstance(message, Problem):
            if problems is not None:
                problems.append(message)
        else:
            name = attributes(message, NLMSG_HDRLEN + IFINFOMSG_SIZE, about.order).text(IFLA_IFNAME)
            if name is not None:
                names[index_at(message)[0]] = escape(name)
    return names
