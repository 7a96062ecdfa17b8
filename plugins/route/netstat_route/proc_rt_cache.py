"""/proc/net/rt_cache: the IPv4 route cache. Kernels since 3.6 have no cache, and only the header here.

The header distinguishes the format of Linux 2.0 from that of 2.2 and later::

    Iface Destination Gateway Flags RefCnt Use Metric Source MTU Window IRTT HH ARP
    Iface Destination Gateway Flags RefCnt Use Metric Source MTU Window IRTT TOS HHRef HHUptod SpecDst

Columns are separated by tabs, addresses printed as in /proc/net/route. HH and HHRef are -1 without a hardware header.
TOS is hexadecimal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netstat_core.plugin import About, Gap, Header, Problem, Record, TextFile, Trait, bounded, escape, unsigned
from netstat_route.addresses import format_address, parse_inet_word
from netstat_route.cache_record import EMPTY
from netstat_route.flags import (
    RTF_DYNAMIC,
    RTF_GATEWAY,
    RTF_HOST,
    RTF_MODIFIED,
    RTF_REINSTATE,
    RTF_REJECT,
    RTF_UP,
    Letters,
    format_inet_flags,
)
from netstat_route.paths import RT_CACHE
from netstat_route.proc_route import NO_COLUMN, find_columns
from netstat_route.queries import OPENED
from netstat_route.words import to_flag_words

# linux/in_route.h
RTCF_DEAD = 0x1
RTCF_ONLINK = 0x4
RTCF_NOTIFY = 0x10000
RTCF_DIRECTDST = 0x20000
RTCF_REDIRECTED = 0x40000
RTCF_TPROXY = 0x80000
RTCF_FAST = 0x200000
RTCF_MASQ = 0x400000
RTCF_SNAT = 0x800000
RTCF_DOREDIRECT = 0x1000000
RTCF_DIRECTSRC = 0x4000000
RTCF_DNAT = 0x8000000
RTCF_BROADCAST = 0x10000000
RTCF_MULTICAST = 0x20000000
RTCF_REJECT = 0x40000000
RTCF_LOCAL = 0x80000000

_LEAST_WORDS = 12
_SIGNS = ("IRTT", "TOS", "HHRef", "HHUptod", "SpecDst", "HH", "ARP")
"""Column names that netstat searches for; it reports those found as a sum of bits, in this order."""

_COLUMNS = ("Iface", "Destination", "Gateway", "Flags", "RefCnt", "Use", "Metric", "Source", "MTU", "Window", "IRTT")


HEADER = Header("Iface")


class Format(NamedTuple):
    """A format of the file.

    ``columns`` follow the common ones. ``first`` are the letters that a reject entry replaces with an exclamation mark,
    ``rest`` the others; ``words`` are those for flags.
    """

    columns: tuple[str, ...]
    first: Letters
    rest: Letters
    words: dict[int, str]


_REST: Letters = (
    (RTCF_NOTIFY, "n"),
    (RTCF_DIRECTDST, "d"),
    (RTCF_TPROXY, "t"),
    (RTCF_FAST, "f"),
    (RTCF_MASQ, "q"),
    (RTCF_SNAT, "Ns"),
    (RTCF_DOREDIRECT, "r"),
    (RTCF_DIRECTSRC, "i"),
    (RTCF_DNAT, "Nd"),
    (RTCF_BROADCAST, "b"),
    (RTCF_MULTICAST, "m"),
    (RTCF_REJECT, "#"),
    (RTCF_LOCAL, "l"),
)
_MIDDLE: Letters = ((RTF_REINSTATE, "R"), (RTF_DYNAMIC, "D"), (RTF_MODIFIED, "M"))

_WORDS = {
    RTF_GATEWAY: "gateway",
    RTF_REINSTATE: "reinstate",
    RTF_DYNAMIC: "dynamic",
    RTF_MODIFIED: "modified",
    RTF_REJECT: "reject",
    RTCF_NOTIFY: "notify",
    RTCF_DIRECTDST: "direct_destination",
    RTCF_REDIRECTED: "redirected",
    RTCF_TPROXY: "tproxy",
    RTCF_FAST: "fast",
    RTCF_MASQ: "masquerade",
    RTCF_SNAT: "source_nat",
    RTCF_DOREDIRECT: "do_redirect",
    RTCF_DIRECTSRC: "direct_source",
    RTCF_DNAT: "destination_nat",
    RTCF_BROADCAST: "broadcast",
    RTCF_MULTICAST: "multicast",
    RTCF_REJECT: "unreachable",
    RTCF_LOCAL: "local",
}

OLDEST, OLD = "2.0", "2.2"
FORMATS = {
    OLD: Format(
        ("TOS", "HHRef", "HHUptod", "SpecDst"),
        ((RTF_GATEWAY, "G"),),
        (*_MIDDLE, (RTCF_DEAD, "-"), (RTCF_ONLINK, "o"), *_REST),
        {**_WORDS, RTCF_DEAD: "dead", RTCF_ONLINK: "onlink"},
    ),
    OLDEST: Format(
        ("HH", "ARP"),
        ((RTF_UP, "U"), (RTF_HOST, "H"), (RTF_GATEWAY, "G")),
        (*_MIDDLE, *_REST),
        {**_WORDS, RTF_UP: "up", RTF_HOST: "host"},
    ),
}


_FORMATS_BY_WIDTH = {len(_COLUMNS) + len(known.columns): name for name, known in FORMATS.items()}


def parse(about: About, content: bytes) -> Iterator[Record | Problem | Trait | Gap]:
    """Yield the entries; traits for the format, and a problem if the header is of no known one.

    Without a header the number of words in the first row tells the format.
    """
    text = TextFile(RT_CACHE, content, HEADER)
    first = content.partition(b"\n")[0]
    name = _find_format(first)
    is_header = text.header is not None or name is not None
    if name is None and text.header is None and b"\t" in first:
        name = _FORMATS_BY_WIDTH.get(len(first.split()))
    if name is None:
        yield OPENED
        if content:
            yield Trait("unknown_format", _guess_format_number(first))
            yield Problem(RT_CACHE, "the columns are not those of a known format", first, 1, "format")
        else:
            yield from text.gaps
        return
    yield Trait("format", name)
    yield OPENED
    wanted = (*_COLUMNS, *FORMATS[name].columns)
    positions = find_columns(first, wanted) if is_header else tuple(range(len(wanted)))
    if isinstance(positions, str):
        yield Problem(RT_CACHE, f"no column {positions}", first, 1, NO_COLUMN, positions)
        return
    yield from _parse_rows(about.order, name, positions, text)
    yield from text.gaps


def _parse_rows(order: str, name: str, positions: tuple[int, ...], text: TextFile) -> Iterator[Record | Problem]:
    for number, line in text.rows():
        words = line.split()
        try:
            ordered = [words[position] for position in positions if position < len(words)]
            yield _parse_entry(order, name, ordered)
        except (ValueError, IndexError) as error:
            yield text.problem(f"not an entry: {error}", line, number)


def _guess_format_number(header: bytes) -> int:
    """Return the number that netstat reports for an unknown format; it finds HH in HHRef too."""
    return sum(1 << bit for bit, sign in enumerate(_SIGNS) if sign.encode() in header)


def _find_format(header: bytes) -> str | None:
    """Return the name of the format whose columns are all in the header, None if there is none."""
    names = {name.decode("ascii", "replace") for name in header.split()}
    return next(
        (name for name, file_format in FORMATS.items() if names.issuperset(("IRTT", *file_format.columns))), None
    )


def _parse_entry(order: str, name: str, words: list[bytes]) -> Record:
    """Parse a row whose ``words`` are in the order of the format; raise ValueError or IndexError if it is not one."""
    if len(words) < _LEAST_WORDS:
        raise ValueError("too few columns")
    destination, gateway, source = (format_address(parse_inet_word(words[position], order)) for position in (1, 2, 7))
    ref_count, use_count, metric, mss, window, irtt = (unsigned(words[at]) for at in (4, 5, 6, 8, 9, 10))
    flags = unsigned(words[3], 16)
    file_format = FORMATS[name]
    return {
        **EMPTY,
        "family": "inet",
        "destination": destination,
        "prefix_length": 32,
        "source": source,
        "gateway": gateway,
        "interface": escape(words[0]),
        "flags": to_flag_words(file_format.words, flags),
        "flags_text": format_inet_flags(file_format.first, file_format.rest, flags),
        "metric": metric,
        "ref_count": ref_count,
        "use_count": use_count,
        "mss_bytes": mss or None,
        "window_bytes": window or None,
        "irtt_ms": irtt or None,
        **_parse_last_columns(order, name, words[11:]),
    }


def _parse_last_columns(order: str, name: str, words: list[bytes]) -> Record:
    """Parse the columns after IRTT, which depend on the format; those missing at the end of a row are null."""
    if name == OLDEST:
        tos, specific, header = None, None, words
    else:
        tos, specific, header = unsigned(words[0], 16), words[3] if len(words) > 3 else None, words[1:3]  # noqa: PLR2004
    count = bounded(int(header[0])) if header else -1
    return {
        "tos": tos,
        "header_ref_count": count if count >= 0 else None,
        "header_valid": unsigned(header[1]) if len(header) > 1 else None,
        "specific_destination": specific and format_address(parse_inet_word(specific, order)),
    }
