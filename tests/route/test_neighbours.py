"""Parsers of neighbours: RTM_GETNEIGH dumps and /proc/net/arp."""

from __future__ import annotations

from socket import AF_INET6, inet_aton, inet_pton
from typing import Any

import pytest
from netstat_route import netlink_neighbour, proc_arp
from rtnetlink_messages import INET, INET6, about, attribute, link, neighbour, numbers
from trees import Trees
from yielded import one_by_one

from netstat_core.plugin import Asked, Gap, NetlinkDump, Problem

HARDWARE = bytes.fromhex("020000000009")


def parsed(*messages: bytes, proxies: bytes = b"", order: str = "<", **query: object) -> list[Any]:
    """Return what the parser yields for a datagram of entries and one of proxies."""
    links = link(2, b"v0", order)
    return list(one_by_one(netlink_neighbour.parse(about(order, **query), [b"".join(messages)], [proxies], [links])))


@pytest.mark.parametrize("order", "<>")
def test_entry(order: str) -> None:
    """State, flags, times in seconds and the rest come out of messages of either byte order."""
    attributes = [
        attribute(1, inet_aton("10.0.0.9"), order),
        attribute(2, HARDWARE, order),
        attribute(3, numbers(250, 100, 50, 1, order=order), order),
        attribute(4, numbers(3, order=order), order),
        attribute(12, b"\x04", order),
        attribute(15, numbers(1, order=order), order),
    ]
    (record,) = parsed(neighbour(*attributes, family=INET, index=2, state=4, flags=0x90, order=order), order=order)
    assert record == {
        "family": "inet",
        "address": "10.0.0.9",
        "hardware_address": "02:00:00:00:00:09",
        "interface": "v0",
        "state": "stale",
        "flags": ["ext_learned", "managed", "router"],
        "proxy": False,
        "ref_count": 1,
        "probes": 3,
        "confirmed_seconds": 2.5,
        "used_seconds": 1.0,
        "updated_seconds": 0.5,
        "protocol": "static",
    }


def test_proxy() -> None:
    """A proxy has no state and no hardware address, and none of its flags says again that it is one."""
    message = neighbour(attribute(1, inet_pton(AF_INET6, "2001:db8::5")), family=INET6, index=2, flags=8)
    (record,) = parsed(proxies=message)
    assert (record["proxy"], record["state"], record["hardware_address"], record["flags"]) == (True, None, None, [])


def test_families() -> None:
    """Only the families that were asked for are shown, bridges' entries never."""
    both = (
        neighbour(attribute(1, inet_aton("10.0.0.9")), family=INET),
        neighbour(attribute(1, inet_pton(AF_INET6, "2001:db8::5")), family=INET6),
        neighbour(attribute(2, HARDWARE), family=7),
    )
    assert [one["family"] for one in parsed(*both)] == ["inet", "inet6"]
    assert [one["family"] for one in parsed(*both, families=("inet6",))] == ["inet6"]


def test_broken_messages() -> None:
    """What is no neighbour is a problem and costs itself only."""
    good = neighbour(attribute(1, inet_aton("10.0.0.9")), family=INET)
    no_address = neighbour(family=INET)
    assert [type(one) for one in parsed(good, no_address, good, good[:20])] == [dict, dict, Problem, Problem]


def test_dumps_of_families() -> None:
    """A family alone is asked for alone; proxies take a dump of their own."""
    needs = netlink_neighbour.READER.feeds[0].needs(Asked(families=("inet6",)))
    entries, proxies = (need.source for need in needs[:2] if need is not None)
    assert isinstance(entries, NetlinkDump)
    assert isinstance(proxies, NetlinkDump)
    assert (entries.name, proxies.name) == ("route/neighbours-inet6", "route/proxies-inet6")
    assert (entries.body[0], entries.body[10], proxies.body[10]) == (INET6, 0, 8)


ARP = b"IP address       HW type     Flags       HW address            Mask     Device\n"


def test_arp_file() -> None:
    """Rows of /proc/net/arp: unresolved, complete, permanent, proxies, and one without a hardware address."""
    rows = [
        b"10.1.1.1         0x1         0x0         86:27:5d:e3:6c:15     *        eth1",
        b"192.168.1.9      0x1         0x2         00:11:22:33:44:66     *        eth0",
        b"192.168.1.1      0x1         0x6         00:11:22:33:44:55     *        eth0",
        b"10.5.5.5         0x1         0xc         00:00:00:00:00:00     *        *",
        b"10.6.6.6         0x300       0x2                               *        tun0",
    ]
    parsed: list[Any] = list(proc_arp.parse(about(families=("inet",)), ARP + b"\n".join(rows) + b"\n"))
    shown = [(one["hardware_address"], one["interface"], one["state"], one["proxy"]) for one in parsed]
    assert shown == [
        (None, "eth1", None, False),
        ("00:11:22:33:44:66", "eth0", None, False),
        ("00:11:22:33:44:55", "eth0", "permanent", False),
        (None, None, None, True),
        (None, "tun0", None, False),
    ]


def test_arp_file_holds_no_inet6() -> None:
    """IPv6 neighbours that were asked for and are in no file are a gap; rows that are none are problems."""
    parsed = list(proc_arp.parse(about(), ARP + b"junk\n10.0.0.300 0x1 0x2 00:11 * v0\n"))
    assert [type(one) for one in parsed] == [Gap, Problem, Problem]


def test_captured(trees: Trees) -> None:
    """The ARP table of a captured machine reads without a problem."""
    content = (trees["captures/routes-a-6.1"] / "proc/net/arp").read_bytes()
    parsed: list[Any] = list(proc_arp.parse(about(families=("inet",)), content))
    assert [one["address"] for one in parsed] == ["10.1.1.1", "192.168.1.1", "192.168.1.9", "10.5.5.5"]
