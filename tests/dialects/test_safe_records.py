"""Texts that a layout sees: whatever a record holds, and however deep, none can end its line."""

from __future__ import annotations

from typing import Any, TypedDict

from hypothesis import given
from hypothesis import strategies as st
from netstat_masq.readers import READERS

from netstat_core.dialects.safe_records import SafeRecords
from netstat_core.escape import escape_value
from netstat_core.plugin import Batch, Reader


class Inner(TypedDict):
    """An object in a record."""

    number: int
    text: str | None


class Outer(TypedDict):
    """A record with texts on several levels."""

    number: int
    plain: str
    inner: Inner | None
    items: list[Inner]


READER = Reader(name="made", table="made", position=1, families=(), kind="made", record=Outer, feeds=READERS[0].feeds)
texts = st.text(st.sampled_from("ab\n\x1b\x7f\u202e\xad"), max_size=3)
inner = st.fixed_dictionaries({"number": st.integers(0, 9), "text": texts | st.none()})
records = st.fixed_dictionaries(
    {"number": st.integers(0, 9), "plain": texts, "inner": inner | st.none(), "items": st.lists(inner, max_size=2)}
)


@given(st.lists(records, max_size=4), st.booleans())
def test_all_texts_are_escaped_on_every_level(drawn: list[dict[str, Any]], by_column: bool) -> None:  # noqa: FBT001
    """A batch with a text that is not printable, in an object or a list too, gives escaped records; others stay."""
    expected = [escape_value(record) for record in drawn]
    batch = Batch(drawn)
    if by_column and drawn:
        batch = Batch.of_columns({name: [record[name] for record in drawn] for name in drawn[0]}, len(drawn))
    assert list(SafeRecords(READER, Outer.__annotations__)(batch)) == expected
