"""Batches: the unit in which records travel from a parser to a sink.

A batch never changes, and the records that it gives belong to who asked: changing those changes nothing else. What a
record holds in turn, such as the list of its processes, is not copied, and not to be changed. Every operation gives
another batch, so a stage of the pipeline writes ``batch = batch.with_field("kind", value=kind)``.

Inside are rows for now. A field that is added is written into the rows themselves, which costs a tenth of copying them.
Batches that share rows share a list of the names so written, and each knows how many of those are its own. Where rows
have got more since, a batch leaves that out of what it shows, and adds to copies; a part of a batch always does the
latter, for it cannot tell what the other rows have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress, repeat
from operator import contains
from typing import Any, overload

from netstat_core.plugin.records import Record

_ABSENT: Any = object()


class Batch(Sequence[Record]):
    """Records of one kind, in order.

    The records that it is made of, each a dict of its own, are the batch's from then on: who made them does not change
    them any more.
    """

    __slots__ = ("_own", "_rows", "_whole", "_written")

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._rows = list(records)
        self._written: list[str] = []
        self._own = 0
        self._whole = True

    def _part(self, rows: list[Record], added: int = 0) -> Batch:
        """A batch of some or all of the same rows, with as many more written into them."""
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
            yield row.copy() if len(written) == own else self._without_later(row)

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> Batch: ...

    def __getitem__(self, index: int | slice) -> Record | Batch:
        if isinstance(index, slice):
            return self._part(self._rows[index])
        return self._without_later(self._rows[index])

    def rows(self) -> list[Record]:
        """All records, in a list that belongs to the caller as they do."""
        if len(self._written) == self._own:
            return [row.copy() for row in self._rows]
        return [self._without_later(row) for row in self._rows]

    def read_only(self) -> Sequence[Record]:
        """All records, to be read at once and not changed: what an encoder takes, without the cost of copies."""
        return self._rows if len(self._written) == self._own else self.rows()

    @property
    def fields(self) -> tuple[str, ...]:
        """Keys of the records, in their order; a key that some lack where it was first met; without records none."""
        found: dict[str, Any] = {}
        for row in self._rows:
            if not found.keys() >= row.keys():
                found.update(row)
        return tuple(self._without_later(found))

    def column(self, name: str) -> list[Any]:
        """One field of every record, in a new list; KeyError where a record lacks it."""
        if self._rows and name in self._written[self._own :]:
            raise KeyError(name)
        return [row[name] for row in self._rows]

    @overload
    def with_field(self, name: str, *, value: object) -> Batch: ...

    @overload
    def with_field(self, name: str, *, values: Iterable[object]) -> Batch: ...

    def with_field(self, name: str, *, value: object = _ABSENT, values: Iterable[object] = _ABSENT) -> Batch:
        """The records with a field more, behind the others: ``value`` for all, or one of ``values`` for each.

        ValueError where a record has such a field, or ``values`` are not as many as the records.
        """
        column = self._column_of(name, value, values)
        if any(map(contains, self.read_only(), repeat(name))):
            raise ValueError(f"{name!r} is a field already")
        if not self._rows:
            return self
        if not self._whole or len(self._written) > self._own:
            return Batch(_filled(self.rows(), name, column))
        self._written.append(name)
        return self._part(_filled(self._rows, name, column), 1)

    @overload
    def replaced(self, name: str, *, value: object) -> Batch: ...

    @overload
    def replaced(self, name: str, *, values: Iterable[object]) -> Batch: ...

    def replaced(self, name: str, *, value: object = _ABSENT, values: Iterable[object] = _ABSENT) -> Batch:
        """The records with something else in a field that they have, given as for :meth:`with_field`.

        KeyError where a record has no such field.
        """
        column = self._column_of(name, value, values)
        self.column(name)
        return Batch(_filled(self.rows(), name, column))

    def kept(self, mask: Iterable[object]) -> Batch:
        """The records for which the mask is true; ValueError where it is not as long as the batch."""
        chosen = list(mask)
        self._must_be_as_many(len(chosen), "values of a mask")
        return self._part(list(compress(self._rows, chosen)))

    def matching(self, rule: Callable[[Record], object]) -> Batch:
        """The records that a rule says yes to. It is asked with the records themselves, and only reads them."""
        return self.kept(map(rule, self._rows if len(self._written) == self._own else self.rows()))

    def __eq__(self, other: object) -> bool:
        """Whether both hold equal records in the same order."""
        return self.read_only() == other.read_only() if isinstance(other, Batch) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # records are not hashable either

    def __repr__(self) -> str:
        return f"<Batch of {len(self)}: {', '.join(self.fields)}>"

    def _without_later(self, row: Record) -> Record:
        """A copy of a row, without what was written into it for other batches."""
        copy = row.copy()
        for name in self._written[self._own :]:
            copy.pop(name, None)
        return copy

    def _column_of(self, name: str, value: object, values: Iterable[object]) -> Iterable[object]:
        """A value for each row."""
        if (value is _ABSENT) == (values is _ABSENT):
            raise TypeError("either value or values must be given")
        if values is _ABSENT:
            return repeat(value)
        column = list(values)
        self._must_be_as_many(len(column), f"values of {name!r}")
        return column

    def _must_be_as_many(self, number: int, what: str) -> None:
        if number != len(self):
            raise ValueError(f"{number} {what} for {len(self)} records")


def _filled(rows: list[Record], name: str, column: Iterable[object]) -> list[Record]:
    for row, value in zip(rows, column, strict=False):
        row[name] = value
    return rows
