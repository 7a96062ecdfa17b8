"""Makes entries of the connection table over ctnetlink, translated ones as a masquerading router has them."""

from __future__ import annotations

import errno
import os
import socket
import struct
from contextlib import suppress
from pathlib import Path

from measuring import NotMadeError

NETFILTER = 12
NEW_CONNECTION = 0x100
REQUEST, CREATE, EXCLUSIVE = 0x1, 0x400, 0x200
MESSAGES_AT_ONCE = 100
LIFETIME_SECONDS = 3600
ASSURED = 0xE
TCP, UDP = 6, 17
ONE_UDP_IN = 10
TCP_ESTABLISHED = 3
FIRST_PORT = 1024
PORTS = 32768
FAR_END = bytes((203, 0, 113, 9))
LIMIT = Path("/proc/sys/net/netfilter/nf_conntrack_max")


class CannotTrackError(NotMadeError):
    """The kernel does not take the connections."""


def check_room(wanted: int) -> None:
    """Refuse more connections than this kernel keeps: beyond that it would drop others'."""
    if not LIMIT.exists():
        raise CannotTrackError("this kernel does not track connections")
    most = int(LIMIT.read_text(encoding="ascii"))
    if wanted > most // 2:
        raise CannotTrackError(f"{wanted:,} connections are more than half of nf_conntrack_max ({most:,})")


def track(first: int, last: int) -> None:
    """Make the connections numbered from ``first`` up to ``last``, without the last."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER) as channel:
        for start in range(first, last, MESSAGES_AT_ONCE):
            numbers = range(start, min(last, start + MESSAGES_AT_ONCE))
            channel.send(b"".join(map(_request, numbers)))
            _raise_refusal(channel)


def _raise_refusal(channel: socket.socket) -> None:
    """Raise what the kernel says of the requests just sent; it says nothing of those it did."""
    with suppress(BlockingIOError):
        answer = channel.recv(1 << 16, socket.MSG_DONTWAIT)
        status = -struct.unpack_from("=i", answer, 16)[0]
        if status != errno.EEXIST:
            raise CannotTrackError(f"ctnetlink: {os.strerror(status)}")


def _request(number: int) -> bytes:
    """Return the request for one connection: its own address and port for each, masqueraded to a public address."""
    network, port = divmod(number, PORTS)
    near = struct.pack(">I", 0x0A000002 + network)
    public = bytes((198, 51, 100, 1 + network))
    ports = (FIRST_PORT + port, 443)
    protocol = TCP if number % ONE_UDP_IN else UDP
    parts = [
        _tuple(1, near, FAR_END, protocol, ports),
        _tuple(2, FAR_END, near, protocol, ports[::-1]),
        _attribute(7, struct.pack(">I", LIFETIME_SECONDS)),
        _attribute(3, struct.pack(">I", ASSURED)),
        _nest(6, _attribute(1, public), _attribute(2, public)),
    ]
    if protocol == TCP:
        parts.append(_nest(4, _nest(1, _attribute(1, bytes([TCP_ESTABLISHED])))))
    body = struct.pack("=BBH", socket.AF_INET, 0, 0) + b"".join(parts)
    flags = REQUEST | CREATE | EXCLUSIVE
    return struct.pack("=IHHII", 16 + len(body), NEW_CONNECTION, flags, number, 0) + body


def _tuple(kind: int, source: bytes, target: bytes, protocol: int, ports: tuple[int, ...]) -> bytes:
    """Return the attribute of one direction."""
    ends = [_attribute(2 + place, struct.pack(">H", port)) for place, port in enumerate(ports)]
    addresses = _nest(1, _attribute(1, source), _attribute(2, target))
    return _nest(kind, addresses, _nest(2, _attribute(1, bytes([protocol])), *ends))


def _nest(kind: int, *parts: bytes) -> bytes:
    """Return an attribute that holds others."""
    return _attribute(kind | 0x8000, b"".join(parts))


def _attribute(kind: int, content: bytes) -> bytes:
    """Return one attribute, padded."""
    return struct.pack("=HH", 4 + len(content), kind) + content + bytes(-len(content) % 4)
