"""Parsers of interfaces: any bytes are taken, every record matches the schema and is shown, and records go round."""

from __future__ import annotations

import struct
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Any

import link_messages as lm
from hypothesis import given
from hypothesis import strategies as st
from netstat_iface import netlink_link, proc_dev, proc_if_inet6, sys_class_net
from netstat_iface.net_tools import format_row
from netstat_iface.net_tools_details import format_block
from netstat_iface.proc_if_inet6 import IF_INET6
from netstat_iface.readers import READERS
from netstat_iface.record import FLAGS, STATISTICS, to_flag_words, to_flags_number
from yielded import one_by_one

from netstat_core.host.checker import Checker
from netstat_core.plugin import About, Gap, Problem, Trait, escape
from netstat_core.report.selection import asked_of

(READER,) = READERS
CHECKER = Checker(READER)

NAMES = st.binary(min_size=1, max_size=15).filter(lambda raw: not set(raw) & set(b"/:\0 \t\n\v\f\r"))
COUNTERS = st.integers(0, 2**64 - 1)
SCRAPS = [
    *(b"Inter-|\n", b" face |bytes compressed\n", b" face |bytes\n", b"  eth0: ", b":", b" 1 2 3", b"\n", b"-5 "),
    *(b"0 " * 16, b"9" * 30, b"fe80" + b"0" * 28, b" 02 40 20 80 ", b"eth0", b"No statistics available."),
    *(b"\neth0 | 5000 | x\n", b"7    eth0 ", b"0x1003", b"ff:" * 5, b"\xff", b"up", b"01020304", b"-1"),
]
CONTENT = st.lists(st.one_of(st.sampled_from(SCRAPS), st.binary(max_size=8)), max_size=14).map(b"".join)
ATTRIBUTES = st.builds(
    lm.attribute,
    st.one_of(st.sampled_from([1, 2, 3, 4, 5, 7, 10, 13, 14, 16, 18, 20, 23, 37, 52]), st.integers(0, 0xFFFF)),
    st.one_of(st.binary(max_size=40), st.binary(min_size=20, max_size=30).map(lambda raw: lm.text(1, b"vlan") + raw)),
)
DATA = st.one_of(st.binary(max_size=20), st.integers(0, 0xFFFF).map(lambda number: lm.number(1, number, form="H")))
INFO = st.builds(
    lambda kind, raw: lm.attribute(lm.INFO, lm.text(1, kind) + lm.attribute(2, raw)),
    st.sampled_from([b"vlan", b"bond"]),
    DATA,
)
LINKS = st.builds(
    lambda name, found, kind, index, flags: lm.link(name, *found, kind=kind, index=index, flags=flags),
    NAMES,
    st.lists(st.one_of(ATTRIBUTES, INFO), max_size=6),
    st.sampled_from([0, 1, 3, 270, 772, 776, 778, 769, 9999]),
    st.integers(-1, 9),
    st.integers(0, 2**32 - 1),
)
OWNED = st.builds(
    lambda family, prefix, index, found: lm.address(index, family, prefix, *found),
    st.sampled_from([AF_INET, AF_INET6, 5]),
    st.integers(0, 255),
    st.integers(1, 9),
    st.lists(st.builds(lm.attribute, st.integers(0, 9), st.binary(max_size=17)), max_size=4),
)


def check(parsed: Any) -> None:
    """Hold pieces against the schema, and show them in every form: whole lines that a terminal may show."""
    pieces = [*one_by_one(parsed)]
    records = [one for one in pieces if isinstance(one, dict)]
    assert all(isinstance(one, (dict, Problem, Gap, Trait)) for one in pieces)
    good, violations = CHECKER.check(records, "any", "iface")
    assert violations == []
    for record in good:
        for text, end in (
            (format_row(record, None), "\n"),
            *((format_block(record, alias), "\n\n") for alias in (None, "x:1")),
        ):
            assert text.endswith(end)
            assert [line for line in text.removesuffix(end).split("\n") if not (line and line.isprintable())] == []


def cut(datagram: bytes, place: int) -> bytes:
    """Return a datagram without its end."""
    return datagram[: place % (len(datagram) + 1)]


