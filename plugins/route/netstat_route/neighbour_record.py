"""The record of a neighbour."""

from typing import Annotated, Any, Literal, TypedDict

from netstat_core.plugin import Address, Count, Field, InterfaceName
from netstat_route.words import NEIGHBOUR_STATES

Seconds = Annotated[float, Field("A time in seconds", minimum=0)]


class Neighbour(TypedDict):
    """What is known of a host on a link (ARP, IPv6 neighbour discovery), or an address answered for as a proxy."""

    family: Annotated[Literal["inet", "inet6"], Field("Address family")]
    address: Address
    hardware_address: Annotated[
        str | None, Field("Its bytes in hex with colons; null while unresolved", mark="hardware_address")
    ]
    interface: Annotated[
        InterfaceName | None, Field("Interface of the link; null for a proxy on all", mark="interface")
    ]
    state: Annotated[
        str | None,
        Field(
            "State of reachability; null for proxies, and from /proc unless permanent",
            words=tuple(NEIGHBOUR_STATES.values()),
            pattern=r"^unknown\([0-9]+\)$",
        ),
    ]
    flags: Annotated[list[str] | None, Field("router, ext_learned, offloaded, managed ..., sorted; null from /proc")]
    proxy: Annotated[bool, Field("Answered for on behalf of another host")]
    ref_count: Annotated[Count | None, Field("References to it", minimum=0)]
    probes: Annotated[Count | None, Field("Probes sent without an answer", minimum=0)]
    confirmed_seconds: Annotated[Seconds | None, Field("Since it was last known to be reachable", minimum=0)]
    used_seconds: Annotated[Seconds | None, Field("Since it was last used", minimum=0)]
    updated_seconds: Annotated[Seconds | None, Field("Since its state last changed", minimum=0)]
    protocol: Annotated[str | None, Field("What made the entry; null where the kernel itself did")]


EMPTY: dict[str, Any] = dict.fromkeys(Neighbour.__annotations__)
"""Every field, unknown."""
