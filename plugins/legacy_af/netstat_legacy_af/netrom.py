"""NET/ROM (networking above AX.25): sockets, nodes, neighbours and the routes they make, of Linux 2.0 to 7.0.

Files of /proc/net: ``nr``, ``nr_nodes``, ``nr_neigh``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypedDict

from netstat_core.plugin import About, Field, File, Gap, Problem, Record, SocketRecord, Trait, feed
from netstat_legacy_af import columns, fields, net_tools
from netstat_legacy_af.columns import From, half, number
from netstat_legacy_af.reader import reader

STATES = ("LISTENING", "CONN_SENT", "DISC_SENT", "ESTABLISHED")

NODES, NEIGHBOURS = "/proc/net/nr_nodes", "/proc/net/nr_neigh"
_COLUMNS = "user_addr dest_node src_node dev my your st vs vr va t1 t2 t4 idle n2 wnd snd-q rcv-q inode"
_WORDS_A_ROUTE = 3

CircuitIndex = Annotated[
    int, Field("Index of the circuit in the table of the node that gave it", minimum=0, maximum=255)
]
CircuitId = Annotated[int, Field("Identifier of the circuit, which tells calls of the same index apart", minimum=0)]
Quality = Annotated[int, Field("Quality of the route: 0 (never used) to 255", minimum=0)]
Obsolescence = Annotated[int, Field("Obsolescence count: broadcasts that may be missed until it is dropped", minimum=0)]
Mnemonic = Annotated[str | None, Field("Alias of the node; null where it has none", mark="name")]
InUse = Annotated[int, Field("Which of the routes is in use, counted from 1", minimum=0)]


class NetromSocket(SocketRecord):
    """A socket of NET/ROM."""

    family: Annotated[str, Field("Address family", words=("netrom",))]
    protocol: Annotated[str | None, Field("The family's name", words=("netrom",), never_null=True)]
    interface: fields.Device
    user_callsign: Annotated[
        fields.Callsign | None, Field("The user that called; null for a listener to all", mark="name")
    ]
    remote_node: Annotated[
        fields.Callsign | None, Field("The node called, or the caller's; null without one", mark="name")
    ]
    local_node: Annotated[fields.Callsign | None, Field("Own node", mark="name")]
    local_circuit_index: CircuitIndex
    local_circuit_id: CircuitId
    remote_circuit_index: CircuitIndex
    remote_circuit_id: CircuitId
    state: Annotated[str | None, Field("State of the circuit", words=STATES, pattern=fields.UNKNOWN, never_null=True)]
    listening: fields.Ready
    state_number: fields.StateNumber
    send_sequence: fields.SendSequence
    recv_sequence: fields.RecvSequence
    acked_sequence: fields.AckedSequence
    acknowledge_timer: Annotated[fields.Countdown, Field("T1: waits for the acknowledgement of what was sent")]
    response_timer: Annotated[
        fields.Countdown, Field("T2: delays an acknowledgement, so that one answers for several frames")
    ]
    busy_timer: Annotated[fields.Countdown | None, Field("T4: how long the peer is taken for busy; null in Linux 2.0")]
    idle_timer: Annotated[
        fields.Countdown | None, Field("Ends a circuit without traffic, in whole minutes; null in Linux 2.0")
    ]
    retries: fields.Retries
    retry_limit: fields.RetryLimit
    round_trip_seconds: Annotated[fields.RoundTrip | None, Field("Smoothed round trip time; Linux 2.0 only")]
    window: fields.Window
    packet_bytes: Annotated[fields.PacketBytes | None, Field("Most bytes of data in a frame (paclen); Linux 2.0 only")]
    recv_queue: fields.RecvQueue
    send_queue: fields.SendQueue
    uid: fields.Untold
    inode: fields.SocketInode


class NodeRoute(TypedDict):
    """One of the up to three ways to a node."""

    quality: Quality
    obsolescence_count: Obsolescence
    neighbour: fields.NeighbourNumber


class NetromNode(TypedDict):
    """A node of the network, as its own table has it."""

    family: Annotated[Literal["netrom"], Field("Address family")]
    callsign: fields.Callsign
    mnemonic: Mnemonic
    in_use: InUse
    routes: Annotated[list[NodeRoute], Field("The ways to it, best first")]


class NetromNextHop(TypedDict):
    """One of the up to three ways to a node, with the neighbour it leads over."""

    quality: Quality
    obsolescence_count: Obsolescence
    neighbour: fields.NeighbourNumber
    callsign: Annotated[
        fields.Callsign | None, Field("The neighbour; null where its number is in no table", mark="name")
    ]
    interface: fields.Device


class NetromRoute(TypedDict):
    """A node of the network and the neighbours that lead to it."""

    family: Annotated[Literal["netrom"], Field("Address family")]
    destination: Annotated[fields.Callsign, Field("Callsign of the node", mark="name")]
    mnemonic: Mnemonic
    in_use: InUse
    next_hops: Annotated[list[NetromNextHop], Field("The ways to it, best first")]


class NetromNeighbour(TypedDict):
    """A station that is heard directly and passes frames on."""

    family: Annotated[Literal["netrom"], Field("Address family")]
    number: fields.NeighbourNumber
    callsign: fields.Callsign
    interface: fields.Device
    quality: Quality
    locked: Annotated[bool, Field("Whether it was entered by hand and is kept")]
    route_count: Annotated[int, Field("How many routes lead over it", minimum=0)]
    failures: Annotated[int | None, Field("Failed connections since the last good one; null in Linux 2.0", minimum=0)]
    digipeaters: Annotated[list[fields.Callsign], Field("Digipeaters on the way, in the order they are passed")]


_FIELDS = {
    "interface": From("dev", columns.device),
    "user_callsign": From("user_addr", columns.callsign),
    "remote_node": From("dest_node", columns.callsign),
    "local_node": From("src_node", columns.callsign),
    "local_circuit_index": From("my", half(0, columns.octet)),
    "local_circuit_id": From("my", half(1, columns.octet)),
    "remote_circuit_index": From("your", half(0, columns.octet)),
    "remote_circuit_id": From("your", half(1, columns.octet)),
    "state": From("st", columns.state(STATES)),
    "state_number": From("st", number),
    "send_sequence": From("vs", number),
    "recv_sequence": From("vr", number),
    "acked_sequence": From("va", number),
    "acknowledge_timer": From("t1", columns.seconds),
    "response_timer": From("t2", columns.seconds),
    "busy_timer": From("t4", columns.seconds, optional=True),
    "idle_timer": From("idle", columns.minutes, optional=True),
    "retries": From("n2", half(0, number)),
    "retry_limit": From("n2", half(1, number)),
    "round_trip_seconds": From("rtt", number, optional=True),
    "window": From("wnd", number),
    "packet_bytes": From("paclen", number, optional=True),
    "recv_queue": From("rcv-q", number),
    "send_queue": From("snd-q", number),
    "inode": From("inode", columns.inode, optional=True),
}


def parse_sockets(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Rows by the header, which differs between Linux 2.0 and later."""
    names = columns.header_names(content, _COLUMNS)
    reason = "a socket needs user, two nodes, device, circuits, state, sequence variables, timers and queues"
    return columns.parse_rows(source, content, lambda words: columns.to_record("netrom", _FIELDS, names, words), reason)


