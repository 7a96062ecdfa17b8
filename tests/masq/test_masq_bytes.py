"""Parsers of tracked connections: any bytes are taken, and records go round through every form the kernel has."""

from __future__ import annotations

import struct
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_forms import attribute, connections, message, nest, row
from netstat_masq import netlink_conntrack, proc_ip_masquerade, proc_nf_conntrack
from netstat_masq.readers import READERS

from netstat_core import Query
from netstat_core.host.checker import Checker
from netstat_core.plugin import About, Asked, Batch, Gap, Problem, Trait

LITTLE, BIG = About(Asked()), About(Asked(), byte_order="big")
CHECKER = Checker(READERS[0])
FILES = {
    "nf_conntrack": proc_nf_conntrack.make_parser(proc_nf_conntrack.NF_CONNTRACK),
    "ip_conntrack": proc_nf_conntrack.make_parser(proc_nf_conntrack.IP_CONNTRACK),
    "ip_masquerade": proc_ip_masquerade.parse,
}
SCRAPS = [
    *(b"ipv4     2 tcp      6 431999 ESTABLISHED", b"unknown  2 200", b"src=10.1.0.2", b"dst=fd00::1", b"sport=65536"),
    *(
        b"dport=80",
        b"[UNREPLIED]",
        b"[ASSURED]",
        b"mark=-1",
        b"zone=7",
        b"type=8 code=0 id=1",
        b"id=x",
        b"bytes=1 packets=2",
    ),
    *(b"timeout=30, stream_timeout=180", b"srckey=0x0 dstkey=0x1ffff", b"=", b"src=", b"\n", b"EXPECTING: "),
    *(
        b"Prc FromIP PDelta",
        b"TCP C0A8010A:0401 CB007109:0050 EE49 00000000      0      0   89900",
        b"UDP -1:1 2:3 4 5 6 7",
    ),
]
CONTENT = st.lists(st.one_of(st.sampled_from(SCRAPS), st.binary(max_size=12)), max_size=20).flatmap(
    lambda pieces: st.sampled_from([b"".join(pieces), b" ".join(pieces), b"\n".join(pieces)])
)


def accepted(parsed: Any) -> list[Any]:
    """Return what was parsed, records one by one, after checking them against their schema."""
    pieces = [piece for part in parsed for piece in (part if isinstance(part, Batch) else [part])]
    records = [piece for piece in pieces if isinstance(piece, dict)]
    assert all(isinstance(piece, (dict, Problem, Trait, Gap)) for piece in pieces)
    assert CHECKER.check(records, "netlink", "masq") == (records, [])
    return pieces


@pytest.mark.parametrize("name", FILES)
@given(content=CONTENT)
def test_any_file(name: str, content: bytes) -> None:
    """Whatever a file holds becomes records that match their schema and problems, never an exception."""
    accepted(FILES[name](LITTLE, content))


@given(datagrams=st.lists(st.binary(max_size=300), max_size=3), about=st.sampled_from([LITTLE, BIG]))
def test_any_datagrams(datagrams: list[bytes], about: About) -> None:
    """Whatever a dump holds becomes records and problems, never an exception."""
    accepted(netlink_conntrack.parse(about, datagrams))


@given(records=st.lists(connections(), max_size=5), big=st.booleans())
def test_netlink_goes_round(records: list[dict[str, Any]], big: bool) -> None:  # noqa: FBT001
    """Connections as either kind of machine sends them, several in a datagram, are read as what they were."""
    about, order = (BIG, ">") if big else (LITTLE, "<")
    assert accepted(netlink_conntrack.parse(about, [b"".join(message(one, order) for one in records)])) == records


@given(records=st.lists(connections(), max_size=5))
def test_rows_go_round(records: list[dict[str, Any]]) -> None:
    """Connections as nf_conntrack shows them are read as what they were."""
    assert accepted(FILES["nf_conntrack"](LITTLE, b"".join(map(row, records)))) == records


@given(
    records=st.lists(connections(), min_size=1, max_size=3),
    damages=st.lists(st.tuples(st.integers(20, 400), st.integers(0, 255)), max_size=4),
)
def test_messages_are_read_alike_wherever_they_stand(
    records: list[dict[str, Any]], damages: list[tuple[int, int]]
) -> None:
    """A message means the same alone and among others, damaged or not: what was learnt of one misleads about none.

    Within a datagram, problems follow the connections.
    """
    whole = [message(record) for record in records]
    damaged = [damage(one, damages) for one in whole]
    together = accepted(netlink_conntrack.parse(LITTLE, [*whole, *damaged, *whole]))
    alone = [piece for one in (*whole, *damaged, *whole) for piece in accepted(netlink_conntrack.parse(LITTLE, [one]))]
    assert [piece for piece in together if isinstance(piece, dict)] == [one for one in alone if isinstance(one, dict)]
    assert Counter(map(repr, together)) == Counter(map(repr, alone))


