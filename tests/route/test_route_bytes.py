"""Any bytes: the parsers of this plugin end, and what a kernel would print for a record reads back."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netstat_route import (
    netlink_neighbour,
    netlink_route,
    proc_arp,
    proc_ipv6_route,
    proc_ndisc,
    proc_route,
    proc_rt_cache,
)
from netstat_route.netlink_neighbour import READER as NEIGHBOURS
from netstat_route.readers import READERS
from rtnetlink_messages import about, attribute, message
from yielded import one_by_one

from netstat_core.host.checker import Checker
from netstat_core.plugin import Batch, Gap, Problem, Style, Trait
from netstat_core.report.names import Names

CHECKERS = {reader.name: Checker(reader) for reader in (*READERS, NEIGHBOURS)}
HEADER = b"\t".join(name.encode() for name in proc_route.COLUMNS) + b"\n"
CACHE_HEADERS = [
    HEADER.replace(b"Mask", b"Source").strip() + b"\t" + "\t".join(form.columns).encode() + b"\n"
    for form in proc_rt_cache.FORMATS.values()
]
ORDERS = st.sampled_from("<>")
WORDS = st.sampled_from(
    [b"v0", b"00000000", b"0101A8C0", b"0003", b"-1", b"ffffffff", b"0" * 32, b"1_0", b"\xff", b"*"]
)
LINES = st.lists(st.lists(WORDS | st.binary(max_size=9), max_size=17).map(b"\t".join), max_size=5).map(b"\n".join)

FILES: dict[str, tuple[Any, list[bytes], str]] = {
    "route": (proc_route.parse, [b"", HEADER], "route-inet"),
    "ipv6_route": (proc_ipv6_route.parse, [b""], "route-inet6"),
    "cached": (proc_ipv6_route.parse_cached, [b""], "route-inet6-cache"),
    "rt_cache": (proc_rt_cache.parse, [b"", *CACHE_HEADERS], "route-inet-cache"),
    "ndisc": (proc_ndisc.parse, [b""], "route-inet6-cache"),
    "arp": (proc_arp.parse, [b"", b"IP address\n"], "neighbours"),
}
DUMPS: dict[str, tuple[Any, int, int, str]] = {
    "inet": (netlink_route.parse_inet, 24, 2, "route-inet"),
    "inet6": (netlink_route.parse_inet6, 24, 10, "route-inet6"),
    "inet cache": (netlink_route.parse_inet_cache, 24, 2, "route-inet-cache"),
    "inet6 cache": (netlink_route.parse_inet6_cache, 24, 10, "route-inet6-cache"),
    "neighbours": (netlink_neighbour.parse, 28, 2, "neighbours"),
}


def require_sound(parsed: Any, reader: str) -> None:
    """Insist that a parser yields nothing but what the host takes, and records that match their schema."""
    found = list(one_by_one(parsed))
    assert {type(one) for one in found} <= {dict, Problem, Gap, Trait}
    records = [one for one in found if isinstance(one, dict)]
    good, violations = CHECKERS[reader].check(records, "feed", "route")
    assert violations == []
    assert len(good) == len(records)


@pytest.mark.parametrize("name", FILES)
@given(order=ORDERS, body=LINES | st.binary(max_size=200), which=st.integers(0, 9))
def test_any_file(name: str, order: str, body: bytes, which: int) -> None:
    """Any file gives records that match the schema, and problems, never an exception."""
    parse, headers, reader = FILES[name]
    require_sound(parse(about(order), headers[which % len(headers)] + body), reader)


PAYLOADS = st.binary(max_size=20) | st.sampled_from([bytes(4), bytes(16), b"\x02\0\0\0", b"\x0a\0" + bytes(16)])


@st.composite
def messages(draw: st.DrawFn, kind: int, family: int, order: str) -> bytes:
    """Draw a message of a type and family, with any numbers and attributes."""
    fixed = bytes([family]) + draw(st.binary(min_size=11, max_size=11))
    if kind == 24:
        fixed = bytes([family, draw(st.integers(0, 140)), 0, *fixed[3:8], 0, draw(st.integers(0, 2)), *fixed[10:]])
    kinds = st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 15, 18, 20, 21, 30]) | st.integers(0, 70)
    attributes = draw(st.lists(st.tuples(kinds, PAYLOADS), max_size=6))
    return message(kind, fixed, [attribute(*one, order) for one in attributes], order)


@pytest.mark.parametrize("name", DUMPS)
@given(data=st.data(), order=ORDERS, junk=st.binary(max_size=40), table=st.sampled_from([None, "all"]))
def test_any_dump(name: str, data: st.DataObject, order: str, junk: bytes, table: str | None) -> None:
    """Any datagrams give records that match the schema, and problems, never an exception."""
    parse, kind, family, reader = DUMPS[name]
    drawn = [data.draw(messages(kind, family, order)) for _ in range(3)]
    contents = [[drawn[0] + drawn[1] + junk, junk, drawn[2]]] + [[junk, drawn[0]]] * 2
    require_sound(parse(about(order, route_table=table), *contents), reader)


NUMBERS = st.integers(0, 0xFFFFFFFF)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=4).filter(
    lambda name: name != "*" and name.isprintable() and not any(one.isspace() for one in name)
)


@given(
    order=ORDERS,
    addresses=st.tuples(NUMBERS, NUMBERS.filter(bool)),
    length=st.integers(0, 32),
    numbers=st.lists(NUMBERS.filter(bool), min_size=6, max_size=6),
    name=NAMES,
)
def test_inet_there_and_back(
    order: str, addresses: tuple[int, int], length: int, numbers: list[int], name: str
) -> None:
    """What a kernel prints for an IPv4 route reads back as that route."""
    byte_order = "little" if order == "<" else "big"
    texts = [str(IPv4Address(number)) for number in addresses]
    mask = (1 << 32) - (1 << 32 - length)
    words = [
        f"{int.from_bytes(number.to_bytes(4, 'big'), byte_order):08X}"  # type: ignore[arg-type]
        for number in (*addresses, mask)
    ]
    ref_count, use_count, metric, *columns = numbers
    line = [name, words[0], words[1], "0003", ref_count, use_count, metric, words[2], *columns]
    content = HEADER + "\t".join(map(str, line)).encode() + b"\n"
    (record,) = [one for one in one_by_one(proc_route.parse(about(order), content)) if isinstance(one, dict)]
    assert [record["destination"], record["gateway"], record["prefix_length"]] == [*texts, length]
    assert [record[field] for field in ("ref_count", "use_count", "metric")] == [ref_count, use_count, metric]
    assert [record[field] for field in ("mss_bytes", "window_bytes", "irtt_ms")] == columns
    assert record["interface"] == name.replace("\\", "\\\\")


@given(address=st.integers(0, (1 << 128) - 1), length=st.integers(0, 128), metric=NUMBERS, flags=NUMBERS, name=NAMES)
def test_inet6_there_and_back(address: int, length: int, metric: int, flags: int, name: str) -> None:
    """What a kernel prints for an IPv6 route reads back as that route, and its text is one line."""
    line = f"{address:032x} {length:02x} {0:032x} 00 {0:032x} {metric:08x} 00000001 00000000 {flags:08x} {name:>8}\n"
    parse = proc_ipv6_route.parse_cached if flags & 0x1000000 else proc_ipv6_route.parse
    (record,) = [one for one in one_by_one(parse(about(), line.encode())) if isinstance(one, dict)]
    assert (IPv6Address(record["destination"]), record["prefix_length"]) == (IPv6Address(address), length)
    assert (record["metric"], record["gateway"]) == (metric, None)
    if parse is proc_ipv6_route.parse:
        layout = READERS[2].layouts["net-tools"]
        query = about().asked
        assert layout.rows(Style(query), Names(), {})(Batch([record])).count("\n") == 1
