"""Who may import whom, what is pure, and how large things may be: the design, checked on the source text."""

from __future__ import annotations

import ast
import functools
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

import pytest

import netstat_core

ROOT = Path(__file__).resolve().parents[2]
HOST = ROOT / "netstat_core"
PLUGINS = ROOT / "plugins"

LEVELS = (
    {"errors", "version", "capture", "survey"},
    {"readers", "records", "sources", "layouts", "query", "socket_text", "netlink", "who"},
    {
        "discovery",
        "system",
        "schema",
        "sinks",
        "hookspecs",
        "names",
        "naming",
        "processes",
        "contents",
        "where",
        "changes",
        "redact",
        "facts",
    },
    {"reading", "places"},
    {"collect", "plan"},
    {"rendering", "gathering"},
    {"cli", "salt"},
)
"""From the bottom up: a module imports from its own level and those below."""

THIRD_PARTY = {
    "pluggy": {"hookspecs", "discovery"},
    "jsonschema": {"schema"},
    "jsonschema_rs": {"schema"},
    "msgspec": {"sinks.json"},
    "rule_engine": {"where"},
    "": {"survey"},  # which imports capture from beside it, wherever the two travel
}
"""Which modules of the host may import which package."""

OPENING = {
    "survey",
    "system.snapshot",
    "system.archive",
    "system.stores",
    "capture",
    "names",
    "cli.main",
}
"""Systems and their primitives, the databases of names, and the command's look at /sys/fs/selinux and /dev/null."""

PURE = {
    *("__future__", "abc", "binascii", "bisect", "collections", "contextlib", "copy", "dataclasses", "datetime"),
    *("enum", "errno", "functools", "heapq", "ipaddress", "itertools", "math", "operator", "re", "string", "struct"),
    *("types", "typing"),
}
"""Standard modules a plugin may import whole."""

PARTLY_PURE = {
    "io": ("BytesIO", "StringIO"),
    "socket": ("AF_", "SOCK_", "IPPROTO_", "inet_"),
    "importlib": ("import_module",),
    "importlib.resources": ("files",),
}
"""What it may take from others: numbers, conversions, and what it brought itself."""

IMPURE_CALLS = {
    *("open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"),
    *("datetime.now", "datetime.today", "datetime.utcnow", "date.today"),
}

PLUGIN_VIEW = {"names", "readers", "records", "sources", "layouts", "socket_text", "netlink"}
"""Submodules of the host whose types plugins may import besides the public names."""

FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "manager", "handler", "data", "info"}

PUBLIC = {
    *(
        "About",
        "Block",
        "Change",
        "Column",
        "Complaint",
        "Directory",
        "Explanation",
        "Feed",
        "Field",
        "File",
        "Gap",
        "Head",
        "Layout",
    ),
    *("NetlinkDump", "NetstatError", "Problem", "Query", "Reader", "Record", "Sink", "SourceError", "Tail", "Trait"),
    *("UsageError", "collect", "escape", "hookimpl", "open_report", "plain_table", "printable"),
    "unescape",
}


class Imported(NamedTuple):
    """One import: the module's dotted name, the name taken from it, and whether only types need it."""

    module: str
    name: str | None
    for_types: bool

    @property
    def top(self) -> str:
        """The package it comes from."""
        return self.module.partition(".")[0]


def modules(folder: Path) -> list[Path]:
    """All modules of a package."""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def dotted(path: Path) -> str:
    """Name a module of the host below ``netstat_core``; the package itself has no name."""
    parts = path.relative_to(HOST).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def shown(path: Path) -> str:
    """Name a module as its place in the repository."""
    return str(path.relative_to(ROOT))


@functools.cache
def parsed(path: Path) -> ast.Module:
    """Parse a module's text."""
    return ast.parse(path.read_text())