@given(
    st.lists(st.one_of(LINKS, st.binary(max_size=60)), max_size=4),
    st.lists(st.one_of(OWNED, st.binary(max_size=60)), max_size=4),
    st.integers(0, 9999),
    CONTENT,
)
def test_any_datagrams(links_: list[bytes], owned: list[bytes], place: int, if_inet6: bytes) -> None:
    """Whatever a dump holds, whole or cut off, gives records that match the schema, and problems."""
    check(netlink_link.parse(About(asked_of(lm.QUERY)), links_, owned, if_inet6))
    about = About(asked_of(lm.QUERY), byte_order="big" if place % 5 == 0 else "little")
    check(netlink_link.parse(about, [cut(b"".join(links_), place)], [cut(b"".join(owned), place)], None))


@given(
    CONTENT,
    CONTENT,
    CONTENT,
    CONTENT,
    st.lists(CONTENT, min_size=len(sys_class_net.ATTRIBUTES), max_size=len(sys_class_net.ATTRIBUTES)),
)
def test_any_files(dev: bytes, if_inet6: bytes, dev_mcast: bytes, vlans: bytes, attributes: list[bytes]) -> None:
    """Whatever is in the files, records match the schema."""
    dev = b"Inter-|\n face |packets colls carrier\neth0: " + b"0 " * 11 + b"\n" + dev
    names = [one["name"] for one in proc_dev.parse_dev(dev) if isinstance(one, dict)]
    folders = [
        {f"/sys/class/net/{name}/{which}": text for name in names if "/" not in name}
        for which, text in zip(sys_class_net.ATTRIBUTES, attributes, strict=True)
    ]
    statistics = {"/sys/class/net/eth0/statistics/rx_dropped": attributes[0]}
    contents = {
        **dict(zip(sys_class_net.ATTRIBUTES, folders, strict=True)),
        proc_dev.DEV: dev,
        IF_INET6: if_inet6,
        proc_dev.DEV_MCAST: dev_mcast,
        proc_dev.VLANS: vlans,
        proc_dev.PARTS: statistics,
    }
    check(proc_dev.parse(About(asked_of(lm.QUERY)), contents))


@given(NAMES, st.lists(COUNTERS, min_size=16, max_size=16))
def test_rows_go_round(name: bytes, numbers: list[int]) -> None:
    """A row as the kernel prints it gives the name and counters it was printed from."""
    columns = proc_dev.COLUMNS[b"compressed"]
    row = b"%6s: %s\n" % (name, b" ".join(b"%8d" % number for number in numbers))
    (record,) = proc_dev.parse_dev(b"Inter-|\n face |bytes colls carrier compressed\n" + row)
    assert isinstance(record, dict)
    assert record["name"] == escape(name)
    assert [record[column] for column in columns] == numbers


@given(
    st.binary(min_size=16, max_size=16),
    st.integers(1, 4000),
    st.integers(0, 128),
    st.sampled_from([0, 16, 32, 64, 112, 128]),
    st.integers(0, 255),
    NAMES,
)
def test_if_inet6_goes_round(  # noqa: PLR0913, PLR0917 - the columns of a line
    raw: bytes, index: int, prefix: int, scope: int, flags: int, name: bytes
) -> None:
    """A line of if_inet6 as the kernel prints it gives back everything, the scope's number included."""
    line = b"%s %02x %02x %02x %02x %8s\n" % (raw.hex().encode(), index, prefix, scope, flags, name)
    (found,) = proc_if_inet6.parse(line)
    assert not isinstance(found, Problem)
    number, shown, address = found
    assert (number, shown, address["prefix_length"]) == (index, escape(name), prefix)
    assert address["address"] == inet_ntop(AF_INET6, raw)
    assert proc_if_inet6.to_scope_bits(address["address"], address["scope"]) == scope


@given(
    NAMES,
    st.lists(COUNTERS, min_size=25, max_size=25),
    st.integers(0, 2**32 - 1),
    st.integers(1, 2**31 - 1),
    st.sampled_from("<>"),
)
def test_links_go_round(name: bytes, numbers: list[int], flags: int, index: int, order: str) -> None:
    """A link message gives the name, number, flags and counters it was made from, in either byte order."""
    statistics = lm.attribute(lm.STATS64, struct.pack(f"{order}25Q", *numbers), order)
    (record,) = lm.records([lm.link(name, statistics, index=index, flags=flags, order=order)], order=order)
    assert (record["name"], record["index"]) == (escape(name), index)
    assert to_flags_number(record["flags"]) == flags
    assert [record[counter] for counter in STATISTICS] == numbers


@given(st.integers(0, 2**40))
def test_flags_go_round(number: int) -> None:
    """Words of flags give back their number, however many bits it has."""
    assert to_flags_number(to_flag_words(number)) == number
    assert set(to_flag_words(number & 0x7FFFF)) <= set(FLAGS)
