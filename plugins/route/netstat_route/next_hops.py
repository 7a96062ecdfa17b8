"""Next hops: RTA_MULTIPATH of a route (struct rtnexthop), and next-hop objects (RTM_NEWNEXTHOP, struct nhmsg)."""

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
from netstat_route.addresses import INET6_WIDTH, INET_WIDTH, address_text
from netstat_route.queries import NEXT_HOPS
from netstat_route.words import ENCAPSULATIONS, HOP_FLAGS, flag_words, word

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
"""The next hops of each object by its number: one, those of a group, or none for a black hole."""


class HopReader:
    """Turns attributes into next hops."""

    def __init__(self, order: str, interfaces: Mapping[int, str]) -> None:
        self._order = order
        self._interfaces = interfaces

    def hop(self, found: Attributes, flags: int, weight: int = 1, index: int | None = None) -> Record:
        """The next hop that a route's attributes, or those of one of several, describe."""
        if index is None:
            index = found.number(RTA_OIF, 0)
        return {
            "gateway": self._gateway(found),
            "interface": self._interfaces.get(index),
            "weight": weight,
            "flags": flag_words(HOP_FLAGS, flags),
            "encapsulation": encapsulation(found),
            "realms": realms(found),
        }

    def _gateway(self, found: Attributes) -> str | None:
        if RTA_GATEWAY in found:
            raw = found[RTA_GATEWAY]
        elif RTA_VIA in found:
            raw = found[RTA_VIA][2:]
        else:
            return None
        return address_text(raw) if len(raw) in (INET_WIDTH, INET6_WIDTH) and any(raw) else None

    def several(self, payload: bytes) -> list[Record]:
        """The next hops of RTA_MULTIPATH; stops at one that does not fit."""
        unpack = struct.Struct(f"{self._order}HBBi").unpack_from
        hops = []
        start = 0
        while start + RTNEXTHOP_SIZE <= len(payload):
            length, flags, share, index = unpack(payload, start)
            if length < RTNEXTHOP_SIZE or start + length > len(payload):
                break
            found = attributes(payload[start : start + length], RTNEXTHOP_SIZE, self._order)
            hops.append(self.hop(found, flags, share + 1, index))
            start += align4(length)
        return hops

    def objects(self, datagrams: Datagrams | None) -> dict[int, list[Record]]:
        """The next hops of all objects; members of groups come before them or behind."""
        single: dict[int, list[Record]] = {}
        groups: dict[int, list[tuple[int, int]]] = {}
        for flags, found in self._object_messages(datagrams):
            identity = found.number(NHA_ID, 0)
            if NHA_GROUP in found:
                groups[identity] = list(self._members(found[NHA_GROUP]))
            else:
                single[identity] = self._object(found, flags)
        return {**single, **{name: _weighted(single, members) for name, members in groups.items()}}

    def _object_messages(self, datagrams: Datagrams | None) -> Iterator[tuple[int, Attributes]]:
        flags_at = struct.Struct(f"{self._order}20xI").unpack_from
        least = NLMSG_HDRLEN + NHMSG_SIZE
        for message in messages(NEXT_HOPS.name, datagrams or (), RTM_NEWNEXTHOP, least, self._order):
            if not isinstance(message, Problem):
                yield flags_at(message)[0], attributes(message, least, self._order)

    def _object(self, found: Attributes, flags: int) -> list[Record]:
        if NHA_OIF not in found and NHA_GATEWAY not in found:
            return []
        renamed = {RTA_OIF: NHA_OIF, RTA_GATEWAY: NHA_GATEWAY, RTA_ENCAP_TYPE: NHA_ENCAP_TYPE}
        payloads = {name: found[kind] for name, kind in renamed.items() if kind in found}
        return [self.hop(Attributes(payloads, self._order), flags)]

    def _members(self, payload: bytes) -> Iterator[tuple[int, int]]:
        """Number and weight of each member: struct nexthop_grp, whose weight has a high byte since Linux 6.12."""
        unpack = struct.Struct(f"{self._order}IBB2x").unpack_from
        for start in range(0, len(payload) - NEXTHOP_GRP_SIZE + 1, NEXTHOP_GRP_SIZE):
            identity, low, high = unpack(payload, start)
            yield identity, (high << 8 | low) + 1


def _weighted(single: Objects, members: list[tuple[int, int]]) -> list[Record]:
    return [{**hop, "weight": weight} for identity, weight in members for hop in single.get(identity, [])]


def encapsulation(found: Attributes) -> str | None:
    """The kind of lightweight tunnel (enum lwtunnel_encap_types)."""
    kind = found.number(RTA_ENCAP_TYPE, 0)
    return word(ENCAPSULATIONS, kind) if kind else None


def realms(found: Attributes) -> str | None:
    """RTA_FLOW as SOURCE/DESTINATION."""
    both = found.number(RTA_FLOW, 0)
    return f"{both >> 16}/{both & 0xFFFF}" if both else None
