"""/proc/net/igmp6 (net/ipv6/mcast.c): index, name, group, users, flags in hex, ticks until a report; no header.

::

    2    eth0            ff0200000000000000000001ff000001     2 0000000C 0
"""

from __future__ import annotations

from collections.abc import Iterator

from netstat_core.plugin import About, Problem, Record, bounded, escape, unsigned
from netstat_igmp.addresses import hex_to_text
from netstat_igmp.numbers import parse_count
from netstat_igmp.proc_mcfilter import Filters
from netstat_igmp.record import MAF_LAST_REPORTER, MAF_TIMER_RUNNING, REPORT_FLAGS, flag_words

PATH = "/proc/net/igmp6"


def parse(about: About, content: bytes, mcfilter6: bytes | None) -> Iterator[Record | Problem]:
    """Yield the IPv6 memberships in the order of the file, with source filters from /proc/net/mcfilter6 if given."""
    filters = Filters("/proc/net/mcfilter6", mcfilter6)
    yield from filters.problems
    for number, line in enumerate(content.splitlines(), 1):
        try:
            yield filters.add_to(_parse_group(line.split(), about.ticks_per_second))
        except (ValueError, IndexError):
            yield Problem(PATH, "a row needs index, name, group and users", line, number)


def _parse_group(words: list[bytes], ticks_per_second: int) -> Record:
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
