"""A route's metrics: the nested RTA_METRICS of linux/rtnetlink.h."""

from __future__ import annotations

from typing import Any

from netstat_core.plugin import Attributes, Record, escape
from netstat_route.record import RouteMetrics
from netstat_route.words import flag_words

LOCK, MTU, WINDOW, RTT, RTT_VARIANCE, ADVERTISED_MSS = 1, 2, 3, 4, 5, 8
FEATURES, RTO_MIN, CONGESTION_CONTROL = 12, 13, 16

NAMES = {
    MTU: "mtu_bytes",
    WINDOW: "window_bytes",
    RTT: "rtt_ms",
    RTT_VARIANCE: "rtt_variance_ms",
    6: "slow_start_threshold",
    7: "congestion_window",
    ADVERTISED_MSS: "advertised_mss_bytes",
    9: "reordering",
    10: "hop_limit",
    11: "initial_congestion_window",
    FEATURES: "features",
    RTO_MIN: "rto_min_ms",
    14: "initial_receive_window",
    15: "quick_ack",
    CONGESTION_CONTROL: "congestion_control",
    17: "fastopen_no_cookie",
}

_FEATURES = {1: "ecn", 2: "sack", 4: "timestamp", 8: "allfrag", 16: "tcp_usec_ts"}
_FRACTIONS = {RTT: 8, RTT_VARIANCE: 4, RTO_MIN: 1}
"""The kernel keeps round-trip times in eighths and their variance in quarters of a millisecond."""

_EMPTY: dict[str, Any] = dict.fromkeys(RouteMetrics.__annotations__)


def metrics(found: Attributes) -> Record:
    """The metrics as they appear in records."""
    record: Record = {**_EMPTY, "locked": []}
    for kind, payload in found.items():
        amount = found.number(kind, 0)
        if kind == LOCK:
            record["locked"] = sorted(NAMES[bit] for bit in NAMES if amount >> bit & 1)
        elif kind == FEATURES:
            record["features"] = flag_words(_FEATURES, amount)
        elif kind == CONGESTION_CONTROL:
            record["congestion_control"] = escape(payload.rstrip(b"\0"))
        elif kind in _FRACTIONS:
            record[NAMES[kind]] = amount / _FRACTIONS[kind]
        elif kind in NAMES:
            record[NAMES[kind]] = amount
    return record
