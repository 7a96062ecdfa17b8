"""RTM_GETROUTE dumps of IPv4 and IPv6 routes, and of the next-hop exceptions that replaced the route cache."""

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
from netstat_route.next_hops import HopParser
from netstat_route.queries import ALL, OPENED, choose_default_table, find_table_number
from netstat_route.route_message import RTA_DST, RTA_TABLE, RTM_F_CLONED, RouteParser
from netstat_route.words import TABLES, to_word_or_number

# linux/rtnetlink.h
RTM_NEWROUTE = 24
RTM_GETROUTE = 26

_QUOTED = 64
"""Bytes of a bad message that a problem quotes."""
_OF_LENGTH_0 = (1, b"\0")
"""Offset and value of rtm_dst_len in struct rtmsg of a default route."""

Key = tuple[bytes, bytes]
"""A message without its destination: the bytes before and after it."""


def request(family: str, asked: Asked, *, cached: bool = False) -> NetlinkDump:
    """Return the dump of a family's routes, or with ``cached`` of its exceptions.

    Raise Refused if the query asks for an unknown table.
    """
    table = ALL if cached else find_table_number(asked, choose_default_table(family, asked))
    is_small = table < 1 << 8
    flags = RTM_F_CLONED if cached else 0
    body = struct.pack("=BBBBBBBBI", AF[family], 0, 0, 0, table if is_small else 0, 0, 0, 0, flags)
    if not is_small:
        body += struct.pack("=HHI", 8, RTA_TABLE, table)
    name = "cache" if cached else to_word_or_number({**TABLES, ALL: "all"}, table)
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
    """Yield the IPv4 routes in the kernel's order."""
    yield OPENED
    yield from _parse_routes("inet", about, contents, cached=False)


def parse_inet6(about: About, *contents: Datagrams | None) -> Iterator[Parsed]:
    """Yield the IPv6 routes in the kernel's order."""
    yield OPENED
    yield from _parse_routes("inet6", about, contents, cached=False)


def parse_inet_cache(about: About, *contents: Datagrams | None) -> Iterator[Parsed]:
    """Yield the IPv4 exceptions, learned from path MTU discovery and redirects."""
    yield OPENED
    yield from map(_to_cache_entry, _parse_routes("inet", about, contents, cached=True))


def parse_inet6_cache(about: About, *contents: Datagrams | None) -> Iterator[Parsed]:
    """Yield the IPv6 exceptions."""
    yield OPENED
    yield from map(_to_cache_entry, _parse_routes("inet6", about, contents, cached=True))


def _to_cache_entry(route: Record | Problem) -> Record | Problem:
    return route if isinstance(route, Problem) else from_route(route)


def _parse_routes(
    family: str, about: About, contents: Sequence[Datagrams | None], *, cached: bool
) -> Iterator[Record | Problem]:
    """Yield the routes of a dump; after a message that exceeds its datagram, skip the rest of that datagram."""
    dump, links, objects = contents
    problems: list[Problem] = []
    hops = HopParser(about.order, interface_names(about, links, problems))
    parser = RouteParser(family, about, hops, hops.parse_objects(objects), cached=cached)
    parse_row = _make_row_parser(family, about.order, parser)
    unpack = struct.Struct(f"{about.order}IH").unpack_from
    for datagram in dump or ():
        data = bytes(datagram)
        start, size = 0, len(data)
        last = size - NLMSG_HDRLEN
        while start < size:
            length, kind = unpack(data, start) if start <= last else (0, 0)
            end = start + length
            if length < NLMSG_HDRLEN or end > size:
                yield Problem(f"route/{family}", "a message exceeds its datagram", data[start : start + _QUOTED])
                break
            try:
                record = parse_row(data, start + NLMSG_HDRLEN, end) if kind == RTM_NEWROUTE else None
            except (ValueError, struct.error) as error:
                yield Problem(f"route/{family}", f"not a route: {error}", data[start:end])
                record = None
            if record is not None:
                yield record
            start += align4(length)
    yield from (*problems, *hops.problems)


def _make_row_parser(family: str, order: str, parser: RouteParser) -> Callable[[bytes, int, int], Record | None]:
    """Return the function that parses a message between two offsets of a datagram.

    The kernel sends RTA_TABLE first and RTA_DST second. The bytes before and after the payload of RTA_DST determine
    the record without its destination, so records of equal bytes are copies of one template.
    """
    width = WIDTHS[family]
    text = inet_ntoa if family == "inet" else partial(inet_ntop, AF_INET6)
    destination_header = struct.pack(f"{order}HH", width + 4, RTA_DST)
    before = 24

    def make(key: Key) -> Record | None:
        record = parser.parse(key[0] + bytes(width) + key[1]) if key[0].endswith(destination_header) else None
        return Nested(record) if record and (record["next_hops"] or record["metrics"]) else record

    templates = Memo(make)

    def parse_row(data: bytes, start: int, end: int) -> Record | None:
        at = start + before
        after = at + width
        template = templates[data[start:at], data[after:end]]
        if template is None:
            return parser.parse(data[start:end])
        record = template.copy()
        record["flags"] = template["flags"].copy()
        record["next_hop_flags"] = template["next_hop_flags"].copy()
        record["destination"] = text(data[at:after])
        return record

    return parse_row
