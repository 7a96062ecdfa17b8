"""/proc/net/igmp: a line for each interface, below it lines that start with tabs for its groups.

::

    Idx     Device    : Count Querier       Group    Users Timer    Reporter
    2       eth0      :     3      V3
                                    FB0000E0     2 0:00000000               0
"""

from __future__ import annotations

from collections.abc import Iterator

from netstat_core.plugin import About, Problem, Record, bounded, escape
from netstat_igmp.addresses import word_text
from netstat_igmp.numbers import bits, count
from netstat_igmp.proc_mcfilter import Filters

PATH = "/proc/net/igmp"

_OVERDUE = 1 << 31
"""Timers are signed numbers in hex: from here on they ran out before they were printed."""

_Interface = tuple["int | None", str, "str | None"]


def parse(about: About, content: bytes, mcfilter: bytes | None) -> Iterator[Record | Problem]:
    """The IPv4 memberships in the file's order."""
    filters = Filters("/proc/net/mcfilter", mcfilter)
    yield from filters.problems
    indexed = True
    interface: _Interface | None = None
    for number, line in enumerate(content.splitlines(), 1):
        try:
            if number == 1 and b"Device" in line:
                indexed = line.startswith(b"Idx")
            elif line.startswith(b"\t"):
                yield filters.add_to(_group(about, interface, line.split()))
            else:
                interface = None
                interface = _interface(line, indexed=indexed)
        except (ValueError, IndexError):
            yield Problem(PATH, "neither an interface nor a group of the interface above", line, number)


def _interface(line: bytes, *, indexed: bool) -> _Interface:
    """Index, name and querier's version; Linux 2.0 has no index. A long name touches the colon."""
    index, _, rest = line.partition(b"\t") if indexed else (b"", b"", line)
    name, colon, counts = rest.rpartition(b":")
    if not colon or not name.strip():
        raise ValueError("no interface")
    querier = [*counts.split()[1:2], None][0]
    return count(index) if indexed else None, escape(name.strip()), None if querier is None else escape(querier)


def _group(about: About, interface: _Interface | None, words: list[bytes]) -> Record:
    if interface is None:
        raise ValueError("a group without an interface")
    index, name, querier = interface
    timer, reporter = [*words[2:4], None, None][:2]
    return {
        "family": "inet",
        "interface": name,
        "interface_index": index,
        "group": word_text(words[0], about.order),
        "users": count(words[1]),
        "querier": querier,
        "reporter": None if reporter is None else bounded(int(reporter)) != 0,
        "timer_seconds": None if timer is None else _seconds(timer, about.ticks_per_second),
        "flags": None,
        "source_filter": None,
    }


def _seconds(timer: bytes, ticks_per_second: int) -> float | None:
    """Seconds left of ``RUNNING:TICKS``; null while the timer does not run."""
    running, _, ticks = timer.partition(b":")
    left = bits(ticks)
    if bounded(int(running)) == 0:
        return None
    return 0.0 if left >= _OVERDUE else left / ticks_per_second
