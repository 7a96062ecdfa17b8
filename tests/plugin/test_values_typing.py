"""Values, as type checkers see them: what is right passes, what would raise is an error on its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typed import CHECKERS, mistaken

DECLARED = """
from __future__ import annotations
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import ClassVar
from netstat_core.plugin.values import Value, name_field

class File(Value):
    LIMIT: ClassVar[int] = 3
    path: str = name_field(kw_only=False)
    required: bool = True

class Reader(Value, identity=True):
    name: str = name_field(kw_only=False)
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
    "a name whose mark lacks what mypy reads": "class Odd(Value): path: str = name_field()",
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_checkers_find_what_is_wrong(checker: str, tmp_path: Path) -> None:
    """A strict checker has an error on each line that is wrong, and on no other."""
    assert mistaken(checker, tmp_path, DECLARED + RIGHT, WRONG) == set(WRONG)
