"""Tracked connections as records, from each of the files."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from netstat_masq import proc_ip_masquerade, proc_nf_conntrack
from pynetstat import show
from trees import FIXTURES

from netstat_core import Query
from netstat_core.plugin import About, Problem
from netstat_core.report.selection import asked_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from trees import Trees

ROUTER = "captures/nat-a-6.18"
ABOUT = About()
UNTOLD = {"initial_sequence": None, "delta": None, "previous_delta": None}
UNCOUNTED = {"icmp": None, "packets": None, "bytes": None}

OFFLOADED = (
    b"ipv4     2 tcp      6 src=10.0.0.2 dst=192.0.2.9 sport=40000 dport=443 packets=7 bytes=840 src=192.0.2.9 "
    b"dst=198.51.100.1 sport=443 dport=61000 packets=5 bytes=600 [OFFLOAD] mark=0 secctx=a:b zone=3 use=3\n"
)
OLD_HEADER = b"Prc FromIP   FPrt ToIP     TPrt Masq Init-seq  Delta PDelta Expires (free=40960,40960,40960)\n"
LINUX_2_4 = (
    b"EXPECTING: - use=1 proto=6 src=192.168.1.2 dst=203.0.113.5 sport=0 dport=20\n"
    b"tcp      6 431999 ESTABLISHED src=192.168.1.2 dst=203.0.113.5 sport=1025 dport=80 src=203.0.113.5 dst=192.0.2.1 "
    b"sport=80 dport=1025 [ASSURED] use=1 \n"
    b"unknown  2 500 src=192.168.1.2 dst=224.0.0.22 [UNREPLIED] src=224.0.0.22 dst=192.168.1.2 use=1 \n"
)


def connections(tree: Path, *arguments: str) -> list[dict[str, Any]]:
    """Return the records of table masquerade."""
    found: list[dict[str, Any]] = json.loads(show(tree, "--json", "-M", *arguments).stdout)["tables"]["masquerade"]
    return found


def only(parsed: Iterable[Any]) -> dict[str, Any]:
    """Return the one thing parsed, a record."""
    (record,) = parsed
    assert isinstance(record, dict)
    return record


def end(address: str, port: int | None, other: str | None, other_port: int | None, **more: Any) -> dict[str, Any]:
    """Return one direction of a connection."""
    ends = {
        "source_address": address,
        "source_port": port,
        "destination_address": other,
        "destination_port": other_port,
    }
    return {**ends, **UNCOUNTED, **more}


def test_untranslated_connections_are_records_too(trees: Trees) -> None:
    """Records hold all tracked connections and say which are translated, and how."""
    found = connections(trees[ROUTER])
    kinds = [one["nat"] for one in found]
    assert {kind: kinds.count(kind) for kind in kinds} == {"source": 21, "both": 1, "none": 1}
    own = next(one for one in found if one["nat"] == "none")
    assert own["original"] == end("203.0.113.1", None, "203.0.113.2", None, icmp={"type": 8, "code": 0, "id": 63})
    forwarded = next(one for one in found if one["nat"] == "both")
    assert forwarded["original"] == end("10.1.0.2", 39242, "10.1.0.1", 8080)
    assert forwarded["reply"] == end("203.0.113.2", 80, "203.0.113.1", 39242)


def test_agrees_with_conntrack(trees: Trees) -> None:
    """The capture's connections are those that `conntrack -L` listed a moment later, in all that does not age."""
    listed = (FIXTURES / ROUTER / "outputs/conntrack_L.txt").read_text().splitlines()
    assert [as_conntrack_shows(one) for one in connections(trees[ROUTER])] == [comparable(line) for line in listed]


def comparable(line: str) -> list[str]:
    """Return the words of a line of `conntrack -L` that do not change within a second, GRE's keys as ports."""
    words = [word for word in line.split() if not word.startswith(("use=", "helper="))]
    words = [re.sub(r"^([sd])(?:rc|st)key=0x0$", lambda found: f"{found[1]}port=0", word) for word in words]
    return [
        *words[:2],
        *(word for word in words[3:] if word != "[UNREPLIED]"),
        *(["new"] if "[UNREPLIED]" in words else []),
    ]


def as_conntrack_shows(one: dict[str, Any]) -> list[str]:
    """Return a record in the words of `conntrack -L`."""
    numbers = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "gre": 47}
    words = (
        [one["protocol"], str(numbers[one["protocol"]])] if one["protocol"] in numbers else ["unknown", one["protocol"]]
    )
    words += [one["state"]] if one["state"] else []
    for way in (one["original"], one["reply"]):
        words += [f"src={way['source_address']}", f"dst={way['destination_address']}"]
        if way["source_port"] is not None:
            words += [f"sport={way['source_port']}", f"dport={way['destination_port']}"]
        words += [f"{key}={value}" for key, value in (way["icmp"] or {}).items()]
    words += ["[ASSURED]"] if "assured" in one["status"] else []
    return [*words, f"mark={one['mark']}", *([] if "replied" in one["status"] else ["new"])]


