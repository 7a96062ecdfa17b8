"""Answers TCP on ports 80 and 443 and UDP on port 53 of every address, until standard input closes.

Run as `python far_server.py`; prints `ready` when it listens.
"""

from __future__ import annotations

import socket
import sys
import threading


def main() -> None:
    """Listen and answer."""
    for port in (80, 443):
        listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
    datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    datagrams.bind(("::", 53))
    threading.Thread(target=answer, args=(datagrams,), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


def accept(listener: socket.socket) -> None:
    """Accept connections and greet each, keeping all open."""
    held = []
    while True:
        connection, _ = listener.accept()
        connection.sendall(b"hello")
        held.append(connection)


def answer(datagrams: socket.socket) -> None:
    """Send every datagram back."""
    while True:
        content, sender = datagrams.recvfrom(2048)
        datagrams.sendto(content, sender)


if __name__ == "__main__":
    main()
