"""The record of a neighbour."""

from typing import Annotated, Any, Literal, TypedDict

from netstat_core.plugin import Address, Count, Field, InterfaceName
from netstat_route.words import NEIGHBOUR_STATES

Seconds = Annotated[float, Field("A time in seconds", minimum=0)]


class Neighbour(TypedDict):
    """A host on a link, from ARP or IPv6 neighbour discovery, or an address that is answered for as a proxy."""

    family: Annotated[Literal["inet", "inet6"], Field("Address family")]
    address: Address
    hardware_address: Annotated[
        str | None, Field("Hardware address, bytes in hex with colons; null while unresolved", mark="hardware_address")
    ]
    interface: Annotated[
        InterfaceName | None, Field("Interface of the link; null for a proxy entry of all interfaces", mark="interface")
    ]
    state: Annotated[
        str | None,
        Field(
            "Reachability state; null for proxies, and from /proc unless permanent",
            words=tuple(NEIGHBOUR_STATES.values()),
            pattern=r"^unknown\([0-9]+\)$",
        ),
    ]
    flags: Annotated[
        list[str] | None, Field("router, ext_learned, offloaded, managed ..., sorted; null from /proc", mark="word")
    ]
    proxy: Annotated[bool, Field("Proxy entry: the address is answered for on behalf of another host")]
    ref_count: Annotated[Count | None, Field("Reference count", minimum=0)]
    probes: Annotated[Count | None, Field("Unanswered probes", minimum=0)]
    confirmed_seconds: Annotated[Seconds | None, Field("Time since it was last confirmed reachable", minimum=0)]
    used_seconds: Annotated[Seconds | None, Field("Time since it was last used", minimum=0)]
    updated_seconds: Annotated[Seconds | None, Field("Time since its state last changed", minimum=0)]
    protocol: Annotated[
        str | None,
        Field("Origin of the entry: static, zebra ..., else a number; null for the kernel itself", mark="word"),
    ]


EMPTY: dict[str, Any] = dict.fromkeys(Neighbour.__annotations__)
"""Every field with null."""
