"""Flags of routes: the RTF_ bits of linux/route.h and linux/ipv6_route.h, as words and as netstat's letters."""

from __future__ import annotations

from netstat_route.words import to_flag_words

# linux/route.h
RTF_UP = 0x1
RTF_GATEWAY = 0x2
RTF_HOST = 0x4
RTF_REINSTATE = 0x8
RTF_DYNAMIC = 0x10
RTF_MODIFIED = 0x20
RTF_MTU = 0x40
RTF_WINDOW = 0x80
RTF_IRTT = 0x100
RTF_REJECT = 0x200

# linux/route.h of Linux 2.0
RTF_NOTCACHED = 0x400

# linux/ipv6_route.h
RTF_DEFAULT = 0x10000
RTF_ALLONLINK = 0x20000
RTF_ADDRCONF = 0x40000
RTF_PREFIX_RT = 0x80000
RTF_ANYCAST = 0x100000
RTF_NONEXTHOP = 0x200000
RTF_EXPIRES = 0x400000
RTF_ROUTEINFO = 0x800000
RTF_CACHE = 0x1000000
RTF_FLOW = 0x2000000
RTF_POLICY = 0x4000000
RTF_PREF_MASK = 0x18000000
RTF_PCPU = 0x40000000
RTF_LOCAL = 0x80000000

PREFERENCE_SHIFT = 27
"""Position of the two bits of RTF_PREF_MASK."""

_WORDS = {
    RTF_UP: "up",
    RTF_GATEWAY: "gateway",
    RTF_HOST: "host",
    RTF_REINSTATE: "reinstate",
    RTF_DYNAMIC: "dynamic",
    RTF_MODIFIED: "modified",
    RTF_MTU: "mtu",
    RTF_WINDOW: "window",
    RTF_IRTT: "irtt",
    RTF_REJECT: "reject",
    RTF_NOTCACHED: "not_cached",
    RTF_DEFAULT: "default",
    RTF_ALLONLINK: "all_on_link",
    RTF_ADDRCONF: "addrconf",
    RTF_PREFIX_RT: "prefix",
    RTF_ANYCAST: "anycast",
    RTF_NONEXTHOP: "no_next_hop",
    RTF_EXPIRES: "expires",
    RTF_ROUTEINFO: "route_info",
    RTF_CACHE: "cache",
    RTF_FLOW: "flow",
    RTF_POLICY: "policy",
    RTF_PCPU: "per_cpu",
    RTF_LOCAL: "local",
}

INET_LETTERS = (
    (RTF_HOST, "H"),
    (RTF_REINSTATE, "R"),
    (RTF_DYNAMIC, "D"),
    (RTF_MODIFIED, "M"),
    (RTF_DEFAULT, "d"),
    (RTF_ALLONLINK, "a"),
    (RTF_ADDRCONF, "c"),
    (RTF_NONEXTHOP, "o"),
    (RTF_EXPIRES, "e"),
    (RTF_CACHE, "c"),
    (RTF_FLOW, "f"),
    (RTF_POLICY, "p"),
    (RTF_LOCAL, "l"),
    (RTF_MTU, "u"),
    (RTF_WINDOW, "w"),
    (RTF_IRTT, "i"),
    (RTF_NOTCACHED, "n"),
)
"""Letters after U and G, or after the exclamation mark that replaces both."""

INET6_LETTERS = (
    (RTF_UP, "U"),
    (RTF_REJECT, "!"),
    (RTF_GATEWAY, "G"),
    (RTF_HOST, "H"),
    (RTF_DEFAULT, "D"),
    (RTF_ADDRCONF, "A"),
    (RTF_CACHE, "C"),
    (RTF_ALLONLINK, "a"),
    (RTF_EXPIRES, "e"),
    (RTF_MODIFIED, "m"),
    (RTF_NONEXTHOP, "n"),
    (RTF_FLOW, "f"),
)

Letters = tuple[tuple[int, str], ...]


def join_letters(table: Letters, flags: int) -> str:
    """Return the letters of the bits that are set, in the order of the table."""
    return "".join([letter for bit, letter in table if flags & bit])


def format_inet_flags(first: Letters, rest: Letters, flags: int) -> str:
    """Return the letters of an IPv4 route; a reject route has an exclamation mark instead of those of ``first``."""
    return ("!" if flags & RTF_REJECT else join_letters(first, flags)) + join_letters(rest, flags)


def to_inet_letters(flags: int) -> str:
    """Return netstat's Flags column of an IPv4 route."""
    return format_inet_flags(((RTF_UP, "U"), (RTF_GATEWAY, "G")), INET_LETTERS, flags)


def to_inet6_letters(flags: int) -> str:
    """Return netstat's Flag column of an IPv6 route."""
    return join_letters(INET6_LETTERS, flags)


def to_inet_words(flags: int) -> list[str]:
    """Return the words for an IPv4 route's flags, sorted."""
    return to_flag_words(_WORDS, flags)


def to_inet6_words(flags: int) -> list[str]:
    """Return the words for an IPv6 route's flags, sorted, without the two bits of router preference."""
    return to_flag_words(_WORDS, flags & ~RTF_PREF_MASK)
