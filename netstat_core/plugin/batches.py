"""Batches: the unit in which records travel from a parser to a sink.

A batch is immutable: every operation returns a new batch, as in ``batch = batch.with_field("kind", value=kind)``.
Records taken out of a batch are shallow copies; a caller may change them. Nested values, such as the list of
processes, are shared and must not be changed.

Implementation: a batch has a store of rows or of columns, and no code outside this module asks which.

Rows are shared by related batches. ``with_field`` writes the new field into the shared rows, which costs a tenth of a
copy. ``_written`` (shared) lists the fields so added, ``_own`` (per store) says how many of them belong to this store.
A store whose rows have gained fields since removes those from the copies it gives out, and copies the rows before it
adds a field. A store that holds only some of the rows always copies.

Columns are sequences of equal length, or :class:`Same` for a value that all records share. Their rows are made when
somebody looks at them: by copying a template and filling it column by column, in half the time of ``dict(zip(...))``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import compress, repeat
from operator import contains
from typing import Any, overload

from netstat_core.plugin.records import Record

_ABSENT: Any = object()


class Same:
    """A column in which every record has the same ``value``."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value: Any = value

    def __repr__(self) -> str:
        return f"Same({self.value!r})"


Column = Sequence[Any] | Same
"""The values of a field: one for each record, or :class:`Same`."""


class Batch(Sequence[Record]):
    """An immutable sequence of records of one kind.

    ``records`` must be distinct dicts. The batch takes ownership of them: the caller must not change them afterwards.
    Indexing and iteration give copies of records; a slice is a batch.
    """

    __slots__ = ("_store",)

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._store: _Rows | _Columns = _Rows(list(records), [], 0, is_whole=True)

    @classmethod
    def of_columns(cls, columns: Mapping[str, Column], length: int) -> Batch:
        """Return a batch of ``length`` records given by column, for parsers that measured a need.

        ``columns`` maps field names, in the order of the record's keys, to the values of all records: a sequence, which
        the batch takes ownership of, or :class:`Same`. Raises ValueError if a sequence is of another length.

        >>> Batch.of_columns({"family": Same("inet"), "local_port": (22, 80)}, 2)[1]
        {'family': 'inet', 'local_port': 80}
        """
        return _wrap(_Columns({name: _fix(name, column, length) for name, column in columns.items()}, length))

    def __len__(self) -> int:
        return len(self._store)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._store.rows())

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> Batch: ...

    def __getitem__(self, index: int | slice) -> Record | Batch:
        return _wrap(self._store.cut(index)) if isinstance(index, slice) else self._store.row(index)

    def rows(self) -> list[Record]:
        """Return a new list with a copy of every record."""
        return self._store.rows()

    def read_only(self) -> Sequence[Record]:
        """Return all records without copying: for readers of many records, which never change them."""
        return self._store.read_only()

    @property
    def fields(self) -> tuple[str, ...]:
        """Field names of the records, in order of first occurrence; empty for an empty batch."""
        return self._store.fields() if len(self) else ()

    def column(self, name: str) -> Sequence[Any]:
        """Return the field's value in every record, as a list or tuple that must not be changed.

        Raises KeyError if a record lacks the field.
        """
        return self._store.column(name)

    def read_columns(self) -> dict[str, Column] | None:
        """Return the columns as the parser gave them; None if it gave records. For the schema check and encoders."""
        return self._store.columns if isinstance(self._store, _Columns) else None

    @overload
    def with_field(self, name: str, *, value: object) -> Batch: ...

    @overload
    def with_field(self, name: str, *, values: Iterable[object]) -> Batch: ...

    def with_field(self, name: str, *, value: object = _ABSENT, values: Iterable[object] = _ABSENT) -> Batch:
        """Return a batch with one more field, placed last: ``value`` for all records, or one of ``values`` for each.

        Raises ValueError if a record already has the field, or if the number of ``values`` is not that of the records.
        """
        column = self._make_column(name, value, values)
        if self._store.has(name):
            raise ValueError(f"{name!r} is a field already")
        return _wrap(self._store.with_field(name, column)) if len(self) else self

    @overload
    def replaced(self, name: str, *, value: object) -> Batch: ...

    @overload
    def replaced(self, name: str, *, values: Iterable[object]) -> Batch: ...

    def replaced(self, name: str, *, value: object = _ABSENT, values: Iterable[object] = _ABSENT) -> Batch:
        """Return a batch in which an existing field has other values, given as for :meth:`with_field`.

        Raises KeyError if a record lacks the field.
        """
        column = self._make_column(name, value, values)
        self._store.column(name)
        return _wrap(self._store.replaced(name, column))

    def kept(self, mask: Iterable[object]) -> Batch:
        """Return the records whose value in ``mask`` is true. Raises ValueError unless it has a value for each."""
        selectors = list(mask)
        self._check_length(len(selectors), "values of a mask")
        return _wrap(self._store.kept(selectors))

    def matching(self, rule: Callable[[Record], object]) -> Batch:
        """Return the records for which ``rule(record)`` is true. The rule must not change the record: it is no copy."""
        return self.kept(map(rule, self._store.read_only()))

    def __eq__(self, other: object) -> bool:
        """True if both hold equal records in the same order."""
        return self.read_only() == other.read_only() if isinstance(other, Batch) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # records are not hashable either

    def __repr__(self) -> str:
        return f"<Batch of {len(self)}: {', '.join(self.fields)}>"

    def _make_column(self, name: str, value: object, values: Iterable[object]) -> Column:
        if (value is _ABSENT) == (values is _ABSENT):
            raise TypeError("either value or values must be given")
        if values is _ABSENT:
            return Same(value)
        return _fix(name, values, len(self))

    def _check_length(self, number: int, what: str) -> None:
        if number != len(self):
            raise ValueError(f"{number} {what} for {len(self)} records")


