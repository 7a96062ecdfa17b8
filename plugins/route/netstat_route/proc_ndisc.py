"""/proc/net/ndisc: IPv6 neighbours of kernels 2.2 and 2.4; netstat shows them in place of the IPv6 route cache.

A row, crafted after the format of the kernel (tests/fixtures/examples/route20)::

    fe800000000000000000000000000001 00 80 01 02 00000064 00001388 00001f40 005a 0001 0080     eth0 001122334455

There is no header. Columns in use: address, prefix length (2nd number), state (4th), times changed, reachable and
collected (6th to 8th), references and flags (9th and 10th), interface, hardware address. All numbers are hexadecimal,
times are in jiffies of 1/100 s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from netstat_core.plugin import About, Gap, Problem, Record, TextFile, Trait, escape, unsigned
from netstat_route.addresses import parse_digits, parse_inet6
from netstat_route.cache_record import EMPTY
from netstat_route.flags import Letters, join_letters
from netstat_route.paths import NDISC
from netstat_route.queries import OPENED
from netstat_route.words import NEIGHBOUR_STATES, NTF_PROXY, NTF_ROUTER, NUD_REACHABLE

_WORDS = 13
_FIRST_ROW = re.compile(rb"[0-9a-fA-F]{32} [0-9a-fA-F]{2} ")
_LONGEST_PREFIX = 128
_HARDWARE_DIGITS = 12
_JIFFIES_PER_SECOND = 100
_LETTERS: Letters = ((NTF_ROUTER, "R"), (0x04, "x"), (0x02, "h"), (NTF_PROXY, "P"))
_FLAG_WORDS = {NTF_ROUTER: "router", 0x04: "x", 0x02: "h", NTF_PROXY: "proxy"}


def parse(_about: About, content: bytes) -> Iterator[Record | Problem | Trait | Gap]:
    """Yield the neighbours as route cache entries."""
    yield OPENED
    yield Trait("neighbours")
    text = TextFile(NDISC, content, first_row=_FIRST_ROW)
    for number, line in text.rows():
        try:
            yield _parse_entry(line.split())
        except (ValueError, IndexError) as error:
            yield text.problem(f"not a neighbour: {error}", line, number)
    yield from text.gaps


def _parse_entry(words: list[bytes]) -> Record:
    """Parse a row, split into words; raise ValueError or IndexError if it is not one."""
    if len(words) < _WORDS:
        raise ValueError("too few columns")
    _, length, _, state, _, changed, reachable, collected, ref_count, flags = (
        unsigned(word, 16) for word in words[1:11]
    )
    if length > _LONGEST_PREFIX:
        raise ValueError("the prefix is longer than an address")
    hardware = parse_digits(words[12], _HARDWARE_DIGITS)
    stale = reachable - changed if state == NUD_REACHABLE else 0
    return {
        **EMPTY,
        "family": "inet6",
        "destination": parse_inet6(words[0]),
        "prefix_length": length,
        "interface": escape(words[11]),
        "flags": sorted(word for bit, word in _FLAG_WORDS.items() if flags & bit),
        "flags_text": join_letters(_LETTERS, flags),
        "metric": 0,
        "ref_count": ref_count,
        "hardware_address": hardware.hex(":"),
        "state": NEIGHBOUR_STATES.get(state) or f"unknown({state:02x})",
        "stale_seconds": max(stale, 0) / _JIFFIES_PER_SECOND,
        "delete_seconds": max(collected - changed, 0) / _JIFFIES_PER_SECOND,
    }
