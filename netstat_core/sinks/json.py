"""Reports as JSON: one document, or a record a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, BinaryIO

import msgspec

from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import GREATEST_INTEGER, LEAST_INTEGER, Record
from netstat_core.plugin.sinks import Head, Rendering, Tail

_encoder = msgspec.json.Encoder()


def encode(value: Any) -> bytes:
    """A value as JSON on one line, whatever texts are in it, without a character that a terminal would obey."""
    try:
        line = _encoder.encode(value)
    except (UnicodeEncodeError, TypeError, OverflowError):
        line = _encoder.encode(_plain(value))
    return line if _is_harmless(line) else _printable(line)


def _encode_lines(records: Sequence[Record]) -> bytes:
    try:
        lines = _encoder.encode_lines(records)
    except (UnicodeEncodeError, TypeError, OverflowError):
        lines = _encoder.encode_lines([_plain(record) for record in records])
    return lines if _is_harmless(lines) else b"".join(_printable(line) + b"\n" for line in lines.splitlines())


def _is_harmless(line: bytes) -> bool:
    """Whether there can be no control left in JSON: below ASCII's end the encoder leaves DEL alone as it is."""
    return line.isascii() and b"\x7f" not in line


def _printable(line: bytes) -> bytes:
    """The same JSON, with the controls and marks beyond ASCII as escapes; the encoder leaves no others but DEL."""
    text = line.decode()
    if text.isprintable():
        return line
    return "".join(one if one.isprintable() else _escaped(one) for one in text).encode()


def _escaped(character: str) -> str:
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]


def _plain(value: Any) -> Any:
    """What JSON can hold: bytes of an argument that are no text, and whatever a loose schema let through, as text."""
    if isinstance(value, dict):
        return {_plain(str(name)): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return value if LEAST_INTEGER <= value <= GREATEST_INTEGER else f"{value:#x}"
    return str(value).encode("utf-8", "backslashreplace").decode()


class JsonRendering(Rendering):
    """One JSON document, written as it streams: a record a line, or all on one line when more reports follow."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._waiting: list[str] = []
        self._open = False

    def begin(self, head: Head) -> None:
        """Everything up to the tables."""
        self._newline = b"" if head.repeating else b"\n"
        self._waiting = list(head.tables)
        self._table: str | None = None
        self._out.write(encode(head.as_record())[:-1] + b',"tables":{')

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Records, below the name of their table."""
        self._enter(reader.table)
        if batch:
            separator = b"," + self._newline
            rows = separator.join(map(encode, batch.read_only()))
            self._out.write((separator if self._open else self._newline) + rows)
            self._open = True

    def end(self, tail: Tail) -> None:
        """Tables without a record, then what the tail holds."""
        while self._waiting:
            self._enter(self._waiting[0])
        closing = (self._newline + b"]" if self._table else b"") + b"}"
        self._out.write(closing + b"," + encode(tail.as_record())[1:] + b"\n")

    def _enter(self, table: str) -> None:
        while self._table != table:
            if self._table is not None:
                self._out.write(self._newline + b"],")
            self._table = self._waiting.pop(0)
            self._open = False
            self._out.write(self._newline + encode(self._table) + b":[")


class NdjsonRendering(Rendering):
    """A record a line; the last line is of kind ``report`` and holds the rest."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def begin(self, head: Head) -> None:
        """The head waits for the last line."""
        self._head = head

    def batch(self, reader: Reader, batch: Batch) -> None:  # noqa: ARG002 - a record names its kind
        """A line a record."""
        if batch:
            self._out.write(_encode_lines(batch.read_only()))

    def end(self, tail: Tail) -> None:
        """The line that is no record."""
        rest = {"kind": "report", **self._head.as_record(), "tables": list(self._head.tables), **tail.as_record()}
        self._out.write(encode(rest) + b"\n")
