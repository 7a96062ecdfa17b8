"""IPX (Novell): sockets, routes and interfaces of Linux 2.0 to 4.17.

The files are ``ipx``, ``ipx_route`` and ``ipx_interface`` of /proc/net until 2.4, later ``ipx/socket``, ``ipx/route``
and ``ipx/interface``. Their numbers are in network order on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypedDict

from netstat_core.plugin import (
    Block,
    Complaint,
    Field,
    Gap,
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
from netstat_legacy_af.reader import reader

STATES = {TCP_ESTABLISHED: "ESTABLISHED", TCP_CLOSE: "CLOSE"}

_NO_NETWORK = ("00000000", "FFFFFFFF")
_NO_NODE = "000000000000"
_ENDED = "ended"
"""The trait behind a row without an address: netstat's text stops there, records go on."""

Network = Annotated[str, Field("Network number: eight hexadecimal digits", mark="name")]
Node = Annotated[str, Field("Node number: twelve hexadecimal digits, an Ethernet address", mark="hardware_address")]
Address = Annotated[str, Field("NETWORK:NODE, or NETWORK where the kernel tells no node", mark="name")]


class IpxSocket(SocketRecord):
    """A socket of IPX, or of SPX above it."""

    family: Annotated[str, Field("Address family", words=("ipx",))]
    protocol: Annotated[str | None, Field("The family's name", words=("ipx",), never_null=True)]
    local_address: Annotated[Address, Field("Own address; kernels without CONFIG_IPX_INTERN tell the network only")]
    local_port: Annotated[Port, Field("Own socket number, as 0x0451 for NCP or 0x4003 for a client's first")]
    remote_address: Annotated[Address | None, Field("Address of the peer; null where the socket is not connected")]
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
    inode: fields.UntoldInode


class IpxRoute(TypedDict):
    """How to reach a network."""

    family: Annotated[Literal["ipx"], Field("Address family")]
    destination: Annotated[Network, Field("Network that is reached; FFFFFFFE stands for all others")]
    gateway_network: Annotated[Network | None, Field("Network of the router; null where connected directly")]
    gateway_node: Annotated[Node | None, Field("Node of the router there; null where connected directly")]


class IpxInterface(TypedDict):
    """An interface with one frame type, which makes it a network of its own."""

    family: Annotated[Literal["ipx"], Field("Address family")]
    network: Annotated[Network, Field("Network that it is on")]
    node: Annotated[Node, Field("Node number on it")]
    primary: Annotated[bool, Field("Whether sockets bound to no network use this one")]
    interface: Annotated[fields.Device, Field("Network device; null for the internal network")]
    frame_type: Annotated[
        str | None, Field("Encapsulation: etherii, 802.2, 802.3, snap or 802.2tr(old); null for the internal network")
    ]


