"""No parser's work grows faster than what it reads: all readers of all plugins, at N and at 2 N rows and messages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import work

HERE = Path(__file__).resolve().parent
PLUGINS = sorted(point.name for point in entry_points(group="netstat.plugins"))

TWICE = 2.2
"""How many times the work that twice the rows may take. Work in proportion to the rows is at most 2.06 here; of work
in proportion to their square, an eighth of all at N would be seen.
"""

WITHOUT_RECORDS = {"route-inet-cache", "route-inet6-cache"}
"""Readers whose samples give no record: kernels since 3.6 have no route cache to take samples of."""


@pytest.mark.parametrize("plugin", PLUGINS)
def test_work_grows_with_the_rows(plugin: str, tmp_path: Path) -> None:
    """Twice the rows, messages, words or attributes, mixed or in runs, take a parser at most twice the work."""
    command = [sys.executable, str(HERE / "sweep_growth.py"), plugin, str(tmp_path)]
    paths = os.pathsep.join([str(HERE), str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    ran = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    growths = json.loads(ran.stdout)
    faster = [growth for growth in growths if growth["works"][1] > TWICE * growth["works"][0]]
    assert not faster, "\n".join(map(str, faster))
    records: dict[tuple[str, str], int] = {}
    for growth in growths:
        key = growth["reader"], growth["feed"]
        records[key] = max(records.get(key, 0), growth["records"])
    assert {reader for (reader, _), number in records.items() if not number} <= WITHOUT_RECORDS


QUADRATIC = {
    "slices of all that is left": """
def parse(content):
    while content:
        line, content = content[:8], content[8:]
        yield line
""",
    "all that is left is unpacked for each message": """
import struct
def parse(content):
    view = memoryview(content)
    for start in range(0, len(view), 8):
        yield list(struct.Struct("8s").iter_unpack(view[start:]))[0]
""",
    "columns of all that is left": """
import struct
def parse(content):
    for start in range(0, len(content), 8):
        yield next(zip(*struct.Struct("4s4s").iter_unpack(memoryview(content)[start:])))[0]
""",
    "a search in a list": """
def parse(content):
    seen = []
    for start in range(0, len(content), 8):
        if start not in seen:
            seen.append(start)
            yield start
""",
    "a loop in a loop": """
def parse(content):
    rows = [content[start : start + 8] for start in range(0, len(content), 8)]
    for row in rows:
        yield sum(1 for other in rows if other is row)
""",
    "a buffer that is copied to grow": """
def parse(content):
    kept = b""
    for start in range(0, len(content), 8):
        kept += content[start : start + 8]
        yield start
""",
    "lines counted from the start": """
def parse(content):
    for start in range(0, len(content), 8):
        yield content.count(b"x", 0, start)
""",
    "a copy of what is known": """
def parse(content):
    known = ()
    for start in range(0, len(content), 8):
        known = (*known, start)
        yield start
""",
}
LINEAR = {
    "unpacked at once": """
import struct
def parse(content):
    yield from [list(column) for column in zip(*struct.Struct("4s4s").iter_unpack(content))]
""",
    "a view of all that is left": """
def parse(content):
    view = memoryview(content)
    while view:
        yield bytes(view[:8])
        view = view[8:]
""",
    "searched from where the last row ended": """
def parse(content):
    start = 0
    while (end := content.find(b"7", start)) >= 0:
        yield content[start:end].count(b"0")
        start = end + 1
""",
    "known rows in a dict": """
def parse(content):
    known = {}
    for start in range(0, len(content), 8):
        known.setdefault(content[start : start + 8], []).append(start)
    yield from known.items()
""",
}


def measure_growth(source: str) -> float:
    """Return how many times as much work a parser has with twice the content."""
    names: dict[str, Any] = dict(work.NAMES)
    exec(work.compile_counted(source, "toy"), names)
    works = []
    for rows in (256, 512):
        before = work.Meter.work
        assert list(names["parse"](b"01234567" * rows))
        works.append(work.Meter.work - before)
    return works[1] / works[0]


@pytest.mark.parametrize("name", QUADRATIC)
def test_work_that_grows_faster_is_seen(name: str) -> None:
    """Work of Python and of C code that grows with the square of the rows is found out."""
    assert measure_growth(QUADRATIC[name]) > TWICE


@pytest.mark.parametrize("name", LINEAR)
def test_linear_work_passes(name: str) -> None:
    """Work in proportion to the rows is not mistaken for more."""
    assert 1.8 < measure_growth(LINEAR[name]) < 2.1
