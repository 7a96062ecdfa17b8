"""Filters of routes: each matches what it says by other arithmetic, and with its complement it splits the table."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetstat import show
from sol_machine import PACKED

from netstat_core.dialects.solaris.route_filters import LETTERS, Filter, Mistake, Row, make_rule, parse_filter

INDEXES = {"lo": 1, "eth0": 2, "eth1": 5, "eth0:1": 7, "eth01": 8}
ADDRESSES = st.one_of(
    st.builds(IPv4Address, st.integers(0, (1 << 32) - 1)),
    st.builds(IPv6Address, st.integers(0, (1 << 128) - 1)),
    st.sampled_from([IPv4Address("10.1.2.3"), IPv4Address(0), IPv6Address(0), IPv6Address("2001:db8::1")]),
)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """Draw a row of the routing table."""
    address = draw(ADDRESSES)
    length = draw(st.integers(0, address.max_prefixlen))
    network = ip_network((address, length), strict=False).network_address
    family = "inet" if address.version == 4 else "inet6"
    interface = draw(st.sampled_from([None, *INDEXES]))
    letters = "".join(draw(st.lists(st.sampled_from(sorted({*LETTERS, "R"} - {"U"})), unique=True)))
    return Row(family, network, length, interface, f"U{letters}")


def matches(row: Row, *arguments: str) -> bool:
    """Return whether a row is shown with these filters."""
    return make_rule([*map(parse_filter, arguments)], INDEXES)(row)


@given(rows(), st.lists(st.sampled_from(sorted(LETTERS)), min_size=1))
def test_letters(row: Row, letters: list[str]) -> None:
    """``+`` wants all letters, ``-`` none of them, no sign these and no others; R is no letter of filters."""
    text, own = "".join(letters), {*row.letters}
    assert matches(row, f"flags:+{text}") is all(letter in own for letter in letters)
    assert matches(row, f"flags:-{text}") is all(letter not in own for letter in letters)
    assert matches(row, f"flags:{text}") is ({*letters} == own - {"R"})
    assert matches(row, f"flags:+{letters[0]}") is not matches(row, f"flags:-{letters[0]}")
    one_by_one = [f"flags:-{letter}" for letter in letters]
    assert matches(row, *one_by_one) is not matches(row, f"flags:+{text}")


@given(rows())
def test_words(row: Row) -> None:
    """``any`` and ``none`` are complements; no route has an incoming interface or a source."""
    for key in ("dst", "outif", "inif", "src"):
        assert matches(row, f"{key}:any") is not matches(row, f"{key}:none")
        assert matches(row, f"{key}:any", f"{key}:none")
    assert matches(row, "inif:none", "src:none")
    assert matches(row, "dst:none") is not int(row.destination)
    assert matches(row, "outif:none") is (row.interface is None)


@given(rows(), ADDRESSES, st.data())
def test_networks(row: Row, address: IPv4Address | IPv6Address, data: st.DataObject) -> None:
    """A mask wants routes inside of its network; without one the route's own network must hold the address."""
    own = ip_network((row.destination, row.prefix_length))
    is_same_family = own.version == address.version
    assert matches(row, f"dst:{address}") is (is_same_family and address in own)
    length = data.draw(st.integers(0, address.max_prefixlen - 1))
    wanted = ip_network((address, length), strict=False)
    is_inside = is_same_family and own.subnet_of(wanted)  # type: ignore[arg-type]
    ones = (1 << 128) - (1 << (address.max_prefixlen - length))
    for mask in (f"{length}", f"0x{length:x}", f"0{length:o}", f"{IPv6Address(ones)}"):
        assert matches(row, f"dst:{address}/{mask}") is is_inside
    zero = ip_address(bytes(len(own.network_address.packed)))
    assert matches(row, f"src:{address}/{length}") is (is_same_family and zero in wanted)
    assert matches(row, f"src:{address}") is (zero == address)


@given(rows(), st.sampled_from(sorted(INDEXES)))
def test_interfaces(row: Row, name: str) -> None:
    """A name and its index are the same; a name stands for its aliases too, an alias for itself."""
    assert matches(row, f"outif:{name}") is matches(row, f"outif:{INDEXES[name]}")
    expected = row.interface is not None and (row.interface == name or row.interface.split(":")[0] == name)
    assert matches(row, f"outif:{name}") is expected
    assert not matches(row, "outif:4711")
    assert not matches(row, f"inif:{name}")


