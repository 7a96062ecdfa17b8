"""The rows of a file by the names in its header, and what the words of a row mean.

Kernels from 2.0 on have added, dropped and moved columns but hardly ever renamed one, so that a table of names reads
all of them. Every function here raises ValueError or LookupError for what it cannot read; ``parse_rows``
turns that into a problem of the one row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from netstat_core.plugin import About, Feed, File, Gap, Problem, Record, Trait, bounded, escape, feed

# include/net/tcp_states.h, of which AppleTalk and IPX use two
TCP_ESTABLISHED = 1
TCP_CLOSE = 7

PRESENT = "present"
"""The trait that every file yields first: headings can then tell an empty file from none."""

LISTENING = "LISTENING"
"""The state of sockets that accept connections, in all families that have them."""

_HEX = re.compile(rb"[0-9A-Fa-f]{1,16}")
_SIGNED = re.compile(rb"-?[0-9]{1,19}")

Parsed = Record | Problem | Trait | Gap
Parse = Callable[[str, bytes], Iterator[Parsed]]
"""From a source's name and content to what it holds."""


class BadRowError(ValueError):
    """A row that is none, with the field that is wrong, which the family's complaint names."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class From(NamedTuple):
    """Where a field's value comes from: a column, the conversion of its word, and whether some kernels lack it."""

    column: str
    convert: Callable[[bytes], Any]
    optional: bool = False


def feeds(parse: Parse, *paths: str) -> tuple[Feed, ...]:
    """A feed for each path below /proc/net under which kernels of some age keep this file, tried in this order."""
    return tuple(_feed(parse, f"/proc/net/{path}") for path in paths)


def _feed(parse: Parse, path: str) -> Feed:
    def parse_content(_about: About, content: bytes) -> Iterator[Parsed]:
        yield Trait(PRESENT)
        yield from parse(path, content)

    return feed("procfs", File(path, inode_column=-1), parse=parse_content)


def parse_rows(
    source: str, content: bytes, convert: Callable[[list[bytes]], Record], reason: str, headers: int = 1
) -> Iterator[Record | Problem]:
    """The record that ``convert`` makes of each line's words behind the header lines, or what is wrong with it."""
    return parse_lines(source, content, lambda line: convert(line.split()), reason, headers)


def parse_lines(
    source: str, content: bytes, convert: Callable[[bytes], Record], reason: str, headers: int = 1
) -> Iterator[Record | Problem]:
    """The same for lines that cannot be split at blanks."""
    lines = content.split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines[headers:], headers + 1):
        try:
            yield convert(line)
        except (ValueError, LookupError) as error:
            field = error.field if isinstance(error, BadRowError) else None
            yield Problem(source, reason, line, number, "bogus" if field is None else "field", field)


def header_names(content: bytes, columns: str) -> list[str]:
    """The names in the first line; those of ``columns`` where that line does not begin as the kernel's does."""
    header = content.partition(b"\n")[0].lower().decode("ascii", "replace").split()
    return header if header[:2] == columns.split()[:2] else columns.split()


def to_record(family: str, fields: Mapping[str, From], names: Sequence[str], words: Sequence[bytes]) -> Record:
    """The socket in one row: the family, the fields, None for optional columns that it lacks, and what rows lack."""
    row = dict(zip(names, words, strict=False))
    record: Record = {"family": family} | {
        field: None if one.optional and one.column not in row else one.convert(row[one.column])
        for field, one in fields.items()
    }
    return {**record, "protocol": family, "listening": record["state"] == LISTENING, "uid": None}


def into(known: dict[Any, Record], key: str, parsed: Iterator[Record | Problem]) -> Iterator[Problem]:
    """Sort records into ``known`` by one of their fields, the first of a kind; what is no record is passed on."""
    for one in parsed:
        if isinstance(one, Problem):
            yield one
        else:
            known.setdefault(one[key], one)


def number(word: bytes) -> int:
    """A decimal number, which leading zeros do not make octal."""
    if not word.isdigit():
        raise ValueError("not a number")
    return bounded(int(word))


def hexadecimal(word: bytes) -> int:
    """A hexadecimal number without a prefix."""
    if not _HEX.fullmatch(word):
        raise ValueError("not a hexadecimal number")
    return int(word, 16)


def octet(word: bytes) -> int:
    """A hexadecimal number of 8 bits."""
    value = hexadecimal(word)
    if value >> 8:
        raise ValueError("more than 8 bits")
    return value


def port(word: bytes) -> int:
    """A hexadecimal number of 16 bits."""
    value = hexadecimal(word)
    if value >> 16:
        raise ValueError("more than 16 bits")
    return value


def uid(word: bytes) -> int:
    """A user id, which kernels before 3.7 print as a signed number."""
    if not _SIGNED.fullmatch(word):
        raise ValueError("not a number")
    return int(word) & 0xFFFFFFFF


def inode(word: bytes) -> int | None:
    """A socket's inode; None for 0 and, where no socket owns the link, ``*``."""
    return None if word == b"*" else number(word) or None


def queue(word: bytes) -> int | None:
    """Bytes in a queue; None for ``*``: no socket, hence no queue."""
    return None if word == b"*" else number(word)


def text(word: bytes) -> str:
    """A name as it stands."""
    return escape(word)


def unless(*nothing: bytes) -> Callable[[bytes], str | None]:
    """The conversion of a name for which the kernel prints one of these words where it has none."""
    return lambda word: None if word in nothing else escape(word)


device = unless(b"???")
callsign = unless(b"*")


def half(index: int, convert: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """The conversion of ``A/B`` that takes A (0) or B (1)."""
    return lambda word: convert(_halves(word)[index])


def seconds(word: bytes) -> Record:
    """A timer's ``LEFT/PERIOD`` in seconds."""
    left, period = _halves(word)
    return {"left_seconds": number(left), "period_seconds": number(period)}


def minutes(word: bytes) -> Record:
    """A timer's ``LEFT/PERIOD`` in minutes."""
    left, period = _halves(word)
    return {"left_seconds": bounded(number(left) * 60), "period_seconds": bounded(number(period) * 60)}


def state(words: Sequence[str]) -> Callable[[bytes], str]:
    """The conversion of a state's number to its word; one out of range is ``UNKNOWN(n)``."""

    def word_of(word: bytes) -> str:
        value = number(word)
        return words[value] if value < len(words) else f"UNKNOWN({value})"

    return word_of


def _halves(word: bytes) -> list[bytes]:
    halves = word.split(b"/")
    if len(halves) != 2:  # noqa: PLR2004 - two halves
        raise ValueError("not two numbers")
    return halves
