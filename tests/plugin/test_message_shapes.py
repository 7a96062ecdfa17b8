"""Messages unpacked by shape: as if each were read alone, in the order of the datagram, with linear work."""

from __future__ import annotations

import doctest
import random
import struct
from collections.abc import Callable
from typing import Any

import pytest
from counted_work import counted
from hypothesis import given
from hypothesis import strategies as st

from netstat_core.errors import PluginError
from netstat_core.plugin import (
    REST,
    AttributeField,
    FixedField,
    Messages,
    MessageShapes,
    align4,
    each_attribute,
    message_shapes,
)

FIXED = 20
KIND = 20
NEST = 6
FIELDS = {
    "state": FixedField(16, format="B"),
    "port": FixedField(18, format=">H"),
    "number": AttributeField({(1,): "I"}),
    "second": AttributeField({(1,): "H"}, offset=6),
    "name": AttributeField({(2,): "3s"}),
    "rest": AttributeField({(2,): "s"}, offset=2),
    "wide": AttributeField({(3,): ">Q", (NEST, 3): ">I"}, exact=True),
}
Row = dict[str, Any]

attribute = st.tuples(st.sampled_from([1, 2, 3, 4]), st.binary(max_size=10))
nested = st.lists(attribute, max_size=3).map(
    lambda pairs: (NEST, b"".join(pack_attribute("<", kind, payload) for kind, payload in pairs))
)
attribute_lists = st.lists(attribute | nested, max_size=3)
shapes_of_messages = st.tuples(st.binary(min_size=4, max_size=4), attribute_lists, st.binary(max_size=5))


def pack_attribute(order: str, kind: int, payload: bytes) -> bytes:
    """Return an attribute, padded."""
    return struct.pack(f"{order}HH", len(payload) + 4, kind) + payload.ljust(align4(len(payload)), b"\0")


def pack(order: str, fixed: bytes, attributes: bytes = b"", kind: int = KIND) -> bytes:
    """Return a message, not padded."""
    return struct.pack(f"{order}IHHII", FIXED + len(attributes), kind, 2, 0, 0) + fixed + attributes


def pad(message: bytes) -> bytes:
    """Return a message with its alignment bytes."""
    return message.ljust(align4(len(message)), b"\0")


def read_alone(order: str, message: bytes) -> Row:
    """Read the fields of one message without shapes."""
    row: Row = dict.fromkeys(FIELDS)
    row["state"], row["port"] = message[16], int.from_bytes(message[18:20], "big")
    lists = [((), FIXED, len(message))]
    while lists:
        above, begin, end = lists.pop(0)
        for kind, start, stop in each_attribute(message, begin, order, end):
            payload = message[start:stop]
            if (*above, kind) == (1,):
                row["number"] = struct.unpack_from(f"{order}I", payload)[0] if len(payload) >= 4 else row["number"]
                row["second"] = struct.unpack_from(f"{order}H", payload, 6)[0] if len(payload) >= 8 else row["second"]
            elif (*above, kind) == (2,) and len(payload) >= 3:
                row["name"], row["rest"] = payload[:3], payload[2:]
            elif ((*above, kind), len(payload)) in (((3,), 8), ((NEST, 3), 4)):
                row["wide"] = (row["wide"] or ()) + ((start, int.from_bytes(payload, "big")),)
            elif kind == NEST and not above:
                lists.append(((NEST,), start, stop))
    row["wide"] = max(row["wide"])[1] if row["wide"] else None
    return row


