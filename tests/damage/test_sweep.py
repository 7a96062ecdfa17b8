"""The sweep over our plugins: whatever stands in a file's place, its reader says so, and nothing concludes from it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Annotated, Literal, TypedDict

import netstat_iface
import netstat_igmp
import netstat_inet
import netstat_legacy_af
import netstat_masq
import netstat_route
import netstat_snmp
import netstat_unix
import pytest
from samples import samples
from trees import Trees

from netstat_core.plugin import About, Field, File, Header, Problem, Reader, Record, TextFile, feed
from netstat_core.testing import DAMAGES, Finding, sweep

PLUGINS = (
    netstat_inet,
    netstat_unix,
    netstat_route,
    netstat_iface,
    netstat_igmp,
    netstat_masq,
    netstat_snmp,
    netstat_legacy_af,
)
LEFT_EMPTY = (
    *("/proc/net/if_inet6", "/proc/net/dev_mcast", "/proc/net/igmp6", "/proc/net/ipv6_route", "/proc/net/ndisc"),
    *("/var/lib/dhcp/*", "/var/lib/dhclient/*", "/var/lib/NetworkManager/dhclient-*"),
    *("/proc/net/nf_conntrack", "/proc/net/ip_conntrack", "/proc/net/ax25", "/sys/class/net/*/ifalias"),
)
"""What kernels leave empty if there is nothing to show."""


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.__name__)
def test_no_reader_is_silent(plugin: object, trees: Trees) -> None:
    """Text, NULs, nothing, HTML, half a header, half a file, a cut line: each is told, and no coverage claims it."""
    findings = sweep(
        plugin,
        *samples(trees),
        may_be_empty=LEFT_EMPTY,
        free_text=("/sys/class/net/*/ifalias", "/proc/sys/net/ipv4/ip_local_reserved_ports", "/etc/default/inet_type"),
        unsampled=("/proc/net/sctp6/*", "/sys/class/net/*/master/ifindex"),
    )
    assert not findings, "\n".join(map(str, findings))


class Row(TypedDict):
    """A row with a number."""

    family: Annotated[Literal["toy"], Field("Address family")]
    number: Annotated[int, Field("A number", minimum=0)]


PATH = "/proc/net/toy"
CONTENT = b"number sign\n1234 #\n5678 #\n"


def parse_well(_about: About, content: bytes) -> Iterator[Record | Problem]:
    """Parse as the documentation recommends."""
    text = TextFile(PATH, content, Header("number sign"))
    for number, line in text.rows():
        words = line.split()
        if len(words) == 2 and words[0].isdigit():
            yield {"family": "toy", "number": int(words[0])}
        else:
            yield text.problem("a row needs a number and a sign", line, number)
    yield from text.gaps  # type: ignore[misc]


def parse_blindly(_about: About, content: bytes) -> Iterator[Record | Problem]:
    """Drop the first line unread, and skip what is no row."""
    for line in content.splitlines()[1:]:
        if line.split()[:1] and line.split()[0].isdigit():
            yield {"family": "toy", "number": int(line.split()[0])}


def parse_until_it_breaks(_about: About, content: bytes) -> Iterator[Record | Problem]:
    """Raise at the first surprise."""
    for line in content.splitlines()[1:]:
        yield {"family": "toy", "number": int(line.split()[0])}


def toy(parse: object) -> list[Reader]:
    """Return a reader with a parser."""
    feeds = (feed("procfs", File(PATH), parse=parse),)  # type: ignore[arg-type]
    return [
        Reader("toy", table="toys", position=9000, families=("toy",), kind="toy.row", record=Row, feeds=feeds),
    ]


def test_a_parser_that_tells_all_passes() -> None:
    """A reader that uses TextFile as documented has no findings, without any exemption."""
    assert sweep(toy(parse_well), {PATH: CONTENT}) == []


def test_a_blind_parser_is_found_out() -> None:
    """A reader that drops the first line is found silent about every damage, and losing a row with the header."""
    findings = sweep(toy(parse_blindly), {PATH: CONTENT})
    assert {finding.damage for finding in findings} == {*DAMAGES, "no header"}
    assert Finding("toy", "procfs", PATH, "no header", "rows were lost") in findings
    assert "reader toy, feed procfs: /proc/net/toy holding NULs: the reader is silent" in map(str, findings)


def test_a_parser_that_raises_is_found() -> None:
    """A reader whose parser raises at a damaged file is named for it."""
    faults = {finding.damage: finding.fault for finding in sweep(toy(parse_until_it_breaks), {PATH: CONTENT})}
    assert faults["HTML"] == "the parser raised, or a record broke its schema"


def test_nothing_to_damage_is_a_finding() -> None:
    """A sweep whose samples lack a source does not pass, unless it is named as one that has none."""
    (finding,) = sweep(toy(parse_well), {"/proc/net/tcp": b"x\n"})
    assert finding.fault == "no sample has it"
    assert sweep(toy(parse_well), {"/proc/net/tcp": b"x\n"}, unsampled=(PATH,)) == []


def test_the_module_of_a_plugin_is_enough() -> None:
    """The module with the hook stands for its readers."""
    findings = sweep(importlib.import_module("netstat_unix"), {"/proc/net/arp": b""})
    assert {finding.source for finding in findings} == {"/proc/net/unix"}
