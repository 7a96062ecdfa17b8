"""The record of a tracked connection, and the words for its numbers."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from netstat_core.plugin import Address, Bytes, Count, Field

# linux/in.h, linux/in6.h
IPPROTO_IP = 0
IPPROTO_ICMP = 1
IPPROTO_TCP = 6
IPPROTO_UDP = 17
IPPROTO_DCCP = 33
IPPROTO_GRE = 47
IPPROTO_ESP = 50
IPPROTO_ICMPV6 = 58
IPPROTO_SCTP = 132
IPPROTO_UDPLITE = 136

# linux/netfilter/nf_conntrack_common.h
IPS_SEEN_REPLY = 0x2
IPS_ASSURED = 0x4
IPS_OFFLOAD = 0x4000
IPS_HW_OFFLOAD = 0x8000
IPS_SRC_NAT_BIT = 4

PROTOCOLS = {
    IPPROTO_IP: "ip",
    IPPROTO_ICMP: "icmp",
    IPPROTO_TCP: "tcp",
    IPPROTO_UDP: "udp",
    IPPROTO_DCCP: "dccp",
    IPPROTO_GRE: "gre",
    IPPROTO_ESP: "esp",
    IPPROTO_ICMPV6: "icmpv6",
    IPPROTO_SCTP: "sctp",
    IPPROTO_UDPLITE: "udplite",
}
"""Words for the IP protocols that masquerading and connection tracking name."""

STATES = {
    "tcp": (
        "NONE",
        "SYN_SENT",
        "SYN_RECV",
        "ESTABLISHED",
        "FIN_WAIT",
        "CLOSE_WAIT",
        "LAST_ACK",
        "TIME_WAIT",
        "CLOSE",
        "SYN_SENT2",
    ),
    "sctp": (
        "NONE",
        "CLOSED",
        "COOKIE_WAIT",
        "COOKIE_ECHOED",
        "ESTABLISHED",
        "SHUTDOWN_SENT",
        "SHUTDOWN_RECD",
        "SHUTDOWN_ACK_SENT",
        "HEARTBEAT_SENT",
        "HEARTBEAT_ACKED",
    ),
    "dccp": ("NONE", "REQUEST", "RESPOND", "PARTOPEN", "OPEN", "CLOSEREQ", "CLOSING", "TIMEWAIT", "IGNORE", "INVALID"),
}
"""The states of connection tracking by number: linux/netfilter/nf_conntrack_{tcp,sctp,common}.h."""

STATUS = {
    IPS_SEEN_REPLY: "replied",
    IPS_ASSURED: "assured",
    IPS_OFFLOAD: "offload",
    IPS_HW_OFFLOAD: "hardware_offload",
}
"""The bits of the status that both netlink and the files in /proc/net report."""

NO_CONNECTION = "no_connection"
"""The code of a problem with a row or message that is not a connection; netstat has one line for all of them."""

NAT = ("none", "source", "destination", "both")
"""Words indexed by two bits of the status: IPS_SRC_NAT is the lower and IPS_DST_NAT the higher one."""

_STATES = tuple(dict.fromkeys(state for states in STATES.values() for state in states))
STATE_WORDS = frozenset((*_STATES, "LISTEN"))
"""The words for states in the files in /proc/net; LISTEN occurs before Linux 2.6.31."""


class Icmp(TypedDict):
    """The fields of ICMP that identify a query, in the place of ports."""

    type: Annotated[int, Field("ICMP type", minimum=0, maximum=255)]
    code: Annotated[int, Field("ICMP code", minimum=0, maximum=255)]
    id: Annotated[int, Field("Identifier of the query", minimum=0, maximum=0xFFFF)]


class Direction(TypedDict):
    """The packets of one direction, as they arrive at this machine."""

    source_address: Annotated[Address, Field("Source address", mark="address")]
    source_port: Annotated[
        int | None,
        Field("Source port, or the key of GRE; null if there is none", minimum=0, maximum=0xFFFF, mark="port"),
    ]
    destination_address: Annotated[
        Address | None,
        Field("Destination address; null for replies in ip_masquerade, which does not show it", mark="address"),
    ]
    destination_port: Annotated[
        int | None,
        Field("Destination port, or the key of GRE; null if there is none", minimum=0, maximum=0xFFFF, mark="port"),
    ]
    icmp: Annotated[Icmp | None, Field("Type, code and identifier of ICMP, which has no ports; else null")]
    packets: Annotated[Count | None, Field("Packets so far; null if the kernel does not count them", minimum=0)]
    bytes: Annotated[Bytes | None, Field("Bytes so far; null if the kernel does not count them", minimum=0)]


class Connection(TypedDict):
    """A connection that the kernel tracks or masquerades."""

    family: Annotated[Literal["inet", "inet6"], Field("Address family")]
    protocol: Annotated[
        str,
        Field("Protocol, or its IP protocol number", words=tuple(PROTOCOLS.values()), pattern=r"^[0-9]+$"),
    ]
    original: Annotated[Direction, Field("The packets from the host that opened the connection, before translation")]
    reply: Annotated[
        Direction, Field("The replies as the peer sends them: if translated, from or to another address or port")
    ]
    state: Annotated[
        str | None,
        Field(
            "State in connection tracking; null for a protocol without states, and for offloaded flows in files",
            words=_STATES,
            pattern=r"^(LISTEN|UNKNOWN\([0-9]+\))$",
        ),
    ]
    expires_seconds: Annotated[
        float | None, Field("Time until the entry expires without another packet; null if offloaded", minimum=0)
    ]
    status: Annotated[
        list[Annotated[str, Field("A status", words=tuple(STATUS.values()))]] | None,
        Field(
            "Status flags, sorted; null from ip_masquerade. For offloaded flows, files show only that they are "
            "offloaded and whether there was a reply"
        ),
    ]
    nat: Annotated[Literal["none", "source", "destination", "both"], Field("Whose address or port is translated")]
    mark: Annotated[int | None, Field("Mark set by packet filter rules; null if the kernel keeps none", minimum=0)]
    zone: Annotated[
        int | None, Field("Tracking zone, 0 by default; null from ip_masquerade", minimum=0, maximum=0xFFFF)
    ]
    initial_sequence: Annotated[
        int | None, Field("ip_masquerade: TCP sequence number from which delta applies; else null", minimum=0)
    ]
    delta: Annotated[int | None, Field("ip_masquerade: offset that is added to later TCP sequence numbers; else null")]
    previous_delta: Annotated[
        int | None, Field("ip_masquerade: offset that applied before; null before Linux 2.2 and for other sources")
    ]


def state_word(protocol: str, number: int) -> str | None:
    """Return the word for the number of a state, or None for a protocol without states."""
    words = STATES.get(protocol)
    if words is None:
        return None
    return words[number] if number < len(words) else f"UNKNOWN({number})"


def status_words(bits: int) -> list[str]:
    """Return the sorted words of the set status bits."""
    return sorted(word for bit, word in STATUS.items() if bits & bit)
