"""Write reports as JSON: one document, or one record per line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any, BinaryIO

import msgspec

from netstat_core.plugin.batches import Batch, Column, Same
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import GREATEST_INTEGER, LEAST_INTEGER, Record
from netstat_core.plugin.sinks import Head, Rendering, Tail

_encoder = msgspec.json.Encoder()


def encode(value: Any) -> bytes:
    """Encode a value as JSON on one line, with every control character escaped, so that a terminal can show it.

    Values that JSON cannot hold become text: undecodable bytes, large integers and objects of other types.
    """
    try:
        line = _encoder.encode(value)
    except (UnicodeEncodeError, TypeError, OverflowError):
        line = _encoder.encode(_plain(value))
    return line if _is_harmless(line) else _escape_line(line)


def encode_plain_lines(records: Sequence[Record]) -> bytes:
    r"""Encode each record on a line of its own, with escapes for ``"``, ``\``, and all below a space; no others.

    Raises TypeError, ValueError, OverflowError or RecursionError for values that JSON cannot hold.
    """
    return _encoder.encode_lines(records)


def _encode_lines(batch: Batch) -> bytes:
    """Encode each record as :func:`encode` does, on a line of its own."""
    columns = batch.read_columns()
    try:
        lines = _encoder.encode_lines(batch.read_only() if columns is None else _make_structs(columns, len(batch)))
    except (ValueError, TypeError, OverflowError):  # names or values that JSON cannot hold
        return b"".join(encode(record) + b"\n" for record in batch.read_only())
    return lines if _is_harmless(lines) else b"".join(_escape_line(line) + b"\n" for line in lines.splitlines())


@lru_cache(maxsize=256)
def _make_type(names: tuple[str, ...]) -> Callable[..., object]:
    """Return a type whose instances the encoder writes as objects with these keys in this order."""
    fields = {f"field_{number}": name for number, name in enumerate(names)}
    return msgspec.defstruct("Row", [*fields], rename=fields, gc=False)


def _make_structs(columns: dict[str, Column], length: int) -> Sequence[object]:
    """Return records as objects that the encoder writes faster than dicts. Raises ValueError for unusual names.

    Columns of one value that stand beside each other are one field with the first one's name, whose value goes on with
    the keys and values of the others: ``"timer":`` is followed by ``null,"v4_mapped":false``.
    """
    names: list[str] = []
    values: list[Iterable[object]] = []
    shared = b""
    for name, column in columns.items():
        if not isinstance(column, Same):
            names.append(name)
            values.append(column)
            shared = b""
            continue
        value = _encoder.encode(column.value)
        if shared:
            shared += b"," + _encoder.encode(name) + b":" + value
            values[-1] = repeat(msgspec.Raw(shared), length)
        else:
            shared = value
            names.append(name)
            values.append(repeat(msgspec.Raw(shared), length))
    return [*map(_make_type(tuple(names)), *values)] if columns else [{}] * length


def _is_harmless(line: bytes) -> bool:
    """Return whether encoded JSON has no control character: of those in ASCII the encoder leaves only DEL unescaped."""
    return line.isascii() and b"\x7f" not in line


def _escape_line(line: bytes) -> bytes:
    """Escape the unprintable characters of encoded JSON: those beyond ASCII, and DEL."""
    text = line.decode()
    if text.isprintable():
        return line
    return "".join(character if character.isprintable() else _escape(character) for character in text).encode()


def _escape(character: str) -> str:
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]


def _plain(value: Any) -> Any:
    """Convert a value to types that JSON has; undecodable bytes of texts and values of other types become text."""
    if isinstance(value, dict):
        return {_plain(str(name)): _plain(nested) for name, nested in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return value if LEAST_INTEGER <= value <= GREATEST_INTEGER else f"{value:#x}"
    return str(value).encode("utf-8", "backslashreplace").decode()


class JsonRendering(Rendering):
    """Writes one JSON document as records arrive: a record per line, or all on one line if more reports follow."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._waiting: list[str] = []
        self._open = False

    def begin(self, head: Head) -> None:
        """Write everything before the tables."""
        self._newline = b"" if head.repeating else b"\n"
        self._waiting = list(head.tables)
        self._table: str | None = None
        self._out.write(encode(head.as_record())[:-1] + b',"tables":{')

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Write records below the name of their table."""
        self._open_table(reader.table)
        if batch:
            separator = b"," + self._newline
            rows = _encode_lines(batch)[:-1].replace(b"\n", separator)
            self._out.write((separator if self._open else self._newline) + rows)
            self._open = True

    def end(self, tail: Tail) -> None:
        """Write the remaining tables, which are empty, and the tail."""
        while self._waiting:
            self._open_table(self._waiting[0])
        closing = (self._newline + b"]" if self._table else b"") + b"}"
        self._out.write(closing + b"," + encode(tail.as_record())[1:] + b"\n")

    def _open_table(self, table: str) -> None:
        while self._table != table:
            if self._table is not None:
                self._out.write(self._newline + b"],")
            self._table = self._waiting.pop(0)
            self._open = False
            self._out.write(self._newline + encode(self._table) + b":[")


class NdjsonRendering(Rendering):
    """Writes one record per line; the last line has the kind ``report`` and holds the head and the tail.

    Its ``tables`` count the records of each table.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def begin(self, head: Head) -> None:
        """Keep the head for the last line."""
        self._head = head
        self._counts = dict.fromkeys(head.tables, 0)

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Write one line per record."""
        if batch:
            self._counts[reader.table] = self._counts.get(reader.table, 0) + len(batch)
            self._out.write(_encode_lines(batch))

    def end(self, tail: Tail) -> None:
        """Write the last line: the head and the tail."""
        rest = {"kind": "report", **self._head.as_record(), "tables": self._counts, **tail.as_record()}
        self._out.write(encode(rest) + b"\n")
