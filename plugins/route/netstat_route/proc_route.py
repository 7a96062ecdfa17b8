"""/proc/net/route: the IPv4 routes of table main, without those of types broadcast and multicast.

::

    Iface Destination Gateway  Flags RefCnt Use Metric Mask     MTU Window IRTT
    tun0  00000000    00000000 0001  0      0   0      00000080 0   0      0

Columns are separated by tabs and found by their names in the first line. Addresses are 32-bit words printed as numbers
in the kernel's own byte order: the mask above is 128.0.0.0 on x86. Flags are hexadecimal, other numbers decimal. MTU
is advertised MSS + 40. Of several next hops only the first is shown.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Iterator, Sequence
from functools import partial

from netstat_core.plugin import About, Batch, Gap, Header, Problem, Record, TextFile, Trait, escape, unsigned
from netstat_route.addresses import format_address, format_inet_words, parse_inet_word, to_prefix_length
from netstat_route.flags import RTF_UP, to_inet_letters, to_inet_words
from netstat_route.paths import ROUTE
from netstat_route.queries import OPENED, includes_main_table, includes_other_tables
from netstat_route.record import EMPTY_ROUTE
from netstat_route.templates import Templates

COLUMNS = ("Iface", "Destination", "Gateway", "Flags", "RefCnt", "Use", "Metric", "Mask", "MTU", "Window", "IRTT")
_NAMES = [column.encode() for column in COLUMNS]
_STANDARD = tuple(range(len(COLUMNS)))
_LEAST_WORDS = 10
_DIGITS = 8
"""Hexadecimal digits of an address."""
_HEADER = Header("Iface")

NO_COLUMN = "no_column"
"""Code of the problem that a column is missing from the header; ``field`` of the problem names it."""

Key = tuple[bytes, bytes]
"""A row without its destination: the interface, and everything after the destination."""


def parse(about: About, content: bytes) -> Iterator[Record | Batch | Problem | Trait | Gap]:
    """Yield the routes; a gap if other tables than main are asked for."""
    yield OPENED
    if not content:
        yield Gap("not_in_kernel", ROUTE, "the file is empty: the kernel has no routing table yet")
        return
    text = TextFile(ROUTE, content, _HEADER, may_be_empty=True)
    first = content.partition(b"\n")[0]
    is_header = text.header is not None or not set(_NAMES).isdisjoint(first.split())
    positions = find_columns(first, COLUMNS) if is_header or not _is_row(first, about.order) else _STANDARD
    if isinstance(positions, str):
        yield Problem(ROUTE, f"no column {positions}", first, 1, NO_COLUMN, positions)
        if is_header:  # the order of the columns is unknown
            return
        positions = _STANDARD
    if includes_other_tables(about.asked):
        yield Gap("narrower_capture", ROUTE, "the file has only the routes of table main")
    if includes_main_table(about.asked):
        for parsed in _parse_rows(about, positions, text):
            if not isinstance(parsed, Problem) or parsed.line != 1:  # which is told already
                yield parsed
    yield from text.gaps


def find_columns(header: bytes, wanted: Sequence[str]) -> tuple[int, ...] | str:
    """Return the positions of the wanted columns, which must have this order; others may stand between them.

    If one is missing, return its name instead.
    """
    names = header.split()
    positions: list[int] = []
    for column in wanted:
        name = column.encode()
        start = positions[-1] + 1 if positions else 0
        if name not in names[start:]:
            return column
        positions.append(names.index(name, start))
    return tuple(positions)


def _is_row(line: bytes, order: str) -> bool:
    """True if a line has the form of a row in the usual order of the columns."""
    try:
        interface, _, rest = _reorder(line, _STANDARD)
        _make_template(order, (interface, rest))
    except ValueError:
        return False
    return True


def _parse_rows(about: About, positions: tuple[int, ...], text: TextFile) -> Iterator[Record | Batch | Problem]:
    """Yield the routes; those without RTF_UP are not shown."""
    templates: Templates[Key] = Templates(partial(_make_template, about.order))
    for first, rows in text.blocks():
        batch = _parse_block(about.order, rows, templates) if positions == _STANDARD else None
        if batch is not None:
            yield batch
            continue
        for number, line in enumerate(rows, first):
            try:
                interface, destination, rest = _reorder(line, positions)
                record = templates.record((interface, rest), format_address(parse_inet_word(destination, about.order)))
            except ValueError as error:
                yield text.problem(f"not a route: {error}", line, number)
                continue
            if record is not None:
                yield record


def _parse_block(order: str, rows: list[bytes], templates: Templates[Key]) -> Batch | None:
    """Return the routes of rows whose columns are separated by single tabs; None if a row is not one of those."""
    try:
        interfaces, words, rests = zip(*[row.split(b"\t", 2) for row in rows], strict=True)
        if set(map(len, words)) != {_DIGITS}:
            return None
        destinations = format_inet_words(unhexlify(b"".join(words)), order)
        return templates.batch(zip(interfaces, rests, strict=True), destinations)
    except ValueError:
        return None


def _reorder(line: bytes, positions: tuple[int, ...]) -> list[bytes]:
    """Return interface, destination and rest of a row whose columns have another order or separator."""
    words = line.split()
    if len(words) <= positions[_LEAST_WORDS - 1]:
        raise ValueError("too few columns")
    ordered = [words[position] for position in positions if position < len(words)]
    return [ordered[0], ordered[1], b"\t".join(ordered[2:])]


def _make_template(order: str, key: Key) -> Record | None:
    """Return the record of a row without its destination; None if it is not shown.

    Raise ValueError if it is not a row.
    """
    interface, rest = key
    words = rest.split()
    if len(words) < _LEAST_WORDS - 2 or len(interface.split()) != 1:
        raise ValueError("too few columns")
    gateway, mask = (parse_inet_word(words[position], order) for position in (0, 5))
    flags = unsigned(words[1], 16)
    ref_count, use_count, metric, mss, window = (unsigned(words[position]) for position in (2, 3, 4, 6, 7))
    irtt = unsigned(words[8]) if len(words) > _LEAST_WORDS - 2 else 0
    if not flags & RTF_UP:
        return None
    return {
        **EMPTY_ROUTE,
        "family": "inet",
        "prefix_length": to_prefix_length(mask),
        "gateway": format_address(gateway) if any(gateway) else None,
        "interface": None if interface == b"*" else escape(interface),
        "flags": to_inet_words(flags),
        "flags_text": to_inet_letters(flags),
        "metric": metric,
        "ref_count": ref_count,
        "use_count": use_count,
        "mss_bytes": mss or None,
        "window_bytes": window or None,
        "irtt_ms": irtt or None,
        "table": "main",
    }
