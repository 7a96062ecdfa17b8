"""The pipeline: what a failure costs and what is told of it, how records are filled, and that everything streams."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from stand_ins import (
    LOOK,
    PATH,
    THINGS,
    CannedSystem,
    FewPlugins,
    collected,
    feed,
    fixed,
    numbers,
    reader,
    reasons,
    run_of,
    thing,
)

from netstat_core import Query, UsageError, collect, open_report
from netstat_core.errors import NoPermission
from netstat_core.host.discovery import Host
from netstat_core.plugin import Gap, Problem, Trait, from_asked
from netstat_core.system.capture import Owners

PROCFS = feed(fixed(thing(7)))


def test_a_broken_parser_keeps_its_rows() -> None:
    """An exception in the midst of parsing costs what would have followed: rows before it stay, the plugin is named."""
    parse = fixed(*(thing(number) for number in range(700)), KeyError("\x1b[31m" + "x" * 900), thing(9))
    report = collected(feed(parse), PROCFS)
    assert numbers(report) == list(range(700))
    (entry,) = report["completeness"]
    assert (entry["reason"], entry["source"], entry["reader"]) == ("broken_plugin", "plugin stand_in", "things")
    assert "KeyError" in entry["detail"]
    assert entry["detail"].isprintable()
    assert len(entry["detail"]) < 400


@pytest.mark.parametrize("junk", [5, b"bytes", "text", None, ("a", 1)], ids=repr)
def test_what_is_no_record_is_told(junk: Any) -> None:
    """A parser that yields what nobody can use is named, and the other readers are not touched."""
    bad, good = reader(feed(fixed(thing(1), junk)), name="bad"), reader(feed(fixed(thing(2))), name="good", position=20)
    report = collect(THINGS, CannedSystem({PATH: b""}), FewPlugins(bad, good))
    assert numbers(report) == [1, 2]
    assert set(reasons(report)) == {"broken_plugin"}


def test_parsers_may_give_lists() -> None:
    """Records that come in lists are in order with those that come alone."""
    report = collected(feed(fixed(thing(1), [thing(2), thing(3)], thing(4), [], [thing(5)])))
    assert numbers(report) == [1, 2, 3, 4, 5]


def raise_runtime_error(*_arguments: object) -> Any:
    """Break, wherever this is called."""
    raise RuntimeError("no luck")


JUNK: Any = ["/proc/net/tcp"]
DECLARED_WRONG: dict[str, dict[str, Any]] = {
    "a record type that is none": {"record": int},
    "a schema that is none": {"record": {"type": "no such type"}},
    "inputs that raise": {"feeds": (PROCFS.replace(inputs=(from_asked(raise_runtime_error),)),)},
    "inputs that are none": {"feeds": (PROCFS.replace(inputs=(from_asked(lambda _asked: JUNK),)),)},
    "a rule on what was asked that raises": {"feeds": (PROCFS.replace(serves=raise_runtime_error),)},
    "a parser that raises at once": {"feeds": (PROCFS.replace(parse=raise_runtime_error),)},
    "a rule that raises": {"layouts": {"net-tools": LOOK.replace(shown=lambda _query: raise_runtime_error)}},
    "a rule that is none": {"layouts": {"net-tools": LOOK.replace(shown=raise_runtime_error)}},
}


@pytest.mark.parametrize("mistake", DECLARED_WRONG)
@pytest.mark.parametrize("layouts_only", [False, True])
def test_wrong_declarations_cost_their_reader_only(mistake: str, *, layouts_only: bool) -> None:
    """Whatever a reader declares wrongly, it is named in completeness, and the readers behind it are read."""
    bad = reader(PROCFS, name="bad").replace(**DECLARED_WRONG[mistake])
    good = reader(PROCFS, name="good", position=20)
    report = run_of(THINGS, CannedSystem({PATH: b""}), FewPlugins(bad, good), layouts_only=layouts_only)
    assert [(one.name, record["number"]) for one, batch in report.batches() for record in batch] == [("good", 7)]
    assert {(entry["reason"], entry["reader"]) for entry in report.ledger.completeness} == {("broken_plugin", "bad")}


def test_a_layout_that_cannot_say_what_it_needs_costs_its_reader_only() -> None:
    """What a layout declares wrongly is its reader's loss in text, and no loss to records."""
    bad = reader(PROCFS, name="bad", layouts={"net-tools": LOOK.replace(needs=raise_runtime_error)})
    host = FewPlugins(bad, reader(PROCFS, name="good", position=20))
    for layouts_only, names in ((True, ["good"]), (False, ["bad", "good"])):
        report = run_of(THINGS, CannedSystem({PATH: b""}), host, layouts_only=layouts_only)
        assert [one.name for one, _ in report.batches()] == names


