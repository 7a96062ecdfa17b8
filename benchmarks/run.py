"""Measure all that the table of the README shows, and print the table; see docs/benchmarks.md.

``python benchmarks/run.py [PART ...]`` runs each part in network, PID and mount namespaces of its own. With
``--write-readme`` the table goes into the README, between its markers. No result makes the exit status differ from 0;
only a command that fails does.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import shlex
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from commands import Job
from measuring import BrokenCommandError, NotMadeError
from private_network import INSIDE_MARK, CannotIsolateError, run_inside
from results import ROOT, Row, setting, table, to_json

PARTS = (
    "many_sockets",
    "mixed_sockets",
    "small_host",
    "routes",
    "interfaces",
    "conntrack",
    "namespaces",
    "ansible_facts",
    "memory",
)
"""Modules with a function ``run(job)`` that returns rows."""

BEGIN, END = "<!-- measured by benchmarks/run.py -->\n", "<!-- end -->"
QUICK_ROUNDS = 1


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure (default: all): {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=5, help="timed runs of each command (default: %(default)s)")
    parser.add_argument(
        "--quick", action="store_true", help="run with tiny numbers, to see that all works: the times mean nothing"
    )
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--write-readme", action="store_true", help="write the table into the README")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--command", help="how pynetstat is called (default: this Python with -m netstat_core)")
    options = parser.parse_args(arguments)
    if unknown := [part for part in options.parts if part not in PARTS]:
        parser.error(f"unknown part: {', '.join(unknown)}")
    if options.rounds < 1:
        parser.error("at least 1 round is needed")
    if options.write_readme and (options.parts or options.quick):
        parser.error("the README shows all parts, in full")
    return options


def make_job(options: argparse.Namespace) -> Job:
    """Return how the parts are run."""
    job = Job(rounds=QUICK_ROUNDS if options.quick else options.rounds, quick=options.quick)
    return replace(job, base=tuple(shlex.split(options.command))) if options.command else job


def run_part(name: str, options: argparse.Namespace) -> list[Row]:
    """Run a part in a process that has namespaces of its own, and return its rows."""
    started = time.monotonic()
    command = [sys.executable, __file__, name, "--json", "--rounds", str(options.rounds)]
    command += ["--quick"] if options.quick else []
    command += ["--command", options.command] if options.command else []
    environment = {**os.environ, INSIDE_MARK: "asked for"}
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode:
        raise BrokenCommandError(f"{name}: exit status {ran.returncode}; its error is above")
    print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return [Row(**row) for row in json.loads(ran.stdout)]


def run_parts(options: argparse.Namespace) -> tuple[list[Row], bool]:
    """Run one part after the other; return the rows of those that could be measured, and whether all could."""
    rows: list[Row] = []
    is_whole = True
    for name in options.parts or PARTS:
        try:
            rows += run_part(name, options)
        except BrokenCommandError as error:
            print(f"{Path(__file__).name}: {error}", file=sys.stderr)
            is_whole = False
    return rows, is_whole


def run_alone(name: str, arguments: list[str], options: argparse.Namespace) -> int:
    """Measure one part in namespaces of its own, and print its rows as JSON."""
    run_inside(Path(__file__).resolve(), arguments)
    with contextlib.redirect_stdout(sys.stderr):
        rows = importlib.import_module(name).run(make_job(options))
    print(json.dumps(to_json(rows)))
    return 0


def write_table(path: Path, text: str) -> None:
    """Replace what is between the markers in a file."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NotMadeError(f"{path.name} has no {BEGIN.strip()} ... {END}")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Measure and print; return 0 unless something is broken."""
    options = parse(arguments)
    try:
        if INSIDE_MARK in os.environ:
            return run_alone(options.parts[0], arguments, options)
        rows, is_whole = run_parts(options)
        line = f"{setting()}; medians of {make_job(options).rounds} interleaved runs"
        if options.write_readme and is_whole:
            write_table(ROOT / "README.md", f"{line}.\n\n" + "\n".join(table("", rows).markdown().splitlines()[2:]))
    except (BrokenCommandError, CannotIsolateError, NotMadeError, OSError, subprocess.CalledProcessError) as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(to_json(rows), indent=1))
    else:
        shown = table(line, [replace(row, required=None, aim=None) for row in rows] if options.quick else rows)
        print(shown.markdown() if options.markdown else shown.text())
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
