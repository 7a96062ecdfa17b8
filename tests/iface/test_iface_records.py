"""Records from rtnetlink: VLANs, bonds, names, addresses and counters as kernels send them."""

from __future__ import annotations

import struct
from socket import AF_INET, AF_INET6, inet_aton, inet_pton

import link_messages as lm
import pytest
from netstat_iface import netlink_address
from netstat_iface.readers import READERS
from netstat_iface.record import FLAGS, STATISTICS

from netstat_core.host.checker import Checker
from netstat_core.plugin import Asked, NetlinkDump, Problem, Style

(READER,) = READERS
ETH0, BOND0 = lm.link(b"eth0", index=2), lm.link(b"bond0", index=3)


def info(kind: bytes, *data: bytes, port: bytes | None = None, order: str = "=") -> bytes:
    """Return IFLA_LINKINFO."""
    inner = lm.text(1, kind, order) + lm.attribute(2, b"".join(data), order)
    return lm.attribute(lm.INFO, inner + (lm.text(4, port, order) if port else b""), order)


@pytest.mark.parametrize("order", ["<", ">"])
def test_vlan(order: str) -> None:
    """A vlan interface tells its id, the tag's protocol and the interface below, whatever the byte order."""
    tag = (lm.number(1, 100, order, "H"), lm.attribute(5, b"\x88\xa8", order))
    vlan = lm.link(b"eth0.100", info(b"vlan", *tag, order=order), lm.number(lm.LINK, 2, order), index=9, order=order)
    eth0 = lm.link(b"eth0", index=2, order=order)
    record, _ = lm.records([vlan, eth0], order=order)
    assert (record["link_kind"], record["vlan_id"], record["vlan_protocol"]) == ("vlan", 100, "802.1ad")
    assert (record["link"], record["link_index"], record["link_namespace_id"]) == ("eth0", 2, None)


def test_bond_and_port() -> None:
    """A bond tells its mode, a port its bond and what kind of master that is."""
    bond = lm.link(b"bond0", info(b"bond", lm.number(1, 4, form="B")), index=3)
    port = lm.link(b"eth0", info(b"dummy", port=b"bond"), lm.number(lm.MASTER, 3), index=2)
    first, second = lm.records([bond, port])
    assert (first["name"], first["link_kind"], first["bond_mode"]) == ("bond0", "bond", "802.3ad")
    assert (second["master"], second["master_kind"], second["link_kind"]) == ("bond0", "bond", "dummy")


def test_link_in_another_namespace() -> None:
    """The other end of a veth pair in another namespace is told by number only, even where that number is taken."""
    veth = lm.link(b"eth1", lm.number(lm.LINK, 2), lm.number(lm.NAMESPACE, 0xFFFFFFFF), index=7)
    _, record = lm.records([ETH0, veth])
    assert (record["link"], record["link_index"], record["link_namespace_id"]) == (None, 2, -1)


def test_names() -> None:
    """Alternative names and the description are told; undecodable bytes of either are escaped."""
    names = lm.attribute(lm.PROPERTIES, lm.text(lm.ALTERNATIVE, b"enp1s0\xff") + lm.text(lm.ALTERNATIVE, b"b"))
    (record,) = lm.records([lm.link(b"eth0", names, lm.text(lm.DESCRIPTION, b"up\\link"))])
    assert record["alternative_names"] == ["enp1s0\\xff", "b"]
    assert record["description"] == "up\\\\link"


HARDWARE = [
    (1, "02005e000001", "ether", "02:00:5e:00:00:01"),
    (3, "9c608682989802", "ax25", "N0CALL-1"),
    (0, "ae6282ae404018", "netrom", "W1AW-12"),
    (0, "00000000000000", "netrom", None),
    (3, "ffffffffffffff", "ax25", "ff:ff:ff:ff:ff:ff:ff"),
    (270, "2080175524", "rose", "2080175524"),
    (778, "c0a80002", "gre", "192.168.0.2"),
    (823, "fd000000000000000000000000000001", "ip6gre", "fd00::1"),
    (32, "80" + "01" * 19, "infiniband", "80:" + ":".join(["01"] * 19)),
    (65534, "", "none", None),
    (9999, "0102", "unknown(9999)", "01:02"),
]


