"""Time the listing of many sockets by pynetstat, netstat, ss, psutil and jc.

``python benchmarks/sockets.py`` makes the sockets in a network namespace of its own, on loopback only: one in
twenty listens, the others are connected pairs, and one in ten is IPv6. Every command runs in turn in every
round; the tables give medians. No result makes the exit status differ from 0; only a command that fails does.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass

import session
import tables
from measuring import Command, Samples, measure, memory_floor_mib
from socket_makers import NotUpError, Share, SocketMakers

SMALL_HOST = Share(listeners=20, pairs=10, udp=10)
FEWER_SOCKETS = 10_000
SMALL_ROUNDS = 20
SAME_MEMORY_MIB = 2.0
PSUTIL_CODE = "import psutil; psutil.net_connections('tcp')"

TEXT = "pynetstat -tan"
JSON = "pynetstat --json -tan"
NDJSON = "pynetstat --ndjson -tan"
OWNERS = "pynetstat -tanp"
SMALL_OWNERS = "pynetstat -tulpn"
NETSTAT = "netstat -tan"
SS = "ss -tan"
PSUTIL = "psutil.net_connections('tcp')"
JC = "netstat -tan | jc --netstat"
NETSTAT_OWNERS = "netstat -tanp"
SS_OWNERS = "ss -tanp"
NOTHING = "python -c pass"


@dataclass(frozen=True)
class Results:
    """The samples of each stage by command name, and the least memory in MiB that can be told apart."""

    small: dict[str, Samples]
    fewer: dict[str, Samples]
    many: dict[str, Samples]
    owners: dict[str, Samples]
    floor_mib: float


@dataclass(frozen=True)
class Target:
    """A wanted upper bound: what it bounds, its limit, the measured value (none if unmeasured), and its unit."""

    name: str
    limit: float
    value: float | None
    unit: str

    def row(self) -> list[str]:
        """Return the cells that set the measurement beside the target."""
        wanted = f"<= {self.limit:g}{self.unit}"
        if self.value is None:
            return [self.name, wanted, tables.NOT_INSTALLED, "-"]
        return [self.name, wanted, f"{self.value:.2f}{self.unit}", "yes" if self.value <= self.limit else "no"]


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--sockets", type=int, default=100_000, help="TCP sockets to make (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="timed runs of each command (default: %(default)s)")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    parser.add_argument("--command", help="how pynetstat is called (default: this Python with -m netstat_core)")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or options.sockets < FEWER_SOCKETS:
        parser.error(f"at least 1 round and {FEWER_SOCKETS} sockets are needed")
    return options


def pynetstat(base: list[str], name: str) -> Command:
    """Return pynetstat's command of a given name, called in the way ``base`` says."""
    return Command(name, ((*base, *name.split()[1:]),))


def system_tool(name: str) -> Command:
    """Return a command of the system's own, with no stages where it is not installed."""
    program, *arguments = name.split()
    path = shutil.which(program)
    return Command(name, ((path, *arguments),) if path else ())


def python_module(name: str, module: str, stage: tuple[str, ...], before: Command | None = None) -> Command:
    """Return a command that needs a Python module, fed by another one if that is given."""
    if importlib.util.find_spec(module) is None or (before and not before.installed):
        return Command(name, ())
    return Command(name, (*(before.stages if before else ()), (sys.executable, *stage)))


def commands_without_owners(base: list[str]) -> list[Command]:
    """Return every command compared at the full number of sockets, owners aside."""
    return [
        *(pynetstat(base, name) for name in (TEXT, JSON, NDJSON)),
        system_tool(NETSTAT),
        system_tool(SS),
        python_module(PSUTIL, "psutil", ("-c", PSUTIL_CODE)),
        python_module(JC, "jc", ("-m", "jc", "--netstat"), before=system_tool(NETSTAT)),
    ]


def collect(base: list[str], sockets: int, rounds: int) -> Results:
    """Make sockets in three steps and measure after each."""
    floor_mib = memory_floor_mib()
    with SocketMakers() as makers:
        makers.add([SMALL_HOST])
        nothing = Command(NOTHING, ((sys.executable, "-c", "pass"),))
        small = measure([pynetstat(base, SMALL_OWNERS), pynetstat(base, TEXT), nothing], max(rounds, SMALL_ROUNDS))
        makers.grow_to(FEWER_SOCKETS)
        fewer = measure([pynetstat(base, name) for name in (TEXT, NDJSON)], rounds)
        makers.grow_to(sockets)
        many = measure(commands_without_owners(base), rounds)
        owners = measure([pynetstat(base, OWNERS), system_tool(NETSTAT_OWNERS), system_tool(SS_OWNERS)], rounds)
    return Results(small, fewer, many, owners, floor_mib)


def quotient(samples: dict[str, Samples], ours: str, theirs: str) -> float | None:
    """Return how many times as long one command took as another."""
    mine, other = samples[ours].median_seconds, samples[theirs].median_seconds
    return None if mine is None or other is None else mine / other


