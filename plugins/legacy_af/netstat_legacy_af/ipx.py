"""IPX (Novell): sockets, routes and interfaces of Linux 2.0 to 4.17.

Files in /proc/net: ``ipx``, ``ipx_route`` and ``ipx_interface`` until 2.4, later ``ipx/socket``, ``ipx/route`` and
``ipx/interface``. Their numbers are in network order on every machine. Most kernels leave out the local node::

    Local_Address  Remote_Address              Tx_Queue  Rx_Queue  State  Uid
    00000101:4003  00ABCDEF:00A0C9112244:0451  00000000  00000000  01     1000
    00000101:0452  Not_Connected               00000000  00000600  07     000
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypedDict

from netstat_core.plugin import (
    Block,
    Complaint,
    Field,
    Gap,
    Header,
    Layout,
    Names,
    Port,
    Problem,
    Record,
    SocketRecord,
    Style,
    Trait,
)
from netstat_legacy_af import columns, fields, net_tools
from netstat_legacy_af.columns import TCP_CLOSE, TCP_ESTABLISHED
from netstat_legacy_af.reader import make_reader

STATES = {TCP_ESTABLISHED: "ESTABLISHED", TCP_CLOSE: "CLOSE"}

_NO_NETWORK = ("00000000", "FFFFFFFF")
_NO_NODE = "000000000000"
_SOCKETS_HEADER = Header("Local_Address Remote_Address Tx_Queue Rx_Queue State Uid")
_ROUTES_HEADER = Header("Network Router_Net Router_Node")
_INTERFACES_HEADER = Header("Network Node_Address Primary Device Frame_Type")
_ENDED = "ended"
"""The trait that follows a row without an address: netstat's text ends there, but records continue."""

_DEVICE = 3
"""The position of the device among the columns of an interface."""

_TOUCHING = 10
"""The greatest length of a device with a blank after it, as the kernel prints ``%-11s`` and the frame type:

00000011   5254000A0B0D   No       enp0s31f6vl1EtherII
"""

_PRIMARY = {b"Yes": True, b"No": False}
_FRAMES = (b"EtherII", b"802.2TR(old)", b"802.2TR", b"802.2", b"802.3", b"SNAP", b"None")
"""The kernel's words (ipx_frame_name)."""

Network = Annotated[str, Field("Network number: eight hexadecimal digits", mark="name")]
Node = Annotated[str, Field("Node number: twelve hexadecimal digits, an Ethernet address", mark="hardware_address")]
Address = Annotated[str, Field("NETWORK:NODE, or NETWORK if the kernel does not print the node", mark="name")]


class IpxSocket(SocketRecord):
    """A socket of IPX, or of SPX on top of it."""

    family: Annotated[str, Field("Address family", words=("ipx",))]
    protocol: Annotated[str | None, Field("The family's name", words=("ipx",), never_null=True)]
    local_address: Annotated[Address, Field("Local address; kernels without CONFIG_IPX_INTERN print only the network")]
    local_port: Annotated[Port, Field("Local socket number, such as 0x0451 for NCP; 0x4003 is a client's first")]
    remote_address: Annotated[Address | None, Field("Address of the peer; null if not connected")]
    remote_port: Annotated[Port | None, Field("Socket number of the peer")]
    state: Annotated[
        str | None,
        Field("Whether it is connected", words=tuple(STATES.values()), pattern=fields.UNKNOWN, never_null=True),
    ]
    listening: fields.NeverListens
    state_number: fields.StateNumber
    recv_queue: fields.RecvQueue
    send_queue: fields.SendQueue
    uid: fields.Owner
    inode: fields.UnreportedInode


class IpxRoute(TypedDict):
    """How to reach a network."""

    family: Annotated[Literal["ipx"], Field("Address family")]
    destination: Annotated[Network, Field("Destination network; FFFFFFFE is the default route")]
    gateway_network: Annotated[Network | None, Field("Network of the router; null if directly connected")]
    gateway_node: Annotated[Node | None, Field("Node of the router; null if directly connected")]


