"""Who may import whom, what is pure, and how large things may be: the design, checked on the source text."""

from __future__ import annotations

import ast
import functools
import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

import pytest

import netstat_core
from netstat_core import Query, collect, plugin
from netstat_core.report.plan import plan
from netstat_core.system.archive import unpack_text
from netstat_core.system.snapshot import SnapshotSystem

ROOT = Path(__file__).resolve().parents[2]
HOST = ROOT / "netstat_core"
PLUGINS = ROOT / "plugins"

THIRD_PARTY = {
    "pluggy": {"plugin.hooks", "host.hook_calls"},
    "jsonschema": {"host.checker"},
    "jsonschema_rs": {"host.checker", "where.functions"},
    "msgspec": {"sinks.json"},
    "typing_extensions": {"plugin.outcomes", "plugin.values"},
}
"""Which modules of the host may import which package."""

OPENING = {
    "system.find_namespaces",
    "system.archive",
    "system.beneath",
    "system.owner_halves",
    "system.stores",
    "system.capture",
    "system.writing",
    "report.names",
    "cli.main",
    "cli.streams",
    "host.entry_points",
}
"""Systems and their primitives, the databases of names, the command's look at /sys/fs/selinux, and its streams.

And the lists of entry points in the folders that Python imports from.
"""

TRAVELLING = ("system/capture.py", "system/find_namespaces.py")
"""What is sent to other machines, by links to where it stands in the Ansible collection."""

PURE = {
    *("__future__", "abc", "binascii", "bisect", "collections", "contextlib", "copy", "dataclasses", "datetime"),
    *("enum", "errno", "functools", "heapq", "ipaddress", "itertools", "math", "operator", "re", "string", "struct"),
    *("types", "typing"),
}
"""Standard modules a plugin may import whole."""

PARTLY_PURE = {
    "io": ("BytesIO", "StringIO"),
    "json": ("loads",),
    "socket": ("AF_", "SOCK_", "IPPROTO_", "inet_"),
    "importlib": ("import_module",),
    "importlib.resources": ("files",),
}
"""What it may take from others: numbers, conversions, and what it brought itself."""

IMPURE_CALLS = {
    *("open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"),
    *("datetime.now", "datetime.today", "datetime.utcnow", "date.today"),
}

FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "manager", "handler", "data", "info"}


class Imported(NamedTuple):
    """One import: the module's dotted name, and the name taken from it."""

    module: str
    name: str | None = None

    @property
    def top(self) -> str:
        """The package it comes from."""
        return self.module.partition(".")[0]


