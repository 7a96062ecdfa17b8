"""What facts look like: the network of a machine as look-up tables, small enough to travel with every task.

Keys of what was not asked for are absent, so that nothing that was never looked at reads as empty.
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
    """One of the sockets behind an entry."""

    address: Annotated[str, Field("Local address")]
    v6_only: Annotated[bool | None, Field("Whether it takes no IPv4; null where unknown, or where it is not on ::")]
    processes: Names
    owner_seen: Annotated[bool, Field("Whether its processes could be seen")]


class Listener(TypedDict):
    """Everything that listens on one port of one protocol."""

    addresses: Addresses
    families: Families
    processes: Names
    pids: Pids
    uids: Annotated[list[int], Field("User ids of the sockets' owners, sorted")]
    users: Annotated[list[str], Field("Their names on that machine, sorted; of those that have one")]
    v6_only: Annotated[
        bool | None, Field("Whether :: takes no IPv4; null where nothing listens on it, or where that is unknown")
    ]
    reachable: Annotated[
        list[Literal["inet", "inet6"]],
        Field("IP versions it can be reached by: :: serves IPv4 too unless it is known not to"),
    ]
    owner_seen: Annotated[bool, Field("Whether the processes of all of its sockets could be seen")]


class OwnedListener(Listener, total=False):
    """A listener with what is told of some only."""

    sockets: Annotated[
        list[ListeningSocket], Field("One entry for each different socket; only where they differ but for the address")
    ]
    owners: Annotated[list[dict[str, Any]], Field("Its processes as records have them; only with who or arguments")]


class UnixListener(TypedDict):
    """Everything that listens under one name of UNIX sockets."""

    type: Annotated[str | None, Field("stream or seqpacket; null where there are both")]
    abstract: Annotated[bool, Field("The name is abstract, and its key here begins with @ in the place of a NUL")]
    processes: Names
    pids: Pids
    owner_seen: Annotated[bool, Field("Whether the processes of all of its sockets could be seen")]


class OwnedUnixListener(UnixListener, total=False):
    """A listener with what its processes are."""

    owners: Annotated[list[dict[str, Any]], Field("Its processes as records have them; only with who or arguments")]


class Membership(TypedDict):
    """A multicast group that an interface has joined."""

    family: Annotated[str, Field("IP version")]
    group: Annotated[str, Field("Address of the group")]
    users: Annotated[int, Field("How often it was joined", minimum=0)]


class DefaultRoute(TypedDict):
    """The default route with the lowest metric in the main routing table."""

    type: Annotated[
        str | None,
        Field("unicast; unreachable, blackhole or prohibit where it lets nothing out; null where only /proc was read"),
    ]
    gateway: Annotated[str | None, Field("Next hop, the first of several; null where the network is on the link")]
    interface: Annotated[str | None, Field("Interface it leads out of; with several next hops that of the first")]
    metric: Annotated[int | None, Field("Its metric")]
    preferred_source: Annotated[str | None, Field("Source address of packets that have none yet")]
    protocol: Annotated[str | None, Field("What made the route: boot, static, dhcp, ra ...; null where unknown")]
    next_hops: Annotated[list[dict[str, Any]] | None, Field("Its next hops, where there are several")]


class DefaultRoutes(TypedDict, total=False):
    """The default route of each IP version; null where there is none, absent where routes could not be read."""

    inet: Annotated[DefaultRoute | None, Field("Of IPv4")]
    inet6: Annotated[DefaultRoute | None, Field("Of IPv6")]


class CoveredNamespaces(TypedDict, total=False):
    """Which other namespaces were looked at."""

    namespaces: Annotated[
        Literal["all", "some"],
        Field("Whether there are no other namespaces than those told; absent if none was asked for"),
    ]


class Covers(CoveredNamespaces):
    """What may be concluded from something not being there."""

    tables: Annotated[list[str], Field("Tables that were asked for and read whole, sorted; default_route is one")]
    protocols: Annotated[list[str], Field("Protocols whose sockets were read whole, sorted; unix is one")]
    families: Annotated[list[str], Field("Address families of which a reader was read whole, sorted")]
    sockets: Annotated[Literal["listening", "all", "connected"], Field("Which sockets were counted in the totals")]
    where: Annotated[str | None, Field("Expression that records had to match; null for none")]
    owners: Annotated[Literal["all", "some", "none"], Field("Whose processes could be seen")]


Counters = dict[str, int | None]
Records = list[dict[str, Any]]


class Tables(TypedDict, total=False):
    """The network itself."""

    listening: Annotated[dict[str, OwnedListener], Field("What listens, by protocol and port: tcp/22")]
    unix_listening: Annotated[dict[str, OwnedUnixListener], Field("UNIX sockets that listen, by path or @name")]
    totals: Annotated[
        dict[str, dict[str, Count]], Field("How many sockets there are, of those that were read, by protocol and state")
    ]
    interfaces: Annotated[dict[str, dict[str, Any]], Field("Interface records by name")]
    groups: Annotated[dict[str, list[Membership]], Field("Multicast groups by interface")]
    statistics: Annotated[dict[str, Counters], Field("Counters of the kernel by section: Ip, Tcp, TcpExt ...")]
    default_route: Annotated[DefaultRoutes, Field("Where packets go that no other route is for")]
    routes: Annotated[Records, Field("Route records; only when asked for")]
    neighbours: Annotated[Records, Field("Neighbour records; only when asked for")]
    masquerade: Annotated[Records, Field("Records of tracked connections; only when asked for")]
    families: Annotated[
        dict[str, dict[str, Records]], Field("Records of the other address families, by family and table")
    ]


class Reason(TypedDict):
    """Why facts are not complete."""

    about: Annotated[Subject, Field("What is in doubt, in the words of completeness")]
    text: Annotated[str, Field("Why, in words for people that nothing should parse")]


class Place(Tables):
    """One network namespace."""

    network_namespace: Annotated[NetworkNamespace | None, Field("Which one; null where a snapshot does not tell")]
    complete: Annotated[bool, Field("Whether all that was asked for could be seen")]
    incomplete_because: Annotated[list[Reason], Field("Why not: about says what is in doubt, text why")]
    covers: Covers


class Facts(Place):
    """A machine."""

    schema: Annotated[str, Field("Name of this structure", words=(FACTS_SCHEMA,))]
    captured_at: Annotated[str | None, Field("When it was read, ISO 8601 UTC")]
    hostname: Annotated[str | None, Field("Name of the machine")]
    kernel_release: Annotated[str | None, Field("Its kernel")]


class FactsOfNamespaces(Facts, total=False):
    """A machine, with namespaces where they were asked for."""

    namespaces: Annotated[dict[str, Place], Field("Other network namespaces by name, or by inode where they have none")]
