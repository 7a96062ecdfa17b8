"""A report from its start to its end: what is refused comes before the first byte, what fails later is told."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pynetstat import show
from stand_ins import PATH, THINGS, CannedSystem, FewPlugins, feed, fixed, reader, run_of, thing
from trees import Trees

from netstat_core import Query, UsageError, collect, open_report
from netstat_core.cli.main import run
from netstat_core.errors import FilterFailed, Refused, SnapshotError
from netstat_core.plugin import File, from_asked
from netstat_core.report.coverage import ReportCoverage
from netstat_core.report.drain import drain
from netstat_core.report.run import Ended, Noted, Read, Run, Started
from netstat_core.sinks.json import JsonRendering

FILES = {PATH: b""}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--json", "--all-netns"], "one network namespace"),
        (["--format", "facts", "--netns", "red"], "one network namespace"),
        (["--json", "-r", "--route-table", "nosuch"], "unknown routing table 'nosuch'"),
        (["-r", "--route-table", "nosuch"], "unknown routing table 'nosuch'"),
        (["--json", "-tn", "--where", "nosuch == 1"], "--where: unknown field nosuch"),
    ],
)
def test_refusals_come_before_the_first_byte(trees: Trees, arguments: list[str], words: str) -> None:
    """What cannot be served is one line on stderr, and no half a document on stdout."""
    shown = show(trees["captures/misc-a-6.1"], *arguments)
    assert (shown.stdout, shown.stderr.count(b"\n"), shown.returncode) == (b"", 1, 3)
    assert words in shown.stderr.decode()


@pytest.mark.parametrize("option", ["--json", "--ndjson", "-tn"])
@pytest.mark.parametrize("selector", ["a/b", "pid:x"])
def test_no_namespace_is_no_half_document(option: str, selector: str) -> None:
    """What can be no namespace's name is refused before the live system is read."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    assert run([option, "--netns", selector], stdout, stderr) == 3
    assert (stdout.getvalue(), stderr.getvalue()[:20]) == (b"", b"pynetstat: --netns: ")


def test_a_stream_has_a_start_and_an_end() -> None:
    """The first event starts the report, the last ends it, and every reader opens with an empty batch."""
    stream = run_of(THINGS, CannedSystem(FILES), FewPlugins(reader(feed(fixed(thing(1))))))
    events = list(stream)
    assert [type(event) for event in events] == [Started, Read, Read, Ended]
    assert [len(event.batch) for event in events if isinstance(event, Read)] == [0, 1]


def raising(error: Exception) -> Any:
    """Make a parser that yields a thing and raises."""

    def parse(_about: object, _content: bytes) -> Iterator[dict[str, Any]]:
        yield thing(1)
        raise error

    return parse


@pytest.mark.parametrize("error", [UsageError("no"), Refused("no"), RuntimeError("no"), SystemError("no")])
def test_what_a_parser_raises_costs_its_reader_only(error: Exception) -> None:
    """No exception of a plugin's parser, and be it one of the host's own, ends the report."""
    bad = reader(feed(raising(error)), name="bad")
    good = reader(feed(fixed(thing(7))), name="good", position=20)
    report = collect(THINGS, CannedSystem(FILES), FewPlugins(bad, good))
    assert [one["number"] for one in report["tables"]["things"]] == [1, 7]
    assert [(one["reason"], one["reader"]) for one in report["completeness"]] == [("broken_plugin", "bad")]


def refuse(error: Exception) -> Any:
    """Make sources that raise."""

    def sources(_query: Query) -> list[Any]:
        raise error

    return sources


def test_sources_that_raise_cost_their_reader_only() -> None:
    """A stranger's UsageError from sources is no refusal; only Refused is one, and it comes before anything is read."""
    good = reader(feed(fixed(thing(7))), name="good", position=20)
    system = CannedSystem(FILES)
    bad = reader(feed(fixed(), from_asked(refuse(UsageError("no")))), name="bad")
    assert [len(batch) for _, batch in run_of(THINGS, system, FewPlugins(bad, good)).batches()] == [1]
    refusing = reader(feed(fixed(), from_asked(refuse(Refused("not this")))), name="refusing", position=30)
    system.asked.clear()
    with pytest.raises(UsageError, match="not this"):
        open_report(THINGS, system, FewPlugins(good, refusing))
    assert system.asked == []


