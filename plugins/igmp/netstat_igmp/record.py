"""The records of multicast: memberships of this host, and its multicast routing."""

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
"""The interface was named by index, and the kernel keeps that where an address would be."""

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
"""The one table that files under /proc/net show."""

_TABLES = {RT_TABLE_DEFAULT: "default", RT_TABLE_MAIN: "main", RT_TABLE_LOCAL: "local"}

_UNKNOWN_FLAG = r"^0x[0-9a-f]+$"

Family = Annotated[Literal["inet", "inet6"], Field("Address family")]
Table = Annotated[str, Field("Routing table: main, local, default, else its number")]


class FilteredSource(TypedDict):
    """A source address that sockets named when they joined a group."""

    address: Annotated[Address, Field("Address of the source", mark="address")]
    included_by: Annotated[Count, Field("Sockets that take the group's packets from it", minimum=0)]
    excluded_by: Annotated[Count, Field("Sockets that do not want the group's packets from it", minimum=0)]


class Membership(TypedDict):
    """A multicast group that an interface of this host has joined."""

    family: Family
    interface: Annotated[InterfaceName, Field("Interface that joined", mark="interface")]
    interface_index: Annotated[int | None, Field("Its index; null before Linux 2.2", minimum=0)]
    group: Annotated[Address, Field("Address of the group", mark="address")]
    users: Annotated[Count, Field("How often it was joined", minimum=0)]
    querier: Annotated[
        str | None, Field("inet: IGMP version of the querier on that network: V1, V2, V3 or NONE; null where unknown")
    ]
    reporter: Annotated[bool | None, Field("Whether this host sent the last report; null where unknown")]
    timer_seconds: Annotated[float | None, Field("Time until a report is due; null where none is", minimum=0)]
    flags: Annotated[
        list[Annotated[str, Field("A flag", words=tuple(REPORT_FLAGS.values()), pattern=_UNKNOWN_FLAG)]] | None,
        Field("inet6: state of its reports, sorted; null for inet and before Linux 2.4"),
    ]
    source_filter: Annotated[
        list[FilteredSource] | None,
        Field(
            "Sources that sockets include or exclude; null where not asked for or not kept by the kernel. The kernel "
            "leaves out interfaces whose latest group has none, up to the first interface whose latest group has some"
        ),
    ]


class Vif(TypedDict):
    """One of the interfaces between which multicast packets are routed."""

    family: Family
    table: Table
    vif: Annotated[int, Field("Its number among those of the table", minimum=0)]
    interface: Annotated[InterfaceName | None, Field("Its device; null where that is gone", mark="interface")]
    flags: Annotated[
        list[Annotated[str, Field("A flag", words=tuple(VIF_FLAGS.values()), pattern=_UNKNOWN_FLAG)]],
        Field("What it is, sorted: register is the one to a rendezvous point, use_index was named by device"),
    ]
    local_address: Annotated[Address | None, Field("inet: own address, where it was named by that", mark="address")]
    remote_address: Annotated[Address | None, Field("inet: far end of a tunnel", mark="address")]
    rx_bytes: Annotated[Bytes, Field("Bytes of multicast packets taken in", minimum=0)]
    rx_packets: Annotated[Count, Field("Multicast packets taken in", minimum=0)]
    tx_bytes: Annotated[Bytes, Field("Bytes of multicast packets sent on", minimum=0)]
    tx_packets: Annotated[Count, Field("Multicast packets sent on", minimum=0)]


class Outgoing(TypedDict):
    """Where packets of a multicast route are sent on."""

    interface: Annotated[InterfaceName | None, Field("Device; null where unknown", mark="interface")]
    vif: Annotated[int | None, Field("Number of the vif; null where the source names devices only", minimum=0)]
    ttl: Annotated[int, Field("Only packets with a higher time to live are sent on", minimum=0, maximum=255)]


class MulticastRoute(TypedDict):
    """An entry of the multicast forwarding cache."""

    family: Family
    table: Table
    group: Annotated[Address, Field("Address of the group", mark="address")]
    origin: Annotated[Address, Field("Source of the packets; the unspecified address stands for any", mark="address")]
    resolved: Annotated[bool, Field("Whether a routing daemon has said where the packets go")]
    interface: Annotated[
        InterfaceName | None, Field("Device packets are taken from; null where unknown", mark="interface")
    ]
    vif: Annotated[int | None, Field("Number of its vif; null where the source names devices only", minimum=0)]
    outgoing: Annotated[list[Outgoing], Field("Where packets are sent on")]
    packets: Annotated[Count | None, Field("Packets routed; null where unresolved", minimum=0)]
    bytes: Annotated[Bytes | None, Field("Bytes routed; null where unresolved", minimum=0)]
    wrong_interface: Annotated[Count | None, Field("Packets that came in elsewhere; null where unresolved", minimum=0)]


def flag_words(value: int, words: dict[int, str]) -> list[str]:
    """The words for the bits that are set, sorted; a bit without a word as its hexadecimal value."""
    bits = (1 << place for place in range(value.bit_length()))
    return sorted(words.get(bit, f"{bit:#x}") for bit in bits if value & bit)


def table_name(number: int) -> str:
    """The word for a routing table."""
    return _TABLES.get(number, str(number))
