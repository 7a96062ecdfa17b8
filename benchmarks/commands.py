"""The commands that are measured, by their names, and what a part of the benchmarks is run with."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass

from measuring import Command

NOTHING = Command("python -c pass", ((sys.executable, "-c", "pass"),))
PSUTIL_CODE = "import psutil; psutil.net_connections({!r})"


@dataclass(frozen=True)
class Job:
    """How a part is run: how pynetstat is called, how often each command runs, and whether with tiny numbers only."""

    base: tuple[str, ...] = (sys.executable, "-m", "netstat_core")
    rounds: int = 5
    quick: bool = False

    def size(self, number: int, quick: int) -> int:
        """Return a number of objects to make: the smaller one in a quick run."""
        return quick if self.quick else number

    def ours(self, options: str) -> Command:
        """Return pynetstat's command with some options."""
        return Command(f"pynetstat {options}", ((*self.base, *options.split()),))

    def offers(self, option: str) -> bool:
        """Whether pynetstat has an option."""
        shown = subprocess.run([*self.base, "--help"], capture_output=True, text=True, check=False)
        return option in shown.stdout


def system_tool(name: str) -> Command:
    """Return a command of the system's own, with no stages where it is not installed."""
    program, *arguments = name.split()
    path = shutil.which(program)
    return Command(name, ((path, *arguments),) if path else ())


def psutil_connections(kind: str) -> Command:
    """Return a run of psutil that lists the sockets of a kind, with no stages where it is not installed."""
    name = f"psutil.net_connections({kind!r})"
    is_there = importlib.util.find_spec("psutil") is not None
    return Command(name, ((sys.executable, "-c", PSUTIL_CODE.format(kind)),) if is_there else ())
