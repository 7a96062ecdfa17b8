"""Metrics of routes: the RTAX_ attributes inside RTA_METRICS (linux/rtnetlink.h)."""

from __future__ import annotations

from typing import Any

from netstat_core.plugin import Attributes, Record, escape
from netstat_route.record import RouteMetrics
from netstat_route.words import to_flag_words

# linux/rtnetlink.h
RTAX_LOCK = 1
RTAX_MTU = 2
RTAX_WINDOW = 3
RTAX_RTT = 4
RTAX_RTTVAR = 5
RTAX_SSTHRESH = 6
RTAX_CWND = 7
RTAX_ADVMSS = 8
RTAX_REORDERING = 9
RTAX_HOPLIMIT = 10
RTAX_INITCWND = 11
RTAX_FEATURES = 12
RTAX_RTO_MIN = 13
RTAX_INITRWND = 14
RTAX_QUICKACK = 15
RTAX_CC_ALGO = 16
RTAX_FASTOPEN_NO_COOKIE = 17

RTAX_FEATURE_ECN = 0x1
RTAX_FEATURE_SACK = 0x2
RTAX_FEATURE_TIMESTAMP = 0x4
RTAX_FEATURE_ALLFRAG = 0x8
RTAX_FEATURE_TCP_USEC_TS = 0x10

NAMES = {
    RTAX_MTU: "mtu_bytes",
    RTAX_WINDOW: "window_bytes",
    RTAX_RTT: "rtt_ms",
    RTAX_RTTVAR: "rtt_variance_ms",
    RTAX_SSTHRESH: "slow_start_threshold",
    RTAX_CWND: "congestion_window",
    RTAX_ADVMSS: "advertised_mss_bytes",
    RTAX_REORDERING: "reordering",
    RTAX_HOPLIMIT: "hop_limit",
    RTAX_INITCWND: "initial_congestion_window",
    RTAX_FEATURES: "features",
    RTAX_RTO_MIN: "rto_min_ms",
    RTAX_INITRWND: "initial_receive_window",
    RTAX_QUICKACK: "quick_ack",
    RTAX_CC_ALGO: "congestion_control",
    RTAX_FASTOPEN_NO_COOKIE: "fastopen_no_cookie",
}

_FEATURES = {
    RTAX_FEATURE_ECN: "ecn",
    RTAX_FEATURE_SACK: "sack",
    RTAX_FEATURE_TIMESTAMP: "timestamp",
    RTAX_FEATURE_ALLFRAG: "allfrag",
    RTAX_FEATURE_TCP_USEC_TS: "tcp_usec_ts",
}
_FRACTIONS = {RTAX_RTT: 8, RTAX_RTTVAR: 4, RTAX_RTO_MIN: 1}
"""Divisors to milliseconds: the kernel has RTAX_RTT in eighths and RTAX_RTTVAR in quarters of a millisecond."""

_EMPTY: dict[str, Any] = dict.fromkeys(RouteMetrics.__annotations__)


def parse_metrics(attrs: Attributes) -> Record:
    """Return the field ``metrics`` of a route, from the attributes inside RTA_METRICS."""
    record: Record = {**_EMPTY, "locked": []}
    for kind, payload in attrs.items():
        amount = attrs.number(kind, 0)
        if kind == RTAX_LOCK:
            record["locked"] = sorted(NAMES[bit] for bit in NAMES if amount >> bit & 1)
        elif kind == RTAX_FEATURES:
            record["features"] = to_flag_words(_FEATURES, amount)
        elif kind == RTAX_CC_ALGO:
            record["congestion_control"] = escape(payload.rstrip(b"\0"))
        elif kind in _FRACTIONS:
            record[NAMES[kind]] = amount / _FRACTIONS[kind]
        elif kind in NAMES:
            record[NAMES[kind]] = amount
    return record
