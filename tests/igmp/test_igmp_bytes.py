"""Parsers of multicast sources: any bytes are taken, and records go round."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netstat_igmp import netlink_ipmr_link, netlink_ipmr_route, proc_igmp, proc_igmp6, proc_ip_mr_cache, proc_ip_mr_vif
from netstat_igmp.readers import READERS

from netstat_core import Query, SourceError
from netstat_core.host.checker import Checker
from netstat_core.plugin import About, Gap, Problem, Trait, escape

QUERY = Query(tables=("groups", "multicast_routes"))
LITTLE, BIG = About(), About(byte_order="big")
CHECKERS = {reader.name: Checker(reader) for reader in READERS}

SCRAPS = [
    *(b"Idx\tDevice    : Count", b"Device : Count", b"2\teth0      :     1      V3", b"lo:", b"\t\t\t\t010000E0     1"),
    *(
        b" 1:00000010\t\t0",
        b"-1",
        b"ff020000000000000000000000000001",
        b"99999999999999999999",
        b"0000000C",
        b" 4294967296",
    ),
    *(
        b"  8   eth0 0xe8010101 0xc0000201      1      0",
        b"ff0e:0000:0000:0000:0000:0000:0001:0002 fd00::9 0 1 2 3 1:1",
    ),
    *(
        b"030201EF 0900090A 0          0        0        0  1:3",
        b" 1 v0 0 0 0 0 00008 00000008 00000000",
        b"none",
        b"\n",
    ),
]
CONTENT = st.lists(st.one_of(st.sampled_from(SCRAPS), st.binary(max_size=12)), max_size=20).flatmap(
    lambda pieces: st.sampled_from([b"".join(pieces), b" ".join(pieces), b"\n".join(pieces)])
)
DATAGRAMS = st.lists(st.binary(max_size=200).map(bytearray), max_size=3)
NAMES = st.binary(min_size=1, max_size=15).filter(lambda raw: not set(raw) & set(b"/ \t\n\r\v\f\0"))
COUNTS = st.integers(0, 2**31 - 1)


def parse(reader: str, content: bytes, other: bytes | None, about: About) -> Any:
    """Parse with the files' parser of a reader."""
    parsers: dict[str, Any] = {
        "igmp": proc_igmp.parse,
        "igmp6": proc_igmp6.parse,
        "multicast_vifs": lambda about, content, _: proc_ip_mr_vif.make_parser("inet")(about, content),
        "multicast_vifs6": lambda about, content, _: proc_ip_mr_vif.make_parser("inet6")(about, content),
        "multicast_routes": proc_ip_mr_cache.make_parser("inet"),
        "multicast_routes6": proc_ip_mr_cache.make_parser("inet6"),
    }
    return parsers[reader](about, content, other)


def accepted(reader: str, parsed: Any) -> None:
    """Check that all records match the reader's schema and that nothing else than the contract allows came."""
    pieces = list(parsed)
    records = [piece for piece in pieces if isinstance(piece, dict)]
    assert all(isinstance(piece, (dict, Problem, Trait, Gap)) for piece in pieces)
    assert CHECKERS[reader].check(records, "procfs", "igmp") == (records, [])


@pytest.mark.parametrize("reader", CHECKERS)
@given(content=CONTENT, other=st.none() | CONTENT, about=st.sampled_from([LITTLE, BIG]))
def test_any_file(reader: str, content: bytes, other: bytes | None, about: About) -> None:
    """Whatever a file holds becomes records that match their schema and problems, never an exception."""
    accepted(reader, parse(reader, content, other, about))


@given(datagrams=DATAGRAMS, links=st.none() | DATAGRAMS)
def test_any_datagrams(datagrams: list[bytes], links: list[bytes] | None) -> None:
    """Whatever a dump holds becomes records and problems; only an answer about other families is refused."""
    for reader, read in (
        ("multicast_vifs", netlink_ipmr_link.parse),
        ("multicast_routes", netlink_ipmr_route.make_parser("inet")),
    ):
        with suppress(SourceError):
            accepted(reader, read(LITTLE, datagrams, links))


@given(name=NAMES, group=st.binary(min_size=4, max_size=4), users=COUNTS, ticks=COUNTS, reporter=st.booleans())
def test_igmp_goes_round(name: bytes, group: bytes, users: int, ticks: int, reporter: bool) -> None:  # noqa: FBT001
    """A membership that the kernel prints is read as what it was."""
    content = b"Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n3\t%-10s: %5d %7s\n" % (name, 1, b"V2")
    content += b"\t\t\t\t%s %5d 1:%08X\t\t%d\n" % (group[::-1].hex().upper().encode(), users, ticks, reporter)
    (found,) = proc_igmp.parse(LITTLE, content, None)
    assert found == {
        "family": "inet",
        "interface": escape(name),
        "interface_index": 3,
        "group": socket.inet_ntoa(group),
        "users": users,
        "querier": "V2",
        "reporter": reporter,
        "timer_seconds": ticks / 100,
        "flags": None,
        "source_filter": None,
    }


@given(name=NAMES, group=st.binary(min_size=16, max_size=16), source=st.binary(min_size=16, max_size=16), users=COUNTS)
def test_igmp6_goes_round(name: bytes, group: bytes, source: bytes, users: int) -> None:
    """A membership that the kernel prints, and its source filter, are read as what they were."""
    row = b"%-4d %-15s %s %5d %08X %d\n" % (7, name, group.hex().encode(), users, 5, 100)
    rule = b"%3d %6s %s %s %6d %6d\n" % (7, name[:6], group.hex().encode(), source.hex().encode(), 2, 1)
    (found,) = proc_igmp6.parse(LITTLE, row, b"Idx Device Multicast Address Source Address INC EXC\n" + rule)
    text = socket.inet_ntop(socket.AF_INET6, source)
    assert found == {
        "family": "inet6",
        "interface": escape(name),
        "interface_index": 7,
        "users": users,
        "querier": None,
        "group": socket.inet_ntop(socket.AF_INET6, group),
        "reporter": False,
        "timer_seconds": 1.0,
        "flags": ["loaded", "timer_running"],
        "source_filter": [{"address": text, "included_by": 2, "excluded_by": 1}],
    }
