"""A redacted report tells what happens on a machine, and not which machine it is."""

from __future__ import annotations

import io
import ipaddress
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import Trees, fixture_names

from netstat_core.cli import main as entry
from netstat_core.sinks.redacted import Substitutes

HARMLESS = [
    ipaddress.ip_network(network)
    for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "10.0.0.0/8", "127.0.0.0/8")
]


def report(tree: Path, *arguments: str) -> bytes:
    """Return a JSON report of everything in a tree."""
    out = io.BytesIO()
    entry.run(["--from", str(tree), "--json", "--tables", "all", "-ap", *arguments], out, io.BytesIO())
    return out.getvalue()


def shape(value: Any) -> Any:
    """Return a value with texts replaced by their type."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value]
    return "text" if isinstance(value, str) else value


@pytest.mark.parametrize("name", fixture_names("captures"))
def test_only_texts_change(name: str, trees: Trees) -> None:
    """Redaction leaves numbers, structure and nulls alone, and gives the same bytes each time."""
    plain, redacted = report(trees[name]), report(trees[name], "--redact")
    assert shape(json.loads(plain)["tables"]) == shape(json.loads(redacted)["tables"])
    assert redacted == report(trees[name], "--redact")


def test_what_identifies_is_gone(tmp_path: Path) -> None:
    """Addresses, interfaces, hardware addresses, hosts, programs, arguments and raw lines of a tree do not show."""
    net = tmp_path / "proc/net"
    net.mkdir(parents=True)
    net.joinpath("tcp").write_text("h\n 0: 0B0A1FAC:0016 00000000:0000 0A 0:0 0:0 0 0 0 5 1\nsecret 172.31.10.11\n")
    net.joinpath("arp").write_text("h\n172.31.10.11  0x1 0x2 de:ad:be:ef:00:01 * secret0\n")
    net.joinpath("unix").write_text("h\n0: 00000002 0 00010000 0001 01 7 /run/secret.sock\n")
    fd = tmp_path / "proc/9/fd"
    fd.mkdir(parents=True)
    fd.joinpath("3").symlink_to("socket:[5]")
    (tmp_path / "proc/9/comm").write_text("secretd\n")
    (tmp_path / "proc/9/cmdline").write_bytes(b"secretd\0--token=secret\0")
    (tmp_path / "capture.json").write_text(json.dumps({"hostname": "secret.example"}))
    plain, redacted = report(tmp_path), report(tmp_path, "--redact", "--where", "interface == 'secret0' || true")
    for one in (b"secret", b"172.31.10.11", b"de:ad:be"):
        assert one in plain
        assert one not in redacted
    assert b'"local_port":22' in redacted
    assert b'192.0.2.1"' in redacted
    assert b"02:00:00:00:00:01" in redacted


@settings(deadline=None)
@given(st.lists(st.ip_addresses(v=4), max_size=30))
def test_v4_addresses(addresses: list[ipaddress.IPv4Address]) -> None:
    """Equal addresses stay equal and different ones different, neighbours stay neighbours, all of them harmless."""
    of = Substitutes().of
    made = {one: ipaddress.IPv4Address(of("address", str(one))) for one in addresses}
    assert len({*made.values()}) == len(made)
    for one, two in made.items():
        assert (one.is_loopback, one.is_unspecified, one.is_multicast) == (
            two.is_loopback,
            two.is_unspecified,
            two.is_multicast,
        )
        if one.is_multicast or one.is_unspecified or int(one) == 0xFFFFFFFF:
            continue
        assert any(two in network for network in HARMLESS)
        assert (int(one) & 0xFF == 0) == (int(two) & 0xFF == 0)
        neighbours = [now for was, now in made.items() if int(was) and int(was) >> 8 == int(one) >> 8]
        assert {int(now) >> 8 for now in neighbours if int(now) != 0xFFFFFFFF} == {int(two) >> 8}


UNICAST = st.integers(1, 0xDE).filter(lambda octet: octet != 0x7F)


@settings(deadline=None)
@given(st.lists(st.tuples(UNICAST, st.integers(1, 255)), max_size=40), st.integers(1, 254), st.integers(0, 255))
def test_nothing_of_an_address_is_in_its_substitute(places: list[tuple[int, int]], turn: int, middle: int) -> None:
    """Hosts with other numbers in other networks have the same substitutes, if they appear in the same order."""
    plain, other = Substitutes().of, Substitutes().of
    for network, host in places:
        turned = f"{255 - network if network != 128 else 127 + 1}.{middle}.9.{(host - 1 + turn) % 255 + 1}"
        if turned.startswith("127.") or int(turned.partition(".")[0]) > 0xDE:
            continue
        assert plain("address", f"{network}.1.1.{host}") == other("address", turned)
        embedded = f"2a00:{network:x}::{0x5054FFFE0000 + host:x}"
        assert plain("address", embedded) == other("address", f"2b00:{network:x}::{0x5054FFFE9000 + host:x}")


@settings(deadline=None)
@given(st.lists(st.ip_addresses(v=6), max_size=30))
def test_v6_addresses(addresses: list[ipaddress.IPv6Address]) -> None:
    """The same for IPv6: documentation addresses, networks of 64 bits kept together, classes kept."""
    of = Substitutes().of
    made = {one: ipaddress.IPv6Address(of("address", str(one))) for one in addresses}
    assert len({*made.values()}) == len(made)
    for one, two in made.items():
        for trait in ("is_loopback", "is_unspecified", "is_multicast", "is_link_local"):
            assert getattr(one, trait) == getattr(two, trait)
        assert (one.ipv4_mapped is None) == (two.ipv4_mapped is None)


@pytest.mark.parametrize(
    ("mark", "value", "expected"),
    [
        ("address", "::1", "::1"),
        ("address", "0.0.0.0", "0.0.0.0"),
        ("address", "255.255.255.255", "255.255.255.255"),
        ("address", "10.1.2.0", "192.0.2.0"),
        ("address", "10.1.2.77", "192.0.2.1"),
        ("prefix", "10.1.2.77/32", "192.0.2.1/32"),
        ("address", "::ffff:10.1.2.77", "::ffff:192.0.2.1"),
        ("address", "2a00:1::5054:ff:fe12:3456", "2001:db8:0:1::1"),
        ("address", "fe80::5054:ff:fe12:3456", "fe80::1"),
        ("address", "224.0.0.251", "224.0.0.251"),
        ("address", "239.1.2.3", "233.252.0.0"),
        ("address", "ff02::1", "ff02::1"),
        ("address", "ff12::8384", "ff0e:db8::1"),
        ("address", "10.0.0.1/secret", "address1"),
        ("address", "fe80::1%eth3", "fe80::1%if1"),
        ("address", "2a00:1::/48", "2001:db8:0:1::/48"),
        ("address", "N0CALL-1", "address1"),
        ("hardware_address", "52:54:00:12:34:56", "02:00:00:00:00:01"),
        ("hardware_address", "00:00:00:00:00:00", "00:00:00:00:00:00"),
        ("hardware_address", "ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff"),
        ("interface", "lo", "lo"),
        ("interface", "wg-office", "if1"),
        ("path", "/run/x.sock", "/path1"),
        ("path", "", ""),
        ("name", "sshd", "name1"),
        ("port", 22, 22),
        ("port", "ssh", "name1"),
        ("user", "root", "name1"),
        ("serial_number", "X", "name1"),
        ("word", "ESTABLISHED", "ESTABLISHED"),
        ("address", None, None),
    ],
)
def test_substitutes(mark: str, value: Any, expected: Any) -> None:
    """What is the same everywhere stays; everything else becomes the first of its kind."""
    assert Substitutes().of(mark, value) == expected
