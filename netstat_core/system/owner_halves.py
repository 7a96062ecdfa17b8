"""Scan the descriptors of this machine's processes in two processes at once, where there are very many."""

from __future__ import annotations

import marshal
import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import NamedTuple, NoReturn

from netstat_core.system import capture
from netstat_core.system.capture import OwnerScan

MANY_DESCRIPTORS = 10_000
"""Descriptors from which two processes are faster: reading one takes some 5 us, a child and its reply 20 to 30 ms."""

PATIENCE_SECONDS = 10.0
"""How much longer than this process the child may take."""

_OF_PROCESS = 12
"""What a process costs besides its descriptors, as a number of these."""

_CHUNK = 1 << 20
_LENGTH_BYTES = 8
_PARTS = ("pids", "several", "namespaces", "descriptors", "failures", "scanned", "in_threads")
"""The attributes of an OwnerScan that the child returns."""


class Half(NamedTuple):
    """Processes to scan, in ascending order, and of one that both halves have the names of its descriptors to read."""

    pids: list[int]
    parts: dict[int, list[str]]


def scan_processes(scan: OwnerScan, pids: list[int]) -> None:
    """Scan the descriptors of processes; if there are very many, a child scans the second half.

    The result is that of :meth:`OwnerScan.scan_processes`.
    """
    weights = weigh(scan.proc, pids) if can_fork() else []
    if sum(weights) < MANY_DESCRIPTORS:
        scan.scan_processes(pids)
    else:
        scan_halves(scan, *halve(scan.proc, pids, weights))


def scan_halves(scan: OwnerScan, first: Half, second: Half) -> None:
    """Scan the first half here while a child scans the second.

    The second half is scanned here too if the child cannot be started, is killed, or is late.
    """
    with closing(_Child()) as child:
        child.start(lambda: _scan_for_parent(scan, second))
        started = time.monotonic()
        _scan_half(scan, first)
        now = time.monotonic()
        reply = child.receive(now + (now - started) + PATIENCE_SECONDS)
    if not _add_reply(scan, reply):
        _scan_half(scan, second)


def can_fork() -> bool:
    """Return whether a child is safe and would help.

    Another thread might hold a lock, which would stay locked in the child; a handler of SIGCHLD might wait for the
    child in the place of this module. Linux says from 6.2 on how many descriptors there are.
    """
    try:
        return (
            len(os.sched_getaffinity(0)) > 1
            and os.stat("/proc/self/fd").st_size > 0
            and len(os.listdir("/proc/self/task")) == 1
            and signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL
        )
    except OSError:
        return False


def weigh(proc: str, pids: Sequence[int]) -> list[int]:
    """Return what it takes to scan each process, as a number of descriptors; 0 if this user may not read them."""
    user = os.geteuid()
    weights = []
    for pid in pids:
        try:
            status = os.stat(f"{proc}/{pid}/fd")
        except OSError:  # it ended
            weights.append(0)
        else:
            weights.append(_OF_PROCESS + status.st_size if user in (0, status.st_uid) else 0)
    return weights


def halve(proc: str, pids: list[int], weights: Sequence[int]) -> tuple[Half, Half]:
    """Divide processes in two halves of about the same weight; one with very many descriptors is in both."""
    half, before, index = sum(weights) // 2, 0, 0
    while index < len(pids) - 1 and before + weights[index] < half:
        before += weights[index]
        index += 1
    names = _list_descriptors(proc, pids[index])
    place = max(half - before - _OF_PROCESS, 0)
    # A process with few descriptors does not count towards the limit of its user, and neither would a short part.
    if min(place, len(names) - place) <= capture.FEW_DESCRIPTORS:
        return Half(pids[: index + 1], {}), Half(pids[index + 1 :], {})
    parts = {pids[index]: names[:place]}, {pids[index]: names[place:]}
    return Half(pids[: index + 1], parts[0]), Half(pids[index:], parts[1])


