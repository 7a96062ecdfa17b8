"""Network namespaces that tests make for themselves and that vanish with the process holding them.

Each comes with a process namespace and a /proc of its own: the processes of the machine are not searched for sockets.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

UNSHARE = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
HOLD = [*UNSHARE, "sh", "-c", "echo ready; exec cat"]


@functools.cache
def reason() -> str | None:
    """Why no network namespace can be made here; None when it can."""
    missing = [tool for tool in ("unshare", "nsenter") if shutil.which(tool) is None]
    if missing:
        return f"{missing[0]} is not installed"
    permitted = subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0
    return None if permitted else "network namespaces are not permitted here"


@dataclass(frozen=True)
class NetworkNamespace:
    """A network namespace, held by a process of ours."""

    holder: int

    def enter(self, command: list[str]) -> list[str]:
        """Return the command line that runs `command` inside."""
        links = {"net": "net", "mount": "mnt", "pid": "pid_for_children"}
        entries = [f"--{option}=/proc/{self.holder}/ns/{link}" for option, link in links.items()]
        return ["nsenter", *entries, "--", *command]

    def run(self, command: list[str]) -> subprocess.CompletedProcess[bytes]:
        """Run a command inside, to its end, and return what it printed."""
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        return subprocess.run(self.enter(command), capture_output=True, check=False, timeout=60, env=environment)

    @contextmanager
    def running(self, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
        """Start a command inside, wait until it prints `ready`, end it by closing its standard input."""
        with _until_closed(self.enter(command)) as process:
            yield process


@contextmanager
def network_namespace() -> Iterator[NetworkNamespace]:
    """Make a network namespace and hold it for the length of the block."""
    with _until_closed(HOLD) as holder:
        yield NetworkNamespace(holder.pid)


@contextmanager
def _until_closed(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process without pipes")
        if process.stdout.readline() != b"ready\n":
            raise RuntimeError(f"{command[-1]} did not get ready")
        try:
            yield process
        finally:
            process.stdin.close()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
