"""Records of multicast memberships and multicast routing, and the words for the kernel's flags and tables."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from netstat_core.plugin import Address, Bytes, Count, Field, InterfaceName

# include/net/if_inet6.h
MAF_TIMER_RUNNING = 0x01
MAF_LAST_REPORTER = 0x02
MAF_LOADED = 0x04
MAF_NOREPORT = 0x08
MAF_GSQUERY = 0x10

# linux/mroute.h
VIFF_TUNNEL = 0x1
VIFF_SRCRT = 0x2
VIFF_REGISTER = 0x4
VIFF_USE_IFINDEX = 0x8
"""The vif was added by interface index, which the kernel keeps in the place of the local address."""

# linux/rtnetlink.h
RT_TABLE_DEFAULT = 253
RT_TABLE_MAIN = 254
RT_TABLE_LOCAL = 255

REPORT_FLAGS = {
    MAF_TIMER_RUNNING: "timer_running",
    MAF_LAST_REPORTER: "last_reporter",
    MAF_LOADED: "loaded",
    MAF_NOREPORT: "no_report",
    MAF_GSQUERY: "source_query",
}
VIF_FLAGS = {
    VIFF_TUNNEL: "tunnel",
    VIFF_SRCRT: "source_route",
    VIFF_REGISTER: "register",
    VIFF_USE_IFINDEX: "use_index",
}

DEFAULT_TABLES = {"inet": "default", "inet6": "main"}
"""The only table that the files in /proc/net show."""

_TABLES = {RT_TABLE_DEFAULT: "default", RT_TABLE_MAIN: "main", RT_TABLE_LOCAL: "local"}

_UNKNOWN_FLAG = r"^0x[0-9a-f]+$"

Family = Annotated[Literal["inet", "inet6"], Field("Address family")]
Table = Annotated[str, Field("Routing table: main, local, default, else its number", mark="word")]


class FilteredSource(TypedDict):
    """A source address in the filter that sockets set when they joined a group."""

    address: Annotated[Address, Field("Address of the source", mark="address")]
    included_by: Annotated[Count, Field("Number of sockets that accept packets from it", minimum=0)]
    excluded_by: Annotated[Count, Field("Number of sockets that refuse packets from it", minimum=0)]


class Membership(TypedDict):
    """A multicast group that an interface of this host has joined."""

    family: Family
    interface: Annotated[InterfaceName, Field("Interface that joined", mark="interface")]
    interface_index: Annotated[int | None, Field("Its index; null before Linux 2.2", minimum=0)]
    group: Annotated[Address, Field("Address of the group", mark="address")]
    users: Annotated[Count, Field("Number of times the group was joined on the interface", minimum=0)]
    querier: Annotated[
        str | None,
        Field("inet: IGMP version of the querier on that network: V1, V2, V3 or NONE; null where unknown", mark="word"),
    ]
    reporter: Annotated[bool | None, Field("Whether this host sent the last report; null where unknown")]
    timer_seconds: Annotated[float | None, Field("Time until the next report is sent; null if none is due", minimum=0)]
    flags: Annotated[
        list[Annotated[str, Field("A flag", words=tuple(REPORT_FLAGS.values()), pattern=_UNKNOWN_FLAG)]] | None,
        Field("inet6: the kernel's flags for its reports, sorted; null for inet and before Linux 2.4"),
    ]
    source_filter: Annotated[
        list[FilteredSource] | None,
        Field(
            "Sources that sockets include or exclude; null if not asked for or not kept by the kernel. The kernel does "
            "not list leading interfaces whose latest group has no sources, up to the first one whose latest group has"
        ),
    ]


class Vif(TypedDict):
    """A virtual interface (vif) of multicast routing."""

    family: Family
    table: Table
    vif: Annotated[int, Field("Number of the vif in its table", minimum=0)]
    interface: Annotated[InterfaceName | None, Field("Its device; null if that is gone", mark="interface")]
    flags: Annotated[
        list[Annotated[str, Field("A flag", words=tuple(VIF_FLAGS.values()), pattern=_UNKNOWN_FLAG)]],
        Field("Flags, sorted: register is the vif to a rendezvous point, use_index was added by interface index"),
    ]
    local_address: Annotated[
        Address | None, Field("inet: local address, if the vif was added by address; else null", mark="address")
    ]
    remote_address: Annotated[Address | None, Field("inet: remote address of a tunnel; else null", mark="address")]
    rx_bytes: Annotated[Bytes, Field("Bytes of multicast packets received for forwarding", minimum=0)]
    rx_packets: Annotated[Count, Field("Multicast packets received for forwarding", minimum=0)]
    tx_bytes: Annotated[Bytes, Field("Bytes of multicast packets forwarded", minimum=0)]
    tx_packets: Annotated[Count, Field("Multicast packets forwarded", minimum=0)]


class Outgoing(TypedDict):
    """An outgoing interface of a multicast route."""

    interface: Annotated[InterfaceName | None, Field("Device; null if unknown", mark="interface")]
    vif: Annotated[int | None, Field("Number of the vif; null if the source gives devices only", minimum=0)]
    ttl: Annotated[int, Field("Only packets with a greater time to live are forwarded", minimum=0, maximum=255)]


class MulticastRoute(TypedDict):
    """An entry of the multicast forwarding cache."""

    family: Family
    table: Table
    group: Annotated[Address, Field("Address of the group", mark="address")]
    origin: Annotated[Address, Field("Source of the packets; the unspecified address means any", mark="address")]
    resolved: Annotated[bool, Field("Whether a routing daemon has resolved the route")]
    interface: Annotated[InterfaceName | None, Field("Incoming device; null if unknown", mark="interface")]
    vif: Annotated[int | None, Field("Number of the incoming vif; null if the source gives devices only", minimum=0)]
    outgoing: Annotated[list[Outgoing], Field("Interfaces that the packets are forwarded to")]
    packets: Annotated[Count | None, Field("Packets routed; null if unresolved", minimum=0)]
    bytes: Annotated[Bytes | None, Field("Bytes routed; null if unresolved", minimum=0)]
    wrong_interface: Annotated[
        Count | None, Field("Packets that arrived on another interface; null if unresolved", minimum=0)
    ]


def flag_words(value: int, words: dict[int, str]) -> list[str]:
    """Return the sorted words of the set bits; a bit without a word is given in hexadecimal (``0x20``)."""
    bits = (1 << place for place in range(value.bit_length()))
    return sorted(words.get(bit, f"{bit:#x}") for bit in bits if value & bit)


def table_name(number: int) -> str:
    """Return ``default``, ``main`` or ``local`` for the kernel's own routing tables, else the number as text."""
    return _TABLES.get(number, str(number))
