"""Changes between two readings: what was counted, at which rate, and what was set back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from netstat_snmp.delta import CHANGE, LAYOUT, compute_changes

from netstat_core import Query
from netstat_core.plugin import Style
from netstat_core.plugin.schema import reader_schema
from netstat_core.report.names import Names

if TYPE_CHECKING:
    from collections.abc import Mapping


def section(name: str, counters: Mapping[str, int | None], interface: str | None = None) -> dict[str, Any]:
    """Return a record of a section."""
    return {"section": name, "interface": interface, "counters": dict(counters)}


def change(name: str, counter: str, before: int | None, after: int | None) -> dict[str, Any]:
    """Return the change of one counter within four seconds."""
    (found,) = compute_changes([section(name, {counter: before})], [section(name, {counter: after})], 4.0)
    answer: dict[str, Any] = found["counters"][counter]
    return answer


@pytest.mark.parametrize(
    ("name", "counter", "before", "after", "wanted"),
    [
        ("Tcp", "InSegs", 10, 30, (30, 20, 5.0, False)),
        ("Tcp", "InSegs", 30, 30, (30, 0, 0.0, False)),
        ("Tcp", "InSegs", 30, 8, (8, 8, 2.0, True)),
        ("Tcp", "InSegs", 30, 0, (0, 0, 0.0, True)),
        ("Tcp", "InSegs", None, 8, (8, None, None, False)),
        ("Tcp", "InSegs", 8, None, (None, None, None, False)),
        ("Tcp", "CurrEstab", 9, 2, (2, None, None, False)),
        ("Ip", "Forwarding", 2, 1, (1, None, None, False)),
        ("Tcp", "MaxConn", -1, -1, (-1, None, None, False)),
        ("TcpExt", "NotKnownYet", 5, 7, (7, 2, 0.5, False)),
        ("TcpExt", "NotKnownYet", 7, 5, (5, 5, 1.25, True)),
        ("softnet_stat", "processed", 0xFFFFFFF0, 4, (4, 20, 5.0, False)),
        ("softnet_stat", "processed", 5000, 4, (4, 4, 1.0, True)),
        ("nf_conntrack", "drop", 0xFFFFFFFF, 3, (3, 4, 1.0, False)),
        ("nf_conntrack", "entries", 9, 3, (3, None, None, False)),
        ("Udp", "InDatagrams", (1 << 64) - 1, 4, (4, 4, 1.0, True)),
    ],
)
def test_change(name: str, counter: str, before: int | None, after: int | None, wanted: tuple[Any, ...]) -> None:
    """Counters give change and rate, gauges only their value; one that fell was set back, or has gone round."""
    assert tuple(change(name, counter, before, after).values()) == wanted


def test_what_was_not_there_before_was_zero() -> None:
    """A counter or section that appears, as IcmpMsg does with its first message, has counted from 0 meanwhile."""
    before = [section("IcmpMsg", {"InType0": 2})]
    after = [section("IcmpMsg", {"InType0": 3, "InType3": 5}), section("Sctp", {"SctpAborteds": 7})]
    first, second = compute_changes(before, after, 1.0)
    assert {name: one["change"] for name, one in first["counters"].items()} == {"InType0": 1, "InType3": 5}
    assert second["counters"]["SctpAborteds"]["change"] == 7


def test_parts_of_a_section() -> None:
    """A counter that moves from one part of a repeated section to another is the same counter."""
    before = [section("IcmpMsg", {"InType0": 2, "OutType3": 5}), section("IcmpMsg", {"OutType8": 9})]
    after = [section("IcmpMsg", {"InType0": 2, "InType3": 1}), section("IcmpMsg", {"OutType3": 5, "OutType8": 10})]
    found = [
        {name: one["change"] for name, one in part["counters"].items()} for part in compute_changes(before, after, 1.0)
    ]
    assert found == [{"InType0": 0, "InType3": 1}, {"OutType3": 0, "OutType8": 1}]


def test_cpus_and_interfaces() -> None:
    """Each CPU and each interface is compared with itself, also when others come or go."""
    before = [section("softnet_stat", {"processed": 10 * cpu, "cpu": cpu}) for cpu in (1, 2)]
    before += [section("Ip6", {"Ip6InReceives": 5}, "eth0"), section("Ip6", {"Ip6InReceives": 7}, "eth1")]
    after = [section("softnet_stat", {"processed": 25, "cpu": 2}), section("Ip6", {"Ip6InReceives": 9}, "eth1")]
    cpu, interface = compute_changes(before, after, 1.0)
    assert cpu["counters"]["processed"]["change"] == 5
    assert cpu["counters"]["cpu"]["change"] is None
    assert interface["counters"]["Ip6InReceives"]["change"] == 2


def test_rows_of_cpus_without_number() -> None:
    """Rows that do not tell their CPU are compared by their order."""
    before = [section("nf_conntrack", {"drop": number}) for number in (1, 5)]
    after = [section("nf_conntrack", {"drop": number}) for number in (4, 5)]
    assert [one["counters"]["drop"]["change"] for one in compute_changes(before, after, 1.0)] == [3, 0]


def test_the_record() -> None:
    """A change fits the schema of its kind, and bears nothing that the host adds."""
    after = {**section("Tcp", {"InSegs": 6, "CurrEstab": 1}), "kind": "statistics", "network_namespace": None}
    (found,) = compute_changes([section("Tcp", {"InSegs": 2})], [after], 2.0)
    assert found["seconds"] == 2.0
    assert Draft202012Validator(reader_schema(CHANGE.reader)).is_valid(found)


def test_no_time_no_rate() -> None:
    """Two readings at one moment have changes and no rates."""
    (found,) = compute_changes([section("Tcp", {"InSegs": 2})], [section("Tcp", {"InSegs": 5})], 0.0)
    assert (found["counters"]["InSegs"]["change"], found["counters"]["InSegs"]["per_second"]) == (3, None)


def shown(found: list[dict[str, Any]], *protocols: str) -> str:
    """Return changes as text."""
    query = Query(tables=("statistics",), protocols=protocols)
    return LAYOUT.rows(Style(query), Names(), {})(found)


def test_text() -> None:
    """The text has netstat's lines and order, with changes and rates in place of totals and states as they are."""
    before = [
        section("Ip", {"Forwarding": 1, "InReceives": 100, "InHdrErrors": 3}),
        section("Icmp", {"InMsgs": 9, "InEchos": 8, "OutMsgs": 1}),
        section("TcpExt", {"TCPTimeouts": 5, "TW": 7}),
    ]
    after = [
        section("Ip", {"Forwarding": 1, "InReceives": 350, "InHdrErrors": 3}),
        section("Icmp", {"InMsgs": 12, "InEchos": 11, "OutMsgs": 0}),
        section("TcpExt", {"TCPTimeouts": 4, "TW": 8}),
    ]
    found = compute_changes(before, after, 2.0)
    assert shown(found) == (
        "Ip:\n"
        "    Forwarding: 1\n"
        "    250 total packets received (125.00/s)\n"
        "Icmp:\n"
        "    3 ICMP messages received (1.50/s)\n"
        "    ICMP input histogram:\n"
        "        echo requests: 3 (1.50/s)\n"
        "    0 ICMP messages sent (since a reset)\n"
        "TcpExt:\n"
        "    TCPTimeouts: 4 (2.00/s, since a reset)\n"
        "    1 TCP sockets finished time wait in fast timer (0.50/s)\n"
    )
    assert shown(found, "tcp") == (
        "TcpExt:\n"
        "    TCPTimeouts: 4 (2.00/s, since a reset)\n"
        "    1 TCP sockets finished time wait in fast timer (0.50/s)\n"
    )
