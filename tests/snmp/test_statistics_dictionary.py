"""The counter dictionary: complete, well kept, and found by every name people use."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest
from netstat_snmp import dictionary
from netstat_snmp.net_tools_labels import SECTIONS, Label
from trees import FIXTURES, fixture_names

from netstat_core import Query, collect
from netstat_core.system import System
from netstat_core.system.live import LiveSystem
from netstat_core.system.snapshot import SnapshotSystem

TREES = [
    name for name in [*fixture_names("captures"), *fixture_names("examples")] if (FIXTURES / name / "proc").is_dir()
]
SOURCE = re.compile(r"RFC \d{4}( [a-zA-Z0-9]+)?|(net|include)/[\w/-]+\.[ch]|Documentation/networking/[\w.]+")
KEY = re.compile(r"([a-z]+) -?\d+")


def without_entry(system: System) -> set[str]:
    """Return the counters of all sections that the dictionary does not explain."""
    records = collect(Query(tables=("statistics",)), system)["tables"]["statistics"]
    return {
        f"{record['section']}.{name}"
        for record in records
        for name in record["counters"]
        if dictionary.lookup(record["section"], name) is None
    }


@pytest.mark.parametrize("name", TREES)
def test_every_captured_counter(name: str) -> None:
    """Every counter of every captured kernel, old and new, and of every crafted tree has an entry."""
    assert without_entry(SnapshotSystem(FIXTURES / name)) == set()


@pytest.mark.skipif(not Path("/proc/net/snmp").exists(), reason="no statistics in /proc")
def test_every_counter_of_this_kernel() -> None:
    """Every counter of the running kernel has an entry."""
    assert without_entry(LiveSystem()) == set()


@pytest.mark.parametrize("name", [name for name in TREES if name.startswith("captures")])
def test_every_number_of_sockstat(name: str) -> None:
    """Every key of the captured sockstat files has an entry."""
    files_of_memory = [FIXTURES / name / "proc/net" / file for file in ("sockstat", "sockstat6")]
    keys = {key for file in files_of_memory for key in KEY.findall(file.read_text())}
    assert keys >= {"used", "inuse", "mem"}
    assert {key for key in keys if dictionary.lookup("sockstat", key) is None} == set()


def test_every_labelled_counter() -> None:
    """Every counter that netstat has a text for has an entry."""
    labelled = {(title, name) for title, section in SECTIONS.items() if title != "Tcp6" for name in section.labels}
    missing = {one for one in labelled if dictionary.lookup(*one) is None}
    assert missing == set()
    assert all(isinstance(label, Label) for section in SECTIONS.values() for label in section.labels.values())


def rows() -> list[list[str]]:
    """Return the rows of all data files of counters."""
    folder = files("netstat_snmp.dictionary")
    tables = [one for one in folder.iterdir() if one.name.endswith(".tsv") and one.name != "icmp_types.tsv"]
    return [line.split("\t") for table in tables for line in table.read_text("utf-8").splitlines()[1:]]


def test_entries_are_well_kept() -> None:
    """Each entry stands once, has a meaning in plain words, a unit and a source that can be looked up."""
    entries = rows()
    assert len(entries) > 500
    assert [key for key, times in Counter((row[0], row[1]) for row in entries).items() if times > 1] == []
    for _, name, kind, unit, source, meaning in entries:
        assert kind in ("counter", "gauge"), name
        assert unit.isalpha(), name
        assert SOURCE.fullmatch(source), source
        assert meaning[0].isupper(), name
        assert len(meaning) > 10, name
        assert not meaning.endswith("."), name


def test_gauges() -> None:
    """What tells a state or a setting is a gauge, all else is a counter."""
    gauges = {f"{row[0]}.{row[1]}" for row in rows() if row[2] == "gauge"}
    assert {"Tcp.CurrEstab", "Ip.Forwarding", "Tcp.RtoMin", "Tcp.MaxConn", "MPTcpExt.MPCurrEstab"} <= gauges
    assert {"Sctp.SctpCurrEstab", "nf_conntrack.entries", "softnet_stat.backlog_len", "tls_stat.TlsCurrRxSw"} <= gauges
    assert not {"Tcp.InSegs", "TcpExt.TW", "softnet_stat.processed"} & gauges


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("TCPTimeouts", ["TcpExt.TCPTimeouts"]),
        ("TcpExt.TCPTimeouts", ["TcpExt.TCPTimeouts"]),
        ("TcpExtTCPTimeouts", ["TcpExt.TCPTimeouts"]),
        ("tcptimeouts", ["TcpExt.TCPTimeouts"]),
        ("IpInReceives", ["Ip.InReceives"]),
        ("Ip6InReceives", ["Ip6.Ip6InReceives"]),
        ("InErrors", ["Icmp.InErrors", "Udp.InErrors", "UdpLite.InErrors"]),
        ("Udp.InErrors", ["Udp.InErrors"]),
        ("UdpLite6MemErrors", ["UdpLite6.UdpLite6MemErrors"]),
        ("InType3", ["IcmpMsg.InType3"]),
        ("Icmp6OutType135", ["Icmp6.Icmp6OutType135"]),
        ("TCPDSACKUndo", ["TcpExt.TCPDSACKUndo", "TcpExt.TCPDSackUndo"]),
        ("TCPDSackUndo", ["TcpExt.TCPDSackUndo", "TcpExt.TCPDSACKUndo"]),
        ("NoSuchCounter", []),
        ("", []),
    ],
)
def test_names(asked: str, found: list[str]) -> None:
    """A counter is found by the kernel's name, with its section, and by nstat's name."""
    answers = dictionary.find_explanations(asked)
    assert [f"{one.section}.{one.name}" for one in answers] == found


def test_an_explanation() -> None:
    """An explanation tells meaning, unit and source; one for a message type names the type."""
    found = next(iter(dictionary.find_explanations("TCPTimeouts")), None)
    assert found is not None
    assert (found.unit, found.source, found.gauge) == ("events", "net/ipv4/tcp_timer.c", False)
    assert "retransmission timer" in found.meaning
    numbered = next(iter(dictionary.find_explanations("InType3")), None)
    assert numbered is not None
    assert numbered.meaning == "ICMP messages of type 3 received (destination unreachable)"
    unheard = next(iter(dictionary.find_explanations("OutType250")), None)
    assert unheard is not None
    assert unheard.meaning == "ICMP messages of type 250 sent"


def test_it_is_not_loaded_for_a_listing() -> None:
    """Nothing loads the dictionary before somebody asks: a listing does without it."""
    script = "import sys, netstat_snmp.readers; sys.exit('netstat_snmp.dictionary' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
