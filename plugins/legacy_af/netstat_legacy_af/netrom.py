"""NET/ROM (networking above AX.25): sockets, nodes, neighbours and routes of Linux 2.0 to 7.0.

Files in /proc/net: ``nr``, ``nr_nodes``, ``nr_neigh``. Routes join nodes and neighbours by number::

    callsign  mnemonic w n qual obs neigh qual obs neigh qual obs neigh
    GB7YEO-2  YEOVIL   1 1   90   5 00001
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypedDict

from netstat_core.plugin import About, Field, File, Gap, Header, Record, SocketRecord, Trait, feed
from netstat_legacy_af import columns, fields, net_tools
from netstat_legacy_af.columns import From, make_half_parser, parse_number
from netstat_legacy_af.reader import make_reader

STATES = ("LISTENING", "CONN_SENT", "DISC_SENT", "ESTABLISHED")

NODES, NEIGHBOURS = "/proc/net/nr_nodes", "/proc/net/nr_neigh"
_COLUMNS = "user_addr dest_node src_node dev my your st vs vr va t1 t2 t4 idle n2 wnd snd-q rcv-q inode"
_SOCKETS_HEADER = Header("user_addr dest_node src_node dev my your st vs vr va t1 t2 n2 wnd Snd-Q Rcv-Q")
_NODES_HEADER = Header("callsign mnemonic w n qual obs neigh")
_NEIGHBOURS_HEADER = Header("addr callsign dev qual lock count")
_WORDS_A_ROUTE = 3

CircuitIndex = Annotated[
    int, Field("Index of the circuit in the table of the node that assigned it", minimum=0, maximum=255)
]
CircuitId = Annotated[int, Field("Identifier of the circuit, which distinguishes calls with the same index", minimum=0)]
Quality = Annotated[int, Field("Quality of the route: 0 (never used) to 255", minimum=0)]
Obsolescence = Annotated[int, Field("Obsolescence count: broadcasts that may be missed until it is dropped", minimum=0)]
Mnemonic = Annotated[str | None, Field("Alias of the node; null if it has none", mark="name")]
InUse = Annotated[int, Field("Number of the route in use, counted from 1", minimum=0)]


class NetromSocket(SocketRecord):
    """A socket of NET/ROM."""

    family: Annotated[str, Field("Address family", words=("netrom",))]
    protocol: Annotated[str | None, Field("The family's name", words=("netrom",), never_null=True)]
    interface: fields.Device
    user_callsign: Annotated[
        fields.Callsign | None, Field("Callsign of the caller; null for a listener that accepts all", mark="name")
    ]
    remote_node: Annotated[
        fields.Callsign | None, Field("Remote node, called or calling; null if there is none", mark="name")
    ]
    local_node: Annotated[fields.Callsign | None, Field("Local node", mark="name")]
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
    acknowledge_timer: Annotated[fields.Countdown, Field("T1: time to wait for an acknowledgement")]
    response_timer: Annotated[fields.Countdown, Field("T2: delays an acknowledgement so that it covers several frames")]
    busy_timer: Annotated[
        fields.Countdown | None, Field("T4: time for which the peer counts as busy; null in Linux 2.0")
    ]
    idle_timer: Annotated[
        fields.Countdown | None, Field("Ends a circuit without traffic, in whole minutes; null in Linux 2.0")
    ]
    retries: fields.Retries
    retry_limit: fields.RetryLimit
    round_trip_seconds: Annotated[fields.RoundTrip | None, Field("Smoothed round trip time; Linux 2.0 only")]
    window: fields.Window
    packet_bytes: Annotated[
        fields.PacketBytes | None, Field("Largest number of data bytes in a frame (paclen); Linux 2.0 only")
    ]
    recv_queue: fields.RecvQueue
    send_queue: fields.SendQueue
    uid: fields.UnreportedOwner
    inode: fields.SocketInode


class NodeRoute(TypedDict):
    """One of at most three routes to a node."""

    quality: Quality
    obsolescence_count: Obsolescence
    neighbour: fields.NeighbourNumber


class NetromNode(TypedDict):
    """An entry of the table of nodes."""

    family: Annotated[Literal["netrom"], Field("Address family")]
    callsign: fields.Callsign
    mnemonic: Mnemonic
    in_use: InUse
    routes: Annotated[list[NodeRoute], Field("Routes to the node, best first")]


class NetromNextHop(TypedDict):
    """One of at most three routes to a node, with its neighbour."""

    quality: Quality
    obsolescence_count: Obsolescence
    neighbour: fields.NeighbourNumber
    callsign: Annotated[
        fields.Callsign | None,
        Field("The neighbour; null if its number is not in the table of neighbours", mark="name"),
    ]
    interface: fields.Device


class NetromRoute(TypedDict):
    """A node of the network and the neighbours that lead to it."""

    family: Annotated[Literal["netrom"], Field("Address family")]
    destination: Annotated[fields.Callsign, Field("Callsign of the node", mark="name")]
    mnemonic: Mnemonic
    in_use: InUse
    next_hops: Annotated[list[NetromNextHop], Field("Routes to the node, best first")]


class NetromNeighbour(TypedDict):
    """A station that is heard directly and forwards frames."""

    family: Annotated[Literal["netrom"], Field("Address family")]
    number: fields.NeighbourNumber
    callsign: fields.Callsign
    interface: fields.Device
    quality: Quality
    locked: Annotated[bool, Field("Whether it was entered by hand and is kept")]
    route_count: Annotated[int, Field("Number of routes that use it", minimum=0)]
    failures: Annotated[
        int | None, Field("Failed connections since the last successful one; null in Linux 2.0", minimum=0)
    ]
    digipeaters: Annotated[list[fields.Callsign], Field("Digipeaters on the path, in order")]


_FIELDS = {
    "interface": From("dev", columns.parse_device),
    "user_callsign": From("user_addr", columns.parse_callsign),
    "remote_node": From("dest_node", columns.parse_callsign),
    "local_node": From("src_node", columns.parse_callsign),
    "local_circuit_index": From("my", make_half_parser(0, columns.parse_octet)),
    "local_circuit_id": From("my", make_half_parser(1, columns.parse_octet)),
    "remote_circuit_index": From("your", make_half_parser(0, columns.parse_octet)),
    "remote_circuit_id": From("your", make_half_parser(1, columns.parse_octet)),
    "state": From("st", columns.make_state_parser(STATES)),
    "state_number": From("st", parse_number),
    "send_sequence": From("vs", parse_number),
    "recv_sequence": From("vr", parse_number),
    "acked_sequence": From("va", parse_number),
    "acknowledge_timer": From("t1", columns.parse_seconds),
    "response_timer": From("t2", columns.parse_seconds),
    "busy_timer": From("t4", columns.parse_seconds, optional=True),
    "idle_timer": From("idle", columns.parse_minutes, optional=True),
    "retries": From("n2", make_half_parser(0, parse_number)),
    "retry_limit": From("n2", make_half_parser(1, parse_number)),
    "round_trip_seconds": From("rtt", parse_number, optional=True),
    "window": From("wnd", parse_number),
    "packet_bytes": From("paclen", parse_number, optional=True),
    "recv_queue": From("rcv-q", parse_number),
    "send_queue": From("snd-q", parse_number),
    "inode": From("inode", columns.parse_inode, optional=True),
}


def parse_sockets(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse the sockets by the header, which differs between Linux 2.0 and later kernels."""
    names = columns.header_names(content, _COLUMNS)
    reason = "a socket needs user, two nodes, device, circuits, state, sequence variables, timers and queues"
    return columns.parse_rows(
        source, content, lambda words: columns.to_record("netrom", _FIELDS, names, words), reason, _SOCKETS_HEADER
    )


