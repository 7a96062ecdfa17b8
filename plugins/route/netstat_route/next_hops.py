"""Next hops: RTA_MULTIPATH of a route (struct rtnexthop), and next-hop objects (RTM_NEWNEXTHOP, struct nhmsg)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from netstat_core.plugin import (
    HEADER,
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

INTERFACE, GATEWAY, MULTIPATH, FLOW, VIA, ENCAPSULATION = 4, 5, 9, 11, 18, 21
_ID, _GROUP, _OBJECT_INTERFACE, _OBJECT_GATEWAY, _OBJECT_ENCAPSULATION = 1, 2, 5, 6, 7
_NEW_OBJECT = 104
_HOP_SIZE, _OBJECT_SIZE, _MEMBER_SIZE = 8, 8, 8

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
            index = found.number(INTERFACE, 0)
        return {
            "gateway": self._gateway(found),
            "interface": self._interfaces.get(index),
            "weight": weight,
            "flags": flag_words(HOP_FLAGS, flags),
            "encapsulation": encapsulation(found),
            "realms": realms(found),
        }

    def _gateway(self, found: Attributes) -> str | None:
        if GATEWAY in found:
            raw = found[GATEWAY]
        elif VIA in found:
            raw = found[VIA][2:]
        else:
            return None
        return address_text(raw) if len(raw) in (INET_WIDTH, INET6_WIDTH) and any(raw) else None

    def several(self, payload: bytes) -> list[Record]:
        """The next hops of RTA_MULTIPATH; stops at one that does not fit."""
        unpack = struct.Struct(f"{self._order}HBBi").unpack_from
        hops = []
        start = 0
        while start + _HOP_SIZE <= len(payload):
            length, flags, share, index = unpack(payload, start)
            if length < _HOP_SIZE or start + length > len(payload):
                break
            found = attributes(payload[start : start + length], _HOP_SIZE, self._order)
            hops.append(self.hop(found, flags, share + 1, index))
            start += align4(length)
        return hops

    def objects(self, datagrams: Datagrams | None) -> dict[int, list[Record]]:
        """The next hops of all objects; members of groups come before them or behind."""
        single: dict[int, list[Record]] = {}
        groups: dict[int, list[tuple[int, int]]] = {}
        for flags, found in self._object_messages(datagrams):
            identity = found.number(_ID, 0)
            if _GROUP in found:
                groups[identity] = list(self._members(found[_GROUP]))
            else:
                single[identity] = self._object(found, flags)
        return {**single, **{name: _weighted(single, members) for name, members in groups.items()}}

    def _object_messages(self, datagrams: Datagrams | None) -> Iterator[tuple[int, Attributes]]:
        flags_at = struct.Struct(f"{self._order}20xI").unpack_from
        least = HEADER + _OBJECT_SIZE
        for message in messages(NEXT_HOPS.name, datagrams or (), _NEW_OBJECT, least, self._order):
            if not isinstance(message, Problem):
                yield flags_at(message)[0], attributes(message, least, self._order)

    def _object(self, found: Attributes, flags: int) -> list[Record]:
        if _OBJECT_INTERFACE not in found and _OBJECT_GATEWAY not in found:
            return []
        renamed = {INTERFACE: _OBJECT_INTERFACE, GATEWAY: _OBJECT_GATEWAY, ENCAPSULATION: _OBJECT_ENCAPSULATION}
        payloads = {name: found[kind] for name, kind in renamed.items() if kind in found}
        return [self.hop(Attributes(payloads, self._order), flags)]

    def _members(self, payload: bytes) -> Iterator[tuple[int, int]]:
        """Number and weight of each member: struct nexthop_grp, whose weight has a high byte since Linux 6.12."""
        unpack = struct.Struct(f"{self._order}IBB2x").unpack_from
        for start in range(0, len(payload) - _MEMBER_SIZE + 1, _MEMBER_SIZE):
            identity, low, high = unpack(payload, start)
            yield identity, (high << 8 | low) + 1


def _weighted(single: Objects, members: list[tuple[int, int]]) -> list[Record]:
    return [{**hop, "weight": weight} for identity, weight in members for hop in single.get(identity, [])]


def encapsulation(found: Attributes) -> str | None:
    """The kind of lightweight tunnel (enum lwtunnel_encap_types)."""
    kind = found.number(ENCAPSULATION, 0)
    return word(ENCAPSULATIONS, kind) if kind else None


def realms(found: Attributes) -> str | None:
    """RTA_FLOW as SOURCE/DESTINATION."""
    both = found.number(FLOW, 0)
    return f"{both >> 16}/{both & 0xFFFF}" if both else None
