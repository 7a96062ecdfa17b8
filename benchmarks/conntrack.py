"""Time the listing of many tracked connections by pynetstat and conntrack.

``python benchmarks/conntrack.py`` makes masqueraded connections in a network namespace of its own, over ctnetlink: no
packet is sent. Every command runs in turn in every round; the tables give medians. Nothing but a command that fails
makes the exit status differ from 0.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import session
import tables
from measuring import Command, Samples, measure, memory_floor_mib
from sockets import comparison, first_line, pynetstat, system_tool
from tracked_connections import CannotTrackError, check_room, track

FEWER = 10_000
TEXT = "pynetstat -Mn"
JSON = "pynetstat -M --json"
NDJSON = "pynetstat -M --ndjson"
FROM_FILE = "pynetstat -Mn --source procfs"
CONNTRACK = "conntrack -L"
OURS = (TEXT, JSON, NDJSON, FROM_FILE)


@dataclass(frozen=True)
class Results:
    """The samples of each stage by command name, and the least memory in MiB that can be told apart."""

    fewer: dict[str, Samples]
    many: dict[str, Samples]
    floor_mib: float


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--connections", type=int, default=100_000, help="connections to make (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="timed runs of each command (default: %(default)s)")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    parser.add_argument("--command", help="how pynetstat is called (default: this Python with -m netstat_core)")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or options.connections < FEWER:
        parser.error(f"at least 1 round and {FEWER} connections are needed")
    return options


def collect(base: list[str], connections: int, rounds: int) -> Results:
    """Make connections in two steps and measure after each."""
    check_room(connections)
    floor_mib = memory_floor_mib()
    commands = [*(pynetstat(base, name) for name in OURS), conntrack()]
    track(0, FEWER)
    fewer = measure(commands, rounds)
    track(FEWER, connections)
    return Results(fewer, measure(commands, rounds), floor_mib)


def conntrack() -> Command:
    """Return the command of conntrack-tools, with no stages where it is not installed."""
    return system_tool(CONNTRACK)


def memory_table(results: Results, connections: int) -> tables.Table:
    """Return the table that shows whether memory grows with the number of connections."""
    rows = [
        [
            name,
            tables.mebibytes(results.fewer[name].peak_mib, results.floor_mib),
            tables.mebibytes(results.many[name].peak_mib, results.floor_mib),
        ]
        for name in (*OURS, CONNTRACK)
    ]
    headings = ["command", f"{FEWER:,} connections", f"{connections:,} connections"]
    return tables.Table("Peak memory in MiB", headings, rows)


def measured(base: list[str], options: argparse.Namespace) -> session.Measured:
    """Return what was measured on, and the tables."""
    results = collect(base, options.connections, options.rounds)
    size = f"{options.connections:,} connections"
    title = f"{options.connections:,} tracked connections"
    return session.setting(first_line("conntrack", "--version"), size, rounds=options.rounds), [
        comparison(title, results.many, [TEXT, JSON, NDJSON], results.floor_mib),
        memory_table(results, options.connections),
    ]


def main(arguments: list[str]) -> int:
    """Measure inside a namespace of its own and print the tables; return 0 unless something is broken."""
    return session.run(__file__, arguments, parse(arguments), measured, [CannotTrackError])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
