"""Unpack netlink messages grouped by shape: those of one length, with the same attributes at the same offsets.

The messages of a dump differ in their values, but hardly in their attributes. So the layout is learned from one message
and holds for all others with equal attribute headers, whose values are then taken out of all messages at once, as
columns. All headers are compared, also those of attributes that nobody reads: a message of another shape is never
misread. Fields of the fixed part stand at the same offset in every message, whatever its shape.

Two messages of sock_diag, little-endian, of 28 and 20 bytes, if struct inet_diag_msg were 4 bytes long; ``fixed_size``
would be 20 (NLMSG_HDRLEN + 4)::

    1c 00 00 00 14 00 02 00 00 00 00 00 00 00 00 00    nlmsg_len 28, nlmsg_type 20 (SOCK_DIAG_BY_FAMILY), flags, ...
    02 01 00 50                                        family 2, state 1, port 80 in network order
    05 00 0b 00 01 00 00 00                            nla_len 5, nla_type 11 (INET_DIAG_SKV6ONLY): 1, and padding
    14 00 00 00 14 00 02 00 00 00 00 00 00 00 00 00    nlmsg_len 20: no attribute
    02 06 1f 90                                        family 2, state 6, port 8080

>>> shapes = MessageShapes("<", 20, {
...     "state": FixedField(17, format="B"),
...     "port": FixedField(18, format=">H"),
...     "v6_only": AttributeField({(11,): "B"}),
... })
>>> datagram = bytes.fromhex(
...     "1c000000 14000200 00000000 00000000 02010050 05000b0001000000 14000000 14000200 00000000 00000000 02061f90"
... )
>>> [messages] = shapes.unpack(datagram)
>>> [*messages.column("state")], [*messages.column("port")], [*messages.column("v6_only")]
([1, 6], [80, 8080], [1, None])

The work is linear in the size of a datagram, however shapes and lengths alternate.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress
from operator import itemgetter, not_
from typing import Any

from netstat_core.plugin.message_fields import REST, AttributeField, FixedField, Path
from netstat_core.plugin.netlink import NLA_HDRLEN, align4, each_attribute

Column = Sequence[Any]
"""A value for each message. It may be shared, and must not be changed."""

_NATIVE = "<" if sys.byteorder == "little" else ">"
_MOST_MESSAGES = 4096
"""Messages that are unpacked together, which bounds the memory for a large datagram of a snapshot."""

_MOST_TRIED = 8
"""Shapes of one length that are remembered, and that are tried on a set of messages before each is walked through."""

_MOST_LENGTHS = 64
"""Lengths whose shapes are remembered. A kernel makes a few dozen; more are found only in fabricated snapshots."""


class _Table:
    """Bytes of ``size`` bytes for each message, one message after the other."""

    __slots__ = ("_arrays", "_order", "buffer", "size")

    def __init__(self, buffer: bytes, size: int, order: str) -> None:
        self.buffer = buffer
        self.size = size
        self._order = order
        self._arrays: dict[str, array[int]] = {}

    def __len__(self) -> int:
        return len(self.buffer) // self.size

    def words(self, offset: int, code: str = "I") -> array[int]:
        """Return the native number at an aligned ``offset`` of each message; ``code`` is its struct format."""
        whole = self._arrays.get(code)
        if whole is None:
            whole = self._arrays[code] = array(code, self.buffer)
        return whole[offset // whole.itemsize :: self.size // whole.itemsize]

    def column(self, offset: int, text: str) -> list[Any]:
        """Return the values at ``offset`` in the format ``text``."""
        order, text = (">", text[1:]) if text[0] == ">" else (self._order, text)
        length = struct.calcsize(order + text)
        if text[-1] == "s" or offset % length or self.size % length:
            layout = f"{order}{offset}x{text}{self.size - offset - length}x"
            return [*chain.from_iterable(struct.iter_unpack(layout, self.buffer))]
        values = self.words(offset, text)
        if order != _NATIVE:
            values.byteswap()
        return values.tolist()

    def between(self, start: int, stop: int) -> list[bytes]:
        """Return the bytes from ``start`` to ``stop`` of each message."""
        size, buffer = self.size, self.buffer
        return [buffer[at + start : at + stop] for at in range(0, len(buffer), size)]

    def kept(self, mask: Iterable[bool]) -> _Table:
        """Return the messages whose value in ``mask`` is true."""
        return _Table(b"".join(compress(self.between(0, self.size), mask)), self.size, self._order)


_Key = tuple[Any, ...]
"""What makes a shape among messages of one length: nlmsg_type, and offset and bytes of every attribute header."""


class _Shape:
    """The layout of messages with equal headers."""

    __slots__ = ("_headers", "_kind", "kind", "places")

    def __init__(self, key: _Key, places: Mapping[str, tuple[int, str]], order: str) -> None:
        self._kind, *self._headers = key
        self.kind = int.from_bytes(self._kind, "little" if order == "<" else "big")
        self.places = places

    def find(self, table: _Table) -> list[bool] | None:
        """Return for each message whether it has this shape, or None if all have it."""
        number = len(table)
        columns = [table.words(4, "H"), *(table.words(offset) for offset, _ in self._headers)]
        expected = [self._kind, *(header for _, header in self._headers)]
        if all(column.tobytes() == header * number for column, header in zip(columns, expected, strict=True)):
            return None
        wanted = tuple(int.from_bytes(header, sys.byteorder) for header in expected)
        return [row == wanted for row in zip(*columns, strict=True)]


class MessageGroup:
    """The messages of one shape among those of a datagram.

    ``indexes`` are their places among these, in ascending order; ``length`` is nlmsg_len and ``kind`` nlmsg_type.
    """

    __slots__ = ("_shape", "_table", "indexes", "length")

    def __init__(self, shape: _Shape, table: _Table, indexes: Sequence[int], length: int) -> None:
        self._shape = shape
        self._table = table
        self.indexes = indexes
        self.length = length

    def __len__(self) -> int:
        return len(self.indexes)

    @property
    def kind(self) -> int:
        """nlmsg_type."""
        return self._shape.kind

    def find(self, name: str) -> int | None:
        """Return the offset of a field of an attribute, from the start of the message; None if the shape lacks it."""
        place = self._shape.places.get(name)
        return place and place[0]

    def column(self, name: str) -> Column | None:
        """Return the values of a field of an attribute, or None if the shape lacks it."""
        place = self._shape.places.get(name)
        return place and self._table.column(*place)

    def between(self, start: int, stop: int | None = None) -> list[bytes]:
        """Return the bytes from offset ``start`` to ``stop``, by default the end, of each message."""
        return self._table.between(start, self.length if stop is None else stop)


class Messages:
    """Messages of a datagram that were unpacked together: columns in their order, and groups by shape."""

    __slots__ = ("_data", "_fixed", "_groups", "_lengths", "_offsets", "_pick", "_shapes")

    def __init__(
        self, shapes: MessageShapes, data: bytes, offsets: Sequence[int], lengths: Sequence[int], fixed: _Table
    ) -> None:
        self._shapes = shapes
        self._data = data
        self._offsets = offsets
        self._lengths = lengths
        self._fixed = fixed
        self._groups: list[MessageGroup] | None = None
        self._pick: Callable[[Column], Column] | None = None

    def __len__(self) -> int:
        return len(self._offsets)

    @property
    def groups(self) -> list[MessageGroup]:
        """The messages by shape."""
        if self._groups is None:
            self._groups = [*self._make_groups()]
        return self._groups

    def message(self, index: int) -> bytes:
        """Return a whole message, to quote it in a problem."""
        start = self._offsets[index]
        return self._data[start : start + self._lengths[index]]

    def fixed(self, name: str) -> Column:
        """Return the values of a field of the fixed part, in the order of the messages."""
        field = self._shapes.fixed[name]
        return self._fixed.column(field.offset, field.format)

    def column(self, name: str) -> Column | None:
        """Return the values of any field in the order of the messages, or None if no message has its attribute."""
        if name in self._shapes.fixed:
            return self.fixed(name)
        columns = [group.column(name) for group in self.groups]
        if not any(column is not None for column in columns):
            return None
        return self.in_order(
            [None] * len(group) if column is None else column
            for group, column in zip(self.groups, columns, strict=True)
        )

    def in_order(self, columns: Iterable[Column]) -> Column:
        """Put together columns, one for each of ``groups``, in the order of the messages."""
        if len(self.groups) == 1:
            return next(iter(columns))
        if self._pick is None:
            positions = [0] * len(self)
            for position, index in enumerate(chain.from_iterable(group.indexes for group in self.groups)):
                positions[index] = position
            self._pick = itemgetter(*positions)
        return self._pick([*chain.from_iterable(columns)])

    def _make_groups(self) -> Iterator[MessageGroup]:
        if isinstance(self._offsets, range):
            yield from self._shapes.split(self._fixed, self._lengths[0], range(len(self)))
            return
        indexes: dict[int, list[int]] = {}
        for index, length in enumerate(self._lengths):
            indexes.setdefault(length, []).append(index)
        for length, places in indexes.items():
            size = align4(length)
            starts = map(self._offsets.__getitem__, places)
            messages = b"".join([self._data[start : start + size] for start in starts])
            yield from self._shapes.split(_Table(messages, size, self._shapes.order), length, places)


class MessageShapes:
    """Unpacks datagrams, and remembers the shapes of their messages.

    ``order`` is ``about.order``, ``fixed_size`` the offset of the first attribute: NLMSG_HDRLEN and the size of the
    fixed part, a multiple of 4. If ``kind`` is given, a message with another nlmsg_type is no message of the dump.
    """

    __slots__ = ("_attributes", "_fixed_size", "_kind", "_known", "_nests", "fixed", "order")

    def __init__(
        self, order: str, fixed_size: int, fields: Mapping[str, FixedField | AttributeField], *, kind: int | None = None
    ) -> None:
        self.order = order
        self.fixed = {name: field for name, field in fields.items() if isinstance(field, FixedField)}
        self._fixed_size = fixed_size
        self._kind = kind
        self._known: dict[int, list[_Shape]] = {}
        self._attributes: dict[Path, list[tuple[str, AttributeField]]] = {}
        for name, field in fields.items():
            if isinstance(field, AttributeField):
                for path in field.formats:
                    self._attributes.setdefault(path, []).append((name, field))
        self._nests = {path[:depth] for path in self._attributes for depth in range(1, len(path))}

    def unpack(self, datagram: memoryview | bytes) -> Iterator[Messages | bytes]:
        """Yield the messages in order, some thousand at a time.

        If what is left of the datagram is not a whole message of the dump, its first bytes are yielded last, and the
        rest is skipped.
        """
        end = len(datagram)
        data = bytes(datagram).ljust(align4(end), b"\0")  # the last message may lack its alignment bytes
        words = array("I", data)
        if self.order != _NATIVE:
            words.byteswap()
        start = 0
        while start < end:
            messages, stop = self._take(data, words, start, end)
            if messages is None:
                yield data[start : min(start + self._fixed_size, end)]
                return
            yield messages
            start = stop

    def _take(self, data: bytes, words: array[int], start: int, end: int) -> tuple[Messages | None, int]:
        """Unpack the messages from offset ``start`` on; return them, and where the next one starts."""
        offsets: Sequence[int]
        lengths: Sequence[int]
        offsets, lengths, stop = self._find_equal(words, start, end) or self._find(words, start, end)
        if not offsets:
            return None, start
        if isinstance(offsets, range):
            fixed = _Table(data[start:stop], offsets.step, self.order)
        else:
            fixed_parts = [data[offset : offset + self._fixed_size] for offset in offsets]
            fixed = _Table(b"".join(fixed_parts), self._fixed_size, self.order)
        if self._kind is not None:
            kinds = fixed.column(4, "H")
            if kinds.count(self._kind) != len(kinds):
                number = next(number for number, kind in enumerate(kinds) if kind != self._kind)
                stop = offsets[number]
                fixed = _Table(fixed.buffer[: number * fixed.size], fixed.size, self.order)
                offsets, lengths = offsets[:number], lengths[:number]
        return (Messages(self, data, offsets, lengths, fixed) if offsets else None), stop

    def _find_equal(self, words: array[int], start: int, end: int) -> tuple[range, list[int], int] | None:
        """Find messages, if all that are left have one length: offsets and lengths, and the end of the last one."""
        length = words[start // 4]
        if not self._fixed_size <= length <= end - start:
            return None
        size = align4(length)
        number = min((len(words) * 4 - start) // size, _MOST_MESSAGES)
        stop = start + number * size
        is_all = stop >= end or number == _MOST_MESSAGES
        if not is_all or stop - size + length > end:
            return None
        if words[start // 4 : stop // 4 : size // 4].tobytes() != array("I", [length]).tobytes() * number:
            return None
        return range(start, stop, size), [length] * number, stop

    def _find(self, words: array[int], start: int, end: int) -> tuple[list[int], list[int], int]:
        """Find messages of several lengths: their offsets and lengths, and the end of the last one."""
        offsets: list[int] = []
        lengths: list[int] = []
        least = self._fixed_size
        while start < end and len(offsets) < _MOST_MESSAGES:
            length = words[start >> 2]
            if length < least or start + length > end:
                break
            offsets.append(start)
            lengths.append(length)
            start += length + 3 & ~3
        return offsets, lengths, start

    def split(self, table: _Table, length: int, indexes: Sequence[int]) -> Iterator[MessageGroup]:
        """Yield the messages of one length by shape.

        A few shapes are tried on all messages at once. Those that have none of them are walked through one by one.
        """
        known = iter([*self._known.get(length, ())])
        for _ in range(_MOST_TRIED):
            shape = next(known, None) or self._learn(table.buffer[:length])
            found = shape.find(table)
            if found is None:
                yield MessageGroup(shape, table, indexes, length)
                return
            if any(found):
                yield MessageGroup(shape, table.kept(found), [*compress(indexes, found)], length)
                others = [*map(not_, found)]
                table, indexes = table.kept(others), [*compress(indexes, others)]
        members: dict[_Key, list[int]] = {}
        messages = table.between(0, table.size)
        for number, message in enumerate(messages):
            members.setdefault(self._walk(message[:length])[0], []).append(number)
        for numbers in members.values():
            part = _Table(b"".join([messages[number] for number in numbers]), table.size, self.order)
            shape = self._learn(part.buffer[:length])
            yield MessageGroup(shape, part, [indexes[number] for number in numbers], length)

    def _learn(self, message: bytes) -> _Shape:
        """Return the shape of a message, and remember it in the place of the oldest one."""
        shape = _Shape(*self._walk(message), self.order)
        length = len(message)
        if length not in self._known and len(self._known) >= _MOST_LENGTHS:
            del self._known[next(iter(self._known))]
        known = self._known.setdefault(length, [])
        known.insert(0, shape)
        del known[_MOST_TRIED:]
        return shape

    def _walk(self, message: bytes) -> tuple[_Key, dict[str, tuple[int, str]]]:
        """Return what makes the shape of a message, and offset and format of each field of its attributes."""
        key: list[Any] = [message[4:6]]
        places: dict[str, tuple[int, str]] = {}
        for path, start, size in self._each_attribute(message, self._fixed_size, len(message), ()):
            key.append((start - NLA_HDRLEN, message[start - NLA_HDRLEN : start]))
            for name, field in self._attributes.get(path, ()):
                text = field.formats[path]
                if text == REST:
                    text = f"{max(1, size - field.offset)}s"
                needed = field.offset + struct.calcsize("=" + text.removeprefix(">"))
                if needed == size or (needed < size and not field.exact):
                    places[name] = (start + field.offset, text)
        return tuple(key), places

    def _each_attribute(self, message: bytes, start: int, end: int, above: Path) -> Iterator[tuple[Path, int, int]]:
        """Yield path, payload start and size of every attribute; an invalid header, which ends a list, has no path."""
        for kind, at, stop in each_attribute(message, start, self.order, end):
            path = (*above, kind)
            yield path, at, stop - at
            if path in self._nests:
                yield from self._each_attribute(message, at, stop, path)
            start = align4(stop)
        if start + NLA_HDRLEN <= end:
            yield (), start + NLA_HDRLEN, 0