def parse_nodes(source: str, content: bytes) -> Iterator[Record | Problem]:
    """``CALL MNEMONIC WHICH COUNT`` and, for each way, ``QUALITY OBSOLESCENCE NEIGHBOUR``."""
    return columns.parse_rows(
        source, content, _node, "a node needs a callsign, a mnemonic, and three words for each route"
    )


def _node(words: list[bytes]) -> Record:
    """Linux 2.0 prints nothing for an empty mnemonic, so that the row is a word short."""
    if len(words) % _WORDS_A_ROUTE == 0:
        words = [words[0], b"*", *words[1:]]
    callsign, mnemonic, which, count, *ways = words
    if len(ways) != number(count) * _WORDS_A_ROUTE:
        raise ValueError("not three words for each route")
    return {
        "family": "netrom",
        "callsign": columns.text(callsign),
        "mnemonic": columns.callsign(mnemonic),
        "in_use": number(which),
        "routes": [_way(ways[start : start + _WORDS_A_ROUTE]) for start in range(0, len(ways), _WORDS_A_ROUTE)],
    }


def _way(words: list[bytes]) -> Record:
    quality, obsolescence, neighbour = map(number, words)
    return {"quality": quality, "obsolescence_count": obsolescence, "neighbour": neighbour}


def parse_neighbours(source: str, content: bytes) -> Iterator[Record | Problem]:
    """``NUMBER CALL DEV QUALITY LOCK COUNT [FAILED [DIGI...]]``."""
    return columns.parse_rows(
        source, content, _neighbour, "a neighbour needs number, callsign, device, quality and counts"
    )