@given(rows(), rows())
def test_families(row: Row, other: Row) -> None:
    """Families by name and by Linux's number in every notation; unknown numbers select nothing."""
    assert matches(row, f"af:{row.family}")
    assert matches(row, f"af:{row.family}", f"af:{other.family}")
    for number in ({"inet": "2", "inet6": "10"}, {"inet": "0x2", "inet6": "0xA"}, {"inet": "02", "inet6": "012"}):
        assert matches(row, number[other.family]) is (row.family == other.family)
    assert not matches(row, "af:unix")
    assert not matches(row, "af:26")


@given(rows(), st.lists(st.sampled_from(["flags:+G", "flags:-G", "dst:any", "dst:none", "outif:lo", "inif:any"])))
def test_alternatives_and_conditions(row: Row, arguments: list[str]) -> None:
    """Filters of one key are alternatives, those of different keys must all match."""
    keys = {argument.partition(":")[0] for argument in arguments}
    expected = all(
        any(matches(row, argument) for argument in arguments if argument.startswith(f"{key}:")) for key in keys
    )
    assert matches(row, *arguments) is expected


@given(st.text())
def test_any_argument(argument: str) -> None:
    """Whatever stands behind -f is a filter or a mistake, whose message is one of the few."""
    if argument.partition(":")[0] in ("src", "dst"):
        return  # names would be looked up
    try:
        parsed = parse_filter(argument)
    except Mistake as mistake:
        said = str(mistake)
        assert re.search(r": unknown (filter keyword|address family\.)$|^missing flag list$|: illegal flag$", said)
    else:
        assert isinstance(parsed, Filter)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("dst:10.0.0.0/32", "32: not in range 0 to 31"),
        ("dst:10.0.0.0/0x20", "32: not in range 0 to 31"),
        ("dst:10.0.0.0/-1", "-1: not in range 0 to 31"),
        ("src:::1/128", "128: not in range 0 to 127"),
        ("dst:10.0.0.0/255.0.0.0", "255.0.0.0: illegal mask format"),
        ("dst:10.0.0.0/", ": illegal mask format"),
        ("dst:10.0.0.0/9999999999999999999", "9999999999999999999: not in range 0 to 31"),
        ("dst:10.0.0.0/0x" + "f" * 17, "0x" + "f" * 17 + ": illegal mask format"),
        ("dst:", ": invalid or unknown host address"),
        ("dst:10.0.0.0/8/9", "10.0.0.0/8: invalid or unknown host address"),
        ("flags:", "missing flag list"),
        ("flags:+", "missing flag list"),
        ("flags:UZ", "Z: illegal flag"),
        ("flags:R", "R: illegal flag"),
        ("", ": unknown address family."),
        ("af:", ": unknown address family."),
        ("inet:", "inet:: unknown filter keyword"),
        ("Dst:any", "Dst:any: unknown filter keyword"),
    ],
)
def test_mistakes(argument: str, message: str) -> None:
    """The words of SunOS."""
    with pytest.raises(Mistake) as raised:
        parse_filter(argument)
    assert str(raised.value) == message


def lines(*options: str) -> list[str]:
    """Return the rows of the machine's routing tables."""
    text = show(PACKED, "--dialect", "solaris", "-rna", *options).stdout.decode()
    return [line for line in text.splitlines() if line and not re.match(r"Routing|  Dest|---", line)]


@pytest.mark.parametrize(
    ("filters", "others"),
    [
        ("flags:+G", "flags:-G"),
        ("flags:+H", "flags:-H"),
        ("flags:+B", "flags:-B"),
        ("flags:+A", "flags:-A"),
        ("dst:any", "dst:none"),
        ("outif:any", "outif:none"),
        ("inif:any", "inif:none"),
        ("src:any", "src:none"),
        ("af:inet", "af:inet6"),
        ("dst:0.0.0.0/0", "dst:::/0"),
    ],
)
def test_halves_of_a_table(filters: str, others: str) -> None:
    """Both halves together are the table, in the order of the table, and no row is in both."""
    every, some, rest = lines(), lines("-f", filters), lines("-f", others)
    assert sorted(some + rest) == sorted(every)
    assert [line for line in every if line in some] == some


def test_indexes_are_for_text() -> None:
    """Other formats have no indexes of interfaces at hand, and refuse them in place of showing nothing."""
    ran = show(PACKED, "--dialect", "solaris", "-rn", "--json", "-f", "outif:2")
    assert (ran.stdout, ran.returncode) == (b"", 3)
    assert b"takes the name of an interface" in ran.stderr
