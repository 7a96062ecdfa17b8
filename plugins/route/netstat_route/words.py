"""Words for the kernel's numbers in routes and neighbours."""

from __future__ import annotations

from collections.abc import Mapping

# linux/rtnetlink.h
RT_TABLE_DEFAULT = 253
RT_TABLE_MAIN = 254
RT_TABLE_LOCAL = 255

RTN_UNICAST = 1
RTN_LOCAL = 2
RTN_BROADCAST = 3
RTN_ANYCAST = 4
RTN_MULTICAST = 5
RTN_BLACKHOLE = 6
RTN_UNREACHABLE = 7
RTN_PROHIBIT = 8
RTN_THROW = 9
RTN_NAT = 10

RT_SCOPE_UNIVERSE = 0
RT_SCOPE_SITE = 200
RT_SCOPE_LINK = 253
RT_SCOPE_HOST = 254
RT_SCOPE_NOWHERE = 255

RTPROT_UNSPEC = 0
RTPROT_REDIRECT = 1
RTPROT_KERNEL = 2
RTPROT_BOOT = 3
RTPROT_STATIC = 4
RTPROT_GATED = 8
RTPROT_RA = 9
RTPROT_MRT = 10
RTPROT_ZEBRA = 11
RTPROT_BIRD = 12
RTPROT_DNROUTED = 13
RTPROT_XORP = 14
RTPROT_NTK = 15
RTPROT_DHCP = 16
RTPROT_KEEPALIVED = 18
RTPROT_BABEL = 42
RTPROT_OVN = 84
RTPROT_OPENR = 99
RTPROT_BGP = 186
RTPROT_ISIS = 187
RTPROT_OSPF = 188
RTPROT_RIP = 189
RTPROT_EIGRP = 192

RTNH_F_DEAD = 0x1
RTNH_F_PERVASIVE = 0x2
RTNH_F_ONLINK = 0x4
RTNH_F_OFFLOAD = 0x8
RTNH_F_LINKDOWN = 0x10
RTNH_F_UNRESOLVED = 0x20
RTNH_F_TRAP = 0x40
RTM_F_OFFLOAD = 0x4000
RTM_F_TRAP = 0x8000
RTM_F_OFFLOAD_FAILED = 0x20000000

# linux/icmpv6.h
ICMPV6_ROUTER_PREF_MEDIUM = 0
ICMPV6_ROUTER_PREF_HIGH = 1
ICMPV6_ROUTER_PREF_LOW = 3

# linux/lwtunnel.h
LWTUNNEL_ENCAP_MPLS = 1
LWTUNNEL_ENCAP_IP = 2
LWTUNNEL_ENCAP_ILA = 3
LWTUNNEL_ENCAP_IP6 = 4
LWTUNNEL_ENCAP_SEG6 = 5
LWTUNNEL_ENCAP_BPF = 6
LWTUNNEL_ENCAP_SEG6_LOCAL = 7
LWTUNNEL_ENCAP_RPL = 8
LWTUNNEL_ENCAP_IOAM6 = 9
LWTUNNEL_ENCAP_XFRM = 10

# linux/neighbour.h
NUD_NONE = 0x00
NUD_INCOMPLETE = 0x01
NUD_REACHABLE = 0x02
NUD_STALE = 0x04
NUD_DELAY = 0x08
NUD_PROBE = 0x10
NUD_FAILED = 0x20
NUD_NOARP = 0x40
NUD_PERMANENT = 0x80

NTF_USE = 0x01
NTF_SELF = 0x02
NTF_MASTER = 0x04
NTF_PROXY = 0x08
NTF_EXT_LEARNED = 0x10
NTF_OFFLOADED = 0x20
NTF_STICKY = 0x40
NTF_ROUTER = 0x80

TABLES = {RT_TABLE_DEFAULT: "default", RT_TABLE_MAIN: "main", RT_TABLE_LOCAL: "local"}

TYPES = {
    RTN_UNICAST: "unicast",
    RTN_LOCAL: "local",
    RTN_BROADCAST: "broadcast",
    RTN_ANYCAST: "anycast",
    RTN_MULTICAST: "multicast",
    RTN_BLACKHOLE: "blackhole",
    RTN_UNREACHABLE: "unreachable",
    RTN_PROHIBIT: "prohibit",
    RTN_THROW: "throw",
    RTN_NAT: "nat",
}

