"""Sockets of every kind and state this kernel lets a program make, held until standard input closes.

Run by root in a network namespace of its own: `python socket_zoo.py DIRECTORY`; prints `ready` when all stand. UNIX
sockets with names that break lines or columns are made with `--odd-names` only.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import far_end

IPPROTO_UDPLITE = 136
HOLD: list[socket.socket] = []
"""Keeps the sockets open."""


def keep(family: int, kind: int, protocol: int = 0) -> socket.socket:
    """Make a socket that stays open."""
    made = socket.socket(family, kind, protocol)
    HOLD.append(made)
    return made


def listen(address: tuple[str, int], *, v6_only: bool = True, backlog: int = 8) -> socket.socket:
    """Listen on a TCP address of either IP version."""
    made = keep(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if made.family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6_only)
    made.bind(address)
    made.listen(backlog)
    return made


def connect(address: tuple[str, int]) -> socket.socket:
    """Connect to a TCP address of either IP version."""
    made = keep(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
    made.connect(address)
    return made


def pair(listener: socket.socket, address: tuple[str, int]) -> tuple[socket.socket, socket.socket]:
    """Connect to a listener of ours and return both ends."""
    near = connect(address)
    far, _ = listener.accept()
    HOLD.append(far)
    return near, far


def loopback_tcp(host: str, port: int) -> None:
    """Make LISTEN, ESTABLISHED in several conditions, CLOSE_WAIT, FIN_WAIT2 and TIME_WAIT over loopback."""
    listener = listen((host, port))
    address = (host, port)
    near, far = pair(listener, address)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    near.sendall(b"never read")
    near, far = pair(listener, address)
    far.shutdown(socket.SHUT_WR)
    near, far = pair(listener, address)
    near.close()
    far.close()
    near, far = pair(listener, address)
    far.settimeout(0)
    with suppress(BlockingIOError):
        while True:
            far.send(bytes(65536))
    connect(address).sendall(b"not accepted")


def dual_stack_tcp() -> None:
    """Make a listener for both IP versions, with a connection from IPv4."""
    pair(listen(("::", 8080), v6_only=False), ("127.0.0.1", 8080))
    listen(("0.0.0.0", 8443), backlog=1)
    with suppress(OSError):
        keep(socket.AF_INET, socket.SOCK_STREAM).bind(("127.0.0.1", 9999))


def half_done_tcp() -> None:
    """Make the states only a far end that misbehaves leaves behind."""
    far = far_end.FarEnd()
    listen((far_end.HERE, 7000))
    far.call(7000)
    silent = keep(socket.AF_INET, socket.SOCK_STREAM)
    silent.settimeout(0)
    assert silent.connect_ex((far_end.THERE, far_end.SILENT)) == errno.EINPROGRESS
    connect((far_end.THERE, far_end.DEAF)).close()
    connect((far_end.THERE, far_end.PATIENT)).shutdown(socket.SHUT_WR)
    connect((far_end.THERE, far_end.PATIENT)).close()
    connect((far_end.THERE, far_end.CROSSING)).shutdown(socket.SHUT_WR)
    left = connect((far_end.THERE, far_end.LEAVING))
    connect((far_end.THERE, far_end.LEAVING))
    assert left.recv(1) == b""
    left.close()


def datagrams(protocol: int = 0, port: int = 5000) -> None:
    """Make unconnected and connected sockets with unread packets, of UDP or UDP-Lite, for both IP versions."""
    for family, any_host, host in ((socket.AF_INET, "0.0.0.0", "127.0.0.1"), (socket.AF_INET6, "::", "::1")):
        server = keep(family, socket.SOCK_DGRAM, protocol)
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.bind((any_host, port))
        bound = keep(family, socket.SOCK_DGRAM, protocol)
        bound.bind((host, port + 1))
        connected = keep(family, socket.SOCK_DGRAM, protocol)
        connected.connect((host, port + 1))
        connected.send(b"never read")


def raw_and_ping() -> None:
    """Make raw sockets and, where groups may have them, ping sockets."""
    keep(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    keep(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    keep(socket.AF_INET, socket.SOCK_RAW, 255)
    keep(socket.AF_INET, socket.SOCK_RAW, 89).connect(("127.0.0.1", 0))
    Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 2147483647")
    keep(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).bind(("127.0.0.1", 0))


def unix(directory: Path) -> None:
    """Make UNIX sockets of each type, named by path, in the abstract space, by the kernel, and not at all."""
    for kind, name in ((socket.SOCK_STREAM, "stream"), (socket.SOCK_SEQPACKET, "seqpacket")):
        listener = keep(socket.AF_UNIX, kind)
        listener.bind(str(directory / name))
        listener.listen(1)
        pair_of_unix = keep(socket.AF_UNIX, kind)
        pair_of_unix.connect(str(directory / name))
        keep(socket.AF_UNIX, kind).connect(str(directory / name))
        HOLD.append(listener.accept()[0])
    keep(socket.AF_UNIX, socket.SOCK_DGRAM).bind(str(directory / "dgram"))
    keep(socket.AF_UNIX, socket.SOCK_DGRAM).connect(str(directory / "dgram"))
    HOLD.extend(socket.socketpair())
    keep(socket.AF_UNIX, socket.SOCK_STREAM)
    keep(socket.AF_UNIX, socket.SOCK_DGRAM).bind("")
    keep(socket.AF_UNIX, socket.SOCK_STREAM).bind("\0abstract")
    keep(socket.AF_UNIX, socket.SOCK_STREAM).bind("\0two\0nuls\0")
    keep(socket.AF_UNIX, socket.SOCK_STREAM).bind(str(directory / ("p" * (106 - len(str(directory))))))


def unix_with_odd_names(directory: Path) -> None:
    """Make UNIX sockets whose names hold blanks, a line break, bytes that are no text, or a forged row."""
    for name in (b"with two  blanks", b"line\nbreak", b"\xff\xfe", b"caf\xc3\xa9", b"tab\there", b" leading"):
        keep(socket.AF_UNIX, socket.SOCK_DGRAM).bind(os.fsencode(directory) + b"/" + name)


def main() -> None:
    """Make all, say so, and hold."""
    directory = Path(sys.argv[1])
    far_end.bring_up("lo")
    if "--odd-names" in sys.argv:
        unix_with_odd_names(directory)
    else:
        loopback_tcp("127.0.0.1", 8000)
        loopback_tcp("::1", 8000)
        dual_stack_tcp()
        half_done_tcp()
        datagrams()
        with suppress(OSError):
            datagrams(IPPROTO_UDPLITE, 6000)
        raw_and_ping()
        unix(directory)
        time.sleep(0.5)
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
