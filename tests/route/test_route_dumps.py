"""Parser of RTM_GETROUTE dumps: messages to records."""

from __future__ import annotations

import struct
from socket import AF_INET6, inet_aton, inet_pton
from typing import Any

import pytest
from netstat_route import netlink_route
from netstat_route.memo import Memo
from rtnetlink_messages import (
    INET6,
    NEXT_HOP,
    about,
    attribute,
    hop,
    link,
    message,
    next_hop,
    numbers,
    route,
)
from yielded import one_by_one

from netstat_core import UsageError
from netstat_core.plugin import Asked, Problem

ORDERS = ("<", ">")
LINKS = (b"lo", b"v0", b"v1")
DESTINATION, SOURCE, INTERFACE, GATEWAY, PRIORITY, PREFERRED, METRICS, MULTIPATH = 1, 2, 4, 5, 6, 7, 8, 9
REALMS, CACHE_INFO, TABLE, VIA, PREFERENCE, ENCAPSULATION, OBJECT = 11, 12, 15, 18, 20, 21, 30


def four(text: str) -> bytes:
    """Return an IPv4 address as bytes."""
    return inet_aton(text)


def sixteen(text: str) -> bytes:
    """Return an IPv6 address as bytes."""
    return inet_pton(AF_INET6, text)


def parsed(
    *messages: bytes, family: str = "inet", order: str = "<", objects: bytes = b"", **query: object
) -> list[Any]:
    """Return what the parser yields for one datagram, the first trait aside; interfaces are lo, v0 and v1."""
    links = b"".join(link(index, name, order) for index, name in enumerate(LINKS, 1))
    parse = netlink_route.parse_inet if family == "inet" else netlink_route.parse_inet6
    return list(one_by_one(parse(about(order, **query), [b"".join(messages)], [links], [objects])))[1:]


def usual(order: str, destination: str = "10.1.0.0", *further: bytes, **fields: int) -> bytes:
    """Return a route as kernels send them: table, destination, the rest."""
    head = [attribute(TABLE, numbers(fields.get("table", 254), order=order), order)]
    head.append(attribute(DESTINATION, four(destination), order))
    tail = [attribute(GATEWAY, four("10.0.0.1"), order), attribute(INTERFACE, numbers(2, order=order), order)]
    return route(*head, *further, *tail, order=order, **{"length": 16, "protocol": 3, **fields})


@pytest.mark.parametrize("order", ORDERS)
def test_usual_route(order: str) -> None:
    """Table, type, scope, protocol and the rest come out of messages of either byte order."""
    (record,) = parsed(usual(order, "10.1.0.0", attribute(PRIORITY, numbers(77, order=order), order)), order=order)
    assert {name: value for name, value in record.items() if value is not None} == {
        "family": "inet",
        "destination": "10.1.0.0",
        "prefix_length": 16,
        "gateway": "10.0.0.1",
        "interface": "v0",
        "flags": ["gateway", "up"],
        "flags_text": "UG",
        "metric": 77,
        "table": "main",
        "type": "unicast",
        "scope": "global",
        "protocol": "boot",
        "tos": 0,
        "next_hop_flags": [],
    }


def test_routes_that_differ_in_their_destination_only() -> None:
    """A thousand such routes are a thousand different records: who changes one does not change another."""
    texts = [f"10.{number >> 8}.{number & 255}.0" for number in range(1000)]
    records = parsed(*(usual("<", text) for text in texts))
    assert [one["destination"] for one in records] == texts
    records[0]["gateway"] = "changed"
    assert {one["gateway"] for one in records[1:]} == {"10.0.0.1"}


def test_routes_that_differ_in_all_else() -> None:
    """More different routes than are remembered come out right, too."""
    count = 5000
    records = parsed(*(usual("<", "10.1.0.0", attribute(PRIORITY, numbers(metric))) for metric in range(count)))
    assert [one["metric"] for one in records] == list(range(count))
    memo: Memo[int, int] = Memo(abs)
    assert [memo[-number] for number in range(count)] == list(range(count))
    assert len(memo) < count


