"""The record of an Internet socket, and the words for the kernel's numbers of states and timers."""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from typing import Annotated, Any, TypedDict

from netstat_core.plugin import Address, Bytes, Count, Field, InterfaceName, Port, Record, SocketRecord, Uid
from netstat_inet.sctp_record import Sctp, make_sctp
from netstat_inet.tcp_info_record import TcpInfo

# include/net/tcp_states.h
TCP_ESTABLISHED = 1
TCP_SYN_SENT = 2
TCP_SYN_RECV = 3
TCP_CLOSE = 7
TCP_LISTEN = 10

TCP_STATES = (
    None,
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
)
"""Words by the numbers of include/net/tcp_states.h."""

BOUND_INACTIVE = "BOUND_INACTIVE"
"""The word for TCP_BOUND_INACTIVE (13), a state that sockets are asked for by and never in: they are in TCP_CLOSE."""

WINDOWS = ("send_window_bytes", "receive_window_bytes", "receive_window_limit_bytes", "receive_buffer_bytes")
"""Fields of TCP sockets that are read only on request, at less cost than ``tcp_info``, which has most of them too."""

SCTP_ENDPOINTS, SCTP_ASSOCIATIONS = "/proc/net/sctp/eps", "/proc/net/sctp/assocs"

SCTP_STATES = (
    "CLOSED",
    "COOKIE_WAIT",
    "COOKIE_ECHOED",
    "ESTABLISHED",
    "SHUTDOWN_PENDING",
    "SHUTDOWN_SENT",
    "SHUTDOWN_RECEIVED",
    "SHUTDOWN_ACK_SENT",
)
"""Words by the numbers of enum sctp_state (Linux 3.0 and later; earlier kernels have EMPTY before CLOSED)."""

PROTOCOLS = ("tcp", "udp", "udplite", "raw", "icmp", "sctp")
TIMERS = ("off", "retransmit", "keepalive", "timewait", "probe")

_UNKNOWN = r"^UNKNOWN\([0-9]+\)$"
_STATES = tuple(dict.fromkeys([*filter(None, TCP_STATES), BOUND_INACTIVE, *SCTP_STATES]))


class Timer(TypedDict):
    """The running timer of a socket: columns tr, tm->when, retrnsmt and timeout of /proc/net/tcp."""

    kind: Annotated[str, Field("What the timer is for", words=TIMERS, pattern=r"^unknown\([0-9]+\)$")]
    expires_seconds: Annotated[float | None, Field("Time until the timer fires; null if it is off", minimum=0)]
    retransmits: Annotated[int | None, Field("Unanswered retransmissions so far", minimum=0)]
    probes: Annotated[int | None, Field("Unanswered keepalive or zero-window probes so far", minimum=0)]


class InetSocket(SocketRecord):
    """A socket over IPv4 or IPv6; for SCTP an endpoint or an association."""

    family: Annotated[str, Field("Address family of the socket", words=("inet", "inet6"))]
    protocol: Annotated[
        str | None, Field("Protocol; the same word for both families", words=PROTOCOLS, never_null=True)
    ]
    local_address: Annotated[Address | None, Field("Local address; for SCTP the first one", mark="address")]
    local_port: Annotated[Port | None, Field("Local port; 0 for any; null for raw and icmp sockets", minimum=0)]
    remote_address: Annotated[Address | None, Field("Remote address; unspecified if not connected", mark="address")]
    remote_port: Annotated[Port | None, Field("Remote port; 0 if not connected", minimum=0)]
    state: Annotated[
        str | None,
        Field(
            "State of the connection; BOUND_INACTIVE has a tcp socket that is bound and neither listens nor connects "
            "(over netlink since Linux 6.8)",
            words=_STATES,
            pattern=_UNKNOWN,
        ),
    ]
    state_number: Annotated[int | None, Field("The kernel's number of the state", minimum=0)]
    listening: Annotated[bool, Field("Accepts connections (tcp, endpoints of sctp) or datagrams from anywhere")]
    recv_queue: Annotated[
        Bytes | None,
        Field(
            "Bytes received, not yet read; connections that wait for accept() if tcp or sctp listens", never_null=True
        ),
    ]
    send_queue: Annotated[Bytes | None, Field("Bytes sent or to be sent, not yet acknowledged", never_null=True)]
    backlog: Annotated[Count | None, Field("Most connections that may wait for accept(); null unless listening")]
    uid: Uid | None
    timer: Timer | None
    v4_mapped: Annotated[
        bool, Field("IPv6 socket with an IPv4-mapped address, which the record shows as the IPv4 address")
    ]
    v6_only: Annotated[bool | None, Field("IPV6_V6ONLY is set: no IPv4; null if unknown or not IPv6")]
    interface: Annotated[
        InterfaceName | None,
        Field(
            "Device it is bound to, if7 if none has its number 7; null if it is bound to none, and from /proc",
            mark="interface",
        ),
    ]
    drops: Annotated[Count | None, Field("Packets dropped since the socket was created")]
    local_addresses: Annotated[list[Address] | None, Field("sctp: all local addresses, in the order of the kernel")]
    remote_addresses: Annotated[
        list[Address] | None, Field("sctp: all remote addresses, in the order of the kernel; null for an endpoint")
    ]
    socket_state: Annotated[str | None, Field("sctp: state of the socket", words=_STATES, pattern=_UNKNOWN)]
    association_id: Annotated[int | None, Field("sctp: the kernel's number of the association", minimum=0)]
    ip_protocol: Annotated[int | None, Field("raw: number of the IP protocol", minimum=0)]
    icmp_id: Annotated[int | None, Field("icmp: identifier of the echo requests", minimum=0, maximum=0xFFFF)]
    tcp_info: Annotated[
        TcpInfo | None,
        Field(
            "tcp: what the kernel knows of the connection; null if not asked for, not read over netlink, and in the "
            "states SYN_RECV and TIME_WAIT"
        ),
    ]
    sctp: Annotated[Sctp | None, Field("sctp: what the kernel knows besides; null for other protocols")]
    send_window_bytes: Annotated[
        Bytes | None,
        Field("tcp: bytes the peer takes (tcpi_snd_wnd, since Linux 5.4); null if not asked for, as tcp_info is"),
    ]
    receive_window_bytes: Annotated[
        Bytes | None,
        Field("tcp: bytes offered to the peer (tcpi_rcv_wnd, since Linux 6.2); null if not asked for, as tcp_info is"),
    ]
    receive_window_limit_bytes: Annotated[
        Bytes | None,
        Field("tcp: most bytes offered for now (tcpi_rcv_ssthresh); null if not asked for, as tcp_info is"),
    ]
    receive_buffer_bytes: Annotated[
        Bytes | None, Field("tcp: limit of what waits to be read (SK_MEMINFO_RCVBUF); null if not asked for")
    ]


