"""Time the listing of many routes by pynetstat, netstat, ip and pyroute2.

``python benchmarks/routes.py`` makes routes to many destinations over some hundred gateways in a network namespace of
its own. Every command runs in turn in every round; the tables give medians. Only a command that fails makes the exit
status differ from 0.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

import session
import tables
from measuring import Command, Samples, measure, memory_floor_mib
from sockets import Target, comparison, first_line, pynetstat, python_module, quotient, system_tool, version_of

GATEWAYS = 200
MOST_ROUTES = 1_000_000
SETUP = """\
link add b0 type veth peer name b1
link set b0 up
link set b1 up
addr add 10.255.0.1/16 dev b0
addr add 2001:db8:ffff::1/64 dev b0 nodad
"""
FIRST = int(IPv4Address("11.0.0.0"))
FIRST6 = int(IPv6Address("2001:db8::"))
PYROUTE2 = "from pyroute2 import IPRoute\nwith IPRoute() as ip: print(len(list(ip.get_routes(family={}))))"


class Comparison(NamedTuple):
    """What is timed against what: a title, ours and theirs by name, and what each of ours may be a multiple of."""

    title: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    limits: tuple[tuple[str, str, float], ...]
    number: int


COMPARISONS = (
    Comparison(
        "IPv4",
        ("pynetstat -rn", "pynetstat -rn --json"),
        ("netstat -rn", "ip -j route", "ip -j -d route"),
        (("pynetstat -rn", "netstat -rn", 3.0), ("pynetstat -rn --json", "ip -j route", 5.0)),
        2,
    ),
    Comparison(
        "IPv6",
        ("pynetstat -6rn", "pynetstat -6rn --json"),
        ("netstat -6rn", "ip -j -6 route", "ip -j -d -6 route"),
        (("pynetstat -6rn", "netstat -6rn", 3.0), ("pynetstat -6rn --json", "ip -j -6 route", 5.0)),
        10,
    ),
    Comparison(
        "both",
        ("pynetstat -46rn", "pynetstat -46rn --json"),
        ("netstat -46rn", "ip -j route show table all"),
        (("pynetstat -46rn", "netstat -46rn", 3.0), ("pynetstat -46rn --json", "ip -j route show table all", 5.0)),
        255,
    ),
)
NOTHING = "python -c pass"


class NotMadeError(Exception):
    """The routes asked for could not be made."""


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--routes", type=int, default=50_000, help="IPv4 routes to make (default: %(default)s)")
    parser.add_argument("--routes6", type=int, default=20_000, help="IPv6 routes to make (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="timed runs of each command (default: %(default)s)")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    parser.add_argument("--command", help="how pynetstat is called (default: this Python with -m netstat_core)")
    options = parser.parse_args(arguments)
    if (
        options.rounds < 1
        or not 0 <= min(options.routes, options.routes6) <= max(options.routes, options.routes6) <= MOST_ROUTES
    ):
        parser.error(f"at least 1 round and at most {MOST_ROUTES} routes of each family")
    return options


def make(routes: int, routes6: int) -> None:
    """Make the interface, then the routes of both families."""
    run_ip([], SETUP.splitlines(keepends=True))
    run_ip(["-4"], (f"route add {IPv4Address(FIRST + 256 * one)}/24 via {gateway(one)}\n" for one in range(routes)))
    run_ip(
        ["-6"], (f"route add {IPv6Address(FIRST6 + (one << 80))}/48 via {gateway6(one)}\n" for one in range(routes6))
    )


def gateway(number: int) -> str:
    """Return one of the IPv4 gateways."""
    return f"10.255.0.{number % GATEWAYS + 2}"


def gateway6(number: int) -> str:
    """Return one of the IPv6 gateways."""
    return f"2001:db8:ffff::{number % GATEWAYS + 2:x}"


def run_ip(options: list[str], commands: Iterable[str]) -> None:
    """Give ip a batch of commands; raises NotMadeError with what it says."""
    ip = shutil.which("ip")
    if ip is None:
        raise NotMadeError("ip is not installed")
    batch = "".join(commands)
    finished = subprocess.run([ip, *options, "-batch", "-"], input=batch, text=True, capture_output=True, check=False)
    if finished.returncode:
        raise NotMadeError(finished.stderr.strip().splitlines()[0])


def timed(base: list[str], compared: Comparison, rounds: int) -> dict[str, Samples]:
    """Return the samples of all commands of a comparison by name."""
    code = PYROUTE2.format(compared.number)
    commands = [
        *(pynetstat(base, name) for name in compared.ours),
        *(system_tool(name) for name in compared.theirs),
        python_module(f"pyroute2, {compared.title}", "pyroute2", ("-c", code)),
        Command(NOTHING, ((sys.executable, "-c", "pass"),)),
    ]
    return measure(commands, rounds)


def collect(base: list[str], options: argparse.Namespace) -> list[tables.Table]:
    """Make the routes, measure all commands and return the tables in the order they are printed."""
    floor_mib = memory_floor_mib()
    make(options.routes, options.routes6)
    counts = {"IPv4": options.routes, "IPv6": options.routes6, "both": options.routes + options.routes6}
    shown = []
    targets = []
    for compared in COMPARISONS:
        samples = timed(base, compared, options.rounds)
        title = f"{counts[compared.title]:,} routes, {compared.title}"
        shown.append(comparison(title, samples, list(compared.ours), floor_mib))
        for ours, theirs, limit in compared.limits:
            targets.append(Target(f"{ours} / {theirs}", limit, quotient(samples, ours, theirs), "x").row())
    return [*shown, tables.Table("Targets", ["what", "target", "measured", "met"], targets)]


def measured(base: list[str], options: argparse.Namespace) -> session.Measured:
    """Return what was measured on, and the tables."""
    shown = collect(base, options)
    programs = first_line("netstat", "--version"), first_line("ip", "-V"), f"pyroute2 {version_of('pyroute2')}"
    return session.setting(*programs, rounds=options.rounds), shown


def main(arguments: list[str]) -> int:
    """Measure inside a namespace of its own and print the tables; return 0 unless something is broken."""
    return session.run(__file__, arguments, parse(arguments), measured, [NotMadeError])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