@pytest.mark.parametrize(("number", "raw", "kind", "address"), HARDWARE)
def test_hardware(number: int, raw: str, kind: str, address: str | None) -> None:
    """Link layers have iproute2's words; addresses are callsigns, digits, IP addresses or bytes by their kind."""
    attributes = (lm.attribute(which, bytes.fromhex(raw)) for which in (lm.ADDRESS, lm.BROADCAST))
    (record,) = lm.records([lm.link(b"x", *attributes, kind=number)])
    assert (record["hardware_type"], record["hardware_address"]) == (kind, address)
    assert record["hardware_broadcast"] == address


def test_flags() -> None:
    """Each bit has its word, those beyond the known ones a number; the list is sorted."""
    (record,) = lm.records([lm.link(b"x", flags=(1 << len(FLAGS)) - 1)])
    assert record["flags"] == sorted(FLAGS)
    (record,) = lm.records([lm.link(b"x", flags=1 << 25 | 1)])
    assert record["flags"] == ["bit_25", "up"]


@pytest.mark.parametrize("count", [23, 24, 25])
def test_counters_of_old_and_new_kernels(count: int) -> None:
    """Counters that a kernel does not have yet are null, the others have their names."""
    values = [2**40 + place for place in range(count)]
    (record,) = lm.records([lm.link(b"x", lm.attribute(lm.STATS64, struct.pack(f"={count}Q", *values)))])
    assert [record[name] for name in STATISTICS] == values + [None] * (25 - count)
    assert record["rx_dropped_total"] == record["rx_dropped"] + record["rx_missed_errors"]


def test_32_bit_counters_where_there_are_no_others() -> None:
    """A kernel before 2.6.35 sends 32-bit counters only."""
    (record,) = lm.records([lm.link(b"x", lm.attribute(lm.STATS, struct.pack("=23I", *range(23))))])
    assert [record[name] for name in STATISTICS[:23]] == list(range(23))


def test_addresses() -> None:
    """Own address, other end, broadcast address, label, scope and flags are told apart; other families are not told."""
    addresses = [
        lm.address(2, AF_INET, 32, lm.attribute(1, inet_aton("10.9.0.2")), lm.attribute(2, inet_aton("10.9.0.1"))),
        lm.address(2, AF_INET6, 64, lm.attribute(1, inet_pton(AF_INET6, "fe80::1")), lm.number(8, 0x2C0), scope=253),
        lm.address(
            *(2, AF_INET, 8),
            *(lm.attribute(2, inet_aton("10.0.0.1")), lm.attribute(4, inet_aton("10.255.255.255"))),
            *(lm.text(3, b"eth0:1"), lm.number(8, 0x1)),
            scope=77,
        ),
        lm.address(2, 45, 8, lm.attribute(2, b"\x01")),
        lm.address(99, AF_INET, 8, lm.attribute(2, inet_aton("10.0.0.9"))),
    ]
    (record,) = lm.records([ETH0], addresses)
    peer, inet6, alias = record["addresses"]
    assert (peer["address"], peer["peer_address"], peer["broadcast_address"]) == ("10.9.0.1", "10.9.0.2", None)
    assert (peer["scope"], peer["label"], peer["flags"]) == ("global", None, [])
    assert (inet6["family"], inet6["scope"]) == ("inet6", "link")
    assert inet6["flags"] == ["noprefixroute", "permanent", "tentative"]
    assert (alias["label"], alias["broadcast_address"]) == ("eth0:1", "10.255.255.255")
    assert (alias["scope"], alias["flags"]) == ("unknown(77)", ["secondary"])


def test_messages_cut_off() -> None:
    """What is cut off is a problem; messages before it and in other datagrams are read."""
    pieces = lm.read([ETH0 + BOND0[:30], lm.link(b"lo", index=1), b"\x01"], [b"\x14\0\0\0\x14\0"])
    assert [one["name"] for one in pieces if isinstance(one, dict)] == ["eth0", "lo"]
    assert [one.source for one in pieces if isinstance(one, Problem)] == ["route/links"] * 2 + ["route/addresses"]


