"""Parsing of the rows of a file by the names in its header, and of the words in a row.

Kernels since 2.0 have added, dropped and moved columns but hardly ever renamed one, so columns are found by name. All
functions that parse a word raise ValueError or LookupError if they cannot; ``parse_rows`` turns this into a problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from netstat_core.plugin import About, Feed, File, Gap, Header, Problem, Record, TextFile, Trait, bounded, escape, feed

# include/net/tcp_states.h, of which AppleTalk and IPX use two
TCP_ESTABLISHED = 1
TCP_CLOSE = 7

PRESENT = "present"
"""The trait that every file yields first, so headings can distinguish an empty file from a missing one."""

LISTENING = "LISTENING"
"""The state of sockets that accept connections, in all families that have them."""

_HEX = re.compile(rb"[0-9A-Fa-f]{1,16}")
_SIGNED = re.compile(rb"-?[0-9]{1,19}")

Parsed = Record | Problem | Trait | Gap
Parse = Callable[[str, bytes], Iterator[Parsed]]
"""A function from the name and the content of a source to its records and problems."""


class BadRowError(ValueError):
    """An invalid row in which ``field`` is wrong; netstat's complaint names the field."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class From(NamedTuple):
    """The origin of a field: the column, the conversion of its word, and whether some kernels lack the column."""

    column: str
    convert: Callable[[bytes], Any]
    optional: bool = False


def make_feeds(parse: Parse, *paths: str) -> tuple[Feed, ...]:
    """Return a feed for each path below /proc/net at which some kernels have this file, in this order."""
    return tuple(_make_feed(parse, f"/proc/net/{path}") for path in paths)


def _make_feed(parse: Parse, path: str) -> Feed:
    def parse_content(_about: About, content: bytes) -> Iterator[Parsed]:
        yield Trait(PRESENT)
        yield from parse(path, content)

    return feed("procfs", File(path, inode_column=-1), parse=parse_content)


def parse_rows(
    source: str, content: bytes, convert: Callable[[list[bytes]], Record], reason: str, *headers: Header
) -> Iterator[Record | Problem | Gap]:
    """Yield the record that ``convert`` makes from the words of each line, or a problem with ``reason``.

    ``headers`` are the forms of the header; none if kernels write no header.
    """
    return parse_lines(source, content, lambda line: convert(line.split()), reason, *headers)


def parse_lines(
    source: str, content: bytes, convert: Callable[[bytes], Record], reason: str, *headers: Header
) -> Iterator[Record | Problem | Gap]:
    """Do the same as ``parse_rows`` for lines that cannot be split at blanks; ``convert`` gets the line."""
    text = TextFile(source, content, *headers)
    for number, line in text.rows():
        try:
            yield convert(line)
        except (ValueError, LookupError) as error:
            field = error.field if isinstance(error, BadRowError) else None
            yield text.problem(reason, line, number, "bogus" if field is None else "field", field)
    yield from text.gaps


def header_names(content: bytes, columns: str) -> list[str]:
    """Return the names in the first line, or those in ``columns`` if the first two names differ."""
    header = content.partition(b"\n")[0].lower().decode("ascii", "replace").split()
    return header if header[:2] == columns.split()[:2] else columns.split()


def to_record(family: str, fields: Mapping[str, From], names: Sequence[str], words: Sequence[bytes]) -> Record:
    """Return the record of a socket from a row; ``names`` are the columns of its ``words``.

    Fields of optional columns that the file lacks are None.
    """
    row = dict(zip(names, words, strict=False))
    record: Record = {"family": family} | {
        field: None if origin.optional and origin.column not in row else origin.convert(row[origin.column])
        for field, origin in fields.items()
    }
    return {**record, "protocol": family, "listening": record["state"] == LISTENING, "uid": None}


def index_records(known: dict[Any, Record], key: str, parsed: Iterator[Parsed]) -> Iterator[Parsed]:
    """Put records into ``known`` by the field ``key``, the first one for each value, and yield all else."""
    for item in parsed:
        if isinstance(item, dict):
            known.setdefault(item[key], item)
        else:
            yield item


def parse_number(word: bytes) -> int:
    """Parse a decimal number; leading zeros do not make it octal."""
    if not word.isdigit():
        raise ValueError("not a number")
    return bounded(int(word))


def parse_hexadecimal(word: bytes) -> int:
    """Parse a hexadecimal number without a prefix, of at most 64 bits."""
    if not _HEX.fullmatch(word):
        raise ValueError("not a hexadecimal number")
    return int(word, 16)


def parse_octet(word: bytes) -> int:
    """Parse a hexadecimal number of at most 8 bits."""
    value = parse_hexadecimal(word)
    if value >> 8:
        raise ValueError("more than 8 bits")
    return value


def parse_port(word: bytes) -> int:
    """Parse a hexadecimal number of at most 16 bits."""
    value = parse_hexadecimal(word)
    if value >> 16:
        raise ValueError("more than 16 bits")
    return value


def parse_uid(word: bytes) -> int:
    """Parse a user id, which kernels before 3.7 print as a signed number."""
    if not _SIGNED.fullmatch(word):
        raise ValueError("not a number")
    return int(word) & 0xFFFFFFFF


def parse_inode(word: bytes) -> int | None:
    """Parse the inode of a socket; None for 0, and for ``*``, which means that no socket owns the link."""
    return None if word == b"*" else parse_number(word) or None


def parse_queue(word: bytes) -> int | None:
    """Parse the bytes in a queue; None for ``*``, which means that there is no socket and no queue."""
    return None if word == b"*" else parse_number(word)


def parse_text(word: bytes) -> str:
    """Return a name as text."""
    return escape(word)


def make_text_parser(*nothing: bytes) -> Callable[[bytes], str | None]:
    """Return the conversion of a name to text, with None for the words that the kernel prints if there is no name."""
    return lambda word: None if word in nothing else escape(word)


parse_device = make_text_parser(b"???")
parse_callsign = make_text_parser(b"*")


def make_half_parser(index: int, convert: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Return the conversion of ``A/B`` that converts A (``index`` 0) or B (1)."""
    return lambda word: convert(_halves(word)[index])


def parse_seconds(word: bytes) -> Record:
    """Parse a timer's ``LEFT/PERIOD`` in seconds."""
    left, period = _halves(word)
    return {"left_seconds": parse_number(left), "period_seconds": parse_number(period)}


def parse_minutes(word: bytes) -> Record:
    """Parse a timer's ``LEFT/PERIOD`` in minutes."""
    left, period = _halves(word)
    return {"left_seconds": bounded(parse_number(left) * 60), "period_seconds": bounded(parse_number(period) * 60)}


def make_state_parser(words: Sequence[str]) -> Callable[[bytes], str]:
    """Return the conversion of a state's number to its word, or ``UNKNOWN(n)`` for other numbers."""

    def word_of(word: bytes) -> str:
        value = parse_number(word)
        return words[value] if value < len(words) else f"UNKNOWN({value})"

    return word_of


def _halves(word: bytes) -> list[bytes]:
    halves = word.split(b"/")
    if len(halves) != 2:  # noqa: PLR2004 - two halves
        raise ValueError("not two numbers")
    return halves