def unpack(shapes: MessageShapes, datagram: bytes) -> tuple[list[Row], bytes | None]:
    """Return the rows of a datagram, and what is left of it."""
    rows: list[Row] = []
    rest = None
    for messages in shapes.unpack(datagram):
        if not isinstance(messages, Messages):
            rest = messages
            continue
        columns = {name: messages.column(name) or [None] * len(messages) for name in FIELDS}
        rows += (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    return rows, rest


def test_the_example_holds() -> None:
    """The worked example in the docstring of the module gives what it says."""
    assert doctest.testmod(message_shapes) == (0, 4)


@given(st.lists(shapes_of_messages, max_size=12), st.sampled_from("<>"), st.integers(0, 3))
def test_messages_are_unpacked_as_if_each_were_read_alone(
    parts: list[tuple[bytes, list[tuple[int, bytes]], bytes]], order: str, repeats: int
) -> None:
    """Any mix of attributes, also invalid ones, gives the values that a walk through each message finds."""
    messages = [
        pack(order, fixed, b"".join(pack_attribute(order, *pair) for pair in pairs) + junk)
        for fixed, pairs, junk in parts
    ]
    messages += messages * repeats
    shapes = MessageShapes(order, FIXED, FIELDS)
    for _ in range(2):  # the second time, shapes are known
        rows, rest = unpack(shapes, b"".join(map(pad, messages)))
        assert rows == [read_alone(order, message) for message in messages]
        assert rest is None


@given(st.lists(shapes_of_messages, min_size=1, max_size=6), st.data())
def test_what_is_cut_off_is_handed_out_and_nothing_of_it_is_read(
    parts: list[tuple[bytes, list[tuple[int, bytes]], bytes]], data: st.DataObject
) -> None:
    """A cut datagram gives the whole messages before the cut, and the first bytes of the one that is cut."""
    messages = [pack("<", fixed, b"".join(pack_attribute("<", *pair) for pair in pairs)) for fixed, pairs, _ in parts]
    whole = b"".join(map(pad, messages))
    last = len(whole) - len(pad(messages[-1]))
    cut = data.draw(st.integers(last + 1, last + len(messages[-1]) - 1))
    rows, rest = unpack(MessageShapes("<", FIXED, FIELDS), whole[:cut])
    assert rows == [read_alone("<", message) for message in messages[:-1]]
    assert rest == whole[last:cut][:FIXED]


def test_a_message_of_another_type_ends_the_datagram_if_the_dump_has_one_type() -> None:
    """Nothing from the first message of another type on is read."""
    message = pack("<", b"\1\0\0\1")
    other = pack("<", b"\2\0\0\2", kind=3)
    rows, rest = unpack(MessageShapes("<", FIXED, FIELDS, kind=KIND), message * 2 + other + message)
    assert [row["state"] for row in rows] == [1, 1]
    assert rest == other[:FIXED]


def test_groups_have_the_messages_of_one_shape_and_type() -> None:
    """A group tells its type and length, the places of its messages, and where a field is in them."""
    number = pack_attribute("<", 1, bytes([7, 0, 0, 0]))
    datagram = b"".join(
        [pack("<", b"abcd", number), pack("<", b"efgh"), pack("<", b"ijkl", number, kind=3), pack("<", b"mnop", number)]
    )
    [messages] = MessageShapes("<", FIXED, FIELDS).unpack(datagram)
    assert isinstance(messages, Messages)
    assert [(group.kind, group.length, [*group.indexes]) for group in messages.groups] == [
        (KIND, 28, [0, 3]),
        (3, 28, [2]),
        (KIND, 20, [1]),
    ]
    assert [group.find("number") for group in messages.groups] == [24, 24, None]
    assert messages.message(2) == pack("<", b"ijkl", number, kind=3)
    assert messages.groups[0].between(16, 20) == [b"abcd", b"mnop"]
    assert messages.groups[0].between(24) == [number[4:], number[4:]]
    assert [*messages.in_order([group.between(16, 18) for group in messages.groups])] == [b"ab", b"ef", b"ij", b"mn"]


@pytest.mark.parametrize("text", ["", ">", "x", "2H", "s", "<H", "HH"])
def test_a_format_that_is_no_single_value_is_refused(text: str) -> None:
    """Only formats of one value, in either byte order, can be declared."""
    with pytest.raises(PluginError, match="format"):
        FixedField(16, format=text)
    if text != REST:
        with pytest.raises(PluginError, match="formats"):
            AttributeField({(1,): text})


def _alternating(number: int) -> bytes:
    long, short = pack("<", b"abcd", pack_attribute("<", 1, bytes(8))), pack("<", b"efgh")
    return (long + short) * (number // 2)


def _alternating_of_one_length(number: int) -> bytes:
    pair = [pack("<", b"abcd", pack_attribute("<", kind, bytes(8))) for kind in (1, 2)]
    return b"".join(pair) * (number // 2)


def _all_distinct(number: int) -> bytes:
    return b"".join(pack("<", b"abcd", pack_attribute("<", 16 + index, bytes(8))) for index in range(number))


def _distinct_lengths(number: int) -> bytes:
    """Each of the lengths is there once; they are so short that there are several shapes of each."""
    return b"".join(
        pad(pack("<", b"abcd", pack_attribute("<", 16 + index // 64, bytes(index % 64)))) for index in range(number)
    )


def _random(number: int) -> bytes:
    choose = random.Random(1)
    kinds = [b"".join(pack_attribute("<", kind, bytes(8)) for kind in range(count)) for count in range(12)]
    return b"".join(pack("<", b"abcd", choose.choice(kinds)) for _ in range(number))


MIXES = [_alternating, _alternating_of_one_length, _all_distinct, _distinct_lengths, _random]


@pytest.mark.parametrize("make", MIXES)
def test_twice_the_messages_in_one_datagram_are_twice_the_work(
    make: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However shapes alternate, the work is linear in the number of messages, in lines of Python and in bytes."""
    works = []
    for number in (1000, 2000):
        datagram = make(number)
        with counted(monkeypatch) as work:
            rows, _ = unpack(MessageShapes("<", FIXED, FIELDS), datagram)
        assert len(rows) == number
        works.append(work)
    assert works[1].lines < 2.2 * works[0].lines
    assert works[1].size < 2.2 * works[0].size


def test_the_work_for_a_message_is_bounded_in_a_large_datagram(monkeypatch: pytest.MonkeyPatch) -> None:
    """16,000 alternating messages in one datagram take a few lines and a small multiple of their bytes each."""
    datagram = _alternating(16_000)
    with counted(monkeypatch) as work:
        rows, _ = unpack(MessageShapes("<", FIXED, FIELDS), datagram)
    assert len(rows) == 16_000
    assert work.lines < 20 * len(rows)
    assert work.size < 20 * len(datagram)


def test_the_memory_for_shapes_is_bounded() -> None:
    """Of thousands of shapes, as only fabricated snapshots have them, a limited number is remembered."""
    shapes = MessageShapes("<", FIXED, FIELDS)
    unpack(shapes, _all_distinct(3000))
    unpack(shapes, b"".join(pad(pack("<", b"abcd", bytes(length))) for length in range(1000)))
    assert sum(map(len, shapes._known.values())) <= 8 * 64
