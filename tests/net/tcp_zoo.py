"""Many TCP connections of both IP versions, every second one ended, so that TIME_WAIT stands among ESTABLISHED.

Run in a network namespace of its own: `python tcp_zoo.py`; prints `ready` and holds all until standard input closes.
"""

from __future__ import annotations

import socket
import subprocess
import sys

LISTENERS = (("127.0.0.1", "127.0.0.1", 7000), ("::1", "::1", 7000), ("::", "127.0.0.1", 7001))
"""Where is listened, where that is called, and the port."""

CONNECTIONS = 24
"""To each listener."""


def main() -> None:
    """Connect, end every second connection, and hold the others."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    held = []
    for host, called, port in LISTENERS:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        dual = host == "::"
        listener = socket.create_server((host, port), family=family, backlog=CONNECTIONS, dualstack_ipv6=dual)
        held.append(listener)
        for number in range(CONNECTIONS):
            near = socket.create_connection((called, port))
            far, _ = listener.accept()
            if number % 2:
                near.close()
                far.close()
            else:
                far.send(b"never read" * (number % 3))
                held += [near, far]
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