def modules(folder: Path) -> list[Path]:
    """All modules of a package."""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def full_name(path: Path) -> str:
    """Name a module as it is imported, from where it stands."""
    top = next(
        parent for parent in path.parents if parent.name.startswith("netstat_") and not is_package(parent.parent)
    )
    parts = path.relative_to(top.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def is_package(folder: Path) -> bool:
    """Whether a folder is a package."""
    return (folder / "__init__.py").exists()


def dotted(path: Path) -> str:
    """Name a module of the host below ``netstat_core``; the package itself has no name."""
    return full_name(path).partition(".")[2]


def shown(path: Path) -> str:
    """Name a module as its place in the repository."""
    return str(path.relative_to(ROOT))


@functools.cache
def parsed(path: Path) -> ast.Module:
    """Parse a module's text."""
    return ast.parse(path.read_text())


def imports(tree: ast.AST, package: str = "") -> Iterator[Imported]:
    """All imports of a module: at the top, inside functions, for types, and by a module's name in a text.

    A text that begins with the package's own name may be any module below it.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Imported(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            yield from (Imported(module, one.name) for one in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in KNOWN:
            yield Imported(node.value)
        elif isinstance(node, ast.JoinedStr) and ast.unparse(node.values[0]).strip("'{}f") == "__name__":
            yield from (Imported(name) for name in KNOWN if name.startswith(f"{package}."))


def at_once(path: Path) -> ast.Module:
    """Cut a module down to what is run when it is imported."""
    return ast.Module([node for node in parsed(path).body if not isinstance(node, ast.FunctionDef)], [])


def package_of(path: Path) -> str:
    """Name the package that a module's relative imports start from."""
    name = full_name(path)
    return name if path.name == "__init__.py" else name.rpartition(".")[0]


def targets(path: Path, *, only_at_once: bool = False) -> set[str]:
    """The project's modules that a module imports itself, by full name."""
    tree = at_once(path) if only_at_once else parsed(path)
    found = set()
    for one in imports(tree, package_of(path)):
        below = f"{one.module}.{one.name}"
        found.add(below if below in KNOWN else one.module)
    return found & KNOWN.keys()


@functools.cache
def arrows(name: str) -> frozenset[str]:
    """What a module needs: what it imports, and what the packages around that import when they are run.

    The packages that a module is in itself have been started before it, so that they need not be counted.
    """
    needed = set(targets(KNOWN[name]))
    for target in tuple(needed):
        for package in parents(target) - parents(name) - {name}:
            needed |= {package, *targets(KNOWN[package], only_at_once=True)}
    return frozenset(needed - {name, ROOT_PACKAGE})


def parents(name: str) -> set[str]:
    """Name the packages around a module, but for the root, which imports nothing."""
    steps = name.split(".")
    return {".".join(steps[:end]) for end in range(1, len(steps))} - {ROOT_PACKAGE}


def floors(text: str) -> list[list[str]]:
    """The floors of a page, from the lowest up, each with its modules."""
    block = text.partition("```floors\n")[2].partition("```")[0]
    return [line.split() for line in reversed(block.splitlines()) if line]


def floor_of(name: str, listed: list[list[str]]) -> int | None:
    """Find on which floor a module of the host stands; None where the list does not have it."""
    first = name.split(".")[1]
    return next((number for number, names in enumerate(listed) if first in names), None)


def misplaced(graph: Mapping[str, Collection[str]], listed: list[list[str]]) -> list[str]:
    """What stands on no floor, and what imports from a higher one."""
    homeless = [f"{name} has no floor" for name in graph if floor_of(name, listed) is None]
    return homeless or [
        f"{name} imports {target}"
        for name, needed in graph.items()
        for target in sorted(needed)
        if (floor_of(target, listed) or 0) > (floor_of(name, listed) or 0)
    ]


def in_circles(graph: Mapping[str, Collection[str]]) -> set[str]:
    """The modules that wait for themselves, or for such as do."""
    done: set[str] = set()
    while ready := {name for name, needed in graph.items() if name not in done and done.issuperset(needed)}:
        done |= ready
    return set(graph) - done


def calls(tree: ast.AST) -> set[str]:
    """Everything called by a plain or dotted name."""
    called = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {ast.unparse(function) for function in called if isinstance(function, (ast.Name, ast.Attribute))}


def offenders(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Keep the modules against which there is something to say."""
    return {module: reasons for module, reasons in found.items() if reasons}


PACKAGES = sorted(path.parent for path in PLUGINS.glob("*/netstat_*/__init__.py"))
PLUGIN_MODULES = [path for package in PACKAGES for path in modules(package)]
HOST_MODULES = modules(HOST)
ROOT_PACKAGE = HOST.name
BELOW_THE_DOOR = [path for path in HOST_MODULES if full_name(path) != ROOT_PACKAGE]
ALL = HOST_MODULES + PLUGIN_MODULES
KNOWN = {full_name(path): path for path in ALL}
PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")


def test_modules_import_their_floor_or_lower_ones() -> None:
    """Every module of the host has a floor in docs/architecture.md, and imports nothing from a higher one."""
    graph = {full_name(path): arrows(full_name(path)) for path in BELOW_THE_DOOR}
    assert len(floors(PAGE)) > 10
    assert misplaced(graph, floors(PAGE)) == []


def test_nothing_imports_in_circles() -> None:
    """No module of the host or of a plugin needs itself, however late or for what it is imported."""
    assert in_circles({name: arrows(name) for name in KNOWN if name != ROOT_PACKAGE}) == set()


def test_wrong_floors_are_found() -> None:
    """A module without a floor, one that looks up, and a circle are each reported."""
    listed = floors("```floors\ntop\nbelow\n```\n")
    assert misplaced({"n.top": ["n.below"], "n.below.one": []}, listed) == []
    assert misplaced({"n.below": ["n.top.x"], "n.top.x": []}, listed) == ["n.below imports n.top.x"]
    assert misplaced({"n.elsewhere": []}, listed) == ["n.elsewhere has no floor"]
    assert in_circles({"a": ["b"], "b": ["c"], "c": ["b"], "d": []}) == {"a", "b", "c"}


def test_late_imports_count() -> None:
    """An import inside a function, for types, by a text, or relative is an import."""
    source = """
if TYPE_CHECKING:
    from netstat_core.query import Query
def late():
    from . import capture
    from netstat_core import errors
    return import_module("netstat_core.escape"), import_module(f"{__name__}.{late}")
"""
    found = set(imports(ast.parse(source), "netstat_core.system"))
    assert Imported("netstat_core.system.archive") in found
    found -= {Imported(name) for name in KNOWN if name.startswith("netstat_core.system.")}
    assert {one.module for one in found} == {
        "netstat_core.query",
        "netstat_core.system",
        "netstat_core",
        "netstat_core.escape",
    }


def test_the_root_imports_nothing() -> None:
    """The package's own body loads no module of the project; its table says where each public name is."""
    assert targets(HOST / "__init__.py", only_at_once=True) <= {ROOT_PACKAGE, *(home for home, _ in for_types())}
    script = "import sys, netstat_core; print(sorted(name for name in sys.modules if name.startswith('netstat_core.')))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert ran.stdout == "[]\n"


def for_types() -> list[tuple[str, str]]:
    """Which module type checkers take each public name from."""
    return [(one.module, one.name or "") for one in imports(parsed(HOST / "__init__.py")) if one.top == ROOT_PACKAGE]


def test_public_names_are_exact() -> None:
    """The package offers exactly the names that its table and its imports for types have, in order."""
    homes = {name: f"{ROOT_PACKAGE}.{home}" for name, home in netstat_core._MODULES.items()}
    assert {name: module for module, name in for_types()} == homes
    assert netstat_core.__all__ == sorted(homes) == list(homes)
    assert all(getattr(netstat_core, name) is getattr(importlib.import_module(homes[name]), name) for name in homes)


def test_the_contract_is_exact() -> None:
    """`netstat_core.plugin` offers exactly what it imports from below."""
    taken = {one.name for one in imports(parsed(HOST / "plugin/__init__.py"))}
    assert set(plugin.__all__) == taken
    assert len(plugin.__all__) == len(taken)


def test_scripts_import_what_there_is() -> None:
    """Benchmarks, and what makes the documentation, import modules that exist: nothing else runs them in tests."""
    scripts = [*(ROOT / "benchmarks").glob("*.py"), ROOT / "docs/update.py"]
    found = {
        shown(path): [
            one.module for one in imports(parsed(path)) if one.top == ROOT_PACKAGE and one.module not in KNOWN
        ]
        for path in scripts
    }
    assert len(found) > 10
    assert offenders(found) == {}


def test_the_collection_has_one_door() -> None:
    """The Ansible collection imports `netstat_core.collection`, and nothing else of the project."""
    found = {
        shown(path): [one.module for one in imports(parsed(path)) if one.top == ROOT_PACKAGE and not is_the_door(one)]
        for path in modules(ROOT / "ansible_collection/plugins")
    }
    assert len(found) > 10
    assert offenders(found) == {}


def is_the_door(one: Imported) -> bool:
    """Whether an import is of the facade, or of a name in it."""
    return one.module == "netstat_core.collection" or one == Imported("netstat_core", "collection")


def test_host_imports_no_stranger() -> None:
    """The host imports the standard library and its few dependencies, each in its place; no plugin, no ansible."""
    found = {
        shown(path): sorted(
            top
            for top in {one.top for one in imports(parsed(path), package_of(path))}
            - sys.stdlib_module_names
            - {"netstat_core"}
            if top != ROOT_PACKAGE and dotted(path) not in THIRD_PARTY.get(top, set())
        )
        for path in HOST_MODULES
    }
    assert offenders(found) == {}


def test_sinks_see_no_system() -> None:
    """A sink imports the contract and its neighbours, for types neither anything else."""
    found = {
        shown(path): sorted(name for name in targets(path) if not name.startswith(SEEN_BY_SINKS))
        for path in modules(HOST / "sinks")
    }
    assert len(found) >= 3
    assert offenders(found) == {}


SEEN_BY_SINKS = ("netstat_core.plugin", "netstat_core.sinks", "netstat_core.errors", "netstat_core.escape")


def test_only_the_system_opens() -> None:
    """Files, sockets and processes are opened by the systems, their primitives and the named few only."""
    opening = {"open", "os.open", "os.listdir", "os.stat", "socket.socket", "subprocess.run", "Path", "os.path.exists"}
    found = {dotted(path): sorted(calls(parsed(path)) & opening) for path in BELOW_THE_DOOR}
    assert offenders(found).keys() == OPENING


def test_plugins_import_the_contract_and_the_standard_library() -> None:
    """A plugin imports `netstat_core.plugin`, itself, and the standard library."""
    found = {
        shown(path): [
            f"{one.module} {one.name}"
            for one in imports(parsed(path))
            if one.top not in sys.stdlib_module_names | {package.name} and one.module != "netstat_core.plugin"
        ]
        for package in PACKAGES
        for path in modules(package)
    }
    assert len(found) > len(PACKAGES)
    assert offenders(found) == {}


def test_plugins_do_no_input_or_output() -> None:
    """No plugin can open anything: it imports only what computes, and calls nothing that reads, writes or asks."""
    found = {
        shown(path): [
            *sorted(calls(parsed(path)) & IMPURE_CALLS),
            *(f"{one.module} {one.name}" for one in imports(parsed(path)) if not is_pure(one)),
        ]
        for path in PLUGIN_MODULES
    }
    assert offenders(found) == {}


def is_pure(one: Imported) -> bool:
    """Whether an import brings nothing that does input or output."""
    return (
        one.top in PURE
        or one.top not in sys.stdlib_module_names
        or bool(one.name and one.name.startswith(PARTLY_PURE.get(one.module, ("/",))))
    )


def test_every_plugin_is_packed() -> None:
    """Each plugin folder is in the wheel, among the entry points, and checked by mypy; none is a package itself."""
    text = (ROOT / "pyproject.toml").read_text()
    for package in PACKAGES:
        folder = package.parent.name
        assert f'    "plugins/{folder}/{package.name}",' in text
        assert f'{folder} = "{package.name}"' in text
        assert f'    "{package.name}",' in text
        assert not (package.parent / "__init__.py").exists()


@pytest.mark.parametrize("name", TRAVELLING)
def test_travelling_files_stand_alone(name: str) -> None:
    """What is sent to other machines imports the standard library and its neighbour only, and is a link."""
    taken = list(imports(parsed(HOST / name), "netstat_core.system"))
    assert {one.top for one in taken} <= sys.stdlib_module_names | {ROOT_PACKAGE}
    assert {one.name for one in taken if one.top == ROOT_PACKAGE} <= {"capture"}
    assert not [one for one in taken if one.name == "annotations"]
    assert (HOST / name).is_symlink()


@pytest.mark.parametrize("name", TRAVELLING)
def test_travelling_files_are_written_for_python_36(name: str) -> None:
    """Their syntax is that of Python 3.6."""
    tree = ast.parse((HOST / name).read_text(), feature_version=(3, 6))
    assert not [node for node in ast.walk(tree) if isinstance(node, (ast.NamedExpr, ast.Match))]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.arguments) and node.posonlyargs]


