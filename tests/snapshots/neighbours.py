"""A neighbour without rights, who exchanges names in a folder of its own while root reads or writes there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

UID = 65_533
EXCHANGER = Path(__file__).with_name("exchanger.py")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can have a neighbour with fewer rights")


@contextmanager
def grounds() -> Iterator[Path]:
    """Give a folder that the neighbour owns; unlike a test's own folder, the way to it is open to others."""
    base = Path(tempfile.mkdtemp(prefix="neighbour-"))
    try:
        base.chmod(0o755)
        (base / "own").mkdir()
        hand_over(base / "own")
        yield base / "own"
    finally:
        shutil.rmtree(base)


def hand_over(path: Path) -> None:
    """Give a file or folder, with all in it, to the neighbour, if there is one."""
    for below in (path, *path.rglob("*")) if os.geteuid() == 0 else ():
        os.chown(below, UID, UID, follow_symlinks=False)


@contextmanager
def exchanging(one: Path, other: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Let the neighbour exchange two names, as fast as it can, until the context ends; give its process."""
    command = [sys.executable, "-I", str(EXCHANGER), str(UID), str(one), str(other)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"began\n"
            yield process
        finally:
            process.kill()


@contextmanager
def paused(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Keep the neighbour from doing anything during the context."""
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)
    yield
    process.send_signal(signal.SIGCONT)


def moments(enough: Callable[[], bool], seconds: float = 1.0, most: float = 30.0) -> Iterator[None]:
    """Yield as often as can be for some seconds, and on until it is enough, on a busy machine at most for ``most``."""
    start = time.monotonic()
    while (passed := time.monotonic() - start) < seconds or (passed < most and not enough()):
        yield
