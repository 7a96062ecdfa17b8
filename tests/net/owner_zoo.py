"""Processes that hold sockets in the ways that owners are told apart by.

Run by root in a network namespace of its own: `python owner_zoo.py`; prints `ready` and holds all until standard input
closes. There is a service with a worker that shares its listener, one of another user, one that was given its socket as
systemd does, one with an odd name and odd arguments, and a listener that two descriptors lead to.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys

NOBODY = 65534
FIRST_GIVEN = 3
SLEEP = "import sys; print('up', flush=True); sys.stdin.read()"


def main() -> None:
    """Start all, say so, and hold."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    shared = listen(2000)
    twice = listen(2001)
    doubled = twice.dup()
    started = [
        start("worker", shared),
        start("of-nobody", listen(2002), user=NOBODY),
        start("given", listen(2003), environment={"LISTEN_FDS": "1", "LISTEN_FDNAMES": "web.socket", "SECRET": "no"}),
        start("odd \n(name)", listen(2004)),
    ]
    print("ready", flush=True)
    sys.stdin.read()
    for process in started:
        process.terminate()
    doubled.close()


def listen(port: int) -> socket.socket:
    """Return a socket that listens on a port of both IP versions."""
    return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)


def start(
    name: str, made: socket.socket, *, user: int | None = None, environment: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a process that has the socket as its descriptor 3, is called so, and waits."""
    number = made.fileno()
    knows_its_pid = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"] if environment else []
    process = subprocess.Popen(
        [
            *knows_its_pid,
            "/usr/bin/python3",
            "-c",
            f"open('/proc/self/comm', 'w').write({name!r}); {SLEEP}",
            name,
            "--an argument",
            "",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment or {},
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        preexec_fn=lambda: os.dup2(number, FIRST_GIVEN),  # noqa: PLW1509 - this program has no threads
        pass_fds=sorted({number, FIRST_GIVEN}),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    return process


if __name__ == "__main__":
    main()
