"""ROSE (X.25 calls above AX.25): sockets, nodes, neighbours, circuits and routes of Linux 2.2 to 7.0.

Files of /proc/net: ``rose``, ``rose_nodes``, ``rose_neigh``, ``rose_routes``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypedDict

from netstat_core.plugin import About, Field, File, Gap, Problem, Record, SocketRecord, Trait, feed
from netstat_legacy_af import columns, fields, net_tools
from netstat_legacy_af.columns import From, hexadecimal, number
from netstat_legacy_af.reader import reader

STATES = ("LISTENING", "CONN_SENT", "DISC_SENT", "ESTABLISHED", "AWAITING_RESET", "DEFERRED")
"""netstat has words for the first four; a deferred call waits to be accepted by the program that listens."""
_STATES_SHOWN = 4

NODES, NEIGHBOURS = "/proc/net/rose_nodes", "/proc/net/rose_neigh"
_COLUMNS = "dest_addr dest_call src_addr src_call dev lci neigh st vs vr va t t1 t2 t3 hb idle snd-q rcv-q inode"
_NO_CALLSIGN = b"??????-?"

Address = Annotated[str, Field("ROSE address: ten digits, as 2080175524", mark="name")]
Mask = Annotated[int, Field("How many digits of the address have to be the same", minimum=0)]


class RoseSocket(SocketRecord):
    """A socket of ROSE."""

    family: Annotated[str, Field("Address family", words=("rose",))]
    protocol: Annotated[str | None, Field("The family's name", words=("rose",), never_null=True)]
    interface: fields.Device
    local_address: Annotated[Address | None, Field("Own address", mark="name")]
    local_callsign: Annotated[fields.Callsign | None, Field("Own callsign; null where none is set", mark="name")]
    remote_address: Annotated[Address | None, Field("Address of the peer; null without one", mark="name")]
    remote_callsign: Annotated[fields.Callsign | None, Field("Callsign of the peer; null without one", mark="name")]
    lci: fields.Circuit
    neighbour: Annotated[
        fields.NeighbourNumber | None, Field("The neighbour that the call goes over; null without one")
    ]
    state: Annotated[str | None, Field("State of the call", words=STATES, pattern=fields.UNKNOWN, never_null=True)]
    listening: fields.Ready
    state_number: fields.StateNumber
    send_sequence: fields.SendSequence
    recv_sequence: fields.RecvSequence
    acked_sequence: fields.AckedSequence
    timer_left_seconds: Annotated[int, Field("What is left of the timer that runs; 0 while none does", minimum=0)]
    call_timeout_seconds: Annotated[int, Field("T1: how long an answer to a call is waited for", minimum=0)]
    reset_timeout_seconds: Annotated[int, Field("T2: how long an answer to a reset is waited for", minimum=0)]
    clear_timeout_seconds: Annotated[int, Field("T3: how long an answer to a clear is waited for", minimum=0)]
    response_delay_seconds: Annotated[int, Field("HB: how long an acknowledgement is held back", minimum=0)]
    idle_timer: Annotated[fields.Countdown, Field("Ends a call without traffic; kept by the kernel in whole minutes")]
    recv_queue: fields.RecvQueue
    send_queue: fields.SendQueue
    uid: fields.Untold
    inode: fields.SocketInode


class RoseNode(TypedDict):
    """Addresses that begin alike, and the neighbours that lead there."""

    family: Annotated[Literal["rose"], Field("Address family")]
    address: Annotated[Address | None, Field("Address; null where it is all zeros", mark="name")]
    mask: Mask
    neighbours: Annotated[list[fields.NeighbourNumber], Field("Numbers of the neighbours, in the order they are tried")]


class RoseNextHop(TypedDict):
    """A neighbour that leads to an address."""

    neighbour: fields.NeighbourNumber
    callsign: Annotated[
        fields.Callsign | None, Field("Its callsign; null where its number is in no table", mark="name")
    ]
    interface: fields.Device


class RoseRoute(TypedDict):
    """Addresses that begin alike, and how they are reached."""

    family: Annotated[Literal["rose"], Field("Address family")]
    destination: Annotated[Address | None, Field("Address; null where it is all zeros", mark="name")]
    mask: Mask
    next_hops: Annotated[list[RoseNextHop], Field("The neighbours, in the order they are tried")]


class RoseNeighbour(TypedDict):
    """A station that calls are passed to."""

    family: Annotated[Literal["rose"], Field("Address family")]
    number: fields.NeighbourNumber
    callsign: Annotated[fields.Callsign, Field("Its callsign; RSLOOP-0 is this machine itself", mark="name")]
    interface: fields.Device
    node_count: Annotated[int, Field("How many nodes lead over it", minimum=0)]
    use_count: Annotated[int, Field("How many calls go over it", minimum=0)]
    mode: Annotated[Literal["dte", "dce"], Field("Which end of the link this machine is")]
    restarted: Annotated[bool, Field("Whether the link was restarted, and so can carry calls")]
    restart_left_seconds: Annotated[int, Field("T0: what is left of waiting for the restart", minimum=0)]
    fail_left_seconds: Annotated[int, Field("TF: how long the link is still taken for failed", minimum=0)]
    digipeaters: Annotated[list[fields.Callsign], Field("Digipeaters on the way, in the order they are passed")]


class CircuitEnd(TypedDict):
    """One side of a call in transit."""

    lci: fields.Circuit
    address: Annotated[Address | None, Field("Address on that side", mark="name")]
    callsign: Annotated[fields.Callsign | None, Field("Callsign on that side", mark="name")]
    neighbour: fields.NeighbourNumber


class RoseCircuit(TypedDict):
    """A call of others that this machine passes on."""

    family: Annotated[Literal["rose"], Field("Address family")]
    source: Annotated[CircuitEnd | None, Field("Where the call comes from; null where that side is gone")]
    destination: Annotated[CircuitEnd | None, Field("Where it goes; null where that side is gone")]


_FIELDS = {
    "interface": From("dev", columns.device),
    "local_address": From("src_addr", columns.callsign),
    "local_callsign": From("src_call", columns.unless(_NO_CALLSIGN)),
    "remote_address": From("dest_addr", columns.callsign),
    "remote_callsign": From("dest_call", columns.callsign),
    "lci": From("lci", hexadecimal),
    "neighbour": From("neigh", lambda word: number(word) or None),
    "state": From("st", columns.state(STATES)),
    "state_number": From("st", number),
    "send_sequence": From("vs", number),
    "recv_sequence": From("vr", number),
    "acked_sequence": From("va", number),
    "timer_left_seconds": From("t", number),
    "call_timeout_seconds": From("t1", number),
    "reset_timeout_seconds": From("t2", number),
    "clear_timeout_seconds": From("t3", number),
    "response_delay_seconds": From("hb", number),
    "idle_timer": From("idle", columns.minutes),
    "recv_queue": From("rcv-q", number),
    "send_queue": From("snd-q", number),
    "inode": From("inode", columns.inode, optional=True),
}


def parse_sockets(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Rows by the header."""
    names = columns.header_names(content, _COLUMNS)
    reason = "a socket needs two addresses and callsigns, device, circuit, state, sequence variables, timers and queues"
    return columns.parse_rows(source, content, lambda words: columns.to_record("rose", _FIELDS, names, words), reason)


