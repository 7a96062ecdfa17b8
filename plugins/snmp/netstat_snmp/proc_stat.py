"""Files with a row of hexadecimal counters for each CPU: softnet_stat, and those of conntrack in /proc/net/stat.

::

    0000012a 00000000 00000002 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000

    entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  ...
    00000000  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000  ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from netstat_core.plugin import Problem, Record, escape
from netstat_snmp.numbers import parse_hexadecimal

SOFTNET = "softnet_stat"

_SOFTNET_COLUMNS = (
    "processed",
    "dropped",
    "time_squeeze",
    "throttled",
    "fastroute_hit",
    "fastroute_success",
    "fastroute_defer",
    "fastroute_deferred_out",
    "cpu_collision",
    "received_rps",
    "flow_limit_count",
    "backlog_len",
    "cpu",
    "input_qlen",
    "process_qlen",
)
"""The columns of softnet_stat, which has no header (net/core/net-procfs.c).

Kernels have extended it from 9 columns to 15. The columns of Linux 2.4's fast routing are 0 in later kernels.
"""


def parse_softnet(source: str, content: bytes) -> Iterator[Record | Problem]:
    """Yield a record for each online CPU."""
    yield from _parse_rows(source, SOFTNET, _SOFTNET_COLUMNS, enumerate(content.split(b"\n"), 1))


def parse_conntrack(contents: Iterable[tuple[str, bytes]]) -> Iterator[Record | Problem]:
    """Yield a record for each CPU of each file, nf_conntrack or its predecessor ip_conntrack, by path and content."""
    for path, content in contents:
        header, _, rows = content.partition(b"\n")
        names = [escape(word) for word in header.split()]
        section = escape(path.rpartition("/")[2].encode("utf-8", "surrogateescape"))
        yield from _parse_rows(path, section, names, enumerate(rows.split(b"\n"), 2))


def _parse_rows(
    source: str, section: str, names: Sequence[str], lines: Iterable[tuple[int, bytes]]
) -> Iterator[Record | Problem]:
    for place, line in lines:
        words = line.split()
        if not words:
            continue
        try:
            values = [parse_hexadecimal(word) for word in words]
        except ValueError:
            yield Problem(source, "a row needs hexadecimal numbers", line, place, "values")
            continue
        unnamed = [f"column{column}" for column in range(len(names) + 1, len(values) + 1)]
        counters: dict[str, int | None] = dict.fromkeys(names)
        counters.update(zip([*names, *unnamed], values, strict=False))
        yield {"section": section, "interface": None, "counters": counters}
