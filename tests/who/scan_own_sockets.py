"""Open many sockets in some processes, and search for their owners in one process and in two, over and over.

Run as `python scan_own_sockets.py PROCESSES [UID]`; the user with this id may start no further process for the search.
Meanwhile another process opens and closes sockets. Prints a JSON object with what differed.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import socket
import sys

from netstat_core.system import owner_halves
from netstat_core.system.capture import Owners
from netstat_core.system.live import LiveSystem

SOCKETS = 900
SEARCHES = 4
_PR_SET_DUMPABLE = 4


def hold(sockets: int) -> tuple[int, set[int]]:
    """Start a process that holds sockets, which this one closes; return its pid and their inodes."""
    opened = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(sockets)]
    inodes = {os.fstat(one.fileno()).st_ino for one in opened}
    return start(signal.pause), inodes


def start(function: object) -> int:
    """Start a process that runs a function until it is killed."""
    pid = os.fork()
    if pid == 0:
        try:
            function()  # type: ignore[operator]
        finally:
            os._exit(0)
    return pid


def churn() -> None:
    """Open and close sockets all the time, so that descriptors vanish and return while they are looked at."""
    opened: list[socket.socket] = []
    while True:
        opened.extend(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(300))
        del opened[::2]
        opened = opened[-300:]


def holders(owners: Owners, inodes: set[int]) -> dict[int, tuple[tuple[int, ...], list[list[int]]]]:
    """Return the pids of the sockets of this test, and their descriptors."""
    numbers = owners.descriptors or {}
    return {
        inode: (owners.pids[inode], [numbers[inode, pid] for pid in owners.pids[inode]])
        for inode in inodes & owners.pids.keys()
    }


def become(user: int) -> None:
    """Become a user who may look at its own processes."""
    os.setgid(user)
    os.setuid(user)
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)


def main(processes: int, user: int | None) -> dict[str, int]:
    """Search, and compare."""
    if user is not None:
        become(user)
    held = [hold(SOCKETS // processes) for _ in range(processes)]
    pids = [start(churn), *(pid for pid, _ in held)]
    inodes = set().union(*(some for _, some in held))
    owner_halves.MANY_DESCRIPTORS = 1
    found = {"can_fork": owner_halves.can_fork(), "searches": SEARCHES, "different": 0, "failed": 0, "lost": 0}
    found |= {"forks": 0, "failed_forks": 0}
    fork = os.fork

    def count() -> int:
        try:
            pid = fork()
        except OSError:
            found["failed_forks"] += 1
            raise
        found["forks"] += 1
        return pid

    os.fork = count
    if user is not None:
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    try:
        for _ in range(SEARCHES):
            two = LiveSystem(may_fork=True).find_owners(descriptors=True)
            one = LiveSystem().find_owners(descriptors=True)
            found["different"] += holders(one, inodes) != holders(two, inodes)
            found["failed"] += one.failed + two.failed
            found["lost"] += len(inodes - two.pids.keys())
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return found


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else None)))
