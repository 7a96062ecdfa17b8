"""TCP sockets of one condition after the other, each alone in a network namespace of its own.

Run by root: `python one_state.py`; prints one JSON object a line: the condition, the sockets in each state and IP
version that the kernel lists, and the IP versions that have none going by the signs.
"""

from __future__ import annotations

import ctypes
import errno
import json
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import far_end
from netstat_inet.in_use import NO_TCP
from netstat_inet.netlink_inet_diag import ALL_STATES
from netstat_inet.record import to_tcp_state

from netstat_core.system import capture

CLONE_NEWNET = 0x40000000
AF = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}
HOLD: list[object] = []
"""Keeps the sockets of a condition open."""


def listening(host: str, *, both: bool = False) -> socket.socket:
    """Listen on port 7000 of an address."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    if ":" in host:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not both)
    made.bind((host, 7000))
    made.listen()
    HOLD.append(made)
    return made


def pair(host: str, *, listener: str | None = None) -> tuple[socket.socket, socket.socket]:
    """Return both ends of a connection whose listener is gone."""
    with listening(listener or host, both=listener is not None) as server:
        near = socket.create_connection((host, 7000))
        far = server.accept()[0]
    HOLD.extend((near, far))
    return near, far


def closed_first(host: str) -> None:
    """Leave only a TIME_WAIT."""
    near, far = pair(host)
    near.close()
    far.close()


def half_closed(host: str) -> None:
    """Leave FIN_WAIT2 of a closed socket, and CLOSE_WAIT."""
    pair(host)[0].close()


def calling(port: int, *, then: Callable[[socket.socket], object] = lambda _: None) -> None:
    """Connect to the far end, which plays the part of a port."""
    far_end.FarEnd()
    near = socket.socket()
    near.connect((far_end.THERE, port))
    HOLD.append(near)
    then(near)


def calling_in_vain() -> None:
    """Leave SYN_SENT."""
    far_end.FarEnd()
    near = socket.socket()
    near.settimeout(0)
    assert near.connect_ex((far_end.THERE, far_end.SILENT)) == errno.EINPROGRESS
    HOLD.append(near)


def called(host: str, *, close: bool) -> None:
    """Leave SYN_RECV, with its listener or without."""
    far = far_end.FarEnd()
    server = listening(host, both=True)
    far.call(7000)
    time.sleep(0.1)
    if close:
        server.close()


def left(near: socket.socket) -> None:
    """Wait for the far end to close."""
    near.recv(1)


def left_and_closed(near: socket.socket) -> None:
    """Wait for the far end to close, then close too."""
    near.recv(1)
    near.close()


CONDITIONS: dict[str, Callable[[], object]] = {
    "nothing": lambda: None,
    "IPv4 listens": lambda: listening("127.0.0.1"),
    "IPv6 listens": lambda: listening("::1"),
    "both listen at one": lambda: listening("::", both=True),
    "SYN_SENT": calling_in_vain,
    "SYN_RECV": lambda: called("0.0.0.0", close=False),
    "SYN_RECV without listener": lambda: called("0.0.0.0", close=True),
    "SYN_RECV from IPv4 at IPv6": lambda: called("::", close=False),
    "SYN_RECV from IPv4 at IPv6 without listener": lambda: called("::", close=True),
    "ESTABLISHED": lambda: pair("127.0.0.1"),
    "ESTABLISHED of IPv6": lambda: pair("::1"),
    "ESTABLISHED from IPv4 at IPv6": lambda: pair("127.0.0.1", listener="::"),
    "FIN_WAIT1": lambda: calling(far_end.DEAF, then=lambda near: near.shutdown(socket.SHUT_WR)),
    "FIN_WAIT1 of a closed socket": lambda: calling(far_end.DEAF, then=socket.socket.close),
    "FIN_WAIT2": lambda: calling(far_end.PATIENT, then=lambda near: near.shutdown(socket.SHUT_WR)),
    "FIN_WAIT2 of a closed socket": lambda: calling(far_end.PATIENT, then=socket.socket.close),
    "CLOSING": lambda: calling(far_end.CROSSING, then=lambda near: near.shutdown(socket.SHUT_WR)),
    "CLOSING of a closed socket": lambda: calling(far_end.CROSSING, then=socket.socket.close),
    "CLOSE_WAIT": lambda: calling(far_end.LEAVING, then=left),
    "LAST_ACK of a closed socket": lambda: calling(far_end.LEAVING, then=left_and_closed),
    "half closed": lambda: half_closed("127.0.0.1"),
    "half closed of IPv6": lambda: half_closed("::1"),
    "TIME_WAIT": lambda: closed_first("127.0.0.1"),
    "TIME_WAIT of IPv6": lambda: closed_first("::1"),
}


def count_states(family: str) -> Counter[str]:
    """Return how many sockets the kernel lists in each state."""
    body = struct.pack("=BBBBI48x", AF[family], socket.IPPROTO_TCP, 0, 0, ALL_STATES)
    messages = [one for whole in capture.dump(4, 20, body) for one in capture.split_messages(bytes(whole))]
    return Counter(str(to_tcp_state(message[17])) for message in messages)


def main() -> None:
    """Make each condition and say what the kernel and the signs show."""
    library = ctypes.CDLL(None, use_errno=True)
    for condition, make in CONDITIONS.items():
        HOLD.clear()
        assert library.unshare(CLONE_NEWNET) == 0
        far_end.bring_up("lo")
        make()
        time.sleep(0.1)
        none = [
            family
            for family, signs in NO_TCP.items()
            if all(sign.shows_none(Path(sign.file.path).read_bytes()) for sign in signs)
        ]
        listed = {family: count_states(family) for family in NO_TCP}
        counted = Path("/proc/net/sockstat").read_text() + Path("/proc/net/sockstat6").read_text()
        shown = [line for line in counted.splitlines() if line.startswith("TCP")]
        print(json.dumps({"condition": condition, "none": none, "listed": listed, "counted": shown}), flush=True)


if __name__ == "__main__":
    main()
