"""Files with a row of hexadecimal counters for each CPU: softnet_stat, and those of conntrack in /proc/net/stat.

::

    0000012a 00000000 00000002 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000

    entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  ...
    00000000  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000  ...
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from netstat_core.plugin import Gap, Header, Problem, Record, TextFile, escape
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


_LEAST_SOFTNET = 9
_SOFTNET_ROW = re.compile(rb"[0-9a-f]{8} ")
_CONNTRACK = Header("entries found new invalid ignore delete expect_delete")


def parse_softnet(source: str, content: bytes) -> Iterator[Record | Problem | Gap]:
    """Yield a record for each online CPU."""
    text = TextFile(source, content, first_row=_SOFTNET_ROW, may_be_empty=False)
    yield from _parse_rows(text, SOFTNET, _SOFTNET_COLUMNS, _LEAST_SOFTNET)


def parse_conntrack(contents: Iterable[tuple[str, bytes]]) -> Iterator[Record | Problem | Gap]:
    """Yield a record for each CPU of each file, nf_conntrack or its predecessor ip_conntrack, by path and content."""
    for path, content in contents:
        text = TextFile(path, content, _CONNTRACK)
        names = [escape(word) for word in (text.header or b"").split()]
        section = escape(path.rpartition("/")[2].encode("utf-8", "surrogateescape"))
        yield from _parse_rows(text, section, names)


def _parse_rows(text: TextFile, section: str, names: Sequence[str], least: int = 1) -> Iterator[Record | Problem | Gap]:
    for place, line in text.rows():
        words = line.split()
        if not words:
            continue
        try:
            values = [parse_hexadecimal(word) for word in words]
        except ValueError:
            values = []
        if len(values) < least:
            yield text.problem("a row needs hexadecimal numbers", line, place, "values")
            continue
        unnamed = [f"column{column}" for column in range(len(names) + 1, len(values) + 1)]
        counters: dict[str, int | None] = dict.fromkeys(names)
        counters.update(zip([*names, *unnamed], values, strict=False))
        yield {"section": section, "interface": None, "counters": counters}
    yield from text.gaps
