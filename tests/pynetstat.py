"""Calls of pynetstat inside the test process."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from realnetstat import Outcome

from netstat_core.cli import main as entry

if TYPE_CHECKING:
    from pathlib import Path


def show(tree: Path, *arguments: str) -> Outcome:
    """Return what `pynetstat --from TREE ARGUMENTS` prints and how it ends."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    status = entry.run(["--from", str(tree), *arguments], stdout, stderr)
    return Outcome(stdout.getvalue(), stderr.getvalue(), status)
