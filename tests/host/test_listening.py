"""What listens is told by a field that a reader names, or by its rule; facts and everything made from them go by it."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

import pytest
from stand_ins import CannedSystem, FewPlugins, feed, fixed, reader, thing
from trees import Trees

from netstat_core import Query, collect
from netstat_core.dialects import Request
from netstat_core.dialects.net_tools.session import NetToolsSession
from netstat_core.errors import PluginError
from netstat_core.facts.gather import gather
from netstat_core.facts.query import facts_query
from netstat_core.host.discovery import Host
from netstat_core.plugin import Reader, Style
from netstat_core.report.drain import drain
from netstat_core.report.run import Run
from netstat_core.system.snapshot import SnapshotSystem

THINGS = (thing(0, "idle"), thing(3, "busy"), thing(1))
FILES = {"/proc/net/things": b""}


def sockets(**declared: Any) -> Reader:
    """Make a reader of things that are sockets."""
    return reader(feed(fixed(*THINGS)), table="sockets", **declared)


def shown(one: Reader, **options: Any) -> list[int]:
    """Give the numbers of the things that facts list."""
    host = FewPlugins(one)
    found = gather(facts_query(host, **options), CannedSystem(FILES), host).facts
    return [record["number"] for record in found["families"].get("toy", {}).get("sockets", [])]


@pytest.mark.parametrize(
    ("listening", "numbers"),
    [(None, [0, 3, 1]), ("number", [3, 1]), (lambda record: record["name"] == "busy", [3])],
)
def test_facts_go_by_the_readers_rule(listening: Any, numbers: list[int]) -> None:
    """Only what listens by a field or a rule is told, all of what has neither; whoever asks for all gets all."""
    one = sockets(listening=listening)
    assert shown(one) == numbers
    assert shown(one, sockets="all") == [0, 3, 1]


@pytest.mark.parametrize("listening", ["number", lambda record: record["name"] == "busy"])
@pytest.mark.parametrize("show", ["listening", "connected", "all"])
def test_text_and_records_show_the_same_rows(listening: Any, show: str) -> None:
    """Where a layout has no rule of its own, that of the reader holds for text, for records and for Python callers."""
    one = sockets(listening=listening)
    query = Query(show=show)
    out = io.BytesIO()
    session = NetToolsSession(Request(query, Style(query)))
    host, system = FewPlugins(one), CannedSystem(FILES)
    text = Run(query, system, host, demands=session.demand, shown=partial(session.shown, is_text=True), by_place=True)
    assert list(drain(text, session.page(out)))
    rows = [int(line.split()[-1]) for line in out.getvalue().splitlines()[2:]]
    records = Run(query, system, host, shown=partial(session.shown, is_text=False))
    assert [record["number"] for _, batch in records.batches() for record in batch] == rows
    assert [record["number"] for record in collect(query, system, host)["tables"]["sockets"]] == rows
    assert (len(rows) == len(THINGS)) is (show == "all")


def test_a_field_without_a_name_in_the_record_is_refused() -> None:
    """A reader that names a field its records do not have cannot be made; a JSON Schema is not looked into."""
    with pytest.raises(PluginError, match="listening: its records have no field 'open'"):
        sockets(listening="open")
    assert sockets(listening="open", record={"type": "object"}).listens


def test_rules_are_asked_with_a_record() -> None:
    """A field becomes a rule like any other."""
    named, ruled, silent = sockets(listening="number"), sockets(listening=lambda _record: False), sockets()
    assert named.listens
    assert named.listens(thing(3))
    assert not named.listens(thing(0))
    assert ruled.listens
    assert not ruled.listens(thing(3))
    assert silent.listens is None


def test_sockets_that_netstat_hides_have_a_rule() -> None:
    """Every reader of sockets names its field; netstat's text of the legacy families but X.25 hides nothing."""
    readers = [offer.reader for offer in Host().offers(("sockets",))]
    assert {reader.kind for reader in readers if reader.listening != "listening"} == set()
    hiding = {
        reader.families[0]
        for reader in readers
        if (look := reader.layouts.get("net-tools")) and look.shown and look.shown(Query(show="listening"))
    }
    assert hiding == {"inet", "unix", "x25"}


@pytest.mark.parametrize("source", ["procfs", "netlink"])
def test_an_association_does_not_listen(source: str, trees: Trees) -> None:
    """An association of a socket that listens is none that listens, whichever feed tells of it."""
    query = Query(tables=("sockets",), protocols=("sctp",), show="all", source=source)
    system = SnapshotSystem(str(trees["captures/sctp-a-6.1"]))
    found = collect(query, system)["tables"]["sockets"]
    assert {"LISTEN"} & {one["socket_state"] for one in found if one["remote_addresses"]}
    assert [one["local_port"] for one in found if one["listening"]] == [3868, 36412, 2905]
    assert not [one for one in found if one["listening"] and one["remote_addresses"]]
