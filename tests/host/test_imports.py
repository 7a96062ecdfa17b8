"""What a run of ``pynetstat`` imports, seen from a fresh interpreter: starts stay quick."""

from __future__ import annotations

import functools
import subprocess
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec

import pytest

RUN = """
import io, sys
from netstat_core.cli.main import run
status = run({arguments!r}, io.BytesIO(), io.BytesIO())
print(status, *sorted(sys.modules))
"""
UNWANTED = {
    *("jsonschema", "pluggy", "ansible", "rich", "click", "pyroute2", "asyncio", "unittest", "sqlite3"),
    *("importlib.metadata", "inspect", "ast", "dis", "tokenize", "email", "csv", "zipfile", "pathlib", "tempfile"),
    *("dataclasses", "decimal", "subprocess", "shutil", "textwrap", "typing_extensions"),
}
"""What no listing needs itself."""

pytestmark = pytest.mark.skipif(find_spec("jsonschema_rs") is None, reason="without jsonschema-rs starts are slow")


@functools.cache
def imported(*arguments: str) -> frozenset[str]:
    """Run the command in a new interpreter and return all it has imported."""
    script = RUN.format(arguments=list(arguments))
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60)
    status, *modules = ran.stdout.decode().split()
    assert status == "0"
    return frozenset(modules)


@functools.cache
def needed_by(module: str) -> frozenset[str]:
    """All that a module imports by itself."""
    script = f"import sys, {module}; print(*sorted(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60)
    return frozenset(ran.stdout.decode().split())


def tops(modules: frozenset[str]) -> set[str]:
    """The packages of some modules."""
    return {name.partition(".")[0] for name in modules}


def test_listing_imports_nothing_heavy() -> None:
    """`pynetstat -tan` imports none of the libraries that cost a start much, but what jsonschema-rs needs of them."""
    modules = imported("-tan") - needed_by("jsonschema_rs")
    assert not (modules | tops(modules)) & UNWANTED
    assert not {"msgspec", "netstat_core.sinks", "netstat_core.facts", "netstat_core.system.snapshot"} & modules


def test_listing_imports_what_it_needs() -> None:
    """It imports jsonschema-rs where it is installed, and no other package: pluggy calls the hooks of others alone."""
    strangers = tops(imported("-tan")) - sys.stdlib_module_names - tops(needed_by("sys"))
    plugins = {entry.module for entry in entry_points(group="netstat.plugins")}
    assert {"netstat_core", "netstat_inet"} <= strangers
    assert strangers - plugins - {"jsonschema_rs", "netstat_core", "__main__"} <= {"__mp_main__"}


def test_listing_imports_one_plugin() -> None:
    """Of plugins that have nothing to say on TCP sockets only the package itself is imported."""
    below = {name for name in imported("-tan") if name.startswith("netstat_") and "." in name}
    assert {name.partition(".")[0] for name in below} == {"netstat_core", "netstat_inet"}
    assert "netstat_inet.netlink_inet_diag" in below


@pytest.mark.parametrize("option", ["--json", "--ndjson"])
def test_json_adds_the_encoder(option: str) -> None:
    """JSON costs the import of msgspec, and nothing else from outside the standard library."""
    added = imported(option, "-tan") - imported("-tan")
    assert tops(added - needed_by("msgspec")) - sys.stdlib_module_names == {"netstat_core"}
    assert "msgspec" in added
    named = {name for name in added if name.startswith("netstat_")}
    modules = {"netstat_core.cli.commands", "netstat_core.facts", "netstat_core.sinks", "netstat_core.sinks.json"}
    assert named == modules
    assert not (added | tops(added)) - needed_by("msgspec") & UNWANTED


COMPILED = """
import io, sys
def look(event, about):
    if event == "compile" and sys._getframe(1).f_code.co_name == "__init__":
        print(sys._getframe(1).f_code.co_filename, about[0])
sys.addaudithook(look)
from netstat_core.cli.main import run
run(["-tan"], io.BytesIO(), io.BytesIO())
"""


def test_no_annotation_is_compiled() -> None:
    """A start compiles no annotation: typing compiles each that is text, and the first initialises the compiler."""
    ran = subprocess.run([sys.executable, "-c", COMPILED], capture_output=True, check=True, timeout=60)
    assert ran.stdout.decode() == ""


def test_importing_the_package_is_light() -> None:
    """A caller's `import netstat_core` loads no plugin, no sink and no validator."""
    modules = needed_by("netstat_core")
    assert not tops(modules) & {*UNWANTED, "netstat_inet", "netstat_unix", "jsonschema_rs", "msgspec"}
    assert not {"netstat_core.sinks", "netstat_core.dialects", "netstat_core.cli"} & modules