def test_offloaded_flow() -> None:
    """An offloaded flow has neither seconds nor state; counters and zone are those of the row."""
    record = only(proc_nf_conntrack.make_parser(proc_nf_conntrack.NF_CONNTRACK)(ABOUT, OFFLOADED))
    assert record == {
        "family": "inet",
        "protocol": "tcp",
        "original": end("10.0.0.2", 40000, "192.0.2.9", 443, packets=7, bytes=840),
        "reply": end("192.0.2.9", 443, "198.51.100.1", 61000, packets=5, bytes=600),
        "state": None,
        "expires_seconds": None,
        "status": ["offload", "replied"],
        "nat": "source",
        "mark": 0,
        "zone": 3,
        **UNTOLD,
    }


def test_offloaded_flow_has_no_time_in_text(tmp_path: Path) -> None:
    """In text the time of an offloaded flow is a dash of the same width."""
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/nf_conntrack").write_bytes(OFFLOADED)
    row = "tcp         - 10.0.0.2             192.0.2.9            40000 -> 443 (61000)"
    assert show(tmp_path, "-Mn").stdout.decode().splitlines()[2] == row


def test_linux_2_4(trees: Trees, tmp_path: Path) -> None:
    """The file of Linux 2.4 has no family column; the connections it expects are left out."""
    tree = shutil.copytree(trees["examples/igmp"], tmp_path / "tree")
    (tree / "proc/net/ip_conntrack").write_bytes(LINUX_2_4)
    tcp, igmp = connections(tree)
    assert (tcp["family"], tcp["protocol"], tcp["nat"], tcp["state"]) == ("inet", "tcp", "source", "ESTABLISHED")
    assert (tcp["mark"], tcp["zone"], tcp["status"]) == (None, 0, ["assured", "replied"])
    assert (igmp["protocol"], igmp["nat"], igmp["original"]["source_port"]) == ("2", "none", None)


def test_newest_source_first(trees: Trees, tmp_path: Path) -> None:
    """Of several files the newest kernel's is read."""
    tree = shutil.copytree(trees["examples/masq"], tmp_path / "tree")
    assert {one["status"] for one in connections(tree)} == {None}
    (tree / "proc/net/ip_conntrack").write_bytes(LINUX_2_4)
    assert len(connections(tree)) == 2
    (tree / "proc/net/nf_conntrack").write_bytes(OFFLOADED)
    assert [one["zone"] for one in connections(tree)] == [3]


@pytest.mark.parametrize(
    ("reply", "nat"),
    [
        ("src=192.0.2.9 dst=10.0.0.2 sport=443 dport=40000", "none"),
        ("src=192.0.2.9 dst=10.0.0.2 sport=443 dport=40001", "source"),
        ("src=192.0.2.9 dst=198.51.100.1 sport=443 dport=40000", "source"),
        ("src=192.0.2.7 dst=10.0.0.2 sport=443 dport=40000", "destination"),
        ("src=192.0.2.9 dst=10.0.0.2 sport=8443 dport=40000", "destination"),
        ("src=192.0.2.7 dst=198.51.100.1 sport=8443 dport=61000", "both"),
    ],
)
def test_translation_shows_in_the_answers(reply: str, nat: str) -> None:
    """Files say by the answers' addresses and ports alone what is translated."""
    line = f"ipv4 2 udp 17 30 src=10.0.0.2 dst=192.0.2.9 sport=40000 dport=443 {reply} mark=0 use=1\n".encode()
    assert only(proc_nf_conntrack.make_parser(proc_nf_conntrack.NF_CONNTRACK)(ABOUT, line))["nat"] == nat


ECHO = "icmp 1 29 src=10.0.0.5 dst=192.0.2.1 type=8 code=0 id=1 {} type=0 code=0 id={} mark=0 use=2"
ECHO6 = "icmpv6 58 29 src=2001:db8::5 dst=2001:db8::1 type=128 code=0 id=1 {} type=129 code=0 id={} mark=0 use=2"
GRE = "gre 47 29 timeout=30, stream_timeout=180 src=10.0.0.5 dst=192.0.2.1 srckey=0x7 dstkey=0x9 {} mark=0 use=2"
SCTP = "sctp 132 9 ESTABLISHED src=10.0.0.5 dst=192.0.2.1 sport=5 dport=6 {} [ASSURED] mark=0 use=2"
ESP = "unknown 50 29 src=10.0.0.5 dst=192.0.2.1 {} mark=0 use=2"


