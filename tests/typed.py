"""Type checkers over a text: which of its lines have errors."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

CHECKERS = ("mypy", "basedpyright", "pyright")


def lines_with_errors(checker: str, folder: Path, text: str) -> set[int]:
    """Check a text strictly; give the lines that have errors."""
    command = Path(sys.executable).with_name(checker)
    if not command.exists():
        pytest.skip(f"{checker} is not installed beside this Python")
    (folder / "declarations.py").write_text(text)
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT)], "pythonVersion": "3.10"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    options = {
        "mypy": ["--strict", "--python-version=3.10", f"--cache-dir={folder}", "--follow-imports=silent"],
        "basedpyright": ["--level=error"],
        "pyright": ["--level=error"],
    }
    done = subprocess.run(
        [str(command), *options[checker], "declarations.py"],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return {int(number) for number in re.findall(r"declarations\.py:(\d+):.*?\berror:? ", done.stdout)}


def mistaken(checker: str, folder: Path, right: str, wrong: dict[str, str]) -> set[str]:
    """Check what is right with each wrong line behind it; give what has an error, by its name or the line's number."""
    first = right.count("\n") + 1
    found = lines_with_errors(checker, folder, right + "\n".join(wrong.values()) + "\n")
    return {list(wrong)[number - first] if number >= first else str(number) for number in found}
