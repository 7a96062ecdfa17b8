"""Values, as type checkers see them: what is right passes, what would raise is an error on its line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

DECLARED = """
from __future__ import annotations
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import ClassVar
from netstat_core.plugin.values import Value, named

class File(Value):
    LIMIT: ClassVar[int] = 3
    path: str = named(kw_only=False)
    required: bool = True

class Reader(Value, identity=True):
    name: str = named(kw_only=False)
    table: str
    position: int
    layouts: Mapping[str, object] = MappingProxyType({})
    shown: Callable[[int], bool] | None = None

class Own(Reader):
    more: tuple[str, ...] = ()
"""

RIGHT = """
file: File = File("/proc/net/tcp", required=False).replace(path="/x")
path: str = file.path + File(path="/y").path
own: Reader = Own("tcp", table="sockets", position=1, more=("a",))
print({file: 1, own: 2}, own.shown is not None and own.shown(1), File.LIMIT)
"""

WRONG = {
    "a second positional argument": 'File("/x", False)',
    "a positional argument that is a keyword": 'Reader("tcp", "sockets", position=1)',
    "a value of another type": 'File("/x", required="no")',
    "a name of another type": "File(1)",
    "a missing field": 'Reader("tcp", table="sockets")',
    "a missing name": "File(required=False)",
    "a missing field of the class above": 'Own("tcp", table="sockets")',
    "an unknown field": 'File("/x", requird=True)',
    "a class variable as a field": 'File("/x", LIMIT=4)',
    "assignment to a field": 'File("/x").path = "/y"',
    "iteration": 'list(File("/x"))',
    "a name whose mark lacks what mypy reads": "class Odd(Value): path: str = named()",
}

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


@pytest.mark.parametrize("checker", CHECKERS)
def test_checkers_find_what_is_wrong(checker: str, tmp_path: Path) -> None:
    """A strict checker has an error on each line that is wrong, and on no other."""
    right = DECLARED + RIGHT
    first = right.count("\n") + 1
    found = lines_with_errors(checker, tmp_path, right + "\n".join(WRONG.values()) + "\n")
    assert {list(WRONG)[number - first] if number >= first else number for number in found} == set(WRONG)
