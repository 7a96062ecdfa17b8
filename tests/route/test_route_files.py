"""Parsers of /proc/net/route, ipv6_route, rt_cache and ndisc: lines to records."""

from __future__ import annotations

from typing import Any

import pytest
from netstat_route import proc_ipv6_route, proc_ndisc, proc_route, proc_rt_cache
from netstat_route.paths import IPV6_ROUTE, ROUTE
from rtnetlink_messages import about
from yielded import one_by_one

from netstat_core.plugin import Gap, Problem

HEADER = b"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT   \n"
DEFAULT = b"v0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t1400\t512\t300   \n"
INET6 = (
    b"20010db8000100000000000000000000 40 20010db8000200000000000000000000 30 fe800000000000000000000000000001 "
    b"00000400 00000003 00000009 08450003       v0\n"
)


def records(parsed: Any) -> list[dict[str, Any]]:
    """Return the records among what a parser yields."""
    return [one for one in one_by_one(parsed) if isinstance(one, dict)]


def of_type(parsed: Any, kind: type) -> list[Any]:
    """Return the problems or gaps among what a parser yields."""
    return [one for one in parsed if isinstance(one, kind)]


def known(record: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a record that are not null."""
    return {name: value for name, value in record.items() if value is not None}


def test_inet_row() -> None:
    """Every column of /proc/net/route is a field, under the name of what it is."""
    (record,) = records(proc_route.parse(about(), HEADER + DEFAULT))
    assert known(record) == {
        "family": "inet",
        "destination": "0.0.0.0",
        "prefix_length": 0,
        "gateway": "192.168.1.1",
        "interface": "v0",
        "flags": ["gateway", "up"],
        "flags_text": "UG",
        "metric": 100,
        "ref_count": 0,
        "use_count": 0,
        "mss_bytes": 1400,
        "window_bytes": 512,
        "irtt_ms": 300,
        "table": "main",
    }


def test_inet6_row() -> None:
    """Every column of /proc/net/ipv6_route is a field; the source prefix and the preference too."""
    (record,) = records(proc_ipv6_route.parse(about(), INET6))
    assert known(record) == {
        "family": "inet6",
        "destination": "2001:db8:1::",
        "prefix_length": 64,
        "gateway": "fe80::1",
        "interface": "v0",
        "flags": ["addrconf", "default", "expires", "gateway", "up"],
        "flags_text": "UGDAe",
        "metric": 1024,
        "ref_count": 3,
        "use_count": 9,
        "source": "2001:db8:2::/48",
        "preference": "high",
    }


def test_big_endian_words() -> None:
    """IPv4 addresses are words of the kernel's byte order: the same digits are another address on s390x."""
    row = b"v0\tC0A80100\tC0A80101\t0003\t0\t0\t0\tFFFFFF00\t0\t0\t0\n"
    (record,) = records(proc_route.parse(about(">"), HEADER + row))
    assert (record["destination"], record["gateway"], record["prefix_length"]) == ("192.168.1.0", "192.168.1.1", 24)


def test_columns_by_name() -> None:
    """Columns are found by their names, unknown ones between them are passed over, and blanks separate as tabs do."""
    header = b"X Iface Destination A Gateway Flags RefCnt Use Metric Mask B MTU Window IRTT Z\n"
    row = b"x v0 00000000 a 0101A8C0 0003 0 0 100 00000000 b 1400 512 300 z\n"
    usual = records(proc_route.parse(about(), HEADER + DEFAULT))
    assert records(proc_route.parse(about(), header + row)) == usual
    assert records(proc_route.parse(about(), HEADER + DEFAULT.replace(b"\t", b"  "))) == usual


@pytest.mark.parametrize("name", proc_route.COLUMNS)
def test_missing_column(name: str) -> None:
    """A column that is missing leaves no row and a problem that names it."""
    parsed = list(one_by_one(proc_route.parse(about(), HEADER.replace(name.encode(), b"X") + DEFAULT)))
    assert [(problem.code, problem.field) for problem in of_type(parsed, Problem)] == [("no_column", name)]
    assert records(parsed) == []


def test_rows_that_are_none() -> None:
    """A bad row costs itself only, and is told with its number; one that is not up is silently left out."""
    bad = (
        b"v0\t0\n",
        b"\n",
        DEFAULT.replace(b"0101A8C0", b"0101A8Cx"),
        DEFAULT.replace(b"00000000\t1400", b"FF00FF00\t1"),
    )
    content = HEADER + DEFAULT + b"".join(bad) + DEFAULT.replace(b"0003", b"0002") + DEFAULT
    parsed = list(one_by_one(proc_route.parse(about(), content)))
    assert len(records(parsed)) == 2
    problems = of_type(parsed, Problem)
    assert [(one.source, one.line) for one in problems] == [(ROUTE, line) for line in (3, 4, 5, 6)]
    assert [one.raw for one in problems] == [line.rstrip(b"\n") for line in bad]


def test_irtt_may_be_missing() -> None:
    """Ten columns are a route, as they are for netstat."""
    (record,) = records(proc_route.parse(about(), HEADER + DEFAULT.rpartition(b"\t")[0] + b"\n"))
    assert (record["window_bytes"], record["irtt_ms"]) == (512, None)


def test_numbers_are_unsigned() -> None:
    """Older kernels print a metric above 2^31 as a negative number; it is the same metric."""
    rows = DEFAULT.replace(b"\t100\t", b"\t-1\t") + DEFAULT.replace(b"\t100\t", b"\t4294967295\t")
    assert [one["metric"] for one in records(proc_route.parse(about(), HEADER + rows))] == [4294967295] * 2


def test_an_interface_of_odd_bytes() -> None:
    """Bytes that are no text are escaped, and a star is no interface."""
    rows = DEFAULT.replace(b"v0", b"v\xff\\") + DEFAULT.replace(b"v0", b"*")
    assert [one["interface"] for one in records(proc_route.parse(about(), HEADER + rows))] == ["v\\xff\\\\", None]


@pytest.mark.parametrize(
    ("table", "rows", "gaps"), [(None, 1, 0), ("main", 1, 0), ("254", 1, 0), ("all", 1, 1), ("local", 0, 1)]
)
def test_inet_file_is_the_main_table(table: str | None, rows: int, gaps: int) -> None:
    """/proc/net/route holds table main: other tables are a gap, not an empty answer."""
    parsed = list(one_by_one(proc_route.parse(about(route_table=table), HEADER + DEFAULT)))
    assert (len(records(parsed)), len(of_type(parsed, Gap))) == (rows, gaps)


@pytest.mark.parametrize(("table", "rows", "gaps"), [(None, 1, 0), ("all", 1, 0), ("main", 0, 1)])
def test_inet6_file_is_all_tables(table: str | None, rows: int, gaps: int) -> None:
    """/proc/net/ipv6_route holds all tables and names none: which routes are in one of them is a gap."""
    parsed = list(one_by_one(proc_ipv6_route.parse(about(route_table=table), INET6)))
    assert (len(records(parsed)), len(of_type(parsed, Gap))) == (rows, gaps)


def test_inet6_rows_that_are_none() -> None:
    """A bad row costs itself only; a row without a device is a route."""
    bad = (
        b"junk\n",
        b"\n",
        INET6.replace(b"20010db8", b"2001zzz8", 1),
        INET6.replace(b" 40 ", b" ff "),
        INET6[:40] + b"\n",
    )
    parsed = list(one_by_one(proc_ipv6_route.parse(about(), INET6.replace(b"v0", b"") + b"".join(bad) + INET6)))
    assert [one["interface"] for one in records(parsed)] == [None, "v0"]
    assert [(one.source, one.line) for one in of_type(parsed, Problem)] == [(IPV6_ROUTE, line) for line in range(2, 7)]


def test_cached_inet6_rows_are_apart() -> None:
    """Rows with the cache bit are in the cache and nowhere else."""
    content = INET6 + INET6.replace(b"08450003", b"01000003")
    assert [one["flags_text"] for one in records(proc_ipv6_route.parse(about(), content))] == ["UGDAe"]
    (cached,) = records(proc_ipv6_route.parse_cached(about(), content))
    assert (cached["flags_text"], cached["source"], cached["use_count"]) == ("UGC", "2001:db8:2::", 9)


CACHE_22 = (
    b"Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT\t"
    b"TOS\tHHRef\tHHUptod\tSpecDst\n"
    b"lo\t0701A8C0\t0701A8C0\t80000000\t0\t4\t0\t08080808\t0\t0\t0\t10\t-1\t0\t0701A8C0\n"
)
CACHE_20 = (
    b"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT\tHH\tARP\n"
    b"eth0\t08080808\t0101A8C0\t07\t1\t23\t0\t0701A8C0\t1500\t0\t150\t1\t1\n"
)


def test_cache_of_later_kernels() -> None:
    """The route cache of Linux 2.2 to 3.5: source, destination, and columns of its own."""
    (record,) = records(proc_rt_cache.parse(about(), CACHE_22))
    shown = {
        name: record[name] for name in ("source", "destination", "tos", "header_ref_count", "specific_destination")
    }
    assert shown == {
        "source": "8.8.8.8",
        "destination": "192.168.1.7",
        "tos": 16,
        "header_ref_count": None,
        "specific_destination": "192.168.1.7",
    }
    assert (record["flags"], record["flags_text"]) == (["local"], "l")


def test_cache_of_the_first_kernels() -> None:
    """The route cache of Linux 2.0, whose flags are those of routes."""
    (record,) = records(proc_rt_cache.parse(about(), CACHE_20))
    assert (record["flags"], record["flags_text"]) == (["gateway", "host", "up"], "UHG")
    assert (record["header_ref_count"], record["header_valid"], record["specific_destination"]) == (1, 1, None)


def test_cache_of_no_known_format() -> None:
    """A header that belongs to no format leaves no rows and one problem; an empty file is an empty cache."""
    parsed = list(proc_rt_cache.parse(about(), CACHE_22.replace(b"SpecDst", b"Other")))
    assert ([one.code for one in of_type(parsed, Problem)], records(parsed)) == (["format"], [])
    assert of_type(proc_rt_cache.parse(about(), b""), Problem) == []


def test_neighbours_in_place_of_the_cache() -> None:
    """/proc/net/ndisc of Linux 2.2 and 2.4: times are in jiffies, of which there were 100 a second."""
    row = b"fe800000000000000000000000000001 00 80 01 02 00000064 00001388 00001f40 005a 0001 0080 eth0 001122334455\n"
    (record,) = records(proc_ndisc.parse(about(), row))
    assert (record["destination"], record["hardware_address"], record["state"]) == (
        "fe80::1",
        "00:11:22:33:44:55",
        "reachable",
    )
    assert (record["stale_seconds"], record["delete_seconds"], record["flags"]) == (30.0, 0.0, ["router"])
