"""The work for interfaces is linear in their number, however their attributes alternate in a datagram or file."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import link_messages as lm
import pytest
from counted_work import Work, counted
from netstat_iface import netlink_link, proc_dev, proc_if_inet6, sys_class_net
from yielded import one_by_one

from netstat_core.plugin import About, Asked


def links(number: int) -> Any:
    """Parse links of several lengths, every third of which has a master and every fifth an attribute of its own."""
    made = (
        lm.link(
            b"v%d" % one,
            lm.counters(one),
            *[lm.number(lm.MASTER, 2)] * (one % 3 == 0),
            *[lm.attribute(200 + one, bytes(4))] * (one % 5 == 0),
            index=one + 1,
        )
        for one in range(number)
    )
    return netlink_link.parse(About(Asked()), [b"".join(made)], None, None)


def addresses(number: int) -> Any:
    """Parse links with an IPv4 and an IPv6 address each, the latter in the order of a file."""
    made = b"".join(lm.link(b"v%d" % one, index=one + 1) for one in range(number))
    owned = b"".join(
        lm.address(one + 1, 2, 24, lm.attribute(2, struct.pack(">I", one)), lm.text(3, b"v%d:1" % one))
        + lm.address(one + 1, 10, 64, lm.attribute(1, struct.pack(">QQ", 0xFE80 << 48, one)))
        for one in range(number)
    )
    order = b"".join(
        b"fe80000000000000%016x %02x 40 20 80 v%d\n" % (one, one + 1, one) for one in reversed(range(number))
    )
    return netlink_link.parse(About(Asked()), [made], [owned], order)


def files(number: int) -> Any:
    """Parse /proc/net/dev with indexes and sysfs."""
    names = [f"v{one}" for one in range(number)]
    dev = b"Inter-| Receive | Transmit\n face |bytes packets errs drop fifo frame compressed multicast|"
    dev += b"bytes packets errs drop fifo colls carrier compressed\n"
    dev += b"".join(f"{name}: {'1 ' * 16}\n".encode() for name in names)
    sysfs = dict.fromkeys(sys_class_net.ATTRIBUTES) | {
        "ifindex": {f"/sys/class/net/{name}/ifindex": b"%d\n" % one for one, name in enumerate(names, 1)}
    }
    if_inet6 = b"".join(b"%032x %02x 40 20 80 v%d\n" % (one, one + 1, one) for one in range(number))
    others = dict.fromkeys((proc_dev.DEV_MCAST, proc_dev.VLANS, proc_dev.PARTS))
    contents = {proc_dev.DEV: dev, proc_if_inet6.IF_INET6: if_inet6, **others, **sysfs}
    return proc_dev.parse(About(Asked()), contents)


def count(monkeypatch: pytest.MonkeyPatch, parse: Callable[[int], Any], number: int) -> Work:
    """Count the work to parse, and insist that all interfaces are there."""
    with counted(monkeypatch) as work:
        found = [one for one in one_by_one(parse(number)) if isinstance(one, dict)]
    assert len(found) == number
    return work


@pytest.mark.parametrize("parse", [links, addresses, files])
def test_twice_the_interfaces_are_twice_the_work(parse: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the interfaces take about twice the lines of Python and bytes, whatever they have."""
    once, twice = (count(monkeypatch, parse, number) for number in (500, 1000))
    assert twice.lines < 2.2 * once.lines
    assert twice.size <= 2.2 * once.size
