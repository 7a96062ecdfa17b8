"""Invocations with the text that SunOS netstat's layouts give, worked out by hand from its manual and headers."""

from __future__ import annotations

import io
import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from built_sockets import write_snapshot

from netstat_core.cli import main

if TYPE_CHECKING:
    from trees import Trees

pytestmark = pytest.mark.usefixtures("utc")

TEXTS = Path(__file__).parent / "texts"
SOL = Path(__file__).parent / "sol.txt"
FIXTURES = "tests/fixtures/"
BUILT = "built/"

FILE_TIMES = {
    "dhcp-tree/run/systemd/netif/leases/4": 1715767000,  # 2024-05-15 09:56:40 UTC
    "dhcp-tree/var/lib/dhcpcd/wlan0-home.lease": 1715765400,  # 09:30:00 UTC
    "dhcp-more/var/lib/dhcpcd/wlan0.lease": 1715760930,  # 08:15:30 UTC
}
"""Modification times of leases that have no start inside, which no repository keeps."""


class Result(NamedTuple):
    """What an invocation wrote, and its status."""

    stdout: str
    stderr: str
    status: int


def names() -> list[str]:
    """Names of all folders with an invocation."""
    return sorted(command.parent.name for command in TEXTS.glob("*/command"))


def run(arguments: list[str]) -> Result:
    """Run a command line as ``pynetstat``."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    status = main.run(arguments, stdout, stderr)
    return Result(stdout.getvalue().decode(), stderr.getvalue().decode(), status)


def find_snapshot(path: str, trees: Trees, tmp_path: Path) -> str:
    """Return the folder that a command names: a fixture's, one that is built of messages, or one beside it.

    The files of the last kind get their times.
    """
    if path.startswith(BUILT):
        return str(write_snapshot(path.removeprefix(BUILT), tmp_path / path))
    if path == SOL.name:
        return str(SOL)
    if path.endswith(".txt"):
        return str(Path(__file__).parents[3] / path)
    if path.startswith(FIXTURES):
        return str(trees[path.removeprefix(FIXTURES)])
    tree = shutil.copytree(TEXTS / path, tmp_path / path)
    for name, seconds in FILE_TIMES.items():
        if name.startswith(f"{path}/"):
            os.utime(tmp_path / name, (seconds, seconds))
    return str(tree)


def read(name: str, part: str) -> str:
    """Return a part of an invocation; one that is not there is empty."""
    path = TEXTS / name / part
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("name", names())
def test_text(name: str, trees: Trees, tmp_path: Path) -> None:
    """The invocation writes this text to each stream, byte for byte, and ends with this status."""
    program, *arguments = shlex.split(read(name, "command"))
    assert program == "pynetstat"
    if "--from" in arguments:
        at = arguments.index("--from") + 1
        arguments[at] = find_snapshot(arguments[at], trees, tmp_path)
    expected = Result(read(name, "stdout"), read(name, "stderr"), int(read(name, "rc")))
    assert run(arguments) == expected
