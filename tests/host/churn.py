"""Dumps a namespace's sockets again and again while others come and go; prints how often each stable one was listed.

Run in a network namespace of its own by a test: `python churn.py SECONDS`. The kernel finds its place in a dump again
by hash bucket and position there: those that come and go are kept out of the buckets of those that stay, UDP sockets by
their ports, TCP ones by being connections where the others listen.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from itertools import cycle

from netstat_core import Query, collect

STABLE_PORTS = range(20000, 20200)
COMING_PORTS = range(30000, 30200)
CONNECTIONS = 50
LEAST_DUMPS = 5
RESET = struct.pack("ii", 1, 0)
"""A linger time of zero: a connection that is closed leaves no TIME_WAIT."""


def bound(kind: int, port: int) -> socket.socket:
    """Make a socket with a port; one of TCP listens."""
    made = socket.socket(socket.AF_INET, kind)
    made.bind(("127.0.0.1", port))
    if kind == socket.SOCK_STREAM:
        made.listen(8)
    return made


class Churn(threading.Thread):
    """Opens and closes UDP sockets, and connections to some listeners, until told to stop."""

    def __init__(self, listeners: list[socket.socket]) -> None:
        super().__init__(daemon=True)
        self.made = 0
        self.stopped = False
        self._listeners = cycle(listeners)
        self._ports = cycle(COMING_PORTS)

    def run(self) -> None:
        """Keep some open, always replacing the oldest."""
        held: list[socket.socket] = []
        while not self.stopped:
            held += [bound(socket.SOCK_DGRAM, next(self._ports)), *self._connect(next(self._listeners))]
            self.made += 3
            while len(held) > len(COMING_PORTS):
                held.pop(0).close()

    @staticmethod
    def _connect(listener: socket.socket) -> tuple[socket.socket, socket.socket]:
        near = socket.create_connection(listener.getsockname())
        near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        return near, listener.accept()[0]


def main() -> None:
    """Dump until the time is over."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    listeners = [bound(socket.SOCK_STREAM, port) for port in STABLE_PORTS]
    pairs = [end for one in listeners[:CONNECTIONS] for end in Churn._connect(one)]
    held = {"tcp": [*listeners, *pairs], "udp": [bound(socket.SOCK_DGRAM, port) for port in STABLE_PORTS]}
    inodes = {protocol: [os.fstat(one.fileno()).st_ino for one in made] for protocol, made in held.items()}
    seen: dict[str, dict[int, Counter[int]]] = {protocol: defaultdict(Counter) for protocol in held}
    churn = Churn(listeners)
    churn.start()
    dumps = 0
    deadline = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < deadline or dumps < LEAST_DUMPS:
        dumps += 1
        for protocol, wanted in inodes.items():
            listed = Counter(one["inode"] for one in collect(Query(protocols=(protocol,)))["tables"]["sockets"])
            for inode in wanted:
                seen[protocol][inode][listed[inode]] += 1
    churn.stopped = True
    churn.join()
    json.dump({"dumps": dumps, "made": churn.made, "stable": inodes, "seen": seen}, sys.stdout)


if __name__ == "__main__":
    main()
