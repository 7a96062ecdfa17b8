"""Doubt is data: what could not be seen is told in fields, once, and takes coverage away where it belongs."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from host.stand_ins import PATH, THINGS, CannedSystem, FewPlugins, feed, fixed, reader, run_of, thing
from trees import FIXTURES

from netstat_core import collect
from netstat_core.errors import NoPermission
from netstat_core.facts.gather import gather
from netstat_core.facts.query import facts_query
from netstat_core.host.discovery import Host
from netstat_core.plugin.outcomes import SUBJECTS, Gap, Problem
from netstat_core.plugin.sources import File
from netstat_core.report.coverage import ReportCoverage
from netstat_core.report.drain import drain
from netstat_core.report.ledger import Ledger
from netstat_core.report.run import Ended, Read
from netstat_core.sinks.json import JsonRendering
from netstat_core.sinks.redacted import RedactedRendering
from netstat_core.system import Selectors, System
from netstat_core.system.capture import DESCRIPTION
from netstat_core.system.namespace_gaps import make_selector_gap
from netstat_core.system.recording import RecordingSystem
from netstat_core.system.snapshot import SnapshotSystem
from netstat_core.system.stores import MemoryStore

ROOT = Path(__file__).resolve().parents[2]

PLACES = [{"inode": number, "name": None} for number in (11, 12, 13)]


def noted(ledger: Ledger, *gaps: Gap, places: list[Any] = PLACES) -> list[dict[str, Any]]:
    """Note gaps of one reader in each of some namespaces, and return the entries."""
    of = reader(feed(fixed()))
    for place in places:
        ledger.namespace = place
        for gap in gaps:
            ledger.note(gap, of)
    return ledger.completeness


def test_what_is_the_same_in_many_namespaces_is_told_once() -> None:
    """Gaps that differ by their namespace alone are one entry with all of them; that of a single one names it."""
    ledger = Ledger()
    noted(ledger, Gap("permission", PATH, "no", errno=13))
    entries = noted(ledger, Gap("permission", PATH, "never", errno=13), places=PLACES[:1])
    assert [(one["detail"], one["network_namespace"], one["network_namespaces"]) for one in entries] == [
        ("no", None, PLACES),
        ("never", PLACES[0], None),
    ]


def test_equal_gaps_of_one_namespace_stay_apart() -> None:
    """What happened twice in each namespace is two entries, and what is of no namespace is as often as it happened."""
    twice = [Gap("rejected", "things", "bad")] * 2
    assert [one["network_namespaces"] for one in noted(Ledger(), *twice)] == [PLACES, PLACES]
    assert len(noted(Ledger(), *twice, places=[None])) == 2


@pytest.mark.parametrize("field", ["reason", "about", "source", "detail", "errno", "count", "selector"])
def test_only_what_is_the_same_is_folded(field: str) -> None:
    """Gaps of two namespaces that differ in any field besides are two entries."""
    other = {"about": "table", "errno": 7, "count": 7}.get(field, "else")
    ledger = Ledger()
    gap = Gap("permission", PATH, "no")
    noted(ledger, gap, places=PLACES[:1])
    assert len(noted(ledger, gap.replace(**{field: other}), places=PLACES[1:2])) == 2


class Several(CannedSystem):
    """A machine of several namespaces, all of which hold the same."""

    def open_namespaces(self, selectors: Selectors, owners: Any) -> Any:
        """Give a system for each place."""
        systems: list[System] = []
        for place in PLACES:
            system = CannedSystem({PATH: b""})
            system.namespace = place  # type: ignore[assignment]
            systems.append(system)
        return nullcontext((systems, []))


def test_a_folded_gap_is_missing_in_each_namespace() -> None:
    """What one entry tells of several namespaces is missed in these, and in no other."""
    bad = reader(feed(fixed(thing(1), Gap("raced", PATH, "some may be missing"))), name="bad")
    run = run_of(THINGS._replace(all_network_namespaces=True), Several(), FewPlugins(bad))
    tail = next(event.tail for event in run if isinstance(event, Ended))
    assert len(tail.completeness) == 1
    covered = ReportCoverage(run.head, tail)
    assert [sorted(covered.of(place).partly) for place in PLACES] == [["bad"]] * 3  # type: ignore[arg-type]
    assert covered.of({"inode": 99, "name": None}).whole == (bad,)


def test_what_was_not_read_is_not_covered() -> None:
    """Readers behind the place where a report was ended are not read whole, and are missed."""
    readers = [reader(feed(fixed(thing(number))), name=f"r{number}", position=number) for number in (1, 2, 3)]
    run = run_of(THINGS, CannedSystem({PATH: b""}), FewPlugins(*readers))
    for event in run:
        if isinstance(event, Read):
            run.stop()
        if isinstance(event, Ended):
            covered = ReportCoverage(run.head, event.tail).of(None)
    assert [one.name for one in covered.whole] == ["r1"]
    assert [(one["reader"], one["about"]) for one in covered.missed] == [("r2", "table"), ("r3", "table")]


def test_families_are_covered_by_what_was_read() -> None:
    """Facts cover the families of readers that were read whole: of none that failed, or whose rows were damaged."""
    readers = (
        reader(feed(fixed(thing(1))), name="good", families=("inet",)),
        reader(feed(fixed(thing(1)), File("/forbidden")), name="shut", families=("toy",)),
        reader(feed(fixed(Problem(PATH, "torn"))), name="torn", families=("rag",)),
    )
    system = CannedSystem({PATH: b"", "/forbidden": NoPermission("/forbidden", "no", 13)})
    facts = gather(THINGS, system, FewPlugins(*readers)).facts
    assert facts["covers"]["families"] == ["inet"]
    assert [one["about"] for one in facts["incomplete_because"]] == ["table", "source"]


def test_families_of_plugins_that_are_left_out_are_not_covered() -> None:
    """Who blocks a plugin gets no claim about the families that it alone reads the sockets of."""
    host = Host({"legacy_af"})
    facts = gather(facts_query(host, tables=["sockets"]), SnapshotSystem(FIXTURES / "netlink/sockets.txt"), host).facts
    assert set(facts["covers"]["families"]) <= {"inet", "inet6", "unix"}
    assert "inet" in facts["covers"]["families"]


def test_a_gap_is_about_what_is_known() -> None:
    """A gap about another thing than the documented ones cannot be made, so a plugin cannot put one into a report."""
    with pytest.raises(ValueError, match="a gap is about one of source, field, table, owners"):
        Gap("permission", PATH, "no", about="weather")  # type: ignore[arg-type]

    def parse(*_: Any) -> Iterator[Gap]:
        yield Gap("permission", PATH, "no", about="weather")  # type: ignore[arg-type]

    (entry,) = collect(THINGS, CannedSystem({PATH: b""}), FewPlugins(reader(feed(parse))))["completeness"]
    assert (entry["reason"], entry["about"]) == ("broken_plugin", "plugin")


def test_every_subject_is_documented() -> None:
    """The words for what a gap is about stand in the documentation of reports."""
    page = (ROOT / "docs/records.md").read_text("utf-8")
    assert [word for word in SUBJECTS if f"| `{word}` |" not in page] == []


class Lost(CannedSystem):
    """A machine that cannot enter a namespace of any name."""

    def open_namespaces(self, selectors: Selectors, owners: Any) -> Any:
        """Give gaps for all names, and one for namespaces without."""
        gaps = [make_selector_gap("permission", name, "no rights").replace(errno=1) for name in selectors.names]
        return nullcontext(([self], [*gaps, make_selector_gap("truncated", "", "too many").replace(count=3)]))


@pytest.mark.parametrize("selector", ["red", "network namespaces", "network namespace x", "pid:7", "a\\b"])
def test_what_selected_a_namespace_is_recorded(selector: str) -> None:
    """A namespace that could not be read is recorded under what selected it, whatever its name looks like."""
    recording = RecordingSystem(Lost({}))
    with recording.open_namespaces(Selectors((selector,), every=False, limit=9), None) as (_, gaps):
        pass
    about = json.loads(recording.to_tree({})[DESCRIPTION])
    assert [one[1] for one in about["missed"]] == [selector, ""]
    system = SnapshotSystem(MemoryStore({f"/{DESCRIPTION}": json.dumps(about).encode()}))
    with system.open_namespaces(Selectors((selector,), every=False, limit=9), None) as (_, replayed):
        assert [*replayed] == gaps[:1]


def test_attempts_and_selectors_are_redacted() -> None:
    """Names in the attempts of a gap, and of namespaces that could not be read, are replaced like all others."""
    forbidden = NoPermission(PATH, "not for secret-host", 13)
    things = reader(feed(fixed(thing(1, "secret-host")), File("/fine")), name="first")
    shut = reader(feed(fixed(thing(1))), name="second", position=20)
    query = THINGS._replace(network_namespaces=("db", "pid:7"))
    out = io.BytesIO()
    run = run_of(query, Lost({PATH: forbidden, "/fine": b""}), FewPlugins(things, shut))
    assert [*drain(run, RedactedRendering(JsonRendering(out)))]
    report = json.loads(out.getvalue())
    name, _pid = report["query"]["network_namespaces"]
    assert [one["selector"] for one in report["completeness"]] == [name, "pid:7", None, None]
    assert name != "db"
    (attempt,) = report["completeness"][-1]["attempts"]
    assert attempt.keys() == {"feed", "source", "reason", "detail", "errno"}
    assert b"secret-host" not in out.getvalue()


def test_words_of_closed_sets_are_not_redacted() -> None:
    """What a gap is about and why stays, whatever names a machine gives to its things."""
    rows = [thing(number, name) for number, name in enumerate(("table", "permission", "procfs", "second"))]
    first = reader(feed(fixed(*rows), File("/fine")), name="first")
    shut = reader(feed(fixed(thing(1))), name="second", position=20)
    out = io.BytesIO()
    system = CannedSystem({PATH: NoPermission(PATH, "not for table", 13), "/fine": b""})
    assert [*drain(run_of(THINGS, system, FewPlugins(first, shut)), RedactedRendering(JsonRendering(out)))]
    (gap,) = json.loads(out.getvalue())["completeness"]
    (attempt,) = gap["attempts"]
    assert (gap["about"], gap["reason"], gap["reader"]) == ("table", "permission", "second")
    assert (attempt["feed"], attempt["reason"]) == ("procfs", "permission")
    assert gap["detail"] == "not for name2"
