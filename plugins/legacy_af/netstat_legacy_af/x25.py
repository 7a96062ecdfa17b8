"""X.25: sockets, routes and forwarded calls of Linux 2.2 and later.

Files in /proc/net: ``x25`` and ``x25_routes`` until 2.4; ``x25/socket``, ``x25/route`` and, since 2.6.20,
``x25/forward``. LCIs are hexadecimal in ``x25/socket`` and decimal in ``x25/forward``::

    dest_addr  src_addr   dev   lci st vs vr va   t  t2 t21 t22 t23 Snd-Q Rcv-Q inode
    2342777    31060000   x25a  003  1  0  0  0 193   3 200 180 180     0     0 457
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Literal, TypedDict

from netstat_core.plugin import Field, Header, InterfaceName, Query, Record, SocketRecord
from netstat_legacy_af import columns, fields, net_tools
from netstat_legacy_af.columns import From, parse_number
from netstat_legacy_af.reader import make_reader

STATES = ("LISTENING", "SABM_SENT", "DISC_SENT", "ESTABLISHED", "RECOVERY")
"""netstat's words, which are those of AX.25, for ready, awaiting call accepted, awaiting clear, data, reset sent."""

_COLUMNS = "dest_addr src_addr dev lci st vs vr va t t2 t21 t22 t23 snd-q rcv-q inode"
_SOCKETS_HEADER = Header("dest_addr src_addr dev lci st vs vr va t t2 t21 t22 t23 Snd-Q Rcv-Q")
_ROUTES_HEADERS = Header("Address Digits Device"), Header("address digits device")
_FORWARD_HEADER = Header("lci dev1 dev2")
_MOST_DIGITS = 15
_NO_ADDRESS = 2

Address = Annotated[str, Field("X.121 address: up to fifteen digits", mark="name")]


class X25Socket(SocketRecord):
    """A socket of X.25."""

    family: Annotated[str, Field("Address family", words=("x25",))]
    protocol: Annotated[str | None, Field("The family's name", words=("x25",), never_null=True)]
    interface: fields.Device
    local_address: Annotated[Address | None, Field("Local X.121 address; null if none is set", mark="name")]
    remote_address: Annotated[Address | None, Field("X.121 address of the peer; null if there is none", mark="name")]
    lci: fields.Circuit
    state: Annotated[str | None, Field("State of the call", words=STATES, pattern=fields.UNKNOWN, never_null=True)]
    listening: fields.Ready
    state_number: fields.StateNumber
    send_sequence: fields.SendSequence
    recv_sequence: fields.RecvSequence
    acked_sequence: fields.AckedSequence
    timer_left_seconds: Annotated[int, Field("Seconds left of the running timer; 0 if none is running", minimum=0)]
    response_delay_seconds: Annotated[int, Field("T2: time by which an acknowledgement is delayed", minimum=0)]
    call_timeout_seconds: Annotated[int, Field("T21: time to wait for the answer to a call", minimum=0)]
    reset_timeout_seconds: Annotated[int, Field("T22: time to wait for the answer to a reset", minimum=0)]
    clear_timeout_seconds: Annotated[int, Field("T23: time to wait for the answer to a clear", minimum=0)]
    recv_queue: fields.RecvQueue
    send_queue: fields.SendQueue
    uid: fields.UnreportedOwner
    inode: fields.SocketInode


class X25Route(TypedDict):
    """The device for addresses with a common prefix."""

    family: Annotated[Literal["x25"], Field("Address family")]
    destination: Annotated[
        Address | None, Field("Address, padded with zeros; null for a default route without one", mark="name")
    ]
    significant_digits: Annotated[int, Field("Number of digits that must match; 0 for any address", minimum=0)]
    interface: fields.Device


class X25Forward(TypedDict):
    """A call that this machine forwards from one device to another."""

    family: Annotated[Literal["x25"], Field("Address family")]
    lci: fields.Circuit
    interfaces: Annotated[list[InterfaceName], Field("The two devices, starting with the caller's")]


_FIELDS = {
    "interface": From("dev", columns.parse_device),
    "local_address": From("src_addr", columns.make_text_parser(b"*")),
    "remote_address": From("dest_addr", columns.make_text_parser(b"*")),
    "lci": From("lci", columns.parse_hexadecimal),
    "state": From("st", columns.make_state_parser(STATES)),
    "state_number": From("st", parse_number),
    "send_sequence": From("vs", parse_number),
    "recv_sequence": From("vr", parse_number),
    "acked_sequence": From("va", parse_number),
    "timer_left_seconds": From("t", parse_number),
    "response_delay_seconds": From("t2", parse_number),
    "call_timeout_seconds": From("t21", parse_number),
    "reset_timeout_seconds": From("t22", parse_number),
    "clear_timeout_seconds": From("t23", parse_number),
    "recv_queue": From("rcv-q", parse_number),
    "send_queue": From("snd-q", parse_number),
    "inode": From("inode", columns.parse_inode, optional=True),
}


