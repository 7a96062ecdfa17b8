"""X.25: sockets, routes and forwarded calls of Linux 2.2 and later.

Files of /proc/net: ``x25`` and ``x25_routes`` until 2.4; ``x25/socket``, ``x25/route`` and, since 2.6.20,
``x25/forward``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Literal, TypedDict

from netstat_core.plugin import Field, InterfaceName, Query, Record, SocketRecord
from netstat_legacy_af import columns, fields, net_tools
from netstat_legacy_af.columns import From, number
from netstat_legacy_af.reader import reader

STATES = ("LISTENING", "SABM_SENT", "DISC_SENT", "ESTABLISHED", "RECOVERY")
"""netstat's words, which are AX.25's, for ready, awaiting call accepted, awaiting clear, data, awaiting reset."""

_COLUMNS = "dest_addr src_addr dev lci st vs vr va t t2 t21 t22 t23 snd-q rcv-q inode"
_MOST_DIGITS = 15
_NO_ADDRESS = 2

Address = Annotated[str, Field("X.121 address: up to fifteen digits", mark="name")]


class X25Socket(SocketRecord):
    """A socket of X.25."""

    family: Annotated[str, Field("Address family", words=("x25",))]
    protocol: Annotated[str | None, Field("The family's name", words=("x25",), never_null=True)]
    interface: fields.Device
    local_address: Annotated[Address | None, Field("Own X.121 address; null where none is set", mark="name")]
    remote_address: Annotated[Address | None, Field("X.121 address of the peer; null without one", mark="name")]
    lci: fields.Circuit
    state: Annotated[str | None, Field("State of the call", words=STATES, pattern=fields.UNKNOWN, never_null=True)]
    listening: fields.Ready
    state_number: fields.StateNumber
    send_sequence: fields.SendSequence
    recv_sequence: fields.RecvSequence
    acked_sequence: fields.AckedSequence
    timer_left_seconds: Annotated[int, Field("What is left of the timer that runs; 0 while none does", minimum=0)]
    response_delay_seconds: Annotated[int, Field("T2: how long an acknowledgement is held back", minimum=0)]
    call_timeout_seconds: Annotated[int, Field("T21: how long an answer to a call is waited for", minimum=0)]
    reset_timeout_seconds: Annotated[int, Field("T22: how long an answer to a reset is waited for", minimum=0)]
    clear_timeout_seconds: Annotated[int, Field("T23: how long an answer to a clear is waited for", minimum=0)]
    recv_queue: fields.RecvQueue
    send_queue: fields.SendQueue
    uid: fields.Untold
    inode: fields.SocketInode


class X25Route(TypedDict):
    """The device by which addresses that begin alike are reached."""

    family: Annotated[Literal["x25"], Field("Address family")]
    destination: Annotated[
        Address | None, Field("Address, filled up with zeros; null where a default route prints none", mark="name")
    ]
    significant_digits: Annotated[int, Field("How many digits of it have to be the same; 0: any address", minimum=0)]
    interface: fields.Device


class X25Forward(TypedDict):
    """A call of others that this machine passes on from one device to another."""

    family: Annotated[Literal["x25"], Field("Address family")]
    lci: fields.Circuit
    interfaces: Annotated[list[InterfaceName], Field("The two devices, the caller's first")]


_FIELDS = {
    "interface": From("dev", columns.device),
    "local_address": From("src_addr", columns.unless(b"*")),
    "remote_address": From("dest_addr", columns.unless(b"*")),
    "lci": From("lci", columns.hexadecimal),
    "state": From("st", columns.state(STATES)),
    "state_number": From("st", number),
    "send_sequence": From("vs", number),
    "recv_sequence": From("vr", number),
    "acked_sequence": From("va", number),
    "timer_left_seconds": From("t", number),
    "response_delay_seconds": From("t2", number),
    "call_timeout_seconds": From("t21", number),
    "reset_timeout_seconds": From("t22", number),
    "clear_timeout_seconds": From("t23", number),
    "recv_queue": From("rcv-q", number),
    "send_queue": From("snd-q", number),
    "inode": From("inode", columns.inode, optional=True),
}


def parse_sockets(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Rows by the header; the columns are wider where addresses are, so places mean nothing."""
    reason = "a socket needs two addresses, device, circuit, state, sequence variables, timers and queues"
    names = columns.header_names(content, _COLUMNS)
    return columns.parse_rows(source, content, lambda words: columns.to_record("x25", _FIELDS, names, words), reason)


def parse_routes(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """``ADDRESS DIGITS DEVICE``, where the address of a default route may be empty."""
    return columns.parse_rows(source, content, _route, "a route needs an address, digits and a device")


def _route(words: list[bytes]) -> Record:
    address, digits, device = [b"", *words] if len(words) == _NO_ADDRESS else words
    return {
        "family": "x25",
        "destination": columns.unless(b"")(address),
        "significant_digits": number(digits),
        "interface": columns.device(device),
    }


def parse_forward(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """``LCI DEVICE DEVICE``, the circuit in decimal here."""
    return columns.parse_rows(source, content, _forward, "a forwarded call needs a circuit and two devices")


def _forward(words: list[bytes]) -> Record:
    circuit, *devices = words
    if len(devices) != 2:  # noqa: PLR2004 - caller's and called side
        raise ValueError("not two devices")
    return {"family": "x25", "lci": number(circuit), "interfaces": [columns.text(one) for one in devices]}


def _line(one: Record) -> str:
    return (
        f"{net_tools.word(one['remote_address']):<15} {net_tools.word(one['local_address']):<15} "
        f"{net_tools.word(one['interface'], '???'):<7} {one['lci']:<3}  {one['state'].partition('(')[0]:<11}  "
        f"{one['recv_sequence']:02}/{one['send_sequence']:02}  {one['send_queue']:<6}  {one['recv_queue']:<6}\n"
    )


def _shown(query: Query) -> Callable[[Record], bool] | None:
    """Only -a shows sockets without a circuit."""
    return None if query.show == "all" else lambda record: record["lci"] != 0


_SOCKETS = net_tools.sockets(
    "x25",
    "Active X.25 sockets\nDest         Source          Device  LCI  State        Vr/Vs  Send-Q  Recv-Q\n",
    _line,
    tuple(_FIELDS),
    net_tools.no_sockets("x25", lambda _problem: None),
).replace(shown=_shown)


def _route_line(one: Record) -> str:
    digits = min(one["significant_digits"], _MOST_DIGITS)
    device = net_tools.word(one["interface"], "???")[:10]
    if digits == 0:
        return f"*{'':<20}{device:<5}\n"
    return f"{net_tools.word(one['destination'])[:digits]}/{digits:<{17 - digits}}   {device:<5}\n"


_ROUTES = net_tools.routes(
    "x25",
    "Kernel X.25 routing table\nDestination          Iface\n",
    _route_line,
    ("destination", "significant_digits", "interface"),
    net_tools.no_routes("x25", lambda _gap: "X.25 not configured in this system.", on_stdout=True),
)

_FORWARD = net_tools.table("x25.forward", "X.25 calls forwarded", {"LCI  ": "lci", "Ifaces": "interfaces"})

READERS = (
    reader(
        "x25.socket", "sockets", 320, X25Socket, columns.feeds(parse_sockets, "x25", "x25/socket"), _SOCKETS, owned=True
    ),
    reader("x25.route", "routes", 1040, X25Route, columns.feeds(parse_routes, "x25/route", "x25_routes"), _ROUTES),
    reader("x25.forward", "circuits", 5335, X25Forward, columns.feeds(parse_forward, "x25/forward"), _FORWARD),
)
