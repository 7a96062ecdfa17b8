"""AppleTalk (DDP): sockets, routes, interfaces and neighbours (AARP) of Linux 2.0 to 7.1.

Files in /proc/net: ``appletalk``, ``atalk_route``, ``atalk_iface`` and ``aarp`` until 2.4, later ``atalk/socket``,
``atalk/route``, ``atalk/interface`` and ``atalk/arp``. Addresses are ``NETWORK:NODE`` in hexadecimal::

    Type Local_addr  Remote_addr Tx_queue Rx_queue St UID
    02   03E8:07:FE  03E8:FF:02  00000000:00000000 01 1000
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, TypedDict

from netstat_core.plugin import Field, Gap, Header, InterfaceName, Record, SocketRecord
from netstat_legacy_af import columns, fields, net_tools
from netstat_legacy_af.columns import TCP_CLOSE, TCP_ESTABLISHED, parse_hexadecimal, parse_number
from netstat_legacy_af.reader import make_reader

# linux/net.h
SOCK_DGRAM = 2
SOCK_RAW = 3

# linux/route.h
RTF_UP = 0x1
RTF_GATEWAY = 0x2
RTF_HOST = 0x4
RTF_REINSTATE = 0x8
RTF_DYNAMIC = 0x10
RTF_MODIFIED = 0x20
RTF_MTU = 0x40
RTF_WINDOW = 0x80
RTF_IRTT = 0x100
RTF_REJECT = 0x200

# linux/route.h of Linux 2.0
RTF_NOTCACHED = 0x400

STATES = {TCP_ESTABLISHED: "ESTABLISHED", TCP_CLOSE: "CLOSE"}
TYPES = {SOCK_DGRAM: "dgram", SOCK_RAW: "raw"}
STATUSES = ("up", "probing", "probe_failed")
FLAGS = {
    RTF_UP: ("up", "U"),
    RTF_GATEWAY: ("gateway", "G"),
    RTF_REJECT: ("reject", "!"),
    RTF_HOST: ("host", "H"),
    RTF_REINSTATE: ("reinstate", "R"),
    RTF_DYNAMIC: ("dynamic", "D"),
    RTF_MODIFIED: ("modified", "M"),
    RTF_MTU: ("mtu", "u"),
    RTF_WINDOW: ("window", "w"),
    RTF_IRTT: ("irtt", "i"),
    RTF_NOTCACHED: ("not_cached", "n"),
}
"""Routing flags and their letters, in netstat's order. AppleTalk itself sets only up, gateway and host."""

_DEFAULT = "default"
_UNCONNECTED = b"0000:00:00"
_NEIGHBOUR = re.compile(
    rb"\s*(?P<network>[0-9A-Fa-f]+):(?P<node>[0-9A-Fa-f]+)\s+"
    rb"(?P<device>\S+?)\s*(?P<hardware>(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})\s+(?P<rest>.*\S)\s*"
)
"""A row of AARP; the device touches the hardware address if its name fills the column."""
_SOCKETS_HEADERS = (
    Header("Type Local_addr Remote_addr Tx_queue Rx_queue St UID"),
    Header("Type local_addr remote_addr tx_queue rx_queue st uid"),
)
_ROUTES_HEADER = Header("Target Router Flags Dev")
_INTERFACES_HEADER = Header("Interface Address Networks Status")
_JIFFIES_HEADER = Header("address device hw addr last_sent expires xmit_count status")
_NEIGHBOURS_HEADER = Header("Address Interface Hardware Address Expires LastSend Retry Status")
_HUNDREDTHS = re.compile(rb"-?[0-9]{1,20}\.[0-9]{1,20}")
_LONGEST = 1 << 32

Address = Annotated[str, Field("AppleTalk address NETWORK:NODE: four and two hexadecimal digits", mark="name")]
Network = Annotated[int, Field("AppleTalk network number", minimum=0, maximum=0xFFFF)]
Port = Annotated[int, Field("DDP socket number", minimum=0, maximum=0xFF, mark="port")]