def parse_sockets(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse the sockets by the header; long addresses shift the columns, so words are counted."""
    reason = "a socket needs two addresses, device, circuit, state, sequence variables, timers and queues"
    names = columns.header_names(content, _COLUMNS)
    return columns.parse_rows(
        source, content, lambda words: columns.to_record("x25", _FIELDS, names, words), reason, _SOCKETS_HEADER
    )


def parse_routes(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``ADDRESS DIGITS DEVICE``; the address of a default route may be empty."""
    reason = "a route needs an address, digits and a device"
    return columns.parse_rows(source, content, _parse_route, reason, *_ROUTES_HEADERS)


def _parse_route(words: list[bytes]) -> Record:
    address, digits, device = [b"", *words] if len(words) == _NO_ADDRESS else words
    return {
        "family": "x25",
        "destination": columns.make_text_parser(b"")(address),
        "significant_digits": parse_number(digits),
        "interface": columns.parse_device(device),
    }


def parse_forward(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``LCI DEVICE DEVICE``, with the LCI in decimal."""
    reason = "a forwarded call needs a circuit and two devices"
    return columns.parse_rows(source, content, _parse_forward, reason, _FORWARD_HEADER)


def _parse_forward(words: list[bytes]) -> Record:
    circuit, *devices = words
    if len(devices) != 2:  # noqa: PLR2004 - caller's and called side
        raise ValueError("not two devices")
    return {"family": "x25", "lci": parse_number(circuit), "interfaces": [columns.parse_text(word) for word in devices]}


def _format_socket(socket: Record) -> str:
    return (
        f"{net_tools.format_word(socket['remote_address']):<15} {net_tools.format_word(socket['local_address']):<15} "
        f"{net_tools.format_word(socket['interface'], '???'):<7} {socket['lci']:<3}  "
        f"{socket['state'].partition('(')[0]:<11}  {socket['recv_sequence']:02}/{socket['send_sequence']:02}  "
        f"{socket['send_queue']:<6}  {socket['recv_queue']:<6}\n"
    )


def _shown(query: Query) -> Callable[[Record], bool] | None:
    """Return the rule that hides sockets without a circuit, or None for -a."""
    return None if query.show == "all" else lambda record: record["lci"] != 0


_SOCKETS = net_tools.make_sockets_layout(
    "x25",
    "Active X.25 sockets\nDest         Source          Device  LCI  State        Vr/Vs  Send-Q  Recv-Q\n",
    _format_socket,
    tuple(_FIELDS),
    net_tools.make_socket_complaints("x25", lambda _problem: None),
).replace(shown=_shown)


def _format_route(route: Record) -> str:
    digits = min(route["significant_digits"], _MOST_DIGITS)
    device = net_tools.format_word(route["interface"], "???")[:10]
    if digits == 0:
        return f"*{'':<20}{device:<5}\n"
    return f"{net_tools.format_word(route['destination'])[:digits]}/{digits:<{17 - digits}}   {device:<5}\n"


_ROUTES = net_tools.make_routes_layout(
    "x25",
    "Kernel X.25 routing table\nDestination          Iface\n",
    _format_route,
    ("destination", "significant_digits", "interface"),
    net_tools.make_route_complaints("x25", lambda _gap: "X.25 not configured in this system.", on_stdout=True),
)

_FORWARD = net_tools.make_table("x25.forward", "X.25 calls forwarded", {"LCI  ": "lci", "Ifaces": "interfaces"})

READERS = (
    make_reader(
        "x25.socket",
        "sockets",
        320,
        X25Socket,
        columns.make_feeds(parse_sockets, "x25", "x25/socket"),
        _SOCKETS,
        owned=True,
    ),
    make_reader(
        "x25.route", "routes", 1040, X25Route, columns.make_feeds(parse_routes, "x25/route", "x25_routes"), _ROUTES
    ),
    make_reader(
        "x25.forward", "circuits", 5335, X25Forward, columns.make_feeds(parse_forward, "x25/forward"), _FORWARD
    ),
)
