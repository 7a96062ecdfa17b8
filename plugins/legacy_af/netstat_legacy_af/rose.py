"""ROSE (X.25 calls above AX.25): sockets, nodes, neighbours, circuits and routes of Linux 2.2 to 7.0.

Files in /proc/net: ``rose``, ``rose_nodes``, ``rose_neigh``, ``rose_routes``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypedDict

from netstat_core.plugin import About, Field, File, Gap, Header, Record, SocketRecord, Trait, feed
from netstat_legacy_af import columns, fields, net_tools
from netstat_legacy_af.columns import From, parse_hexadecimal, parse_number
from netstat_legacy_af.reader import make_reader

STATES = ("LISTENING", "CONN_SENT", "DISC_SENT", "ESTABLISHED", "AWAITING_RESET", "DEFERRED")
"""Words by number. netstat has words for the first four; a deferred call was not accepted by the program yet."""
_STATES_SHOWN = 4

NODES, NEIGHBOURS = "/proc/net/rose_nodes", "/proc/net/rose_neigh"
_COLUMNS = "dest_addr dest_call src_addr src_call dev lci neigh st vs vr va t t1 t2 t3 hb idle snd-q rcv-q inode"
_SOCKETS_HEADER = Header("dest_addr dest_call src_addr src_call dev lci neigh st vs vr va t t1 t2 t3 hb idle Snd-Q")
_NODES_HEADER = Header("address mask n neigh")
_NEIGHBOURS_HEADER = Header("addr callsign dev count use mode restart t0 tf")
_CIRCUITS_HEADER = Header("lci address callsign neigh <-> lci address callsign neigh")
_NO_CALLSIGN = b"??????-?"

Address = Annotated[str, Field("ROSE address: ten digits, such as 2080175524", mark="name")]
Mask = Annotated[int, Field("Number of digits of the address that must match", minimum=0)]


class RoseSocket(SocketRecord):
    """A socket of ROSE."""

    family: Annotated[str, Field("Address family", words=("rose",))]
    protocol: Annotated[str | None, Field("The family's name", words=("rose",), never_null=True)]
    interface: fields.Device
    local_address: Annotated[Address | None, Field("Local address", mark="name")]
    local_callsign: Annotated[fields.Callsign | None, Field("Local callsign; null if none is set", mark="name")]
    remote_address: Annotated[Address | None, Field("Address of the peer; null if there is none", mark="name")]
    remote_callsign: Annotated[
        fields.Callsign | None, Field("Callsign of the peer; null if there is none", mark="name")
    ]
    lci: fields.Circuit
    neighbour: Annotated[fields.NeighbourNumber | None, Field("Number of the call's neighbour; null if there is none")]
    state: Annotated[str | None, Field("State of the call", words=STATES, pattern=fields.UNKNOWN, never_null=True)]
    listening: fields.Ready
    state_number: fields.StateNumber
    send_sequence: fields.SendSequence
    recv_sequence: fields.RecvSequence
    acked_sequence: fields.AckedSequence
    timer_left_seconds: Annotated[int, Field("Seconds left of the running timer; 0 if none is running", minimum=0)]
    call_timeout_seconds: Annotated[int, Field("T1: time to wait for the answer to a call", minimum=0)]
    reset_timeout_seconds: Annotated[int, Field("T2: time to wait for the answer to a reset", minimum=0)]
    clear_timeout_seconds: Annotated[int, Field("T3: time to wait for the answer to a clear", minimum=0)]
    response_delay_seconds: Annotated[int, Field("HB: time by which an acknowledgement is delayed", minimum=0)]
    idle_timer: Annotated[fields.Countdown, Field("Ends a call without traffic; kept by the kernel in whole minutes")]
    recv_queue: fields.RecvQueue
    send_queue: fields.SendQueue
    uid: fields.UnreportedOwner
    inode: fields.SocketInode


class RoseNode(TypedDict):
    """Addresses with a common prefix, and the neighbours that lead to them."""

    family: Annotated[Literal["rose"], Field("Address family")]
    address: Annotated[Address | None, Field("Address; null if it is all zeros", mark="name")]
    mask: Mask
    neighbours: Annotated[list[fields.NeighbourNumber], Field("Numbers of the neighbours, in the order they are tried")]


class RoseNextHop(TypedDict):
    """A neighbour that leads to an address."""

    neighbour: fields.NeighbourNumber
    callsign: Annotated[
        fields.Callsign | None, Field("Its callsign; null if its number is not in the table of neighbours", mark="name")
    ]
    interface: fields.Device


class RoseRoute(TypedDict):
    """The route to addresses with a common prefix."""

    family: Annotated[Literal["rose"], Field("Address family")]
    destination: Annotated[Address | None, Field("Address; null if it is all zeros", mark="name")]
    mask: Mask
    next_hops: Annotated[list[RoseNextHop], Field("The neighbours, in the order they are tried")]


class RoseNeighbour(TypedDict):
    """A station to which calls are forwarded."""

    family: Annotated[Literal["rose"], Field("Address family")]
    number: fields.NeighbourNumber
    callsign: Annotated[fields.Callsign, Field("Its callsign; RSLOOP-0 is this machine itself", mark="name")]
    interface: fields.Device
    node_count: Annotated[int, Field("Number of nodes that are reached through it", minimum=0)]
    use_count: Annotated[int, Field("Number of calls that use it", minimum=0)]
    mode: Annotated[Literal["dte", "dce"], Field("Role of this machine on the link")]
    restarted: Annotated[bool, Field("Whether the link was restarted and can carry calls")]
    restart_left_seconds: Annotated[int, Field("T0: seconds left to wait for the restart", minimum=0)]
    fail_left_seconds: Annotated[int, Field("TF: seconds for which the link still counts as failed", minimum=0)]
    digipeaters: Annotated[list[fields.Callsign], Field("Digipeaters on the path, in order")]


class CircuitEnd(TypedDict):
    """One side of a call in transit."""

    lci: fields.Circuit
    address: Annotated[Address | None, Field("Address on that side", mark="name")]
    callsign: Annotated[fields.Callsign | None, Field("Callsign on that side", mark="name")]
    neighbour: fields.NeighbourNumber


class RoseCircuit(TypedDict):
    """A call that this machine forwards."""

    family: Annotated[Literal["rose"], Field("Address family")]
    source: Annotated[CircuitEnd | None, Field("Calling side; null if that side is gone")]
    destination: Annotated[CircuitEnd | None, Field("Called side; null if that side is gone")]


_FIELDS = {
    "interface": From("dev", columns.parse_device),
    "local_address": From("src_addr", columns.parse_callsign),
    "local_callsign": From("src_call", columns.make_text_parser(_NO_CALLSIGN)),
    "remote_address": From("dest_addr", columns.parse_callsign),
    "remote_callsign": From("dest_call", columns.parse_callsign),
    "lci": From("lci", parse_hexadecimal),
    "neighbour": From("neigh", lambda word: parse_number(word) or None),
    "state": From("st", columns.make_state_parser(STATES)),
    "state_number": From("st", parse_number),
    "send_sequence": From("vs", parse_number),
    "recv_sequence": From("vr", parse_number),
    "acked_sequence": From("va", parse_number),
    "timer_left_seconds": From("t", parse_number),
    "call_timeout_seconds": From("t1", parse_number),
    "reset_timeout_seconds": From("t2", parse_number),
    "clear_timeout_seconds": From("t3", parse_number),
    "response_delay_seconds": From("hb", parse_number),
    "idle_timer": From("idle", columns.parse_minutes),
    "recv_queue": From("rcv-q", parse_number),
    "send_queue": From("snd-q", parse_number),
    "inode": From("inode", columns.parse_inode, optional=True),
}


def parse_sockets(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse the sockets by the header."""
    names = columns.header_names(content, _COLUMNS)
    reason = "a socket needs two addresses and callsigns, device, circuit, state, sequence variables, timers and queues"
    return columns.parse_rows(
        source, content, lambda words: columns.to_record("rose", _FIELDS, names, words), reason, _SOCKETS_HEADER
    )