def test_a_bad_address_costs_itself_only() -> None:
    """An address of the wrong size, or with an impossible prefix, is a problem and the next one is read."""
    bad = [
        lm.address(2, AF_INET, 8, lm.attribute(2, b"\x01\x02")),
        lm.address(2, AF_INET, 33, lm.attribute(2, b"\x01" * 4)),
    ]
    good = lm.address(2, AF_INET, 8, lm.attribute(2, inet_aton("10.0.0.1")))
    pieces = lm.read([ETH0], [*bad, good])
    assert sum(isinstance(one, Problem) for one in pieces) == 2
    assert [one["addresses"][0]["address"] for one in pieces if isinstance(one, dict)] == ["10.0.0.1"]


def test_numbers_of_absurd_size() -> None:
    """A number longer than any the kernel has is none, and names made of thousands of digits can be sorted."""
    (record, other) = lm.records([lm.link(b"9" * 6000, lm.attribute(lm.MTU, b"\xff" * 2000)), lm.link(b"9" * 6001)])
    assert record["mtu"] is None
    assert len(other["name"]) == 6001
    assert len(lm.shown([lm.link(b"x:" + b"9" * 6000)])) > 6000


def test_dumps_are_read_again_when_interrupted() -> None:
    """Links and addresses are restartable dumps; virtual functions and protocol counters are not asked for."""
    needs = READER.feeds[0].needs(Asked())
    dumps = [need.source for need in needs if need and isinstance(need.source, NetlinkDump)]
    assert [(one.type, one.restart) for one in dumps] == [(18, True), (22, True)]
    assert struct.unpack("=HHI", dumps[0].body[16:]) == (8, 29, 8)


def test_text_asks_for_no_more_than_it_shows() -> None:
    """The table needs IPv4 addresses only, for alias names; blocks need all."""
    shown = Asked(fields=READER.layouts["net-tools"].needs(Style(lm.QUERY)))
    assert netlink_address.request(shown).body[0] == AF_INET
    blocks = READER.layouts["net-tools"].needs(Style(lm.QUERY, extend=1))
    assert netlink_address.request(Asked(fields=blocks)).body[0] == 0
    assert netlink_address.request(Asked()).body[0] == 0


def test_asking_by_name() -> None:
    """Interfaces are found by name, alternative name and alias; each unknown name is told once, behind the others."""
    names = lm.attribute(lm.PROPERTIES, lm.text(lm.ALTERNATIVE, b"uplink"))
    links = [lm.link(b"lo", index=1), lm.link(b"eth0", names), BOND0]
    owned = [lm.address(3, AF_INET, 8, lm.attribute(2, inet_aton("10.0.0.1")), lm.text(3, b"bond0:1"))]
    for asked, found, absent in (
        (("eth0",), ["eth0"], []),
        (("uplink", "bond0:1"), ["eth0", "bond0"], []),
        (("no\udcff", "lo", "eth0:1", "lo"), ["lo"], ["eth0:1", "no\\xff"]),
    ):
        pieces = lm.read(links, owned, query=lm.QUERY._replace(interfaces=asked))
        assert [one["name"] for one in pieces if isinstance(one, dict)] == found
        assert lm.absent(pieces) == absent


def test_records_match_their_schema() -> None:
    """Records with everything in them, and with next to nothing, are what the kind's schema says."""
    rich = lm.link(
        b"eth0.7",
        *(lm.number(kind, 1) for kind in (lm.LINK, lm.MASTER, lm.QUEUE, lm.MTU)),
        *(lm.counters(*range(25)), lm.number(lm.STATE, 9, form="B"), info(b"vlan", lm.number(1, 7, form="H"))),
        *(lm.attribute(lm.MAP, bytes([1]) * 32), lm.attribute(lm.ADDRESS, b"\x02" * 6)),
    )
    owned = [lm.address(2, AF_INET, 8, lm.attribute(2, inet_aton("10.0.0.1")), scope=9)]
    found = lm.records([rich, lm.link(b"y", index=4)], owned)
    good, violations = Checker(READER).check(found, "netlink", "iface")
    assert (len(good), violations) == (2, [])
    assert good[1]["oper_state"] is None
    assert good[0]["oper_state"] == "unknown(9)"


def test_byte_orders() -> None:
    """Dumps of either byte order give the same records."""
    little, big = (lm.records([lm.link(b"x", lm.counters(5, order=o), order=o)], order=o) for o in "<>")
    assert little == big
    assert little[0]["rx_packets"] == 5
