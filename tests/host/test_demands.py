"""What outputs take of readers: what is not taken is not read, and what nobody reads is said."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from stand_ins import LOOK, PATH, THINGS, CannedSystem, FewPlugins, feed, fixed, reader, run_of, thing

from netstat_core import Query
from netstat_core.dialects import Request
from netstat_core.dialects.net_tools.session import NetToolsSession
from netstat_core.plugin import File, Gap, Problem, Record, Style
from netstat_core.report.drain import drain
from netstat_core.report.run import Ended, Run, collect
from netstat_core.system import System

OTHER = "/proc/net/other"


class TwoPlaces(CannedSystem):
    """A machine with two network namespaces, whose files are the same."""

    @contextmanager
    def open_namespaces(self, _selectors: Any, _owners: Any) -> Iterator[tuple[list[System], Sequence[Gap]]]:
        """Give both."""
        places: list[System] = []
        for inode in (1, 2):
            place = CannedSystem(self._files)
            place.asked = self.asked
            place.namespace = {"inode": inode, "name": None}
            places.append(place)
        yield places, []


def text_of(run: Run, query: Query = THINGS) -> str:
    """Render a report as net-tools' text."""
    out = io.BytesIO()
    for _ in drain(run, NetToolsSession(Request(query, Style(query))).page(out)):
        pass
    return out.getvalue().decode()


@pytest.mark.parametrize("by_place", [False, True])
def test_what_is_of_the_machine_is_read_once(*, by_place: bool) -> None:
    """A reader whose sources no namespace changes is read once, and its records are of no namespace."""
    own = reader(feed(fixed(thing(1))), name="own")
    shared = reader(feed(fixed(thing(2)), File(OTHER)), name="shared", position=20).replace(per_namespace=False)
    system = TwoPlaces({PATH: b"", OTHER: b""})
    query = THINGS._replace(all_network_namespaces=True)
    run = Run(query, system, FewPlugins(own, shared), by_place=by_place)
    found = [(one.name, record["network_namespace"]) for one, batch in run.batches() for record in batch]
    assert sorted(found, key=str) == [
        ("own", {"inode": 1, "name": None}),
        ("own", {"inode": 2, "name": None}),
        ("shared", None),
    ]
    assert system.asked.count(OTHER) == 1


def test_a_family_that_nobody_reads_is_said() -> None:
    """Asked for by name, a family without a reader is an entry of completeness: the empty answer claims nothing."""
    host = FewPlugins(reader(feed(fixed(thing(1)))).replace(families=("toy",)))
    report = collect(THINGS._replace(families=("toy", "gone")), CannedSystem({PATH: b""}), host)
    assert [(one["reason"], one["source"], one["table"]) for one in report["completeness"]] == [
        ("no_reader", "gone", None)
    ]
    assert len(report["tables"]["things"]) == 1


def test_text_reads_only_what_it_shows() -> None:
    """Text opens no source of a reader that it has no layout for, or whose layout it does not use; records do."""
    unused = LOOK.replace(used=lambda query: query.show == "listening")
    host = FewPlugins(
        reader(feed(fixed(thing(1)), File(OTHER)), name="bare", layouts={}),
        reader(feed(fixed(thing(2)), File(OTHER)), name="unused", layouts={"net-tools": unused}),
        reader(feed(fixed(thing(3))), name="shown", position=20),
    )
    for layouts_only, numbers, asked in ((True, [3], [PATH]), (False, [1, 2, 3], [OTHER, PATH])):
        system = CannedSystem({PATH: b"", OTHER: b""})
        run = run_of(THINGS, system, host, layouts_only=layouts_only)
        assert [record["number"] for _, batch in run.batches() for record in batch] == numbers
        assert list(dict.fromkeys(system.asked)) == asked


def test_the_preferred_feed_is_the_texts_own() -> None:
    """A layout's feed is taken for its text, the first one for records, and what the query names for both."""
    feeds = (feed(fixed(thing(1)), name="netlink"), feed(fixed(thing(2)), name="procfs"))
    look = LOOK.replace(feed=lambda _query: "procfs")
    host = FewPlugins(reader(feeds[0], layouts={"net-tools": look}).replace(feeds=feeds))

    def number(source: str, *, layouts_only: bool) -> int:
        run = run_of(THINGS._replace(source=source), CannedSystem({PATH: b""}), host, layouts_only=layouts_only)
        return next(record["number"] for _, batch in run.batches() for record in batch)

    assert [number("auto", layouts_only=True), number("auto", layouts_only=False)] == [2, 1]
    assert [number("netlink", layouts_only=True), number("procfs", layouts_only=False)] == [1, 2]


def test_no_feed_that_serves_is_a_gap() -> None:
    """A reader none of whose feeds is of use for what was asked for is named in completeness."""
    host = FewPlugins(reader(feed(fixed(thing(1))).replace(serves=lambda _asked: False)))
    report = collect(THINGS, CannedSystem({PATH: b""}), host)
    assert [(one["reason"], one["reader"]) for one in report["completeness"]] == [("unreadable", "things")]


def test_layouts_with_an_order_get_all_records_at_once() -> None:
    """A whole layout is given all its records together, before what stands behind them, and other rows still stream."""
    given: list[int] = []

    def rows(_style: Any, _names: Any, _traits: Any) -> Any:
        def lines(batch: Sequence[Record]) -> str:
            given.append(len(batch))
            return "".join(f"{one['number']}\n" for one in sorted(batch, key=lambda one: -one["number"]))

        return lines

    many = [thing(number) for number in range(1500)]
    whole = LOOK.replace(rows=rows, whole=True, block=LOOK.block.replace(name="whole", heading=lambda *_: "Whole\n"))
    host = FewPlugins(
        reader(feed(fixed(*many, Problem("x", "odd"), thing(1500))), layouts={"net-tools": whole}),
        reader(feed(fixed(thing(7))), name="behind", position=20),
    )
    run = run_of(THINGS, CannedSystem({PATH: b""}), host, layouts_only=True)
    lines = text_of(run).splitlines()
    assert given == [1501]
    assert lines[:2] == ["Whole", "1500"]
    assert lines[1501:] == ["0", "Things", "Name     Number", "-             7"]
    assert isinstance(list(Run(THINGS, CannedSystem({PATH: b""}), host))[-1], Ended)
