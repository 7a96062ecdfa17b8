"""The targets of fuzzing as quick tests: each takes its seeds and some dozens of mutations, the same in every run."""

from __future__ import annotations

import subprocess
import sys
import zlib
from pathlib import Path
from random import Random

import pytest
from mutations import LONGEST, join_tree, mutate_json, mutate_tree, split_tree
from run import GROUPS, Fuzzed
from targets import Fault, Target, all_targets, inputs
from trees import Trees

from netstat_core.host.discovery import Host
from netstat_core.plugin import About
from netstat_core.system import capture
from netstat_core.testing.sweep import list_sources

TARGETS = {target.name: target for target in all_targets()}
TURNS = {"feeds": 60, "system": 60, "language": 200, "displays": 25}
"""Mutations of each target of a group."""

RUN = Path(__file__).resolve().parent / "run.py"


@pytest.mark.parametrize("name", TARGETS)
def test_target(name: str, trees: Trees) -> None:
    """Whatever stands in the place of an input, its reader gives what its contract permits, and nothing else."""
    target = TARGETS[name]
    for data in inputs(target, trees, TURNS[target.group], zlib.crc32(name.encode())):
        try:
            target.run(data)
        except Exception as error:  # noqa: BLE001 - what is looked for
            pytest.fail(f"{type(error).__name__}: {error}\ninput in hex: {data.hex()}")


def test_every_source_of_every_feed_is_a_target() -> None:
    """The targets are as many as the sources that plugins declare, and no two have one name."""
    targets = list(all_targets())
    assert len(TARGETS) == len(targets)
    assert {target.group for target in targets} == set(GROUPS)
    declared = sum(len(list_sources(one.reader, feed)) for one in Host().offers() for feed in one.reader.feeds)
    assert sum(target.group == "feeds" for target in targets) == declared > 150


def test_every_file_of_processes_is_a_target() -> None:
    """Each file of a process that captures may hold has a target."""
    assert {f"process {name}" for name in capture._OF_PROCESS} <= TARGETS.keys()


def test_mutations_repeat_and_stay_short(trees: Trees) -> None:
    """Equal seeds give equal inputs, which stay within the limit however often they are mutated."""
    target = TARGETS["tcp procfs /proc/net/tcp"]
    first, second = (list(inputs(target, trees, 300, 5)) for _ in range(2))
    assert first == second
    assert len(set(first)) > 250
    assert max(map(len, first)) <= LONGEST


def test_mutated_trees_are_trees() -> None:
    """A mutated snapshot is still the contents of one, and JSON mostly stays JSON."""
    random = Random(1)
    tree = join_tree({"capture.json": b'{"a":[1,{"b":null}]}', "proc/net/tcp": b"x\n"})
    for _ in range(300):
        tree = mutate_tree(tree, random)
        assert "proc/net/tcp" in split_tree(tree)
    assert mutate_json(b"not JSON", random) != b'"not JSON"'


@pytest.mark.parametrize("wrong", ["raises", "invalid", "endless", "odd"])
def test_a_faulty_parser_is_found(wrong: str, trees: Trees, monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser that raises, whose records break their schema, that gives far too much or something odd is a fault."""
    target = TARGETS["tcp procfs /proc/net/tcp"]
    seed = next(filter(None, target.seeds(trees)))
    of_source = target.run.__self__
    record = next(iter(of_source._feed.parsed(About(), of_source._place(seed))))
    record = record[0] if isinstance(record, list) else record

    def parse(*_contents: object) -> object:
        yield {"invalid": {**record, "state": 7}, "endless": [record] * 100_000, "odd": 5}.get(wrong) or 1 / 0

    monkeypatch.setattr(type(of_source._feed), "parsed", parse)
    with pytest.raises(ZeroDivisionError if wrong == "raises" else Fault):
        target.run(seed)


def test_what_is_found_is_kept(tmp_path: Path) -> None:
    """The program keeps an input once for each place that fails, with the name of its target."""

    def fail(data: bytes) -> None:
        if data:
            raise Fault("no")

    fuzzed = Fuzzed([Target("a b", "system", fail, lambda _: [b"x"])], tmp_path)
    for data in (b"a b\nx", b"a b\ny", b"a b\n", b"unknown\nx"):
        fuzzed.run(data)
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes() == b"a b\nx"
    assert fuzzed.executions == 3
    assert fuzzed.mutate(b"a b\nx", 100, 1).startswith(b"a b\n")


def test_the_program_runs() -> None:
    """A second of fuzzing two targets ends well, with or without atheris, and says how many inputs it tried."""
    command = [sys.executable, RUN, "2", "--only", "kept", "--jobs", "1"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "found: 0" in ran.stdout
    assert "system: no inputs" not in ran.stdout
