"""The records of a route, its next hops and its metrics."""

from typing import Annotated, Any, Literal, TypedDict

from netstat_core.plugin import Address, Bytes, Count, Field, InterfaceName

_UNSIGNED = 0xFFFFFFFF

Family = Annotated[Literal["inet", "inet6"], Field("Address family of the destination")]
PrefixLength = Annotated[int, Field("Length of the prefix in bits", minimum=0, maximum=128)]
Milliseconds = Annotated[float, Field("A time in milliseconds", minimum=0)]
Words = list[str]


class NextHop(TypedDict):
    """A next hop of a route that has several."""

    gateway: Annotated[Address | None, Field("Address of the gateway; null if directly connected", mark="address")]
    interface: Annotated[InterfaceName | None, Field("Outgoing interface", mark="interface")]
    weight: Annotated[int, Field("Share of the traffic relative to the other next hops", minimum=1)]
    flags: Annotated[Words, Field("dead, linkdown, onlink, offload and their like, sorted", mark="word")]
    encapsulation: Annotated[str | None, Field("Kind of lightweight tunnel: mpls, ip, ip6, seg6 ...", mark="word")]
    realms: Annotated[str | None, Field("Realms for policy and accounting, SOURCE/DESTINATION", mark="word")]


class RouteMetrics(TypedDict):
    """Parameters of a route for transport protocols (RTAX_ of linux/rtnetlink.h); null if not set."""

    mtu_bytes: Annotated[Bytes | None, Field("Path MTU", minimum=0)]
    window_bytes: Annotated[Bytes | None, Field("Largest window to advertise", minimum=0)]
    rtt_ms: Annotated[Milliseconds | None, Field("Initial estimate of the round-trip time", minimum=0)]
    rtt_variance_ms: Annotated[Milliseconds | None, Field("Initial estimate of its variance", minimum=0)]
    slow_start_threshold: Annotated[Count | None, Field("Initial slow-start threshold, in segments", minimum=0)]
    congestion_window: Annotated[Count | None, Field("Clamp of the congestion window, in segments", minimum=0)]
    advertised_mss_bytes: Annotated[Bytes | None, Field("Largest segment to advertise", minimum=0)]
    reordering: Annotated[Count | None, Field("Assumed reordering of packets, in segments", minimum=0)]
    hop_limit: Annotated[Count | None, Field("TTL or hop limit of packets sent", minimum=0)]
    initial_congestion_window: Annotated[Count | None, Field("Initial congestion window, in segments", minimum=0)]
    features: Annotated[Words | None, Field("ecn, sack, timestamp, allfrag, tcp_usec_ts, sorted", mark="word")]
    rto_min_ms: Annotated[Milliseconds | None, Field("Minimum retransmission timeout", minimum=0)]
    initial_receive_window: Annotated[Count | None, Field("Initial receive window, in segments", minimum=0)]
    quick_ack: Annotated[Count | None, Field("1 if segments are acknowledged at once", minimum=0)]
    congestion_control: Annotated[str | None, Field("Congestion control algorithm", mark="name")]
    fastopen_no_cookie: Annotated[Count | None, Field("1 if TCP Fast Open needs no cookie", minimum=0)]
    locked: Annotated[Words, Field("Names of the metrics that learned values must not change, sorted", mark="word")]


class Route(TypedDict):
    """A route in the kernel's IPv4 or IPv6 tables.

    ``gateway`` and ``interface`` of a route of several next hops are those of the first one, as in /proc/net/route.
    /proc/net/ipv6_route has a row for each next hop instead, and rows for the kernel's own null route.
    """

    family: Family
    destination: Annotated[
        Address, Field("Destination network or host; unspecified for a default route", mark="address")
    ]
    prefix_length: PrefixLength
    gateway: Annotated[
        Address | None,
        Field("Address of the gateway, for IPv4 routes an IPv6 one too; null if directly connected", mark="address"),
    ]
    interface: Annotated[InterfaceName | None, Field("Outgoing interface; null without one", mark="interface")]
    flags: Annotated[
        Words, Field("RTF_ flags, sorted; netlink does not have addrconf, default, prefix and route_info", mark="word")
    ]
    flags_text: Annotated[str, Field("The flags as netstat's letters", mark="word")]
    metric: Annotated[int, Field("Priority; of routes to the same destination the lowest wins", maximum=_UNSIGNED)]
    ref_count: Annotated[Count | None, Field("Reference count; null from netlink", minimum=0)]
    use_count: Annotated[Count | None, Field("Look-ups, counted by old kernels only; null from netlink", minimum=0)]
    mss_bytes: Annotated[Bytes | None, Field("IPv4: advertised MSS + 40 bytes of headers; null for none", minimum=0)]
    window_bytes: Annotated[Bytes | None, Field("IPv4: window to advertise; null for none", minimum=0)]
    irtt_ms: Annotated[Count | None, Field("IPv4: initial round-trip time in whole milliseconds", minimum=0)]
    table: Annotated[str | None, Field("main, local, default, else the table's number", mark="word")]
    type: Annotated[
        str | None,
        Field(
            "unicast, local, broadcast, anycast, multicast, blackhole, unreachable, prohibit, throw, nat", mark="word"
        ),
    ]
    scope: Annotated[str | None, Field("global, site, link, host, nowhere, else a number", mark="word")]
    protocol: Annotated[
        str | None, Field("Origin of the route: kernel, boot, static, ra, dhcp ..., else a number", mark="word")
    ]
    preferred_source: Annotated[Address | None, Field("Preferred source address", mark="address")]
    next_hops: Annotated[list[NextHop] | None, Field("All next hops if there are several, else null")]
    metrics: Annotated[
        RouteMetrics | None, Field("Parameters for transport protocols; null if none is set, or unknown")
    ]
    source: Annotated[
        str | None, Field("inet6: source prefix ADDRESS/LENGTH that the route applies to; null for all", mark="prefix")
    ]
    tos: Annotated[Count | None, Field("inet: type of service that the route applies to; 0 for all", minimum=0)]
    next_hop_id: Annotated[Count | None, Field("Number of the next-hop object in use", minimum=0)]
    next_hop_flags: Annotated[
        Words | None, Field("Of a single next hop: dead, linkdown, onlink, offload and their like, sorted", mark="word")
    ]
    expires_seconds: Annotated[float | None, Field("inet6: time left; null if it does not expire", minimum=0)]
    preference: Annotated[str | None, Field("inet6: router preference (RFC 4191): high, medium, low", mark="word")]
    encapsulation: Annotated[str | None, Field("Kind of lightweight tunnel: mpls, ip, ip6, seg6 ...", mark="word")]
    realms: Annotated[str | None, Field("Realms for policy and accounting, SOURCE/DESTINATION", mark="word")]


EMPTY_ROUTE: dict[str, Any] = dict.fromkeys(Route.__annotations__)
"""Every field of a route with null."""

PROCFS_LACKS = frozenset(
    {
        "type",
        "scope",
        "protocol",
        "preferred_source",
        "next_hops",
        "metrics",
        "next_hop_id",
        "next_hop_flags",
        "encapsulation",
        "realms",
    }
)
"""Fields that neither /proc/net/route nor /proc/net/ipv6_route has."""