def _neighbour(words: list[bytes]) -> Record:
    return {
        "family": "netrom",
        "number": number(words[0]),
        "callsign": columns.text(words[1]),
        "interface": columns.device(words[2]),
        "quality": number(words[3]),
        "locked": number(words[4]) != 0,
        "route_count": number(words[5]),
        "failures": number(words[6]) if words[6:] else None,
        "digipeaters": [columns.text(one) for one in words[7:]],
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
    hops = [(way, known.get(way["neighbour"], nowhere)) for way in node["routes"]]
    return {
        "family": "netrom",
        "destination": node["callsign"],
        "mnemonic": node["mnemonic"],
        "in_use": node["in_use"],
        "next_hops": [way | {"callsign": to["callsign"], "interface": to["interface"]} for way, to in hops],
    }


def _line(one: Record) -> str:
    return (
        f"{net_tools.word(one['user_callsign']):<9}  {net_tools.word(one['remote_node']):<9}  "
        f"{net_tools.word(one['local_node']):<9}  {net_tools.word(one['interface'], '???'):<6}  "
        f"{net_tools.state_word(one['state']):<11}  {one['recv_sequence']:03}/{one['send_sequence']:03}  "
        f"{one['send_queue']:<6}  {one['recv_queue']:<6}\n"
    )


_SOCKETS = net_tools.sockets(
    "netrom",
    "Active NET/ROM sockets\nUser       Dest       Source     Device  State        Vr/Vs    Send-Q  Recv-Q\n",
    _line,
    tuple(_FIELDS),
    net_tools.no_sockets("netrom"),
)


def _route_line(one: Record) -> str:
    """The route in use; the rest of the line is missing where its neighbour is in no table."""
    start = f"{net_tools.word(one['destination']):<9}    {net_tools.word(one['mnemonic']):<7}   "
    ways = one["next_hops"][one["in_use"] - 1 : one["in_use"]]
    if not ways or ways[0]["callsign"] is None:
        return f"{start}\n"
    (way,) = ways
    device = net_tools.word(way["interface"], "???")[:4]
    return f"{start}{way['quality']:>3}      {net_tools.word(way['callsign']):<9}  {device:<4}\n"


def _missing(gap: Gap) -> str:
    """Both files come with one module; for the second netstat prints what closing the first left behind."""
    if gap.source == NODES and gap.reason == "not_in_kernel":
        return f"{net_tools.open_error(gap)}\n{NEIGHBOURS}: Invalid argument"
    return net_tools.open_error(gap)


_ROUTES = net_tools.routes(
    "netrom",
    "Kernel NET/ROM routing table\nDestination  Mnemonic  Quality  Neighbour  Iface\n",
    _route_line,
    ("destination", "mnemonic", "in_use", "next_hops"),
    net_tools.no_routes("netrom", _missing),
    absent="NET/ROM not configured in this system.\n",
)

_NODES = net_tools.flattened(
    net_tools.table(
        "netrom.node",
        "NET/ROM nodes",
        {
            "Node     ": "callsign",
            "Mnemonic": "mnemonic",
            "In use": "in_use",
            "Neighbours (quality/obsolescence)": "routes",
        },
    ),
    ("callsign", "mnemonic", "in_use", "routes"),
    lambda one: one | {"routes": [_way_cell(way) for way in one["routes"]]},
)


def _way_cell(way: Record) -> str:
    return f"{way['neighbour']:05}({way['quality']}/{way['obsolescence_count']})"


_NEIGHBOURS = net_tools.table(
    "netrom.neighbour",
    "NET/ROM neighbours",
    {
        "Number": "number",
        "Neighbour": "callsign",
        "Iface   ": "interface",
        "Quality": "quality",
        "Locked": "locked",
        "Routes": "route_count",
        "Failed": "failures",
        "Digipeaters": "digipeaters",
    },
)

_ROUTE_FEED = feed("procfs", File(NODES), File(NEIGHBOURS), parse=parse_routes)

READERS = (
    reader("netrom.socket", "sockets", 330, NetromSocket, columns.feeds(parse_sockets, "nr"), _SOCKETS, owned=True),
    reader("netrom.route", "routes", 1050, NetromRoute, (_ROUTE_FEED,), _ROUTES),
    reader("netrom.node", "nodes", 5310, NetromNode, columns.feeds(parse_nodes, "nr_nodes"), _NODES),
    reader(
        "netrom.neighbour",
        "neighbours",
        5110,
        NetromNeighbour,
        columns.feeds(parse_neighbours, "nr_neigh"),
        _NEIGHBOURS,
    ),
)
