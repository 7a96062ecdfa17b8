"""Fast reading of netlink messages whose attributes are at the same offsets.

The messages of a dump differ in their values, but hardly in their attributes. The shape of a message, that is the
offsets of its attributes, is found once and cached with a mask over all attribute headers. For another message of the
same length, one comparison shows whether it has the same shape, and one unpacking reads all values.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from netstat_core.plugin import NLA_HDRLEN, align4, each_attribute

Path = tuple[int, ...]
"""The types of nested attributes, from the outermost to the one that is read."""

Values = tuple[Any, ...]

_MOST_SHAPES = 256
"""Largest number of cached shapes. A kernel makes a few dozen; more are found only in fabricated snapshots."""


class Shapes:
    """Reads values from messages, in the order of ``formats``; a value that a message lacks is None.

    Each mapping in ``formats`` gives the paths at which a value may be, and the struct format for each path. An
    attribute of another size is ignored. All values are big-endian. ``fixed`` is the size of the headers before the
    attributes, and ``order`` the struct prefix for the byte order of attribute headers.
    """

    def __init__(self, formats: tuple[Mapping[Path, str], ...], fixed: int, order: str) -> None:
        self._places = {path: (place, form) for place, paths in enumerate(formats) for path, form in paths.items()}
        self._nests = {path[:depth] for path in self._places for depth in range(1, len(path))}
        self._count = len(formats)
        self._fixed = fixed
        self._order = order
        self._kept: dict[int, list[tuple[int, int, Callable[..., Values], Callable[[Values], Values]]]] = {}
        self._number = 0

    def values(self, datagram: memoryview | bytes, start: int, length: int) -> Values:
        """Return the values of the message of ``length`` bytes at offset ``start``."""
        bits = int.from_bytes(datagram[start : start + length], "big")
        for mask, headers, unpack, pick in self._kept.get(length, ()):
            if bits & mask == headers:
                return pick((*unpack(datagram, start), None))
        message = bytes(datagram[start : start + length])
        mask, unpack, pick = self._learn(message)
        if self._number < _MOST_SHAPES:
            self._number += 1
            self._kept.setdefault(length, []).append((mask, bits & mask, unpack, pick))
        return pick((*unpack(message, 0), None))

    def _learn(self, message: bytes) -> tuple[int, Callable[..., Values], Callable[[Values], Values]]:
        """Return the mask, a function that unpacks the values, and one that puts them into the order of ``formats``."""
        mask = bytearray(len(message))
        places: dict[int, tuple[int, str]] = {}
        for path, start, size in self._walk(message, self._fixed, len(message), ()):
            mask[start - NLA_HDRLEN : start] = b"\xff" * NLA_HDRLEN
            place, form = self._places.get(path, (0, ""))
            if form and struct.calcsize(f">{form}") == size:
                places[place] = (start, form)
        formats, end = ">", 0
        in_order = sorted(places, key=places.__getitem__)
        for start, form in (places[place] for place in in_order):
            formats += f"{start - end}x{form}"
            end = start + struct.calcsize(f">{form}")
        indexes = [in_order.index(place) if place in places else -1 for place in range(self._count)]
        return int.from_bytes(mask, "big"), struct.Struct(formats).unpack_from, itemgetter(*indexes)

    def _walk(self, message: bytes, start: int, end: int, above: Path) -> Iterator[tuple[Path, int, int]]:
        """Yield path, start and size of every attribute; an invalid header has an empty path."""
        for kind, at, stop in each_attribute(message, start, self._order, end):
            path = (*above, kind)
            yield path, at, stop - at
            if path in self._nests:
                yield from self._walk(message, at, stop, path)
            start = at + align4(stop - at)
        if start + NLA_HDRLEN <= end:
            yield (), start + NLA_HDRLEN, 0
