"""What a run of ``pynetstat`` imports, seen from a fresh interpreter: starts stay quick."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec

import pytest

RUN = """
import io, json, sys
from netstat_core.cli.main import run
status = run({arguments!r}, io.BytesIO(), io.BytesIO())
print(json.dumps([status, sorted(sys.modules)]))
"""
UNWANTED = {"jsonschema", "ansible", "rich", "click", "pyroute2", "asyncio", "unittest", "sqlite3"}

pytestmark = pytest.mark.skipif(find_spec("jsonschema_rs") is None, reason="without jsonschema-rs starts are slow")


@functools.cache
def imported(*arguments: str) -> frozenset[str]:
    """Run the command in a new interpreter and return all it has imported."""
    script = RUN.format(arguments=list(arguments))
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60)
    status, modules = json.loads(ran.stdout)
    assert status == 0
    return frozenset(modules)


@functools.cache
def needed_by(module: str) -> frozenset[str]:
    """All that a module imports by itself."""
    script = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    return frozenset(json.loads(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout))


def tops(modules: frozenset[str]) -> set[str]:
    """The packages of some modules."""
    return {name.partition(".")[0] for name in modules}


def test_listing_imports_nothing_heavy() -> None:
    """`pynetstat -tan` imports none of the libraries that cost a start much, and no e-mail parser for metadata.

    Before Python 3.13 importlib.metadata has that parser imported anyway.
    """
    modules = imported("-tan")
    assert not tops(modules) & UNWANTED
    assert "email.message" not in modules - needed_by("importlib.metadata")
    assert not {"msgspec", "netstat_core.sinks", "netstat_core.facts", "netstat_core.system.snapshot"} & modules


def test_listing_imports_what_it_needs() -> None:
    """It imports pluggy, jsonschema-rs where it is installed, and no third package."""
    strangers = tops(imported("-tan")) - sys.stdlib_module_names - tops(needed_by("importlib.metadata"))
    plugins = {entry.module for entry in entry_points(group="netstat.plugins")}
    assert {"pluggy", "netstat_core", "netstat_inet"} <= strangers
    assert strangers - plugins - {"jsonschema_rs", "netstat_core", "pluggy", "__main__"} <= {"__mp_main__"}


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
    assert not tops(added) & UNWANTED


def test_importing_the_package_is_light() -> None:
    """A caller's `import netstat_core` loads no plugin, no sink and no validator."""
    modules = needed_by("netstat_core")
    assert not tops(modules) & {*UNWANTED, "netstat_inet", "netstat_unix", "jsonschema_rs", "msgspec"}
    assert not {"netstat_core.sinks", "netstat_core.dialects", "netstat_core.cli"} & modules
