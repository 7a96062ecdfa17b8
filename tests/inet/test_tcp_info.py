"""struct tcp_info as records: every length and byte order, and null for all that the kernel does not say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from netstat_inet.tcp_info import KEYS, TcpInfos
from netstat_inet.tcp_info_record import TcpInfo
from tcp_info_struct import SIZES, pack

from netstat_core.plugin.schema import schema_of

ESTABLISHED, SYN_SENT, LISTEN = 1, 2, 10
SCHEMA = Draft202012Validator(schema_of(TcpInfo))
WHOLE = max(SIZES)
MEMBERS = """
    rtt=1500 rttvar=750 min_rtt=1000 rcv_rtt=2000 rto=204000 ato=40000 busy_time=5000000 rwnd_limited=1000000
    sndbuf_limited=500000 total_rto_time=700 last_data_sent=10 last_data_recv=20 last_ack_recv=30
    pacing_rate=1099511627776 max_pacing_rate=2199023255552 delivery_rate=4398046511104 snd_cwnd=10 snd_ssthresh=7
    reordering=3 ca_state=4 backoff=2 unacked=11 sacked=12 lost=13 retrans=14 total_retrans=15 delivered=16
    delivered_ce=17 dsack_dups=18 reord_seen=19 rcv_ooopack=20 segs_out=21 segs_in=22 data_segs_out=23
    data_segs_in=24 bytes_sent=25 bytes_acked=26 bytes_retrans=27 bytes_received=28 notsent_bytes=29 snd_mss=30
    rcv_mss=31 advmss=32 pmtu=33 snd_wnd=34 rcv_wnd=35 rcv_ssthresh=36 rcv_space=37 snd_wscale=7 rcv_wscale=10
    options=127 delivery_rate_app_limited=1 fastopen_client_fail=2 total_rto=38 total_rto_recoveries=39 rehash=40
