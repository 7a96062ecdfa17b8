"""The work to replay a snapshot is linear in what it holds, also where that is made to alternate."""

from __future__ import annotations

import struct

import pytest
from counted_work import Work, counted
from hostile_sizes import frames, replies, socket

from netstat_core import Query, collect
from netstat_core.system.archive import unpack_text
from netstat_core.system.snapshot import SnapshotSystem

IN_A_DATAGRAM = 2000
MEMORY = (7, struct.pack("<9I", *range(9)))


def replay(monkeypatch: pytest.MonkeyPatch, datagrams: int) -> Work:
    """Count the work to replay a dump of sockets, of which every second one has no attributes."""
    datagram = (socket() + socket(MEMORY)) * (IN_A_DATAGRAM // 2)
    snapshot = replies(frames(*[datagram] * datagrams)).content
    assert len(snapshot) < 83_000
    query = Query(families=("inet",), protocols=("tcp",))
    with counted(monkeypatch) as work:
        report = collect(query, system=SnapshotSystem(unpack_text(snapshot.decode())))
    assert sum(record["family"] == "inet" for record in report["tables"]["sockets"]) == datagrams * IN_A_DATAGRAM
    return work


def test_twice_the_alternating_messages_are_twice_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """8,000 messages in four datagrams take about twice the lines of Python, and the bytes, of 4,000 in two."""
    once, twice = replay(monkeypatch, 2), replay(monkeypatch, 4)
    assert twice.lines < 2.2 * once.lines
    assert twice.size < 2.2 * once.size
