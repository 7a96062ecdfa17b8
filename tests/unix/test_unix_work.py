"""The work for UNIX sockets is linear in their number, however names and attributes alternate in one datagram."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from counted_work import Work, counted
from netstat_unix import merge, net_tools, netlink_unix_diag
from unix_rows import ESTABLISHED, LISTEN, Made, listing

from netstat_core.plugin import About, Asked, Batch, Problem, Record, Style
from netstat_core.report.names import Names


def alternating(number: int) -> list[Made]:
    """Make connected sockets without a name between listeners that have one."""
    return [
        Made(index + 1, b"/run/%06d" % index, state=LISTEN, queues=(1, 128))
        if index % 2
        else Made(index + 1, state=ESTABLISHED, peer=index + 2, uid=0)
        for index in range(number)
    ]


def distinct(number: int) -> list[Made]:
    """Make sockets whose names have all lengths, with the attributes of all kinds of sockets."""
    return [
        Made(
            index + 1,
            b"\0" + b"%d" % index + b"x" * (index % 90),
            peer=index if index % 3 else None,
            uid=index if index % 5 else None,
        )
        for index in range(number)
    ]


def mixed(number: int) -> list[Made]:
    """Make sockets with names that are drawn at random, some with line breaks and what looks like a row."""
    choose = random.Random(1)
    names = [None, b"/a", b"/b\n", b"/c " + Made(9, b"/forged").row, b"\0abstract"]
    return [Made(index + 1, choose.choice(names), state=ESTABLISHED) for index in range(number)]


def count(monkeypatch: pytest.MonkeyPatch, parse: Callable[[bytes, bytes], list[Record]], sockets: list[Made]) -> Work:
    """Count the work to parse and to format sockets, and insist that all are there."""
    file, datagram = listing(sockets), b"".join(made.message() for made in sockets)
    with counted(monkeypatch) as work:
        batch = Batch(parse(file, datagram))
        lines = net_tools.rows(Style(), Names(), {})(batch).count("\n")
    assert len(batch) == lines == len(sockets)
    return work


def parse_dump(_file: bytes, datagram: bytes) -> list[Record]:
    """Parse a dump of one datagram alone."""
    return [record for record in netlink_unix_diag.parse(About(Asked()), [datagram]) if isinstance(record, dict)]


def parse_both(file: bytes, datagram: bytes) -> list[Record]:
    """Parse a file and a dump of one datagram."""
    parsed = [*merge.parse(About(Asked()), file, [datagram])]
    assert not any(isinstance(item, Problem) for item in parsed)
    return [record for record in parsed if isinstance(record, dict)]


@pytest.mark.parametrize("parse", [parse_dump, parse_both])
@pytest.mark.parametrize("make", [alternating, distinct, mixed])
def test_twice_the_sockets_are_twice_the_work(
    make: Callable[[int], list[Made]],
    parse: Callable[[bytes, bytes], list[Record]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From a datagram to text, twice the messages take about twice the lines of Python and bytes, whatever the mix."""
    once, twice = (count(monkeypatch, parse, make(number)) for number in (800, 1600))
    assert twice.lines < 2.2 * once.lines
    assert twice.size < 2.2 * once.size + 1
