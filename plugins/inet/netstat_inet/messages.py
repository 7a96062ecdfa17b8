"""Unpack inet_diag messages by shape: one length, with the same attributes at the same offsets.

The kernel sends all sockets of a dump with the same few attributes in the same order, so nearly all messages have one
of two or three shapes. One struct unpacks a message with the attributes that are needed. It unpacks the attribute
headers too; they are compared with those of the shape, so a message of another shape is never misread. Consecutive
messages of one shape are returned as columns, which costs far less than a walk through each message.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any

from netstat_core.plugin import NLA_HDRLEN, align4, each_attribute

MESSAGE_SIZE = 88
"""Size of struct nlmsghdr and struct inet_diag_msg together."""

# linux/inet_diag.h
INET_DIAG_INFO = 2
INET_DIAG_SKMEMINFO = 7
INET_DIAG_PROTOCOL = 10
INET_DIAG_SKV6ONLY = 11

FIXED_FIELDS = 15
"""Fields before any attribute: length, family, state, timer, retries, two ports, two addresses, interface, expires,
two queues, uid, inode.
"""

_PORTS = 5

_LEAST_GUESS = 8
_MOST_GUESS = 1 << 12

_PAYLOADS = {
    INET_DIAG_INFO: ("2xBB", 4),
    INET_DIAG_SKMEMINFO: ("32xI", 36),
    INET_DIAG_PROTOCOL: ("B", 1),
    INET_DIAG_SKV6ONLY: ("B", 1),
}
"""Struct format and length of what is read of a payload.

INET_DIAG_INFO: tcpi_retransmits and tcpi_probes; INET_DIAG_SKMEMINFO: the drops (SK_MEMINFO_DROPS); else one byte.
"""

Column = Iterable[Any]


class Shape:
    """The layout of a message, learned from one ``message``.

    ``headers`` holds (field index, expected value) pairs to compare, ``at`` the first field index by attribute kind.
    """

    __slots__ = ("at", "headers", "ports", "size", "struct")

    def __init__(self, order: str, addresses: str, kinds: frozenset[int], message: bytes) -> None:
        layout = f"{order}I12x4BHH{addresses}I8x5I"
        position, count = MESSAGE_SIZE, FIXED_FIELDS
        self.at: dict[int, int] = {}
        self.headers: list[tuple[int, int | bytes]] = [(0, len(message))]
        for kind, payload, end in each_attribute(message, MESSAGE_SIZE, order) if kinds else ():
            payload_format, length = _PAYLOADS[kind] if kind in kinds else ("", 0)
            if payload + length > end:
                payload_format, length = "", 0
            header = payload - NLA_HDRLEN
            layout += f"{header - position}x{NLA_HDRLEN}s{payload_format}"
            position = payload + length
            self.headers.append((count, message[header:payload]))
            if payload_format:
                self.at[kind] = count + 1
            count += 1 + len(payload_format.lstrip("0123456789x"))
        self.size = align4(len(message))
        self.struct = struct.Struct(f"{layout}{self.size - position}x")
        self.ports = struct.Struct(f">20xHH{self.size - 24}x")  # these alone are in network order

    def fits(self, fields: tuple[Any, ...]) -> bool:
        """Whether ``fields``, unpacked by ``struct``, come from a message of this shape."""
        return all(fields[index] == expected for index, expected in self.headers)


class Columns:
    """The fields of consecutive messages of one shape: a tuple for each field, with a value for each message."""

    __slots__ = ("_all", "_at", "fixed")

    def __init__(self, columns: list[tuple[Any, ...]], shape: Shape) -> None:
        self.fixed = columns[:FIXED_FIELDS]
        self._all = columns
        self._at = shape.at

    def get_attribute(self, kind: int, offset: int = 0) -> Column:
        """Return the column of attribute ``kind``, at ``offset`` if it has several fields.

        It is an endless sequence of None if the messages have no such attribute.
        """
        index = self._at.get(kind)
        return repeat(None) if index is None else self._all[index + offset]


class Shapes:
    """Unpacks datagrams and remembers the last shape seen for each length.

    ``order`` is the byte order (``<`` or ``>``), ``addresses`` the struct format of the two addresses, and ``kinds``
    are the attributes to read. Headers of all attributes are compared, also of those that are not read: another
    attribute of the same size may stand in the place of a missing one.

    How many messages in a row have the same shape is guessed from the messages before, and no more are unpacked at
    once: the work is linear even if each message has another shape than the one before it.
    """

    def __init__(self, order: str, addresses: str, kinds: frozenset[int]) -> None:
        self._order = order
        self._addresses = addresses
        self._kinds = kinds
        self._known: dict[int, Shape] = {}
        self._guess = _MOST_GUESS
        self._length_at = struct.Struct(f"{order}I").unpack_from

    def unpack(self, datagram: memoryview | bytes) -> Iterator[Columns | bytes]:
        """Yield all messages in order, as columns.

        If what is left of the datagram is not a whole message, its first bytes are yielded last.
        """
        view = memoryview(datagram)
        start, end = 0, len(view)
        while start < end:
            length = self._length_at(view, start)[0] if end - start >= MESSAGE_SIZE else 0
            if length < MESSAGE_SIZE or start + length > end:
                yield bytes(view[start : start + MESSAGE_SIZE])
                return
            shape, rows = self._unpack_rows(view[start : start + align4(length) * self._guess], length)
            columns = list(zip(*rows, strict=True))
            ports = shape.ports.iter_unpack(_trim(shape, view[start : start + shape.size * len(rows)]))
            columns[_PORTS : _PORTS + 2] = zip(*ports, strict=True)
            yield Columns(columns, shape)
            start += shape.size * len(rows)
            self._guess = max(_LEAST_GUESS, min(2 * len(rows), _MOST_GUESS))

    def _unpack_rows(self, view: memoryview, length: int) -> tuple[Shape, list[tuple[Any, ...]]]:
        """Unpack the first message and those right after it that have the same shape."""
        shape = self._known.get(length)
        if shape is None or not shape.fits(shape.struct.unpack(_trim(shape, view[: shape.size]))):
            shape = self._learn(view, length)
        rows = list(shape.struct.iter_unpack(_trim(shape, view)))
        return shape, rows[: _count_leading(shape, rows)]

    def _learn(self, view: memoryview, length: int) -> Shape:
        """Make the shape of the first message and remember it for messages of this length."""
        shape = self._known[length] = Shape(self._order, self._addresses, self._kinds, bytes(view[:length]))
        return shape


def _trim(shape: Shape, view: memoryview) -> memoryview | bytes:
    """Cut ``view`` to a multiple of the message size; pad a last message that lacks its alignment bytes."""
    whole = len(view) // shape.size * shape.size
    return view[:whole] if whole else bytes(view).ljust(shape.size, b"\0")


def _count_leading(shape: Shape, rows: list[tuple[Any, ...]]) -> int:
    """Count the rows at the start that match the shape."""
    if all([row[index] for row in rows].count(expected) == len(rows) for index, expected in shape.headers):
        return len(rows)
    return next(number for number, row in enumerate(rows) if not shape.fits(row))
