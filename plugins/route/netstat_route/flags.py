"""A route's flags: the RTF_ bits of linux/route.h and linux/ipv6_route.h as words, and as netstat's letters."""

from __future__ import annotations

from netstat_route.words import flag_words

UP, GATEWAY, HOST, REJECT = 0x1, 0x2, 0x4, 0x200
ANYCAST, NO_NEXT_HOP, EXPIRES, CACHE, LOCAL = 0x100000, 0x200000, 0x400000, 0x1000000, 0x80000000

PREFERENCE_SHIFT = 27
_PREFERENCE = 3 << PREFERENCE_SHIFT

_WORDS = {
    UP: "up",
    GATEWAY: "gateway",
    HOST: "host",
    0x8: "reinstate",
    0x10: "dynamic",
    0x20: "modified",
    0x40: "mtu",
    0x80: "window",
    0x100: "irtt",
    REJECT: "reject",
    0x400: "not_cached",
    0x10000: "default",
    0x20000: "all_on_link",
    0x40000: "addrconf",
    0x80000: "prefix",
    ANYCAST: "anycast",
    NO_NEXT_HOP: "no_next_hop",
    EXPIRES: "expires",
    0x800000: "route_info",
    CACHE: "cache",
    0x2000000: "flow",
    0x4000000: "policy",
    0x40000000: "per_cpu",
    LOCAL: "local",
}

INET_LETTERS = (
    *((0x4, "H"), (0x8, "R"), (0x10, "D"), (0x20, "M"), (0x10000, "d"), (0x20000, "a"), (0x40000, "c")),
    *((0x200000, "o"), (0x400000, "e"), (0x1000000, "c"), (0x2000000, "f"), (0x4000000, "p"), (0x80000000, "l")),
    *((0x40, "u"), (0x80, "w"), (0x100, "i"), (0x400, "n")),
)
"""What follows U and G, or the exclamation mark that takes their place."""

INET6_LETTERS = (
    *((0x1, "U"), (0x200, "!"), (0x2, "G"), (0x4, "H"), (0x10000, "D"), (0x40000, "A"), (0x1000000, "C")),
    *((0x20000, "a"), (0x400000, "e"), (0x20, "m"), (0x200000, "n"), (0x2000000, "f")),
)

Letters = tuple[tuple[int, str], ...]


def letters(table: Letters, flags: int) -> str:
    """The letters of the bits that are set, in the table's order."""
    return "".join([letter for bit, letter in table if flags & bit])


def rejecting(first: Letters, rest: Letters, flags: int) -> str:
    """The letters of IPv4 routes: a reject route has an exclamation mark for all of the first ones."""
    return ("!" if flags & REJECT else letters(first, flags)) + letters(rest, flags)


def inet_letters(flags: int) -> str:
    """The Flags column of netstat for an IPv4 route."""
    return rejecting(((UP, "U"), (GATEWAY, "G")), INET_LETTERS, flags)


def inet6_letters(flags: int) -> str:
    """The Flag column of netstat for an IPv6 route."""
    return letters(INET6_LETTERS, flags)


def inet_words(flags: int) -> list[str]:
    """The words of an IPv4 route's flags, sorted."""
    return flag_words(_WORDS, flags)


def inet6_words(flags: int) -> list[str]:
    """The words of an IPv6 route's flags, sorted; its two bits of preference are no flags."""
    return flag_words(_WORDS, flags & ~_PREFERENCE)
