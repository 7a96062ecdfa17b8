"""/proc/net/ipv6_route: the IPv6 routes of all tables, without the table.

Destination, source and next hop, each address but the last with its prefix length; metric, ref_count, use_count,
flags, interface (here on two lines)::

    ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000
    0000012c 00000001 00000000 00000001      wan

There is no header. Addresses are in network order, all numbers are hexadecimal, and the interface may be missing. A
route of several next hops has a row for each.
"""

from __future__ import annotations

import re
import struct
from binascii import unhexlify
from collections.abc import Iterator
from functools import partial

from netstat_core.plugin import About, Batch, Gap, Problem, Record, TextFile, Trait, escape, unsigned
from netstat_route.addresses import format_inet6_addresses, parse_inet6
from netstat_route.cache_record import from_routes
from netstat_route.flags import (
    PREFERENCE_SHIFT,
    RTF_ANYCAST,
    RTF_CACHE,
    RTF_LOCAL,
    RTF_REJECT,
    to_inet6_letters,
    to_inet6_words,
)
from netstat_route.paths import IPV6_ROUTE
from netstat_route.queries import ALL, OPENED, find_table_number
from netstat_route.record import EMPTY_ROUTE
from netstat_route.templates import Templates
from netstat_route.words import PREFERENCES

_WIDTH = 32
_LEAST_WORDS = 8
_INTERFACE = 8
_LONGEST_PREFIX = 128
_FIRST_ROW = re.compile(rb"[0-9a-f]{32} [0-9a-f]{2} [0-9a-f]{32} ")


def parse(about: About, content: bytes) -> Iterator[Record | Batch | Problem | Trait | Gap]:
    """Yield the routes without RTF_CACHE; a gap instead if one table is asked for."""
    yield OPENED
    if find_table_number(about.asked, ALL) != ALL:
        yield Gap("narrower_capture", IPV6_ROUTE, "the file does not name the table of a route")
    else:
        yield from _parse_rows(content, cached=False)


def parse_cached(_about: About, content: bytes) -> Iterator[Record | Batch | Problem | Trait | Gap]:
    """Yield the routes with RTF_CACHE, which kernels up to 4.14 list among the others."""
    yield OPENED
    yield from map(from_routes, _parse_rows(content, cached=True))


def _parse_rows(content: bytes, *, cached: bool) -> Iterator[Record | Batch | Problem | Gap]:
    """Yield the routes with RTF_CACHE, or those without, as records of ``Route``."""
    templates: Templates[bytes] = Templates(partial(_make_template, cached=cached))
    text = TextFile(IPV6_ROUTE, content, first_row=_FIRST_ROW)
    for first, rows in text.blocks():
        batch = _parse_block(rows, templates)
        if batch is not None:
            yield batch
            continue
        for number, line in enumerate(rows, first):
            try:
                record = templates.record(line[_WIDTH:], parse_inet6(line[:_WIDTH]))
            except ValueError as error:
                yield text.problem(f"not a route: {error}", line, number)
                continue
            if record is not None:
                yield record
    yield from text.gaps


def _parse_block(rows: list[bytes], templates: Templates[bytes]) -> Batch | None:
    """Return the routes of rows; None if one of them is not a route."""
    try:
        raw = unhexlify(b"".join([row[:_WIDTH] for row in rows]))
        return templates.batch([row[_WIDTH:] for row in rows], format_inet6_addresses(raw))
    except (ValueError, struct.error):
        return None


def _make_template(rest: bytes, *, cached: bool) -> Record | None:
    """Return the record of a row without its destination; None if it is not shown.

    ``rest`` is the row after the destination. Raise ValueError if it is not a row.
    """
    words = rest.split()
    if len(words) < _LEAST_WORDS or rest[:1] not in (b" ", b"\t"):
        raise ValueError("too few columns")
    length, source_length = _parse_prefix_length(words[0]), _parse_prefix_length(words[2])
    source, gateway = parse_inet6(words[1]), parse_inet6(words[3])
    metric, ref_count, use_count, flags = (unsigned(word, 16) for word in words[4:8])
    if bool(flags & RTF_CACHE) is not cached:
        return None
    type_word = "local" if flags & RTF_LOCAL else "anycast" if flags & RTF_ANYCAST else None
    return {
        **EMPTY_ROUTE,
        "family": "inet6",
        "prefix_length": length,
        "gateway": None if gateway == "::" else gateway,
        "interface": escape(words[_INTERFACE]) if len(words) > _INTERFACE else None,
        "flags": to_inet6_words(flags),
        "flags_text": to_inet6_letters(flags),
        "metric": metric,
        "ref_count": ref_count,
        "use_count": use_count,
        "type": None if flags & RTF_REJECT else type_word,
        "source": f"{source}/{source_length}" if source_length else None,
        "preference": PREFERENCES.get(flags >> PREFERENCE_SHIFT & 3),
    }


def _parse_prefix_length(word: bytes) -> int:
    length = int(word, 16)
    if not 0 <= length <= _LONGEST_PREFIX:
        raise ValueError("the prefix is longer than an address")
    return length
