"""Namespaces of the benchmark's own: a network in which nothing but loopback exists, and none but its processes."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import shutil
import socket
import struct
import sys
from pathlib import Path

INSIDE_MARK = "NETSTAT_BENCHMARK_INSIDE"
SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
CLONE_NEWNET = 0x40000000
ALONE = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
"""Options of unshare: what a command finds below /proc does not depend on what else the machine does."""

SETTINGS = {
    "net/core/somaxconn": "65535",
    "net/ipv4/ip_local_port_range": "16384 65535",
    "net/ipv4/tcp_max_tw_buckets": "262144",
    "net/ipv4/tcp_tw_reuse": "0",
}


class CannotIsolateError(Exception):
    """The machine does not let the benchmark have a network namespace."""


def run_inside(script: Path, arguments: list[str]) -> None:
    """Restart the script inside a new network namespace; return only once already inside one."""
    if os.environ.get(INSIDE_MARK) == own_network():
        _prepare_inside()
        return
    unshare = shutil.which("unshare")
    if unshare is None:
        raise CannotIsolateError("unshare is not installed")
    mapping = [] if os.geteuid() == 0 else ["--map-root-user"]
    inner = f'{INSIDE_MARK}=$(readlink /proc/self/ns/net) exec "$0" "$@"'
    os.execv(unshare, [unshare, *ALONE, *mapping, "sh", "-c", inner, sys.executable, str(script), *arguments])


def own_network() -> str:
    """Return the kernel's name for the network namespace this process is in, such as ``net:[4026531840]``."""
    return str(Path("/proc/self/ns/net").readlink())


def new_network() -> None:
    """Move this process into another new network namespace, prepared like the first."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(CLONE_NEWNET):
        raise CannotIsolateError(f"a second network namespace: {os.strerror(ctypes.get_errno())}")
    _prepare_inside()


def _prepare_inside() -> None:
    """Bring loopback up and raise the limits that would hold back many sockets."""
    _raise_loopback()
    for name, value in SETTINGS.items():
        _set(Path("/proc/sys") / name, value)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _raise_loopback() -> None:
    """Set the interface flag that turns ``lo`` on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = struct.pack("16sH22x", b"lo", 0)
        flags = struct.unpack("16sH22x", fcntl.ioctl(handle, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | IFF_UP))


def _set(path: Path, value: str) -> None:
    """Write a kernel setting of this namespace, or leave its default where that is read-only."""
    try:
        path.write_text(value, encoding="ascii")
    except OSError as error:
        print(f"warning: {path} keeps its default: {error.strerror}", file=sys.stderr)
