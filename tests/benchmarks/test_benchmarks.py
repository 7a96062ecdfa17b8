"""The benchmarks run: each part, with tiny numbers. Nothing is said about their times."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "benchmarks"
NOT_PARTS = {
    *("run", "results", "commands", "measuring", "tables", "private_network", "socket_makers", "tracked_connections"),
    *("replay_rows", "capture", "playbooks"),
}
"""Modules that no part is named after."""

ALONE = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--map-root-user", "true")
CANNOT = re.compile(r"does not track connections|can be named by root only|more than half of nf_conntrack_max")
"""What a part says on a machine that it cannot run on."""


def find_parts() -> tuple[str, ...]:
    """Return the names of the parts, as they are declared."""
    tree = ast.parse((SCRIPTS / "run.py").read_text())
    assigned = {ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    parts: tuple[str, ...] = ast.literal_eval(assigned["PARTS"])
    return parts


PARTS = find_parts()


@pytest.fixture(scope="module", autouse=True)
def _needs_namespaces() -> None:
    """Skip where no namespaces can be made."""
    try:
        probe = subprocess.run(ALONE, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("unshare is not installed")
    if probe.returncode:
        pytest.skip(f"no namespaces can be made: {probe.stderr.strip()}")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the benchmarks, or skip where the machine lacks what it needs."""
    ran = subprocess.run([sys.executable, *arguments], cwd=SCRIPTS, capture_output=True, text=True, check=False)
    if ran.returncode and (why := CANNOT.search(ran.stderr)):
        pytest.skip(why[0])
    assert ran.returncode == 0, ran.stderr
    return ran


@pytest.mark.parametrize("part", PARTS)
def test_each_part_runs(part: str) -> None:
    """A part gives rows with a name and a value, or none for the value where a program is not installed."""
    rows: list[dict[str, Any]] = json.loads(run("run.py", "--quick", "--json", part).stdout)
    assert rows
    assert len({(row["work"], row["peer"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["value"] is None or isinstance(row["value"], float)
        assert row["value"] is not None or row["ours"] is not None, "ours always runs"
        assert row["unit"] in ("x", "MiB", "s")


def test_every_module_is_a_part_or_known() -> None:
    """No benchmark is left out of the list of parts, and docs/benchmarks.md explains each."""
    assert {path.stem for path in SCRIPTS.glob("*.py")} == {*PARTS, *NOT_PARTS}
    explained = (ROOT / "docs/benchmarks.md").read_text()
    assert all(f"| `{part}` |" in explained for part in PARTS)


@pytest.mark.parametrize("script", ["capture.py", "playbooks.py"])
def test_other_scripts_run(script: str) -> None:
    """The detailed measurements of captures and playbooks print tables."""
    shown = run(script, "--sockets", "60", "--rounds", "1", "--markdown").stdout
    assert "| --- | ---:" in shown


def test_the_table_goes_between_the_markers(tmp_path: Path) -> None:
    """The README has the markers; all but what is between them stays as it is when the table is written."""
    copy = tmp_path / "README.md"
    before = (ROOT / "README.md").read_text()
    copy.write_text(before)
    code = "import sys, pathlib, run; run.write_table(pathlib.Path(sys.argv[1]), '| a | b |')"
    run("-c", code, str(copy))
    once = copy.read_text()
    run("-c", code, str(copy))
    begin, end = "<!-- measured by benchmarks/run.py -->", "<!-- end -->"
    assert copy.read_text() == once
    assert once.partition(begin)[0] == before.partition(begin)[0] != before
    assert once.partition(end)[2] == before.partition(end)[2]
    assert once.partition(begin)[2].partition(end)[0] == "\n\n| a | b |\n"


def test_an_unknown_part_is_refused() -> None:
    """The name of a part that does not exist ends the run before anything is measured."""
    ran = subprocess.run([sys.executable, "run.py", "x"], cwd=SCRIPTS, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "unknown part: x" in ran.stderr
