"""Sockets for a minion to find: `python salt_zoo.py FOLDER` opens them, prints `ready` and holds them until it may end.

Run by root in a network namespace of its own. A second process listens in a further one, of which the file `inner`
has the number.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

HOSTILE_NAME = "{{ 7*7 }}\x1b[2J"
"""The name of the process: a template, and what clears a terminal."""

HOSTILE_PATH = "\0evil\n\x1b[31m{{ salt['cmd.run']('id') }}"
"""An abstract name with a line break, a colour and a template that runs a command."""

INNER_PORT = 2301


def tcp(address: str, port: int, *, v6_only: bool = False) -> socket.socket:
    """Listen on a TCP port."""
    opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    if ":" in address:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6_only)
    opened.bind((address, port))
    opened.listen()
    return opened


def unix(path: str) -> socket.socket:
    """Listen under a path or an abstract name."""
    opened = socket.socket(socket.AF_UNIX)
    opened.bind(path)
    opened.listen()
    return opened


def raise_loopback() -> None:
    """Give this network namespace its loopback addresses."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def inner() -> None:
    """Listen until standard input ends."""
    raise_loopback()
    with tcp("127.0.0.1", INNER_PORT):
        print("ready", flush=True)
        sys.stdin.read()


def main(folder: str) -> None:
    """Open everything, and hold it until standard input ends."""
    raise_loopback()
    subprocess.run(["ip", "route", "add", "198.51.100.0/24", "via", "127.0.0.2", "dev", "lo"], check=True)
    udp = socket.socket(type=socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 5353))
    held = [udp, tcp("127.0.0.1", 2201), tcp("::", 2202), tcp("::", 2203, v6_only=True)]
    held += [unix(f"{folder}/control"), unix(HOSTILE_PATH)]
    held.append(socket.create_connection(("127.0.0.1", 2201)))
    Path("/proc/self/comm").write_text(HOSTILE_NAME)
    command = ["unshare", "--net", sys.executable, __file__, "--inner"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        if process.stdout is None or process.stdout.readline() != b"ready\n":
            raise RuntimeError("the inner namespace did not get ready")
        Path(folder, "inner").write_text(str(Path(f"/proc/{process.pid}/ns/net").stat().st_ino))
        print("ready", flush=True)
        sys.stdin.read()
    del held


if __name__ == "__main__":
    inner() if sys.argv[1] == "--inner" else main(sys.argv[1])