def test_default_route_without_a_destination() -> None:
    """The default route has no destination attribute; its gateway is not mistaken for one."""
    (record,) = parsed(route(attribute(TABLE, numbers(254)), attribute(GATEWAY, four("10.0.0.1"))))
    assert (record["destination"], record["prefix_length"], record["gateway"]) == ("0.0.0.0", 0, "10.0.0.1")


@pytest.mark.parametrize(
    ("kind", "word", "letters"),
    [(6, "blackhole", "U"), (7, "unreachable", "!"), (8, "prohibit", "!"), (9, "throw", "U"), (99, "unknown(99)", "U")],
)
def test_types(kind: int, word: str, letters: str) -> None:
    """Types have words, and those /proc/net/route shows as reject routes have its exclamation mark."""
    (record,) = parsed(route(attribute(TABLE, numbers(254)), attribute(DESTINATION, four("10.0.0.0")), type=kind))
    assert (record["type"], record["flags_text"], record["interface"]) == (word, letters, None)


@pytest.mark.parametrize(("kind", "scope", "protocol"), [(2, 254, 2), (1, 17, 186), (1, 200, 77)])
def test_words_and_numbers(kind: int, scope: int, protocol: int) -> None:
    """Scopes and protocols have words where they have names, else they are numbers."""
    (record,) = parsed(usual("<", type=kind, scope=scope, protocol=protocol))
    words = {254: "host", 17: "17", 200: "site", 2: "kernel", 186: "bgp", 77: "77"}
    assert (record["scope"], record["protocol"]) == (words[scope], words[protocol])


def test_tables() -> None:
    """Without a table named, the main one is shown as netstat does; a number, a name or all select others."""
    messages = [usual("<", f"10.{number}.0.0", table=table & 255) for number, table in enumerate((254, 255, 100))]
    messages.append(usual("<", "10.9.0.0", type=3))
    found = {
        table: [one["destination"] for one in parsed(*messages, route_table=table)]
        for table in (None, "main", "local", "100", "all")
    }
    assert found[None] == ["10.0.0.0"]
    assert found["main"] == ["10.0.0.0", "10.9.0.0"]
    assert (found["local"], found["100"]) == (["10.1.0.0"], ["10.2.0.0"])
    assert len(found["all"]) == 4


def test_exceptions_are_no_routes() -> None:
    """What old kernels mix into a dump (RTM_F_CLONED) is left out, and alone is in the cache."""
    messages = (usual("<"), usual("<", "10.2.0.0", attribute(METRICS, attribute(2, numbers(1280))), flags=0x200))
    assert [one["destination"] for one in parsed(*messages)] == ["10.1.0.0"]
    dump = [b"".join(messages)]
    (entry,) = list(one_by_one(netlink_route.parse_inet_cache(about(), dump, None, None)))[1:]
    assert isinstance(entry, dict)
    assert (entry["destination"], entry["mtu_bytes"]) == ("10.2.0.0", 1280)


@pytest.mark.parametrize("order", ORDERS)
def test_several_next_hops(order: str) -> None:
    """A multipath route has all its next hops, one of another family among them; the first is its own."""
    hops = hop(attribute(GATEWAY, four("10.0.0.1"), order), index=2, weight=3, order=order)
    via = struct.pack(f"{order}H", INET6) + sixteen("fe80::1")
    hops += hop(
        attribute(VIA, via, order) + attribute(REALMS, numbers(0x30004, order=order), order),
        index=3,
        flags=20,
        order=order,
    )
    dump = route(
        attribute(TABLE, numbers(254, order=order), order),
        attribute(DESTINATION, four("10.1.0.0"), order),
        attribute(MULTIPATH, hops, order),
        order=order,
        length=16,
    )
    first, second = parsed(dump, dump, order=order)
    assert (first["gateway"], first["interface"], first["flags_text"]) == ("10.0.0.1", "v0", "UG")
    assert first["next_hops"] == [
        {"gateway": "10.0.0.1", "interface": "v0", "weight": 3, "flags": [], "encapsulation": None, "realms": None},
        {
            "gateway": "fe80::1",
            "interface": "v1",
            "weight": 1,
            "flags": ["linkdown", "onlink"],
            "encapsulation": None,
            "realms": "3/4",
        },
    ]
    assert second == first


