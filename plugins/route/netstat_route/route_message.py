"""One message of an RTM_GETROUTE dump: struct rtmsg and RTA_ attributes of linux/rtnetlink.h."""

from __future__ import annotations

import struct

from netstat_core.plugin import AF, About, Attributes, Record, attributes
from netstat_route.addresses import WIDTHS, address_text
from netstat_route.flags import (
    RTF_ANYCAST,
    RTF_CACHE,
    RTF_EXPIRES,
    RTF_GATEWAY,
    RTF_HOST,
    RTF_LOCAL,
    RTF_NONEXTHOP,
    RTF_REJECT,
    RTF_UP,
    inet6_letters,
    inet6_words,
    inet_letters,
    inet_words,
)
from netstat_route.metrics import RTAX_ADVMSS, RTAX_RTT, RTAX_WINDOW, metrics
from netstat_route.next_hops import RTA_MULTIPATH, HopReader, Objects
from netstat_route.queries import ALL, default_table, table_number
from netstat_route.record import EMPTY_ROUTE
from netstat_route.words import (
    PREFERENCES,
    PROTOCOLS,
    RTN_ANYCAST,
    RTN_BLACKHOLE,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_MULTICAST,
    RTN_PROHIBIT,
    RTN_THROW,
    RTN_UNREACHABLE,
    SCOPES,
    TABLES,
    TYPES,
    number_or_word,
    word,
)

# linux/rtnetlink.h
RTM_F_CLONED = 0x200
"""An exception learned for a host, not a route."""

RTA_DST = 1
RTA_SRC = 2
RTA_PRIORITY = 6
RTA_PREFSRC = 7
RTA_METRICS = 8
RTA_CACHEINFO = 12
RTA_TABLE = 15
RTA_PREF = 20
RTA_NH_ID = 30

RTMSG_SIZE = 12

_HIDDEN_BY_PROCFS = {"inet": (RTN_BROADCAST, RTN_MULTICAST), "inet6": ()}
_HEADERS = 40
"""Bytes of IPv4 and TCP headers, which /proc/net/route adds to an advertised MSS."""


