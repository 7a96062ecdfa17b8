"""Make contents of any size for the sources of a reader, from the rows and messages that the samples hold."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice
from typing import Any, NamedTuple, Protocol

from trees import FIXTURES

from netstat_core.errors import SourceError
from netstat_core.plugin import About, Directory, File, NetlinkDump
from netstat_core.system import System

MOST_PIECES = 32
"""Rows or messages of the samples that are taken of each source."""

MOST_LONG = 4

_HEADER = struct.Struct("=I")
_LENGTH = struct.Struct("=H")
_WORD = 4
_INDEX_AT = 20
"""Offset of an interface index, an inode or two ports in most messages: the second word after struct nlmsghdr."""

_NUMBER = re.compile(rb"\b[0-9A-Fa-f]*[0-9A-Fa-f]{4}\b")
_NAME = re.compile(rb"\b([A-Za-z_]*[G-Zg-z_][A-Za-z_]*)\d+\b")

Piece = bytes


class Change(Protocol):
    """Returns a row or message with something in it that is of this number only."""

    def __call__(self, piece: Piece, number: int, *, is_row: bool) -> Piece:
        """Return the changed piece."""


class Variant(NamedTuple):
    """How contents grow: how many lines are no rows, in which order pieces come, and what each repetition changes.

    In a long one, there are only a few rows or messages, each with as many words or attributes.
    """

    name: str
    header: int = 1
    blocks: bool = False
    change: Change | None = None
    is_long: bool = False


def number_row(piece: Piece, number: int, *, is_row: bool) -> Piece:
    """Give a row other numbers and names, or a message another index."""
    if is_row:
        piece = _NUMBER.sub(lambda found: found[0][:-4] + b"%04d" % (number % 10_000), piece)
        return _NAME.sub(lambda found: found[1] + b"%d" % number, piece)
    return _with_word(piece, _INDEX_AT, number)


def number_end(piece: Piece, number: int, *, is_row: bool) -> Piece:
    """Give a row another last number, or a message another last word: the payload of an attribute, as a rule."""
    if is_row:
        return re.sub(rb"\d+(?=\D*$)", b"%d" % number, piece, count=1)
    return _with_word(piece, len(piece) - _WORD, number)


def _with_word(message: bytes, start: int, number: int) -> bytes:
    if len(message) < start + _WORD or start < _INDEX_AT:
        return message
    return message[:start] + _HEADER.pack(number) + message[start + _WORD :]


VARIANTS = (
    Variant("rows in turn"),
    Variant("rows in turn, without a header", header=0),
    Variant("rows in turn, two lines of header", header=2),
    Variant("runs of each row", blocks=True),
    Variant("rows in turn with numbers", change=number_row),
    Variant("rows in turn with last numbers", change=number_end),
    Variant("runs of each row with numbers", blocks=True, change=number_row),
    Variant("long rows", is_long=True),
)


def _rule(family: int, *attributes: tuple[int, bytes]) -> bytes:
    """Return a message of a dump of policy rules: struct fib_rule_hdr of linux/fib_rules.h, and attributes."""
    body = bytes([family, 0, 0, 0, 254, 0, 0, 1]) + bytes(4)
    for kind, payload in attributes:
        body += struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)
    return struct.pack("=IHHII", 16 + len(body), 32, 2, 0, 0) + body


def _rules(family: int) -> list[bytes]:
    priority, table, mark = (6, b"\x01\x00\x00\x00"), (15, b"\xfe\x00\x00\x00"), (10, b"\x07\x00\x00\x00")
    return [_rule(family, table), _rule(family, priority, table), _rule(family, (3, b"eth0\0"), priority, table, mark)]


MADE_DUMPS = {"route/inet-rules": _rules(2), "route/inet6-rules": _rules(10)}
"""Dumps that no sample has, as datagrams."""

MADE_FILES = {
    "/proc/net/udplite": (FIXTURES / "captures/udp-a-6.18/proc/net/udp").read_bytes(),
    "/proc/net/x25/forward": b"lci dev1       dev2\n1   eth0       eth1\n2   eth1       eth0\n",
    "/proc/net/rose_routes": (FIXTURES / "captures/legacy-peera-6.1/proc/net/rose_routes").read_bytes(),
}
"""Files of which the samples have only the header, for one more sample."""


class Samples:
    """The contents of sources in all samples of machines of one byte order.

    ``dumps`` are all that may be sampled. A dump that no sample has is made of the messages of others that have the
    same form: of the same type, for the same address family.
    """

    def __init__(self, systems: Sequence[System], dumps: Sequence[NetlinkDump]) -> None:
        self._systems = [system for system in systems if system.machine.byte_order == "little"]
        self._dumps = dumps
        self._kept: dict[Any, list[Any]] = {}

    def contents(self, source: Any) -> list[Any]:
        """Return the contents of a source in all samples that have it."""
        if source not in self._kept:
            self._kept[source] = list(self._find(source))
            if isinstance(source, NetlinkDump) and not any(self._kept[source]):
                made = MADE_DUMPS.get(source.name)
                alike = [dump for dump in self._dumps if _form(dump) == _form(source)]
                self._kept[source] = [made] if made else [each for dump in alike for each in self._find(dump)]
        return self._kept[source]

    def _find(self, source: Any) -> Iterator[Any]:
        for system in self._systems:
            try:
                if isinstance(source, File):
                    yield system.read(source)
                elif isinstance(source, Directory):
                    yield system.read_all(source)
                else:
                    yield [bytes(datagram) for datagram in system.dump(source)]
            except SourceError:
                continue

    def scaled(self, source: Any, number: int, variant: Variant) -> Any:
        """Return a content with a number of rows or messages, None if no sample has the source with any."""
        found = [content for content in self.contents(source) if content]
        if not found:
            return None
        if isinstance(source, NetlinkDump):
            return _datagrams(found, number, variant)
        if isinstance(source, Directory):
            return _files(source, found, number, variant)
        return _rows(found, number, variant)


def _form(dump: NetlinkDump) -> tuple[int, int, bytes]:
    return dump.protocol, dump.type, dump.body[:1]


def _rows(found: Sequence[bytes], number: int, variant: Variant) -> bytes:
    """Return one file with the header of the first content, and rows of all that have this header."""
    lines = [content.splitlines(keepends=True) for content in found]
    header = lines[0][: variant.header]
    rows = [row for content in lines if content[: variant.header] == header for row in content[variant.header :]]
    return b"".join([*header, *_repeated(rows, number, variant, is_row=True)])


def _files(source: Directory, found: Sequence[Mapping[str, bytes]], number: int, variant: Variant) -> dict[str, bytes]:
    """Return as many files, each of one name: the component for which the pattern has a star has another end."""
    contents = [content for files in found for content in files.values()][:MOST_PIECES]
    before, _, after = source.pattern.partition("*")
    pieces = _repeated(contents, number, variant, is_row=True) if contents else ()
    return {f"{before}eth{place:05}{after.replace('*', 'x')}": piece for place, piece in enumerate(pieces)}


def _datagrams(found: Sequence[Sequence[bytes]], number: int, variant: Variant) -> list[bytes]:
    """Return one datagram with all messages."""
    messages = [message for dump in found for datagram in dump for message in _split(datagram)]
    return [b"".join(_repeated(messages, number, variant, is_row=False))]


def _split(datagram: bytes) -> Iterator[bytes]:
    """Yield the messages of a datagram with their alignment bytes."""
    start = 0
    while start + _WORD <= len(datagram):
        length = _HEADER.unpack_from(datagram, start)[0]
        message = datagram[start : start + max(length, _WORD)]
        yield message + bytes(-len(message) % _WORD)
        start += max(_WORD, length + 3 & ~3)


def _repeated(pieces: Sequence[Piece], number: int, variant: Variant, *, is_row: bool) -> list[Piece]:
    """Return as many pieces: all in turn again and again, or each in a run of its own."""
    kinds = _spread(pieces)
    if not kinds:
        return []
    if variant.is_long:
        return [_lengthened(piece, number, is_row=is_row) for piece in kinds[:MOST_LONG]]
    if variant.blocks:
        chosen = [kinds[place * len(kinds) // number] for place in range(number)]
    else:
        chosen = list(islice(cycle(kinds), number))
    change = variant.change
    return chosen if change is None else [change(piece, place + 1, is_row=is_row) for place, piece in enumerate(chosen)]


def _lengthened(piece: Piece, number: int, *, is_row: bool) -> Piece:
    """Repeat the words of a row after the first, or the attributes of a message."""
    if is_row:
        first, *others = piece.split() or [b""]
        return b" ".join([first, *islice(cycle(others or [first]), number)]) + b"\n"
    start = _attributes_start(piece)
    if start == len(piece):
        return piece
    message = piece[:start] + piece[start:] * (number // 4)
    return _HEADER.pack(len(message)) + message[_WORD:]


def _attributes_start(message: bytes) -> int:
    """Return the least offset from which on attributes fill the message to its end."""
    for start in range(_INDEX_AT, len(message), _WORD):
        place = start
        while place + _WORD <= len(message) and (length := _LENGTH.unpack_from(message, place)[0]) >= _WORD:
            place += length + 3 & ~3
        if place == len(message):
            return start
    return len(message)


def _spread(pieces: Sequence[Piece]) -> list[Piece]:
    """Return pieces of as many lengths as there are, in their order: of each length a few."""
    by_length: dict[int, list[int]] = {}
    for place, piece in enumerate(pieces):
        by_length.setdefault(len(piece), []).append(place)
    most = max(1, MOST_PIECES // max(1, len(by_length)))
    places = sorted(place for same in by_length.values() for place in same[:most])
    return [pieces[place] for place in places[:MOST_PIECES]]


def about(asked: Any) -> About:
    """Return what parsers are told of the machine that the samples are of."""
    return About(asked, "little", 100, "6.18.0")
