"""The structure of facts: the network of a machine as look-up tables, small enough for every task to copy.

A table that was not requested or could not be read is absent; an empty table was read and has no entries.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from netstat_core.plugin.outcomes import Subject
from netstat_core.plugin.records import Count, Field, NetworkNamespace

FACTS_SCHEMA = "urn:netstat:facts:1"

Addresses = Annotated[
    list[str],
    Field("Local addresses, sorted; 0.0.0.0 and :: stand for all; of a socket bound to a device with it: 0.0.0.0%eth0"),
]
Families = Annotated[list[Literal["inet", "inet6"]], Field("IP versions of the sockets")]
Names = Annotated[
    list[str] | None, Field("Command names of the processes that hold them, sorted; null if owners were not requested")
]
Pids = Annotated[list[int] | None, Field("Process ids of those, sorted; null if owners were not requested")]


class PortOfSocket(TypedDict, total=False):
    """The port of a socket, where its entry stands for several."""

    port: Annotated[int, Field("Local port; only in udp/ephemeral and udplite/ephemeral")]


class ListeningSocket(PortOfSocket):
    """One of the sockets of a listener."""

    address: Annotated[str, Field("Local address, with the device if it is bound to one")]
    v6_only: Annotated[bool | None, Field("Whether it accepts no IPv4; null if unknown, or if it is not on ::")]
    processes: Names
    owner_seen: Annotated[
        bool | None,
        Field("Whether its processes could be seen; true without any if it is the kernel's; null if not requested"),
    ]


class Listener(TypedDict):
    """All sockets that listen on one port of one protocol."""

    addresses: Addresses
    families: Families
    processes: Names
    pids: Pids
    uids: Annotated[list[int], Field("User ids of the sockets' owners, sorted")]
    users: Annotated[list[str], Field("Names of those users on that machine, sorted; without users that have no name")]
    v6_only: Annotated[
        bool | None, Field("Whether :: accepts no IPv4; null if nothing listens on ::, or if this is unknown")
    ]
    reachable: Annotated[
        list[Literal["inet", "inet6"]],
        Field("IP versions by which it can be reached: :: serves IPv4 too unless it is known to be v6-only"),
    ]
    owner_seen: Annotated[
        bool | None,
        Field(
            "Whether the processes of all of its sockets could be seen; those of the kernel have none; null if owners "
            "were not requested"
        ),
    ]


class OwnedListener(Listener, total=False):
    """A listener with the keys that only some have."""

    sockets: Annotated[
        list[ListeningSocket],
        Field("One entry for each different socket; absent if the sockets differ only in their addresses"),
    ]
    owners: Annotated[list[dict[str, Any]], Field("Its processes as in records; only with who or arguments")]


class UnixListener(TypedDict):
    """All UNIX sockets that listen under one name."""

    type: Annotated[str | None, Field("stream or seqpacket; null if there are both")]
    abstract: Annotated[bool, Field("Whether the name is abstract; its key begins with @ in place of a NUL byte")]
    processes: Names
    pids: Pids
    owner_seen: Annotated[
        bool | None,
        Field("Whether the processes of all of its sockets could be seen; null if owners were not requested"),
    ]


class OwnedUnixListener(UnixListener, total=False):
    """A listener with the keys that only some have."""

    owners: Annotated[list[dict[str, Any]], Field("Its processes as in records; only with who or arguments")]


class Membership(TypedDict):
    """A multicast group that an interface has joined."""

    family: Annotated[str, Field("IP version")]
    group: Annotated[str, Field("Address of the group")]
    users: Annotated[int, Field("How many times it was joined", minimum=0)]


class DefaultRoute(TypedDict):
    """The default route that the kernel would choose."""

    type: Annotated[
        str | None,
        Field("unicast; unreachable, blackhole or prohibit if it drops packets; null if only /proc was read"),
    ]
    gateway: Annotated[str | None, Field("Next hop, of several the first usable one; null if it is on the link")]
    interface: Annotated[str | None, Field("Outgoing interface, of several next hops that of the first usable one")]
    metric: Annotated[int | None, Field("Metric of the route")]
    preferred_source: Annotated[str | None, Field("Source address of packets that have none yet")]
    protocol: Annotated[str | None, Field("Origin of the route: boot, static, dhcp, ra ...; null if unknown")]
    table: Annotated[str | None, Field("Routing table: main, else its name or number; null if only /proc was read")]
    preference: Annotated[str | None, Field("inet6: router preference (RFC 4191): high, medium, low")]
    next_hops: Annotated[
        list[dict[str, Any]] | None,
        Field("Next hops of the route, or of equally good routes, dead ones too; null unless there are several"),
    ]


class DefaultRoutes(TypedDict, total=False):
    """The default route of each IP version, absent if routes could not be read.

    It is null if there is none, and if the choice depends on the packet; default_route_depends then says on what.
    """

    inet: Annotated[DefaultRoute | None, Field("Default route of IPv4")]
    inet6: Annotated[DefaultRoute | None, Field("Default route of IPv6")]


class Dependence(TypedDict):
    """Why there is no single default route."""

    reason: Annotated[
        Literal["rules", "source", "tos"],
        Field("rules of policy routing, source or type of service: what the default route of a packet depends on"),
    ]
    routes: Annotated[list[DefaultRoute], Field("The usable default routes of all tables and for all packets")]
    text: Annotated[str, Field("Explanation for people; do not parse it")]


class Dependences(TypedDict, total=False):
    """The IP versions that have default routes, but not one for all packets."""

    inet: Dependence
    inet6: Dependence


class PortRange(TypedDict):
    """Consecutive ports."""

    first: Annotated[int, Field("First port")]
    last: Annotated[int, Field("Last port")]


class LocalPorts(PortRange):
    """The ports that the kernel assigns to sockets which are not bound to one."""

    reserved: Annotated[list[PortRange] | None, Field("Ports of the range that are never assigned; null if unknown")]


class CoveredNamespaces(TypedDict, total=False):
    """Which other network namespaces were read."""

    namespaces: Annotated[
        Literal["all", "some"],
        Field("all if every network namespace of the machine was read; absent if no other was requested"),
    ]


class Covers(CoveredNamespaces):
    """What was read completely, so that the absence of an entry is proof."""

    tables: Annotated[
        list[str], Field("Tables that were requested and read completely, sorted; default_route counts as one")
    ]
    protocols: Annotated[list[str], Field("Protocols whose sockets were read completely, sorted; unix counts as one")]
    families: Annotated[list[str], Field("Address families of which at least one reader was read completely, sorted")]
    sockets: Annotated[Literal["listening", "all", "connected"], Field("Which sockets were counted in the totals")]
    where: Annotated[str | None, Field("Expression that records had to match; null for none")]
    owners: Annotated[
        Literal["all", "some", "none"], Field("Which processes could be seen; none if they were not requested")
    ]


Counters = dict[str, int | None]
Records = list[dict[str, Any]]


class Tables(TypedDict, total=False):
    """The tables of one network namespace."""

    listening: Annotated[
        dict[str, OwnedListener],
        Field(
            "Listening Internet sockets by protocol and port, such as tcp/22; udp/ephemeral for sockets whose port is "
            "in local_ports and which processes hold: clients, as far as the kernel tells"
        ),
    ]
    unix_listening: Annotated[dict[str, OwnedUnixListener], Field("Listening UNIX sockets by path or @name")]
    totals: Annotated[dict[str, dict[str, Count]], Field("Number of sockets that were read, by protocol and state")]
    interfaces: Annotated[dict[str, dict[str, Any]], Field("Interface records by name")]
    groups: Annotated[dict[str, list[Membership]], Field("Multicast groups by interface")]
    statistics: Annotated[dict[str, Counters], Field("Counters of the kernel by section: Ip, Tcp, TcpExt ...")]
    local_ports: Annotated[
        LocalPorts, Field("Ports that the kernel assigns to sockets, the range ip_local_port_range; absent if unknown")
    ]
    default_route: Annotated[DefaultRoutes, Field("The default routes by IP version")]
    default_route_depends: Annotated[
        Dependences, Field("Why there is no single default route, by IP version; empty if there is one, or none at all")
    ]
    rules: Annotated[Records, Field("Rules of policy routing; empty if they are those that every kernel starts with")]
    routes: Annotated[Records, Field("Route records; only if requested")]
    neighbours: Annotated[Records, Field("Neighbour records; only if requested")]
    masquerade: Annotated[Records, Field("Records of tracked connections; only if requested")]
    families: Annotated[
        dict[str, dict[str, Records]], Field("Records of the other address families, by family and table")
    ]


class Reason(TypedDict):
    """Why facts are incomplete."""

    about: Annotated[Subject, Field("What may be missing or wrong, in the words of completeness")]
    text: Annotated[str, Field("Explanation for people; do not parse it")]


class Place(Tables):
    """The facts of one network namespace."""

    network_namespace: Annotated[NetworkNamespace | None, Field("The namespace; null if a snapshot does not name it")]
    complete: Annotated[bool, Field("Whether everything that was requested could be read")]
    incomplete_because: Annotated[
        list[Reason], Field("Reasons why the facts are incomplete: about names what is affected, text explains it")
    ]
    covers: Covers


class Facts(Place):
    """The facts of a machine."""

    schema: Annotated[str, Field("Identifier of this structure", words=(FACTS_SCHEMA,))]
    captured_at: Annotated[str | None, Field("Time of reading, ISO 8601 UTC")]
    hostname: Annotated[str | None, Field("Name of the machine")]
    kernel_release: Annotated[str | None, Field("Release of its kernel")]


class FactsOfNamespaces(Facts, total=False):
    """The facts of a machine, and of its other network namespaces if they were requested."""

    namespaces: Annotated[dict[str, Place], Field("Other network namespaces by name, or by inode if they have none")]
