"""What sinks write: JSON that is valid whatever the records hold, and text with each heading once."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stand_ins import LOOK, PATH, CannedSystem, FewPlugins, feed, fixed, reader, run_of, thing

from netstat_core import Query, facts, sinks
from netstat_core.dialects import Request
from netstat_core.dialects.net_tools.session import NetToolsSession
from netstat_core.errors import NoPermission, NotInKernel, PluginError
from netstat_core.plugin import (
    Block,
    Column,
    Gap,
    Layout,
    NetlinkDump,
    OwnerColumn,
    Problem,
    Reader,
    Record,
    Rendering,
    Style,
    Trait,
    plain_table,
)
from netstat_core.plugin.sources import File
from netstat_core.report.drain import drain
from netstat_core.report.names import Names

FILES = {PATH: b""}
KNOWN = {"hosts": {"192.0.2.1": "gate.example"}, "services": {"tcp/22": "ssh"}, "users": {"0": "root"}}
LOOSE: Mapping[str, Any] = {"type": "object"}
"""The schema of a careless plugin: records may hold anything."""


def page(query: Query, out: io.BytesIO) -> Rendering:
    """Make the page of net-tools' text."""
    return NetToolsSession(Request(query, Style(query))).page(out)


def written(
    form: str, *readers: Reader, query: Query | None = None, repeating: bool = False, system: CannedSystem | None = None
) -> bytes:
    """Render a report on what some readers give."""
    query = query or Query(tables=())
    out = io.BytesIO()
    made = {sink.name: sink.make for sink in (*sinks.netstat_sinks(), *facts.netstat_sinks())}
    rendering = page(query, out) if form == "text" else made[form](out)
    host = FewPlugins(*readers)
    report = run_of(query, system or CannedSystem(FILES), host, layouts_only=form == "text", repeating=repeating)
    for _ in drain(report, rendering):
        pass
    return out.getvalue()


