"""rtnetlink messages and their attributes: struct nlmsghdr and rtattr of linux/netlink.h and linux/rtnetlink.h."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from netstat_core import Problem

Datagrams = Iterable["memoryview | bytes"]

_HEADER = 16
_ATTRIBUTE = 4
_LONGEST_NUMBER = 8
_TYPE = 0x3FFF
"""The two bits above tell of nesting and of network order."""


class Message(NamedTuple):
    """One message: the datagram it is in, and where it starts and ends there."""

    datagram: memoryview | bytes
    start: int
    end: int


@cache
def _unpacker(order: str, form: str) -> struct.Struct:
    return struct.Struct(order + form)


def messages(source: str, datagrams: Datagrams, kind: int, least: int, order: str) -> Iterator[Message | Problem]:
    """The messages of one kind, ``least`` bytes long at least, others left out.

    A message that is cut off ends its datagram with a problem.
    """
    header = _unpacker(order, "IH").unpack_from
    for datagram in datagrams:
        start, size = 0, len(datagram)
        while start < size:
            length, found = header(datagram, start) if size - start >= _HEADER else (0, 0)
            if length < _HEADER or start + length > size or (found == kind and length < least):
                yield Problem(source, "a message is cut off", bytes(datagram[start : start + least]))
                break
            if found == kind:
                yield Message(datagram, start, start + length)
            start += length + 3 & ~3


def each_attribute(raw: memoryview | bytes, start: int, end: int, order: str) -> list[tuple[int, tuple[int, int]]]:
    """Type of each attribute, and place and size of what it holds; stops at one that does not fit."""
    unpack = _unpacker(order, "HH").unpack_from
    found = []
    last = end - _ATTRIBUTE
    while start <= last:
        length, kind = unpack(raw, start)
        if length < _ATTRIBUTE or start + length > end:
            break
        found.append((kind & _TYPE, (start + _ATTRIBUTE, length - _ATTRIBUTE)))
        start += length + 3 & ~3
    return found


class Attributes:
    """The attributes of a message, or nested in one, by type."""

    __slots__ = ("_order", "_places", "_raw")

    def __init__(self, raw: memoryview | bytes, start: int, end: int, order: str) -> None:
        self._raw = raw
        self._order = order
        self._places = dict(each_attribute(raw, start, end, order))

    def __contains__(self, kind: int) -> bool:
        return kind in self._places

    def raw(self, kind: int) -> bytes:
        """An attribute's bytes; none where it is missing."""
        at, size = self._places.get(kind, (0, 0))
        return bytes(self._raw[at : at + size])

    def text(self, kind: int) -> bytes | None:
        """An attribute's bytes up to the final NUL; None where it is missing or empty."""
        return self.raw(kind).rstrip(b"\0") or None

    def number(self, kind: int) -> int | None:
        """An attribute's number, unsigned, in one to eight bytes; None where it is missing or something else."""
        at, size = self._places.get(kind, (0, 0))
        if not 0 < size <= _LONGEST_NUMBER:
            return None
        return int.from_bytes(self._raw[at : at + size], "little" if self._order == "<" else "big")

    def numbers(self, kind: int, form: str) -> tuple[int, ...]:
        """As many numbers as an attribute holds, each in a struct format."""
        at, size = self._places.get(kind, (0, 0))
        count = size // struct.calcsize("=" + form)
        return _unpacker(self._order, f"{count}{form}").unpack_from(self._raw, at)

    def nest(self, kind: int) -> Attributes:
        """The attributes inside an attribute; none where it is missing."""
        at, size = self._places.get(kind, (0, 0))
        return Attributes(self._raw, at, at + size, self._order)

    def texts(self, outer: int, inner: int) -> list[bytes]:
        """The texts of all attributes of one type inside an attribute."""
        at, size = self._places.get(outer, (0, 0))
        each = each_attribute(self._raw, at, at + size, self._order)
        return [bytes(self._raw[place : place + many]).rstrip(b"\0") for kind, (place, many) in each if kind == inner]
