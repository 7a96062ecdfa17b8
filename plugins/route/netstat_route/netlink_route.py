"""RTM_GETROUTE dumps of IPv4 and IPv6 routes, and of the exceptions that took the place of the route cache."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from errno import ENOENT
from functools import partial
from socket import AF_INET6, inet_ntoa, inet_ntop

from netstat_core.plugin import (
    AF,
    NETLINK_ROUTE,
    NLMSG_HDRLEN,
    About,
    Asked,
    Datagrams,
    NetlinkDump,
    Parsed,
    Problem,
    Record,
    align4,
    interface_names,
)
from netstat_route.addresses import WIDTHS
from netstat_route.cache_record import from_route
from netstat_route.memo import Memo, Nested
from netstat_route.next_hops import HopReader
from netstat_route.queries import ALL, OPENED, default_table, table_number
from netstat_route.route_message import RTA_DST, RTA_TABLE, RTM_F_CLONED, RouteMessages
from netstat_route.words import TABLES, number_or_word

# linux/rtnetlink.h
RTM_NEWROUTE = 24
RTM_GETROUTE = 26

_QUOTED = 64
_OF_LENGTH_0 = (1, b"\0")
"""rtm_dst_len of struct rtmsg."""

Key = tuple[bytes, bytes]
"""A message but for the destination: what is before it and what is behind."""


def request(family: str, asked: Asked, *, cached: bool = False) -> NetlinkDump:
    """The dump of a family's routes, or of its exceptions. Raises Refused for what names no table."""
    table = ALL if cached else table_number(asked, default_table(family, asked))
    is_small = table < 1 << 8
    flags = RTM_F_CLONED if cached else 0
    body = struct.pack("=BBBBBBBBI", AF[family], 0, 0, 0, table if is_small else 0, 0, 0, 0, flags)
    if not is_small:
        body += struct.pack("=HHI", 8, RTA_TABLE, table)
    name = "cache" if cached else number_or_word({**TABLES, ALL: "all"}, table)
    every = struct.pack("=BBBBBBBBI", AF[family], *bytes(7), 0)
    wider = () if cached or table == ALL else ((f"route/{family}-all", every),)
    none = frozenset({ENOENT})
    dump = NetlinkDump(
        f"route/{family}-{name}",
        protocol=NETLINK_ROUTE,
        type=RTM_GETROUTE,
        body=body,
        strict=True,
        empty_on=none,
        wider=wider,
    )
    if asked.default_routes and not cached:
        wider = ((dump.name, body), *wider)
        dump = dump.replace(name=f"route/{family}-default", wider=wider, keep=_OF_LENGTH_0)
    return dump


def parse_inet(about: About, *contents: Datagrams | None) -> Iterator[Parsed]:
    """The IPv4 routes, in the kernel's order."""
    yield OPENED
    yield from _routes("inet", about, contents, cached=False)


def parse_inet6(about: About, *contents: Datagrams | None) -> Iterator[Parsed]:
    """The IPv6 routes, in the kernel's order."""
    yield OPENED
    yield from _routes("inet6", about, contents, cached=False)


def parse_inet_cache(about: About, *contents: Datagrams | None) -> Iterator[Parsed]:
    """The IPv4 exceptions: what path MTU discovery and redirects taught."""
    yield OPENED
    yield from map(_entry, _routes("inet", about, contents, cached=True))


def parse_inet6_cache(about: About, *contents: Datagrams | None) -> Iterator[Parsed]:
    """The IPv6 exceptions."""
    yield OPENED
    yield from map(_entry, _routes("inet6", about, contents, cached=True))


def _entry(route: Record | Problem) -> Record | Problem:
    return route if isinstance(route, Problem) else from_route(route)


def _routes(
    family: str, about: About, contents: Sequence[Datagrams | None], *, cached: bool
) -> Iterator[Record | Problem]:
    """The rows of a dump; a message that does not fit ends its datagram with a problem."""
    dump, links, objects = contents
    hops = HopReader(about.order, interface_names(about, links))
    messages = RouteMessages(family, about, hops, hops.objects(objects), cached=cached)
    row = _row_maker(family, about.order, messages)
    unpack = struct.Struct(f"{about.order}IH").unpack_from
    for datagram in dump or ():
        data = bytes(datagram)
        start, size = 0, len(data)
        last = size - NLMSG_HDRLEN
        while start < size:
            length, kind = unpack(data, start) if start <= last else (0, 0)
            end = start + length
            if length < NLMSG_HDRLEN or end > size:
                yield Problem(f"route/{family}", "a message does not fit its datagram", data[start : start + _QUOTED])
                break
            try:
                record = row(data, start + NLMSG_HDRLEN, end) if kind == RTM_NEWROUTE else None
            except (ValueError, struct.error) as error:
                yield Problem(f"route/{family}", f"not a route: {error}", data[start:end])
                record = None
            if record is not None:
                yield record
            start += align4(length)


def _row_maker(family: str, order: str, messages: RouteMessages) -> Callable[[bytes, int, int], Record | None]:
    """The function from a message in a datagram to its record.

    The kernel puts the table's attribute first and the destination's second: what lies around that payload is all
    that makes up a route but for where it leads.
    """
    width = WIDTHS[family]
    text = inet_ntoa if family == "inet" else partial(inet_ntop, AF_INET6)
    headed = struct.pack(f"{order}HH", width + 4, RTA_DST)
    before = 24

    def make(key: Key) -> Record | None:
        record = messages.record(key[0] + bytes(width) + key[1]) if key[0].endswith(headed) else None
        return Nested(record) if record and (record["next_hops"] or record["metrics"]) else record

    templates = Memo(make)

    def row(data: bytes, start: int, end: int) -> Record | None:
        at = start + before
        behind = at + width
        template = templates[data[start:at], data[behind:end]]
        if template is None:
            return messages.record(data[start:end])
        record = template.copy()
        record["flags"] = template["flags"].copy()
        record["next_hop_flags"] = template["next_hop_flags"].copy()
        record["destination"] = text(data[at:behind])
        return record

    return row
