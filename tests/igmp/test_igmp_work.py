"""The work for multicast sources is linear in their size, however shapes alternate in a datagram or file."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest
from counted_work import Work, counted
from netstat_igmp import netlink_ipmr_link, netlink_ipmr_route, proc_igmp, proc_igmp6, proc_ip_mr_cache

from netstat_core.plugin import About

IPMR = 128


def attribute(kind: int, payload: bytes) -> bytes:
    """Return a netlink attribute, padded to four bytes."""
    return struct.pack("<HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def message(kind: int, fixed: bytes, *attributes: bytes) -> bytes:
    """Return a netlink message."""
    body = fixed + b"".join(attributes)
    return struct.pack("<IHHII", 16 + len(body), kind, 2, 1, 1) + body


def routes(number: int) -> Any:
    """Parse multicast routes that alternately have counters, and one to three next hops."""
    made = (
        message(
            24,
            bytes([IPMR]) + bytes(11),
            attribute(15, struct.pack("<I", 253)),
            attribute(1, struct.pack(">I", 0xE0000000 + one)),
            attribute(2, struct.pack(">I", one)),
            attribute(9, struct.pack("<HxBi", 8, 1, 2) * (one % 3 + 1)),
            *[attribute(17, bytes(24))] * (one % 2),
        )
        for one in range(number)
    )
    return netlink_ipmr_route.make_parser("inet")(About(), [b"".join(made)], None)


def vifs(number: int) -> Any:
    """Parse tables of one vif each."""
    numbers = b"".join(attribute(kind, bytes(4)) for kind in range(1, 8))
    whole = attribute(1, numbers + attribute(8, bytes(4)) + attribute(9, bytes(4)))
    made = (message(16, bytes([IPMR]) + bytes(15), attribute(26, attribute(6, whole))) for _ in range(number))
    return netlink_ipmr_link.parse(About(), [b"".join(made)], None)


def groups(number: int) -> Any:
    """Parse groups of many interfaces, with a source filter each."""
    lines = (
        b"%d\tv%d : 1 V3\n" % (one // 5 + 1, one // 5) * (one % 5 == 0) + b"\t\t\t\t%08X 1 0:0 0\n" % (one + 1)
        for one in range(number)
    )
    filters = (b"%d v%d 0x%08x 0x0a000001 1 0\n" % (one // 5 + 1, one // 5, one + 1) for one in range(number))
    content = b"Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n" + b"".join(lines)
    return proc_igmp.parse(About(), content, b"Idx Device MCA SRC INC EXC\n" + b"".join(filters))


def groups6(number: int) -> Any:
    """Parse IPv6 groups, every ninth row of which is broken."""
    rows = (b"2 v0 %032x 1 0000000C 0\n" % (0xFF02 << 112 | one) if one % 9 else b"junk\n" for one in range(number))
    return proc_igmp6.parse(About(), b"".join(rows), None)


def cache(number: int) -> Any:
    """Parse rows of the forwarding cache with one to three outgoing interfaces."""
    rows = (b"%08X %08X 0 1 2 3%s\n" % (0xEF, one, b"  1:3" * (one % 3 + 1)) for one in range(number))
    return proc_ip_mr_cache.make_parser("inet")(
        About(), b"Group    Origin   Iif     Pkts    Bytes    Wrong Oifs\n" + b"".join(rows), None
    )


def count(monkeypatch: pytest.MonkeyPatch, parse: Callable[[int], Any], number: int) -> Work:
    """Count the work to parse, and insist that every message or row has become a record or a problem."""
    with counted(monkeypatch) as work:
        found = [one for one in parse(number) if type(one).__name__ in {"dict", "Problem"}]
    assert len(found) == number
    return work


@pytest.mark.parametrize("parse", [routes, vifs, groups, groups6, cache])
def test_twice_the_input_is_twice_the_work(parse: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the messages or rows take about twice the lines of Python, whatever the mix."""
    once, twice = (count(monkeypatch, parse, number) for number in (500, 1000))
    assert twice.lines < 2.2 * once.lines
