"""The structure of facts: the network of a machine as look-up tables, small enough for every task to copy.

A table that was not requested or could not be read is absent; an empty table was read and has no entries.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from netstat_core.plugin.outcomes import Subject
from netstat_core.plugin.records import Count, Field, NetworkNamespace

FACTS_SCHEMA = "urn:netstat:facts:1"

Addresses = Annotated[list[str], Field("Local addresses, sorted; 0.0.0.0 and :: stand for all")]
Families = Annotated[list[Literal["inet", "inet6"]], Field("IP versions of the sockets")]
Names = Annotated[list[str], Field("Command names of the processes that hold them, sorted")]
Pids = Annotated[list[int], Field("Process ids of those, sorted")]


class ListeningSocket(TypedDict):
    """One of the sockets of a listener."""

    address: Annotated[str, Field("Local address")]
    v6_only: Annotated[bool | None, Field("Whether it accepts no IPv4; null if unknown, or if it is not on ::")]
    processes: Names
    owner_seen: Annotated[bool, Field("Whether its processes could be seen; true without any if it is the kernel's")]


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
        bool, Field("Whether the processes of all of its sockets could be seen; those of the kernel have none")
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
    owner_seen: Annotated[bool, Field("Whether the processes of all of its sockets could be seen")]


class OwnedUnixListener(UnixListener, total=False):
    """A listener with the keys that only some have."""

    owners: Annotated[list[dict[str, Any]], Field("Its processes as in records; only with who or arguments")]


class Membership(TypedDict):
    """A multicast group that an interface has joined."""

    family: Annotated[str, Field("IP version")]
    group: Annotated[str, Field("Address of the group")]
    users: Annotated[int, Field("How many times it was joined", minimum=0)]


class DefaultRoute(TypedDict):
    """The default route with the lowest metric in the main routing table."""

    type: Annotated[
        str | None,
        Field("unicast; unreachable, blackhole or prohibit if it drops packets; null if only /proc was read"),
    ]
    gateway: Annotated[str | None, Field("Next hop, the first of several; null if the network is on the link")]
    interface: Annotated[str | None, Field("Outgoing interface; with several next hops that of the first")]
    metric: Annotated[int | None, Field("Metric of the route")]
    preferred_source: Annotated[str | None, Field("Source address of packets that have none yet")]
    protocol: Annotated[str | None, Field("Origin of the route: boot, static, dhcp, ra ...; null if unknown")]
    next_hops: Annotated[list[dict[str, Any]] | None, Field("Next hops of the route; null unless there are several")]


class DefaultRoutes(TypedDict, total=False):
    """The default route of each IP version; null if there is none, absent if routes could not be read."""

    inet: Annotated[DefaultRoute | None, Field("Default route of IPv4")]
    inet6: Annotated[DefaultRoute | None, Field("Default route of IPv6")]


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
        dict[str, OwnedListener], Field("Listening Internet sockets by protocol and port, such as tcp/22")
    ]
    unix_listening: Annotated[dict[str, OwnedUnixListener], Field("Listening UNIX sockets by path or @name")]
    totals: Annotated[dict[str, dict[str, Count]], Field("Number of sockets that were read, by protocol and state")]
    interfaces: Annotated[dict[str, dict[str, Any]], Field("Interface records by name")]
    groups: Annotated[dict[str, list[Membership]], Field("Multicast groups by interface")]
    statistics: Annotated[dict[str, Counters], Field("Counters of the kernel by section: Ip, Tcp, TcpExt ...")]
    default_route: Annotated[DefaultRoutes, Field("The default routes by IP version")]
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
