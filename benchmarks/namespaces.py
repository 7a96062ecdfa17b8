"""200 named network namespaces with 50 listening TCP sockets each: one run of ours, beside one of ss in each."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import shutil
import socket
import subprocess
from pathlib import Path

from commands import Job
from measuring import Command, NotMadeError, measure
from private_network import CLONE_NEWNET
from results import Row, compared

HERE = "/proc/self/ns/net"
NAMED = Path("/run/netns")
MS_BIND = 4096
FIRST_PORT = 1024
SPARE_DESCRIPTORS = 64
OURS = "--all-netns -tan"


def run(job: Job) -> list[Row]:
    """Make the namespaces, measure all commands, and return the rows."""
    namespaces, sockets = job.size(200, 3), job.size(50, 5)
    if shutil.which("mount") is None or os.geteuid():
        raise NotMadeError("network namespaces can be named by root only, with mount")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    NAMED.mkdir()
    with contextlib.ExitStack() as stack:
        for listener in make(namespaces, sockets):
            stack.enter_context(listener)
        peers = [looped("ss -tan"), looped("netstat -tan")]
        taken = measure([job.ours(OURS), *peers], min(job.rounds, 3))
    ours = taken[f"pynetstat {OURS}"]
    work = f"{namespaces:,} namespaces of {sockets:,} sockets, `{OURS}`"
    bounds = ((0.4, 0.2), (None, None))
    return [
        compared(work, ours, f"{namespaces:,} x `{peer.name}`", taken[peer.name], *limits)
        for peer, limits in zip(peers, bounds, strict=True)
    ]


def make(namespaces: int, sockets: int) -> list[socket.socket]:
    """Make named namespaces, and return the sockets that listen in them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, namespaces * sockets + SPARE_DESCRIPTORS), hard))
    library = ctypes.CDLL(None, use_errno=True)
    home = os.open(HERE, os.O_RDONLY)
    made = []
    for number in range(namespaces):
        _check(library.unshare(CLONE_NEWNET))
        file = NAMED / f"n{number:03}"
        file.touch()
        _check(library.mount(HERE.encode(), str(file).encode(), b"none", MS_BIND, None))
        made += [socket.create_server(("0.0.0.0", FIRST_PORT + port)) for port in range(sockets)]
    _check(library.setns(home, CLONE_NEWNET))
    os.close(home)
    return made


def _check(status: int) -> None:
    """Raise what a call of the C library failed with."""
    if status:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def looped(name: str) -> Command:
    """Return a shell loop that runs a command in each named namespace."""
    if shutil.which(name.split(maxsplit=1)[0]) is None:
        return Command(name, ())
    return Command(name, (("sh", "-c", f"for each in $(ls {NAMED}); do ip netns exec $each {name} || exit; done"),))