def parse_nodes(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``ADDRESS MASK COUNT NEIGHBOUR...``."""
    reason = "a node needs an address, a mask and its neighbours"
    return columns.parse_rows(source, content, _parse_node, reason, _NODES_HEADER)


def _parse_node(words: list[bytes]) -> Record:
    address, mask, count, *neighbours = words
    if len(neighbours) != parse_number(count):
        raise ValueError("not as many neighbours as counted")
    return {
        "family": "rose",
        "address": columns.parse_callsign(address),
        "mask": parse_number(mask),
        "neighbours": [parse_number(word) for word in neighbours],
    }


def parse_neighbours(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``NUMBER CALL DEV COUNT USE DTE|DCE yes|no T0 TF [DIGI...]``."""
    return columns.parse_rows(
        source,
        content,
        _parse_neighbour,
        "a neighbour needs number, callsign, device, counts and timers",
        _NEIGHBOURS_HEADER,
    )


def _parse_neighbour(words: list[bytes]) -> Record:
    return {
        "family": "rose",
        "number": parse_number(words[0]),
        "callsign": columns.parse_text(words[1]),
        "interface": columns.parse_device(words[2]),
        "node_count": parse_number(words[3]),
        "use_count": parse_number(words[4]),
        "mode": {b"DTE": "dte", b"DCE": "dce"}[words[5]],
        "restarted": {b"yes": True, b"no": False}[words[6]],
        "restart_left_seconds": parse_number(words[7]),
        "fail_left_seconds": parse_number(words[8]),
        "digipeaters": [columns.parse_text(word) for word in words[9:]],
    }


def parse_circuits(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows of two times ``LCI ADDRESS CALL NEIGHBOUR``, for the caller and for the called side."""
    return columns.parse_rows(
        source, content, _parse_circuit, "a call needs circuit, address, callsign and neighbour twice", _CIRCUITS_HEADER
    )


def _parse_circuit(words: list[bytes]) -> Record:
    caller, called = words[:4], words[4:]
    return {"family": "rose", "source": _parse_end(caller), "destination": _parse_end(called)}


def _parse_end(words: list[bytes]) -> Record | None:
    lci, address, callsign, neighbour = words
    if not parse_number(neighbour):
        return None
    return {
        "lci": parse_hexadecimal(lci),
        "address": columns.parse_callsign(address),
        "callsign": columns.parse_callsign(callsign),
        "neighbour": parse_number(neighbour),
    }


def parse_routes(_about: About, nodes: bytes, neighbours: bytes) -> Iterator[columns.Parsed]:
    """Yield the nodes with their neighbours, which are looked up by number as netstat does."""
    yield Trait(columns.PRESENT)
    known: dict[int, Record] = {}
    yield from columns.index_records(known, "number", parse_neighbours(NEIGHBOURS, neighbours))
    for parsed in parse_nodes(NODES, nodes):
        yield _join_route(parsed, known) if isinstance(parsed, dict) else parsed


def _join_route(node: Record, known: dict[int, Record]) -> Record:
    nowhere = {"callsign": None, "interface": None}
    hops = [(number, known.get(number, nowhere)) for number in node["neighbours"]]
    return {
        "family": "rose",
        "destination": node["address"],
        "mask": node["mask"],
        "next_hops": [
            {"neighbour": number, "callsign": to["callsign"], "interface": to["interface"]} for number, to in hops
        ],
    }


def _format_socket(socket: Record) -> str:
    state = socket["state"] if socket["state_number"] < _STATES_SHOWN else "UNKNOWN"
    return (
        f"{net_tools.format_word(socket['remote_address']):<10}  "
        f"{net_tools.format_word(socket['remote_callsign']):<9}  "
        f"{net_tools.format_word(socket['local_address']):<10}  "
        f"{net_tools.format_word(socket['local_callsign'], _NO_CALLSIGN.decode()):<9} "
        f"{net_tools.format_word(socket['interface'], '???'):<5} {socket['lci']:>3} {socket['neighbour'] or 0:>5}   "
        f"{net_tools.format_state(state)}\n"
    )


_SOCKETS = net_tools.make_sockets_layout(
    "rose",
    "Active ROSE sockets\ndest_addr   dest_call  src_addr    src_call  dev   lci neigh   state\n",
    _format_socket,
    tuple(_FIELDS),
    net_tools.make_socket_complaints("rose"),
)


def _format_route(route: Record) -> str:
    return f"{net_tools.format_word(route['destination']):<10}   {''.join(map(_format_hop, route['next_hops']))}\n"


def _format_hop(hop: Record) -> str:
    """Format number, callsign and the first five characters of the device; an unknown neighbour has only a number."""
    if hop["callsign"] is None:
        return f"{hop['neighbour']:05}  "
    device = net_tools.format_word(hop["interface"], "???")[:5]
    return f"{hop['neighbour']:05}  {net_tools.format_word(hop['callsign']):<10}   {device:<5}"


def _word_missing(gap: Gap) -> str:
    return f"{net_tools.format_open_error(gap)}\nROSE not configured in this system."


_ROUTES = net_tools.make_routes_layout(
    "rose",
    "Kernel ROSE routing table\n"
    "Destination  neigh1 callsign  device  neigh2 callsign  device  neigh3 callsign  device\n",
    _format_route,
    ("destination", "next_hops"),
    net_tools.make_route_complaints("rose", _word_missing),
)

_NODES = net_tools.make_table(
    "rose.node", "ROSE nodes", {"Address   ": "address", "Mask": "mask", "Neighbours": "neighbours"}
)

_NEIGHBOURS = net_tools.make_table(
    "rose.neighbour",
    "ROSE neighbours",
    {
        "Number": "number",
        "Neighbour": "callsign",
        "Iface   ": "interface",
        "Nodes": "node_count",
        "Use": "use_count",
        "Mode": "mode",
        "Restarted": "restarted",
        "T0 ": "restart_left_seconds",
        "TF ": "fail_left_seconds",
        "Digipeaters": "digipeaters",
    },
)

_CIRCUITS = net_tools.flatten(
    net_tools.make_table(
        "rose.circuit",
        "ROSE calls in transit",
        {
            f"{side} {heading}": f"{end}_{part}"
            for side, end in (("From", "source"), ("To", "destination"))
            for heading, part in zip(("LCI", "address", "call  ", "neighbour"), CircuitEnd.__annotations__, strict=True)
        },
    ),
    ("source", "destination"),
    lambda record: {
        f"{end}_{part}": record[end] and record[end][part]
        for end in ("source", "destination")
        for part in CircuitEnd.__annotations__
    },
)

_ROUTE_FEED = feed("procfs", File(NODES), File(NEIGHBOURS), parse=parse_routes)

READERS = (
    make_reader(
        "rose.socket", "sockets", 340, RoseSocket, columns.make_feeds(parse_sockets, "rose"), _SOCKETS, owned=True
    ),
    make_reader("rose.route", "routes", 1060, RoseRoute, (_ROUTE_FEED,), _ROUTES),
    make_reader("rose.node", "nodes", 5320, RoseNode, columns.make_feeds(parse_nodes, "rose_nodes"), _NODES),
    make_reader(
        "rose.neighbour",
        "neighbours",
        5120,
        RoseNeighbour,
        columns.make_feeds(parse_neighbours, "rose_neigh"),
        _NEIGHBOURS,
    ),
    make_reader(
        "rose.circuit", "circuits", 5330, RoseCircuit, columns.make_feeds(parse_circuits, "rose_routes"), _CIRCUITS
    ),
)
