"""Which dialect a command line, the name of the program and the environment choose."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netstat_core import Query, collect
from netstat_core.cli import main
from netstat_core.system.snapshot import SnapshotSystem

if TYPE_CHECKING:
    from trees import Trees

LINUX, SUNOS = "Kernel IP routing table\n", "\nRouting Table: IPv4\n"
UNKNOWN = "unknown dialect 'aix'; known: net-tools, solaris, solaris-illumos\n"


def start(tree: Path, *arguments: str, program: str = "pynetstat", variable: str | None = None) -> tuple[str, str, int]:
    """Run a command as a program of that name, with NETSTAT_DIALECT in the environment."""
    settings = {name: value for name, value in os.environ.items() if name != "NETSTAT_DIALECT"}
    settings |= {"NETSTAT_DIALECT": variable} if variable is not None else {}
    script = f"import sys; sys.argv[0] = {program!r}; from netstat_core.cli.entry import main; sys.exit(main())"
    command = [sys.executable, "-c", script, "--from", str(tree), "-rn", *arguments]
    ran = subprocess.run(command, capture_output=True, check=False, text=True, timeout=60, env=settings)
    return ran.stdout, ran.stderr, ran.returncode


@pytest.mark.parametrize(
    ("arguments", "program", "variable", "begins"),
    [
        ((), "pynetstat", None, LINUX),
        ((), "pynetstat", "", LINUX),
        ((), "pynetstat", "solaris", SUNOS),
        ((), "netstat", "solaris", SUNOS),
        ((), "netstat-sunos", None, SUNOS),
        ((), "netstat-sunos", "net-tools", SUNOS),
        (("--dialect", "solaris"), "pynetstat", None, SUNOS),
        (("--dialect=solaris-illumos",), "pynetstat", None, SUNOS),
        (("--dialect", "net-tools"), "netstat-sunos", None, LINUX),
        (("--dialect", "net-tools"), "pynetstat", "solaris", LINUX),
        (("--dialect", "net-tools", "--dialect", "solaris"), "pynetstat", None, SUNOS),
    ],
)
def test_choice(trees: Trees, arguments: tuple[str, ...], program: str, variable: str | None, begins: str) -> None:
    """The option counts before the name of the program, that before the environment; the last option counts."""
    stdout, stderr, status = start(trees["captures/routes-a-6.1"], *arguments, program=program, variable=variable)
    assert stdout.startswith(begins)
    assert (stderr, status) == ("", 0)


@pytest.mark.parametrize(("arguments", "variable"), [((), "aix"), (("--dialect", "aix"), None)])
def test_unknown_dialects(trees: Trees, arguments: tuple[str, ...], variable: str | None) -> None:
    """A dialect that no distribution has is an error that names those that are known."""
    ran = start(trees["captures/routes-a-6.1"], *arguments, variable=variable)
    assert ran == ("", f"pynetstat: {UNKNOWN}", 3)


def test_the_option_needs_a_name() -> None:
    """A lone --dialect is an error in the options."""
    stderr = io.BytesIO()
    assert main.run(["-r", "--dialect"], io.BytesIO(), stderr) == 3
    assert stderr.getvalue() == b"pynetstat: option '--dialect' requires an argument\n"


def test_the_library_knows_no_dialect(trees: Trees, monkeypatch: pytest.MonkeyPatch) -> None:
    """NETSTAT_DIALECT changes no report of the library, nor that of a caller who names the dialect, and is no error."""
    query = Query(tables=("routes",))
    tree = str(trees["captures/routes-a-6.1"])
    before = collect(query, SnapshotSystem(tree))["tables"]
    for value in ("solaris", "aix"):
        monkeypatch.setenv("NETSTAT_DIALECT", value)
        assert collect(query, SnapshotSystem(tree))["tables"] == before
        out = io.BytesIO()
        assert main.run(["-rn", "--from", tree], out, io.BytesIO()) == 0
        assert out.getvalue().decode().startswith(LINUX)


LOADED = """
import io, sys
from netstat_core.cli.main import run
run({arguments!r}, io.BytesIO(), io.BytesIO())
print(*sorted({{".".join(name.split(".")[:3]) for name in sys.modules if name.startswith("netstat_core.dialects.")}}))
"""
OF_DIALECTS = {"netstat_core.dialects.net_tools", "netstat_core.dialects.solaris"}


def loaded(*arguments: str) -> set[str]:
    """Run a command in a new interpreter, and return which modules of dialects it has imported."""
    script = LOADED.format(arguments=list(arguments))
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True, timeout=60)
    return set(ran.stdout.split())


@pytest.mark.parametrize(("dialect", "own"), [("net-tools", "net_tools"), ("solaris", "solaris")])
def test_only_the_dialect_in_use_is_imported(dialect: str, own: str) -> None:
    """A report imports the dialect that is chosen, no other one, and not the table of the help."""
    modules = loaded("--dialect", dialect, "-rn")
    assert modules & OF_DIALECTS == {f"netstat_core.dialects.{own}"}
    assert "netstat_core.dialects.counterparts" not in modules


def test_the_library_imports_no_dialect() -> None:
    """A report of the library imports no dialect, whatever the environment says."""
    script = "import sys; from netstat_core import Query, collect; collect(Query(tables=('routes',)))\n"
    script += "sys.exit(any('dialects' in name for name in sys.modules))"
    settings = {**os.environ, "NETSTAT_DIALECT": "solaris"}
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60, env=settings).returncode == 0
