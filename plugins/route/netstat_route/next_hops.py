"""Next hops: RTA_MULTIPATH of a route (struct rtnexthop) and next-hop objects (RTM_NEWNEXTHOP, struct nhmsg)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from netstat_core.plugin import (
    NLMSG_HDRLEN,
    Attributes,
    Datagrams,
    Problem,
    Record,
    align4,
    attributes,
    messages,
)
from netstat_route.addresses import INET6_WIDTH, INET_WIDTH, format_address
from netstat_route.queries import NEXT_HOPS
from netstat_route.words import ENCAPSULATIONS, HOP_FLAGS, to_flag_words, to_word

# linux/rtnetlink.h
RTM_NEWNEXTHOP = 104

RTA_OIF = 4
RTA_GATEWAY = 5
RTA_MULTIPATH = 9
RTA_FLOW = 11
RTA_VIA = 18
RTA_ENCAP_TYPE = 21

RTNEXTHOP_SIZE = 8

# linux/nexthop.h
NHA_ID = 1
NHA_GROUP = 2
NHA_OIF = 5
NHA_GATEWAY = 6
NHA_ENCAP_TYPE = 7

NHMSG_SIZE = 8
NEXTHOP_GRP_SIZE = 8

Objects = Mapping[int, list[Record]]
"""Next hops by the number of their object: one, several for a group, none for a blackhole."""


class HopParser:
    """Parses attributes into next hops; ``interfaces`` are names by index, ``problems`` those of the objects."""

    def __init__(self, order: str, interfaces: Mapping[int, str]) -> None:
        self._order = order
        self._interfaces = interfaces
        self.problems: list[Problem] = []

    def parse_hop(self, attrs: Attributes, flags: int, weight: int = 1, index: int | None = None) -> Record:
        """Return the next hop in the attributes of a route or of a struct rtnexthop.

        ``flags`` are its RTNH_F_ bits, ``index`` that of the interface, by default RTA_OIF.
        """
        if index is None:
            index = attrs.number(RTA_OIF, 0)
        return {
            "gateway": self._parse_gateway(attrs),
            "interface": self._interfaces.get(index),
            "weight": weight,
            "flags": to_flag_words(HOP_FLAGS, flags),
            "encapsulation": parse_encapsulation(attrs),
            "realms": parse_realms(attrs),
        }

    def _parse_gateway(self, attrs: Attributes) -> str | None:
        if RTA_GATEWAY in attrs:
            raw = attrs[RTA_GATEWAY]
        elif RTA_VIA in attrs:
            raw = attrs[RTA_VIA][2:]
        else:
            return None
        return format_address(raw) if len(raw) in (INET_WIDTH, INET6_WIDTH) and any(raw) else None

    def parse_multipath(self, payload: bytes) -> list[Record]:
        """Return the next hops in the payload of RTA_MULTIPATH; stop at one that exceeds it."""
        unpack = struct.Struct(f"{self._order}HBBi").unpack_from
        hops = []
        start = 0
        while start + RTNEXTHOP_SIZE <= len(payload):
            length, flags, share, index = unpack(payload, start)
            if length < RTNEXTHOP_SIZE or start + length > len(payload):
                break
            attrs = attributes(payload[start : start + length], RTNEXTHOP_SIZE, self._order)
            hops.append(self.parse_hop(attrs, flags, share + 1, index))
            start += align4(length)
        return hops

    def parse_objects(self, datagrams: Datagrams | None) -> dict[int, list[Record]]:
        """Return the next hops of all objects; a group may be sent before its members."""
        single: dict[int, list[Record]] = {}
        groups: dict[int, list[tuple[int, int]]] = {}
        for flags, attrs in self._parse_object_messages(datagrams):
            identity = attrs.number(NHA_ID, 0)
            if NHA_GROUP in attrs:
                groups[identity] = list(self._parse_group(attrs[NHA_GROUP]))
            else:
                single[identity] = self._parse_object(attrs, flags)
        return {**single, **{name: _group_hops(single, members) for name, members in groups.items()}}

    def _parse_object_messages(self, datagrams: Datagrams | None) -> Iterator[tuple[int, Attributes]]:
        flags_at = struct.Struct(f"{self._order}20xI").unpack_from
        least = NLMSG_HDRLEN + NHMSG_SIZE
        for message in messages(NEXT_HOPS.name, datagrams or (), RTM_NEWNEXTHOP, least, self._order):
            if isinstance(message, Problem):
                self.problems.append(message)
            else:
                yield flags_at(message)[0], attributes(message, least, self._order)

    def _parse_object(self, attrs: Attributes, flags: int) -> list[Record]:
        if NHA_OIF not in attrs and NHA_GATEWAY not in attrs:
            return []
        renamed = {RTA_OIF: NHA_OIF, RTA_GATEWAY: NHA_GATEWAY, RTA_ENCAP_TYPE: NHA_ENCAP_TYPE}
        payloads = {name: attrs[kind] for name, kind in renamed.items() if kind in attrs}
        return [self.parse_hop(Attributes(payloads, self._order), flags)]

    def _parse_group(self, payload: bytes) -> Iterator[tuple[int, int]]:
        """Yield (number, weight) of each struct nexthop_grp; since Linux 6.12 weight has a high byte."""
        unpack = struct.Struct(f"{self._order}IBB2x").unpack_from
        for start in range(0, len(payload) - NEXTHOP_GRP_SIZE + 1, NEXTHOP_GRP_SIZE):
            identity, low, high = unpack(payload, start)
            yield identity, (high << 8 | low) + 1


def _group_hops(single: Objects, members: list[tuple[int, int]]) -> list[Record]:
    return [{**hop, "weight": weight} for identity, weight in members for hop in single.get(identity, [])]


def parse_encapsulation(attrs: Attributes) -> str | None:
    """Return the kind of lightweight tunnel (enum lwtunnel_encap_types); None without one."""
    kind = attrs.number(RTA_ENCAP_TYPE, 0)
    return to_word(ENCAPSULATIONS, kind) if kind else None


def parse_realms(attrs: Attributes) -> str | None:
    """Return RTA_FLOW as ``SOURCE/DESTINATION``; None without realms."""
    return format_realms(attrs.number(RTA_FLOW, 0))


def format_realms(both: int) -> str | None:
    """Return the number that holds both realms as ``SOURCE/DESTINATION``; None without realms."""
    return f"{both >> 16}/{both & 0xFFFF}" if both else None