def parse_sockets(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """``NET[:NODE]:PORT``, the same of the peer or ``Not_Connected``, two queues, state and user."""
    for parsed in columns.parse_rows(source, content, _socket, "a socket needs two addresses, queues, state and uid"):
        yield parsed
        if isinstance(parsed, Problem) and parsed.field is not None:
            yield Trait(_ENDED)


def _socket(words: list[bytes]) -> Record:
    if words and b":" not in words[0]:
        raise columns.BadRowError("source port")
    local_address, local_port = _endpoint(words[0])
    connected = words[1] != b"Not_Connected"
    if connected and b":" not in words[1]:
        raise columns.BadRowError("destination port")
    remote_address, remote_port = _endpoint(words[1]) if connected else (None, None)
    state = columns.number(words[4])
    return {
        "family": "ipx",
        "local_address": local_address,
        "local_port": local_port,
        "remote_address": remote_address,
        "remote_port": remote_port,
        "state": STATES.get(state, f"UNKNOWN({state})"),
        "state_number": state,
        "recv_queue": columns.hexadecimal(words[3]),
        "send_queue": columns.hexadecimal(words[2]),
        "uid": columns.uid(words[5]),
        "protocol": "ipx",
        "listening": False,
        "inode": None,
    }


def _endpoint(word: bytes) -> tuple[str, int]:
    address, _, port = word.rpartition(b":")
    network, separator, node = address.partition(b":")
    return _network(network) + (f":{_node(node)}" if separator else ""), columns.port(port)


def _network(word: bytes) -> str:
    return f"{columns.hexadecimal(word):08X}"


def _node(word: bytes) -> str:
    return f"{columns.hexadecimal(word):012X}"


def parse_routes(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """``NET ROUTERNET NODE`` or ``NET Directly Connected``."""
    return columns.parse_rows(source, content, _route, "a route needs a network and a router")


def _route(words: list[bytes]) -> Record:
    network, router, node = words
    direct = router == b"Directly"
    return {
        "family": "ipx",
        "destination": _network(network),
        "gateway_network": None if direct else _network(router),
        "gateway_node": None if direct else _node(node),
    }


def parse_interfaces(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """``NET NODE Yes|No DEVICE|Internal FRAMETYPE``; a word behind that is a count of references."""
    return columns.parse_rows(source, content, _interface, "an interface needs network, node, device and frame type")


def _interface(words: list[bytes]) -> Record:
    network, node, primary, device, frame = words[:5]
    return {
        "family": "ipx",
        "network": _network(network),
        "node": _node(node),
        "primary": primary == b"Yes",
        "interface": None if device == b"Internal" else columns.text(device),
        "frame_type": None if frame == b"None" else columns.text(frame.lower()),
    }


_TITLE = "Active IPX sockets\n"
_HEADER = "Proto Recv-Q Send-Q Local Address              Foreign Address            State"


def _heading(style: Style, _traits: Mapping[str, Any]) -> str:
    return f"{_TITLE}{_HEADER}{' User' if style.extend else ''}\n"


def _socket_rows(style: Style, names: Names, traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    """The rows, with users for -e; none behind one that ends netstat."""
    user: net_tools.Line = (lambda one: f" {names.user(one['uid']):<10}") if style.extend else (lambda _one: "")

    def line(one: Record) -> str:
        return (
            f"IPX   {one['recv_queue']:>6} {one['send_queue']:>6} {shown(one['local_address'], one['local_port']):<26} "
            f"{shown(one['remote_address'], one['remote_port']):<26} {_state(one):<5}{user(one)}\n"
        )

    return lambda batch: "" if _ENDED in traits else "".join(map(line, batch))


def shown(address: str | None, port: int | None) -> str:
    """``NETWORK:NODE:PORT`` without what is unknown; a network of zeros or ones makes the whole address unknown."""
    if address is None:
        return "-"
    network, _, node = address.partition(":")
    if network in _NO_NETWORK:
        address = ""
    elif node == _NO_NODE:
        address = network
    return f"{address}:{port:04X}"


def _state(record: Record) -> str:
    return {TCP_ESTABLISHED: "ESTAB", TCP_CLOSE: ""}.get(record["state_number"], "UNK.")


def _bad_socket(problem: Problem) -> Complaint | None:
    if problem.field is None:
        return None
    text = f"netstat.c: Internal Error `ipx socket format error in {problem.field}'."
    return Complaint(text, ends_run=True, status=255)


_SOCKETS = Layout(
    block=Block("ipx", heading=_heading, when_absent=False),
    rows=_socket_rows,
    needs=lambda _query: frozenset(IpxSocket.__annotations__),
    shown=net_tools.show_all,
    complain=net_tools.no_sockets("ipx", _bad_socket),
)


def _route_line(record: Record) -> str:
    network, node = record["gateway_network"], record["gateway_node"]
    if network is None:
        router = f"{'Directly':<25} {'Connected':<25}"
    else:
        router = f"{_without(network, *_NO_NETWORK):<25} {_without(node, _NO_NODE):<25}"
    return f"{_without(record['destination'], *_NO_NETWORK):<25} {router}\n"


def _without(text: str, *nothing: str) -> str:
    return "" if text in nothing else text


def _last_error(gap: Gap) -> str:
    """Why the older of the two files could not be opened, without its name."""
    return gap.attempts[-1].detail


_ROUTES = net_tools.routes(
    "ipx",
    "Kernel IPX routing table\nDestination               Router Net                Router Node\n",
    _route_line,
    ("destination", "gateway_network", "gateway_node"),
    net_tools.no_routes("ipx", _last_error),
    absent="IPX routing not in file /proc/net/ipx/route or /proc/net/ipx_route found.\n",
)

_INTERFACES = net_tools.table(
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
    reader("ipx.socket", "sockets", 300, IpxSocket, columns.feeds(parse_sockets, "ipx", "ipx/socket"), _SOCKETS),
    reader("ipx.route", "routes", 1020, IpxRoute, columns.feeds(parse_routes, "ipx/route", "ipx_route"), _ROUTES),
    reader(
        "ipx.interface",
        "interfaces",
        2010,
        IpxInterface,
        columns.feeds(parse_interfaces, "ipx/interface", "ipx_interface"),
        net_tools.when_named(_INTERFACES),
    ),
)
