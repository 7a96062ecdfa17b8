"""Processes that hold sockets open, so that a namespace has a wanted number of them.

Run as a program, this module is one such process: it opens what its arguments say, prints ``ready``,
and keeps everything open until its standard input ends.
"""

from __future__ import annotations

import contextlib
import resource
import select
import socket
import subprocess
import sys
import time
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import NotMadeError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

MOST_SOCKETS = 400_000
DESCRIPTORS_PER_MAKER = 18_000
SPARE_DESCRIPTORS = 64
ONE_LISTENER_IN = 20
ADDRESSES_PER_MAKER = 200
FIRST_PORT = 2000
PAIRS_PER_LISTENER = 2000
PAIRS_AT_ONCE = 500
IP_BIND_ADDRESS_NO_PORT = 24
READY_SECONDS = 120.0


class NotUpError(NotMadeError):
    """The sockets asked for did not all come up in time."""


@dataclass(frozen=True)
class Share:
    """The sockets of one process, as counts.

    TCP listeners, established TCP pairs (two sockets each), UDP, UNIX pairs, and TCP connections in TIME_WAIT (one
    socket each), which last a minute. Of listeners and pairs one in ``one_ipv6_in`` is of IPv6.
    """

    listeners: int
    pairs: int
    udp: int = 0
    unix_pairs: int = 0
    time_wait: int = 0
    one_ipv6_in: int = 10

    @property
    def tcp(self) -> int:
        """Return how many TCP sockets the share makes."""
        return self.listeners + 2 * self.pairs


def plan(tcp_sockets: int, descriptors: int) -> list[Share]:
    """Split a number of TCP sockets into shares none of which needs more than ``descriptors``."""
    shares = []
    left = tcp_sockets
    while left > 0:
        size = min(left, descriptors)
        listeners = max(1, size // ONE_LISTENER_IN)
        listeners += (size - listeners) % 2
        shares.append(Share(listeners, (size - listeners) // 2))
        left -= size
    return shares


class SocketMakers:
    """The socket-holding processes of a namespace; as a context manager it ends them all."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def add(self, shares: list[Share]) -> None:
        """Start one process a share and return once the kernel counts all their TCP sockets."""
        wanted = count_tcp() + sum(share.tcp for share in shares)
        waiting = count_time_wait() + sum(share.time_wait for share in shares)
        deadline = time.monotonic() + READY_SECONDS
        started = [self._start(share) for share in shares]
        for process in started:
            _await_ready(process, deadline)
        while count_tcp() != wanted:
            if time.monotonic() > deadline:
                raise NotUpError(f"{count_tcp()} TCP sockets exist, {wanted} were asked for")
            time.sleep(0.05)
        if count_time_wait() < waiting:
            raise NotUpError(f"{count_time_wait()} sockets are in TIME_WAIT, {waiting} were asked for")

    def grow_to(self, tcp_sockets: int) -> None:
        """Add TCP sockets until the namespace has that many in all."""
        if tcp_sockets > MOST_SOCKETS:
            raise NotUpError(f"more than {MOST_SOCKETS} sockets are not made")
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.add(plan(tcp_sockets - count_tcp(), min(soft - SPARE_DESCRIPTORS, DESCRIPTORS_PER_MAKER)))

    def _start(self, share: Share) -> subprocess.Popen[str]:
        number = len(self._processes) + 1
        command = [sys.executable, __file__, str(number), *(str(count) for count in astuple(share))]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._processes.append(process)
        return process


def _await_ready(process: subprocess.Popen[str], deadline: float) -> None:
    """Wait for a maker's word that it holds its share, until the deadline (seconds, monotonic clock)."""
    if process.stdout is None:
        raise NotUpError("a maker has no standard output")
    readable, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
    if not readable or process.stdout.readline().strip() != "ready":
        raise NotUpError("a maker could not open its sockets; its error is above")


def count_tcp() -> int:
    """Return how many TCP sockets of both families the kernel counts in this namespace."""
    return _in_use("sockstat", "TCP:") + _in_use("sockstat6", "TCP6:")


def count_time_wait() -> int:
    """Return how many TCP sockets of both families are in TIME_WAIT in this namespace."""
    return _in_use("sockstat", "TCP:", "tw")


def _in_use(name: str, label: str, word: str = "inuse") -> int:
    """Return a number of one line of a kernel socket summary, 0 where it has none."""
    with contextlib.suppress(FileNotFoundError):
        for line in (Path("/proc/net") / name).read_text(encoding="ascii").splitlines():
            fields = line.split()
            if fields[0] == label:
                return int(fields[fields.index(word) + 1])
    return 0


def has_ipv6() -> bool:
    """Tell whether loopback has an IPv6 address in this namespace."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def hold(number: int, share: Share) -> list[socket.socket]:
    """Open one share's sockets, on addresses that the maker's number keeps apart from other makers'."""
    ipv6 = has_ipv6()
    listeners6 = share.listeners // share.one_ipv6_in if ipv6 else 0
    listeners = [_listener(number, index) for index in range(share.listeners - listeners6)]
    listeners_six = [_listener6() for _ in range(listeners6)]
    pairs6 = share.pairs // share.one_ipv6_in if listeners_six else 0
    held = [*listeners, *listeners_six]
    held += _pairs(listeners, share.pairs - pairs6, number)
    held += _pairs(listeners_six, pairs6, number)
    held += [_udp(number, index) for index in range(share.udp)]
    for _ in range(share.unix_pairs):
        held += socket.socketpair()
    _leave_waiting(listeners, share.time_wait, number)
    return held


def _leave_waiting(listeners: list[socket.socket], count: int, number: int) -> None:
    """Make connections that end at once: the end that closes first, here the client's, stays in TIME_WAIT."""
    for start in range(0, count, PAIRS_AT_ONCE):
        for end in _pairs(listeners, min(PAIRS_AT_ONCE, count - start), number):
            end.close()


def _address(number: int, index: int) -> tuple[str, int]:
    """Return the loopback address and port of a maker's listener, by its index."""
    return f"127.0.{number}.{1 + index % ADDRESSES_PER_MAKER}", FIRST_PORT + index // ADDRESSES_PER_MAKER


def _listener(number: int, index: int) -> socket.socket:
    """Return a TCP socket listening on an address of the maker's own."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(_address(number, index))
    listener.listen(1024)
    return listener


def _listener6() -> socket.socket:
    """Return a TCP socket listening on the IPv6 loopback address, at a port the kernel picks."""
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    listener.bind(("::1", 0))
    listener.listen(1024)
    return listener


def _udp(number: int, index: int) -> socket.socket:
    """Return a bound UDP socket."""
    handle = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    handle.bind(_address(number, index))
    return handle


def _pairs(listeners: list[socket.socket], count: int, number: int) -> list[socket.socket]:
    """Return both ends of ``count`` established connections, spread over the listeners and source addresses."""
    held = []
    for index in range(count):
        listener = listeners[(index // PAIRS_PER_LISTENER) % len(listeners)]
        client = socket.socket(listener.family, socket.SOCK_STREAM)
        if listener.family == socket.AF_INET:
            client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            client.bind((f"127.1.{number}.{1 + index % ADDRESSES_PER_MAKER}", 0))
        client.connect(listener.getsockname())
        accepted, _ = listener.accept()
        held += [client, accepted]
    return held


def main(arguments: list[str]) -> int:
    """Hold the share named by the arguments (a number, and the counts of a share) until standard input ends."""
    number, *counts = (int(argument) for argument in arguments)
    held = hold(number, Share(*counts))
    print("ready", flush=True)
    sys.stdin.read()
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