def parse_nodes(source: str, content: bytes) -> Iterator[Record | Problem]:
    """``ADDRESS MASK COUNT NEIGHBOUR...``."""
    return columns.parse_rows(source, content, _node, "a node needs an address, a mask and its neighbours")


def _node(words: list[bytes]) -> Record:
    address, mask, count, *neighbours = words
    if len(neighbours) != number(count):
        raise ValueError("not as many neighbours as counted")
    return {
        "family": "rose",
        "address": columns.callsign(address),
        "mask": number(mask),
        "neighbours": [number(one) for one in neighbours],
    }


def parse_neighbours(source: str, content: bytes) -> Iterator[Record | Problem]:
    """``NUMBER CALL DEV COUNT USE DTE|DCE yes|no T0 TF [DIGI...]``."""
    return columns.parse_rows(
        source, content, _neighbour, "a neighbour needs number, callsign, device, counts and timers"
    )


def _neighbour(words: list[bytes]) -> Record:
    return {
        "family": "rose",
        "number": number(words[0]),
        "callsign": columns.text(words[1]),
        "interface": columns.device(words[2]),
        "node_count": number(words[3]),
        "use_count": number(words[4]),
        "mode": {b"DTE": "dte", b"DCE": "dce"}[words[5]],
        "restarted": {b"yes": True, b"no": False}[words[6]],
        "restart_left_seconds": number(words[7]),
        "fail_left_seconds": number(words[8]),
        "digipeaters": [columns.text(one) for one in words[9:]],
    }


