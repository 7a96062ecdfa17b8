"""AX.25 (amateur packet radio): sockets, routes, callsigns of users and BPQ interfaces of Linux 2.0 to 7.0.

Files in /proc/net: ``ax25``, ``ax25_route``, ``ax25_calls``, and ``bpqether``, which is ``ax25_bpqether`` in Linux 2.0.
``ax25`` has no header since Linux 2.2, and no queues (``*``) for a link that no socket owns::

    000000003ad09dab ax0 G0ABC-1 M0RSN-2 3 4 3 4 0 6 0 3 295 300 0 0 0 10 2 2 256 * * *
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Annotated, Literal, TypedDict

from netstat_core.plugin import Bytes, Complaint, Field, Header, InterfaceName, Problem, Record, SocketRecord, Uid
from netstat_legacy_af import columns, fields, net_tools
from netstat_legacy_af.columns import From, make_half_parser, parse_number
from netstat_legacy_af.reader import make_reader

STATES = ("LISTENING", "SABM_SENT", "DISC_SENT", "ESTABLISHED", "RECOVERY")
"""Words by number. Sockets for single frames (UI) are LISTENING too; RECOVERY means that T1 expired."""

MODES = {b"vc": "virtual_circuit", b"dg": "datagram", b"*": None}
ORIGINS = {b"M": "manual", b"P": "permanent"}
POLICIES = {0: "own_callsign_optional", 1: "own_callsign_required"}

_OLD_HEADER = Header("dest_addr src_addr dev st vs vr va t1 t2 t3 idle n2 rtt paclen Snd-Q Rcv-Q")
_ROUTES_HEADERS = Header("callsign dev mode digipeaters"), Header("callsign dev count time mode F digipeaters")
_POLICY = Header("Policy:")
_OLD_BPQ_HEADER = Header("dev callsign")
_BPQ_HEADERS = Header("dev ether destination accept from"), _OLD_BPQ_HEADER
_CALLSIGN = re.compile(rb"[A-Z0-9]{1,6}(?:-[0-9]{1,2})?")
_MAC = re.compile(rb"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_HEADLESS = "headless"
_COLUMNS = "magic dev src_addr dest_addr st vs vr va t1 t2 t3 idle n2 rtt wnd paclen snd-q rcv-q inode"
"""The columns of Linux 2.2 and later, whose file has no header, with the words of a timer joined as in Linux 2.0."""
_TIMERS = range(8, 18, 2)
_BEFORE_INODE = 23
_OLD_INTERFACE = 2


class Ax25Socket(SocketRecord):
    """An AX.25 socket, or a link of the kernel itself (NET/ROM, ROSE, IP) that no socket owns."""

    family: Annotated[str, Field("Address family", words=("ax25",))]
    protocol: Annotated[str | None, Field("The family's name", words=("ax25",), never_null=True)]
    interface: fields.Device
    local_callsign: Annotated[fields.Callsign | None, Field("Local callsign; null if none is set", mark="name")]
    repeats: Annotated[bool, Field("Whether this station is a digipeater of the link and not one of its ends")]
    remote_callsign: Annotated[fields.Callsign | None, Field("Remote callsign; null if there is none", mark="name")]
    digipeaters: Annotated[list[fields.Callsign], Field("Digipeaters on the path, in order")]
    digipeaters_passed: Annotated[int, Field("Number of digipeaters that the kernel marks as passed", minimum=0)]
    state: Annotated[str | None, Field("State of the link", words=STATES, pattern=fields.UNKNOWN, never_null=True)]
    listening: Annotated[bool, Field("Whether the state is LISTENING, which sockets for single frames have too")]
    state_number: fields.StateNumber
    send_sequence: fields.SendSequence
    recv_sequence: fields.RecvSequence
    acked_sequence: fields.AckedSequence
    acknowledge_timer: Annotated[fields.Countdown, Field("T1: time to wait for an acknowledgement")]
    response_timer: Annotated[fields.Countdown, Field("T2: delays an acknowledgement so that it covers several frames")]
    inactive_timer: Annotated[
        fields.Countdown, Field("T3: checks whether the remote station is still there if nothing is sent")
    ]
    idle_timer: Annotated[fields.Countdown, Field("Ends a link without traffic; kept by the kernel in whole minutes")]
    retries: fields.Retries
    retry_limit: fields.RetryLimit
    round_trip_seconds: fields.RoundTrip
    window: fields.Window
    packet_bytes: fields.PacketBytes
    dama_slave: Annotated[bool | None, Field("Speaks only when the DAMA master polls; Linux 2.0 only")]
    recv_queue: Annotated[Bytes | None, Field("Bytes received and not yet read; null if no socket owns the link")]
    send_queue: Annotated[Bytes | None, Field("Bytes to be sent or acknowledged; null if no socket owns the link")]
    uid: fields.UnreportedOwner
    inode: fields.SocketInode


class Ax25Route(TypedDict):
    """The interface and the digipeaters by which a station is reached."""

    family: Annotated[Literal["ax25"], Field("Address family")]
    destination: Annotated[str, Field("Callsign of the station; default for all others", mark="name")]
    interface: fields.Device
    mode: Annotated[
        Literal["virtual_circuit", "datagram"] | None, Field("How IP is sent to it; null for the interface's mode")
    ]
    digipeaters: Annotated[list[fields.Callsign], Field("Digipeaters on the path, in order")]
    use_count: Annotated[int | None, Field("Number of times it was used; Linux 2.0 only", minimum=0)]
    last_used_at: Annotated[
        str | None, Field("When it was used or heard last, ISO 8601 in UTC; Linux 2.0 only", mark="word")
    ]
    origin: Annotated[
        Literal["manual", "permanent", "learned"] | None, Field("Who made it and whether it expires; Linux 2.0 only")
    ]


class Ax25Call(TypedDict):
    """The callsign of a user of this machine for outgoing calls."""

    family: Annotated[Literal["ax25"], Field("Address family")]
    uid: Uid
    callsign: fields.Callsign
    policy: Annotated[
        str | None,
        Field("Whether users need a callsign of their own", words=tuple(POLICIES.values()), pattern=fields.UNKNOWN),
    ]


class Ax25Interface(TypedDict):
    """An interface that carries AX.25 over Ethernet (G8BPQ's encapsulation)."""

    family: Annotated[Literal["ax25"], Field("Address family")]
    name: Annotated[fields.Device, Field("The AX.25 interface; in Linux 2.0 the Ethernet device", mark="interface")]
    ether_interface: Annotated[InterfaceName | None, Field("The Ethernet device under it", mark="interface")]
    destination_address: Annotated[str | None, Field("Ethernet address frames are sent to", mark="hardware_address")]
    accepted_address: Annotated[
        str | None, Field("Ethernet address frames are taken from; null for any", mark="hardware_address")
    ]
    callsign: Annotated[fields.Callsign | None, Field("Its callsign; Linux 2.0 only", mark="name")]


_FIELDS = {
    "interface": From("dev", columns.parse_device),
    "local_callsign": From("src_addr", lambda word: columns.parse_callsign(word.rstrip(b"*") or b"*")),
    "repeats": From("src_addr", lambda word: len(word) > 1 and word.endswith(b"*")),
    "remote_callsign": From("dest_addr", lambda word: columns.parse_callsign(word.split(b",")[0])),
    "digipeaters": From(
        "dest_addr", lambda word: [columns.parse_text(digipeater.rstrip(b"*")) for digipeater in word.split(b",")[1:]]
    ),
    "digipeaters_passed": From("dest_addr", lambda word: _count_passed(word.split(b",")[1:])),
    "state": From("st", columns.make_state_parser(STATES)),
    "state_number": From("st", parse_number),
    "send_sequence": From("vs", parse_number),
    "recv_sequence": From("vr", parse_number),
    "acked_sequence": From("va", parse_number),
    "acknowledge_timer": From("t1", columns.parse_seconds),
    "response_timer": From("t2", columns.parse_seconds),
    "inactive_timer": From("t3", columns.parse_seconds),
    "idle_timer": From("idle", columns.parse_minutes),
    "retries": From("n2", make_half_parser(0, parse_number)),
    "retry_limit": From("n2", make_half_parser(1, parse_number)),
    "round_trip_seconds": From("rtt", parse_number),
    "window": From("wnd", parse_number),
    "packet_bytes": From("paclen", parse_number),
    "dama_slave": From("dama", lambda word: word == b"slave", optional=True),
    "recv_queue": From("rcv-q", columns.parse_queue, optional=True),
    "send_queue": From("snd-q", columns.parse_queue, optional=True),
    "inode": From("inode", columns.parse_inode, optional=True),
}


def _count_passed(digipeaters: list[bytes]) -> int:
    """Return the position of the last digipeater that was passed, which the kernel marks with a star, or 0."""
    return max((place for place, digipeater in enumerate(digipeaters, 1) if digipeater.endswith(b"*")), default=0)


def parse_sockets(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Yield the links, by the header of Linux 2.0 or from the 24 words of later kernels, which print no header."""
    header = content.partition(b"\n")[0]
    reason = "a link needs device, two callsigns, state, sequence variables, timers and queues"
    if _OLD_HEADER.begins(content):
        names = header.lower().replace(b"window", b"wnd").decode("ascii", "replace").split()
        yield from columns.parse_rows(source, content, lambda words: _parse_link(names, words), reason, _OLD_HEADER)
        return
    for parsed in columns.parse_rows(source, content, _parse_headless_link, reason):
        yield parsed.replace(code=_HEADLESS) if isinstance(parsed, Problem) else parsed


def _parse_headless_link(words: list[bytes]) -> Record:
    if len(words) < _BEFORE_INODE:
        raise ValueError("too few words")
    timers = [b"/".join(words[start : start + 2]) for start in _TIMERS]
    return _parse_link(_COLUMNS.split(), words[:8] + timers + words[18:])


def _parse_link(names: list[str], words: list[bytes]) -> Record:
    return columns.to_record("ax25", _FIELDS, names, words)


def parse_routes(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``CALL DEV MODE [DIGI...]``; in Linux 2.0.1 ``CALL DEV COUNT TIME MODE [M|P] [DIGI...]``."""
    is_counted = _ROUTES_HEADERS[1].begins(content)
    convert = _parse_counted_route if is_counted else _parse_route
    return columns.parse_rows(
        source, content, convert, "a route needs a callsign, a device and a mode", *_ROUTES_HEADERS
    )


def _parse_route(words: list[bytes]) -> Record:
    mode = words[2]
    if mode.isdigit():
        return _to_route(words, None, words[3:], use_count=parse_number(mode))
    return _to_route(words, mode, words[3:])


def _parse_counted_route(words: list[bytes]) -> Record:
    origin = ORIGINS.get(b"".join(words[5:6]))
    digipeaters = words[6:] if origin else words[5:]
    known = {"use_count": parse_number(words[2]), "last_used_at": _parse_time(words[3]), "origin": origin or "learned"}
    return _to_route(words, words[4], digipeaters, **known)


def _to_route(words: list[bytes], mode: bytes | None, digipeaters: list[bytes], **known: int | str | None) -> Record:
    route = {
        "family": "ax25",
        "destination": columns.parse_text(words[0]),
        "interface": columns.parse_device(words[1]),
        "mode": None if mode is None else MODES[mode],
        "digipeaters": [columns.parse_text(word) for word in digipeaters],
        "use_count": None,
        "last_used_at": None,
        "origin": None,
    }
    return route | known


def _parse_time(word: bytes) -> str | None:
    """Convert seconds since 1970 to ISO 8601, and 0 to None."""
    stamp = parse_number(word)
    if stamp >> 37:
        raise ValueError("no time")
    return datetime.fromtimestamp(stamp, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if stamp else None


def parse_calls(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse a first line ``Policy: N`` and rows ``UID CALL``."""
    first = content.partition(b"\n")[0]
    policy = _parse_policy(first)
    if policy is None and first.startswith(b"Policy:"):
        yield Problem(source, "a policy is a number", first, 1)

    def convert(words: list[bytes]) -> Record:
        uid, callsign = words
        return {
            "family": "ax25",
            "uid": columns.parse_uid(uid),
            "callsign": columns.parse_text(callsign),
            "policy": policy,
        }

    yield from columns.parse_rows(source, content, convert, "a row needs a uid and a callsign", _POLICY)


def _parse_policy(line: bytes) -> str | None:
    try:
        value = parse_number(line.removeprefix(b"Policy:").strip())
    except ValueError:
        return None
    return POLICIES.get(value, f"UNKNOWN({value})")


def parse_interfaces(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Parse rows ``DEV ETHER DESTINATION ACCEPTED|*``; in Linux 2.0 ``DEV CALL``."""
    is_old = _OLD_BPQ_HEADER.begins(content)
    reason = "an interface needs a device and its addresses or callsign"
    return columns.parse_rows(
        source, content, lambda words: _parse_interface(words, has_callsign=is_old), reason, *_BPQ_HEADERS
    )


def _parse_interface(words: list[bytes], *, has_callsign: bool) -> Record:
    """Parse a row; ``has_callsign`` says that the header is that of Linux 2.0."""
    is_old = has_callsign or len(words) == _OLD_INTERFACE
    addresses = [word.lower() for word in words[2:]]
    if is_old and not (has_callsign or _CALLSIGN.fullmatch(words[1])):
        raise ValueError("not a callsign")
    if not is_old and not all(_MAC.fullmatch(word) for word in addresses if word != b"*"):
        raise ValueError("not an Ethernet address")
    return {
        "family": "ax25",
        "name": columns.parse_text(words[0]),
        "ether_interface": None if is_old else columns.parse_text(words[1]),
        "destination_address": None if is_old else columns.parse_text(addresses[0]),
        "accepted_address": None if is_old else columns.make_text_parser(b"*")(addresses[1]),
        "callsign": columns.parse_text(words[1]) if is_old else None,
    }


def _format_socket(socket: Record) -> str:
    local = net_tools.format_word(socket["local_callsign"]) + "*" * socket["repeats"]
    return (
        f"{net_tools.format_word(socket['remote_callsign']):<9}  {local:<9}  "
        f"{net_tools.format_word(socket['interface'], '???'):<6}  "
        f"{net_tools.format_state(socket['state']):<11}  {socket['recv_sequence']:03}/{socket['send_sequence']:03}  "
        f"{socket['send_queue'] or 0:<6}  {socket['recv_queue'] or 0:<6}\n"
    )


def _complain_about_link(problem: Problem) -> Complaint:
    if problem.code != _HEADLESS:
        return net_tools.complain_about_row(problem)
    return Complaint(f"problem reading data from {problem.source}", on_stdout=True)


_SOCKETS = net_tools.make_sockets_layout(
    "ax25",
    "Active AX.25 sockets\nDest       Source     Device  State        Vr/Vs    Send-Q  Recv-Q\n",
    _format_socket,
    tuple(_FIELDS),
    net_tools.make_socket_complaints("ax25", _complain_about_link),
)


def _format_route(route: Record) -> str:
    """Format a route; netstat cuts the device to four characters."""
    device = net_tools.format_word(route["interface"], "???")[:4]
    return f"{net_tools.format_word(route['destination']):<9}    {device:<5}  {route['use_count'] or 0:>5}\n"


_ROUTES = net_tools.make_routes_layout(
    "ax25",
    "Kernel AX.25 routing table\nDestination  Iface    Use\n",
    _format_route,
    ("destination", "interface", "use_count"),
    net_tools.make_route_complaints("ax25", net_tools.format_open_error),
    absent="AX.25 not configured in this system.\n",
)

_CALLS = net_tools.make_table(
    "ax25.call", "AX.25 callsigns of users", {"User      ": "uid", "Callsign  ": "callsign", "Policy": "policy"}
)

_INTERFACES = net_tools.make_table(
    "ax25.interface",
    "AX.25 over Ethernet",
    {
        "Iface   ": "name",
        "Ethernet  ": "ether_interface",
        "Destination       ": "destination_address",
        "Accept from       ": "accepted_address",
        "Callsign": "callsign",
    },
)

READERS = (
    make_reader(
        "ax25.socket", "sockets", 310, Ax25Socket, columns.make_feeds(parse_sockets, "ax25"), _SOCKETS, owned=True
    ),
    make_reader("ax25.route", "routes", 1030, Ax25Route, columns.make_feeds(parse_routes, "ax25_route"), _ROUTES),
    make_reader("ax25.call", "calls", 5300, Ax25Call, columns.make_feeds(parse_calls, "ax25_calls"), _CALLS),
    make_reader(
        "ax25.interface",
        "interfaces",
        2020,
        Ax25Interface,
        columns.make_feeds(parse_interfaces, "bpqether", "ax25_bpqether"),
        net_tools.show_when_named(_INTERFACES),
    ),
)
