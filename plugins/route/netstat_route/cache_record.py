"""The record of a route cache entry."""

from typing import Annotated, Any, TypedDict

from netstat_core.plugin import Address, Batch, Bytes, Count, Field, InterfaceName, Parsed, Record
from netstat_route.record import Family, PrefixLength, Words


class CachedRoute(TypedDict):
    """An entry of the IPv4 route cache (before Linux 3.6), a cached IPv6 route, or a next-hop exception (since).

    For kernels 2.2 and 2.4 IPv6 neighbours are entries too: those with a hardware address.
    """

    family: Family
    destination: Annotated[Address, Field("Destination address", mark="address")]
    prefix_length: PrefixLength
    source: Annotated[Address | None, Field("Source address of the packets", mark="address")]
    gateway: Annotated[Address | None, Field("Next hop; null if directly connected", mark="address")]
    interface: Annotated[InterfaceName | None, Field("Outgoing interface", mark="interface")]
    flags: Annotated[
        Words, Field("Flags as words, sorted; for IPv4 entries one for each of netstat's letters", mark="word")
    ]
    flags_text: Annotated[str, Field("The flags as netstat's letters", mark="word")]
    metric: Annotated[int, Field("Priority", minimum=0, maximum=0xFFFFFFFF)]
    ref_count: Annotated[Count | None, Field("Reference count", minimum=0)]
    use_count: Annotated[Count | None, Field("Look-ups", minimum=0)]
    mss_bytes: Annotated[Bytes | None, Field("MTU, or advertised MSS + 40; null for none", minimum=0)]
    window_bytes: Annotated[Bytes | None, Field("Window to advertise; null for none", minimum=0)]
    irtt_ms: Annotated[Count | None, Field("Initial round-trip time in milliseconds; null for none", minimum=0)]
    tos: Annotated[Count | None, Field("Type of service", minimum=0)]
    header_ref_count: Annotated[
        Count | None, Field("References to the hardware header; null without a header", minimum=0)
    ]
    header_valid: Annotated[Count | None, Field("1 if the hardware header is up to date", minimum=0)]
    specific_destination: Annotated[Address | None, Field("Local address that replies are sent from", mark="address")]
    mtu_bytes: Annotated[Bytes | None, Field("Learned path MTU", minimum=0)]
    expires_seconds: Annotated[float | None, Field("Time left", minimum=0)]
    hardware_address: Annotated[
        str | None, Field("Hardware address of a neighbour, bytes in hex with colons", mark="hardware_address")
    ]
    state: Annotated[str | None, Field("State of a neighbour: reachable, stale, noarp ...", mark="word")]
    stale_seconds: Annotated[float | None, Field("Time until a reachable neighbour becomes stale", minimum=0)]
    delete_seconds: Annotated[float | None, Field("Time until an unused neighbour is deleted", minimum=0)]


EMPTY: dict[str, Any] = dict.fromkeys(CachedRoute.__annotations__)
"""Every field with null."""


def from_routes(parsed: Parsed) -> Parsed:
    """Return cache entries for cached routes, one or a batch of them; anything else as it is."""
    if isinstance(parsed, Batch):
        return Batch(map(_from_route, parsed.read_only()))
    return _from_route(parsed) if isinstance(parsed, dict) else parsed


def _from_route(route: Record) -> Record:
    """Return the cache entry of a cached route; fields that Route does not have are null."""
    metrics = route["metrics"] or {}
    source = route["source"]
    return {
        **{name: route.get(name) for name in EMPTY},
        "source": source and source.partition("/")[0],
        "mtu_bytes": metrics.get("mtu_bytes"),
    }