def test_problems_say_what_and_where() -> None:
    """What could not be parsed is told with source, line and reason, its text escaped and cut."""
    bad = Problem(PATH, "too few columns", b"\xff\\ \x1b" + b"y" * 500, 12)
    report = collected(feed(fixed(thing(1), bad, thing(2))))
    assert numbers(report) == [1, 2]
    (entry,) = report["problems"]
    assert entry == {
        "source": PATH,
        "line": 12,
        "text": "\\xff\\\\ \x1b" + "y" * 196,
        "code": "bogus",
        "field": None,
        "reason": "too few columns",
        "table": "things",
        "reader": "things",
        "network_namespace": None,
    }


def test_gaps_of_parsers_are_entries() -> None:
    """What a parser says was missed is in completeness with its reader and count; a trait is for layouts only."""
    report = collected(feed(fixed(Trait("columns"), Gap("raced", PATH, "rows were lost", count=3), thing(1))))
    (entry,) = report["completeness"]
    assert (entry["reason"], entry["count"], entry["table"], entry["reader"]) == ("raced", 3, "things", "things")
    assert numbers(report) == [1]


def test_records_get_the_hosts_fields() -> None:
    """Each record names its kind and the namespace it was seen in."""
    system = CannedSystem({PATH: b""})
    system.namespace = {"inode": 4026531840, "name": None}
    (record,) = collect(THINGS, system, FewPlugins(reader(PROCFS)))["tables"]["things"]
    assert (record["kind"], record["network_namespace"]) == ("thing", {"inode": 4026531840, "name": None})
    assert "processes" not in record


def owners(pids: dict[int, list[int]], *, denied: int = 0, unread: int = 0, hidden: bool = False) -> Owners:
    """Make the result of an owner scan."""
    made = Owners()
    made.pids = {inode: tuple(held) for inode, held in pids.items()}
    made.denied, made.unread, made.hidden = denied, unread, hidden
    return made


FILES_OF_77 = {
    (77, "cmdline"): b"/usr/bin/caf\xe9\0-x\0",
    (77, "comm"): b"caf\xe9\n",
    (77, "status"): b"Name:\tx\nUid:\t1000\t0\t0\t0\n",
}
PROCESS = {"pid": 77, "uid": 1000, "name": "caf\\xe9", "command": ["/usr/bin/caf\\xe9"]}
GONE = {"pid": 99, "uid": None, "name": None, "command": None}


@pytest.mark.parametrize(
    ("found", "processes", "gaps"),
    [
        (owners({5: [77]}), [[PROCESS], [], []], []),
        (owners({5: [77, 99]}), [[PROCESS, GONE], [], []], []),
        (owners({}), [[], [], []], []),
        (owners({5: [77]}, denied=3), [[PROCESS], None, []], ["permission"]),
        (owners({}, unread=1), [None, None, []], ["permission"]),
        (owners({}, hidden=True), [None, None, []], ["permission"]),
        (NoPermission("/proc", "no"), [None, None, []], ["permission"]),
    ],
)
def test_processes_are_joined(found: Any, processes: list[Any], gaps: list[str]) -> None:
    """All owners of a socket are known, none, or unknown where some could not be seen; no inode has no owner."""
    parse = fixed(*({"name": None, "inode": inode} for inode in (5, 6, None)))
    schema = {"type": "object", "properties": {"name": {}, "inode": {}}}
    sockets = reader(feed(parse), record=schema, inode_field="inode")
    system = CannedSystem({PATH: b""}, owners=found, processes=FILES_OF_77)
    report = collect(THINGS._replace(owners=("processes",)), system, FewPlugins(sockets))
    assert [record["processes"] for record in report["tables"]["things"]] == processes
    assert reasons(report) == gaps
    json.dumps(report)


def test_processes_are_null_unless_asked_for() -> None:
    """Without -p nobody is searched for, and the field says that it was not known."""
    sockets = reader(feed(fixed({"inode": 5})), record={"type": "object"}, inode_field="inode")
    system = CannedSystem({PATH: b""}, owners=AssertionError("nobody asked"))
    assert collect(THINGS, system, FewPlugins(sockets))["tables"]["things"][0]["processes"] is None


def test_reports_are_plain_data() -> None:
    """What collect gives is what json.dumps takes as it is, with all sections there."""
    report = collected(feed(fixed(thing(1), Problem(PATH, "bad", b"\xff"), Gap("raced", PATH, "lost"), thing(-1))))
    again = json.loads(json.dumps(report))
    assert again == report
    assert list(report) == [
        *("schema", "captured_at", "generator", "system", "query", "tables", "problems", "completeness"),
    ]
    assert report["schema"] == "urn:netstat:report:1"
    assert report["system"]["hostname"] == "stand-in"
    assert report["query"]["tables"] == ["things"]
    assert sorted(reasons(report)) == ["raced", "rejected"]