class IpxInterface(TypedDict):
    """An interface with one frame type; each frame type of a device is a network of its own."""

    family: Annotated[Literal["ipx"], Field("Address family")]
    network: Annotated[Network, Field("Network of the interface")]
    node: Annotated[Node, Field("Node number in the network")]
    primary: Annotated[bool, Field("Whether sockets that are not bound to a network use this interface")]
    interface: Annotated[fields.Device, Field("Network device; null for the internal network")]
    frame_type: Annotated[
        str | None,
        Field("Encapsulation: etherii, 802.2, 802.3, snap or 802.2tr(old); null for the internal network", mark="word"),
    ]


def parse_sockets(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``NET[:NODE]:PORT``, the same for the peer or ``Not_Connected``, two queues, state and user."""
    reason = "a socket needs two addresses, queues, state and uid"
    for parsed in columns.parse_rows(source, content, _parse_socket, reason, _SOCKETS_HEADER):
        yield parsed
        if isinstance(parsed, Problem) and parsed.field is not None:
            yield Trait(_ENDED)


def _parse_socket(words: list[bytes]) -> Record:
    if words and b":" not in words[0]:
        raise columns.BadRowError("source port")
    local_address, local_port = _parse_endpoint(words[0])
    connected = words[1] != b"Not_Connected"
    if connected and b":" not in words[1]:
        raise columns.BadRowError("destination port")
    remote_address, remote_port = _parse_endpoint(words[1]) if connected else (None, None)
    state = columns.parse_number(words[4])
    return {
        "family": "ipx",
        "local_address": local_address,
        "local_port": local_port,
        "remote_address": remote_address,
        "remote_port": remote_port,
        "state": STATES.get(state, f"UNKNOWN({state})"),
        "state_number": state,
        "recv_queue": columns.parse_hexadecimal(words[3]),
        "send_queue": columns.parse_hexadecimal(words[2]),
        "uid": columns.parse_uid(words[5]),
        "protocol": "ipx",
        "listening": False,
        "inode": None,
    }


def _parse_endpoint(word: bytes) -> tuple[str, int]:
    address, _, port = word.rpartition(b":")
    network, separator, node = address.partition(b":")
    return _parse_network(network) + (f":{_parse_node(node)}" if separator else ""), columns.parse_port(port)


def _parse_network(word: bytes) -> str:
    return f"{columns.parse_hexadecimal(word):08X}"


def _parse_node(word: bytes) -> str:
    return f"{columns.parse_hexadecimal(word):012X}"


def parse_routes(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``NET ROUTERNET NODE`` or ``NET Directly Connected``."""
    return columns.parse_rows(source, content, _parse_route, "a route needs a network and a router", _ROUTES_HEADER)


def _parse_route(words: list[bytes]) -> Record:
    network, router, node = words
    direct = router == b"Directly"
    return {
        "family": "ipx",
        "destination": _parse_network(network),
        "gateway_network": None if direct else _parse_network(router),
        "gateway_node": None if direct else _parse_node(node),
    }


def parse_interfaces(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``NET NODE Yes|No DEVICE|Internal FRAMETYPE``; a sixth word is the reference count."""
    return columns.parse_rows(
        source, content, _parse_interface, "an interface needs network, node, device and frame type", _INTERFACES_HEADER
    )


def _parse_interface(words: list[bytes]) -> Record:
    network, node, primary, device, frame = _split_frame(words)
    return {
        "family": "ipx",
        "network": _parse_network(network),
        "node": _parse_node(node),
        "primary": _PRIMARY[primary],
        "interface": None if device == b"Internal" else columns.parse_text(device),
        "frame_type": None if frame == b"None" else columns.parse_text(frame.lower()),
    }


def _split_frame(words: list[bytes]) -> list[bytes]:
    """Return the five columns; a device of eleven and more characters leaves no blank before the frame type."""
    if len(words) > _DEVICE + 1 and words[_DEVICE + 1] in _FRAMES:
        return words[: _DEVICE + 2]
    joined = words[_DEVICE]
    frame = next((known for known in _FRAMES if joined.endswith(known)), joined)
    if len(joined) - len(frame) <= _TOUCHING:
        raise ValueError("no frame type")
    return [*words[:_DEVICE], joined.removesuffix(frame), frame]


_TITLE = "Active IPX sockets\n"
_HEADER = "Proto Recv-Q Send-Q Local Address              Foreign Address            State"


def _make_heading(style: Style, _traits: Mapping[str, Any]) -> str:
    return f"{_TITLE}{_HEADER}{' User' if style.extend else ''}\n"


def _make_socket_rows(style: Style, names: Names, traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    """Return the formatter of rows, with users for -e; it prints nothing if a row without an address ends the text."""
    user: net_tools.Line = (
        (lambda socket: f" {names.user(socket['uid']):<10}") if style.extend else (lambda _socket: "")
    )

    def format_line(socket: Record) -> str:
        return (
            f"IPX   {socket['recv_queue']:>6} {socket['send_queue']:>6} "
            f"{format_address(socket['local_address'], socket['local_port']):<26} "
            f"{format_address(socket['remote_address'], socket['remote_port']):<26} "
            f"{_format_state(socket):<5}{user(socket)}\n"
        )

    return lambda batch: "" if _ENDED in traits else "".join(map(format_line, batch))


def format_address(address: str | None, port: int | None) -> str:
    """Return ``NETWORK:NODE:PORT`` without unknown parts; with a network of zeros or ones only the port is known."""
    if address is None:
        return "-"
    network, _, node = address.partition(":")
    if network in _NO_NETWORK:
        address = ""
    elif node == _NO_NODE:
        address = network
    return f"{address}:{port:04X}"


def _format_state(record: Record) -> str:
    return {TCP_ESTABLISHED: "ESTAB", TCP_CLOSE: ""}.get(record["state_number"], "UNK.")


def _complain_about_socket(problem: Problem) -> Complaint | None:
    if problem.field is None:
        return None
    text = f"netstat.c: Internal Error `ipx socket format error in {problem.field}'."
    return Complaint(text, ends_run=True, status=255)


_SOCKETS = Layout(
    block=Block("ipx", heading=_make_heading, when_absent=False),
    rows=_make_socket_rows,
    needs=lambda _query: frozenset(IpxSocket.__annotations__),
    shown=net_tools.show_all,
    complain=net_tools.make_socket_complaints("ipx", _complain_about_socket),
)


def _format_route(record: Record) -> str:
    network, node = record["gateway_network"], record["gateway_node"]
    if network is None:
        router = f"{'Directly':<25} {'Connected':<25}"
    else:
        router = f"{_text_unless(network, *_NO_NETWORK):<25} {_text_unless(node, _NO_NODE):<25}"
    return f"{_text_unless(record['destination'], *_NO_NETWORK):<25} {router}\n"


def _text_unless(text: str, *nothing: str) -> str:
    return "" if text in nothing else text


def _word_last_error(gap: Gap) -> str:
    """Return why the older of the two files could not be opened, without its name."""
    return gap.attempts[-1].detail


_ROUTES = net_tools.make_routes_layout(
    "ipx",
    "Kernel IPX routing table\nDestination               Router Net                Router Node\n",
    _format_route,
    ("destination", "gateway_network", "gateway_node"),
    net_tools.make_route_complaints("ipx", _word_last_error),
    absent="IPX routing not in file /proc/net/ipx/route or /proc/net/ipx_route found.\n",
)

_INTERFACES = net_tools.make_table(
    "ipx.interface",
    "IPX interfaces",
    {
        "Network ": "network",
        "Node        ": "node",
        "Primary ": "primary",
        "Iface     ": "interface",
        "Frame": "frame_type",
    },
)

READERS = (
    make_reader(
        "ipx.socket", "sockets", 300, IpxSocket, columns.make_feeds(parse_sockets, "ipx", "ipx/socket"), _SOCKETS
    ),
    make_reader(
        "ipx.route", "routes", 1020, IpxRoute, columns.make_feeds(parse_routes, "ipx/route", "ipx_route"), _ROUTES
    ),
    make_reader(
        "ipx.interface",
        "interfaces",
        2010,
        IpxInterface,
        columns.make_feeds(parse_interfaces, "ipx/interface", "ipx_interface"),
        net_tools.show_when_named(_INTERFACES),
    ),
)
