"""Time the listing of the sockets of many network namespaces: one run of pynetstat against a loop over ip netns exec.

``python benchmarks/namespaces.py`` makes named network namespaces, each with listening TCP sockets, in mount and PID
namespaces of its own; it needs the rights of root. Every command runs in turn in every round; the table gives medians.
Only a command that fails makes the exit status differ from 0.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import platform
import resource
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import tables
from measuring import BrokenCommandError, Command, measure, memory_floor_mib
from private_network import CannotIsolateError
from sockets import comparison, first_line, pynetstat

OURS = [
    "pynetstat --all-netns -tan",
    "pynetstat --all-netns -tanp",
    "pynetstat --all-netns --json -tan",
    "pynetstat --all-netns --who --json -tan",
]
THEIRS = ["ss -tan", "ss -tanp", "netstat -tan", "netstat -tanp"]
"""What is run in each namespace in turn."""

INSIDE_MARK = "NETSTAT_BENCHMARK_ALONE"
UNSHARE = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
HERE = "/proc/self/ns/net"
NAMED = Path("/run/netns")
CLONE_NEWNET = 0x40000000
FIRST_PORT = 1024
MOST_NAMESPACES = 500
MOST_SOCKETS = 1000
SPARE_DESCRIPTORS = 64


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--namespaces", type=int, default=200, help="namespaces to make (default: %(default)s)")
    parser.add_argument("--sockets", type=int, default=50, help="sockets in each of them (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="timed runs of each command (default: %(default)s)")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--command", help="how pynetstat is called (default: this Python with -m netstat_core)")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or not 1 <= options.namespaces <= MOST_NAMESPACES or not 0 <= options.sockets <= MOST_SOCKETS:
        parser.error(f"at least 1 round, at most {MOST_NAMESPACES} namespaces of at most {MOST_SOCKETS} sockets")
    return options


def run_alone(script: Path, arguments: list[str]) -> None:
    """Restart the script where it has mounts and processes of its own; return only once there."""
    if INSIDE_MARK in os.environ:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        NAMED.mkdir()
        return
    unshare = shutil.which("unshare")
    if unshare is None or shutil.which("ip") is None:
        raise CannotIsolateError("unshare or ip is not installed")
    if os.geteuid():
        raise CannotIsolateError("network namespaces can be named by root only")
    os.environ[INSIDE_MARK] = "1"
    os.execv(unshare, [unshare, *UNSHARE, sys.executable, str(script), *arguments])


def make(namespaces: int, sockets: int) -> list[socket.socket]:
    """Make named namespaces, and return the sockets that listen in them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, namespaces * sockets + SPARE_DESCRIPTORS), hard))
    library = ctypes.CDLL(None, use_errno=True)
    home = os.open(HERE, os.O_RDONLY)
    made = []
    for number in range(namespaces):
        _check(library.unshare(CLONE_NEWNET))
        file = NAMED / f"n{number:03}"
        file.touch()
        _check(library.mount(HERE.encode(), str(file).encode(), b"none", 4096, None))
        made += [socket.create_server(("0.0.0.0", FIRST_PORT + port)) for port in range(sockets)]
    _check(library.setns(home, CLONE_NEWNET))
    os.close(home)
    return made


def _check(status: int) -> None:
    """Raise what a call of the C library failed with."""
    if status:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def looped(name: str) -> Command:
    """Return a shell loop that runs a command in each named namespace."""
    if shutil.which(name.split(maxsplit=1)[0]) is None:
        return Command(f"loop: {name}", ())
    loop = f"for name in $(ls {NAMED}); do ip netns exec $name {name} || exit; done"
    return Command(f"loop: {name}", (("sh", "-c", loop),))


def collect(base: list[str], options: argparse.Namespace) -> tables.Table:
    """Make the namespaces, measure all commands and return the table."""
    floor_mib = memory_floor_mib()
    with contextlib.ExitStack() as stack:
        for one in make(options.namespaces, options.sockets):
            stack.enter_context(one)
        commands = [*(pynetstat(base, name) for name in OURS), *(looped(name) for name in THEIRS)]
        title = f"{options.namespaces:,} namespaces of {options.sockets:,} sockets"
        return comparison(title, measure(commands, options.rounds), OURS, floor_mib)


def setting(rounds: int) -> str:
    """Return one line that says what was measured on."""
    parts = [
        f"Linux {platform.release()}",
        f"{os.cpu_count()} cores",
        f"Python {platform.python_version()}",
        first_line("netstat", "--version"),
        first_line("ss", "-V"),
        f"medians of {rounds}",
    ]
    return ", ".join(parts)


def main(arguments: list[str]) -> int:
    """Measure in namespaces of its own and print the table; return 0 unless something is broken."""
    options = parse(arguments)
    base = shlex.split(options.command) if options.command else [sys.executable, "-m", "netstat_core"]
    try:
        run_alone(Path(__file__).resolve(), arguments)
        table = collect(base, options)
    except (BrokenCommandError, CannotIsolateError, OSError, subprocess.CalledProcessError) as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        return 1
    print(setting(options.rounds), end="\n\n")
    print(table.markdown() if options.markdown else table.text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
