"""The multicast forwarding cache: /proc/net/ip_mr_cache and ip6_mr_cache, and RTM_GETROUTE of RTNL_FAMILY_IPMR.

::

    Group    Origin   Iif     Pkts    Bytes    Wrong Oifs
    030201EF 0900090A 0          0        0        0  1:3
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from netstat_core.plugin import HEADER, About, Datagrams, Problem, Record, align4, attributes, interface_names, messages
from netstat_igmp import vifs
from netstat_igmp.addresses import colons_text, packed_text, word_text
from netstat_igmp.multicast_dumps import of_family
from netstat_igmp.numbers import count
from netstat_igmp.record import DEFAULT_TABLES, IPMR, table_name

_UNRESOLVED = -1

_NEW_ROUTE = 24
_LEAST = HEADER + 12
_FLAGS_AT = HEADER + 8
_IS_UNRESOLVED = 0x20
_GROUP, _ORIGIN, _INTERFACE, _MULTIPATH, _TABLE, _COUNTERS = 1, 2, 3, 9, 15, 17
_HOP = 8

Names = Callable[[int], "str | None"]


def path(family: str) -> str:
    """The file of one family."""
    return "/proc/net/ip_mr_cache" if family == "inet" else "/proc/net/ip6_mr_cache"


def dump_name(family: str) -> str:
    """How the dump of one family is called."""
    return "route/multicast" if family == "inet" else "route/multicast6"


def file_parser(family: str) -> Callable[[About, bytes, bytes | None], Iterator[Record | Problem]]:
    """The parser of one family's file, which shows the default table, and of its vifs for their names."""

    def parse(about: About, content: bytes, vif_content: bytes | None) -> Iterator[Record | Problem]:
        names: dict[int, str | None] = {}
        for row in vifs.file_parser(family)(about, vif_content or b""):
            if isinstance(row, Problem):
                yield row
            else:
                names[row["vif"]] = row["interface"]
        for line_number, line in enumerate(content.splitlines(), 1):
            if line.startswith(b"Group"):
                continue
            try:
                yield _row(family, line.split(), about.order, names)
            except (ValueError, IndexError):
                yield Problem(path(family), "a row needs group, origin, vif and counters", line, line_number)

    return parse


def _row(family: str, words: list[bytes], order: str, names: dict[int, str | None]) -> Record:
    """A row; of an unresolved one only group and origin mean anything."""
    vif = int(words[2])
    resolved = vif != _UNRESOLVED
    packets, size, wrong = (count(word) for word in words[3:6]) if resolved else (None, None, None)
    return {
        "family": family,
        "table": DEFAULT_TABLES[family],
        "group": _address(words[0], order),
        "origin": _address(words[1], order),
        "resolved": resolved,
        "interface": names.get(vif),
        "vif": count(words[2]) if resolved else None,
        "outgoing": [_outgoing(word, names) for word in words[6:]] if resolved else [],
        "packets": packets,
        "bytes": size,
        "wrong_interface": wrong,
    }


def _address(word: bytes, order: str) -> str:
    return colons_text(word) if b":" in word else word_text(word, order)


def _outgoing(word: bytes, names: dict[int, str | None]) -> Record:
    vif, _, ttl = word.partition(b":")
    number = count(vif)
    return {"interface": names.get(number), "vif": number, "ttl": count(ttl) & 0xFF}


def dump_parser(family: str) -> Callable[..., Iterator[Record | Problem]]:
    """The parser of one family's dump, which shows all tables, and of the links that name interfaces.

    It raises SourceError where the kernel does not dump multicast routes.
    """

    def parse(about: About, routes: Datagrams, links: Datagrams | None) -> Iterator[Record | Problem]:
        names = interface_names(about, links)
        source = dump_name(family)
        for message in of_family(IPMR[family], source, messages(source, routes, _NEW_ROUTE, _LEAST, about.order)):
            yield message if isinstance(message, Problem) else _route(message, family, source, names, about.order)

    return parse


def _route(message: bytes, family: str, source: str, names: dict[int, str], order: str) -> Record | Problem:
    found = attributes(message, _LEAST, order)
    (flags,) = struct.unpack_from(f"{order}I", message, _FLAGS_AT)
    resolved = not flags & _IS_UNRESOLVED
    counters = found.get(_COUNTERS, b"")
    try:
        packets, size, wrong = struct.unpack_from(f"{order}3Q", counters) if resolved and counters else [None] * 3
        return {
            "family": family,
            "table": table_name(found.number(_TABLE, 0)),
            "group": packed_text(found[_GROUP]),
            "origin": packed_text(found[_ORIGIN]),
            "resolved": resolved,
            "interface": names.get(found.number(_INTERFACE, 0)),
            "vif": None,
            "outgoing": list(_hops(found.get(_MULTIPATH, b""), names, order)),
            "packets": packets,
            "bytes": size,
            "wrong_interface": wrong,
        }
    except (KeyError, ValueError, struct.error):
        return Problem(source, "a route lacks an attribute", message[HEADER:_LEAST])


def _hops(content: bytes, names: dict[int, str], order: str) -> Iterator[Record]:
    """Each struct rtnexthop: length, flags, the ttl where other routes have a weight, and an interface."""
    unpack = struct.Struct(f"{order}HxBi").unpack_from
    start = 0
    while start + _HOP <= len(content):
        length, ttl, index = unpack(content, start)
        yield {"interface": names.get(index), "vif": None, "ttl": ttl}
        start += max(align4(length), _HOP)