def damage(whole: bytes, changes: list[tuple[int, int]]) -> bytes:
    """Return a message with some bytes behind its header changed."""
    raw = bytearray(whole)
    for place, value in changes:
        if place < len(raw):
            raw[place] = value
    return bytes(raw)


def udp(more: bytes = b"", **fields: Any) -> tuple[dict[str, Any], bytes]:
    """Return a connection and its message, with more bytes at its end."""
    way = {"source_port": 1, "destination_port": 2, "icmp": None, "packets": None, "bytes": None}
    record: dict[str, Any] = {
        "family": "inet",
        "protocol": "udp",
        "state": None,
        "expires_seconds": 1,
        "status": [],
        "nat": "none",
        **dict.fromkeys(("mark", "initial_sequence", "delta", "previous_delta")),
        "zone": 0,
        "original": {**way, "source_address": "10.0.0.1", "destination_address": "10.0.0.2"},
        "reply": {**way, "source_address": "10.0.0.2", "destination_address": "10.0.0.1"},
    }
    whole = message(record) + more
    return {**record, **fields}, struct.pack("<I", len(whole)) + whole[4:]


def test_more_shapes_than_are_kept() -> None:
    """Messages of ever new shapes are all read, however many there are."""
    made = [udp(attribute(100 + count, bytes(4), "<")) for count in range(600)]
    assert accepted(netlink_conntrack.parse(LITTLE, [whole for _, whole in made])) == [record for record, _ in made]


@pytest.mark.parametrize("broken", [bytes(8), b"\xff" * 8, b"\x0c\0\x08\0" + bytes(4)], ids=bytes.hex)
def test_a_broken_attribute_hides_no_whole_one(broken: bytes) -> None:
    """After a message that ends in no attribute, one of the same length that ends in one is read to its end."""
    made = [udp(broken), udp(attribute(8, b"\0\0\0\x05", "<"), mark=5)]
    assert accepted(netlink_conntrack.parse(LITTLE, [whole for _, whole in made])) == [record for record, _ in made]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        attribute(3, bytes(4), "<"),
        nest(1, [nest(1, [attribute(1, bytes(4), "<")], "<")], "<"),
        attribute(1, b"", "<"),
    ],
)
def test_messages_without_addresses_are_problems(body: bytes) -> None:
    """A message that names no connection is a problem with its bytes."""
    whole = struct.pack("<IHHII", 20 + len(body), 0x100, 2, 1, 1) + bytes(4) + body
    (problem,) = netlink_conntrack.parse(LITTLE, [whole])
    assert isinstance(problem, Problem)
    assert problem.raw == whole


def test_unknown_numbers_have_words() -> None:
    """A state beyond those known is UNKNOWN with its number, and a protocol without a name its number."""
    state = nest(4, [nest(1, [attribute(1, b"\x63", "<")], "<")], "<")
    (record,) = accepted(netlink_conntrack.parse(LITTLE, [with_attribute(state, protocol=6)]))
    assert (record["protocol"], record["state"]) == ("tcp", "UNKNOWN(99)")
    (record,) = accepted(netlink_conntrack.parse(LITTLE, [with_attribute(state, protocol=200)]))
    assert (record["protocol"], record["state"]) == ("200", None)


def with_attribute(more: bytes, protocol: int) -> bytes:
    """Return a message of a connection of some protocol, with one attribute more."""
    addresses = nest(1, [attribute(1, bytes(4), "<"), attribute(2, bytes(4), "<")], "<")
    ends = [nest(which, [addresses, nest(2, [attribute(1, bytes([protocol]), "<")], "<")], "<") for which in (1, 2)]
    body = bytes(4) + b"".join(ends) + attribute(3, bytes(4), "<") + more
    return struct.pack("<IHHII", 16 + len(body), 0x100, 2, 1, 1) + body


@pytest.mark.parametrize(
    ("query", "family"), [(Query(), 0), (Query(families=("inet",)), 2), (Query(families=("inet6", "unix")), 10)]
)
def test_the_kernel_selects_a_single_family(query: Query, family: int) -> None:
    """One family alone is asked of the kernel, so that the others are not sent at all."""
    assert netlink_conntrack.make_request(query).body == bytes([family, 0, 0, 0])
