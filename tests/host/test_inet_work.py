"""The work for sockets is linear in their number, however states, lengths and attributes alternate in one datagram."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import inet_samples as samples
import pytest
from counted_work import Work, counted
from netstat_inet import net_tools, netlink_inet_diag, proc_tcp

from netstat_core.plugin import About, Asked, Batch, Style
from netstat_core.report.names import Names

SOCKET = {
    **dict.fromkeys(("target_port", "timer", "ticks", "retransmits", "probes", "drops", "received", "sent"), 0),
    "protocol": "tcp",
    "family": "inet",
    "source": b"\x7f\0\0\1",
    "target": b"\x7f\0\0\2",
    "source_port": 80,
    "state": 1,
    "uid": 1000,
}
TIME_WAIT = {**SOCKET, "state": samples.TIME_WAIT, "timer": 3, "uid": 0}
MEMORY = samples.attribute(7, struct.pack("<9I", *range(9)))
INFO = samples.attribute(2, bytes(200))


def message(number: int, *attributes: bytes, is_waiting: bool = False) -> bytes:
    """Write the message of a socket; a waiting one has a timer that differs for each."""
    made = {**TIME_WAIT, "ticks": number, "inode": 0} if is_waiting else {**SOCKET, "inode": number + 1}
    return samples.diag_message(made, b"".join(attributes))


def alternating(number: int) -> bytes:
    """Write TIME_WAIT, which has no attributes, between established sockets."""
    return b"".join(
        message(index, is_waiting=True) if index % 2 else message(index, MEMORY, INFO) for index in range(number)
    )


def distinct(number: int) -> bytes:
    """Write sockets each of which has an attribute of its own type, at lengths of which some are shared."""
    return b"".join(
        message(index, samples.attribute(16 + index, bytes(4 * (index % 50))), MEMORY) for index in range(number)
    )


def mixed(number: int) -> bytes:
    """Write sockets with attributes that are drawn at random."""
    choose = random.Random(1)
    return b"".join(message(index, *choose.sample([MEMORY, INFO, INFO[:4]], 2)) for index in range(number))


def parse(datagram: bytes) -> list[Batch]:
    """Parse a dump of one datagram, with all fields."""
    parsed = netlink_inet_diag.make_parser("tcp")(About(Asked()), [datagram], None, None)
    return [batch for batch in parsed if isinstance(batch, Batch)]


def count(monkeypatch: pytest.MonkeyPatch, make: Callable[[int], bytes], number: int) -> Work:
    """Count the work to parse and to format sockets, and insist that all are there."""
    datagram = make(number)
    style = Style(timers=True, extend=1)
    format_batch = net_tools.rows(style, Names(), {})
    with counted(monkeypatch) as work:
        batches = parse(datagram)
        lines = sum(format_batch(batch).count("\n") for batch in batches)
    assert sum(map(len, batches)) == lines == number
    return work


@pytest.mark.parametrize("make", [alternating, distinct, mixed])
def test_twice_the_sockets_are_twice_the_work(make: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """From a datagram to text, twice the messages take about twice the lines of Python and bytes, whatever the mix."""
    once, twice = (count(monkeypatch, make, number) for number in (1000, 2000))
    assert twice.lines < 2.2 * once.lines
    assert twice.size < 2.2 * once.size


def test_alternating_sockets_in_one_large_datagram(monkeypatch: pytest.MonkeyPatch) -> None:
    """16,000 sockets, every second in TIME_WAIT, take a small multiple of their bytes, and few lines of Python each."""
    work = count(monkeypatch, alternating, 16_000)
    assert work.lines < 60 * 16_000
    assert work.size < 20 * len(alternating(16_000))


def test_twice_the_lines_of_a_file_are_twice_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same holds for /proc/net/tcp."""
    works = []
    for number in (500, 1000):
        row = samples.line_of(samples.record_of({**SOCKET, "inode": 7})) + b"\n"
        with counted(monkeypatch) as work:
            assert len([*proc_tcp.make_parser("tcp")(About(Asked()), samples.HEADER + row * number, None)]) == number
        works.append(work)
    assert works[1].lines < 2.2 * works[0].lines
