"""TCP connections of many kinds over loopback, which stay until standard input closes.

Prints `ready` when they stand. What arrives for port 7003 is dropped from then on.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys

RULES = """
table inet test {
    chain lossy { type filter hook input priority 0; tcp dport { 7003, 7999 } drop; }
}
"""
SO_MAX_PACING_RATE = 47
SLOW = 1_000_000


def pair(address: str, port: int, **options: bytes | int) -> tuple[socket.socket, socket.socket, socket.socket]:
    """Return a listening socket and the two ends of a connection to it, the client's with socket options."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    listener.bind((address, port))
    listener.listen(7)
    client = socket.socket(family)
    if "algorithm" in options:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, options["algorithm"])
    if "pacing" in options:
        client.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, options["pacing"])
    client.connect((address, port))
    client.settimeout(0)
    return listener, client, listener.accept()[0]


def fill(sender: socket.socket) -> None:
    """Write until the kernel takes no more."""
    with contextlib.suppress(BlockingIOError):
        while True:
            sender.send(bytes(1 << 16))


def main() -> None:
    """Make the connections and wait."""
    idle = pair("127.0.0.1", 7000)
    talking = pair("::1", 7001, algorithm=b"reno")
    for _ in range(30):
        talking[1].send(b"question" * 100)
        talking[2].send(talking[2].recv(8000))
    stuck = pair("127.0.0.1", 7002)
    fill(stuck[1])
    paced = pair("127.0.0.1", 7004, pacing=SLOW)
    paced[1].send(bytes(3000))
    paced[2].recv(3000)
    dropped = pair("127.0.0.1", 7003, algorithm=b"cubic")
    subprocess.run(["nft", "-f", "-"], input=RULES.encode(), check=True)
    dropped[1].send(bytes(5000))
    opening = socket.socket()
    opening.settimeout(0)
    opening.connect_ex(("127.0.0.1", 7999))
    print("ready", flush=True)
    sys.stdin.read()
    for one in (*idle, *talking, *stuck, *paced, *dropped, opening):
        one.close()


if __name__ == "__main__":
    main()