@pytest.mark.parametrize(
    ("row", "nat"),
    [
        (ECHO.format("src=192.0.2.1 dst=10.0.0.5", 1), "none"),
        (ECHO.format("src=192.0.2.1 dst=10.0.0.5", 77), "source"),
        (ECHO.format("src=192.0.2.1 dst=203.0.113.7", 77), "source"),
        (ECHO.format("src=10.0.0.9 dst=10.0.0.5", 1), "destination"),
        (ECHO.format("src=10.0.0.9 dst=10.0.0.5", 77), "destination"),
        (ECHO.format("src=10.0.0.9 dst=203.0.113.7", 77), "both"),
        (ECHO6.format("src=2001:db8::1 dst=2001:db8::5", 1), "none"),
        (ECHO6.format("src=2001:db8::1 dst=2001:db8::5", 77), "source"),
        (GRE.format("src=192.0.2.1 dst=10.0.0.5 srckey=0x9 dstkey=0x7"), "none"),
        (GRE.format("src=192.0.2.1 dst=10.0.0.5 srckey=0x9 dstkey=0x8"), "source"),
        (GRE.format("src=192.0.2.1 dst=10.0.0.5 srckey=0x8 dstkey=0x7"), "destination"),
        (SCTP.format("src=192.0.2.1 dst=10.0.0.5 sport=6 dport=50000"), "source"),
        (SCTP.format("src=192.0.2.1 dst=10.0.0.5 sport=7 dport=5"), "destination"),
        (ESP.format("src=192.0.2.1 dst=10.0.0.5"), "none"),
        (ESP.format("src=192.0.2.1 dst=203.0.113.7"), "source"),
    ],
)
def test_what_identifies_a_flow_tells_its_translation(row: str, nat: str) -> None:
    """An identifier of ICMP or a key of GRE that differs in the replies is translated like a port."""
    family = "ipv6 10" if "2001:" in row else "ipv4 2"
    line = f"{family} {row}\n".encode()
    assert only(proc_nf_conntrack.make_parser(proc_nf_conntrack.NF_CONNTRACK)(ABOUT, line))["nat"] == nat


def test_masquerade_record(trees: Trees) -> None:
    """Every field of a row of ip_masquerade: what it does not tell is null, as the router's address in the answers."""
    record = connections(trees["examples/masq"])[1]
    assert record == {
        "kind": "masquerade",
        "network_namespace": None,
        "family": "inet",
        "protocol": "udp",
        "original": end("192.168.1.11", 53, "198.51.100.1", 53),
        "reply": end("198.51.100.1", 53, None, 61002),
        "state": None,
        "expires_seconds": 300.12,
        "status": None,
        "nat": "source",
        "mark": None,
        "zone": None,
        "initial_sequence": 0x1234,
        "delta": -5,
        "previous_delta": 7,
    }


def test_ticks_are_the_machines_own() -> None:
    """Time left in ip_masquerade counts ticks of the machine it was read on."""
    content = OLD_HEADER + b"TCP 0A000001:0401 CB007109:0050 EE49 00000000 0 0 2048\n"
    alpha = About(ABOUT.asked, ticks_per_second=1024)
    assert only(proc_ip_masquerade.parse(alpha, content))["expires_seconds"] == 2.0
    assert only(proc_ip_masquerade.parse(ABOUT, content))["expires_seconds"] == 20.48


def test_good_rows_survive_bad_ones() -> None:
    """Records are made of good rows even where netstat lists nothing; problems come first and name line and kind."""
    content = OLD_HEADER + b"TCP x\n??? 0A000001:0401 CB007109:0050 EE49 0 0 0 1\nUDP 0A000001:1 0A000002:2 3 0 0 0 1\n"
    *problems, record = proc_ip_masquerade.parse(ABOUT, content)
    assert isinstance(record, dict)
    assert [(one.line, one.code) for one in problems if isinstance(one, Problem)] == [(2, "format"), (3, "bogus")]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (Query(families=("inet6",)), 2),
        (Query(protocols=("udp", "icmpv6")), 7),
        (Query(families=("inet",), protocols=("icmpv6",)), 0),
        (Query(families=("inet", "inet6")), 23),
    ],
)
def test_selection(query: Query, count: int, trees: Trees) -> None:
    """Families and protocols that a caller names select connections."""
    content = (trees[ROUTER] / "proc/net/nf_conntrack").read_bytes()
    assert (
        len(list(proc_nf_conntrack.make_parser(proc_nf_conntrack.NF_CONNTRACK)(About(asked_of(query)), content)))
        == count
    )


def test_words_of_the_test_itself() -> None:
    """The comparison with `conntrack -L` keeps what matters of a line."""
    line = "tcp 6 10 CLOSE src=1.2.3.4 dst=5.6.7.8 sport=1 dport=2 [UNREPLIED] src=5.6.7.8 dst=1.2.3.4 mark=0 use=1"
    assert comparable(line) == shlex.split(
        "tcp 6 CLOSE src=1.2.3.4 dst=5.6.7.8 sport=1 dport=2 src=5.6.7.8 dst=1.2.3.4 mark=0 new"
    )