class DdpSocket(SocketRecord):
    """A socket of AppleTalk's Datagram Delivery Protocol."""

    family: Annotated[str, Field("Address family", words=("ddp",))]
    protocol: Annotated[str | None, Field("The family's name", words=("ddp",), never_null=True)]
    type: Annotated[str, Field("Type of the socket", words=tuple(TYPES.values()), pattern=r"^unknown\([0-9]+\)$")]
    local_address: Address
    local_port: Port
    remote_address: Annotated[Address | None, Field("Address of the peer; null if not connected", mark="name")]
    remote_port: Annotated[Port | None, Field("DDP socket number of the peer; null if not connected")]
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


class DdpRoute(TypedDict):
    """How to reach a network or a node."""

    family: Annotated[Literal["ddp"], Field("Address family")]
    destination: Annotated[str, Field("Destination address; default for all others", mark="name")]
    gateway: Annotated[Address, Field("Router, or this machine's own address if directly connected", mark="name")]
    interface: Annotated[InterfaceName, Field("Interface", mark="interface")]
    flags: Annotated[
        list[str], Field("Sorted words of the flags; unknown flags are one hexadecimal number", mark="word")
    ]
    flags_text: Annotated[str, Field("Flags in netstat's letters: U up, G gateway, H host, ! rejected", mark="word")]


class DdpInterface(TypedDict):
    """An interface that has an AppleTalk address."""

    family: Annotated[Literal["ddp"], Field("Address family")]
    name: Annotated[InterfaceName, Field("Name of the interface", mark="interface")]
    address: Address
    first_network: Annotated[Network, Field("First network number of its cable")]
    last_network: Annotated[Network, Field("Last network number of its cable")]
    status: Annotated[
        str, Field("Whether the address was claimed successfully", words=STATUSES, pattern=r"^unknown\([0-9]+\)$")
    ]


class DdpNeighbour(TypedDict):
    """A node whose hardware address AARP knows or is resolving."""

    family: Annotated[Literal["ddp"], Field("Address family")]
    address: Address
    interface: Annotated[InterfaceName | None, Field("Interface; null if it is gone", mark="interface")]
    hardware_address: Annotated[str, Field("Ethernet address; zeros while unresolved", mark="hardware_address")]
    state: Annotated[
        Literal["resolved", "unresolved", "proxy"],
        Field("Whether the address is known, being resolved, or answered for another node"),
    ]
    expires_seconds: Annotated[
        float | None, Field("Time until the entry expires or is requested again; null until Linux 2.4", minimum=0)
    ]
    last_sent_seconds: Annotated[
        float | None,
        Field("Time since the last request; null unless unresolved, and until Linux 2.4", minimum=0),
    ]
    retries: Annotated[int | None, Field("Number of requests; null if the kernel does not report it", minimum=0)]


