"""The record of an Internet socket, and the words for its numbers."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from netstat_core.plugin import Address, Bytes, Count, Field, InterfaceName, Port, Record, SocketRecord, Uid

# include/net/tcp_states.h
TCP_ESTABLISHED = 1
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
"""include/net/tcp_states.h, by number."""

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
"""enum sctp_state of Linux 3.0 and later; before, an EMPTY came first."""

PROTOCOLS = ("tcp", "udp", "udplite", "raw", "icmp", "sctp")
TIMERS = ("off", "retransmit", "keepalive", "timewait", "probe")

_UNKNOWN = r"^UNKNOWN\([0-9]+\)$"
_STATES = tuple(dict.fromkeys([*filter(None, TCP_STATES), *SCTP_STATES]))


class Timer(TypedDict):
    """The timer that runs for the socket, as in the columns tr, tm->when, retrnsmt and timeout of /proc/net/tcp."""

    kind: Annotated[str, Field("What it waits for", words=TIMERS, pattern=r"^unknown\([0-9]+\)$")]
    expires_seconds: Annotated[float | None, Field("Time until it fires; null where it is off", minimum=0)]
    retransmits: Annotated[int | None, Field("Retransmissions without an answer so far", minimum=0)]
    probes: Annotated[int | None, Field("Keepalive or zero-window probes without an answer so far", minimum=0)]


class InetSocket(SocketRecord):
    """A socket of the Internet families; endpoints and associations for SCTP."""

    family: Annotated[str, Field("Address family of the socket", words=("inet", "inet6"))]
    protocol: Annotated[
        str | None, Field("Protocol; the same word for both families", words=PROTOCOLS, never_null=True)
    ]
    local_address: Annotated[Address | None, Field("Local address; the first of an SCTP socket's", mark="address")]
    local_port: Annotated[Port | None, Field("Local port, 0 for any; null for raw and ping sockets", minimum=0)]
    remote_address: Annotated[Address | None, Field("Remote address, unspecified where unconnected", mark="address")]
    remote_port: Annotated[Port | None, Field("Remote port, 0 where unconnected", minimum=0)]
    state: Annotated[str | None, Field("State of the connection", words=_STATES, pattern=_UNKNOWN)]
    state_number: Annotated[int | None, Field("The kernel's number for it", minimum=0)]
    listening: Annotated[bool, Field("Accepts connections (tcp, endpoints of sctp) or datagrams from anywhere")]
    recv_queue: Annotated[
        Bytes | None, Field("Received, not yet read; connections waiting for accept where listening", never_null=True)
    ]
    send_queue: Annotated[Bytes | None, Field("Sent or to be sent, not yet acknowledged", never_null=True)]
    backlog: Annotated[Count | None, Field("Most connections that may wait for accept; null unless listening")]
    uid: Uid | None
    timer: Timer | None
    v4_mapped: Annotated[bool, Field("An IPv6 socket with an IPv4-mapped address, which is shown as the IPv4 one")]
    v6_only: Annotated[bool | None, Field("Takes no IPv4 (IPV6_V6ONLY); null where unknown or not IPv6")]
    interface: Annotated[InterfaceName | None, Field("Interface it is bound to", mark="interface")]
    drops: Annotated[Count | None, Field("Packets dropped since the socket was made")]
    local_addresses: Annotated[list[Address] | None, Field("sctp: all local addresses, the primary path's first")]
    remote_addresses: Annotated[list[Address] | None, Field("sctp: all remote addresses; null for an endpoint")]
    socket_state: Annotated[str | None, Field("sctp: state of the socket", words=_STATES, pattern=_UNKNOWN)]
    association_id: Annotated[int | None, Field("sctp: the kernel's number of the association", minimum=0)]
    ip_protocol: Annotated[int | None, Field("raw: number of the IP protocol", minimum=0)]
    icmp_id: Annotated[int | None, Field("icmp: identifier of the echo requests", minimum=0, maximum=0xFFFF)]


KEYS = (
    *("family", "protocol", "local_address", "local_port", "remote_address", "remote_port"),
    *("state", "state_number", "listening", "recv_queue", "send_queue", "backlog", "uid", "inode", "timer"),
    *("v4_mapped", "v6_only", "interface", "drops", "local_addresses", "remote_addresses", "socket_state"),
    *("association_id", "ip_protocol", "icmp_id"),
)
"""The fields in the order they have in records."""


def sctp_socket(local: list[str], remote: list[str] | None, **known: Any) -> Record:
    """The record of an endpoint, which has no remote addresses, or of an association; what is not given is unknown."""
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
    }
    return {**record, **known}


def tcp_state(number: int) -> str:
    """The word for a TCP state."""
    word = TCP_STATES[number] if 0 <= number < len(TCP_STATES) else None
    return word or f"UNKNOWN({number})"


def sctp_state(number: int) -> str:
    """The word for the state of an association."""
    return SCTP_STATES[number] if 0 <= number < len(SCTP_STATES) else f"UNKNOWN({number})"


def datagram_state(number: int) -> str:
    """The word for the state of a UDP or UDP-Lite socket: connected or not."""
    return tcp_state(number) if number in (TCP_ESTABLISHED, TCP_CLOSE) else f"UNKNOWN({number})"


def timer_kind(number: int) -> str:
    """The word for a timer code of /proc/net/tcp and sock_diag."""
    return TIMERS[number] if number < len(TIMERS) else f"unknown({number})"


class States(dict[int, str]):
    """State words by number, made when first met."""

    def __init__(self, *, datagram: bool) -> None:
        super().__init__()
        self._word = datagram_state if datagram else tcp_state

    def __missing__(self, number: int) -> str:
        """Make the word and keep it."""
        word = self[number] = self._word(number)
        return word
