"""Batches against plain lists of dicts: same records, and no way for one who has them to disturb another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstat_core.plugin.batches import Batch, Same
from netstat_core.sinks.json import _encode_lines, encode

Rows = list[dict[str, Any]]

NAMES = ("a", "b", "c", "x", "y")
uneven = st.lists(st.dictionaries(st.sampled_from(NAMES[:4]), st.integers(0, 3)), max_size=5)
even = st.sets(st.sampled_from(NAMES[:3])).flatmap(
    lambda names: st.lists(st.fixed_dictionaries(dict.fromkeys(sorted(names), st.integers(0, 3))), max_size=5)
)
tables = even | uneven
ordered = even.map(lambda rows: [dict(sorted(row.items())) for row in rows])


def batch_of(rows: Rows) -> Batch:
    """Make a batch of rows that nobody else has."""
    return Batch([dict(row) for row in rows])


def columns_of(rows: Rows) -> Batch:
    """Make a batch of columns of rows that have the same fields; a column of equal values is told once."""
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}
    return Batch.of_columns(
        {name: Same(values[0]) if len(set(values)) == 1 else tuple(values) for name, values in columns.items()},
        len(rows),
    )


made_of_rows = tables.map(lambda rows: (batch_of(rows), rows))
made_of_columns = ordered.map(lambda rows: (columns_of(rows), rows))
batches = made_of_rows | made_of_columns


def ways_to_see(batch: Batch) -> list[Rows]:
    """All ways to have a batch's records."""
    return [
        list(batch),
        batch.rows(),
        [batch[number] for number in range(len(batch))],
        [dict(row) for row in batch.read_only()],
        list(batch[:]),
    ]


def outcome(ask: Callable[[], Any]) -> Any:
    """What a call gives, or the class of what it raises."""
    try:
        return ask()
    except (KeyError, ValueError) as error:
        return type(error)


def added(rows: Rows, name: str, values: list[Any]) -> Rows:
    """Do to plain rows what with_field does."""
    if any(name in row for row in rows):
        raise ValueError(name)
    return [{**row, name: value} for row, value in zip(rows, values, strict=True)]


def changed(rows: Rows, name: str, values: list[Any]) -> Rows:
    """Do to plain rows what replaced does."""
    return [{**row, name: (row[name], value)[1]} for row, value in zip(rows, values, strict=True)]


def step(data: st.DataObject, batch: Batch, rows: Rows) -> tuple[Any, Any]:
    """Do one thing to a batch and to plain rows; give what came of each."""
    name = data.draw(st.sampled_from(NAMES))
    values = data.draw(st.lists(st.integers(), min_size=len(rows), max_size=len(rows)))
    one = [7] * len(rows)
    mask = [value % 2 for value in values]
    part = slice(data.draw(st.none() | st.integers(-6, 6)), data.draw(st.none() | st.integers(-6, 6)))
    deeds: list[tuple[Callable[[], Batch], Callable[[], Rows]]] = [
        (lambda: batch.with_field(name, values=iter(values)), lambda: added(rows, name, values)),
        (lambda: batch.with_field(name, value=7), lambda: added(rows, name, one)),
        (lambda: batch.replaced(name, values=values), lambda: changed(rows, name, values)),
        (lambda: batch.replaced(name, value=7), lambda: changed(rows, name, one)),
        (lambda: batch.kept(mask), lambda: [row for row, keep in zip(rows, mask, strict=True) if keep]),
        (lambda: batch.matching(lambda row: name in row), lambda: [row for row in rows if name in row]),
        (lambda: batch[part], lambda: rows[part]),
    ]
    real, model = data.draw(st.sampled_from(deeds))
    return outcome(real), outcome(model)


@given(first=batches, data=st.data())
def test_batches_are_as_lists_of_dicts(first: tuple[Batch, Rows], data: st.DataObject) -> None:
    """Whatever is made of batches in whatever order, each holds what plain copied rows would, the older ones too."""
    made = [first]
    for _ in range(data.draw(st.integers(1, 8))):
        real, model = step(data, *data.draw(st.sampled_from(made)))
        if isinstance(real, Batch):
            made.append((real, model))
        else:
            assert real is model
    for batch, model in made:
        assert all(seen == model for seen in ways_to_see(batch))
        for name in NAMES:
            assert outcome(lambda: list(batch.column(name))) == outcome(lambda: [row[name] for row in model])  # noqa: B023
        assert batch.fields == tuple({name: 0 for row in model for name in row})


@given(made=batches)
def test_rows_belong_to_who_asked(made: tuple[Batch, Rows]) -> None:
    """Changing the records that a batch gave changes nothing in it."""
    batch, rows = made
    for seen in (list(batch), batch.rows(), [batch[number] for number in range(len(batch))], list(batch[:])):
        for row in seen:
            row.clear()
        seen.clear()
    assert batch.rows() == rows


@given(made=batches)
def test_length_and_truth(made: tuple[Batch, Rows]) -> None:
    """A batch is as long as its records are many, and true where there is one."""
    batch, rows = made
    assert len(batch) == len(rows)
    assert bool(batch) == bool(rows)


@given(made=batches, others=batches)
def test_equality(made: tuple[Batch, Rows], others: tuple[Batch, Rows]) -> None:
    """Batches are equal where their records are; a list is no batch."""
    assert (made[0] == others[0]) == (made[1] == others[1])
    assert made[0] != made[1]


@given(rows=ordered)
def test_keys_of_columns_have_their_order(rows: Rows) -> None:
    """The keys of records stand in the order of the columns, those of a later field behind them."""
    batch = columns_of(rows).with_field("z", value=3)
    assert [[*row] for row in batch] == [[*row, "z"] for row in rows]


