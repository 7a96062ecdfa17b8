"""What the command makes of plugins that err: a line each, the right exit status, and everything else shown."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stand_ins import LOOK, FewPlugins, feed, fixed, reader, thing

from netstat_core.cli import main as entry
from netstat_core.errors import NetstatError
from netstat_core.plugin import Complaint, Problem, Sink

Outcome = tuple[bytes, bytes, int]
Installed = Any


@pytest.fixture
def with_readers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Installed:
    """Give a function that runs the command where some readers and sinks are all there is."""
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/things").write_text("")

    def start(*arguments: str, readers: Any, sinks: Any = ()) -> Outcome:
        class Few(FewPlugins):
            def __init__(self, *_: object) -> None:
                super().__init__(*readers, sinks=sinks)

        with monkeypatch.context() as patch:
            patch.setattr(entry, "Host", Few)
            stdout, stderr = io.BytesIO(), io.BytesIO()
            status = entry.run(["--from", str(tmp_path), "--tables", "things", *arguments], stdout, stderr)
        return stdout.getvalue(), stderr.getvalue(), status

    return start


def test_status_4_is_for_rejected_records(with_readers: Installed) -> None:
    """A record that does not match its schema is missing, told in one line, and makes the exit status 4."""
    stdout, stderr, status = with_readers(readers=[reader(feed(fixed(thing(1, "a"), thing(-1), thing(2, "b"))))])
    assert (stdout, status) == (b"Things\nName     Number\na             1\nb             2\n", 4)
    assert stderr.startswith(
        b"pynetstat: things: plugin stand_in, reader things, feed procfs, kind thing: field number"
    )
    assert stderr.count(b"\n") == 1
    assert with_readers("--json", readers=[reader(feed(fixed(thing(-1))))])[2] == 4


@pytest.mark.parametrize(
    ("trouble", "status"),
    [(Problem("/x", "bad"), 0), (Problem("/x", "bad", code="worse"), 7), (ValueError("a broken parser"), 0)],
)
def test_no_other_trouble_makes_status_4(trouble: Any, status: int, with_readers: Installed) -> None:
    """A bad line has the words and status of its layout, a broken parser one line; neither is status 4."""
    look = LOOK.replace(
        complain=lambda told, _query: Complaint(told.reason, status=7 if getattr(told, "code", "") == "worse" else 0)
    )
    one = reader(feed(fixed(thing(1), trouble)), layouts={"net-tools": look})
    for form in ("text", "json"):
        _, stderr, ended = with_readers("--format", form, readers=[one])
        assert (stderr.count(b"\n"), ended) == (1, status)


def test_a_rejected_record_does_not_end_repeating(with_readers: Installed) -> None:
    """A plugin's mistake does not end a listing that goes on, and is still the status at its end."""
    stdout, _, status = with_readers("0", "3", readers=[reader(feed(fixed(thing(-1), thing(1))))])
    assert (stdout.count(b"Things"), status) == (3, 4)


def test_a_reader_with_a_bad_schema_is_told(with_readers: Installed) -> None:
    """A kind whose schema is none is marked in the list of plugins, costs one line elsewhere, and others are shown."""
    bad = reader(feed(fixed(thing(1))), name="bad", kind="bad", record=int)
    good = reader(feed(fixed(thing(2, "x"))), name="good", position=20)
    stdout, stderr, status = with_readers(readers=[bad, good])
    assert (stdout, stderr.count(b"\n"), status) == (b"Things\nName     Number\nx             2\n", 1, 0)
    listed, _, listed_status = with_readers("--plugins", readers=[bad, good])
    assert b"bad: table things, families toy, bad 1, feeds procfs, broken: " in listed
    assert listed_status == 1
    assert json.loads(with_readers("--schema=thing", readers=[bad, good])[0])["$id"] == "urn:netstat:thing:1"


def test_sinks_are_ended(with_readers: Installed) -> None:
    """An output format is begun, given all records and ended, once a report."""

    class Counting:
        def __init__(self, out: Any) -> None:
            self.out = out

        def begin(self, head: Any) -> None:
            self.out.write(b"begin ")

        def batch(self, one: Any, records: Any) -> None:
            self.out.write(b"%d " % len(records) if records else b"")

        def problem(self, one: Any, trouble: Any) -> None:
            self.out.write(b"problem ")

        def end(self, tail: Any) -> None:
            self.out.write(b"end\n")

    sink = Sink("counting", meaning="numbers of records", make=Counting)
    one = reader(feed(fixed(thing(1), Problem("/x", "bad"), thing(2))))
    assert with_readers("--format", "counting", readers=[one], sinks=[sink])[0] == b"begin 1 problem 1 end\n"


def test_errors_carry_their_status() -> None:
    """Every error of the tree has an exit status of its own kind, as the manual has them."""

    def family(kind: type[NetstatError]) -> Iterator[type[NetstatError]]:
        yield kind
        for below in kind.__subclasses__():
            yield from family(below)

    statuses = {kind.__name__: kind.exit_status for kind in family(NetstatError) if kind.__module__.endswith("errors")}
    assert statuses == {
        "NetstatError": 1,
        "UsageError": 3,
        "OptionError": 3,
        "Refused": 3,
        "FilterFailed": 3,
        "SourceError": 255,
        "Interrupted": 255,
        "Damaged": 255,
        "NotInKernel": 1,
        "NarrowerCapture": 1,
        "NoPermission": 1,
        "SnapshotError": 1,
        "PluginError": 1,
        "SchemaViolation": 4,
    }
