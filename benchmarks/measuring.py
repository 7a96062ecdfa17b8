"""Running commands and taking their wall time, processor time and peak memory."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from statistics import median
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

LONGEST_RUN_SECONDS = 180.0
FLOOR_SLACK_KIB = 512
KIB_PER_MIB = 1024


class BrokenCommandError(Exception):
    """A measured command failed, so its time means nothing."""


class NotMadeError(Exception):
    """What a benchmark measures could not be made."""


@dataclass(frozen=True)
class Command:
    """A command to measure: its name in tables, and its stages, each piped into the next; none if not installed."""

    name: str
    stages: tuple[tuple[str, ...], ...]

    @property
    def installed(self) -> bool:
        """Tell whether there is anything to run."""
        return bool(self.stages)


@dataclass
class Samples:
    """What the runs of one command took.

    Wall seconds, processor seconds (user and system) of all its processes, and the peak resident KiB of the largest.
    """

    seconds: list[float] = field(default_factory=list)
    processor_seconds: list[float] = field(default_factory=list)
    peak_kib: list[int] = field(default_factory=list)

    @property
    def median_seconds(self) -> float | None:
        """Return the median wall time in seconds, none where the command never ran."""
        return median(self.seconds) if self.seconds else None

    @property
    def median_processor_seconds(self) -> float | None:
        """Return the median processor time in seconds, none where the command never ran."""
        return median(self.processor_seconds) if self.processor_seconds else None

    @property
    def peak_mib(self) -> float | None:
        """Return the highest peak memory of any run in MiB, none where the command never ran."""
        return max(self.peak_kib) / KIB_PER_MIB if self.peak_kib else None


def ratio(ours: Samples, theirs: Samples, *, processor: bool = False) -> float | None:
    """Return the median of how many times as long ours took in each round; None if one of them never ran."""
    pairs = zip(*([taken.processor_seconds if processor else taken.seconds for taken in (ours, theirs)]), strict=False)
    quotients = [mine / other for mine, other in pairs if other]
    return median(quotients) if quotients else None


def measure(commands: Sequence[Command], rounds: int) -> dict[str, Samples]:
    """Run every installed command once untimed, then once in each round in turn; return samples by name."""
    samples = {command.name: Samples() for command in commands}
    present = [command for command in commands if command.installed]
    for command in present:
        _run(command)
    for _ in range(rounds):
        for command in present:
            seconds, processor_seconds, peak_kib = _run(command)
            samples[command.name].seconds.append(seconds)
            samples[command.name].processor_seconds.append(processor_seconds)
            samples[command.name].peak_kib.append(peak_kib)
    return samples


def memory_floor_mib() -> float:
    """Return the least peak memory in MiB that can be told from this process's own, which the kernel hands on."""
    _, _, peak_kib = _run(Command("true", (("true",),)))
    return (peak_kib + FLOOR_SLACK_KIB) / KIB_PER_MIB


def _run(command: Command) -> tuple[float, float, int]:
    """Run a command to its end, its output discarded; return wall and processor seconds, and the peak KiB."""
    with tempfile.TemporaryFile() as errors, _time_limit(command):
        started = time.perf_counter()
        processes = _spawn(command, errors)
        try:
            ends = [os.wait4(process.pid, 0) for process in processes]
        except BaseException:
            for process in processes:
                process.kill()
                process.wait()
            raise
        seconds = time.perf_counter() - started
        for process, (_, status, _) in zip(processes, ends, strict=True):
            process.returncode = os.waitstatus_to_exitcode(status)
        _check(command, [process.returncode for process in processes], errors)
    processor_seconds = sum(usage.ru_utime + usage.ru_stime for _, _, usage in ends)
    return seconds, processor_seconds, max(usage.ru_maxrss for _, _, usage in ends)


def _check(command: Command, statuses: list[int], errors: IO[bytes]) -> None:
    """Refuse a run in which any stage failed, with what it wrote to standard error."""
    if any(statuses):
        errors.seek(0)
        shown = errors.read().decode(errors="replace")
        raise BrokenCommandError(f"{command.name} failed (exit status {max(statuses, key=abs)}):\n{shown}")


def _spawn(command: Command, errors: IO[bytes]) -> list[subprocess.Popen[bytes]]:
    """Start every stage of a command, the last one writing to nowhere."""
    processes: list[subprocess.Popen[bytes]] = []
    source: IO[bytes] | int = subprocess.DEVNULL
    for number, stage in enumerate(command.stages, start=1):
        sink = subprocess.DEVNULL if number == len(command.stages) else subprocess.PIPE
        process = subprocess.Popen(stage, stdin=source, stdout=sink, stderr=errors)
        processes.append(process)
        if not isinstance(source, int):
            source.close()
        source = process.stdout or subprocess.DEVNULL
    return processes


@contextlib.contextmanager
def _time_limit(command: Command) -> Iterator[None]:
    """Break off what runs longer than any command should."""

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise BrokenCommandError(f"{command.name} ran longer than {LONGEST_RUN_SECONDS:.0f} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_RUN_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
