"""Opens a connection for each argument `tcp|udp,ADDRESS,PORT,LOCAL-PORT` and keeps them until standard input closes.

Prints `ready` when every one was answered.
"""

from __future__ import annotations

import socket
import sys


def main() -> None:
    """Connect and wait."""
    held = [connect(*argument.split(",")) for argument in sys.argv[1:]]
    print("ready", flush=True)
    sys.stdin.read()
    for one in held:
        one.close()


def connect(protocol: str, address: str, port: str, local_port: str) -> socket.socket:
    """Connect from a chosen port and wait for an answer."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    made.settimeout(10)
    made.bind(("", int(local_port)))
    made.connect((address, int(port)))
    if protocol == "udp":
        made.send(b"hello")
    made.recv(16)
    return made


if __name__ == "__main__":
    main()
