"""Presets of captures: what each holds is enough for what it is for, and anything beyond it is told."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from pynetstat import show
from realnetstat import Outcome

from netstat_core.cli import main as entry
from netstat_core.errors import UsageError
from netstat_core.facts.gather import gather
from netstat_core.facts.query import facts_query, preset_query
from netstat_core.host.discovery import Host
from netstat_core.query import DEFAULT_PRESET, PRESETS
from netstat_core.report.plan import plan
from netstat_core.salt.modules import netstat_mod
from netstat_core.system import capture
from netstat_core.system.archive import unpack_text
from netstat_core.system.snapshot import SnapshotSystem


def run(*arguments: str) -> Outcome:
    """Return what `pynetstat ARGUMENTS` prints and how it ends."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    status = entry.run(arguments, stdout, stderr)
    return Outcome(stdout.getvalue(), stderr.getvalue(), status)


@pytest.fixture(scope="module", params=PRESETS)
def taken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Give a preset and a capture made with it."""
    path = tmp_path_factory.mktemp("taken") / f"{request.param}.txt"
    assert run("capture", str(path), "--preset", request.param) == Outcome(b"", b"", 0)
    return request.param, path


def narrower(path: Path, *options: str) -> list[str]:
    """Return the texts of a replay's gaps that say that the capture holds less than was asked for."""
    report = json.loads(show(path, "--json", *options).stdout)
    return [one["source"] for one in report["completeness"] if one["reason"] == "narrower_capture"]


def test_facts_by_default_can_be_made(taken: tuple[str, Path]) -> None:
    """Every preset suffices for the facts that are made when nobody says which, and for who listens."""
    name, path = taken
    facts = json.loads(show(path, "--format", "facts-local").stdout)
    assert not [one for one in facts["incomplete_because"] if "recorded" in one["text"]]
    assert {"tcp", "udp", "unix"} <= set(facts["covers"]["protocols"])
    assert "default_route" in facts["covers"]["tables"]
    assert narrower(path, "-tulnp") == []
    assert narrower(path, "-tanp") == [] or name == "listening"


FLEET = (
    "-tanp",
    "-tanpe",
    "-tanope",
    "-xanp",
    "-a",
    "-rn",
    "-6rn",
    "-rn --route-table all",
    "-i",
    "-ie",
    "-M",
    "-g",
    "-s",
)
RECORDS = (
    "-a -p --who",
    "-r --route-table all",
    "-ia",
    "-M",
    "-g",
    "--tables routes,interfaces,sockets,masquerade -a --who",
)


@pytest.mark.parametrize("taken", ["fleet"], indirect=True)
def test_fleet_answers_who_talks_to_whom(taken: tuple[str, Path]) -> None:
    """Sockets, owners, addresses, routes and translations are shown in text and as records, and nothing is missed."""
    _, path = taken
    for display in FLEET:
        outcome = show(path, *display.split())
        assert b"not recorded" not in outcome.stderr + outcome.stdout, display
        assert outcome.stdout or display == "-M", display
    for display in RECORDS:
        assert narrower(path, *display.split()) == [], display
    facts = json.loads(
        show(path, "--format", "facts-local", "-a", "--who", "--tables", "sockets,routes,masquerade").stdout
    )
    assert not [one for one in facts["incomplete_because"] if "recorded" in one["text"]]


@pytest.mark.parametrize("taken", ["listening"], indirect=True)
def test_what_a_preset_lacks_is_told(taken: tuple[str, Path]) -> None:
    """Connected sockets and whole routing tables are beyond the smallest preset, and a replay says so."""
    _, path = taken
    assert narrower(path, "-tan")
    assert narrower(path, "-r", "--route-table", "all")


def test_presets_are_declared_once() -> None:
    """The plans and the default of the collection, and the page, are those of the declared presets."""
    plans = _load_plans()
    host = Host()
    page = (Path(__file__).parents[2] / "docs/snapshots.md").read_text("utf-8")
    assert [preset for preset in PRESETS if f"| `{preset}` | {PRESETS[preset].meaning} |" not in page] == []
    assert list(plans["PLANS"]) == list(PRESETS)
    assert plans["DEFAULT_PRESET"] == DEFAULT_PRESET == "fleet"
    for name in PRESETS:
        packed = json.loads(plans["PLANS"][name])
        capture.check(packed)
        names = {source.get("name", source.get("path")) for source in packed["sources"]}
        assert names <= {
            source.get("name", source.get("path")) for source in plan(preset_query(host, name), host)["sources"]
        }


def _load_plans() -> dict[str, Any]:
    path = Path(__file__).parents[2] / "ansible_collection/plugins/module_utils/plans.py"
    content: dict[str, Any] = {}
    exec(compile(path.read_text("utf-8"), str(path), "exec"), content)
    return content


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--preset", "flet"), b"unknown preset 'flet'; known: listening, sockets, fleet"),
        (("--preset", "fleet", "-t"), b"--preset does not go with options that select"),
        (("--preset", "fleet", "--tables", "routes"), b"--preset does not go with options that select"),
    ],
)
def test_wrong_presets_are_refused(arguments: tuple[str, ...], words: bytes, tmp_path: Path) -> None:
    """An unknown name, and a selection besides, are errors, and nothing is written."""
    outcome = run("capture", str(tmp_path / "taken"), *arguments)
    assert outcome.returncode == 3
    assert words in outcome.stderr
    assert not (tmp_path / "taken").exists()


def test_presets_go_with_captures() -> None:
    """A report has no preset."""
    outcome = run("-tln", "--preset", "fleet")
    assert (outcome.stdout, outcome.returncode) == (b"", 3)
    assert b"--preset goes with the command capture" in outcome.stderr


def test_salt_takes_presets() -> None:
    """The function of Salt captures a preset, and refuses one beside a selection."""
    taken = SnapshotSystem(unpack_text(netstat_mod.capture(preset="listening")))
    assert gather(facts_query(Host()), taken).facts["covers"]["sockets"] == "listening"
    with pytest.raises(UsageError, match="preset does not go with"):
        netstat_mod.capture(preset="listening", tables="routes")
    with pytest.raises(UsageError, match="known: listening, sockets, fleet"):
        netstat_mod.capture(preset="flet")


def test_what_a_preset_leaves_open_can_be_added(tmp_path: Path) -> None:
    """Arguments of processes and files in place of netlink are options beside a preset."""
    taken = tmp_path / "taken"
    run("capture", f"{taken}/", "--preset", "sockets", "--arguments", "--source", "procfs")
    about = json.loads((taken / "capture.json").read_bytes())
    assert about["owners"]["arguments"] is True
    assert "/proc/net/tcp" in {one["path"] for one in about["asked"]}
    assert narrower(taken, "-tan", "--source", "procfs", "-p", "--arguments") == []
