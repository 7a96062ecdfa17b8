"""A message of an RTM_GETROUTE dump: struct rtmsg and the RTA_ attributes of linux/rtnetlink.h."""

from __future__ import annotations

import struct

from netstat_core.plugin import AF, About, Attributes, Record, attributes
from netstat_route.addresses import WIDTHS, format_address
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
    to_inet6_letters,
    to_inet6_words,
    to_inet_letters,
    to_inet_words,
)
from netstat_route.metrics import RTAX_ADVMSS, RTAX_RTT, RTAX_WINDOW, parse_metrics
from netstat_route.next_hops import RTA_MULTIPATH, HopParser, Objects
from netstat_route.queries import ALL, choose_default_table, find_table_number
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
    to_word,
    to_word_or_number,
)

# linux/rtnetlink.h
RTM_F_CLONED = 0x200
"""Flag of a next-hop exception, which was learned for a host."""

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
"""Bytes of IPv4 and TCP headers, which /proc/net/route adds to the advertised MSS."""


class RouteParser:
    """Parses messages of one family, from their struct rtmsg on.

    ``objects`` are the next hops of next-hop objects by number; ``cached`` selects exceptions instead of routes.
    """

    def __init__(self, family: str, about: About, hops: HopParser, objects: Objects, *, cached: bool) -> None:
        asked = about.asked
        self._family = family
        self._order = about.order
        self._ticks = about.ticks_per_second
        self._hops = hops
        self._objects = objects
        self._cached = cached
        self._table = ALL if cached else find_table_number(asked, choose_default_table(family, about.asked))
        self._hidden = _HIDDEN_BY_PROCFS[family] if asked.route_table is None and not cached else ()
        self._unpack = struct.Struct(f"{about.order}8BI").unpack_from

    def parse(self, message: bytes) -> Record | None:
        """Return the record of a message; None if it was not asked for.

        Raise struct.error or ValueError if it is not a route.
        """
        family, length, source_length, tos, table, protocol, scope, kind, flags = self._unpack(message)
        attrs = attributes(message, RTMSG_SIZE, self._order)
        table = attrs.number(RTA_TABLE, table)
        if family != AF[self._family] or bool(flags & RTM_F_CLONED) is not self._cached:
            return None
        if self._table not in (ALL, table) or kind in self._hidden:
            return None
        if max(length, source_length) > WIDTHS[self._family] * 8:
            raise ValueError("the prefix is longer than an address")
        hops = self._parse_next_hops(attrs, flags)
        record = {
            **EMPTY_ROUTE,
            "family": self._family,
            "destination": self._parse_address(attrs.get(RTA_DST)) or format_address(bytes(WIDTHS[self._family])),
            "prefix_length": length,
            "metric": attrs.number(RTA_PRIORITY, 0),
            "table": to_word_or_number(TABLES, table),
            "type": to_word(TYPES, kind),
            "scope": to_word_or_number(SCOPES, scope),
            "protocol": to_word_or_number(PROTOCOLS, protocol),
            "preferred_source": self._parse_address(attrs.get(RTA_PREFSRC)),
            "next_hop_id": attrs.number(RTA_NH_ID, 0) or None,
            **_make_hop_fields(hops),
        }
        if RTA_METRICS in attrs:
            record["metrics"] = parse_metrics(attrs.nest(RTA_METRICS))
        if self._family == "inet":
            record |= self._make_inet_fields(record, attrs, kind, tos)
        else:
            record |= self._make_inet6_fields(record, attrs, kind, source_length)
        return record

    def _parse_next_hops(self, attrs: Attributes, flags: int) -> list[Record]:
        """Return all next hops.

        With net.ipv4.nexthop_compat_mode off the kernel sends only the number of the next-hop object.
        """
        several = self._hops.parse_multipath(attrs.get(RTA_MULTIPATH, b""))
        if several:
            return several
        hop = self._hops.parse_hop(attrs, flags)
        if hop["gateway"] is None and hop["interface"] is None:
            return self._objects.get(attrs.number(RTA_NH_ID, 0)) or [hop]
        return [hop]

    def _parse_address(self, raw: bytes | None) -> str | None:
        if raw is None:
            return None
        if len(raw) != WIDTHS[self._family]:
            raise ValueError("an address of another family")
        return format_address(raw)

    def _make_inet_fields(self, record: Record, attrs: Attributes, kind: int, tos: int) -> Record:
        """Return the fields of IPv4 routes, with flags and metrics as /proc/net/route derives them."""
        flags = RTF_UP
        if kind in (RTN_UNREACHABLE, RTN_PROHIBIT):
            flags |= RTF_REJECT
        if record["gateway"] is not None:
            flags |= RTF_GATEWAY
        if record["prefix_length"] == WIDTHS["inet"] * 8:
            flags |= RTF_HOST
        metric_attributes = attrs.nest(RTA_METRICS)
        mss = metric_attributes.number(RTAX_ADVMSS, 0)
        return {
            "flags": to_inet_words(flags),
            "flags_text": to_inet_letters(flags),
            "mss_bytes": mss + _HEADERS if mss else None,
            "window_bytes": metric_attributes.number(RTAX_WINDOW, 0) or None,
            "irtt_ms": metric_attributes.number(RTAX_RTT, 0) >> 3 or None,
            "tos": tos,
            "expires_seconds": self._parse_expiry(attrs) if self._cached else None,
        }

    def _make_inet6_fields(self, record: Record, attrs: Attributes, kind: int, source_length: int) -> Record:
        """Return the fields of IPv6 routes, with flags derived from the other fields."""
        expires = self._parse_expiry(attrs)
        flags = self._compute_inet6_flags(record, kind, expires)
        source = self._parse_address(attrs.get(RTA_SRC))
        preference = attrs.get(RTA_PREF)
        return {
            "flags": to_inet6_words(flags),
            "flags_text": to_inet6_letters(flags),
            "source": None if source is None else f"{source}/{source_length}",
            "expires_seconds": expires,
            "preference": PREFERENCES.get(preference[0]) if preference else None,
        }

    def _compute_inet6_flags(self, record: Record, kind: int, expires: float | None) -> int:
        if kind in (RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW):
            return RTF_REJECT | RTF_NONEXTHOP
        flags = RTF_UP
        if record["gateway"] is not None:
            flags |= RTF_GATEWAY
        if "onlink" in record["next_hop_flags"]:
            flags |= RTF_HOST  # the kernel has RTNH_F_ONLINK (4 too) in the same field
        if expires is not None:
            flags |= RTF_EXPIRES
        if self._cached:
            flags |= RTF_CACHE
        own = {RTN_LOCAL: RTF_LOCAL, RTN_ANYCAST: RTF_ANYCAST if record["protocol"] == "kernel" else 0}.get(kind)
        if own is None:
            return flags
        return flags | own | (RTF_NONEXTHOP if record["protocol"] == "kernel" else 0)

    def _parse_expiry(self, attrs: Attributes) -> float | None:
        """Return rta_expires of struct rta_cacheinfo in seconds; the kernel sends ticks, negative if in the past."""
        ticks = (*attrs.numbers(RTA_CACHEINFO, "I")[2:3], 0)[0]
        return (ticks if ticks < 1 << 31 else 0) / self._ticks if ticks else None


def _make_hop_fields(hops: list[Record]) -> Record:
    """Return the fields of a route that come from its next hops; gateway and interface from the first."""
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