KEYS = (
    "family",
    "protocol",
    "local_address",
    "local_port",
    "remote_address",
    "remote_port",
    "state",
    "state_number",
    "listening",
    "recv_queue",
    "send_queue",
    "backlog",
    "uid",
    "inode",
    "timer",
    "v4_mapped",
    "v6_only",
    "interface",
    "drops",
    "local_addresses",
    "remote_addresses",
    "socket_state",
    "association_id",
    "ip_protocol",
    "icmp_id",
    "tcp_info",
    "sctp",
    *WINDOWS,
)
"""The field names in the order of the record."""


def make_sctp_record(local: list[str], remote: list[str] | None, **known: Any) -> Record:
    """Return the record of an SCTP endpoint (``remote`` is None) or association.

    ``known`` are further fields, ``socket_state`` among them; fields that are not given are null.
    """
    record = {
        "family": "inet6" if any(":" in address for address in local + (remote or [])) else "inet",
        "protocol": "sctp",
        "local_address": local[0] if local else None,
        "local_port": None,
        "remote_address": remote[0] if remote else None,
        "remote_port": None,
        "state": None,
        "state_number": None,
        "listening": known["socket_state"] == "LISTEN" and remote is None,
        "recv_queue": 0,
        "send_queue": 0,
        "backlog": None,
        "uid": None,
        "inode": None,
        "timer": None,
        "v4_mapped": False,
        "v6_only": None,
        "interface": None,
        "drops": None,
        "local_addresses": local,
        "remote_addresses": remote,
        "socket_state": None,
        "association_id": None,
        "ip_protocol": None,
        "icmp_id": None,
        "tcp_info": None,
        "sctp": make_sctp(),
        **dict.fromkeys(WINDOWS),
    }
    return {**record, **known}


def to_tcp_state(number: int) -> str:
    """Return the word for a TCP state, ``UNKNOWN(number)`` if there is none."""
    word = TCP_STATES[number] if 0 <= number < len(TCP_STATES) else None
    return word or f"UNKNOWN({number})"


def to_sctp_state(number: int) -> str:
    """Return the word for the state of an SCTP association, ``UNKNOWN(number)`` if there is none."""
    return SCTP_STATES[number] if 0 <= number < len(SCTP_STATES) else f"UNKNOWN({number})"


def to_datagram_state(number: int) -> str:
    """Return the word for the state of a datagram socket: ESTABLISHED, CLOSE or ``UNKNOWN(number)``."""
    return to_tcp_state(number) if number in (TCP_ESTABLISHED, TCP_CLOSE) else f"UNKNOWN({number})"


def to_timer_kind(number: int) -> str:
    """Return the word for a timer code of /proc/net/tcp or sock_diag, ``unknown(number)`` if there is none."""
    return TIMERS[number] if number < len(TIMERS) else f"unknown({number})"


class States(dict[int, str]):
    """Cache of state words by number."""

    def __init__(self, *, datagram: bool) -> None:
        super().__init__()
        self._word = to_datagram_state if datagram else to_tcp_state

    def __missing__(self, number: int) -> str:
        """Look the word up and cache it."""
        word = self[number] = self._word(number)
        return word