def strict(text: bytes) -> Any:
    """Parse JSON as the standard has it: UTF-8, no NaN, and no name twice in an object."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    def refuse(constant: str) -> Any:
        raise AssertionError(constant)

    return json.loads(text.decode("utf-8", "strict"), object_pairs_hook=once, parse_constant=refuse)


def loose(name: str, table: str, position: int, *records: Any) -> Reader:
    """Make a reader whose records may hold anything."""
    return reader(feed(fixed(*records)), name=name, table=table, position=position, record=LOOSE)


odd_texts = (
    st.text(max_size=8) | st.text(st.characters(), max_size=4) | st.sampled_from(["}\n{", "\udcff", '"', "\x00"])
)
leaves = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | odd_texts | st.binary(max_size=4)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(odd_texts, inner, max_size=2))
records = st.lists(st.dictionaries(st.sampled_from(["a", "b", "}\n{"]), values, max_size=3), max_size=3)
troubles = st.lists(
    st.builds(Problem, odd_texts, odd_texts, st.binary(max_size=300), st.none() | st.integers(0, 9))
    | st.builds(Gap, st.just("raced"), odd_texts, odd_texts, count=st.none() | st.integers(0, 9)),
    max_size=2,
)
TABLES = ["sockets", "routes", "things"]
pieces = st.lists(st.tuples(st.sampled_from(TABLES), records, troubles), max_size=4)


@settings(deadline=None, max_examples=80)
@given(given_pieces=pieces, interface=odd_texts, named=st.booleans(), repeating=st.booleans())
@example(given_pieces=[("things", [], [])], interface="\udcff", named=False, repeating=False)
@example(
    given_pieces=[("routes", [{}], []), ("things", [{}], []), ("routes", [{}], [])],
    interface="",
    named=False,
    repeating=True,
)
def test_json_is_always_valid(given_pieces: list[Any], interface: str, *, named: bool, repeating: bool) -> None:
    """Whatever tables, records, problems and request hold, in any order, the report is one strict JSON document."""
    declared = [
        loose(f"reader {number}", table, number, *found, *trouble)
        for number, (table, found, trouble) in enumerate(given_pieces)
    ]
    query = Query(tables=("things", "sockets") if named else (), interfaces=(interface,))
    if named:
        declared += [loose("sockets", "sockets", 90), loose("things", "things", 91)]
    text = written("json", *declared, query=query, repeating=repeating)
    report = strict(text)
    wanted = [(table, found) for table, found, _ in given_pieces if not named or table != "routes"]
    for table in report["tables"]:
        assert len(report["tables"][table]) == sum(len(found) for name, found in wanted if name == table)
    assert set(report["tables"]) == {table for table, _ in wanted} | ({"things", "sockets"} if named else set())
    assert text.endswith(b"\n")
    if repeating:
        assert text.count(b"\n") == 1


@settings(deadline=None, max_examples=40)
@given(given_pieces=pieces, interface=odd_texts)
def test_ndjson_is_always_valid(given_pieces: list[Any], interface: str) -> None:
    """Each line is a JSON object of its own, and the last is of kind report, with all that is no record."""
    declared = [
        loose(f"reader {number}", table, number, *found, *trouble)
        for number, (table, found, trouble) in enumerate(given_pieces)
    ]
    text = written("ndjson", *declared, query=Query(tables=(), interfaces=(interface,)))
    *lines, last = [strict(line) for line in text.split(b"\n")[:-1]]
    assert text.endswith(b"\n")
    assert len(lines) == sum(len(found) for _, found, _ in given_pieces)
    assert all(line["kind"] == "thing" for line in lines)
    assert last["kind"] == "report"
    assert {"problems", "completeness", "query", "system", "tables", "generator", "captured_at"} <= set(last)
    assert len(last["problems"]) + len(last["completeness"]) == sum(len(trouble) for *_, trouble in given_pieces)


def test_json_and_ndjson_hold_the_same() -> None:
    """Both formats have the same records and the same rest."""
    one = loose("one", "things", 1, thing(1), thing(2), Problem("s", "r", b"\xff", 3))
    report = strict(written("json", one))
    *lines, last = map(strict, written("ndjson", one).splitlines())
    assert report["tables"]["things"] == lines
    assert report["problems"] == last["problems"]
    assert report["problems"][0]["text"] == "\\xff"
    assert {**last, "kind": None, "tables": None} == {**report, "kind": None, "tables": None}


def test_json_tables_without_records_are_there() -> None:
    """A table that was asked for is in the report, empty, in the order in which tables were asked for."""
    query = Query(tables=("sockets", "things", "routes"))
    text = written(
        "json", loose("b", "routes", 1), loose("a", "things", 2, thing(1)), loose("c", "sockets", 3), query=query
    )
    assert list(strict(text)["tables"].items())[::2] == [("sockets", []), ("routes", [])]


def test_json_streams_a_record_a_line() -> None:
    """Without repetition each record is on a line of its own, so that line tools can look at a report."""
    text = written("json", loose("one", "things", 1, thing(1), thing(2, "}\n{")))
    lines = text.decode().splitlines()
    assert [line.startswith('{"name":') for line in lines].count(True) == 2
    assert len(lines) == 5


SHARED = Block("shared", heading=lambda _query, _traits: "Title\nHead\n")
QUIET = Block("quiet", heading=lambda _query, _traits: "Quiet\n", when_absent=False)


def plain_rows(_query: Query, _names: object, _traits: Mapping[str, Any]) -> Any:
    """Show a record as its number."""

    def rows(batch: Sequence[Record]) -> str:
        return "".join(f"{record['number']}\n" for record in batch)

    return rows


def shown(*parsed: Any, name: str, position: int, block: Block = SHARED, path: str = PATH) -> Reader:
    """Make a reader of things with a look of their number below a block's heading."""
    look = Layout(block=block, rows=plain_rows, needs=lambda _query: frozenset({"number"}))
    return reader(feed(fixed(*parsed), File(path)), name=name, position=position, layouts={"net-tools": look})


