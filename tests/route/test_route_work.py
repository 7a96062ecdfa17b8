"""The work for routes, rules and neighbours is linear in their number, however shapes alternate in one input."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from counted_work import Work, counted
from netstat_route import netlink_neighbour, netlink_route, netlink_rule, proc_arp, proc_ipv6_route, proc_route
from rtnetlink_messages import about, attribute, message, neighbour, numbers, route
from yielded import one_by_one

DESTINATION, INTERFACE, GATEWAY, PRIORITY, TABLE = 1, 4, 5, 6, 15
RULE = 32
HEADER = b"\t".join(name.encode() for name in proc_route.COLUMNS) + b"\n"


def inet_route(number: int, *further: bytes) -> bytes:
    """Return a route to a destination of its own."""
    head = [attribute(TABLE, numbers(254)), attribute(DESTINATION, struct.pack(">I", number << 8))]
    return route(*head, *further, attribute(INTERFACE, numbers(2)), length=24)


def inet_dump(messages: Iterable[bytes]) -> Any:
    """Parse IPv4 routes in one datagram."""
    return netlink_route.parse_inet(about(), [b"".join(messages)], None, None)


def with_and_without_gateway(number: int) -> Any:
    """Parse routes that alternately have a gateway."""
    gateway = attribute(GATEWAY, b"\x0a\0\0\1")
    return inet_dump(inet_route(one, gateway) if one % 2 else inet_route(one) for one in range(number))


def of_their_own_metric(number: int) -> Any:
    """Parse routes that share nothing but their shape."""
    return inet_dump(inet_route(one, attribute(PRIORITY, numbers(one))) for one in range(number))


def of_their_own_shape(number: int) -> Any:
    """Parse routes each of which has an attribute of its own type."""
    return inet_dump(inet_route(one, attribute(100 + one, bytes(4 * (one % 9)))) for one in range(number))


def some_broken(number: int) -> Any:
    """Parse routes every fifth of which has an impossible prefix."""
    return inet_dump(inet_route(one) if one % 5 else route(length=99) for one in range(number))


def inet6_dump(number: int) -> Any:
    """Parse IPv6 routes that alternately are default routes."""
    usual = (struct.pack(">QQ", one << 32, 0) for one in range(number))
    made = (
        route(attribute(TABLE, numbers(254)), attribute(DESTINATION, raw), family=10, length=64)
        if place % 2
        else route(attribute(TABLE, numbers(254)), attribute(PRIORITY, numbers(place)), family=10)
        for place, raw in enumerate(usual)
    )
    return netlink_route.parse_inet6(about(), [b"".join(made)], None, None)


def inet_file(number: int) -> Any:
    """Parse rows of which some gateways and columns are others, and some are separated by blanks."""
    rows = (b"v0\t%08X\t%08X\t0003\t0\t0\t%d\t00FFFFFF\t0\t0\t0\n" % (one, one % 7, one % 3) for one in range(number))
    text = b"".join(row.replace(b"\t", b"  ") if place % 50 == 0 else row for place, row in enumerate(rows))
    return proc_route.parse(about(), HEADER + text)


def inet6_file(number: int) -> Any:
    """Parse rows of many templates, of which some are broken."""
    rows = (
        b"%032x 40 %032d 00 %032d %08x 00000001 00000000 00000001 v0\n" % (one, 0, one % 3, one)
        for one in range(number)
    )
    return proc_ipv6_route.parse(
        about(), b"".join(b"junk\n" if place % 99 == 9 else row for place, row in enumerate(rows))
    )


def neighbours(number: int) -> Any:
    """Parse neighbours that alternately have a hardware address."""
    made = (
        neighbour(
            attribute(1, struct.pack(">I", one)), *[attribute(2, bytes(6))] * (one % 2), family=2, index=2, state=2
        )
        for one in range(number)
    )
    return netlink_neighbour.parse(about(), [b"".join(made)], [], None)


def neighbours_file(number: int) -> Any:
    """Parse rows of /proc/net/arp."""
    rows = (f"10.0.{one >> 8}.{one & 255} 0x1 0x2 02:00:00:00:00:01 * v0\n".encode() for one in range(number))
    return proc_arp.parse(
        about(), b"IP address       HW type     Flags       HW address            Mask     Device\n" + b"".join(rows)
    )


def rules(number: int) -> Any:
    """Parse rules that alternately have a source."""
    fixed = bytes([2, 0, 32, 0, 254, 0, 0, 1]) + bytes(4)
    made = (
        message(RULE, fixed, [attribute(2, struct.pack(">I", one)), *[attribute(6, numbers(one))] * (one % 2)])
        for one in range(number)
    )
    return netlink_rule.make_parser("inet")(about(), [b"".join(made)])


MIXES = [
    *(
        with_and_without_gateway,
        of_their_own_metric,
        of_their_own_shape,
        some_broken,
        inet6_dump,
        inet_file,
        inet6_file,
    ),
    *(neighbours, neighbours_file, rules),
]


def count(monkeypatch: pytest.MonkeyPatch, parse: Callable[[int], Any], number: int) -> Work:
    """Count the work to parse, and insist that every message or row has become a record or a problem."""
    with counted(monkeypatch) as work:
        found = [one for one in one_by_one(parse(number)) if type(one).__name__ in {"dict", "Problem"}]
    assert len(found) == number
    return work


@pytest.mark.parametrize("parse", MIXES)
def test_twice_the_input_is_twice_the_work(parse: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the messages or rows take about twice the lines of Python and bytes, whatever the mix."""
    once, twice = (count(monkeypatch, parse, number) for number in (500, 1000))
    assert twice.lines < 2.2 * once.lines
    assert twice.size <= 2.2 * once.size