SCOPES = {
    RT_SCOPE_UNIVERSE: "global",
    RT_SCOPE_SITE: "site",
    RT_SCOPE_LINK: "link",
    RT_SCOPE_HOST: "host",
    RT_SCOPE_NOWHERE: "nowhere",
}

PROTOCOLS = {
    RTPROT_UNSPEC: "unspec",
    RTPROT_REDIRECT: "redirect",
    RTPROT_KERNEL: "kernel",
    RTPROT_BOOT: "boot",
    RTPROT_STATIC: "static",
    RTPROT_GATED: "gated",
    RTPROT_RA: "ra",
    RTPROT_MRT: "mrt",
    RTPROT_ZEBRA: "zebra",
    RTPROT_BIRD: "bird",
    RTPROT_DNROUTED: "dnrouted",
    RTPROT_XORP: "xorp",
    RTPROT_NTK: "ntk",
    RTPROT_DHCP: "dhcp",
    RTPROT_KEEPALIVED: "keepalived",
    RTPROT_BABEL: "babel",
    RTPROT_OVN: "ovn",
    RTPROT_OPENR: "openr",
    RTPROT_BGP: "bgp",
    RTPROT_ISIS: "isis",
    RTPROT_OSPF: "ospf",
    RTPROT_RIP: "rip",
    RTPROT_EIGRP: "eigrp",
}
"""Names as in iproute2."""

PREFERENCES = {
    ICMPV6_ROUTER_PREF_MEDIUM: "medium",
    ICMPV6_ROUTER_PREF_HIGH: "high",
    ICMPV6_ROUTER_PREF_LOW: "low",
}
"""Router preferences by their two bits in router advertisements (RFC 4191)."""

ENCAPSULATIONS = {
    LWTUNNEL_ENCAP_MPLS: "mpls",
    LWTUNNEL_ENCAP_IP: "ip",
    LWTUNNEL_ENCAP_ILA: "ila",
    LWTUNNEL_ENCAP_IP6: "ip6",
    LWTUNNEL_ENCAP_SEG6: "seg6",
    LWTUNNEL_ENCAP_BPF: "bpf",
    LWTUNNEL_ENCAP_SEG6_LOCAL: "seg6local",
    LWTUNNEL_ENCAP_RPL: "rpl",
    LWTUNNEL_ENCAP_IOAM6: "ioam6",
    LWTUNNEL_ENCAP_XFRM: "xfrm",
}

HOP_FLAGS = {
    RTNH_F_DEAD: "dead",
    RTNH_F_PERVASIVE: "pervasive",
    RTNH_F_ONLINK: "onlink",
    RTNH_F_OFFLOAD: "offload",
    RTNH_F_LINKDOWN: "linkdown",
    RTNH_F_UNRESOLVED: "unresolved",
    RTNH_F_TRAP: "trap",
    RTM_F_OFFLOAD: "route_offload",
    RTM_F_TRAP: "route_trap",
    RTM_F_OFFLOAD_FAILED: "route_offload_failed",
}
"""RTNH_F_ flags of a next hop, and RTM_F_ flags of the route."""

NEIGHBOUR_STATES = {
    NUD_NONE: "none",
    NUD_INCOMPLETE: "incomplete",
    NUD_REACHABLE: "reachable",
    NUD_STALE: "stale",
    NUD_DELAY: "delay",
    NUD_PROBE: "probe",
    NUD_FAILED: "failed",
    NUD_NOARP: "noarp",
    NUD_PERMANENT: "permanent",
}

NEIGHBOUR_FLAGS = {
    NTF_USE: "use",
    NTF_SELF: "self",
    NTF_MASTER: "controller",
    NTF_PROXY: "proxy",
    NTF_EXT_LEARNED: "ext_learned",
    NTF_OFFLOADED: "offloaded",
    NTF_STICKY: "sticky",
    NTF_ROUTER: "router",
}


def to_word_or_number(words: Mapping[int, str], number: int) -> str:
    """Return the word for a number, else the number as text: for sets that administrators may extend."""
    return words.get(number) or str(number)


def to_word(words: Mapping[int, str], number: int) -> str:
    """Return the word for a number, else ``unknown(number)``: for closed sets."""
    return words.get(number) or f"unknown({number})"


def to_flag_words(words: Mapping[int, str], flags: int) -> list[str]:
    """Return the words for the bits that are set, sorted; the hexadecimal value of a bit without a word."""
    bits = (1 << number for number in range(flags.bit_length()))
    return sorted(words.get(bit) or hex(bit) for bit in bits if flags & bit)
