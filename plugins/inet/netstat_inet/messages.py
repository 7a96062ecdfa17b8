"""Unpacking sock_diag messages by shape: those of one length with the same attributes in the same places.

The kernel sends the sockets of a dump with the same few attributes in the same order, so nearly all messages have
one of two or three shapes. One struct unpacks a shape with all that is wanted of its attributes; the attribute headers
are unpacked too and compared, so a message of another shape is never misread. Consecutive messages of a shape come
as columns, which costs far less than a walk through each message.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any

from netstat_core.plugin import NLA_HDRLEN, align4, each_attribute

MESSAGE_SIZE = 88
"""struct nlmsghdr and struct inet_diag_msg."""

# linux/inet_diag.h
INET_DIAG_INFO = 2
INET_DIAG_SKMEMINFO = 7
INET_DIAG_PROTOCOL = 10
INET_DIAG_SKV6ONLY = 11

FIXED_FIELDS = 15
"""Length, family, state, timer, retries, two ports, two addresses, interface, expires, two queues, uid, inode."""

_PORTS = 5

_READ = {
    INET_DIAG_INFO: ("2xBB", 4),
    INET_DIAG_SKMEMINFO: ("32xI", 36),
    INET_DIAG_PROTOCOL: ("B", 1),
    INET_DIAG_SKV6ONLY: ("B", 1),
}
"""What is read of an attribute's payload: tcpi_retransmits and tcpi_probes; the drops of SK_MEMINFO; one byte."""

Column = Iterable[Any]


class Shape:
    """One way a message is laid out; ``headers`` are the fields to compare, ``at`` the fields of wanted attributes."""

    __slots__ = ("at", "headers", "ports", "size", "struct")

    def __init__(self, order: str, addresses: str, kinds: frozenset[int], message: bytes) -> None:
        layout = f"{order}I12x4BHH{addresses}I8x5I"
        position, count = MESSAGE_SIZE, FIXED_FIELDS
        self.at: dict[int, int] = {}
        self.headers: list[tuple[int, int | bytes]] = [(0, len(message))]
        for kind, payload, end in each_attribute(message, MESSAGE_SIZE, order) if kinds else ():
            reading, length = _READ[kind] if kind in kinds else ("", 0)
            if payload + length > end:
                reading, length = "", 0
            header = payload - NLA_HDRLEN
            layout += f"{header - position}x{NLA_HDRLEN}s{reading}"
            position = payload + length
            self.headers.append((count, message[header:payload]))
            if reading:
                self.at[kind] = count + 1
            count += 1 + len(reading.lstrip("0123456789x"))
        self.size = align4(len(message))
        self.struct = struct.Struct(f"{layout}{self.size - position}x")
        self.ports = struct.Struct(f">20xHH{self.size - 24}x")  # these alone are in network order

    def fits(self, fields: tuple[Any, ...]) -> bool:
        """Whether unpacked fields are those of a message of this shape."""
        return all(fields[index] == expected for index, expected in self.headers)


class Columns:
    """The fields of consecutive messages of one shape, a tuple a field."""

    __slots__ = ("_all", "_at", "fixed")

    def __init__(self, columns: list[tuple[Any, ...]], shape: Shape) -> None:
        self.fixed = columns[:FIXED_FIELDS]
        self._all = columns
        self._at = shape.at

    def wanted(self, kind: int, offset: int = 0) -> Column:
        """The column of an attribute; None for each message where the shape lacks it."""
        index = self._at.get(kind)
        return repeat(None) if index is None else self._all[index + offset]


class Shapes:
    """Unpacks datagrams, remembering the shape last seen for each length; ``kinds`` are the attributes to be read.

    Of each attribute the header is compared, also of those that are not read: one may stand where another is missing.
    """

    def __init__(self, order: str, addresses: str, kinds: frozenset[int]) -> None:
        self._order = order
        self._addresses = addresses
        self._kinds = kinds
        self._known: dict[int, Shape] = {}
        self._length_at = struct.Struct(f"{order}I").unpack_from

    def unpack(self, datagram: memoryview | bytes) -> Iterator[Columns | bytes]:
        """All messages in order; the start of the rest, as bytes, where the datagram holds no whole message."""
        view = memoryview(datagram)
        start, end = 0, len(view)
        while start < end:
            length = self._length_at(view, start)[0] if end - start >= MESSAGE_SIZE else 0
            if length < MESSAGE_SIZE or start + length > end:
                yield bytes(view[start : start + MESSAGE_SIZE])
                return
            shape, rows = self._rows(view[start:], length)
            columns = list(zip(*rows, strict=True))
            ports = shape.ports.iter_unpack(_whole(shape, view[start:])[: shape.size * len(rows)])
            columns[_PORTS : _PORTS + 2] = zip(*ports, strict=True)
            yield Columns(columns, shape)
            start += shape.size * len(rows)

    def _rows(self, view: memoryview, length: int) -> tuple[Shape, list[tuple[Any, ...]]]:
        """The fields of as many messages from the first on as have its shape; at least of that one."""
        shape = self._known.get(length) or self._learn(view, length)
        rows = _unpacked(shape, view)
        if not shape.fits(rows[0]):
            shape = self._learn(view, length)
            rows = _unpacked(shape, view)
        return shape, rows[: _leading(shape, rows)]

    def _learn(self, view: memoryview, length: int) -> Shape:
        shape = self._known[length] = Shape(self._order, self._addresses, self._kinds, bytes(view[:length]))
        return shape


def _unpacked(shape: Shape, view: memoryview) -> list[tuple[Any, ...]]:
    """Everything unpacked as if all messages had one shape."""
    return list(shape.struct.iter_unpack(_whole(shape, view)))


def _whole(shape: Shape, view: memoryview) -> memoryview | bytes:
    """As many bytes as whole messages fill; the last message of a datagram may lack its alignment."""
    whole = len(view) // shape.size * shape.size
    return view[:whole] if whole else bytes(view).ljust(shape.size, b"\0")


def _leading(shape: Shape, rows: list[tuple[Any, ...]]) -> int:
    """How many rows from the first on do have the shape."""
    if all([row[index] for row in rows].count(expected) == len(rows) for index, expected in shape.headers):
        return len(rows)
    return next(number for number, row in enumerate(rows) if not shape.fits(row))