def _list_descriptors(proc: str, pid: int) -> list[str]:
    try:
        return os.listdir(f"{proc}/{pid}/fd")
    except OSError:  # it ended, or may not be read, which the scan will notice
        return []


def _scan_half(scan: OwnerScan, half: Half) -> None:
    scan.parts = half.parts
    scan.scan_processes(half.pids)
    scan.parts = {}


def _scan_for_parent(scan: OwnerScan, half: Half) -> bytes:
    _scan_half(scan, half)
    return marshal.dumps([getattr(scan, name) for name in _PARTS])


def _add_reply(scan: OwnerScan, reply: bytes) -> bool:
    """Add what the child has found; return False if nothing was added, and its half is still to be scanned.

    That is so too if a user has more descriptors than the limit, which the child cannot know.
    """
    if not reply:
        return False
    try:
        values = marshal.loads(reply)  # noqa: S302 - a process of this program wrote it, to a pipe of its own
    except MemoryError:
        return False
    pids, several, namespaces, descriptors, failures, scanned, in_threads = values
    total = {uid: count + scan.scanned.get(uid, 0) for uid, count in scanned.items()}
    if any(uid != 0 and count > capture.MOST_DESCRIPTORS for uid, count in total.items()):
        return False
    for inode in scan.pids.keys() & pids.keys():
        for pid in several.pop(inode, None) or pids[inode]:
            scan.add_holder(inode, pid)
        del pids[inode]
    scan.pids.update(pids)
    scan.several.update(several)
    for inode, place in namespaces.items():
        scan.namespaces.setdefault(inode, place)
    for pid, failure in failures.items():
        scan.failures.setdefault(pid, failure)
    scan.scanned.update(total)
    scan.in_threads.update(in_threads)
    if scan.descriptors is not None:
        for holder, numbers in descriptors.items():
            scan.descriptors.setdefault(holder, []).extend(numbers)
    return True


class _Child:
    """A child process that computes bytes, and may fail to; closing kills and reaps it."""

    def __init__(self) -> None:
        self._pid = 0
        self._pipe = -1

    def start(self, compute: Callable[[], bytes]) -> None:
        """Start it, if the system permits."""
        write_end = -1
        try:
            self._pipe, write_end = os.pipe2(os.O_CLOEXEC)
            self._fork(compute, write_end)
        except (OSError, MemoryError):  # RLIMIT_NPROC, RLIMIT_NOFILE, pids.max, memory, or a security module
            pass
        finally:
            if write_end >= 0:
                os.close(write_end)

    def _fork(self, compute: Callable[[], bytes], write_end: int) -> None:
        """Fork. Signals stay blocked in the child, since handlers of this program are not meant for it."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self._pid = os.fork()
            if self._pid == 0:
                _serve(compute, write_end)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def receive(self, deadline: float) -> bytes:
        """Return what it has computed by a time of the monotonic clock, in seconds; empty if that is not whole."""
        if not self._pid:
            return b""
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        parts = []
        try:
            while poll.poll(max(deadline - time.monotonic(), 0) * 1000):
                part = os.read(self._pipe, _CHUNK)
                if not part:
                    break
                parts.append(part)
            received = b"".join(parts)
        except (OSError, MemoryError):
            return b""
        length = int.from_bytes(received[:_LENGTH_BYTES], "big")
        return received[_LENGTH_BYTES:] if len(received) == _LENGTH_BYTES + length else b""

    def close(self) -> None:
        """End the child if it still runs."""
        if self._pipe >= 0:
            os.close(self._pipe)
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


def _serve(compute: Callable[[], bytes], write_end: int) -> NoReturn:
    """Compute and write in the child, which ends here whatever happens: the parent takes what is not whole for none."""
    try:
        computed = compute()
        rest = memoryview(len(computed).to_bytes(_LENGTH_BYTES, "big") + computed)
        while rest:
            rest = rest[os.write(write_end, rest) :]
    finally:
        os._exit(0)
