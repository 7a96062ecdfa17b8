"""Messages of rtnetlink and their attributes (linux/netlink.h, linux/rtnetlink.h)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from netstat_core import About, Problem, SourceError, escape

Datagrams = Iterable["memoryview | bytes"]

NEW_LINK, NEW_ROUTE = 16, 24
_LINK_HEADER = 16
_LINK_NAME = 3
_HEADER = 16
_ATTRIBUTE = 4
_TYPE = 0x3FFF
"""Without the bits that say how the payload is made."""


class Message:
    """One message: its type, the family in its first byte, its fixed part and attributes.

    Of an attribute that repeats, the last counts.
    """

    def __init__(self, kind: int, payload: bytes, fixed: int, order: str) -> None:
        self.kind = kind
        self.family = payload[0]
        self.fixed = payload[:fixed]
        self.attributes = dict(each_attribute(payload[fixed:], order))


def messages(source: str, datagrams: Datagrams, fixed: int, order: str) -> Iterator[Message | Problem]:
    """The messages of a dump whose fixed part has ``fixed`` bytes; a broken one ends its datagram with a problem."""
    header = struct.Struct(f"{order}IH")
    for datagram in datagrams:
        start = 0
        while start < len(datagram):
            raw = bytes(datagram[start:])
            length, kind = header.unpack_from(raw) if len(raw) >= _HEADER else (0, 0)
            if not _HEADER + fixed <= length <= len(raw):
                yield Problem(source, "a message is cut off", raw[:_HEADER])
                break
            yield Message(kind, raw[_HEADER:length], fixed, order)
            start += length + 3 & ~3


def each_attribute(payload: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Type and content of each attribute in turn; stops at one that does not fit."""
    header = struct.Struct(f"{order}HH")
    start = 0
    while start + _ATTRIBUTE <= len(payload):
        length, kind = header.unpack_from(payload, start)
        if not _ATTRIBUTE <= length <= len(payload) - start:
            break
        yield kind & _TYPE, payload[start + _ATTRIBUTE : start + length]
        start += length + 3 & ~3


def number(content: bytes, order: str) -> int:
    """The unsigned number of at most eight bytes that an attribute holds."""
    return int.from_bytes(content[:8], "little" if order == "<" else "big")


def of_family(family: int, source: str, found: Iterable[Message | Problem]) -> Iterator[Message | Problem]:
    """The messages unchanged while they are of this address family.

    Raises SourceError for one of another: a kernel without multicast routing, or too old to dump it, answers with
    what it has of all families.
    """
    for message in found:
        if isinstance(message, Message) and message.family != family:
            raise SourceError(source, "the kernel does not dump multicast routing")
        yield message


def interface_names(about: About, links: Datagrams | None) -> dict[int, str]:
    """Names of interfaces by index, from the messages of a dump of links."""
    names = {}
    for message in messages("route/links", links or (), _LINK_HEADER, about.order):
        if isinstance(message, Message) and _LINK_NAME in message.attributes:
            (index,) = struct.unpack_from(f"{about.order}4xi", message.fixed)
            names[index] = escape(message.attributes[_LINK_NAME].rstrip(b"\0"))
    return names
