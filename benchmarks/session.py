"""What every benchmark does around its measurements: the namespace, what is wrong, what was measured on, the tables."""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from measuring import BrokenCommandError
from private_network import CannotIsolateError, run_inside
from tables import Table

Measured = tuple[str, list[Table]]
"""The line that says what was measured on, and the results."""


def setting(*parts: str, rounds: int) -> str:
    """Return one line that says what was measured on: the machine, then programs and sizes."""
    machine = (f"Linux {platform.release()}", f"{os.cpu_count()} cores", f"Python {platform.python_version()}")
    return ", ".join([*machine, *parts, f"medians of {rounds}"])


def run(
    script: str,
    arguments: list[str],
    options: argparse.Namespace,
    measure: Callable[[list[str], argparse.Namespace], Measured],
    not_ready: Sequence[type[Exception]],
) -> int:
    """Measure inside a namespace of its own and print the tables; return 0 unless something is broken."""
    path = Path(script).resolve()
    base = shlex.split(options.command) if options.command else [sys.executable, "-m", "netstat_core"]
    try:
        run_inside(path, arguments)
        line, shown = measure(base, options)
    except (BrokenCommandError, CannotIsolateError, OSError, *not_ready) as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return 1
    print(line, end="\n\n")
    for table in shown:
        print(table.markdown() if options.markdown else table.text())
    return 0
