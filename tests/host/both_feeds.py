"""Makes quiet sockets of all Internet protocols and prints what each feed says of them, as JSON.

Run in a network namespace of its own by a test.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

from netstat_core import Query, collect

HELD: list[socket.socket] = []
LOOPBACK = ((socket.AF_INET, "127.0.0.1", "0.0.0.0"), (socket.AF_INET6, "::1", "::"))


def keep(family: int, kind: int, protocol: int = 0) -> socket.socket:
    """Make a socket that stays open."""
    made = socket.socket(family, kind, protocol)
    HELD.append(made)
    return made


def tcp() -> None:
    """Listeners of both kinds of v6, connections with data unread and a keepalive, and a TIME_WAIT."""
    for family, host, _ in LOOPBACK:
        listener = keep(family, socket.SOCK_STREAM)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, 8000))
        listener.listen(8)
        near = keep(family, socket.SOCK_STREAM)
        near.connect((host, 8000))
        far, _address = listener.accept()
        HELD.append(far)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        far.sendall(b"never read")
        brief = socket.create_connection((host, 8000))
        listener.accept()[0].close()
        brief.recv(1)
        brief.close()
    dual = keep(socket.AF_INET6, socket.SOCK_STREAM)
    dual.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    dual.bind(("::", 8001))
    dual.listen(8)
    keep(socket.AF_INET, socket.SOCK_STREAM).connect(("127.0.0.1", 8001))
    HELD.append(dual.accept()[0])


def datagrams(protocol: int, port: int) -> None:
    """Sockets that are bound, connected, bound to an interface, and with datagrams unread."""
    for family, host, anywhere in LOOPBACK:
        server = keep(family, socket.SOCK_DGRAM, protocol)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.bind((anywhere, port))
        client = keep(family, socket.SOCK_DGRAM, protocol)
        client.connect((host, port))
        client.send(b"never read")
        bound = keep(family, socket.SOCK_DGRAM, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        bound.bind((host, port + 1))


def raw() -> None:
    """Raw sockets, connected and not."""
    for protocol in (socket.IPPROTO_ICMP, 89, 255):
        keep(socket.AF_INET, socket.SOCK_RAW, protocol)
    keep(socket.AF_INET, socket.SOCK_RAW, 89).connect(("127.0.0.1", 0))
    keep(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)


def looked_at(protocol: str) -> dict[str, Any]:
    """Look at a protocol's sockets through both feeds, and note how long that took."""
    started = time.monotonic()
    found: dict[str, Any] = {
        source: collect(Query(protocols=(protocol,), source=source))["tables"]["sockets"]
        for source in ("netlink", "procfs")
    }
    return {**found, "seconds": time.monotonic() - started}


def main() -> None:
    """Make all, then look twice."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    tcp()
    datagrams(0, 5000)
    with suppress(OSError):
        datagrams(136, 6000)
    raw()
    json.dump({protocol: looked_at(protocol) for protocol in ("tcp", "udp", "udplite", "raw")}, sys.stdout)


if __name__ == "__main__":
    main()
