"""Which feed of a reader is read, what falls through to the next, and what its sources give its parser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from stand_ins import (
    LOOK,
    PATH,
    THINGS,
    CannedSystem,
    FewPlugins,
    Piece,
    collected,
    feed,
    fixed,
    numbers,
    reader,
    reasons,
    run_of,
    thing,
)

from netstat_core import collect
from netstat_core.errors import NoPermission, NotInKernel, SourceError
from netstat_core.plugin import Directory, File, NetlinkDump

DUMP = NetlinkDump("canned", protocol=4, type=20, body=b"")
BROKEN_OFF = SourceError("canned", "broken off: No buffer space available", 105)
REFUSED = NotInKernel("canned", "refused: no such family", 2)
FORBIDDEN = NoPermission(PATH, "Permission denied", 13)


def each_datagram(_about: object, datagrams: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """Parse a canned dump: one thing a datagram."""
    for datagram in datagrams:
        yield thing(int(datagram))


NETLINK = feed(each_datagram, DUMP, name="netlink")
PROCFS = feed(fixed(thing(7)), name="procfs")


def test_the_first_feed_is_taken() -> None:
    """Where the best feed can be read no other is asked."""
    report = collected(NETLINK, PROCFS, dump=(b"1", b"2"))
    assert (numbers(report), report["completeness"]) == ([1, 2], [])


@pytest.mark.parametrize("failure", [REFUSED, BROKEN_OFF, NoPermission("canned", "not allowed", 1)])
def test_a_feed_that_cannot_be_opened_falls_through(failure: SourceError) -> None:
    """Where the first datagram is a refusal the next feed is read, and nothing is missing."""
    report = collected(NETLINK, PROCFS, dump=(failure,))
    assert (numbers(report), report["completeness"]) == ([7], [])


def test_a_parser_that_finds_its_source_unusable_falls_through() -> None:
    """A feed that fails while parsing, before its first record, falls through too."""
    hopeless = feed(fixed(SourceError(PATH, "not what it should be")), name="netlink")
    report = collected(hopeless, PROCFS)
    assert (numbers(report), report["completeness"]) == ([7], [])


def test_an_error_after_the_first_row_keeps_the_rows() -> None:
    """A dump that breaks off keeps what came, takes no other feed, and says that it is truncated."""
    report = collected(NETLINK, PROCFS, dump=(b"1", b"2", BROKEN_OFF))
    assert numbers(report) == [1, 2]
    (entry,) = report["completeness"]
    assert (entry["reason"], entry["source"], entry["reader"]) == ("truncated", "canned", "things")
    assert "No buffer space" in entry["detail"]


def test_all_feeds_failing_names_each_attempt() -> None:
    """A table none of whose feeds can be read is not merely empty: completeness lists each attempt."""
    report = collected(NETLINK, PROCFS, files={PATH: FORBIDDEN}, dump=(REFUSED,))
    assert numbers(report) == []
    (entry,) = report["completeness"]
    assert (entry["reason"], entry["about"], entry["source"]) == ("permission", "table", PATH)
    assert entry["table"] == "things"
    assert entry["attempts"] == [
        {
            "feed": "netlink",
            "source": "canned",
            "reason": "not_in_kernel",
            "detail": "refused: no such family",
            "errno": 2,
        },
        {"feed": "procfs", "source": PATH, "reason": "permission", "detail": "Permission denied", "errno": 13},
    ]


@pytest.mark.parametrize(
    ("netlink", "procfs", "reason"),
    [
        (REFUSED, NotInKernel(PATH, "No such file or directory", 2), "not_in_kernel"),
        (NoPermission("canned", "not permitted", 1), NotInKernel(PATH, "none", 2), "permission"),
        (BROKEN_OFF, NotInKernel(PATH, "none", 2), "not_in_kernel"),
        (REFUSED, SourceError(PATH, "Input/output error", 5), "unreadable"),
        (REFUSED, FORBIDDEN, "permission"),
    ],
)
def test_why_nothing_could_be_read(netlink: SourceError, procfs: SourceError, reason: str) -> None:
    """The last feed decides why; but what rights would have shown is never told to be absent."""
    report = collected(NETLINK, PROCFS, files={PATH: procfs}, dump=(netlink,))
    assert reasons(report) == [reason]


def test_errors_that_mean_no_rows() -> None:
    """An error number that a source declares as empty is an empty table, with nothing missing."""
    quiet = feed(each_datagram, DUMP.replace(empty_on=frozenset({2})), name="netlink")
    report = collected(quiet, PROCFS, dump=(REFUSED,))
    assert (numbers(report), report["completeness"]) == ([], [])


def seen_contents(*sources: Any, files: dict[str, Piece], dumps: dict[str, Any] | None = None) -> tuple[Any, Any]:
    """Give what a parser receives for some sources, and the report."""
    seen: list[Any] = []

    def parse(_about: object, *contents: Any) -> Iterator[dict[str, Any]]:
        seen.extend(contents)
        yield thing(1)

    report = collect(THINGS, CannedSystem(files, dumps), FewPlugins(reader(feed(parse, *sources))))
    return seen, report


def test_optional_sources_may_be_absent() -> None:
    """An optional source that does not exist, or that a query has no use for, is None for the parser and no gap."""
    optional = File("/proc/net/other").optional
    useless = File("/proc/net/third").when(lambda _asked: False)
    seen, report = seen_contents(File(PATH), optional, useless, files={PATH: b"here"})
    assert seen == [b"here", None, None]
    assert report["completeness"] == []


def test_optional_sources_that_are_forbidden_are_told() -> None:
    """An optional source that exists but may not be read is None for the parser, and an entry of completeness."""
    optional = File("/proc/net/other").optional
    seen, report = seen_contents(File(PATH), optional, files={PATH: b"here", "/proc/net/other": FORBIDDEN})
    assert seen == [b"here", None]
    assert [(entry["reason"], entry["reader"]) for entry in report["completeness"]] == [("permission", "things")]


def test_absences_may_be_worth_noting() -> None:
    """An optional file whose absence is to be noted is None for the parser, and an entry of completeness."""
    noted = File("/proc/net/other").noted
    seen, report = seen_contents(File(PATH), noted, files={PATH: b"here"})
    assert seen == [b"here", None]
    assert [(entry["reason"], entry["source"]) for entry in report["completeness"]] == [
        ("not_in_kernel", "/proc/net/other")
    ]


def test_whole_dumps_that_are_flawed_keep_what_came() -> None:
    """A restartable dump that breaks off gives what came, and is a gap for each reader that uses it."""
    whole = feed(each_datagram, DUMP.replace(restart=True), name="netlink")
    host = FewPlugins(reader(whole, name="one"), reader(whole, name="two", position=20))
    report = collect(THINGS, CannedSystem(dumps={"canned": [b"1", b"2", BROKEN_OFF]}), host)
    assert numbers(report) == [1, 2, 1, 2]
    assert [(entry["reader"], entry["source"]) for entry in report["completeness"]] == [
        ("one", "canned"),
        ("two", "canned"),
    ]


def test_contents_are_what_sources_promise() -> None:
    """A file is bytes, a directory a dict of bytes by path, a restartable dump an iterator of datagrams."""
    whole = DUMP.replace(restart=True)
    files: dict[str, Piece] = {PATH: b"x", "/proc/d/b": b"2", "/proc/d/a": b"1"}
    seen, _ = seen_contents(File(PATH), Directory("/proc/d/*"), whole, files=files, dumps={"canned": [b"1", b"2"]})
    assert seen[:2] == [b"x", {"/proc/d/a": b"1", "/proc/d/b": b"2"}]
    assert list(seen[2]) == [b"1", b"2"]


def test_files_are_read_once_and_shared() -> None:
    """Readers of one file, or of one restartable dump, share one reading of it."""
    whole = DUMP.replace(restart=True)
    lengths: list[int] = []

    def parse(_about: object, _content: bytes, datagrams: Iterator[bytes]) -> Iterator[dict[str, Any]]:
        lengths.append(len(list(datagrams)))
        yield thing(1)

    system = CannedSystem({PATH: b""}, {"canned": [b"1", b"2"]})
    system.machine = system.machine._replace(live=True)  # the contents of snapshots are not kept
    twins = [reader(feed(parse, File(PATH), whole), name=name) for name in ("one", "two")]
    assert numbers(collect(THINGS, system, FewPlugins(*twins))) == [1, 1]
    assert lengths == [2, 2]
    assert system.asked == [PATH, "canned", "canned"]


LACKING = feed(each_datagram, DUMP, name="netlink", lacks=["name"])


@pytest.mark.parametrize(
    ("source", "layouts_only", "numbers_read"),
    [("auto", True, [7]), ("auto", False, [7]), ("netlink", True, [1]), ("procfs", True, [7]), ("nothing", True, [7])],
)
def test_which_feed_is_best(source: str, numbers_read: list[int], *, layouts_only: bool) -> None:
    """A feed that lacks a needed field comes after one that has all; a preferred source comes before, if there is."""
    system = CannedSystem({PATH: b""}, {"canned": [b"1"]})
    host = FewPlugins(reader(LACKING, PROCFS))
    report = run_of(THINGS._replace(source=source), system, host, layouts_only=layouts_only)
    assert [record["number"] for _, batch in report.batches() for record in batch] == numbers_read


def test_a_feed_may_lack_what_text_does_not_show() -> None:
    """For text the first feed is taken though it lacks fields, as long as the layout does not look at them."""
    look = LOOK.replace(needs=lambda _query: frozenset({"number"}))
    system = CannedSystem({PATH: b""}, {"canned": [b"1"]})
    host = FewPlugins(reader(LACKING, PROCFS, layouts={"net-tools": look}))
    text = run_of(THINGS, system, host, layouts_only=True)
    assert [record["number"] for _, batch in text.batches() for record in batch] == [1]