class RouteMessages:
    """Turns messages of one family, from their struct rtmsg on, into records."""

    def __init__(self, family: str, about: About, hops: HopReader, objects: Objects, *, cached: bool) -> None:
        asked = about.asked
        self._family = family
        self._order = about.order
        self._ticks = about.ticks_per_second
        self._hops = hops
        self._objects = objects
        self._cached = cached
        self._table = ALL if cached else table_number(asked, default_table(family, about.asked))
        self._hidden = _HIDDEN_BY_PROCFS[family] if asked.route_table is None and not cached else ()
        self._unpack = struct.Struct(f"{about.order}8BI").unpack_from

    def record(self, message: bytes) -> Record | None:
        """The record; None for what was not asked for. Raises struct.error or ValueError for what is no route."""
        family, length, source_length, tos, table, protocol, scope, kind, flags = self._unpack(message)
        found = attributes(message, RTMSG_SIZE, self._order)
        table = found.number(RTA_TABLE, table)
        if family != AF[self._family] or bool(flags & RTM_F_CLONED) is not self._cached:
            return None
        if self._table not in (ALL, table) or kind in self._hidden:
            return None
        if max(length, source_length) > WIDTHS[self._family] * 8:
            raise ValueError("a prefix longer than an address")
        hops = self._next_hops(found, flags)
        record = {
            **EMPTY_ROUTE,
            "family": self._family,
            "destination": self._address(found.get(RTA_DST)) or address_text(bytes(WIDTHS[self._family])),
            "prefix_length": length,
            "metric": found.number(RTA_PRIORITY, 0),
            "table": number_or_word(TABLES, table),
            "type": word(TYPES, kind),
            "scope": number_or_word(SCOPES, scope),
            "protocol": number_or_word(PROTOCOLS, protocol),
            "preferred_source": self._address(found.get(RTA_PREFSRC)),
            "next_hop_id": found.number(RTA_NH_ID, 0) or None,
            **_led_by(hops),
        }
        if RTA_METRICS in found:
            record["metrics"] = metrics(found.nest(RTA_METRICS))
        if self._family == "inet":
            record |= self._of_inet(record, found, kind, tos)
        else:
            record |= self._of_inet6(record, found, kind, source_length)
        return record

    def _next_hops(self, found: Attributes, flags: int) -> list[Record]:
        """All next hops; with net.ipv4.nexthop_compat_mode off the kernel sends only the number of the object."""
        several = self._hops.several(found.get(RTA_MULTIPATH, b""))
        if several:
            return several
        hop = self._hops.hop(found, flags)
        if hop["gateway"] is None and hop["interface"] is None:
            return self._objects.get(found.number(RTA_NH_ID, 0)) or [hop]
        return [hop]

    def _address(self, raw: bytes | None) -> str | None:
        if raw is None:
            return None
        if len(raw) != WIDTHS[self._family]:
            raise ValueError("an address of another family")
        return address_text(raw)

    def _of_inet(self, record: Record, found: Attributes, kind: int, tos: int) -> Record:
        """What only IPv4 has: the flags that /proc/net/route makes up, and its columns made from metrics."""
        flags = RTF_UP
        if kind in (RTN_UNREACHABLE, RTN_PROHIBIT):
            flags |= RTF_REJECT
        if record["gateway"] is not None:
            flags |= RTF_GATEWAY
        if record["prefix_length"] == WIDTHS["inet"] * 8:
            flags |= RTF_HOST
        kept = found.nest(RTA_METRICS)
        mss = kept.number(RTAX_ADVMSS, 0)
        return {
            "flags": inet_words(flags),
            "flags_text": inet_letters(flags),
            "mss_bytes": mss + _HEADERS if mss else None,
            "window_bytes": kept.number(RTAX_WINDOW, 0) or None,
            "irtt_ms": kept.number(RTAX_RTT, 0) >> 3 or None,
            "tos": tos,
            "expires_seconds": self._expires(found) if self._cached else None,
        }

    def _of_inet6(self, record: Record, found: Attributes, kind: int, source_length: int) -> Record:
        """What only IPv6 has: the flags that follow from the rest, the source prefix, time left and preference."""
        expires = self._expires(found)
        flags = self._inet6_flags(record, kind, expires)
        source = self._address(found.get(RTA_SRC))
        preference = found.get(RTA_PREF)
        return {
            "flags": inet6_words(flags),
            "flags_text": inet6_letters(flags),
            "source": None if source is None else f"{source}/{source_length}",
            "expires_seconds": expires,
            "preference": PREFERENCES.get(preference[0]) if preference else None,
        }

    def _inet6_flags(self, record: Record, kind: int, expires: float | None) -> int:
        if kind in (RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW):
            return RTF_REJECT | RTF_NONEXTHOP
        flags = RTF_UP
        if record["gateway"] is not None:
            flags |= RTF_GATEWAY
        if "onlink" in record["next_hop_flags"]:
            flags |= RTF_HOST  # the kernel keeps RTNH_F_ONLINK, 4 as well, among these
        if expires is not None:
            flags |= RTF_EXPIRES
        if self._cached:
            flags |= RTF_CACHE
        own = {RTN_LOCAL: RTF_LOCAL, RTN_ANYCAST: RTF_ANYCAST if record["protocol"] == "kernel" else 0}.get(kind)
        if own is None:
            return flags
        return flags | own | (RTF_NONEXTHOP if record["protocol"] == "kernel" else 0)

    def _expires(self, found: Attributes) -> float | None:
        """The third number of struct rta_cacheinfo, in ticks of USER_HZ; past times are negative."""
        ticks = (*found.numbers(RTA_CACHEINFO, "I")[2:3], 0)[0]
        return (ticks if ticks < 1 << 31 else 0) / self._ticks if ticks else None


def _led_by(hops: list[Record]) -> Record:
    """The fields that a route has of its first next hop, and all of several."""
    first = hops[0]
    is_single = len(hops) == 1
    return {
        "gateway": first["gateway"],
        "interface": first["interface"],
        "next_hops": None if is_single else hops,
        "next_hop_flags": first["flags"] if is_single else [],
        "encapsulation": first["encapsulation"],
        "realms": first["realms"],
    }
