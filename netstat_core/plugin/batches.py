"""Batches: the unit in which records travel from a parser to a sink.

A batch is immutable: every operation returns a new batch, as in ``batch = batch.with_field("kind", value=kind)``.
Records taken out of a batch are shallow copies; a caller may change them. Nested values, such as the list of
processes, are shared and must not be changed.

Implementation: batches are rows that related batches share. :meth:`Batch.with_field` writes the new field into the
shared rows, which costs a tenth of a copy. ``_written`` (shared) lists the fields so added, ``_own`` (per batch) says
how many of them belong to this batch. A batch whose rows have gained fields since removes those from the copies it
gives out, and copies the rows before it adds a field. A batch that holds only some of the rows always copies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress, repeat
from operator import contains
from typing import Any, overload

from netstat_core.plugin.records import Record

_ABSENT: Any = object()


class Batch(Sequence[Record]):
    """An immutable sequence of records of one kind.

    ``records`` must be distinct dicts. The batch takes ownership of them: the caller must not change them afterwards.
    Indexing and iteration give copies of records; a slice is a batch.
    """

    __slots__ = ("_own", "_rows", "_whole", "_written")

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._rows = list(records)
        self._written: list[str] = []
        self._own = 0
        self._whole = True

    def _share(self, rows: list[Record], added: int = 0) -> Batch:
        """Return a batch of some or all of these rows, into which ``added`` more fields were written."""
        batch = Batch(rows)
        batch._written = self._written
        batch._own = self._own + added
        batch._whole = self._whole and len(rows) == len(self._rows)
        return batch

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Record]:
        own, written = self._own, self._written
        for row in self._rows:
            yield row.copy() if len(written) == own else self._copy_row(row)

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> Batch: ...

    def __getitem__(self, index: int | slice) -> Record | Batch:
        if isinstance(index, slice):
            return self._share(self._rows[index])
        return self._copy_row(self._rows[index])

    def rows(self) -> list[Record]:
        """Return a new list with a copy of every record."""
        if len(self._written) == self._own:
            return [row.copy() for row in self._rows]
        return [self._copy_row(row) for row in self._rows]

    def read_only(self) -> Sequence[Record]:
        """Return all records without copying: for encoders, which read them at once and never change them."""
        return self._rows if len(self._written) == self._own else self.rows()

    @property
    def fields(self) -> tuple[str, ...]:
        """Field names of the records, in order of first occurrence; empty for an empty batch."""
        fields: dict[str, Any] = {}
        for row in self._rows:
            if not fields.keys() >= row.keys():
                fields.update(row)
        return tuple(self._copy_row(fields))

    def column(self, name: str) -> list[Any]:
        """Return a new list of the field's value in every record. Raises KeyError if a record lacks the field."""
        if self._rows and name in self._written[self._own :]:
            raise KeyError(name)
        return [row[name] for row in self._rows]

    @overload
    def with_field(self, name: str, *, value: object) -> Batch: ...

    @overload
    def with_field(self, name: str, *, values: Iterable[object]) -> Batch: ...

    def with_field(self, name: str, *, value: object = _ABSENT, values: Iterable[object] = _ABSENT) -> Batch:
        """Return a batch with one more field, placed last: ``value`` for all records, or one of ``values`` for each.

        Raises ValueError if a record already has the field, or if the number of ``values`` is not that of the records.
        """
        column = self._make_column(name, value, values)
        if any(map(contains, self.read_only(), repeat(name))):
            raise ValueError(f"{name!r} is a field already")
        if not self._rows:
            return self
        if not self._whole or len(self._written) > self._own:
            return Batch(_write_column(self.rows(), name, column))
        self._written.append(name)
        return self._share(_write_column(self._rows, name, column), 1)

    @overload
    def replaced(self, name: str, *, value: object) -> Batch: ...

    @overload
    def replaced(self, name: str, *, values: Iterable[object]) -> Batch: ...

    def replaced(self, name: str, *, value: object = _ABSENT, values: Iterable[object] = _ABSENT) -> Batch:
        """Return a batch in which an existing field has other values, given as for :meth:`with_field`.

        Raises KeyError if a record lacks the field.
        """
        column = self._make_column(name, value, values)
        self.column(name)
        return Batch(_write_column(self.rows(), name, column))

    def kept(self, mask: Iterable[object]) -> Batch:
        """Return the records whose value in ``mask`` is true. Raises ValueError unless it has a value for each."""
        selectors = list(mask)
        self._check_length(len(selectors), "values of a mask")
        return self._share(list(compress(self._rows, selectors)))

    def matching(self, rule: Callable[[Record], object]) -> Batch:
        """Return the records for which ``rule(record)`` is true. The rule must not change the record: it is no copy."""
        return self.kept(map(rule, self._rows if len(self._written) == self._own else self.rows()))

    def __eq__(self, other: object) -> bool:
        """True if both hold equal records in the same order."""
        return self.read_only() == other.read_only() if isinstance(other, Batch) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # records are not hashable either

    def __repr__(self) -> str:
        return f"<Batch of {len(self)}: {', '.join(self.fields)}>"

    def _copy_row(self, row: Record) -> Record:
        """Return a copy of a row without the fields that were written into it for other batches."""
        copy = row.copy()
        for name in self._written[self._own :]:
            copy.pop(name, None)
        return copy

    def _make_column(self, name: str, value: object, values: Iterable[object]) -> Iterable[object]:
        """Return one value for each row."""
        if (value is _ABSENT) == (values is _ABSENT):
            raise TypeError("either value or values must be given")
        if values is _ABSENT:
            return repeat(value)
        column = list(values)
        self._check_length(len(column), f"values of {name!r}")
        return column

    def _check_length(self, number: int, what: str) -> None:
        if number != len(self):
            raise ValueError(f"{number} {what} for {len(self)} records")


def _write_column(rows: list[Record], name: str, column: Iterable[object]) -> list[Record]:
    for row, value in zip(rows, column, strict=False):
        row[name] = value
    return rows