CAPTURING = """
import json, sys
from travelling import capture, find_namespaces
plan = json.loads(sys.stdin.read())
print(capture.pack(find_namespaces.capture_all(plan)))
"""


@pytest.mark.parametrize("version", ["3.6", "3.7", "3.8", "3.9"])
def test_old_pythons_capture(version: str, tmp_path: Path) -> None:
    """An old Python, where there is one, makes a real capture with the travelling files alone, and it replays."""
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    python = str(kept[-1]) if kept else shutil.which(f"python{version}")
    if python is None or subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip(f"no Python {version} here")
    (tmp_path / "travelling").mkdir()
    (tmp_path / "travelling/__init__.py").touch()
    for name in TRAVELLING:
        shutil.copy(HOST / name, tmp_path / "travelling")
    query = Query(tables=("sockets", "interfaces"), owners=("processes",))
    wanted = json.dumps(plan(query._replace(all_network_namespaces=True)))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, "-c", CAPTURING]
    ran = subprocess.run(command, input=wanted.encode(), capture_output=True, check=False, env=environment, timeout=60)
    assert ran.stderr == b""
    system = SnapshotSystem(unpack_text(ran.stdout.decode()))
    report = collect(query, system)
    assert "lo" in {one["name"] for one in report["tables"]["interfaces"]}
    assert [one for one in report["completeness"] if one["reason"] == "narrower_capture"] == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_plugins_offer_their_hooks_only(package: Path) -> None:
    """What a plugin's package defines is its hooks and constants: the rest is imported when asked for."""
    module = importlib.import_module(package.name)
    body = parsed(package / "__init__.py").body
    defined = [node.name for node in body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    assert [name for name in defined if hasattr(module, name)] == ["netstat_readers"]
    assert not [one for one in imports(at_once(package / "__init__.py")) if one.top == package.name]


def function_lengths(paths: list[Path]) -> dict[str, int]:
    """Count the lines of every function."""
    return {
        f"{shown(path)}:{node.lineno}": (node.end_lineno or 0) - node.lineno + 1
        for path in paths
        for node in ast.walk(parsed(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


def test_functions_are_small() -> None:
    """Functions have a median of seven lines or fewer, nine tenths have twenty at the most, none more than fifty."""
    lengths = function_lengths(ALL)
    assert {name: length for name, length in lengths.items() if length > 50} == {}
    assert median(lengths.values()) <= 7
    assert quantiles(lengths.values(), n=10)[-1] <= 20


def test_files_are_small() -> None:
    """Files have a median of 130 lines or fewer, and none has more than 400, but for the two that travel alone."""
    sizes = {shown(path): len(path.read_text().splitlines()) for path in ALL}
    assert sizes.pop("netstat_core/system/capture.py") <= 1660
    assert sizes.pop("netstat_core/system/find_namespaces.py") <= 460
    assert {name: size for name, size in sizes.items() if size > 400} == {}
    assert median(sizes.values()) <= 130


def test_names_say_something() -> None:
    """No module or class is called by a word that fits anything."""
    found = {
        shown(path): sorted(
            FORBIDDEN_NAMES
            & {path.stem, *(node.name.lower() for node in ast.walk(parsed(path)) if isinstance(node, ast.ClassDef))}
        )
        for path in ALL
    }
    assert offenders(found) == {}
