"""struct tcp_info as a C compiler lays it out, of either byte order."""

from __future__ import annotations

import ctypes
from typing import Any

BYTES = ("state", "ca_state", "retransmits", "probes", "backoff", "options")
BITS = (("snd_wscale", 4), ("rcv_wscale", 4), ("delivery_rate_app_limited", 1), ("fastopen_client_fail", 2))
NUMBERS = """
    rto ato snd_mss rcv_mss unacked sacked lost retrans fackets last_data_sent last_ack_sent last_data_recv
    last_ack_recv pmtu rcv_ssthresh rtt rttvar snd_ssthresh snd_cwnd advmss reordering rcv_rtt rcv_space total_retrans
    pacing_rate:8 max_pacing_rate:8 bytes_acked:8 bytes_received:8 segs_out segs_in notsent_bytes min_rtt data_segs_in
    data_segs_out delivery_rate:8 busy_time:8 rwnd_limited:8 sndbuf_limited:8 delivered delivered_ce bytes_sent:8
    bytes_retrans:8 dsack_dups reord_seen rcv_ooopack snd_wnd rcv_wnd rehash total_rto:2 total_rto_recoveries:2
    total_rto_time
"""
TYPES = {2: ctypes.c_uint16, 4: ctypes.c_uint32, 8: ctypes.c_uint64}
SIZES = {104, 120, 136, 144, 160, 168, 192, 200, 224, 232, 240, 248}
"""The sizes of the struct in Linux 2.6 and in the versions that added members: 3.15, 4.1, 4.2, 4.6, 4.9, ... 6.7."""


def _fields() -> list[Any]:
    numbers = [name.partition(":") for name in NUMBERS.split()]
    return [
        *((name, ctypes.c_uint8) for name in BYTES),
        *((name, ctypes.c_uint8, width) for name, width in BITS),
        *((name, TYPES[int(size or 4)]) for name, _, size in numbers),
    ]


class Little(ctypes.LittleEndianStructure):
    """The struct of a little-endian machine."""

    _fields_ = _fields()


class Big(ctypes.BigEndianStructure):
    """The struct of a big-endian machine."""

    _fields_ = _fields()


def pack(order: str = "<", **members: int) -> bytes:
    """Return the struct with these members, the others 0."""
    return bytes((Little if order == "<" else Big)(**members))
