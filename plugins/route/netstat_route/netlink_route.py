"""RTM_GETROUTE dumps of IPv4 and IPv6 routes, and of the next-hop exceptions that replaced the route cache."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from errno import ENOENT

from netstat_core.plugin import (
    AF,
    NETLINK_ROUTE,
    NLMSG_HDRLEN,
    About,
    Asked,
    AttributeField,
    Batch,
    Datagrams,
    MessageGroup,
    Messages,
    MessageShapes,
    NetlinkDump,
    Parsed,
    Problem,
    Record,
    interface_names,
)
from netstat_route.addresses import WIDTHS, format_inet6_addresses, format_inet_addresses
from netstat_route.cache_record import from_routes
from netstat_route.next_hops import HopParser
from netstat_route.queries import ALL, OPENED, choose_default_table, find_table_number
from netstat_route.route_message import RTA_DST, RTA_TABLE, RTM_F_CLONED, RTMSG_SIZE, RouteParser
from netstat_route.templates import Templates
from netstat_route.words import TABLES, to_word_or_number

# linux/rtnetlink.h
RTM_NEWROUTE = 24
RTM_GETROUTE = 26

_OF_LENGTH_0 = (1, b"\0")
"""Offset and value of rtm_dst_len in struct rtmsg of a default route."""

Key = tuple[bytes, bytes | None]
"""A message without its destination: the bytes before and after it. Without RTA_DST the whole message, and None."""

_NO_ROUTE: Key = (b"", None)
"""Stands for a message of another type."""


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
    yield from map(from_routes, _parse_routes("inet", about, contents, cached=True))


def parse_inet6_cache(about: About, *contents: Datagrams | None) -> Iterator[Parsed]:
    """Yield the IPv6 exceptions."""
    yield OPENED
    yield from map(from_routes, _parse_routes("inet6", about, contents, cached=True))


def _parse_routes(
    family: str, about: About, contents: Sequence[Datagrams | None], *, cached: bool
) -> Iterator[Record | Batch | Problem]:
    """Yield the routes of a dump; after a message that is cut off, skip the rest of its datagram."""
    dump, links, objects = contents
    problems: list[Problem] = []
    hops = HopParser(about.order, interface_names(about, links, problems))
    parser = RouteParser(family, about, hops, hops.parse_objects(objects), cached=cached)
    table = _RouteTable(family, parser)
    destination = AttributeField({(RTA_DST,): f"{WIDTHS[family]}s"}, exact=True)
    shapes = MessageShapes(about.order, NLMSG_HDRLEN + RTMSG_SIZE, {"destination": destination})
    for datagram in dump or ():
        for messages in shapes.unpack(datagram):
            if isinstance(messages, bytes):
                yield Problem(f"route/{family}", "a message exceeds its datagram", messages)
            else:
                yield from table.parse(messages)
    yield from (*problems, *hops.problems)


class _RouteTable:
    """Parses messages into routes. Those that differ in their destination only are parsed once, as a template."""

    def __init__(self, family: str, parser: RouteParser) -> None:
        self._source = f"route/{family}"
        self._width = WIDTHS[family]
        self._unspecified = bytes(self._width)
        self._format = format_inet_addresses if family == "inet" else format_inet6_addresses
        self._parse = parser.parse
        self._templates: Templates[Key] = Templates(self._make_template)

    def _make_template(self, key: Key) -> Record | None:
        if key is _NO_ROUTE:
            return None
        before, after = key
        message = before if after is None else before + self._unspecified + after
        return self._parse(message[NLMSG_HDRLEN:])

    def parse(self, messages: Messages) -> Iterator[Record | Batch | Problem]:
        """Yield the routes of messages in their order."""
        parts = [self._split(group) for group in messages.groups]
        keys: Sequence[Key] = messages.in_order([keys for keys, _ in parts])
        destinations = self._format(b"".join(messages.in_order([raw for _, raw in parts])))
        try:
            batch = self._templates.batch(keys, destinations)
        except (ValueError, struct.error):
            yield from self._parse_each(messages, keys, destinations)
        else:
            yield batch

    def _split(self, group: MessageGroup) -> tuple[list[Key], Sequence[bytes]]:
        """Return the bytes around the destination of each message, and the destination."""
        destinations = group.column("destination")
        at = group.find("destination")
        if group.kind != RTM_NEWROUTE:
            keys = [_NO_ROUTE] * len(group)
        elif at is None:
            keys = [(message, None) for message in group.between(0)]
        else:
            keys = [*zip(group.between(0, at), group.between(at + self._width), strict=True)]
        return keys, destinations or [self._unspecified] * len(group)

    def _parse_each(
        self, messages: Messages, keys: Iterable[Key], destinations: Iterable[str]
    ) -> Iterator[Record | Problem]:
        """Yield the routes of messages of which some are none, and a problem for each of these."""
        for place, (key, destination) in enumerate(zip(keys, destinations, strict=True)):
            try:
                record = self._templates.record(key, destination)
            except (ValueError, struct.error) as error:
                yield Problem(self._source, f"not a route: {error}", messages.message(place))
                continue
            if record is not None:
                yield record
