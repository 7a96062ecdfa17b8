"""The record of a policy rule."""

from typing import Annotated, Any, TypedDict

from netstat_core.plugin import Count, Field, InterfaceName
from netstat_route.record import Family

ACTIONS = ("table", "goto", "nop", "blackhole", "unreachable", "prohibit")


class NumberRange(TypedDict):
    """Consecutive numbers."""

    first: Count
    last: Count


class Rule(TypedDict):
    """A rule of policy routing: which routing table the kernel searches for which packets, in the order of rules.

    A rule applies to packets that match all its selectors, or with ``inverted`` to those that do not; a selector that
    is null matches every packet.
    """

    family: Family
    priority: Annotated[int, Field("Rank of the rule: the lowest is applied first", minimum=0)]
    action: Annotated[
        str,
        Field(
            "What is done: search a table, go to another rule, nothing, or drop the packet",
            words=ACTIONS,
            pattern=r"^unknown\([0-9]+\)$",
        ),
    ]
    table: Annotated[
        str | None, Field("table: main, local, default, else the number of the table; null with l3mdev", mark="word")
    ]
    goto: Annotated[Count | None, Field("goto: priority of the rule to go on with", minimum=0)]
    inverted: Annotated[bool, Field("The rule applies to packets that do not match its selectors")]
    source: Annotated[str | None, Field("Selector: source prefix ADDRESS/LENGTH", mark="address")]
    destination: Annotated[str | None, Field("Selector: destination prefix ADDRESS/LENGTH", mark="address")]
    incoming_interface: Annotated[
        InterfaceName | None, Field("Selector: incoming interface; lo for packets of this machine", mark="interface")
    ]
    outgoing_interface: Annotated[
        InterfaceName | None, Field("Selector: interface that the socket is bound to", mark="interface")
    ]
    l3mdev: Annotated[bool, Field("Selector: packets of a VRF, whose own table is searched")]
    tos: Annotated[Count | None, Field("Selector: type of service", minimum=0)]
    mark: Annotated[Count | None, Field("Selector: mark of packet filter rules or of the socket", minimum=0)]
    mark_mask: Annotated[Count | None, Field("Bits of the mark that are compared", minimum=0)]
    uids: Annotated[NumberRange | None, Field("Selector: user ids of the socket's owner")]
    ip_protocol: Annotated[Count | None, Field("Selector: number of the IP protocol", minimum=0)]
    source_ports: Annotated[NumberRange | None, Field("Selector: source ports")]
    destination_ports: Annotated[NumberRange | None, Field("Selector: destination ports")]
    tunnel_id: Annotated[Count | None, Field("Selector: number of the tunnel", minimum=0)]
    further_selectors: Annotated[
        list[int], Field("Selectors without a field here, by their numbers (FRA_ of linux/fib_rules.h)")
    ]
    suppress_prefix_length: Annotated[
        Count | None, Field("Routes with a prefix of at most this length do not count", minimum=0)
    ]
    suppress_interface_group: Annotated[
        Count | None, Field("Routes over interfaces of this group do not count", minimum=0)
    ]
    realms: Annotated[str | None, Field("Realms for policy and accounting, SOURCE/DESTINATION", mark="word")]
    protocol: Annotated[str | None, Field("Origin of the rule: kernel, boot, static ..., else a number", mark="word")]


EMPTY_RULE: dict[str, Any] = dict.fromkeys(Rule.__annotations__)
"""Every field of a rule with null."""
