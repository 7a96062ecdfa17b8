"""Time the listing of many interfaces by pynetstat, netstat and ip.

``python benchmarks/interfaces.py`` makes pairs of veth interfaces in a network namespace of its own. Every command
runs in turn in every round; the table gives medians. Only a command that fails makes the exit status differ from 0.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys

import session
import tables
from measuring import Command, measure, memory_floor_mib
from sockets import comparison, first_line, pynetstat, system_tool

OURS = ["pynetstat -ia", "pynetstat -iae", "pynetstat --json -ia"]
THEIRS = ["netstat -ia", "netstat -iae", "ip -s link", "ip -s -j addr"]
NOTHING = "python -c pass"
MOST_INTERFACES = 20_000


class NotMadeError(Exception):
    """The interfaces asked for could not be made."""


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--interfaces", type=int, default=2000, help="interfaces to make (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="timed runs of each command (default: %(default)s)")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--command", help="how pynetstat is called (default: this Python with -m netstat_core)")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or not 0 <= options.interfaces <= MOST_INTERFACES:
        parser.error(f"at least 1 round and at most {MOST_INTERFACES} interfaces")
    return options


def make(interfaces: int) -> None:
    """Make pairs of veth interfaces until the namespace has that many, loopback included."""
    ip = shutil.which("ip")
    if ip is None:
        raise NotMadeError("ip is not installed")
    pairs = "".join(f"link add va{number} type veth peer name vb{number}\n" for number in range(interfaces // 2))
    finished = subprocess.run([ip, "-batch", "-"], input=pairs, text=True, capture_output=True, check=False)
    if finished.returncode:
        raise NotMadeError(finished.stderr.strip())


def collect(base: list[str], interfaces: int, rounds: int) -> tables.Table:
    """Make the interfaces, measure all commands and return the table."""
    floor_mib = memory_floor_mib()
    make(interfaces)
    nothing = Command(NOTHING, ((sys.executable, "-c", "pass"),))
    commands = [*(pynetstat(base, name) for name in OURS), *(system_tool(name) for name in THEIRS), nothing]
    return comparison(f"{interfaces:,} interfaces", measure(commands, rounds), OURS, floor_mib)


def measured(base: list[str], options: argparse.Namespace) -> session.Measured:
    """Return what was measured on, and the table."""
    table = collect(base, options.interfaces, options.rounds)
    programs = first_line("netstat", "--version"), first_line("ip", "-V")
    return session.setting(*programs, f"{options.interfaces:,} interfaces", rounds=options.rounds), [table]


def main(arguments: list[str]) -> int:
    """Measure inside a namespace of its own and print the tables; return 0 unless something is broken."""
    return session.run(__file__, arguments, parse(arguments), measured, [NotMadeError])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