"""
orders = st.sampled_from("<>")


def decode(info: bytes, order: str = "<") -> dict[str, Any]:
    """Return the record of one struct, checked against its schema."""
    [record] = TcpInfos(order).records([info], None)
    SCHEMA.validate(record)
    return record


def established(order: str = "<", **members: int) -> dict[str, Any]:
    """Return the record of an established connection with these members."""
    return decode(pack(order, state=ESTABLISHED, **members), order)


@given(st.binary(max_size=300), orders)
def test_any_struct_gives_a_record_of_the_schema(info: bytes, order: str) -> None:
    """Whatever bytes of whatever length a kernel or a snapshot has, the record follows its schema."""
    assert tuple(decode(info, order)) == KEYS


@given(st.binary(min_size=WHOLE, max_size=WHOLE), st.integers(0, WHOLE), st.binary(max_size=40), orders)
def test_what_a_shorter_struct_lacks_is_null_and_a_longer_one_reads_alike(
    info: bytes, length: int, more: bytes, order: str
) -> None:
    """A field of an older kernel's struct is null or what the whole struct says; a newer kernel's adds nothing."""
    whole, short = decode(info, order), decode(info[:length], order)
    assert {name: value for name, value in short.items() if value is not None}.items() <= whole.items()
    assert decode(info + more, order) == whole


@given(st.lists(st.binary(min_size=104, max_size=104), min_size=1, max_size=5), orders)
def test_each_struct_is_read_as_if_it_were_alone(infos: list[bytes], order: str) -> None:
    """The records of several structs are those of each, whatever states are among them."""
    assert TcpInfos(order).records(infos, None) == [decode(info, order) for info in infos]


def test_every_version_of_the_struct_adds_fields() -> None:
    """The sizes at which the struct has grown are the sizes at which more fields are known."""
    info = pack(state=ESTABLISHED, **dict.fromkeys(("rtt", "ato", "rcv_rtt", "pmtu", "delivery_rate"), 1))
    known = [sum(value is not None for value in decode(info[:size]).values()) for size in range(WHOLE + 1)]
    steps = [size for size in range(105, WHOLE + 1) if known[size] > known[size - 1]]
    assert SIZES - {104} <= {*steps}
    assert known[WHOLE] == len(KEYS) - 4  # congestion_algorithm, fastopen_failure and two scales


@pytest.mark.parametrize("order", ["<", ">"])
def test_times_are_in_seconds_and_rates_in_bytes_per_second(order: str) -> None:
    """Each value is that of its member, in the unit its name says, on either kind of machine."""
    members = {name: int(value) for name, value in (word.split("=") for word in MEMBERS.split())}
    assert list(established(order, **members).values()) == [
        *(None, "loss", 10, 7, 3, 0.0015, 0.00075, 0.001, 0.002, 0.204, 0.04, 2),
        *(11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29),
        *(1 << 40, 1 << 41, 1 << 42, True, 30, 31, 32, 33, 34, 35, 36, 37, 7, 10),
        *(True, True, True, True, True, True, "data_not_acknowledged"),
        *(0.01, 0.02, 0.03, 5.0, 1.0, 0.5, 38, 39, 0.7, 40),
    ]


@pytest.mark.parametrize(
    ("members", "fields"),
    [
        ({"snd_ssthresh": 0x7FFFFFFF}, ["slow_start_threshold_segments"]),
        ({"min_rtt": 0xFFFFFFFF}, ["min_rtt_seconds"]),
        ({"pacing_rate": 2**64 - 1}, ["pacing_bytes_per_second"]),
        ({"max_pacing_rate": 2**64 - 1}, ["max_pacing_bytes_per_second"]),
        ({"rtt": 0, "rttvar": 250_000}, ["rtt_seconds", "rtt_variation_seconds"]),
        ({"rcv_rtt": 0, "ato": 0}, ["receive_rtt_seconds", "ato_seconds"]),
        ({"delivery_rate": 0}, ["delivery_bytes_per_second"]),
        ({"options": 0, "snd_wscale": 3}, ["send_window_scale", "receive_window_scale"]),
        ({"state": SYN_SENT, "last_data_sent": 9, "last_ack_recv": 9}, ["since_data_sent_seconds"]),
        ({"state": SYN_SENT, "last_data_recv": 9}, ["since_ack_received_seconds", "since_data_received_seconds"]),
    ],
)
def test_what_stands_for_no_value_is_null(members: dict[str, int], fields: list[str]) -> None:
    """A number by which the kernel says infinite, unlimited or not measured never appears as a value."""
    record = decode(pack(**{"state": ESTABLISHED, **members}))
    assert [record[field] for field in fields] == [None] * len(fields)


def test_a_listening_socket_has_only_what_it_hands_on() -> None:
    """Its tcpi_unacked and tcpi_sacked are the queue and its limit, which the record of the socket has already."""
    info = pack(state=LISTEN, unacked=3, sacked=128, snd_cwnd=10, reordering=3, pacing_rate=2**64 - 1, rto=1)
    [record] = TcpInfos("<").records([info], [b"bbr\0"])
    assert {name: value for name, value in record.items() if value is not None} == {
        "congestion_algorithm": "bbr",
        "congestion_window_segments": 10,
        "reordering_segments": 3,
    }


def test_an_unknown_congestion_state_has_its_number() -> None:
    """States of later kernels are shown by number."""
    assert established(ca_state=9)["congestion_state"] == "unknown(9)"


def test_the_name_of_an_algorithm_is_that_of_its_attribute() -> None:
    """It ends before its NUL; an empty one is none, and bytes that are no text are escaped."""
    infos = [pack(state=ESTABLISHED)] * 3
    records = TcpInfos("<").records(infos, [b"cubic\0", b"\0", b"a\xff\0"])
    assert [record["congestion_algorithm"] for record in records] == ["cubic", None, r"a\xff"]