def _wrap(store: _Rows | _Columns) -> Batch:
    batch = Batch.__new__(Batch)
    batch._store = store  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - a second constructor
    return batch


def _fix(name: str, column: Iterable[object] | Same, length: int) -> Column:
    """Return a column of a type that neither changes by itself nor lies about its length, which is checked."""
    if isinstance(column, Same):
        return column
    values: Sequence[object] = column if type(column) in (list, tuple) else list(column)  # type: ignore[assignment]
    if len(values) != length:
        raise ValueError(f"{len(values)} values of {name!r} for {length} records")
    return values


class _Rows:
    """Records as dicts, which stores of related batches share."""

    __slots__ = ("_is_whole", "_own", "_rows", "_written")

    def __init__(self, rows: list[Record], written: list[str], own: int, *, is_whole: bool) -> None:
        self._rows = rows
        self._written = written
        self._own = own
        self._is_whole = is_whole

    def _share(self, rows: list[Record]) -> _Rows:
        """Return a store of some or all of these rows."""
        is_whole = self._is_whole and len(rows) == len(self._rows)
        return _Rows(rows, self._written, self._own, is_whole=is_whole)

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, index: int) -> Record:
        return self._copy_row(self._rows[index])

    def rows(self) -> list[Record]:
        if len(self._written) == self._own:
            return [row.copy() for row in self._rows]
        return [self._copy_row(row) for row in self._rows]

    def read_only(self) -> list[Record]:
        return self._rows if len(self._written) == self._own else self.rows()

    def fields(self) -> tuple[str, ...]:
        fields: dict[str, Any] = {}
        for row in self._rows:
            if not fields.keys() >= row.keys():
                fields.update(row)
        return tuple(self._copy_row(fields))

    def has(self, name: str) -> bool:
        return any(map(contains, self.read_only(), repeat(name)))

    def column(self, name: str) -> list[Any]:
        if self._rows and name in self._written[self._own :]:
            raise KeyError(name)
        return [row[name] for row in self._rows]

    def with_field(self, name: str, column: Column) -> _Rows:
        if not self._is_whole or len(self._written) > self._own:
            return self.replaced(name, column)
        self._written.append(name)
        _write_column(self._rows, name, column)
        return _Rows(self._rows, self._written, self._own + 1, is_whole=True)

    def replaced(self, name: str, column: Column) -> _Rows:
        return _Rows(_write_column(self.rows(), name, column), [], 0, is_whole=True)

    def cut(self, index: slice) -> _Rows:
        return self._share(self._rows[index])

    def kept(self, mask: list[object]) -> _Rows:
        return self._share(list(compress(self._rows, mask)))

    def _copy_row(self, row: Record) -> Record:
        """Return a copy of a row without the fields that were written into it for other batches."""
        copy = row.copy()
        for name in self._written[self._own :]:
            copy.pop(name, None)
        return copy


class _Columns:
    """Records by column. Rows that somebody has read are kept, and belong to this store alone."""

    __slots__ = ("_length", "_read", "columns")

    def __init__(self, columns: dict[str, Column], length: int, read: list[Record] | None = None) -> None:
        self.columns = columns
        self._length = length
        self._read = read

    def __len__(self) -> int:
        return self._length

    def row(self, index: int) -> Record:
        place = range(self._length)[index]
        columns = self.columns.items()
        return {name: column.value if isinstance(column, Same) else column[place] for name, column in columns}

    def rows(self) -> list[Record]:
        template: Record = {}
        varying: list[tuple[str, Column]] = []
        for name, column in self.columns.items():
            template[name] = column.value if isinstance(column, Same) else None
            if not isinstance(column, Same):
                varying.append((name, column))
        rows = [template.copy() for _ in range(self._length)]
        for name, column in varying:
            _write_column(rows, name, column)
        return rows

    def read_only(self) -> list[Record]:
        if self._read is None:
            self._read = self.rows()
        return self._read

    def fields(self) -> tuple[str, ...]:
        return tuple(self.columns)

    def has(self, name: str) -> bool:
        return name in self.columns and self._length > 0

    def column(self, name: str) -> Sequence[Any]:
        if not self._length:
            return ()
        column = self.columns[name]
        return [column.value] * self._length if isinstance(column, Same) else column

    def with_field(self, name: str, column: Column) -> _Columns:
        return _Columns({**self.columns, name: column}, self._length)

    replaced = with_field

    def cut(self, index: slice) -> _Columns:
        length = len(range(self._length)[index])
        return self._map(length, lambda column: column[index])

    def kept(self, mask: list[object]) -> _Columns:
        length = sum(map(bool, mask))
        if length == self._length:
            return self
        return self._map(length, lambda column: list(compress(column, mask)))

    def _map(self, length: int, select: Callable[[Sequence[Any]], Sequence[Any]]) -> _Columns:
        """Return a store of the values that ``select`` picks from each column."""
        columns = {
            name: column if isinstance(column, Same) else select(column) for name, column in self.columns.items()
        }
        return _Columns(columns, length, None if self._read is None else [*select(self._read)])


def _write_column(rows: list[Record], name: str, column: Column) -> list[Record]:
    for row, value in zip(rows, repeat(column.value) if isinstance(column, Same) else column, strict=False):
        row[name] = value
    return rows
