"""The results of benchmarks: rows that compare, or bound, with what is required of them, and the tables they make."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from measuring import Samples, ratio
from tables import Table

ROOT = Path(__file__).resolve().parents[1]
TIMES, MEBIBYTES, SECONDS = "x", "MiB", "s"
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Row:
    """One line of the table: what was done, beside what, the value, and what it may be.

    ``value`` is a ratio of ours to theirs for the unit ``x``, else an amount; None if a program is missing. ``ours``
    and ``theirs`` are medians in seconds. ``required`` and ``aim`` are upper bounds, None where nothing is asked.
    """

    work: str
    peer: str
    value: float | None
    unit: str = TIMES
    ours: float | None = None
    theirs: float | None = None
    required: float | None = None
    aim: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the value is within its bounds."""
        if self.value is None:
            return NOT_MEASURED
        if self.required is None and self.aim is None:
            return ""
        if self.aim is not None and self.value <= self.aim:
            return "aim"
        return "yes" if self.required is not None and self.value <= self.required else "no"

    def cells(self) -> list[str]:
        """Return the cells of the table."""
        value = "-" if self.value is None else amount(self.value, self.unit)
        return [
            self.work,
            self.peer,
            seconds(self.ours),
            seconds(self.theirs),
            value,
            bound(self.required, self.unit),
            bound(self.aim, self.unit),
            self.verdict,
        ]


HEADINGS = ["work", "beside", "seconds", "its seconds", "ratio or amount", "required", "aim", "reached"]


def amount(value: float, unit: str) -> str:
    """Return an amount with its unit."""
    return f"{value:.1f} {unit}" if unit == MEBIBYTES else f"{value:.2f} {unit}"


def bound(value: float | None, unit: str) -> str:
    """Return an upper bound as a cell."""
    return "" if value is None else f"≤ {value:g} {unit}"


def seconds(value: float | None) -> str:
    """Return seconds as a cell with two digits that count."""
    return "" if value is None else f"{value:.3f}" if value < 1 else f"{value:.2f}"


def compared(  # noqa: PLR0913, PLR0917 - the cells of a row
    work: str,
    ours: Samples,
    peer: str,
    theirs: Samples,
    required: float | None = None,
    aim: float | None = None,
    *,
    processor: bool = False,
) -> Row:
    """Return the row of one command beside another, in wall time or in processor time."""
    medians = [taken.median_processor_seconds if processor else taken.median_seconds for taken in (ours, theirs)]
    return Row(work, peer, ratio(ours, theirs, processor=processor), TIMES, *medians, required=required, aim=aim)


def table(title: str, rows: list[Row]) -> Table:
    """Return the table of rows."""
    return Table(title, HEADINGS, [row.cells() for row in rows])


def to_json(rows: list[Row]) -> list[dict[str, Any]]:
    """Return rows as values of JSON."""
    return [asdict(row) for row in rows]


def setting() -> str:
    """Return one line that says on what, with what and of which commit was measured."""
    parts = [
        f"Linux {platform.release()}",
        f"{os.cpu_count()} cores ({processor_name()})",
        f"Python {platform.python_version()}",
        version("ss", "-V"),
        version("netstat", "--version"),
        version("ip", "-V"),
        version("conntrack", "--version"),
        f"commit {commit()}",
    ]
    return ", ".join(parts)


def processor_name() -> str:
    """Return the model of the processor, as far as the kernel knows it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def version(program: str, option: str) -> str:
    """Return the first line in which a program names its version."""
    try:
        shown = subprocess.run([program, option], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return f"{program} not installed"
    return next(iter((shown.stdout + shown.stderr).splitlines()), program)


def commit() -> str:
    """Return the commit of this checkout, marked if files differ from it."""
    shown = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip() or "unknown"
