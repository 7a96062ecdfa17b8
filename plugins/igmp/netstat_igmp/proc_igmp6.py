"""/proc/net/igmp6 (net/ipv6/mcast.c): index, name, group, users, flags in hex, ticks until a report; no header.

::

    2    eth0            ff0200000000000000000001ff000001     2 0000000C 0
"""

from __future__ import annotations

from collections.abc import Iterator

from netstat_core.plugin import About, Gap, Problem, Record, TextFile, bounded, escape, unsigned
from netstat_igmp.addresses import hex_to_text
from netstat_igmp.numbers import parse_count
from netstat_igmp.proc_mcfilter import Filters
from netstat_igmp.record import MAF_LAST_REPORTER, MAF_TIMER_RUNNING, REPORT_FLAGS, flag_words

PATH = "/proc/net/igmp6"
_DIGITS = 32


def parse(about: About, content: bytes, mcfilter6: bytes | None) -> Iterator[Record | Problem | Gap]:
    """Yield the IPv6 memberships in the order of the file, with source filters from /proc/net/mcfilter6 if given."""
    filters = Filters("/proc/net/mcfilter6", mcfilter6)
    yield from filters.problems
    text = TextFile(PATH, content)
    for number, line in text.rows():
        try:
            yield filters.add_to(_parse_group(line.split(), about.ticks_per_second))
        except (ValueError, IndexError):
            yield text.problem("a row needs index, name, group and users", line, number)
    yield from (*text.gaps, *filters.gaps)


def _parse_group(words: list[bytes], ticks_per_second: int) -> Record:
    if len(words[2]) != _DIGITS:
        raise ValueError("no IPv6 address")
    flags, ticks = [*words[4:6], None, None][:2]
    state = unsigned(flags or b"0", 16)
    left = max(0, bounded(int(ticks or b"0")))
    running = ticks is not None and state & MAF_TIMER_RUNNING
    return {
        "family": "inet6",
        "interface": escape(words[1]),
        "interface_index": parse_count(words[0]),
        "group": hex_to_text(words[2]),
        "users": parse_count(words[3]),
        "querier": None,
        "reporter": None if flags is None else bool(state & MAF_LAST_REPORTER),
        "timer_seconds": left / ticks_per_second if running else None,
        "flags": None if flags is None else flag_words(state, REPORT_FLAGS),
        "source_filter": None,
    }
