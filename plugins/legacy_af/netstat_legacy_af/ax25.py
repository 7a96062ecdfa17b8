"""AX.25 (amateur packet radio): sockets, routes, callsigns of users and BPQ interfaces of Linux 2.0 to 7.0.

Files of /proc/net: ``ax25``, ``ax25_route``, ``ax25_calls``, and ``bpqether``, which Linux 2.0 calls ``ax25_bpqether``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Annotated, Literal, TypedDict

from netstat_core.plugin import Bytes, Complaint, Field, InterfaceName, Problem, Record, SocketRecord, Uid
from netstat_legacy_af import columns, fields, net_tools
from netstat_legacy_af.columns import From, half, number
from netstat_legacy_af.reader import reader

STATES = ("LISTENING", "SABM_SENT", "DISC_SENT", "ESTABLISHED", "RECOVERY")
"""By number; LISTENING is also the state of sockets for single frames (UI), RECOVERY that of asking after a timeout."""

MODES = {b"vc": "virtual_circuit", b"dg": "datagram", b"*": None}
ORIGINS = {b"M": "manual", b"P": "permanent"}
POLICIES = {0: "own_callsign_optional", 1: "own_callsign_required"}

_OLD_HEADER = b"dest_addr"
_HEADLESS = "headless"
_COLUMNS = "magic dev src_addr dest_addr st vs vr va t1 t2 t3 idle n2 rtt wnd paclen snd-q rcv-q inode"
"""Linux 2.2 and later, whose file has no header, with each timer's two words made one as in Linux 2.0."""
_TIMERS = range(8, 18, 2)
_BEFORE_INODE = 23
_OLD_INTERFACE = 2


class Ax25Socket(SocketRecord):
    """A socket of AX.25, or a link of the kernel's own (NET/ROM, ROSE, IP) that no socket owns."""

    family: Annotated[str, Field("Address family", words=("ax25",))]
    protocol: Annotated[str | None, Field("The family's name", words=("ax25",), never_null=True)]
    interface: fields.Device
    local_callsign: Annotated[fields.Callsign | None, Field("Own callsign; null where none is set", mark="name")]
    repeats: Annotated[bool, Field("Whether this station is a digipeater of the link, not an end of it")]
    remote_callsign: Annotated[fields.Callsign | None, Field("The far station; null where there is none", mark="name")]
    digipeaters: Annotated[list[fields.Callsign], Field("Digipeaters on the way, in the order they are passed")]
    digipeaters_passed: Annotated[int, Field("How many of them the kernel marks as passed already", minimum=0)]
    state: Annotated[str | None, Field("State of the link", words=STATES, pattern=fields.UNKNOWN, never_null=True)]
    listening: Annotated[bool, Field("Whether the state is LISTENING, which sockets for single frames have too")]
    state_number: fields.StateNumber
    send_sequence: fields.SendSequence
    recv_sequence: fields.RecvSequence
    acked_sequence: fields.AckedSequence
    acknowledge_timer: Annotated[fields.Countdown, Field("T1: waits for the acknowledgement of what was sent")]
    response_timer: Annotated[
        fields.Countdown, Field("T2: delays an acknowledgement, so that one answers for several frames")
    ]
    inactive_timer: Annotated[
        fields.Countdown, Field("T3: asks whether the far station is still there when nothing is sent")
    ]
    idle_timer: Annotated[fields.Countdown, Field("Ends a link without traffic; kept by the kernel in whole minutes")]
    retries: fields.Retries
    retry_limit: fields.RetryLimit
    round_trip_seconds: fields.RoundTrip
    window: fields.Window
    packet_bytes: fields.PacketBytes
    dama_slave: Annotated[bool | None, Field("Speaks only when the DAMA master polls; Linux 2.0 only")]
    recv_queue: Annotated[Bytes | None, Field("Bytes received and not yet read; null where no socket owns the link")]
    send_queue: Annotated[Bytes | None, Field("Bytes to be sent or acknowledged; null where no socket owns the link")]
    uid: fields.Untold
    inode: fields.SocketInode


class Ax25Route(TypedDict):
    """By which interface and which digipeaters a station is reached."""

    family: Annotated[Literal["ax25"], Field("Address family")]
    destination: Annotated[str, Field("Callsign of the station; default for all others", mark="name")]
    interface: fields.Device
    mode: Annotated[
        Literal["virtual_circuit", "datagram"] | None, Field("How IP is sent to it; null: as set for the interface")
    ]
    digipeaters: Annotated[list[fields.Callsign], Field("Digipeaters on the way, in the order they are passed")]
    use_count: Annotated[int | None, Field("How often it was used; Linux 2.0 only", minimum=0)]
    last_used_at: Annotated[str | None, Field("When it was used or heard last, ISO 8601 in UTC; Linux 2.0 only")]
    origin: Annotated[
        Literal["manual", "permanent", "learned"] | None, Field("Who made it and whether it expires; Linux 2.0 only")
    ]