def parse_sockets(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``TYPE NET:NODE:PORT NET:NODE:PORT TX:RX STATE UID``, all in hexadecimal but the user."""
    return columns.parse_rows(
        source, content, _parse_socket, "a socket needs type, two addresses, queues, state and uid", *_SOCKETS_HEADERS
    )


def _parse_socket(words: list[bytes]) -> Record:
    kind, local, remote, queues, state_word, uid = words
    local_address, local_port = _parse_endpoint(local)
    remote_address, remote_port = (None, None) if remote == _UNCONNECTED else _parse_endpoint(remote)
    sent, received = queues.split(b":")
    state = parse_hexadecimal(state_word)
    return {
        "family": "ddp",
        "type": TYPES.get(parse_hexadecimal(kind), f"unknown({parse_hexadecimal(kind)})"),
        "local_address": local_address,
        "local_port": local_port,
        "remote_address": remote_address,
        "remote_port": remote_port,
        "state": STATES.get(state, f"UNKNOWN({state})"),
        "state_number": state,
        "recv_queue": parse_hexadecimal(received),
        "send_queue": parse_hexadecimal(sent),
        "uid": columns.parse_uid(uid),
        "protocol": "ddp",
        "listening": False,
        "inode": None,
    }


def _parse_endpoint(word: bytes) -> tuple[str, int]:
    address, _, port = word.rpartition(b":")
    return _parse_address(address), columns.parse_octet(port)


def _parse_address(word: bytes) -> str:
    network, node = word.split(b":")
    return f"{columns.parse_port(network):04X}:{columns.parse_octet(node):02X}"


def parse_routes(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``NET:NODE|Default NET:NODE FLAGS DEVICE``.

    Linux 2.6 and later repeat the default route before every other route; it is yielded once.
    """
    default: Record | None = None
    reason = "a route needs target, router, flags and device"
    for parsed in columns.parse_rows(source, content, _parse_route, reason, _ROUTES_HEADER):
        if not isinstance(parsed, dict) or parsed["destination"] != _DEFAULT:
            yield parsed
        elif parsed != default:
            default = parsed
            yield parsed


def _parse_route(words: list[bytes]) -> Record:
    target, router, flags_word, device = words
    flags = parse_number(flags_word)
    rest = flags & ~sum(FLAGS)
    return {
        "family": "ddp",
        "destination": _DEFAULT if target.lower() == _DEFAULT.encode() else _parse_address(target),
        "gateway": _parse_address(router),
        "interface": columns.parse_text(device),
        "flags": sorted([*(word for bit, (word, _) in FLAGS.items() if flags & bit), *([hex(rest)] if rest else [])]),
        "flags_text": "".join(letter for bit, (_, letter) in FLAGS.items() if flags & bit),
    }


def parse_interfaces(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``DEVICE NET:NODE FIRST-LAST STATUS``."""
    return columns.parse_rows(
        source, content, _parse_interface, "an interface needs name, address, networks and status", _INTERFACES_HEADER
    )


def _parse_interface(words: list[bytes]) -> Record:
    name, address, networks, status_word = words
    first, last = networks.split(b"-")
    status = parse_number(status_word)
    return {
        "family": "ddp",
        "name": columns.parse_text(name),
        "address": _parse_address(address),
        "first_network": columns.parse_port(first),
        "last_network": columns.parse_port(last),
        "status": STATUSES[status] if status < len(STATUSES) else f"unknown({status})",
    }


def parse_neighbours(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``NET:NODE DEVICE MAC EXPIRES [LASTSEND RETRY] STATUS``; until 2.4 in decimal and jiffies."""
    is_old = source.endswith("/aarp") or _JIFFIES_HEADER.begins(content)
    convert, header = (_parse_old_neighbour, _JIFFIES_HEADER) if is_old else (_parse_neighbour, _NEIGHBOURS_HEADER)
    return columns.parse_lines(
        source, content, convert, "a neighbour needs address, device, hardware address and state", header
    )


def _parse_neighbour(line: bytes) -> Record:
    row, words = _split_row(line)
    expires, *asked = words[:-1]
    last_sent, retries = asked or (None, None)
    address = _parse_address(row["network"] + b":" + row["node"])
    return _to_neighbour(row, words[-1], address) | {
        "expires_seconds": _parse_hundredths(expires),
        "last_sent_seconds": None if last_sent is None else _parse_hundredths(last_sent),
        "retries": None if retries is None else parse_number(retries),
    }


def _parse_old_neighbour(line: bytes) -> Record:
    """Parse a row of Linux 2.4; its times are jiffies since boot, which mean nothing without the current jiffies."""
    row, words = _split_row(line)
    _last_sent, _expires, retries, state = words
    network, node = parse_number(row["network"]), parse_number(row["node"])
    return _to_neighbour(row, state, _parse_address(b"%X:%X" % (network, node))) | {"retries": parse_number(retries)}


def _split_row(line: bytes) -> tuple[dict[str, bytes], list[bytes]]:
    found = _NEIGHBOUR.fullmatch(line)
    if found is None:
        raise ValueError("no address, device and hardware address")
    row = found.groupdict()
    return row, row["rest"].split()


def _to_neighbour(row: dict[str, bytes], state: bytes, address: str) -> Record:
    return {
        "family": "ddp",
        "address": address,
        "interface": columns.make_text_parser(b"????")(row["device"]),
        "hardware_address": columns.parse_text(row["hardware"].lower()),
        "state": {b"resolved": "resolved", b"unresolved": "unresolved", b"proxies": "proxy", b"proxy": "proxy"}[state],
        "expires_seconds": None,
        "last_sent_seconds": None,
        "retries": None,
    }


def _parse_hundredths(word: bytes) -> float:
    """Parse seconds with two decimals; a time just passed, which the kernel prints as nearly 2**64 hundredths, is 0."""
    if not _HUNDREDTHS.fullmatch(word):
        raise ValueError("no time")
    seconds = float(word)
    return seconds if 0 <= seconds < _LONGEST else 0.0


_SOCKETS = net_tools.make_table(
    "ddp.socket",
    "AppleTalk sockets",
    {
        "Type ": "type",
        "Recv-Q": "recv_queue",
        "Send-Q": "send_queue",
        "Local Address": "local_address",
        "Port": "local_port",
        "Foreign Address": "remote_address",
        "Port ": "remote_port",
        "State      ": "state",
        "User": "uid",
    },
)


def _format_route(route: Record) -> str:
    target = "Default" if route["destination"] == _DEFAULT else route["destination"]
    return f"{target:<16}{route['gateway']:<16}{net_tools.format_word(route['interface']):<16}{route['flags_text']}\n"


def _word_missing(gap: Gap) -> str:
    """Word netstat's complaint with the old path, which is the only one it looks for."""
    return f"Error opening /proc/net/atalk_route: {gap.detail}\nDDP (AppleTalk) not configured on this system."


_ROUTES = net_tools.make_routes_layout(
    "ddp",
    "Destination     Gateway         Device          Flags\n",
    _format_route,
    ("destination", "gateway", "interface", "flags_text"),
    net_tools.make_route_complaints("ddp", _word_missing),
)

_INTERFACES = net_tools.make_table(
    "ddp.interface",
    "AppleTalk interfaces",
    {
        "Iface     ": "name",
        "Address": "address",
        "First net": "first_network",
        "Last net": "last_network",
        "Status": "status",
    },
)

_NEIGHBOURS = net_tools.make_table(
    "ddp.neighbour",
    "AppleTalk neighbours",
    {
        "Address": "address",
        "Iface     ": "interface",
        "Hardware address ": "hardware_address",
        "State     ": "state",
        "Expires ": "expires_seconds",
        "Last sent": "last_sent_seconds",
        "Retries": "retries",
    },
)

READERS = (
    make_reader(
        "ddp.socket",
        "sockets",
        350,
        DdpSocket,
        columns.make_feeds(parse_sockets, "appletalk", "atalk/socket"),
        net_tools.show_when_named(_SOCKETS.replace(shown=net_tools.show_all)),
    ),
    make_reader(
        "ddp.route", "routes", 1070, DdpRoute, columns.make_feeds(parse_routes, "atalk_route", "atalk/route"), _ROUTES
    ),
    make_reader(
        "ddp.interface",
        "interfaces",
        2030,
        DdpInterface,
        columns.make_feeds(parse_interfaces, "atalk/interface", "atalk_iface"),
        net_tools.show_when_named(_INTERFACES),
    ),
    make_reader(
        "ddp.neighbour",
        "neighbours",
        5130,
        DdpNeighbour,
        columns.make_feeds(parse_neighbours, "atalk/arp", "aarp"),
        _NEIGHBOURS,
    ),
)
