"""/proc/net/ndisc: IPv6 neighbours of kernels 2.2 and 2.4; netstat shows them in place of the IPv6 route cache.

No header. Address, further fields in hexadecimal, device, hardware address: ``fe80...1 00 80 01 02 00000064 00001388
00001f40 005a 0001 0080 eth0 001122334455``; times are jiffies, of which these kernels had 100 a second.
"""

from __future__ import annotations

from collections.abc import Iterator

from netstat_core.plugin import About, Problem, Record, Trait, escape, unsigned
from netstat_route.addresses import digits, inet6_digits
from netstat_route.cache_record import EMPTY
from netstat_route.flags import Letters, letters
from netstat_route.paths import NDISC
from netstat_route.queries import OPENED
from netstat_route.words import NEIGHBOUR_STATES, NTF_PROXY, NTF_ROUTER, NUD_REACHABLE

_WORDS = 13
_LONGEST_PREFIX = 128
_HARDWARE_DIGITS = 12
_JIFFIES_PER_SECOND = 100
_LETTERS: Letters = ((NTF_ROUTER, "R"), (0x04, "x"), (0x02, "h"), (NTF_PROXY, "P"))
_FLAG_WORDS = {NTF_ROUTER: "router", 0x04: "x", 0x02: "h", NTF_PROXY: "proxy"}


def parse(_about: About, content: bytes) -> Iterator[Record | Problem | Trait]:
    """The neighbours as entries of the route cache, whose place they take."""
    yield OPENED
    yield Trait("neighbours")
    for number, line in enumerate(content.removesuffix(b"\n").split(b"\n"), 1) if content else ():
        try:
            yield _entry(line.split())
        except (ValueError, IndexError) as error:
            yield Problem(NDISC, f"not a neighbour: {error}", line, number)


def _entry(words: list[bytes]) -> Record:
    """One row. Raises ValueError or IndexError for no row."""
    if len(words) < _WORDS:
        raise ValueError("too few columns")
    _, length, _, state, _, changed, reachable, collected, ref_count, flags = (
        unsigned(word, 16) for word in words[1:11]
    )
    if length > _LONGEST_PREFIX:
        raise ValueError("a prefix longer than an address")
    hardware = digits(words[12], _HARDWARE_DIGITS)
    stale = reachable - changed if state == NUD_REACHABLE else 0
    return {
        **EMPTY,
        "family": "inet6",
        "destination": inet6_digits(words[0]),
        "prefix_length": length,
        "interface": escape(words[11]),
        "flags": sorted(word for bit, word in _FLAG_WORDS.items() if flags & bit),
        "flags_text": letters(_LETTERS, flags),
        "metric": 0,
        "ref_count": ref_count,
        "hardware_address": hardware.hex(":"),
        "state": NEIGHBOUR_STATES.get(state) or f"unknown({state:02x})",
        "stale_seconds": max(stale, 0) / _JIFFIES_PER_SECOND,
        "delete_seconds": max(collected - changed, 0) / _JIFFIES_PER_SECOND,
    }
