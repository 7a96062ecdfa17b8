"""Peak memory at 100,000, 300,000 and 1,000,000 rows: it is flat, in text, NDJSON and JSON.

A million sockets cannot be made here. The datagrams of a thousand real ones are read as often as it takes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from commands import Job
from measuring import Command, NotMadeError, measure
from results import MEBIBYTES, Row
from socket_makers import SocketMakers

ROWS, QUICK = (100_000, 300_000, 1_000_000), (1000, 3000)
FORMATS = {"text": "-tan", "NDJSON": "--ndjson -tan", "JSON": "--json -tan"}
SAME_MIB = 2.0
LEAST, HEADER_LINES = 0.5, 2
REPLAY = Path(__file__).resolve().with_name("replay_rows.py")


def run(job: Job) -> list[Row]:
    """Measure each format at each number of rows, and return how much it takes, and how much more at the most."""
    sizes = QUICK if job.quick else ROWS
    rows = []
    with SocketMakers() as makers:
        makers.grow_to(1000)
        check_rows(sizes[0])
        for name, options in FORMATS.items():
            commands = [
                Command(str(size), ((sys.executable, str(REPLAY), str(size), *options.split()),)) for size in sizes
            ]
            taken = measure(commands, 1)
            peaks = [taken[str(size)].peak_mib or 0.0 for size in sizes]
            rows += [
                Row(f"peak memory, {size:,} rows, {name}", "", peak, MEBIBYTES)
                for size, peak in zip(sizes, peaks, strict=True)
            ]
            growth = f"more memory at {sizes[-1]:,} rows than at {sizes[0]:,}, {name}"
            rows.append(Row(growth, "", peaks[-1] - peaks[0], MEBIBYTES, required=SAME_MIB))
    return rows


def check_rows(size: int) -> None:
    """Raise NotMadeError unless the repeated dump gives as many rows as asked for, but for less than a datagram."""
    command = [sys.executable, str(REPLAY), str(size), *FORMATS["text"].split()]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.count(b"\n")
    if not size * LEAST <= lines <= size + HEADER_LINES:
        raise NotMadeError(f"{lines} lines were shown of {size} rows")