def parse_nodes(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``CALL MNEMONIC WHICH COUNT``, followed by ``QUALITY OBSOLESCENCE NEIGHBOUR`` for each route."""
    return columns.parse_rows(
        source,
        content,
        _parse_node,
        "a node needs a callsign, a mnemonic, and three words for each route",
        _NODES_HEADER,
    )


def _parse_node(words: list[bytes]) -> Record:
    """Parse a row; Linux 2.0 prints nothing for an empty mnemonic, so the row is a word short."""
    if len(words) % _WORDS_A_ROUTE == 0:
        words = [words[0], b"*", *words[1:]]
    callsign, mnemonic, which, count, *ways = words
    if len(ways) != parse_number(count) * _WORDS_A_ROUTE:
        raise ValueError("not three words for each route")
    return {
        "family": "netrom",
        "callsign": columns.parse_text(callsign),
        "mnemonic": columns.parse_callsign(mnemonic),
        "in_use": parse_number(which),
        "routes": [
            _parse_node_route(ways[start : start + _WORDS_A_ROUTE]) for start in range(0, len(ways), _WORDS_A_ROUTE)
        ],
    }


def _parse_node_route(words: list[bytes]) -> Record:
    quality, obsolescence, neighbour = map(parse_number, words)
    return {"quality": quality, "obsolescence_count": obsolescence, "neighbour": neighbour}


def parse_neighbours(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``NUMBER CALL DEV QUALITY LOCK COUNT [FAILED [DIGI...]]``."""
    return columns.parse_rows(
        source,
        content,
        _parse_neighbour,
        "a neighbour needs number, callsign, device, quality and counts",
        _NEIGHBOURS_HEADER,
    )


def _parse_neighbour(words: list[bytes]) -> Record:
    return {
        "family": "netrom",
        "number": parse_number(words[0]),
        "callsign": columns.parse_text(words[1]),
        "interface": columns.parse_device(words[2]),
        "quality": parse_number(words[3]),
        "locked": parse_number(words[4]) != 0,
        "route_count": parse_number(words[5]),
        "failures": parse_number(words[6]) if words[6:] else None,
        "digipeaters": [columns.parse_text(word) for word in words[7:]],
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
    hops = [(way, known.get(way["neighbour"], nowhere)) for way in node["routes"]]
    return {
        "family": "netrom",
        "destination": node["callsign"],
        "mnemonic": node["mnemonic"],
        "in_use": node["in_use"],
        "next_hops": [way | {"callsign": to["callsign"], "interface": to["interface"]} for way, to in hops],
    }


def _format_socket(socket: Record) -> str:
    return (
        f"{net_tools.format_word(socket['user_callsign']):<9}  {net_tools.format_word(socket['remote_node']):<9}  "
        f"{net_tools.format_word(socket['local_node']):<9}  {net_tools.format_word(socket['interface'], '???'):<6}  "
        f"{net_tools.format_state(socket['state']):<11}  {socket['recv_sequence']:03}/{socket['send_sequence']:03}  "
        f"{socket['send_queue']:<6}  {socket['recv_queue']:<6}\n"
    )


_SOCKETS = net_tools.make_sockets_layout(
    "netrom",
    "Active NET/ROM sockets\nUser       Dest       Source     Device  State        Vr/Vs    Send-Q  Recv-Q\n",
    _format_socket,
    tuple(_FIELDS),
    net_tools.make_socket_complaints("netrom"),
)


def _format_route(route: Record) -> str:
    """Format the route in use; the rest of the line is empty if its neighbour is not in the table of neighbours."""
    start = f"{net_tools.format_word(route['destination']):<9}    {net_tools.format_word(route['mnemonic']):<7}   "
    ways = route["next_hops"][route["in_use"] - 1 : route["in_use"]]
    if not ways or ways[0]["callsign"] is None:
        return f"{start}\n"
    (way,) = ways
    device = net_tools.format_word(way["interface"], "???")[:4]
    return f"{start}{way['quality']:>3}      {net_tools.format_word(way['callsign']):<9}  {device:<4}\n"


def _word_missing(gap: Gap) -> str:
    """Word netstat's complaint about both files, which come with one module; for the second it prints a stale errno."""
    if gap.source == NODES and gap.reason == "not_in_kernel":
        return f"{net_tools.format_open_error(gap)}\n{NEIGHBOURS}: Invalid argument"
    return net_tools.format_open_error(gap)


_ROUTES = net_tools.make_routes_layout(
    "netrom",
    "Kernel NET/ROM routing table\nDestination  Mnemonic  Quality  Neighbour  Iface\n",
    _format_route,
    ("destination", "mnemonic", "in_use", "next_hops"),
    net_tools.make_route_complaints("netrom", _word_missing),
    absent="NET/ROM not configured in this system.\n",
)

_NODES = net_tools.flatten(
    net_tools.make_table(
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
    lambda record: record | {"routes": [_format_node_route(way) for way in record["routes"]]},
)


def _format_node_route(way: Record) -> str:
    return f"{way['neighbour']:05}({way['quality']}/{way['obsolescence_count']})"


_NEIGHBOURS = net_tools.make_table(
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
    make_reader(
        "netrom.socket", "sockets", 330, NetromSocket, columns.make_feeds(parse_sockets, "nr"), _SOCKETS, owned=True
    ),
    make_reader("netrom.route", "routes", 1050, NetromRoute, (_ROUTE_FEED,), _ROUTES),
    make_reader("netrom.node", "nodes", 5310, NetromNode, columns.make_feeds(parse_nodes, "nr_nodes"), _NODES),
    make_reader(
        "netrom.neighbour",
        "neighbours",
        5110,
        NetromNeighbour,
        columns.make_feeds(parse_neighbours, "nr_neigh"),
        _NEIGHBOURS,
    ),
)