def comparison(title: str, samples: dict[str, Samples], ours: list[str], floor_mib: float) -> tables.Table:
    """Return the table of all commands, with how many times as long as each our commands took."""
    headings = [
        "command",
        "median s",
        "range s",
        "peak MiB",
        *(f"{name.removeprefix('pynetstat ')} takes" for name in ours),
    ]
    rows = [
        [
            name,
            tables.seconds(taken.median_seconds),
            tables.seconds_range(taken.seconds),
            tables.mebibytes(taken.peak_mib, floor_mib),
            *(tables.ratio(quotient(samples, mine, name)) for mine in ours),
        ]
        for name, taken in samples.items()
    ]
    return tables.Table(title, headings, rows)


def memory_table(results: Results, sockets: int) -> tables.Table:
    """Return the table that shows whether memory grows with the number of sockets."""
    rows = [
        [
            name,
            tables.mebibytes(results.fewer[name].peak_mib, results.floor_mib),
            tables.mebibytes(results.many[name].peak_mib, results.floor_mib),
        ]
        for name in (TEXT, NDJSON)
    ]
    return tables.Table("Peak memory in MiB", ["command", f"{FEWER_SOCKETS:,} sockets", f"{sockets:,} sockets"], rows)


def small_table(results: Results) -> tables.Table:
    """Return the table of a host with few sockets."""
    rows = [[name, tables.milliseconds(taken.median_seconds)] for name, taken in results.small.items()]
    return tables.Table(f"{SMALL_HOST.tcp + SMALL_HOST.udp} sockets", ["command", "median ms"], rows)


def time_targets(results: Results) -> list[Target]:
    """Return the targets on time, each a multiple of another command's."""
    wanted = [
        (results.many, TEXT, NETSTAT, 1.25),
        (results.many, TEXT, SS, 2.0),
        (results.many, JSON, SS, 2.0),
        (results.many, JSON, PSUTIL, 0.3),
        (results.many, JSON, JC, 0.3),
        (results.owners, OWNERS, NETSTAT_OWNERS, 0.6),
        (results.owners, OWNERS, SS_OWNERS, 0.6),
    ]
    return [
        Target(f"{ours} / {theirs}", limit, quotient(samples, ours, theirs), "x")
        for samples, ours, theirs, limit in wanted
    ]


def memory_targets(results: Results, sockets: int) -> list[Target]:
    """Return the targets on peak memory, and on its being the same for few and many sockets."""
    targets = []
    for name in (TEXT, NDJSON):
        fewer, many = results.fewer[name].peak_mib, results.many[name].peak_mib
        growth = None if fewer is None or many is None else many - fewer
        targets.append(Target(f"{name}, peak memory", 40, many, " MiB"))
        growing = f"{name}, more memory at {sockets:,} than at {FEWER_SOCKETS:,}"
        targets.append(Target(growing, SAME_MEMORY_MIB, growth, " MiB"))
    return targets


def small_targets(results: Results) -> list[Target]:
    """Return the targets on a small host, in milliseconds, scaled to a Python that starts in 10 ms."""
    start = results.small[NOTHING].median_seconds or 0.0
    targets = []
    for name in (SMALL_OWNERS, TEXT):
        taken = results.small[name].median_seconds
        limit = f"{name}, where `{NOTHING}` takes {start * 1000:.0f} ms"
        targets.append(Target(limit, 80, None if taken is None else taken * 1000, " ms"))
    return targets


def report(results: Results, sockets: int) -> list[tables.Table]:
    """Return the tables in the order they are printed."""
    targets = [*time_targets(results), *memory_targets(results, sockets), *small_targets(results)]
    return [
        comparison(f"{sockets:,} TCP sockets", results.many, [TEXT, JSON, NDJSON], results.floor_mib),
        comparison(f"{sockets:,} TCP sockets, with owners", results.owners, [OWNERS], results.floor_mib),
        memory_table(results, sockets),
        small_table(results),
        tables.Table("Targets", ["what", "target", "measured", "met"], [target.row() for target in targets]),
    ]


def measured(base: list[str], options: argparse.Namespace) -> session.Measured:
    """Return what was measured on, and the tables."""
    results = collect(base, options.sockets, options.rounds)
    programs = first_line("netstat", "--version"), first_line("ss", "-V")
    packages = [f"{name} {version_of(name)}" for name in ("psutil", "jc")]
    size = f"{options.sockets:,} sockets"
    line = session.setting(*programs, *packages, size, rounds=options.rounds)
    return line, report(results, options.sockets)


def first_line(program: str, option: str) -> str:
    """Return the first line in which a program names its version."""
    if shutil.which(program) is None:
        return f"{program} {tables.NOT_INSTALLED}"
    shown = subprocess.run([program, option], capture_output=True, text=True, check=False)
    return next(iter((shown.stdout + shown.stderr).splitlines()), program)


def version_of(distribution: str) -> str:
    """Return the version of an installed Python distribution."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return tables.NOT_INSTALLED


def main(arguments: list[str]) -> int:
    """Measure inside a namespace of its own and print the tables; return 0 unless something is broken."""
    return session.run(__file__, arguments, parse(arguments), measured, [NotUpError])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
