"""/proc/net/igmp (net/ipv4/igmp.c): a line for each interface, followed by lines starting with tabs for its groups.

::

    Idx     Device    : Count Querier       Group    Users Timer    Reporter
    2       eth0      :     3      V3
                                    FB0000E0     2 0:00000000               0
"""

from __future__ import annotations

from collections.abc import Iterator

from netstat_core.plugin import About, Gap, Header, Problem, Record, TextFile, bounded, escape
from netstat_igmp.addresses import word_to_text
from netstat_igmp.numbers import parse_bits, parse_count
from netstat_igmp.proc_mcfilter import Filters

PATH = "/proc/net/igmp"
_HEADERS = Header("Idx Device Group Users Timer"), Header("Device : Count Group Users Timer")
"""That of later kernels and that of Linux 2.0, which prints no index."""

_OVERDUE = 1 << 31
"""Timers are signed 32-bit numbers in hex; from here on they are negative, since they expired while being printed."""

_Interface = tuple["int | None", str, "str | None"]


def parse(about: About, content: bytes, mcfilter: bytes | None) -> Iterator[Record | Problem | Gap]:
    """Yield the IPv4 memberships in the order of the file, with source filters from /proc/net/mcfilter if given."""
    filters = Filters("/proc/net/mcfilter", mcfilter)
    yield from filters.problems
    text = TextFile(PATH, content, *_HEADERS)
    indexed = text.header is None or text.header.startswith(b"Idx")
    interface: _Interface | None = None
    for number, line in text.rows():
        try:
            if line.startswith(b"\t"):
                yield filters.add_to(_parse_group(about, interface, line.split()))
            else:
                interface = None
                interface = _parse_interface(line, indexed=indexed)
        except (ValueError, IndexError):
            yield text.problem("neither an interface nor a group of the interface above", line, number)
    yield from (*text.gaps, *filters.gaps)


def _parse_interface(line: bytes, *, indexed: bool) -> _Interface:
    """Return index, name and IGMP version of the querier; Linux 2.0 prints no index. A long name touches the colon."""
    index, _, rest = line.partition(b"\t") if indexed else (b"", b"", line)
    name, colon, counts = rest.rpartition(b":")
    if not colon or not name.strip():
        raise ValueError("no interface")
    querier = [*counts.split()[1:2], None][0]
    return parse_count(index) if indexed else None, escape(name.strip()), None if querier is None else escape(querier)


def _parse_group(about: About, interface: _Interface | None, words: list[bytes]) -> Record:
    if interface is None:
        raise ValueError("a group without an interface")
    index, name, querier = interface
    timer, reporter = [*words[2:4], None, None][:2]
    return {
        "family": "inet",
        "interface": name,
        "interface_index": index,
        "group": word_to_text(words[0], about.order),
        "users": parse_count(words[1]),
        "querier": querier,
        "reporter": None if reporter is None else bounded(int(reporter)) != 0,
        "timer_seconds": None if timer is None else _parse_timer(timer, about.ticks_per_second),
        "flags": None,
        "source_filter": None,
    }


def _parse_timer(timer: bytes, ticks_per_second: int) -> float | None:
    """Parse ``RUNNING:TICKS`` to the seconds left, or None if the timer is not running."""
    running, _, ticks = timer.partition(b":")
    left = parse_bits(ticks)
    if bounded(int(running)) == 0:
        return None
    return 0.0 if left >= _OVERDUE else left / ticks_per_second