def test_headings_are_printed_once() -> None:
    """Readers of one block share its heading, be their batches many or none."""
    many = [thing(number) for number in range(1100)]
    text = written(
        "text", shown(*many, name="a", position=1), shown(name="b", position=2), shown(thing(7), name="c", position=3)
    )
    lines = text.decode().splitlines()
    assert lines[:3] == ["Title", "Head", "0"]
    assert lines[-2:] == ["1099", "7"]
    assert len(lines) == 2 + 1101


def test_headings_come_without_rows() -> None:
    """A block whose source is there but empty has its heading."""
    assert written("text", shown(name="a", position=1)) == b"Title\nHead\n"
    assert written("text", shown(name="a", position=1, block=QUIET)) == b"Quiet\n"


@pytest.mark.parametrize("failure", [NotInKernel, NoPermission])
def test_headings_without_a_source(failure: type[NotInKernel | NoPermission]) -> None:
    """A block that is printed in any case is printed for an absent source too; a quiet one is not."""
    system = CannedSystem({PATH: failure(PATH, "not for you")})
    assert written("text", shown(name="a", position=1), system=system) == b"Title\nHead\n"
    assert written("text", shown(name="a", position=1, block=QUIET), system=system) == b""


def test_blocks_keep_their_order() -> None:
    """A block's heading stands where its first reader is, again where another block came between."""
    parts = [
        shown(thing(1), name="a", position=1),
        shown(thing(2), name="b", position=2, block=QUIET),
        shown(thing(3), name="c", position=3),
    ]
    assert written("text", *parts) == b"Title\nHead\n1\nQuiet\n2\nTitle\nHead\n3\n"


def test_headings_know_traits() -> None:
    """What the source tells before its first record is known to heading and rows."""
    block = Block("block", heading=lambda _query, traits: f"columns: {traits['columns']}\n")
    one = shown(Trait("columns", 9), thing(1), name="a", position=1, block=block)
    assert written("text", one) == b"columns: 9\n1\n"


def test_readers_without_a_layout_are_no_text() -> None:
    """What a dialect has no display for is in structured output only."""
    one = reader(feed(fixed(thing(1))), layouts={})
    assert written("text", one) == b""
    assert len(strict(written("json", one))["tables"]["things"]) == 1


def test_text_survives_names_that_are_no_text() -> None:
    """A name with bytes that are no text, or that a terminal would obey, is printed masked."""
    one = reader(feed(fixed(thing(1, "a\\xff\x1b[1m"), thing(2, "\\\\"))))
    assert written("text", one) == b"Things\nName     Number\na\\xff\\x1b[1m      1\n\\             2\n"
    raw = reader(feed(fixed({"name": "\udcff", "number": 1})), record=LOOSE)
    assert b"\xff" not in written("text", raw)


def test_owners_in_plain_tables() -> None:
    """A column of owners shows the first that can be named as netstat does: PID and program."""
    look = plain_table("owned", "Owned", (OwnerColumn(), Column("N", field="number")))
    asked = Style(Query(owners=("processes",)))
    owner = {"pid": 12, "uid": 0, "name": "sshd", "command": ["/usr/sbin/sshd", "-D"]}
    owners = [None, [], [owner], [{**owner, "command": None}, owner], [{**owner, "command": [r"a\x1b[1m"]}]]
    text = look.rows(asked, Names(), {})([{"processes": held, "number": 5} for held in owners])
    assert [line.split()[0] for line in text.splitlines()] == ["-", "-", "12/sshd", "12/sshd", "12/a.[1m"]
    assert look.block.heading(asked, {}) == "Owned\nPID/Program name     N\n"
    assert look.needs(asked) == {"processes", "number"}