def parse_circuits(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """``LCI ADDRESS CALL NEIGHBOUR``, twice."""
    return columns.parse_rows(source, content, _circuit, "a call needs circuit, address, callsign and neighbour twice")


def _circuit(words: list[bytes]) -> Record:
    caller, called = words[:4], words[4:]
    return {"family": "rose", "source": _end(caller), "destination": _end(called)}


def _end(words: list[bytes]) -> Record | None:
    lci, address, callsign, neighbour = words
    if not number(neighbour):
        return None
    return {
        "lci": hexadecimal(lci),
        "address": columns.callsign(address),
        "callsign": columns.callsign(callsign),
        "neighbour": number(neighbour),
    }


def parse_routes(_about: About, nodes: bytes, neighbours: bytes) -> Iterator[columns.Parsed]:
    """The nodes, with their neighbours looked up by number as netstat does it."""
    yield Trait(columns.PRESENT)
    known: dict[int, Record] = {}
    yield from columns.into(known, "number", parse_neighbours(NEIGHBOURS, neighbours))
    for parsed in parse_nodes(NODES, nodes):
        yield parsed if isinstance(parsed, Problem) else _route(parsed, known)


def _route(node: Record, known: dict[int, Record]) -> Record:
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


def _line(one: Record) -> str:
    state = one["state"] if one["state_number"] < _STATES_SHOWN else "UNKNOWN"
    return (
        f"{net_tools.word(one['remote_address']):<10}  {net_tools.word(one['remote_callsign']):<9}  "
        f"{net_tools.word(one['local_address']):<10}  "
        f"{net_tools.word(one['local_callsign'], _NO_CALLSIGN.decode()):<9} "
        f"{net_tools.word(one['interface'], '???'):<5} {one['lci']:>3} {one['neighbour'] or 0:>5}   "
        f"{net_tools.state_word(state)}\n"
    )


_SOCKETS = net_tools.sockets(
    "rose",
    "Active ROSE sockets\ndest_addr   dest_call  src_addr    src_call  dev   lci neigh   state\n",
    _line,
    tuple(_FIELDS),
    net_tools.no_sockets("rose"),
)


def _route_line(one: Record) -> str:
    return f"{net_tools.word(one['destination']):<10}   {''.join(map(_hop_cell, one['next_hops']))}\n"


def _hop_cell(hop: Record) -> str:
    """Number, callsign and the first five characters of the device; only the number of an unknown neighbour."""
    if hop["callsign"] is None:
        return f"{hop['neighbour']:05}  "
    device = net_tools.word(hop["interface"], "???")[:5]
    return f"{hop['neighbour']:05}  {net_tools.word(hop['callsign']):<10}   {device:<5}"


def _missing(gap: Gap) -> str:
    return f"{net_tools.open_error(gap)}\nROSE not configured in this system."


_ROUTES = net_tools.routes(
    "rose",
    "Kernel ROSE routing table\n"
    "Destination  neigh1 callsign  device  neigh2 callsign  device  neigh3 callsign  device\n",
    _route_line,
    ("destination", "next_hops"),
    net_tools.no_routes("rose", _missing),
)

_NODES = net_tools.table(
    "rose.node", "ROSE nodes", {"Address   ": "address", "Mask": "mask", "Neighbours": "neighbours"}
)

_NEIGHBOURS = net_tools.table(
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

_CIRCUITS = net_tools.flattened(
    net_tools.table(
        "rose.circuit",
        "ROSE calls in transit",
        {
            f"{side} {heading}": f"{end}_{part}"
            for side, end in (("From", "source"), ("To", "destination"))
            for heading, part in zip(("LCI", "address", "call  ", "neighbour"), CircuitEnd.__annotations__, strict=True)
        },
    ),
    ("source", "destination"),
    lambda one: {
        f"{end}_{part}": one[end] and one[end][part]
        for end in ("source", "destination")
        for part in CircuitEnd.__annotations__
    },
)

_ROUTE_FEED = feed("procfs", File(NODES), File(NEIGHBOURS), parse=parse_routes)

READERS = (
    reader("rose.socket", "sockets", 340, RoseSocket, columns.feeds(parse_sockets, "rose"), _SOCKETS, owned=True),
    reader("rose.route", "routes", 1060, RoseRoute, (_ROUTE_FEED,), _ROUTES),
    reader("rose.node", "nodes", 5320, RoseNode, columns.feeds(parse_nodes, "rose_nodes"), _NODES),
    reader(
        "rose.neighbour", "neighbours", 5120, RoseNeighbour, columns.feeds(parse_neighbours, "rose_neigh"), _NEIGHBOURS
    ),
    reader("rose.circuit", "circuits", 5330, RoseCircuit, columns.feeds(parse_circuits, "rose_routes"), _CIRCUITS),
)