def test_library_errors_name_fields() -> None:
    """What Python callers are told names the query's fields, not the options of a command line."""
    host = FewPlugins(reader(feed(fixed(thing(1)))))
    with pytest.raises(UsageError, match=r"^where: unknown field nosuch") as raised:
        collect(THINGS._replace(where="nosuch == 1"), CannedSystem(FILES), host)
    assert raised.value.field == "where"
    with pytest.raises(UsageError, match=r"^delta: "):
        collect(THINGS._replace(delta=True), CannedSystem(FILES), host)


TOO_LARGE = "*".join(["18446744073709551615"] * 20) + " * number / 1.5 > 0.5"


def test_an_expression_that_raises_is_the_users_error() -> None:
    """It ends the report with an error about the expression: no plugin is blamed, and no table is empty."""
    host = FewPlugins(reader(feed(fixed(thing(1), thing(2)))))
    query = Query(tables=("things",), where=TOO_LARGE)
    with pytest.raises(FilterFailed, match="cannot be evaluated for a record") as raised:
        collect(query, CannedSystem({PATH: b""}), host)
    assert (raised.value.field, raised.value.exit_status) == ("where", 3)


class Damaged(CannedSystem):
    """A snapshot that turns out damaged when its second reader is read."""

    def read(self, file: Any) -> bytes:
        """Raise for the file of the second reader."""
        if file.path != PATH:
            raise SnapshotError("the snapshot is damaged")
        return super().read(file)


def damaged_run() -> Run:
    """Make a report of which the second of three readers meets the damage."""
    first = reader(feed(fixed(thing(1))), name="first")
    second = reader(feed(fixed(thing(2)), File("/proc/net/others")), name="second", position=20)
    third = reader(feed(fixed(thing(3))), name="third", position=30)
    return run_of(THINGS, Damaged(FILES), FewPlugins(first, second, third))


def test_a_document_is_closed_whatever_comes() -> None:
    """A snapshot found damaged while it is read ends the records, and the document is whole and tells of it."""
    out = io.BytesIO()
    troubles = [event for event in drain(damaged_run(), JsonRendering(out)) if isinstance(event, Noted)]
    report = json.loads(out.getvalue())
    assert [one["number"] for one in report["tables"]["things"]] == [1]
    assert [(one["reason"], one["source"]) for one in report["completeness"]] == [("unreadable", "snapshot")]
    assert len(troubles) == 1


def test_damage_covers_nothing() -> None:
    """Of a report that was cut short by damage no reader counts as read whole."""
    damaged = damaged_run()
    tail = next(event.tail for event in damaged if isinstance(event, Ended))
    assert ReportCoverage(damaged.head, tail).of(None).partly == {"first", "second", "third"}


REFUSED = [
    ["--delta", "-tn"],
    ["--delta", "-r"],
    ["--netns-limit", "0", "--all-netns"],
    ["--source", "nowhere"],
    ["--where", "local_port <"],
    ["--where", "family == 'inet7'"],
    ["--where", "local_port == 'ssh'"],
    ["--tables", "nosuch"],
    ["-A", "inet", "--tables", "memory,nosuch"],
    ["--netns", "a/b"],
    ["--netns", "inode:x"],
    ["-r", "--route-table", "main,local"],
    ["-r", "--route-table", "4294967296"],
    ["-rn", "--netns", "pid:"],
]
"""What nobody can serve, by the part that finds out: options, filters, readers, sources, namespaces."""


@pytest.mark.parametrize("form", [[], ["--json"], ["--ndjson"], ["--format", "facts"], ["--format", "facts-local"]])
@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_no_format_begins_what_is_refused(arguments: list[str], form: list[str]) -> None:
    """Whatever finds out that a request cannot be served, and in whichever format, nothing is on stdout."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    assert run([*form, *arguments], stdout, stderr) == 3
    assert stdout.getvalue() == b""
    assert stderr.getvalue().startswith(b"pynetstat: ")
    assert stderr.getvalue().count(b"\n") == 1
