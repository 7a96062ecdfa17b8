"""The part of a TCP socket's record that comes from struct tcp_info of linux/tcp.h."""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from typing import Annotated, TypedDict

from netstat_core.plugin import Bytes, Count, Field

TCP_INFO = "tcp_info"
"""The field of socket records that holds this part; it is read only on request."""

CONGESTION_STATES = ("open", "disorder", "cwr", "recovery", "loss")
"""Words by the numbers of enum tcp_ca_state (linux/tcp.h)."""

FASTOPEN_FAILURES = (None, "cookie_unavailable", "data_not_acknowledged", "syn_retransmitted")
"""Words by the numbers of enum tcp_fastopen_client_fail (linux/tcp.h)."""

Seconds = Annotated[float, Field("A time in seconds", minimum=0)]

_OLD = "null before Linux"


class TcpInfo(TypedDict):
    """What the kernel knows of a TCP connection; for a listening socket, what it hands on to its connections."""

    congestion_algorithm: Annotated[
        str | None,
        Field(
            "Congestion control algorithm (INET_DIAG_CONG); null if the kernel or the capture names none", mark="word"
        ),
    ]
    congestion_state: Annotated[
        str | None,
        Field("State of congestion control (tcpi_ca_state)", words=CONGESTION_STATES, pattern=r"^unknown\([0-9]+\)$"),
    ]
    congestion_window_segments: Annotated[Count | None, Field("Congestion window (tcpi_snd_cwnd)")]
    slow_start_threshold_segments: Annotated[
        Count | None, Field("Slow start threshold (tcpi_snd_ssthresh); null if it is infinite, as before any loss")
    ]
    reordering_segments: Annotated[
        Count | None, Field("Distance of reordering that is not taken for a loss (tcpi_reordering)")
    ]
    rtt_seconds: Annotated[Seconds | None, Field("Smoothed round-trip time (tcpi_rtt); null before it is measured")]
    rtt_variation_seconds: Annotated[
        Seconds | None, Field("Mean deviation of the round-trip time (tcpi_rttvar); null before it is measured")
    ]
    min_rtt_seconds: Annotated[
        Seconds | None,
        Field(f"Least round-trip time of late (tcpi_min_rtt); null before it is measured, {_OLD} 4.6"),
    ]
    receive_rtt_seconds: Annotated[
        Seconds | None, Field("Round-trip time as the receiver estimates it (tcpi_rcv_rtt); null without an estimate")
    ]
    rto_seconds: Annotated[Seconds | None, Field("Retransmission timeout (tcpi_rto)")]
    ato_seconds: Annotated[Seconds | None, Field("Timeout of delayed ACKs (tcpi_ato); null without an estimate")]
    backoff: Annotated[Count | None, Field("Times that the timeout was doubled (tcpi_backoff)")]
    unacknowledged_segments: Annotated[
        Count | None, Field("Segments sent and not acknowledged, retransmissions not counted (tcpi_unacked)")
    ]
    sacked_segments: Annotated[Count | None, Field("Of these, acknowledged selectively (tcpi_sacked)")]
    lost_segments: Annotated[Count | None, Field("Of these, taken for lost (tcpi_lost)")]
    retransmits_in_flight_segments: Annotated[
        Count | None, Field("Retransmissions not acknowledged yet (tcpi_retrans)")
    ]
    retransmitted_segments: Annotated[Count | None, Field("All retransmissions so far (tcpi_total_retrans)")]
    delivered_segments: Annotated[
        Count | None, Field(f"Data segments that the peer acknowledged (tcpi_delivered); {_OLD} 4.18")
    ]
    ce_delivered_segments: Annotated[
        Count | None,
        Field(f"Of these, acknowledged with an echo of ECN congestion (tcpi_delivered_ce); {_OLD} 4.18"),
    ]
    dsacked_segments: Annotated[
        Count | None, Field(f"Segments that the peer reported as duplicates (tcpi_dsack_dups); {_OLD} 4.19")
    ]
    reordering_events: Annotated[Count | None, Field(f"Times that reordering was seen (tcpi_reord_seen); {_OLD} 4.19")]
    out_of_order_segments: Annotated[
        Count | None, Field(f"Segments received out of order (tcpi_rcv_ooopack); {_OLD} 5.4")
    ]
    sent_segments: Annotated[Count | None, Field(f"Segments sent (tcpi_segs_out); {_OLD} 4.2")]
    received_segments: Annotated[Count | None, Field(f"Segments received (tcpi_segs_in); {_OLD} 4.2")]
    sent_data_segments: Annotated[Count | None, Field(f"Segments sent with data (tcpi_data_segs_out); {_OLD} 4.6")]
    received_data_segments: Annotated[
        Count | None, Field(f"Segments received with data (tcpi_data_segs_in); {_OLD} 4.6")
    ]
    sent_bytes: Annotated[Bytes | None, Field(f"Bytes sent, with retransmissions (tcpi_bytes_sent); {_OLD} 4.19")]
    acknowledged_bytes: Annotated[
        Bytes | None, Field(f"Bytes sent that the peer acknowledged (tcpi_bytes_acked); {_OLD} 4.1")
    ]
    retransmitted_bytes: Annotated[Bytes | None, Field(f"Bytes sent again (tcpi_bytes_retrans); {_OLD} 4.19")]
    received_bytes: Annotated[Bytes | None, Field(f"Bytes received in order (tcpi_bytes_received); {_OLD} 4.1")]
    unsent_bytes: Annotated[Bytes | None, Field(f"Bytes written, not yet sent (tcpi_notsent_bytes); {_OLD} 4.6")]
    pacing_bytes_per_second: Annotated[
        Count | None, Field(f"Rate at which packets are paced (tcpi_pacing_rate); null if unlimited, {_OLD} 3.15")
    ]
    max_pacing_bytes_per_second: Annotated[
        Count | None,
        Field(f"Largest rate of pacing, SO_MAX_PACING_RATE (tcpi_max_pacing_rate); null if unlimited, {_OLD} 3.15"),
    ]
    delivery_bytes_per_second: Annotated[
        Count | None, Field(f"Rate of delivery (tcpi_delivery_rate); null before it is measured, {_OLD} 4.9")
    ]
    app_limited: Annotated[
        bool | None,
        Field(
            "The rate of delivery was limited by what the application sent (tcpi_delivery_rate_app_limited); "
            f"{_OLD} 4.9"
        ),
    ]
    send_mss_bytes: Annotated[Bytes | None, Field("Segment size in use for sending (tcpi_snd_mss)")]
    receive_mss_bytes: Annotated[Bytes | None, Field("Segment size of the peer, as estimated (tcpi_rcv_mss)")]
    advertised_mss_bytes: Annotated[Bytes | None, Field("Segment size advertised to the peer (tcpi_advmss)")]
    path_mtu_bytes: Annotated[Bytes | None, Field("MTU of the path (tcpi_pmtu); null if unknown")]
    send_window_bytes: Annotated[
        Bytes | None, Field(f"Receive window that the peer advertised, scaled (tcpi_snd_wnd); {_OLD} 5.4")
    ]
    receive_window_bytes: Annotated[
        Bytes | None, Field(f"Receive window advertised to the peer, scaled (tcpi_rcv_wnd); {_OLD} 6.2")
    ]
    receive_window_limit_bytes: Annotated[
        Bytes | None, Field("Largest receive window that is advertised for now (tcpi_rcv_ssthresh)")
    ]
    receive_space_bytes: Annotated[
        Bytes | None, Field("Bytes that the application reads in a round-trip time, as estimated (tcpi_rcv_space)")
    ]
    send_window_scale: Annotated[
        int | None, Field("Shift of the peer's window (tcpi_snd_wscale); null without scaling", minimum=0, maximum=15)
    ]
    receive_window_scale: Annotated[
        int | None, Field("Shift of the own window (tcpi_rcv_wscale); null without scaling", minimum=0, maximum=15)
    ]
    timestamps: Annotated[bool | None, Field("Timestamps are in use (TCPI_OPT_TIMESTAMPS of tcpi_options)")]
    microsecond_timestamps: Annotated[
        bool | None, Field("Timestamps count microseconds (TCPI_OPT_USEC_TS, since Linux 6.7)")
    ]
    sack: Annotated[bool | None, Field("Selective acknowledgements are in use (TCPI_OPT_SACK)")]
    ecn: Annotated[bool | None, Field("Explicit congestion notification was negotiated (TCPI_OPT_ECN)")]
    ecn_seen: Annotated[bool | None, Field("A packet capable of ECN was received (TCPI_OPT_ECN_SEEN, since Linux 3.1)")]
    syn_data_acknowledged: Annotated[
        bool | None, Field("Data in the SYN was acknowledged: TCP Fast Open (TCPI_OPT_SYN_DATA, since Linux 3.7)")
    ]
    fastopen_failure: Annotated[
        str | None,
        Field(
            "Why TCP Fast Open failed for this client (tcpi_fastopen_client_fail, since Linux 5.5); else null",
            words=tuple(filter(None, FASTOPEN_FAILURES)),
        ),
    ]
    since_data_sent_seconds: Annotated[
        Seconds | None,
        Field("Time since data was sent, or since the connection was made (tcpi_last_data_sent); null before that"),
    ]
    since_data_received_seconds: Annotated[
        Seconds | None,
        Field("Time since data was received, or since the connection was made (tcpi_last_data_recv); null before that"),
    ]
    since_ack_received_seconds: Annotated[
        Seconds | None, Field("Time since the last ACK was received (tcpi_last_ack_recv); null before the first one")
    ]
    busy_seconds: Annotated[Seconds | None, Field(f"Time with data to send (tcpi_busy_time); {_OLD} 4.10")]
    receive_window_limited_seconds: Annotated[
        Seconds | None, Field(f"Of it, limited by the peer's receive window (tcpi_rwnd_limited); {_OLD} 4.10")
    ]
    send_buffer_limited_seconds: Annotated[
        Seconds | None, Field(f"Of it, limited by the own send buffer (tcpi_sndbuf_limited); {_OLD} 4.10")
    ]
    timeouts: Annotated[Count | None, Field(f"Retransmission timeouts, those of SYN too (tcpi_total_rto); {_OLD} 6.7")]
    timeout_recoveries: Annotated[
        Count | None, Field(f"Recoveries from timeouts (tcpi_total_rto_recoveries); {_OLD} 6.7")
    ]
    timeout_recovery_seconds: Annotated[
        Seconds | None, Field(f"Time spent in these recoveries (tcpi_total_rto_time); {_OLD} 6.7")
    ]
    rehashes: Annotated[
        Count | None, Field(f"Times that another path was tried after timeouts (tcpi_rehash); {_OLD} 6.2")
    ]
