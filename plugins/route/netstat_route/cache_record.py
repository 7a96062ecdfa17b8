"""The record of an entry in a route cache."""

from typing import Annotated, Any, TypedDict

from netstat_core.plugin import Address, Bytes, Count, Field, InterfaceName, Record
from netstat_route.record import Family, PrefixLength, Words


class CachedRoute(TypedDict):
    """An entry of the IPv4 route cache (before Linux 3.6), a cached IPv6 route, or an exception learned since.

    Kernels 2.2 and 2.4 kept IPv6 neighbours there: entries with a hardware address.
    """

    family: Family
    destination: Annotated[Address, Field("Address it leads to", mark="address")]
    prefix_length: PrefixLength
    source: Annotated[Address | None, Field("Address packets come from", mark="address")]
    gateway: Annotated[Address | None, Field("Next hop; null where directly connected", mark="address")]
    interface: Annotated[InterfaceName | None, Field("Outgoing interface", mark="interface")]
    flags: Annotated[Words, Field("Flags as words, sorted; those of IPv4 entries as netstat's letters name them")]
    flags_text: Annotated[str, Field("The flags as netstat's letters")]
    metric: Annotated[int, Field("Priority", minimum=0, maximum=0xFFFFFFFF)]
    ref_count: Annotated[Count | None, Field("Reference count", minimum=0)]
    use_count: Annotated[Count | None, Field("Look-ups", minimum=0)]
    mss_bytes: Annotated[Bytes | None, Field("MTU, or advertised MSS and 40; null for none", minimum=0)]
    window_bytes: Annotated[Bytes | None, Field("Window to advertise; null for none", minimum=0)]
    irtt_ms: Annotated[Count | None, Field("Initial round-trip time in milliseconds; null for none", minimum=0)]
    tos: Annotated[Count | None, Field("Type of service", minimum=0)]
    header_ref_count: Annotated[Count | None, Field("References to the hardware header; null without one", minimum=0)]
    header_valid: Annotated[Count | None, Field("1 where the hardware header is up to date", minimum=0)]
    specific_destination: Annotated[Address | None, Field("Own address that replies come from", mark="address")]
    mtu_bytes: Annotated[Bytes | None, Field("Path MTU that was learned", minimum=0)]
    expires_seconds: Annotated[float | None, Field("Time left", minimum=0)]
    hardware_address: Annotated[
        str | None, Field("Hardware address of a neighbour, bytes in hex with colons", mark="hardware_address")
    ]
    state: Annotated[str | None, Field("State of a neighbour: reachable, stale, noarp ...")]
    stale_seconds: Annotated[float | None, Field("Time until a reachable neighbour becomes stale", minimum=0)]
    delete_seconds: Annotated[float | None, Field("Time until an unused neighbour is forgotten", minimum=0)]


EMPTY: dict[str, Any] = dict.fromkeys(CachedRoute.__annotations__)
"""Every field, unknown."""


def from_route(route: Record) -> Record:
    """A cached route as an entry: what both kinds of record have."""
    metrics = route["metrics"] or {}
    source = route["source"]
    return {
        **{name: route.get(name) for name in EMPTY},
        "source": source and source.partition("/")[0],
        "mtu_bytes": metrics.get("mtu_bytes"),
    }