def test_next_hop_objects() -> None:
    """Where the kernel sends only the number of an object, next hops come from the objects: one, a group, none."""
    objects = b"".join(
        [
            next_hop(1, attribute(5, numbers(2)), attribute(6, four("10.0.0.1"))),
            next_hop(2, attribute(5, numbers(3)), attribute(6, sixteen("fe80::2"))),
            next_hop(3, attribute(4, b"")),
            next_hop(9, attribute(2, struct.pack("<IBBHIBBH", 1, 1, 0, 0, 2, 255, 1, 0))),
        ]
    )
    messages = [
        route(
            attribute(TABLE, numbers(254)),
            attribute(DESTINATION, four(f"10.{one}.0.0")),
            attribute(OBJECT, numbers(one)),
        )
        for one in (1, 2, 3, 9, 77)
    ]
    records = parsed(*messages, objects=objects)
    assert [(one["gateway"], one["interface"], one["next_hop_id"]) for one in records] == [
        ("10.0.0.1", "v0", 1),
        ("fe80::2", "v1", 2),
        (None, None, 3),
        ("10.0.0.1", "v0", 9),
        (None, None, 77),
    ]
    assert [(one["gateway"], one["weight"]) for one in records[3]["next_hops"]] == [("10.0.0.1", 2), ("fe80::2", 512)]


@pytest.mark.parametrize("order", ORDERS)
def test_metrics(order: str) -> None:
    """Metrics keep the units of their names, and /proc/net/route's three columns are made from them."""
    values = {1: 0x2004, 2: 1400, 3: 8192, 4: 2404, 5: 200, 8: 1360, 10: 7, 12: 1, 13: 5, 99: 1}
    nested = [attribute(kind, numbers(value, order=order), order) for kind, value in values.items()]
    nested.append(attribute(16, b"cubic\0", order))
    (record,) = parsed(usual(order, "10.1.0.0", attribute(METRICS, b"".join(nested), order)), order=order)
    metrics = {name: value for name, value in record["metrics"].items() if value is not None}
    assert metrics == {
        "mtu_bytes": 1400,
        "window_bytes": 8192,
        "rtt_ms": 300.5,
        "rtt_variance_ms": 50.0,
        "advertised_mss_bytes": 1360,
        "hop_limit": 7,
        "features": ["ecn"],
        "rto_min_ms": 5.0,
        "congestion_control": "cubic",
        "locked": ["mtu_bytes", "rto_min_ms"],
    }
    assert (record["mss_bytes"], record["window_bytes"], record["irtt_ms"]) == (1400, 8192, 300)


INET6_CASES = [
    ({"type": 1, "flags": 4}, "fe80::1", "UGH", ["gateway", "host", "up"]),
    ({"type": 7}, None, "!n", ["no_next_hop", "reject"]),
    ({"type": 2, "protocol": 2}, None, "Un", ["local", "no_next_hop", "up"]),
    ({"type": 2, "protocol": 3}, None, "U", ["local", "up"]),
    ({"type": 4, "protocol": 2}, None, "Un", ["anycast", "no_next_hop", "up"]),
    ({"type": 4, "protocol": 3}, None, "U", ["up"]),
]


