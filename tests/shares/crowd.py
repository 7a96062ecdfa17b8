"""A user's crowd beside a listener of root, in namespaces that a test made.

Run it as `crowd.py PROCESSES BYTES SOCKETS NAMESPACES`.

Processes share a listener on port 5999 and have so many bytes of arguments; another process has listeners on port 5998
of addresses of the loopback network. Prints `ready`; all end with its standard input.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import Any

USER = 65534
_USER: dict[str, Any] = {"user": USER, "group": USER, "extra_groups": []}


def drop_rights() -> None:
    """Become an ordinary user."""
    os.setgroups([])
    os.setgid(USER)
    os.setuid(USER)


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a process of the user that ends with this one's standard input, and holds what this one does."""
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, close_fds=False, **_USER)


def main() -> None:
    """Make the crowd."""
    count, size, sockets, namespaces = map(int, sys.argv[1:])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    wait = ["sh", "-c", "read line", "many", "\x1b" + "A" * size]
    roots = socket.create_server(("0.0.0.0", 2222))
    held = [subprocess.Popen(["sh", "-c", "read line", "roots", "--all"], stdin=subprocess.PIPE, close_fds=False)]
    os.set_inheritable(roots.fileno(), True)  # noqa: FBT003 - its only argument
    held.append(subprocess.Popen(["sh", "-c", "read line", "roots", "--all"], stdin=subprocess.PIPE, close_fds=False))
    os.set_inheritable(roots.fileno(), False)  # noqa: FBT003
    shared = socket.create_server(("127.0.0.1", 5999))
    os.set_inheritable(shared.fileno(), True)  # noqa: FBT003
    held += [start(wait) for _ in range(count)]
    held += [start(["unshare", "--user", "--net", *wait]) for _ in range(namespaces)]
    if not os.fork():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        drop_rights()
        many = [socket.create_server((f"127.0.{one >> 8}.{one & 255}", 5998)) for one in range(1, sockets + 1)]
        print("ready", flush=True)
        sys.stdin.read()
        del many
        os._exit(0)
    sys.stdin.read()
    for process in held:
        process.kill()


if __name__ == "__main__":
    main()
