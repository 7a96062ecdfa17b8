"""Netlink attributes at known places.

Messages of a dump differ in their values and hardly in their attributes. Where the attributes of a message stand is
found out once and kept, with a mask over all attribute headers: of a further message of that length one comparison
tells whether it has the same, and one unpacking takes all values.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from netstat_core.plugin import NLA_HDRLEN, align4, each_attribute

Path = tuple[int, ...]
"""Types of the attributes in each other that lead to one."""

Values = tuple[Any, ...]

_MOST = 256
"""Shapes kept. A kernel makes a few dozen; the rest would be somebody's fabrication."""


class Shapes:
    """Takes values out of messages: ``values`` in the order of ``formats``, None for what a message lacks.

    ``formats`` names the paths by which each value may be reached, and the struct format of each path; an attribute of
    another size is ignored. All values are big-endian. ``fixed`` is the size of what comes before the attributes.
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
        """The values of the message that starts there."""
        bits = int.from_bytes(datagram[start : start + length], "big")
        for mask, headers, unpack, pick in self._kept.get(length, ()):
            if bits & mask == headers:
                return pick((*unpack(datagram, start), None))
        message = bytes(datagram[start : start + length])
        mask, unpack, pick = self._learn(message)
        if self._number < _MOST:
            self._number += 1
            self._kept.setdefault(length, []).append((mask, bits & mask, unpack, pick))
        return pick((*unpack(message, 0), None))

    def _learn(self, message: bytes) -> tuple[int, Callable[..., Values], Callable[[Values], Values]]:
        """The mask over the headers, what unpacks the values in the message's order, what picks them in ours."""
        mask = bytearray(len(message))
        found: dict[int, tuple[int, str]] = {}
        for path, start, size in self._walk(message, self._fixed, len(message), ()):
            mask[start - NLA_HDRLEN : start] = b"\xff" * NLA_HDRLEN
            place, form = self._places.get(path, (0, ""))
            if form and struct.calcsize(f">{form}") == size:
                found[place] = (start, form)
        formats, end = ">", 0
        in_order = sorted(found, key=found.__getitem__)
        for start, form in (found[place] for place in in_order):
            formats += f"{start - end}x{form}"
            end = start + struct.calcsize(f">{form}")
        indexes = [in_order.index(place) if place in found else -1 for place in range(self._count)]
        return int.from_bytes(mask, "big"), struct.Struct(formats).unpack_from, itemgetter(*indexes)

    def _walk(self, message: bytes, start: int, end: int, above: Path) -> Iterator[tuple[Path, int, int]]:
        """Path, start and size of every attribute; of a header that makes no sense an empty path."""
        for kind, at, stop in each_attribute(message, start, self._order, end):
            path = (*above, kind)
            yield path, at, stop - at
            if path in self._nests:
                yield from self._walk(message, at, stop, path)
            start = at + align4(stop - at)
        if start + NLA_HDRLEN <= end:
            yield (), start + NLA_HDRLEN, 0
