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
"""Words for the IP protocols that masquerading and connection tracking know by name."""

STATES = {
    "tcp": (
        *("NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE"),
        "SYN_SENT2",
    ),
    "sctp": (
        *("NONE", "CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED", "SHUTDOWN_SENT", "SHUTDOWN_RECD"),
        *("SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT", "HEARTBEAT_ACKED"),
    ),
    "dccp": ("NONE", "REQUEST", "RESPOND", "PARTOPEN", "OPEN", "CLOSEREQ", "CLOSING", "TIMEWAIT", "IGNORE", "INVALID"),
}
"""Connection tracking's own states by number: linux/netfilter/nf_conntrack_{tcp,sctp,common}.h."""

STATUS = {
    IPS_SEEN_REPLY: "replied",
    IPS_ASSURED: "assured",
    IPS_OFFLOAD: "offload",
    IPS_HW_OFFLOAD: "hardware_offload",
}
"""The bits of the status that both netlink and the files under /proc/net tell."""

NO_CONNECTION = "no_connection"
"""The code of problems with a row or message that holds no connection: netstat has one line for all of them."""

NAT = ("none", "source", "destination", "both")
"""By IPS_SRC_NAT and IPS_DST_NAT as a number of two bits."""

_STATES = tuple(dict.fromkeys(state for states in STATES.values() for state in states))
STATE_WORDS = frozenset((*_STATES, "LISTEN"))
"""The words that files under /proc/net have for states; LISTEN stood in those before Linux 2.6.31."""


class Icmp(TypedDict):
    """What ICMP has in place of ports."""

    type: Annotated[int, Field("ICMP type", minimum=0, maximum=255)]
    code: Annotated[int, Field("ICMP code", minimum=0, maximum=255)]
    id: Annotated[int, Field("Identifier of the query", minimum=0, maximum=0xFFFF)]


class Direction(TypedDict):
    """The packets of one direction, as they look on arrival."""

    source_address: Annotated[Address, Field("Where they come from", mark="address")]
    source_port: Annotated[
        int | None,
        Field("Port they come from; of GRE its key; null without ports", minimum=0, maximum=0xFFFF, mark="port"),
    ]
    destination_address: Annotated[
        Address | None, Field("Where they go; null of replies in ip_masquerade, which does not tell", mark="address")
    ]
    destination_port: Annotated[
        int | None, Field("Port they go to; of GRE its key; null without ports", minimum=0, maximum=0xFFFF, mark="port")
    ]
    icmp: Annotated[Icmp | None, Field("Of ICMP, what it has in place of ports")]
    packets: Annotated[Count | None, Field("Packets so far; null where the kernel does not count", minimum=0)]
    bytes: Annotated[Bytes | None, Field("Bytes so far; null where the kernel does not count", minimum=0)]


class Connection(TypedDict):
    """A connection that the kernel tracks or masquerades."""

    family: Annotated[Literal["inet", "inet6"], Field("Address family")]
    protocol: Annotated[
        str, Field("Protocol, else its IP protocol number", words=tuple(PROTOCOLS.values()), pattern=r"^[0-9]+$")
    ]
    original: Annotated[Direction, Field("From who began the connection, before translation")]
    reply: Annotated[
        Direction, Field("The answers as the network sees them: where translated, to another address or port")
    ]
    state: Annotated[
        str | None,
        Field(
            "State as connection tracking sees it; null for a protocol without, and of offloaded flows in files",
            words=_STATES,
            pattern=r"^(LISTEN|UNKNOWN\([0-9]+\))$",
        ),
    ]
    expires_seconds: Annotated[
        float | None, Field("Time until it is forgotten without another packet; null where offloaded", minimum=0)
    ]
    status: Annotated[
        list[Annotated[str, Field("A status", words=tuple(STATUS.values()))]] | None,
        Field(
            "What it has reached, sorted; null from ip_masquerade. Of offloaded flows files tell only that, "
            "and whether there was a reply"
        ),
    ]
    nat: Annotated[Literal["none", "source", "destination", "both"], Field("Which end's address or port is translated")]
    mark: Annotated[int | None, Field("Mark set by packet filter rules; null where the kernel keeps none", minimum=0)]
    zone: Annotated[
        int | None, Field("Tracking zone, 0 by default; null from ip_masquerade", minimum=0, maximum=0xFFFF)
    ]
    initial_sequence: Annotated[
        int | None, Field("ip_masquerade: TCP sequence number from which on delta counts", minimum=0)
    ]
    delta: Annotated[int | None, Field("ip_masquerade: bytes that were added since to what was sent")]
    previous_delta: Annotated[int | None, Field("ip_masquerade: bytes added before; null before Linux 2.2")]


def state_word(protocol: str, number: int) -> str | None:
    """The word for a state's number; None for a protocol without states."""
    words = STATES.get(protocol)
    if words is None:
        return None
    return words[number] if number < len(words) else f"UNKNOWN({number})"


def status_words(bits: int) -> list[str]:
    """The words for the status bits that are set, sorted."""
    return sorted(word for bit, word in STATUS.items() if bits & bit)
