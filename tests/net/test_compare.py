"""The net itself: it tells what differs in any aspect, and nothing that does not."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from outcomes import Case, Outcome, differing, normalised, told

if TYPE_CHECKING:
    from pathlib import Path

CASE = Case("displays", "netlink/sockets -an", "run", {})
HEADING, ROW, COMPLAINT = ("stdout", b"heading\n"), ("stdout", b"row\n"), ("stderr", b"complaint\n")
BASE = Outcome("0", (HEADING, ROW, COMPLAINT), (("made.txt", b"100600"),))


@pytest.mark.parametrize(
    ("head", "aspects"),
    [
        (BASE, []),
        (BASE._replace(writes=(("stdout", b"head"), ("stdout", b""), ("stdout", b"ing\nrow\n"), COMPLAINT)), []),
        (BASE._replace(writes=(COMPLAINT, HEADING, ROW)), ["order"]),
        (BASE._replace(writes=(HEADING, COMPLAINT, ROW)), ["order"]),
        (BASE._replace(writes=(HEADING, ROW)), ["stderr"]),
        (BASE._replace(writes=(ROW, HEADING, COMPLAINT)), ["stdout"]),
        (BASE._replace(status="1"), ["status"]),
        (BASE._replace(status="TypeError: no", writes=()), ["status", "stdout", "stderr"]),
        (BASE._replace(files=(("made.txt", b"100644"),)), ["files"]),
        (BASE._replace(files=()), ["files"]),
    ],
)
def test_each_aspect_counts(head: Outcome, aspects: list[str]) -> None:
    """Status, streams, their order and files are compared; in how many parts something is written is not."""
    assert differing(BASE, head) == aspects
    assert bool(told(BASE, head)) == bool(aspects)


def test_normalisers_hide_what_they_name_where_they_are_for() -> None:
    """A wanted difference is hidden by a function of that name, in the cases it is for and in no others."""

    def renamed(case: Case, side: str, outcome: Outcome) -> Outcome:
        if case.group != "displays" or side != "base":
            return outcome
        return outcome._replace(writes=tuple((stream, text.upper()) for stream, text in outcome.writes))

    head = BASE._replace(writes=tuple((stream, text.upper()) for stream, text in BASE.writes))
    for case, found in ((CASE, []), (CASE._replace(group="where"), ["stdout", "stderr"])):
        sides = [normalised(case, side, one, {"renamed": renamed}) for side, one in (("base", BASE), ("head", head))]
        assert differing(*sides) == found


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the net reads pyproject.toml as Python 3.11 can")
def test_trees_are_told_apart(tmp_path: Path) -> None:
    """A process for each tree runs the code of that tree, and what was changed in one of them is found."""
    import compare
    from apart import ROOT, Tree
    from cases import PACKED

    changed = tmp_path / "changed"
    for name in ("netstat_core", "plugins", "ansible_collection"):
        shutil.copytree(ROOT / name, changed / name)
    shutil.copy(ROOT / "pyproject.toml", changed)
    heading = "Kernel IP routing table"
    module = next(one for one in (changed / "plugins").rglob("*.py") if heading in one.read_text())
    module.write_text(module.read_text().replace(heading, "Kernel IP routes"))
    snapshot = str(PACKED / "routes.txt")
    cases = [
        Case("displays", "-rn", "run", {"arguments": ["--from", snapshot, "-rn"]}),
        Case("displays", "-an", "run", {"arguments": ["--from", snapshot, "-an"]}),
        Case("alone", "--plugins", "run", {"arguments": ["--plugins"]}),
        Case("collect", "routes", "collect", {"snapshot": snapshot, "query": {"tables": ["routes"]}}),
    ]
    comparison = compare.Comparison(cases)
    compare.run(comparison, [Tree("base", ROOT, tmp_path), Tree("head", changed, tmp_path)], 1)
    assert comparison.compared == len(cases)
    assert [(case.name, aspects) for case, aspects, _ in comparison.differences] == [("-rn", ["stdout"])]
    assert not comparison.not_run
    assert not comparison.is_clean
