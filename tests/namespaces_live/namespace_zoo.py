"""Make network namespaces kept in every way there is, each with a listening socket, and hold them.

Run as a program inside a mount, PID and network namespace of one's own: `namespace_zoo.py NUMBER` makes that many
named namespaces besides, prints a JSON object of inodes by name and `ready`, and holds all until its input ends.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
NAMED = Path("/run/netns")
HERE = "/proc/self/ns/net"
PORTS = {"own": 1000, "red": 1001, "blue": 1002, "bound": 1003, "held": 1004, "lived-in": 1005}
"""What listens in each: `red` and `blue` are named, of the others the name tells what keeps them."""

FIRST_OF_MANY = 2000


def check(status: int) -> None:
    """Raise what a call of the C library failed with."""
    if status:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def mount_on(file: Path) -> None:
    """Mount the namespace this process is in on a file."""
    file.touch()
    subprocess.run(["mount", "--bind", HERE, str(file)], check=True)


def listen(port: int) -> socket.socket:
    """Open a listening socket here."""
    return socket.create_server(("0.0.0.0", port))


def main() -> None:
    """Make them all from home, and come back each time."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        if " - nsfs " in line:  # the machine's own, of which this process has copies
            subprocess.run(["umount", line.split()[4]], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    NAMED.mkdir()
    home = os.open(HERE, os.O_RDONLY)
    kept: list[object] = [listen(PORTS["own"])]
    inodes = {"own": os.stat(HERE).st_ino}

    def make(name: str, port: int, file: Path | None = None) -> None:
        check(LIBC.unshare(CLONE_NEWNET))
        inodes[name] = os.stat(HERE).st_ino
        kept.append(listen(port))
        if name == "held":
            kept.append(os.open(HERE, os.O_RDONLY))
        elif name == "lived-in":
            kept.append(subprocess.Popen(["sleep", "600"]))
        else:
            mount_on(file or NAMED / name)
        check(LIBC.setns(home, CLONE_NEWNET))

    for name, port in PORTS.items():
        if name != "own":
            make(name, port, Path("/run/bound by a mount") if name == "bound" else None)
    for number in range(int(sys.argv[1])):
        make(f"many{number:03}", FIRST_OF_MANY + number)
    (NAMED / "stale").touch()
    os.close(home)
    (Path("/run") / "zoo.json").write_text(json.dumps(inodes))
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
