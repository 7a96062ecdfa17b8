"""Records of the legacy families: every captured tree, and the layouts of kernels that could not be recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from legacy_trees import BUILT, CAPTURES, FAMILIES, OLD_KERNELS, TABLES, golden, of_kind, place_of, records, report
from pynetstat import show

from netstat_core.host.discovery import Host

if TYPE_CHECKING:
    from pathlib import Path

    from trees import Trees

CAPTURE = "captures/legacy-a-6.1"

FIRST: dict[str, dict[str, Any]] = {
    "ipx.socket": {
        "family": "ipx",
        "local_address": "00000101",
        "local_port": 0x4003,
        "remote_address": "00ABCDEF:00A0C9112244",
        "remote_port": 0x451,
        "state": "ESTABLISHED",
        "state_number": 1,
        "recv_queue": 0,
        "send_queue": 0,
        "uid": 1000,
        "protocol": "ipx",
        "listening": False,
        "inode": None,
    },
    "ipx.route": {
        "family": "ipx",
        "destination": "FFFFFFFE",
        "gateway_network": "00000101",
        "gateway_node": "00000000BEEF",
    },
    "ipx.interface": {
        "family": "ipx",
        "network": "00000101",
        "node": "00A0C9000010",
        "primary": True,
        "interface": "ipxe0",
        "frame_type": "802.2",
    },
    "ax25.socket": {
        "family": "ax25",
        "interface": "ax1",
        "local_callsign": "W1AW-7",
        "repeats": False,
        "remote_callsign": "VK3RS-0",
        "digipeaters": ["RELAY-2"],
        "digipeaters_passed": 0,
        "state": "SABM_SENT",
        "state_number": 1,
        "send_sequence": 0,
        "recv_sequence": 0,
        "acked_sequence": 0,
        "acknowledge_timer": {"left_seconds": 2, "period_seconds": 10},
        "response_timer": {"left_seconds": 0, "period_seconds": 3},
        "inactive_timer": {"left_seconds": 0, "period_seconds": 300},
        "idle_timer": {"left_seconds": 0, "period_seconds": 0},
        "retries": 0,
        "retry_limit": 10,
        "round_trip_seconds": 5,
        "window": 2,
        "packet_bytes": 256,
        "dama_slave": None,
        "recv_queue": None,
        "send_queue": None,
        "inode": None,
        "protocol": "ax25",
        "listening": False,
        "uid": None,
    },
    "ax25.route": {
        "family": "ax25",
        "destination": "default",
        "interface": "ax1",
        "mode": None,
        "digipeaters": [],
        "use_count": None,
        "last_used_at": None,
        "origin": None,
    },
    "ax25.call": {"family": "ax25", "uid": 65534, "callsign": "OH7LZB-1", "policy": "own_callsign_optional"},
    "ax25.interface": {
        "family": "ax25",
        "name": "bpq5",
        "ether_interface": "bq1",
        "destination_address": "ff:ff:ff:ff:ff:ff",
        "accepted_address": None,
        "callsign": None,
    },
    "x25.socket": {
        "family": "x25",
        "interface": "x25a",
        "local_address": "31060000",
        "remote_address": "2342777",
        "lci": 3,
        "state": "SABM_SENT",
        "state_number": 1,
        "send_sequence": 0,
        "recv_sequence": 0,
        "acked_sequence": 0,
        "timer_left_seconds": 193,
        "response_delay_seconds": 3,
        "call_timeout_seconds": 200,
        "reset_timeout_seconds": 180,
        "clear_timeout_seconds": 180,
        "recv_queue": 0,
        "send_queue": 0,
        "inode": 457,
        "protocol": "x25",
        "listening": False,
        "uid": None,
    },
    "x25.route": {"family": "x25", "destination": "000000000000000", "significant_digits": 0, "interface": "x25a"},
    "netrom.socket": {
        "family": "netrom",
        "interface": "nr0",
        "user_callsign": "N0CALL-11",
        "remote_node": None,
        "local_node": "N0CALL-11",
        "local_circuit_index": 0,
        "local_circuit_id": 0,
        "remote_circuit_index": 0,
        "remote_circuit_id": 0,
        "state": "LISTENING",
        "state_number": 0,
        "send_sequence": 0,
        "recv_sequence": 0,
        "acked_sequence": 0,
        "acknowledge_timer": {"left_seconds": 0, "period_seconds": 120},
        "response_timer": {"left_seconds": 0, "period_seconds": 5},
        "busy_timer": {"left_seconds": 0, "period_seconds": 180},
        "idle_timer": {"left_seconds": 0, "period_seconds": 0},
        "retries": 0,
        "retry_limit": 1,
        "round_trip_seconds": None,
        "window": 4,
        "packet_bytes": None,
        "recv_queue": 0,
        "send_queue": 0,
        "inode": 10950,
        "protocol": "netrom",
        "listening": True,
        "uid": None,
    },
    "netrom.node": {
        "family": "netrom",
        "callsign": "TEXNOD-15",
        "mnemonic": "DALLAS",
        "in_use": 1,
        "routes": [{"quality": 255, "obsolescence_count": 3, "neighbour": 1}],
    },
    "netrom.neighbour": {
        "family": "netrom",
        "number": 2,
        "callsign": "KB5BBB-0",
        "interface": "ax1",
        "quality": 120,
        "locked": True,
        "route_count": 2,
        "failures": 0,
        "digipeaters": [],
    },
    "rose.socket": {
        "family": "rose",
        "interface": "rose1",
        "local_address": "3100201001",
        "local_callsign": "KE4PJW-0",
        "remote_address": "5050201234",
        "remote_callsign": "VK3XYZ-4",
        "lci": 0x32,
        "neighbour": 3,
        "state": "CONN_SENT",
        "state_number": 1,
        "send_sequence": 0,
        "recv_sequence": 0,
        "acked_sequence": 0,
        "timer_left_seconds": 192,
        "call_timeout_seconds": 200,
        "reset_timeout_seconds": 180,
        "clear_timeout_seconds": 180,
        "response_delay_seconds": 5,
        "idle_timer": {"left_seconds": 0, "period_seconds": 0},
        "recv_queue": 0,
        "send_queue": 0,
        "inode": 10964,
        "protocol": "rose",
        "listening": False,
        "uid": None,
    },
    "rose.node": {"family": "rose", "address": "3100201001", "mask": 10, "neighbours": [1]},
    "rose.route": {
        "family": "rose",
        "destination": "3100201001",
        "mask": 10,
        "next_hops": [{"neighbour": 1, "callsign": "RSLOOP-0", "interface": None}],
    },
    "rose.neighbour": {
        "family": "rose",
        "number": 4,
        "callsign": "KE4PJW-6",
        "interface": "ax2",
        "node_count": 1,
        "use_count": 0,
        "mode": "dte",
        "restarted": False,
        "restart_left_seconds": 0,
        "fail_left_seconds": 0,
        "digipeaters": [],
    },
    "ddp.socket": {
        "family": "ddp",
        "type": "raw",
        "local_address": "03E8:07",
        "local_port": 0x83,
        "remote_address": None,
        "remote_port": None,
        "state": "CLOSE",
        "state_number": 7,
        "recv_queue": 0,
        "send_queue": 0,
        "uid": 0,
        "protocol": "ddp",
        "listening": False,
        "inode": None,
    },
    "ddp.route": {
        "family": "ddp",
        "destination": "01F4:07",
        "gateway": "03E8:2A",
        "interface": "at1",
        "flags": ["gateway", "host", "up"],
        "flags_text": "UGH",
    },
    "ddp.interface": {
        "family": "ddp",
        "name": "at1",
        "address": "03E8:07",
        "first_network": 0x3E8,
        "last_network": 0x3F1,
        "status": "up",
    },
    "ddp.neighbour": {
        "family": "ddp",
        "address": "FF00:01",
        "interface": "at0",
        "hardware_address": "00:00:00:00:00:00",
        "state": "unresolved",
        "expires_seconds": 9.76,
        "last_sent_seconds": 0.19,
        "retries": 2,
    },
}
"""What the first row of each file of the capture says, read off the file by hand."""


@pytest.mark.parametrize("kind", FIRST)
def test_a_row_becomes_a_record(kind: str, trees: Trees) -> None:
    """Each column of a recorded row is a field under its full name; what the file does not tell is null."""
    assert of_kind(trees[CAPTURE], kind)[0] == FIRST[kind]


@pytest.mark.parametrize("name", [*CAPTURES, *BUILT])
def test_every_record(name: str, trees: Trees) -> None:
    """All files of a tree give the records kept for it, in their order."""
    assert records(place_of(name, trees)) == golden(name)


@pytest.mark.parametrize("name", [*CAPTURES, *BUILT])
def test_every_row_is_read(name: str, trees: Trees) -> None:
    """Nothing in a recorded or documented file is a problem, and no record was rejected."""
    made = report(place_of(name, trees))
    assert made["problems"] == []
    assert [gap for gap in made["completeness"] if gap["reason"] in ("rejected", "broken_plugin")] == []


def test_every_kind_is_kept() -> None:
    """The kept records show each kind of each family at least once."""
    kept = {record["kind"] for name in (*CAPTURES, *BUILT) for record in golden(name)}
    declared = {offer.reader.kind for offer in Host().offers(TABLES, FAMILIES) if offer.plugin.name == "legacy_af"}
    assert kept == declared
    assert len(kept) == 23


def test_netrom_routes_keep_all_neighbours(trees: Trees) -> None:
    """A node's ways are joined with the neighbours by number, all of them; netstat shows the one in use."""
    oulu = next(one for one in of_kind(trees[CAPTURE], "netrom.route") if one["mnemonic"] == "OULU")
    assert oulu == {
        "family": "netrom",
        "destination": "OH7NOD-1",
        "mnemonic": "OULU",
        "in_use": 1,
        "next_hops": [
            {"quality": 192, "obsolescence_count": 6, "neighbour": 1, "callsign": "OH7LZB-7", "interface": "ax0"},
            {"quality": 128, "obsolescence_count": 5, "neighbour": 2, "callsign": "KB5BBB-0", "interface": "ax1"},
        ],
    }