class Ax25Call(TypedDict):
    """The callsign that a user of this machine has for outgoing calls."""

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
    "interface": From("dev", columns.device),
    "local_callsign": From("src_addr", lambda word: columns.callsign(word.rstrip(b"*") or b"*")),
    "repeats": From("src_addr", lambda word: len(word) > 1 and word.endswith(b"*")),
    "remote_callsign": From("dest_addr", lambda word: columns.callsign(word.split(b",")[0])),
    "digipeaters": From("dest_addr", lambda word: [columns.text(one.rstrip(b"*")) for one in word.split(b",")[1:]]),
    "digipeaters_passed": From("dest_addr", lambda word: _passed(word.split(b",")[1:])),
    "state": From("st", columns.state(STATES)),
    "state_number": From("st", number),
    "send_sequence": From("vs", number),
    "recv_sequence": From("vr", number),
    "acked_sequence": From("va", number),
    "acknowledge_timer": From("t1", columns.seconds),
    "response_timer": From("t2", columns.seconds),
    "inactive_timer": From("t3", columns.seconds),
    "idle_timer": From("idle", columns.minutes),
    "retries": From("n2", half(0, number)),
    "retry_limit": From("n2", half(1, number)),
    "round_trip_seconds": From("rtt", number),
    "window": From("wnd", number),
    "packet_bytes": From("paclen", number),
    "dama_slave": From("dama", lambda word: word == b"slave", optional=True),
    "recv_queue": From("rcv-q", columns.queue, optional=True),
    "send_queue": From("snd-q", columns.queue, optional=True),
    "inode": From("inode", columns.inode, optional=True),
}


def _passed(digipeaters: list[bytes]) -> int:
    """The kernel marks with a star the last one passed."""
    return max((place for place, one in enumerate(digipeaters, 1) if one.endswith(b"*")), default=0)


