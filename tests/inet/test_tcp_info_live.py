"""Live connections: each value of ``tcp_info`` is the one that ss shows."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from namespaces import NetworkNamespace, network_namespace, reason

if TYPE_CHECKING:
    from collections.abc import Iterator

ZOO = Path(__file__).resolve().parent / "tcp_info_zoo.py"
TRIES = 20
"""Connections go on between two runs: for each, one pair of equal outputs out of so many proves the point."""

BITS = 8
VALUES = {
    "cwnd": ("congestion_window_segments", 1),
    "ssthresh": ("slow_start_threshold_segments", 1),
    "rto": ("rto_seconds", 1000),
    "ato": ("ato_seconds", 1000),
    "minrtt": ("min_rtt_seconds", 1000),
    "rcv_rtt": ("receive_rtt_seconds", 1000),
    "backoff": ("backoff", 1),
    "unacked": ("unacknowledged_segments", 1),
    "sacked": ("sacked_segments", 1),
    "lost": ("lost_segments", 1),
    "delivered": ("delivered_segments", 1),
    "delivered_ce": ("ce_delivered_segments", 1),
    "dsack_dups": ("dsacked_segments", 1),
    "reord_seen": ("reordering_events", 1),
    "rcv_ooopack": ("out_of_order_segments", 1),
    "segs_out": ("sent_segments", 1),
    "segs_in": ("received_segments", 1),
    "data_segs_out": ("sent_data_segments", 1),
    "data_segs_in": ("received_data_segments", 1),
    "bytes_sent": ("sent_bytes", 1),
    "bytes_acked": ("acknowledged_bytes", 1),
    "bytes_retrans": ("retransmitted_bytes", 1),
    "bytes_received": ("received_bytes", 1),
    "notsent": ("unsent_bytes", 1),
    "mss": ("send_mss_bytes", 1),
    "rcvmss": ("receive_mss_bytes", 1),
    "advmss": ("advertised_mss_bytes", 1),
    "pmtu": ("path_mtu_bytes", 1),
    "snd_wnd": ("send_window_bytes", 1),
    "rcv_space": ("receive_space_bytes", 1),
    "rcv_ssthresh": ("receive_window_limit_bytes", 1),
    "pacing_rate": ("pacing_bytes_per_second", BITS),
    "delivery_rate": ("delivery_bytes_per_second", BITS),
}
"""Our field for each word of ss, and how many of its units are one of ours."""

MILLISECONDS = {
    "busy": "busy_seconds",
    "rwnd_limited": "receive_window_limited_seconds",
    "sndbuf_limited": "send_buffer_limited_seconds",
    "lastsnd": "since_data_sent_seconds",
    "lastrcv": "since_data_received_seconds",
    "lastack": "since_ack_received_seconds",
}
"""Times that go on, which ss shows in whole milliseconds: ours were read between two runs of ss."""

FLAGS = {"ts": "timestamps", "sack": "sack", "ecn": "ecn", "ecnseen": "ecn_seen", "app_limited": "app_limited"}
Words = dict[str, str]


@pytest.fixture(scope="module")
def zoo() -> Iterator[NetworkNamespace]:
    """Give a namespace full of connections."""
    if why := reason():
        pytest.skip(why)
    for tool in ("ss", "nft"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    with network_namespace() as made:
        made.run(["ip", "link", "set", "lo", "up"])
        made.run(["sysctl", "-qw", "net.ipv4.tcp_ecn=1"])
        with made.running([sys.executable, str(ZOO)]):
            yield made


def run_ss(zoo: NetworkNamespace) -> dict[tuple[str, str], Words]:
    """Return the words of each socket by its two addresses; those without a value have an empty one."""
    shown: dict[tuple[str, str], Words] = {}
    for line in zoo.run(["ss", "-taniOHo"]).stdout.decode().splitlines():
        state, _, _, local, remote, *rest = line.split()
        text = re.sub(r"(pacing_rate|delivery_rate) (\S+)", r"\1:\2", re.sub(r"\w+:\([^)]*\)", "", " ".join(rest)))
        words = {key: value for key, _, value in (word.partition(":") for word in text.split())}
        shown[local, remote] = {**words, "state": state}
    return shown


def run_ours(zoo: NetworkNamespace) -> dict[tuple[str, str], dict[str, Any]]:
    """Return ``tcp_info`` of each socket by its two addresses, as ss writes them."""
    report = json.loads(zoo.run([sys.executable, "-m", "netstat_core", "-tan", "--tcp-info", "--json"]).stdout)
    assert report["completeness"] == []
    return {
        tuple(_name(record, side) for side in ("local", "remote")): record["tcp_info"]  # type: ignore[misc]
        for record in report["tables"]["sockets"]
    }


def _name(record: dict[str, Any], side: str) -> str:
    address, port = record[f"{side}_address"], record[f"{side}_port"]
    return f"{f'[{address}]' if ':' in address else address}:{port or '*'}"


def number(words: Words, key: str) -> float:
    """Return the number at the start of a word; 0 if ss does not show the word, as for 0."""
    found = re.match(r"[\d.]+", words.get(key, ""))
    return float(found[0]) if found else 0.0


def differences(before: Words, info: dict[str, Any], after: Words) -> Iterator[str]:
    """Yield the fields that differ from what ss shows, or that are not between what it showed before and after."""
    for key, (field, scale) in VALUES.items():
        value = (info[field] or 0) * scale
        if value != pytest.approx(number(before, key), rel=1e-5):
            yield f"{field} {value}: {key} {before.get(key)}"
    for key, field in MILLISECONDS.items():
        value = (info[field] or 0) * 1000
        if info[field] is not None and not number(before, key) - 1 < value < number(after, key) + 1:
            yield f"{field} {value}: {key} {before.get(key)} and {after.get(key)}"
    yield from (f"{field} {info[field]}" for flag, field in FLAGS.items() if bool(info[field]) != (flag in before))


def split_numbers(words: Words, key: str, separator: str) -> list[float]:
    """Return the numbers of a word such as ``rtt:0.5/0.25``; zeros if ss does not show it."""
    return [*map(float, re.sub(r"\(.*", "", words.get(key, f"0{separator}0")).split(separator))]


def more_differences(before: Words, info: dict[str, Any]) -> Iterator[str]:
    """Yield the fields of words with two numbers that differ."""
    pairs = {
        ("rtt", "/", "rtt_seconds", "rtt_variation_seconds", 1000),
        ("retrans", "/", "retransmits_in_flight_segments", "retransmitted_segments", 1),
        ("wscale", ",", "send_window_scale", "receive_window_scale", 1),
    }
    for key, separator, first, second, scale in pairs:
        values = [(info[field] or 0) * scale for field in (first, second)]
        if values != pytest.approx(split_numbers(before, key, separator), rel=1e-5):
            yield f"{first} and {second} {values}: {before.get(key)}"
    if info["congestion_algorithm"] not in before:
        yield f"congestion_algorithm {info['congestion_algorithm']}"
    if (info["max_pacing_bytes_per_second"] or 0) * BITS != float(
        before.get("pacing_rate", "").partition("/")[2].removesuffix("bps") or 0
    ):
        yield f"max_pacing_bytes_per_second: {before.get('pacing_rate')}"


def test_each_value_is_that_of_ss(zoo: NetworkNamespace) -> None:
    """Idle, talking, stuck, paced, dropped, opening and listening sockets show what ss shows, in our units."""
    wrong: dict[Any, list[str]] = {}
    for _ in range(TRIES):
        before, ours, after = run_ss(zoo), run_ours(zoo), run_ss(zoo)
        assert before.keys() == ours.keys()
        for key in [*(wrong or ours)]:
            wrong[key] = [*differences(before[key], ours[key], after[key]), *more_differences(before[key], ours[key])]
        wrong = {key: texts for key, texts in wrong.items() if texts}
        if not wrong:
            break
    assert wrong == {}


def test_the_connections_differ_in_what_they_show(zoo: NetworkNamespace) -> None:
    """The zoo proves something: each kind of value is there somewhere, and null where there is none."""
    infos = {key[1].rpartition(":")[2]: info for key, info in run_ours(zoo).items()}
    assert infos["7001"]["congestion_algorithm"] == "reno"
    assert infos["7001"]["rtt_seconds"] > 0
    assert infos["7002"]["unsent_bytes"] > 0
    assert infos["7003"]["retransmitted_segments"] > 0
    assert infos["7003"]["timeouts"] is None or infos["7003"]["timeouts"] > 0
    assert infos["7003"]["congestion_state"] == "loss"
    assert infos["7004"]["max_pacing_bytes_per_second"] == 1_000_000
    assert infos["7999"]["rtt_seconds"] is infos["7999"]["since_data_sent_seconds"] is None
    assert {key for key, value in infos["*"].items() if value is not None} == {
        *("congestion_algorithm", "congestion_window_segments", "reordering_segments")
    }
