"""Time the capture of many sockets with their owners, and weigh what it gives.

``python benchmarks/capture.py`` makes the sockets in a network namespace of its own, on loopback only, and captures
them in the way that other machines are captured: one file of plain Python, and a plan. The tables give medians. No
result makes the exit status differ from 0; only a command that fails does.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import tables
from measuring import BrokenCommandError, Command, Samples, measure
from private_network import CannotIsolateError, run_inside
from socket_makers import NotUpError, SocketMakers

import netstat_core.system.capture
from netstat_core.query import Query
from netstat_core.report.plan import EVERYTHING, plan

MOST_SECONDS, MOST_BYTES = 1.0, 600_000
TCP = Query(families=("inet", "inet6"), protocols=("tcp",), owners=("processes",))
PLANS = {
    "all TCP sockets, owners": TCP,
    "all TCP sockets, owners, from files": TCP._replace(source="procfs"),
    "listening TCP sockets, owners": TCP._replace(show="listening"),
    "everything": EVERYTHING,
}


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--sockets", type=int, default=20_000, help="TCP sockets to make (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="timed runs of each command (default: %(default)s)")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    return parser.parse_args(arguments)


def write_plan(name: str, path: Path) -> None:
    """Write the plan of a name."""
    path.write_text(json.dumps(plan(PLANS[name])))


def collect(folder: Path, sockets: int, rounds: int) -> tuple[dict[str, Samples], dict[str, int]]:
    """Make the sockets, and measure each plan; the sizes are those of the packed text."""
    commands, sizes = [], {}
    for number, name in enumerate(PLANS):
        write_plan(name, folder / f"{number}.plan")
        shell = 'exec "$0" "$1" --plan "$2" > "$3"'
        file = netstat_core.system.capture.__file__
        stage = ("sh", "-c", shell, sys.executable, file, str(folder / f"{number}.plan"), str(folder / f"{number}.out"))
        commands.append(Command(name, (stage,)))
    with SocketMakers() as makers:
        makers.grow_to(sockets)
        samples = measure(commands, rounds)
    for number, name in enumerate(PLANS):
        sizes[name] = (folder / f"{number}.out").stat().st_size
    return samples, sizes


def report(samples: dict[str, Samples], sizes: dict[str, int], sockets: int) -> tables.Table:
    """Return the table of all plans beside the targets."""
    rows = [
        [name, tables.seconds(taken.median_seconds), tables.seconds_range(taken.seconds), f"{sizes[name]:,}"]
        for name, taken in samples.items()
    ]
    rows.append(["wanted", f"<= {MOST_SECONDS}", "", f"<= {MOST_BYTES:,}"])
    return tables.Table(f"{sockets:,} TCP sockets", ["captured", "median s", "range s", "packed bytes"], rows)


def main(arguments: list[str]) -> int:
    """Measure inside a namespace of its own and print the table; return 0 unless something is broken."""
    options = parse(arguments)
    try:
        run_inside(Path(__file__).resolve(), arguments)
        with tempfile.TemporaryDirectory() as folder:
            samples, sizes = collect(Path(folder), options.sockets, options.rounds)
    except (BrokenCommandError, CannotIsolateError, NotUpError, OSError) as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        return 1
    table = report(samples, sizes, options.sockets)
    print(table.markdown() if options.markdown else table.text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