def parse_sockets(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """Rows by the header of Linux 2.0, or the 24 words of later kernels, which print none."""
    header = content.partition(b"\n")[0]
    reason = "a link needs device, two callsigns, state, sequence variables, timers and queues"
    if header.startswith(_OLD_HEADER):
        names = header.lower().replace(b"window", b"wnd").decode("ascii", "replace").split()
        yield from columns.parse_rows(source, content, lambda words: _link(names, words), reason)
        return
    for parsed in columns.parse_rows(source, content, _headless_link, reason, headers=0):
        yield parsed.replace(code=_HEADLESS) if isinstance(parsed, Problem) else parsed


def _headless_link(words: list[bytes]) -> Record:
    if len(words) < _BEFORE_INODE:
        raise ValueError("too few words")
    timers = [b"/".join(words[start : start + 2]) for start in _TIMERS]
    return _link(_COLUMNS.split(), words[:8] + timers + words[18:])


def _link(names: list[str], words: list[bytes]) -> Record:
    return columns.to_record("ax25", _FIELDS, names, words)


def parse_routes(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """``CALL DEV MODE [DIGI...]``; Linux 2.0.1: ``CALL DEV COUNT TIME MODE [M|P] [DIGI...]``."""
    counted = content.partition(b"\n")[0].split()[2:3] == [b"count"]
    convert = _counted_route if counted else _route
    return columns.parse_rows(source, content, convert, "a route needs a callsign, a device and a mode")


def _route(words: list[bytes]) -> Record:
    mode = words[2]
    if mode.isdigit():
        return _to_route(words, None, words[3:], use_count=number(mode))
    return _to_route(words, mode, words[3:])


def _counted_route(words: list[bytes]) -> Record:
    origin = ORIGINS.get(b"".join(words[5:6]))
    digipeaters = words[6:] if origin else words[5:]
    known = {"use_count": number(words[2]), "last_used_at": _time(words[3]), "origin": origin or "learned"}
    return _to_route(words, words[4], digipeaters, **known)


def _to_route(words: list[bytes], mode: bytes | None, digipeaters: list[bytes], **known: int | str | None) -> Record:
    route = {
        "family": "ax25",
        "destination": columns.text(words[0]),
        "interface": columns.device(words[1]),
        "mode": None if mode is None else MODES[mode],
        "digipeaters": [columns.text(one) for one in digipeaters],
        "use_count": None,
        "last_used_at": None,
        "origin": None,
    }
    return route | known


def _time(word: bytes) -> str | None:
    """Seconds since 1970 as ISO 8601; None for 0."""
    stamp = number(word)
    if stamp >> 37:
        raise ValueError("no time")
    return datetime.fromtimestamp(stamp, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if stamp else None


def parse_calls(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """``Policy: N``, then ``UID CALL``."""
    first = content.partition(b"\n")[0]
    policy = _policy(first)
    if policy is None and first.startswith(b"Policy:"):
        yield Problem(source, "a policy is a number", first, 1)

    def convert(words: list[bytes]) -> Record:
        uid, callsign = words
        return {"family": "ax25", "uid": columns.uid(uid), "callsign": columns.text(callsign), "policy": policy}

    yield from columns.parse_rows(source, content, convert, "a row needs a uid and a callsign")


def _policy(line: bytes) -> str | None:
    try:
        value = number(line.removeprefix(b"Policy:").strip())
    except ValueError:
        return None
    return POLICIES.get(value, f"UNKNOWN({value})")


def parse_interfaces(source: str, content: bytes) -> Iterator[columns.Parsed]:
    """``DEV ETHER DESTINATION ACCEPTED|*``; Linux 2.0: ``DEV CALL``."""
    return columns.parse_rows(source, content, _interface, "an interface needs a device and what is behind it")


def _interface(words: list[bytes]) -> Record:
    is_old = len(words) == _OLD_INTERFACE
    return {
        "family": "ax25",
        "name": columns.text(words[0]),
        "ether_interface": None if is_old else columns.text(words[1]),
        "destination_address": None if is_old else columns.text(words[2].lower()),
        "accepted_address": None if is_old else columns.unless(b"*")(words[3].lower()),
        "callsign": columns.text(words[1]) if is_old else None,
    }


def _line(one: Record) -> str:
    local = net_tools.word(one["local_callsign"]) + "*" * one["repeats"]
    return (
        f"{net_tools.word(one['remote_callsign']):<9}  {local:<9}  {net_tools.word(one['interface'], '???'):<6}  "
        f"{net_tools.state_word(one['state']):<11}  {one['recv_sequence']:03}/{one['send_sequence']:03}  "
        f"{one['send_queue'] or 0:<6}  {one['recv_queue'] or 0:<6}\n"
    )


def _bad_link(problem: Problem) -> Complaint:
    if problem.code != _HEADLESS:
        return net_tools.problem_reading(problem)
    return Complaint(f"problem reading data from {problem.source}", on_stdout=True)


_SOCKETS = net_tools.sockets(
    "ax25",
    "Active AX.25 sockets\nDest       Source     Device  State        Vr/Vs    Send-Q  Recv-Q\n",
    _line,
    tuple(_FIELDS),
    net_tools.no_sockets("ax25", _bad_link),
)


def _route_line(one: Record) -> str:
    """The device loses what is behind its fourth character."""
    device = net_tools.word(one["interface"], "???")[:4]
    return f"{net_tools.word(one['destination']):<9}    {device:<5}  {one['use_count'] or 0:>5}\n"


_ROUTES = net_tools.routes(
    "ax25",
    "Kernel AX.25 routing table\nDestination  Iface    Use\n",
    _route_line,
    ("destination", "interface", "use_count"),
    net_tools.no_routes("ax25", net_tools.open_error),
    absent="AX.25 not configured in this system.\n",
)

_CALLS = net_tools.table(
    "ax25.call", "AX.25 callsigns of users", {"User      ": "uid", "Callsign  ": "callsign", "Policy": "policy"}
)

_INTERFACES = net_tools.table(
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
    reader("ax25.socket", "sockets", 310, Ax25Socket, columns.feeds(parse_sockets, "ax25"), _SOCKETS, owned=True),
    reader("ax25.route", "routes", 1030, Ax25Route, columns.feeds(parse_routes, "ax25_route"), _ROUTES),
    reader("ax25.call", "calls", 5300, Ax25Call, columns.feeds(parse_calls, "ax25_calls"), _CALLS),
    reader(
        "ax25.interface",
        "interfaces",
        2020,
        Ax25Interface,
        columns.feeds(parse_interfaces, "bpqether", "ax25_bpqether"),
        net_tools.when_named(_INTERFACES),
    ),
)