INSTALLED = FewPlugins(
    reader(PROCFS, name="a", families=("toy", "lego"), protocols=("brick",)),
    reader(PROCFS, name="b", table="boxes", position=20),
)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (Query(tables=("nope",)), "unknown table 'nope'; known: boxes, things"),
        (Query(tables=("things", "nope")), "unknown table 'nope'; known: boxes, things"),
        (Query(tables=("things",), families=("nope",)), "unknown family 'nope'; known: lego, toy"),
        (Query(tables=("things",), protocols=("nope",)), "unknown protocol 'nope'; known: brick"),
    ],
)
def test_unknown_names_are_refused(query: Query, message: str) -> None:
    """A name that no plugin knows is refused with those that are known, not answered with nothing."""
    for front_door in (collect, open_report):
        with pytest.raises(UsageError) as raised:
            front_door(query, CannedSystem(), INSTALLED)
        assert str(raised.value) == message


def test_known_names_that_meet_nothing_are_no_mistake() -> None:
    """A table without readers of the family that was asked for is empty."""
    report = collect(Query(tables=("boxes",), families=("lego",)), CannedSystem(), INSTALLED)
    assert report["tables"] == {"boxes": []}


def test_tables_stay_together() -> None:
    """Structured output has a table's readers one after the other, whatever their positions; text has positions."""
    mixed = [reader(PROCFS, name=str(n), table=table, position=n) for n, table in enumerate(("x", "y", "x", "y"))]
    together = run_of(Query(tables=()), CannedSystem({PATH: b""}), FewPlugins(*mixed))
    assert [one.table for one, _ in together.batches()] == ["x", "x", "y", "y"]
    asked = run_of(Query(tables=("y", "x")), CannedSystem({PATH: b""}), FewPlugins(*mixed))
    assert [one.table for one, _ in asked.batches()] == ["y", "y", "x", "x"]
    text = run_of(Query(tables=()), CannedSystem({PATH: b""}), FewPlugins(*mixed), layouts_only=True)
    assert [one.table for one, _ in text.batches()] == ["x", "y", "x", "y"]


def test_layouts_hide_rows_everywhere() -> None:
    """What a dialect hides in text is hidden in records too; Python callers go by the reader's own rule."""
    odd = LOOK.replace(shown=lambda query: (lambda record: record["number"] % 2 == 1) if query.show != "all" else None)
    parse = fixed(*(thing(number) for number in range(5)))
    report = collected(feed(parse), layouts={"net-tools": odd})
    assert numbers(report) == [0, 1, 2, 3, 4]
    system = CannedSystem({PATH: b""})
    listening = THINGS._replace(show="listening")
    shown = run_of(listening, system, FewPlugins(reader(feed(parse), layouts={"net-tools": odd})))
    assert [record["number"] for _, batch in shown.batches() for record in batch] == [1, 3]
    one = reader(feed(parse), layouts={"net-tools": odd}).replace(listening=lambda record: record["number"] > 2)
    assert numbers(collect(listening, system, FewPlugins(one))) == [3, 4]
    assert numbers(collect(THINGS._replace(show="connected"), system, FewPlugins(one))) == [0, 1, 2]
    assert len(numbers(collect(listening, system, FewPlugins(reader(feed(parse), layouts={}))))) == 5


def test_reports_stream() -> None:
    """A batch is given before the rest is parsed, and a report that is left alone reads no further."""
    made = 0

    def parse(_about: object, _content: bytes) -> Iterator[dict[str, Any]]:
        nonlocal made
        for number in range(100_000):
            made += 1
            yield thing(number)

    report = open_report(THINGS, CannedSystem({PATH: b""}), FewPlugins(reader(feed(parse))))
    assert made == 0
    batches = report.batches()
    _, first = next(batches)
    assert 0 < len(first) <= made < 5000
    del batches
    assert made < 5000
    assert gc.isenabled()


def test_memory_is_flat() -> None:
    """However many sockets there are, a report that is looked at batch by batch holds a few of them at a time."""

    def parse(_about: object, _content: bytes) -> Iterator[dict[str, Any]]:
        for number in range(200_000):
            yield thing(number, f"name {number}")

    report = open_report(THINGS, CannedSystem({PATH: b""}), FewPlugins(reader(feed(parse))))
    count = 0
    tracemalloc.start()
    try:
        for _, batch in report.batches():
            count += len(batch)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 200_000
    assert peak < 4 << 20


def test_the_installed_plugins_answer() -> None:
    """The front door without arguments but the query reads this machine, and says what it could not see."""
    report = collect(Query(protocols=("tcp",)), host=Host(blocked=("unix",)))
    json.dumps(report)
    assert set(report["tables"]) == {"sockets"}
    assert report["system"]["kernel_release"]
    assert all(record["protocol"] == "tcp" for record in report["tables"]["sockets"])
