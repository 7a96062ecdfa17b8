"""Words for the kernel's numbers: linux/rtnetlink.h and linux/neighbour.h, and iproute2's names for protocols."""

from __future__ import annotations

from collections.abc import Mapping

TABLES = {253: "default", 254: "main", 255: "local"}

TYPES = {
    1: "unicast",
    2: "local",
    3: "broadcast",
    4: "anycast",
    5: "multicast",
    6: "blackhole",
    7: "unreachable",
    8: "prohibit",
    9: "throw",
    10: "nat",
}

SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}

PROTOCOLS = {
    0: "unspec",
    1: "redirect",
    2: "kernel",
    3: "boot",
    4: "static",
    8: "gated",
    9: "ra",
    10: "mrt",
    11: "zebra",
    12: "bird",
    13: "dnrouted",
    14: "xorp",
    15: "ntk",
    16: "dhcp",
    18: "keepalived",
    42: "babel",
    84: "ovn",
    99: "openr",
    186: "bgp",
    187: "isis",
    188: "ospf",
    189: "rip",
    192: "eigrp",
}

PREFERENCES = {0: "medium", 1: "high", 3: "low"}
"""RFC 4191, as the two bits stand in router advertisements."""

ENCAPSULATIONS = {
    1: "mpls",
    2: "ip",
    3: "ila",
    4: "ip6",
    5: "seg6",
    6: "bpf",
    7: "seg6local",
    8: "rpl",
    9: "ioam6",
    10: "xfrm",
}

HOP_FLAGS = {
    0x1: "dead",
    0x2: "pervasive",
    0x4: "onlink",
    0x8: "offload",
    0x10: "linkdown",
    0x20: "unresolved",
    0x40: "trap",
    0x4000: "route_offload",
    0x8000: "route_trap",
    0x20000000: "route_offload_failed",
}
"""RTNH_F of a next hop and what the kernel adds to a route's own flags."""

NEIGHBOUR_STATES = {
    0x00: "none",
    0x01: "incomplete",
    0x02: "reachable",
    0x04: "stale",
    0x08: "delay",
    0x10: "probe",
    0x20: "failed",
    0x40: "noarp",
    0x80: "permanent",
}

NEIGHBOUR_FLAGS = {
    0x01: "use",
    0x02: "self",
    0x04: "controller",
    0x08: "proxy",
    0x10: "ext_learned",
    0x20: "offloaded",
    0x40: "sticky",
    0x80: "router",
}


def number_or_word(words: Mapping[int, str], number: int) -> str:
    """The word for a number that people may name as they like, else the number."""
    return words.get(number) or str(number)


def word(words: Mapping[int, str], number: int) -> str:
    """The word for a number of a closed set."""
    return words.get(number) or f"unknown({number})"


def flag_words(words: Mapping[int, str], flags: int) -> list[str]:
    """The words of the bits that are set, sorted; a bit without one as its hexadecimal value."""
    bits = (1 << number for number in range(flags.bit_length()))
    return sorted(words.get(bit) or hex(bit) for bit in bits if flags & bit)