def imports(tree: ast.AST, *, for_types: bool = False) -> Iterator[Imported]:
    """All imports of a module, those inside functions too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (Imported(alias.name, None, for_types) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (Imported("." * node.level + (node.module or ""), one.name, for_types) for one in node.names)
        guarded = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        yield from imports(node, for_types=for_types or guarded)


def at_once(path: Path) -> ast.Module:
    """Cut a module down to what is run when it is imported."""
    return ast.Module([node for node in parsed(path).body if not isinstance(node, ast.FunctionDef)], [])


def host_imports(tree: ast.Module) -> Iterator[tuple[str, Imported]]:
    """What a module imports from the host, each as a dotted name below ``netstat_core``."""
    for one in imports(tree):
        is_module = one.name and ((HOST / f"{one.name}.py").exists() or (HOST / one.name).is_dir())
        if one.module == "netstat_core" and is_module:
            yield one.name or "", one
        elif one.top == "netstat_core":
            yield one.module.partition(".")[2], one


def level(module: str) -> int:
    """Find the level of a module by its first part."""
    first = module.partition(".")[0]
    return next(number for number, names in enumerate(LEVELS) if first in names)


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
BELOW_THE_DOOR = [path for path in HOST_MODULES if dotted(path) not in {"", "__main__"}]
ALL = HOST_MODULES + PLUGIN_MODULES


def test_host_modules_import_downwards() -> None:
    """A module of the host imports from its own level and those below; types may come from above."""
    found = {
        dotted(path): [
            name for name, one in host_imports(parsed(path)) if not one.for_types and level(name) > level(dotted(path))
        ]
        for path in BELOW_THE_DOOR
    }
    assert offenders(found) == {}


def test_host_modules_do_not_import_in_circles() -> None:
    """When a module of the host is imported, nothing it imports at once is waiting for it."""
    needs = {
        dotted(path): {name for name, one in host_imports(at_once(path)) if not one.for_types}
        for path in BELOW_THE_DOOR
    }
    done: set[str] = set()
    while ready := {name for name, wanted in needs.items() if name not in done and wanted <= done}:
        done |= ready
    assert set(needs) - done == set()


def test_host_imports_no_stranger() -> None:
    """The host imports the standard library and its few dependencies, each in its place; no plugin, no ansible."""
    found = {
        shown(path): sorted(
            top
            for top in {one.top for one in imports(parsed(path))} - sys.stdlib_module_names - {"netstat_core"}
            if dotted(path) not in THIRD_PARTY.get(top, set())
        )
        for path in HOST_MODULES
    }
    assert offenders(found) == {}


def test_sinks_see_no_system() -> None:
    """A sink imports nothing that reads sources, for types neither."""
    reading = {"system", "capture", "contents", "processes", "collect", "reading", "discovery"}
    found = {
        shown(path): [name for name, _ in host_imports(parsed(path)) if name.partition(".")[0] in reading]
        for path in modules(HOST / "sinks")
    }
    assert len(found) >= 3
    assert offenders(found) == {}


def test_only_the_system_opens() -> None:
    """Files, sockets and processes are opened by the systems, their primitives and the named few only."""
    opening = {"open", "os.open", "os.listdir", "os.stat", "socket.socket", "subprocess.run", "Path", "os.path.exists"}
    found = {dotted(path): sorted(calls(parsed(path)) & opening) for path in BELOW_THE_DOOR}
    assert offenders(found).keys() == OPENING


def test_plugins_import_the_host_and_the_standard_library() -> None:
    """A plugin imports public names of the host, the types of a few submodules, itself, and the standard library."""
    found = {
        shown(path): [
            f"{one.module} {one.name}"
            for one in imports(parsed(path))
            if one.top not in sys.stdlib_module_names | {"netstat_core", package.name}
            or (one.top == "netstat_core" and not is_for_plugins(one))
        ]
        for package in PACKAGES
        for path in modules(package)
    }
    assert len(found) > len(PACKAGES)
    assert offenders(found) == {}


def is_for_plugins(one: Imported) -> bool:
    """Whether a name of the host is there for plugins."""
    below = one.module.partition(".")[2]
    return below in PLUGIN_VIEW if below else one.name in PUBLIC


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


def test_capture_stands_alone() -> None:
    """The file that is sent to other machines imports the standard library only."""
    taken = list(imports(parsed(HOST / "capture.py")))
    assert {one.top for one in taken} <= sys.stdlib_module_names
    assert not [one for one in taken if one.name == "annotations"]


def test_capture_is_written_for_python_36() -> None:
    """Its syntax is that of Python 3.6."""
    tree = ast.parse((HOST / "capture.py").read_text(), feature_version=(3, 6))
    assert not [node for node in ast.walk(tree) if isinstance(node, (ast.NamedExpr, ast.Match))]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.arguments) and node.posonlyargs]


@pytest.mark.parametrize("version", ["3.6", "3.7", "3.8", "3.9"])
def test_capture_runs_on_old_pythons(version: str) -> None:
    """An old Python, where there is one, imports it alone, dumps links and scans descriptors with it."""
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    python = str(kept[-1]) if kept else shutil.which(f"python{version}")
    if python is None or subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip(f"no Python {version} here")
    script = "import capture; capture.scan_owners(); print(len(capture.whole_dump(0, 18, bytes(16))[0]) > 0)"
    environment = {**os.environ, "PYTHONPATH": str(HOST), "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run([python, "-c", script], capture_output=True, check=False, env=environment, timeout=60)
    assert (ran.stdout, ran.stderr) == (b"True\n", b"")


def test_public_names_are_exact() -> None:
    """The package offers exactly its public names, in order, and each exists."""
    assert set(netstat_core.__all__) == PUBLIC
    assert netstat_core.__all__ == sorted(PUBLIC)
    assert all(hasattr(netstat_core, name) for name in PUBLIC)
    assert {one.name for one in imports(parsed(HOST / "__init__.py"))} == PUBLIC


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
    """Functions have a median of ten lines or fewer, nine tenths have thirty at the most, none more than sixty."""
    lengths = function_lengths(ALL)
    assert {name: length for name, length in lengths.items() if length > 60} == {}
    assert median(lengths.values()) <= 10
    assert quantiles(lengths.values(), n=10)[-1] <= 30


def test_files_are_small() -> None:
    """Files have a median of 150 lines or fewer, and none has more than 400, but for the one that travels alone."""
    sizes = {shown(path): len(path.read_text().splitlines()) for path in ALL}
    assert sizes.pop("netstat_core/capture.py") <= 700
    assert {name: size for name, size in sizes.items() if size > 400} == {}
    assert median(sizes.values()) <= 150


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
