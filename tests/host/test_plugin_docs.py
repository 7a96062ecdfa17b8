"""The example of docs/plugins.md is a plugin: it installs, runs, and is typed as strictly as the project."""

from __future__ import annotations

import inspect
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from netstat_core.plugin import Rendering

TESTS = Path(__file__).resolve().parents[1]
PAGE = (TESTS.parent / "docs/plugins.md").read_text("utf-8")
DIALECT_PAGE = (TESTS.parent / "docs/dialects.md").read_text("utf-8")
OUTSIDE = TESTS / "outside"
KERNEL_FILE = "/proc/net/netlink"
FILES = re.compile(r"^```(?:toml|python)\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)

ROWS = """\
sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
00000000a2a83636 0   0          00000000 0        0        0     2        0        4       \x20
00000000ef1854bd 15  4294963000 00000002 0        0        0     2        17       1499    \x20
a row that is cut
"""
TEXT = """\
Active netlink sockets
Protocol    Port id  Drops I-Node
       0          0      0 4
      15 4294963000     17 1499
"""


def written(target: Path) -> Path:
    """Write the files of the page's example into a folder."""
    files = dict(FILES.findall(PAGE))
    assert [Path(name).suffix for name in files] == [".toml", ".py"]
    for name, text in files.items():
        (target / name).write_text(text, "utf-8")
    return target


def environment(**more: str) -> dict[str, str]:
    """Give an environment without settings that lead elsewhere."""
    dropped = {"PYTHONPATH", "PIP_REQUIRE_VIRTUALENV", "MYPYPATH", "NETSTAT_PLUGINS_BLOCK"}
    return {**{name: value for name, value in os.environ.items() if name not in dropped}, **more}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the example into a folder of its own, or skip without pip and hatchling."""
    pytest.importorskip("hatchling")
    pytest.importorskip("pip")
    source, target = written(tmp_path_factory.mktemp("example")), tmp_path_factory.mktemp("installed")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--no-compile", "--target", str(target)]
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *options, str(source)]
    ran = subprocess.run(command, capture_output=True, check=False, timeout=120, env=environment())
    assert ran.returncode == 0, ran.stderr.decode()
    return target


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Give a snapshot with two netlink sockets and a bad line."""
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/netlink").write_text(ROWS)
    return tmp_path


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pynetstat in a process of its own that has the example."""
    command = [sys.executable, "-m", "netstat_core", *arguments]
    settings = environment(PYTHONPATH=str(installed))
    return subprocess.run(command, capture_output=True, check=False, text=True, timeout=60, env=settings)


@pytest.mark.parametrize("selection", [("--netlink",), ("-A", "netlink")])
def test_the_example_shows_a_tree(installed: Path, tree: Path, selection: tuple[str, ...]) -> None:
    """Its family and its option show the rows of a snapshot as text."""
    ran = run(installed, "--from", str(tree), *selection)
    assert (ran.stdout, ran.stderr, ran.returncode) == (TEXT, "", 0)


def test_the_example_makes_records(installed: Path, tree: Path) -> None:
    """JSON has its rows with the host's fields, and the bad line among the problems."""
    report = json.loads(run(installed, "--from", str(tree), "--json", "--netlink").stdout)
    assert report["tables"]["sockets"][1] == {
        "family": "netlink",
        "protocol": 15,
        "port_id": 4294963000,
        "drops": 17,
        "inode": 1499,
        "processes": None,
        "kind": "netlink.socket",
        "network_namespace": None,
    }
    assert [(one["line"], one["text"], one["reader"]) for one in report["problems"]] == [
        (4, "a row that is cut", "netlink")
    ]


@pytest.mark.skipif(not os.path.exists(KERNEL_FILE), reason=f"this kernel has no {KERNEL_FILE}")
def test_the_example_works_live(installed: Path) -> None:
    """It shows this machine's sockets as text and as records; the kernel's own for routing is among them."""
    lines = run(installed, "--netlink").stdout.splitlines()
    assert lines[:2] == TEXT.splitlines()[:2]
    assert any(line.split()[:2] == ["0", "0"] for line in lines[2:])
    records: list[dict[str, Any]] = json.loads(run(installed, "--json", "--netlink").stdout)["tables"]["sockets"]
    assert {"netlink.socket"} == {record["kind"] for record in records}
    assert (0, 0) in {(record["protocol"], record["port_id"]) for record in records}


def test_the_commands_of_the_page_run(installed: Path, tree: Path) -> None:
    """What the page tells to try ends well, and knows the plugin."""
    (block,) = COMMANDS.findall(PAGE)
    lines = [shlex.split(line) for line in block.splitlines()]
    assert {words[0] for words in lines} == {"pynetstat"}
    for _, *arguments in lines:
        ran = run(installed, "--from", str(tree), *arguments)
        assert (ran.stderr, ran.returncode) == ("", 0), arguments
        assert "netlink" in ran.stdout


def test_the_page_has_every_method_of_a_format() -> None:
    """The table of a rendering's methods is complete, with the names of their parameters."""
    methods = inspect.getmembers(Rendering, inspect.isfunction)
    calls = [f"`{name}({', '.join([*inspect.signature(method).parameters][1:])})`" for name, method in methods]
    assert len(calls) >= 4
    assert [call for call in calls if f"| {call} |" not in PAGE] == []


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Give a folder to check types in, and what is to be checked: the examples, and the plugins of these tests."""
    folder = written(tmp_path_factory.mktemp("typed"))
    [(dialect, text)] = FILES.findall(DIALECT_PAGE)
    (folder / dialect).write_text(text, "utf-8")
    packages = sorted(path.parent for path in OUTSIDE.glob("*/*/__init__.py"))
    assert {"netstat_packet", "netstat_toy"} <= {package.name for package in packages}
    return folder, [str(folder / "netstat_netlink.py"), str(folder / dialect), *map(str, packages)]


def test_plugins_are_typed_for_mypy(checked: tuple[Path, list[str]]) -> None:
    """`mypy --strict` has nothing to say, with the installed contract and no configuration."""
    pytest.importorskip("mypy")
    folder, paths = checked
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(folder / "cache"), *paths]
    ran = subprocess.run(command, capture_output=True, check=False, text=True, cwd=folder, env=environment())
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_plugins_are_typed_for_pyright(checked: tuple[Path, list[str]]) -> None:
    """Pyright has nothing to say in strict mode."""
    pytest.importorskip("basedpyright")
    folder, paths = checked
    settings = folder / "pyrightconfig.json"
    settings.write_text(json.dumps({"include": paths, "typeCheckingMode": "strict", "pythonVersion": "3.10"}))
    command = [sys.executable, "-m", "basedpyright", "--project", str(settings), "--pythonpath", sys.executable]
    ran = subprocess.run(command, capture_output=True, check=False, text=True, cwd=folder, env=environment())
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 errors" in ran.stdout