@pytest.mark.parametrize(("fields", "gateway", "letters", "words"), INET6_CASES)
def test_inet6_flags(fields: dict[str, int], gateway: str | None, letters: str, words: list[str]) -> None:
    """The flags of IPv6 routes follow from what netlink tells, as /proc/net/ipv6_route has them."""
    attributes = [attribute(TABLE, numbers(254)), attribute(DESTINATION, sixteen("2001:db8::"))]
    if gateway:
        attributes.append(attribute(GATEWAY, sixteen(gateway)))
    (record,) = parsed(route(*attributes, order="<", family=INET6, length=64, **fields), family="inet6")
    assert (record["flags_text"], record["flags"]) == (letters, words)


def test_inet6_route() -> None:
    """Source prefix, preferred source, preference, time left and tunnel of an IPv6 route are told."""
    attributes = [
        attribute(TABLE, numbers(1000)),
        attribute(DESTINATION, sixteen("2001:db8:1::")),
        attribute(SOURCE, sixteen("2001:db8:2::")),
        attribute(PREFERRED, sixteen("2001:db8::1")),
        attribute(CACHE_INFO, numbers(0, 0, 6050, 0, 0, 0, 0, 0)),
        attribute(PREFERENCE, b"\x03"),
        attribute(ENCAPSULATION, struct.pack("<H", 5)),
    ]
    message = route(*attributes, family=INET6, length=48, source_length=40, table=252)
    (record,) = parsed(message, family="inet6")
    assert (record["table"], record["source"], record["preferred_source"]) == ("1000", "2001:db8:2::/40", "2001:db8::1")
    assert (record["expires_seconds"], record["preference"], record["encapsulation"]) == (60.5, "low", "seg6")
    assert (record["flags_text"], record["tos"]) == ("Ue", None)
    assert parsed(message, family="inet6", route_table="main") == []


def test_other_families_and_messages_are_passed_over() -> None:
    """A dump may hold what was not asked for: routes of other families, and messages of other types."""
    assert parsed(route(family=128), message(NEXT_HOP, bytes(12)), usual("<"))[0]["destination"] == "10.1.0.0"
    assert parsed(route(family=INET6)) == []


BROKEN = {
    "cut off": usual("<")[:-3],
    "no length": bytes(16),
    "shorter than a header": b"\x10\0\0\0\x18\0",
    "an address of three bytes": route(attribute(TABLE, numbers(254)), attribute(DESTINATION, b"abc")),
    "a prefix of 33 bits": usual("<", length=33),
    "shorter than a route": message(24, b"\x02"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_broken_messages(broken: str) -> None:
    """A message that is no route is a problem; those before it count, and the next datagram."""
    good = usual("<")
    found = list(one_by_one(netlink_route.parse_inet(about(), [good + BROKEN[broken], good], None, None)))[1:]
    assert [type(one) for one in found] == [dict, Problem, dict]


@pytest.mark.parametrize(
    ("family", "table", "name", "body"),
    [
        ("inet", None, "route/inet-main", "0200000000000000" + "00000000"),
        ("inet", "all", "route/inet-all", None),
        ("inet6", None, "route/inet6-all", None),
        ("inet6", "local", "route/inet6-local", None),
        ("inet", "1000", "route/inet-1000", None),
    ],
)
def test_requests(family: str, table: str | None, name: str, body: str | None) -> None:
    """The kernel is asked, in strict mode, for the table that is shown; a number above 255 is an attribute."""
    dump = netlink_route.request(family, Asked(route_table=table))
    assert (dump.name, dump.strict, dump.type) == (name, True, 26)
    number = {None: 254 if family == "inet" else 0, "all": 0, "local": 255, "1000": 0}[table]
    assert dump.body[4] == number
    assert dump.body[12:] == (struct.pack("=HHI", 8, TABLE, 1000) if table == "1000" else b"")
    assert body is None or len(dump.body) == 12


@pytest.mark.parametrize("table", ["", "nope", "0", "-1", "4294967296", "٣"])
def test_no_such_table(table: str) -> None:
    """What names no table is refused as a mistake of the caller."""
    with pytest.raises(UsageError, match="routing table"):
        netlink_route.request("inet", Asked(route_table=table))
