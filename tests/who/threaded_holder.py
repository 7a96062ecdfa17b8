"""Hold a listening socket that the main thread does not show.

Run as a program, `threaded_holder.py MODE PORT`, it prints `ready` and holds the socket until it is killed:

- `exited`: the main thread exits, another goes on.
- `own-table`: a thread has descriptors of its own and listens.
- `own-namespace`: a thread has a network namespace of its own, which nothing else is in.
"""

from __future__ import annotations

import ctypes
import os
import platform
import socket
import sys
import threading
import time

CLONE_FILES, CLONE_NEWNET = 0x400, 0x40000000
EXIT = {"x86_64": 60, "aarch64": 93}
"""The number of the system call that ends one thread."""

LIBC = ctypes.CDLL(None, use_errno=True)
kept: list[socket.socket] = []


def listen(port: int) -> None:
    """Open the socket, and say so."""
    kept.append(socket.create_server(("127.0.0.1" if "namespace" not in sys.argv[1] else "0.0.0.0", port)))
    print("ready", flush=True)


def work(flag: int, port: int) -> None:
    """Unshare something in this thread alone, and listen."""
    if flag and LIBC.unshare(flag):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    if flag:
        listen(port)
    time.sleep(600)


def main(mode: str, port: int) -> None:
    """Start the thread."""
    if mode == "exited":
        listen(port)
    flag = {"exited": 0, "own-table": CLONE_FILES, "own-namespace": CLONE_NEWNET}[mode]
    threading.Thread(target=work, args=(flag, port)).start()
    if mode == "exited":
        time.sleep(0.2)
        LIBC.syscall(EXIT[platform.machine()], 0)
    time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