def test_columns_of_other_lengths_are_refused() -> None:
    """A column that is too short or too long is an error that names the field, also if its type lies about that."""

    class Liar(Sequence[int]):
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: Any) -> Any:
            return [1, 2, 3][index]

    for column in ([1], (1, 2, 3), "abc", Liar()):
        with pytest.raises(ValueError, match="'a'"):
            Batch.of_columns({"b": Same(1), "a": column}, 2)


@given(rows=ordered, name=st.sampled_from(["plain", "a b", "class", "ä", 'quo"te', "back\\slash", "new\nline"]))
@pytest.mark.parametrize("value", ["text", "ä", "\udcff", 2**70, {"pid": [1]}, b"bytes", "\x7f\n"])
def test_columns_are_encoded_as_rows_are(rows: Rows, name: str, value: Any) -> None:
    """JSON of columns is that of the same records as dicts, byte for byte, whatever their names and values."""
    for more in ({"value": value}, {"values": [value] * len(rows)}):
        assert _encode_lines(columns_of(rows).with_field(name, **more)) == b"".join(
            encode({**row, name: value}) + b"\n" for row in rows
        )


def test_added_fields_come_last() -> None:
    """A field that is added stands behind those that were there, in the order of adding."""
    batch = Batch([{"b": 1, "a": 2}]).with_field("z", value=3).with_field("c", values=[4])
    assert batch.fields == ("b", "a", "z", "c")
    assert [*batch[0]] == [*batch.read_only()[0]] == ["b", "a", "z", "c"]


def test_replaced_fields_stay_in_place() -> None:
    """A field that is replaced keeps its place."""
    assert Batch([{"b": 1, "a": 2}]).replaced("b", value=3).fields == ("b", "a")


def test_a_sequence_can_be_the_one_value() -> None:
    """The value for all records may be a list; the keyword says which is meant."""
    batch = Batch([{"a": 1}, {"a": 2}])
    assert batch.with_field("x", value=[1, 2]).column("x") == [[1, 2], [1, 2]]
    assert batch.with_field("x", values=[1, 2]).column("x") == [1, 2]


@pytest.mark.parametrize("given_values", [{}, {"value": 1, "values": [1]}])
@pytest.mark.parametrize("method", ["with_field", "replaced"])
def test_either_value_or_values(method: str, given_values: dict[str, Any]) -> None:
    """One value and many are not given together, nor is neither."""
    with pytest.raises(TypeError, match="either value or values"):
        getattr(Batch([{"a": 1}]), method)("a", **given_values)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_columns_and_masks_are_as_long_as_the_batch(number: int) -> None:
    """Another number of values than of records raises ValueError, and leaves the batch as it was."""
    batch = Batch([{"a": 1}, {"a": 2}])
    asks: list[Callable[[], Batch]] = [
        lambda: batch.with_field("x", values=[0] * number),
        lambda: batch.replaced("a", values=[0] * number),
        lambda: batch.kept([True] * number),
    ]
    for ask in asks:
        with pytest.raises(ValueError, match=rf"^{number} values of .* for 2 records$"):
            ask()
    assert batch.rows() == [{"a": 1}, {"a": 2}]


def test_a_field_is_added_once() -> None:
    """A field that is there, in one record at least, is not added again."""
    for batch in (Batch([{"a": 1}]).with_field("x", value=1), Batch([{"a": 1}, {"x": 1}])):
        with pytest.raises(ValueError, match="'x' is a field already"):
            batch.with_field("x", value=2)


def test_no_record_has_no_field() -> None:
    """A batch without records has no fields, whatever is added."""
    assert Batch().with_field("x", value=1).with_field("x", values=[]).fields == ()


def test_iteration_goes_on_as_it_began() -> None:
    """A field that is added to a batch while it is iterated does not appear in its later records."""
    batch = Batch([{"a": 1}, {"a": 2}])
    records = iter(batch)
    next(records)
    batch.with_field("x", value=1)
    assert next(records) == {"a": 2}


def test_adding_costs_no_copies() -> None:
    """Fields are added to a whole batch, and read from it, without a copy of a row."""
    rows: Rows = [{"a": 1}, {"a": 2}]
    seen = Batch(rows).with_field("x", value=1).kept([1, 1]).with_field("y", values=[3, 4]).read_only()
    assert all(one is other for one, other in zip(seen, rows, strict=True))


def test_parts_leave_the_whole_alone() -> None:
    """A field that is added to some records does not touch the same field of others."""
    batch = Batch([{"x": 1}, {"a": 2}])
    assert batch.kept([0, 1]).with_field("x", value=3).rows() == [{"a": 2, "x": 3}]
    assert batch.rows() == [{"x": 1}, {"a": 2}]


def test_encoders_take_what_is_read_only() -> None:
    """The records to be read are what msgspec encodes as lines."""
    batch = Batch([{"a": 1}, {"a": 2}]).with_field("x", value=None)
    assert msgspec.json.Encoder().encode_lines(batch.read_only()) == b'{"a":1,"x":null}\n{"a":2,"x":null}\n'


def test_repr_is_short() -> None:
    """A batch shows its length and fields, not its records."""
    assert repr(Batch([{"a": "secret", "b": 2}])) == "<Batch of 1: a, b>"


def test_batches_are_not_hashable() -> None:
    """What is equal by mutable records cannot be a key."""
    with pytest.raises(TypeError, match="unhashable"):
        hash(Batch())