def test_owners_show_where_they_were_asked_for() -> None:
    """A column of owners stands in the table of those who asked for owners, and in no other."""
    look = plain_table("owned", "Owned", (OwnerColumn(), Column("N", field="number")))
    assert look.block.heading(Style(), {}) == "Owned\nN\n"
    assert look.rows(Style(), Names(), {})([{"number": 5}]) == "5\n"
    assert look.needs(Style()) == {"number"}


def test_columns_show_names_where_they_are_wanted() -> None:
    """A column of hosts, ports or users shows names where those are wanted; `format` makes the text of any other."""
    look = plain_table(
        "named",
        "Named",
        (
            Column("Port", field="port", name="port"),
            Column("User", field="uid", name="user"),
            Column("Host", field="address", name="host"),
            Column("Hex", field="number", format="{:#x}\x1b".format, align="right", width=8),
        ),
    )
    record = {"protocol": "tcp", "port": 22, "uid": 0, "address": "192.0.2.1", "number": 255}
    assert look.needs(Style()) == {"protocol", "port", "uid", "address", "number"}
    assert look.rows(Style(), Names(), {})([record]) == "22 0 192.0.2.1 0xff\\x1b\n"
    known = Names(ports=True, users=True, hosts=True, resolving=False, known=KNOWN)
    assert look.rows(Style(), known, {})([record]) == "ssh root gate.example 0xff\\x1b\n"


@pytest.mark.parametrize("wrong", [{"align": "middle"}, {"name": "pid"}, {"width": "8"}])
def test_columns_are_checked(wrong: dict[str, Any]) -> None:
    """A column with a side or a name that there is none of is refused in a line that names it."""
    with pytest.raises(PluginError, match=f"^Column 'N': {next(iter(wrong))}: must be"):
        Column("N", field="number", **wrong)


def test_plain_tables() -> None:
    """A plain table has a cell for each column: dashes for nothing, yes and no, lists joined by commas."""
    rows = LOOK.rows(Style(), Names(), {})
    texts = [rows([{"name": value, "number": 5}]) for value in (None, [], True, False, ["a", 2], 7)]
    assert [text.split()[0] for text in texts] == ["-", "-", "yes", "no", "a,2", "7"]


def test_a_stream_needs_no_end_to_show_rows() -> None:
    """Rows are written as they come, not when the report is complete."""
    dump = NetlinkDump("canned", protocol=0, type=0, body=b"")
    out, seen = io.BytesIO(), []

    def parse(_about: object, _datagrams: object) -> Any:
        for number in range(2000):
            seen.append(out.getvalue().count(b"\n"))
            yield thing(number)

    one = reader(feed(parse, dump, name="netlink"))
    sink = next(sink for sink in sinks.netstat_sinks() if sink.name == "ndjson")
    report = run_of(Query(tables=()), CannedSystem(dumps={"canned": [b""]}), FewPlugins(one))
    for _ in drain(report, sink.make(out)):
        pass
    assert seen[0] == 0
    assert 0 < seen[1000] <= 1000


def test_a_layout_that_raises_costs_its_own_rows() -> None:
    """A stranger's layout that breaks on a record ends neither the run nor the rows of other readers."""

    def break_down(*_: Any) -> Any:
        raise KeyError("no such field")

    broken = reader(feed(fixed(thing(1))), name="broken", position=1)
    broken = broken.replace(
        layouts={"net-tools": LOOK.replace(block=Block("broken", heading=lambda *_: ""), rows=break_down)}
    )
    whole = reader(feed(fixed(thing(2, "two"))), name="whole", position=2)
    report = run_of(Query(tables=()), CannedSystem(FILES), FewPlugins(broken, whole), layouts_only=True)
    out = io.BytesIO()
    for _ in drain(report, page(Query(tables=()), out)):
        pass
    assert b"two" in out.getvalue()
    assert [entry["reason"] for entry in report.ledger.completeness] == ["broken_plugin"]
