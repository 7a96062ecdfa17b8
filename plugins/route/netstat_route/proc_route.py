"""/proc/net/route: the IPv4 routes of table main, without those of types broadcast and multicast.

Columns are found by their names in the first line. Addresses are the kernel's 32-bit words printed as numbers in its
own byte order: 192.168.1.0 is ``0001A8C0`` on x86. MTU is advertised MSS + 40, and only the first next hop shows.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from socket import inet_ntoa

from netstat_core.plugin import About, Gap, Problem, Record, Trait, escape, unsigned
from netstat_route.addresses import address_text, inet_word, prefix_length
from netstat_route.flags import RTF_UP, inet_letters, inet_words
from netstat_route.memo import Memo
from netstat_route.paths import ROUTE
from netstat_route.queries import OPENED, in_main_table, misses_tables
from netstat_route.record import EMPTY_ROUTE

COLUMNS = ("Iface", "Destination", "Gateway", "Flags", "RefCnt", "Use", "Metric", "Mask", "MTU", "Window", "IRTT")
_STANDARD = tuple(range(len(COLUMNS)))
_LEAST_WORDS = 10

NO_COLUMN = "no_column"
"""The code of the problem that a header lacks a column, which is its field."""

Key = tuple[bytes, bytes]
"""A row without its destination: the interface, and everything behind the destination."""


def parse(about: About, content: bytes) -> Iterator[Record | Problem | Trait | Gap]:
    """The routes, row by row."""
    yield OPENED
    if not content:
        yield Gap("not_in_kernel", ROUTE, "it is empty: no table was made yet")
        return
    lines = BytesIO(content)
    header = lines.readline().rstrip(b"\n")
    positions = find_columns(header, COLUMNS)
    if isinstance(positions, str):
        yield Problem(ROUTE, f"no column {positions}", header, 1, NO_COLUMN, positions)
        return
    if misses_tables(about.asked):
        yield Gap("narrower_capture", ROUTE, "it holds the main table only")
    if in_main_table(about.asked):
        yield from _rows(about, positions, lines)


def find_columns(header: bytes, wanted: Sequence[str]) -> tuple[int, ...] | str:
    """Where the wanted columns are, in their order, others skipped; the name of the first that is missing."""
    names = header.split()
    positions: list[int] = []
    for column in wanted:
        name = column.encode()
        start = positions[-1] + 1 if positions else 0
        if name not in names[start:]:
            return column
        positions.append(names.index(name, start))
    return tuple(positions)


def _rows(about: About, positions: tuple[int, ...], lines: Iterable[bytes]) -> Iterator[Record | Problem]:
    """The rows; a route whose U flag is missing is not shown."""
    order = about.order
    templates: Memo[Key, Record | None] = Memo(lambda key: _template(order, key))
    turn = slice(None, None, -1 if order == "<" else 1)
    is_standard = positions == _STANDARD
    for number, line in enumerate(lines, 2):
        try:
            interface, destination, rest = line.split(b"\t", 2) if is_standard else _in_order(line, positions)
            template = templates[interface, rest]
            if template is None:
                continue
            record = template.copy()
            record["flags"] = template["flags"].copy()
            record["destination"] = inet_ntoa(unhexlify(destination)[turn])
            yield record
        except (ValueError, OSError):
            yield from _odd_row(number, line, positions, templates, order)


def _in_order(line: bytes, positions: tuple[int, ...]) -> list[bytes]:
    """Interface, destination and rest of a row in any other form than the kernel's present one."""
    words = line.split()
    if len(words) <= positions[_LEAST_WORDS - 1]:
        raise ValueError("too few columns")
    ordered = [words[position] for position in positions if position < len(words)]
    return [ordered[0], ordered[1], b"\t".join(ordered[2:])]


def _odd_row(
    number: int, line: bytes, positions: tuple[int, ...], templates: Memo[Key, Record | None], order: str
) -> Iterator[Record | Problem]:
    """A row that is not separated by single tabs, or that is none."""
    try:
        interface, destination, rest = _in_order(line, positions)
        template = templates[interface, rest]
        quad = address_text(inet_word(destination, order))
    except ValueError as error:
        yield Problem(ROUTE, f"not a route: {error}", line.rstrip(b"\n"), number)
        return
    if template is not None:
        yield {**template, "flags": template["flags"].copy(), "destination": quad}


def _template(order: str, key: Key) -> Record | None:
    """The record of a row but for its destination; None where it is not shown. Raises ValueError for no row."""
    interface, rest = key
    words = rest.split()
    if len(words) < _LEAST_WORDS - 2 or len(interface.split()) != 1:
        raise ValueError("too few columns")
    gateway, mask = (inet_word(words[position], order) for position in (0, 5))
    flags = unsigned(words[1], 16)
    ref_count, use_count, metric, mss, window = (unsigned(words[position]) for position in (2, 3, 4, 6, 7))
    irtt = unsigned(words[8]) if len(words) > _LEAST_WORDS - 2 else 0
    if not flags & RTF_UP:
        return None
    return {
        **EMPTY_ROUTE,
        "family": "inet",
        "prefix_length": prefix_length(mask),
        "gateway": address_text(gateway) if any(gateway) else None,
        "interface": None if interface == b"*" else escape(interface),
        "flags": inet_words(flags),
        "flags_text": inet_letters(flags),
        "metric": metric,
        "ref_count": ref_count,
        "use_count": use_count,
        "mss_bytes": mss or None,
        "window_bytes": window or None,
        "irtt_ms": irtt or None,
        "table": "main",
    }