def test_a_neighbour_without_an_entry_is_unknown(trees: Trees) -> None:
    """A number that is in no table of neighbours stays, without callsign and interface."""
    (unknown,) = of_kind(trees["examples/legacy"], "netrom.route")[-1:]
    assert unknown["next_hops"] == [
        {"quality": 1, "obsolescence_count": 6, "neighbour": 77, "callsign": None, "interface": None}
    ]


def test_a_rose_call_in_transit(trees: Trees) -> None:
    """A call that passes through has both of its sides, with LCIs read as hexadecimal."""
    assert of_kind(trees["captures/legacy-peera-6.1"], "rose.circuit") == [
        {
            "family": "rose",
            "source": {"lci": 0x21, "address": "2342104321", "callsign": "G0ABC-3", "neighbour": 2},
            "destination": {"lci": 0x31, "address": "3100123456", "callsign": "FAR-1", "neighbour": 3},
        }
    ]


def test_digipeaters_that_were_passed() -> None:
    """The star behind a digipeater says that this one and those before it were passed."""
    link, repeater = of_kind(OLD_KERNELS / "linux-2.4", "ax25.socket")
    assert (link["digipeaters"], link["digipeaters_passed"]) == (["DIGI1-0", "DIGI2-0"], 1)
    assert (repeater["local_callsign"], repeater["repeats"]) == ("N0CALL-1", True)


