"""/proc/net/ipv6_route: the IPv6 routes of all tables, which it does not name.

No header; destination, source and next hop are 32 digits in network order, prefix lengths and all numbers are
hexadecimal, and the device may be missing. Routes of several next hops have a row for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from netstat_core.plugin import About, Gap, Problem, Record, Trait, escape, unsigned
from netstat_route.addresses import inet6_digits
from netstat_route.cache_record import from_route
from netstat_route.flags import (
    PREFERENCE_SHIFT,
    RTF_ANYCAST,
    RTF_CACHE,
    RTF_LOCAL,
    RTF_REJECT,
    inet6_letters,
    inet6_words,
)
from netstat_route.memo import Memo
from netstat_route.paths import IPV6_ROUTE
from netstat_route.queries import ALL, OPENED, table_number
from netstat_route.record import EMPTY_ROUTE
from netstat_route.words import PREFERENCES

_WIDTH = 32
_LEAST_WORDS = 8
_INTERFACE = 8
_LONGEST_PREFIX = 128


def parse(about: About, content: bytes) -> Iterator[Record | Problem | Trait | Gap]:
    """The routes but those of the cache, row by row."""
    yield OPENED
    if table_number(about.asked, ALL) != ALL:
        yield Gap("narrower_capture", IPV6_ROUTE, "it does not tell which table a route is in")
    else:
        yield from _rows(content, cached=False)


def parse_cached(_about: About, content: bytes) -> Iterator[Record | Problem | Trait]:
    """The cached routes, which kernels up to 4.14 list among the others."""
    yield OPENED
    for row in _rows(content, cached=True):
        yield row if isinstance(row, Problem) else from_route(row)


def _rows(content: bytes, *, cached: bool) -> Iterator[Record | Problem]:
    """The rows that are in the cache, or those that are not, as routes."""
    templates: Memo[bytes, Record | None] = Memo(lambda rest: _template(rest, cached=cached))
    for number, line in enumerate(BytesIO(content), 1):
        try:
            template = templates[line[_WIDTH:]]
            if template is None:
                continue
            record = template.copy()
            record["flags"] = template["flags"].copy()
            record["destination"] = inet6_digits(line[:_WIDTH])
        except ValueError as error:
            yield Problem(IPV6_ROUTE, f"not a route: {error}", line.rstrip(b"\n"), number)
            continue
        yield record


def _template(rest: bytes, *, cached: bool) -> Record | None:
    """The record of a row but for its destination; None where it is not shown. Raises ValueError for no row."""
    words = rest.split()
    if len(words) < _LEAST_WORDS or rest[:1] not in (b" ", b"\t"):
        raise ValueError("too few columns")
    length, source_length = _prefix_length(words[0]), _prefix_length(words[2])
    source, gateway = inet6_digits(words[1]), inet6_digits(words[3])
    metric, ref_count, use_count, flags = (unsigned(word, 16) for word in words[4:8])
    if bool(flags & RTF_CACHE) is not cached:
        return None
    is_known = "local" if flags & RTF_LOCAL else "anycast" if flags & RTF_ANYCAST else None
    return {
        **EMPTY_ROUTE,
        "family": "inet6",
        "prefix_length": length,
        "gateway": None if gateway == "::" else gateway,
        "interface": escape(words[_INTERFACE]) if len(words) > _INTERFACE else None,
        "flags": inet6_words(flags),
        "flags_text": inet6_letters(flags),
        "metric": metric,
        "ref_count": ref_count,
        "use_count": use_count,
        "type": None if flags & RTF_REJECT else is_known,
        "source": f"{source}/{source_length}" if source_length else None,
        "preference": PREFERENCES.get(flags >> PREFERENCE_SHIFT & 3),
    }


def _prefix_length(word: bytes) -> int:
    length = int(word, 16)
    if not 0 <= length <= _LONGEST_PREFIX:
        raise ValueError("a prefix longer than an address")
    return length