@pytest.mark.parametrize(
    ("number", "word"), [(3, "ESTABLISHED"), (4, "AWAITING_RESET"), (5, "DEFERRED"), (6, "UNKNOWN(6)")]
)
def test_words_for_states_of_rose(number: int, word: str) -> None:
    """ROSE has two states that netstat has no word for; a number out of range is told."""
    from netstat_legacy_af import rose

    content = (OLD_KERNELS / "linux-2.4/proc/net/rose").read_bytes().replace(b" 00001  5  ", b" 00001  %d  " % number)
    (record,) = rose.parse_sockets("rose", content)
    assert isinstance(record, dict)
    assert (record["state"], record["state_number"]) == (word, number)


def test_sockets_of_linux_2_0() -> None:
    """Columns that only Linux 2.0 has are read by name, and those it lacks are null."""
    slave, link = of_kind(OLD_KERNELS / "linux-2.0", "ax25.socket")
    assert (slave["dama_slave"], slave["send_queue"], slave["recv_queue"]) == (True, 536, 128)
    assert (slave["idle_timer"], slave["acknowledge_timer"]) == (
        {"left_seconds": 840, "period_seconds": 1200},
        {"left_seconds": 7, "period_seconds": 10},
    )
    assert (link["dama_slave"], link["send_queue"], link["recv_queue"]) == (False, None, None)
    circuit = of_kind(OLD_KERNELS / "linux-2.0", "netrom.socket")[0]
    assert (circuit["round_trip_seconds"], circuit["packet_bytes"]) == (60, 236)
    assert (circuit["busy_timer"], circuit["idle_timer"], circuit["inode"]) == (None, None, None)


def test_owners_are_joined(trees: Trees) -> None:
    """Sockets of families whose file has inodes get the processes that hold them; those without a socket none."""
    from netstat_core import Query, collect
    from netstat_core.system.snapshot import SnapshotSystem

    sockets = collect(Query(owners=("processes", "arguments")), SnapshotSystem(trees[CAPTURE]))["tables"]["sockets"]
    owned = ("ax25.socket", "netrom.socket", "rose.socket", "x25.socket")
    held = {kind: [one["processes"] for one in sockets if one["kind"] == kind] for kind in owned}
    assert held["netrom.socket"][0] == [{"pid": 205, "uid": 0, "name": "pause", "command": ["netromd", "-i"]}]
    assert all(held["rose.socket"])
    assert all(held["x25.socket"])
    assert held["ax25.socket"][:3] == [[], [], []]
    assert "processes" not in next(one for one in sockets if one["kind"] == "ipx.socket")


OLD_TEXT = sorted(OLD_KERNELS.glob("*/text/*.out"))


@pytest.mark.parametrize("wanted", OLD_TEXT, ids=lambda path: f"{path.parent.parent.name} {path.stem}")
def test_text_of_old_kernels(wanted: Path) -> None:
    """The files of kernels that could not be recorded look as netstat shows those of later ones."""
    outcome = show(wanted.parent.parent, *wanted.stem.split("_"))
    assert outcome.stdout == wanted.read_bytes()
    assert (outcome.stderr, outcome.returncode) == (b"", 0)


def test_old_text_takes_part() -> None:
    """The texts are found, some for each of the kernels."""
    assert {path.parent.parent.name for path in OLD_TEXT} == set(BUILT)
    assert len(OLD_TEXT) == 10
