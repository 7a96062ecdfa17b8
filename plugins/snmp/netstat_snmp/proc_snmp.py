"""/proc/net/snmp and /proc/net/netstat (net/ipv4/proc.c): a line of names and a line of values for each section.

IcmpMsg has only the types that were counted, and is repeated for every 16 of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

from netstat_core.plugin import Gap, Problem, Record, TextFile, escape
from netstat_snmp.numbers import parse_decimal

UNPAIRED = "unpaired"
"""The code of the problem that makes netstat give up a file."""


def accept_every_section(_section: str) -> bool:
    """Return True: no section is skipped."""
    return True


def parse_pairs(
    source: str,
    content: bytes,
    wanted: Callable[[str], bool] = accept_every_section,
    unpaired: str = UNPAIRED,
    first_row: re.Pattern[bytes] | None = None,
) -> Iterator[Record | Problem | Gap]:
    """Yield the sections for which ``wanted(title)`` holds, with names and values paired by position.

    A line without a title is a problem with the code ``unpaired``, and the rest of the file is skipped. ``first_row``
    says how the file begins.
    """
    text = TextFile(source, content, first_row=first_row, may_be_empty=first_row is None)
    yield from _parse_lines(text, wanted, unpaired)
    yield from text.gaps


def _parse_lines(text: TextFile, wanted: Callable[[str], bool], unpaired: str) -> Iterator[Record | Problem]:
    rows = iter(text.rows())
    for number, names in rows:
        if not names:
            continue
        titles = [names, *(line for _, line in islice(rows, 1))]
        for place, line in enumerate(titles, number):
            if b":" not in line:
                yield text.problem("a line without a title and a colon", line, place).replace(code=unpaired)
                return
        if len(titles) == 1:
            yield text.problem("a line of names without a line of values", names, number, "values")
            return
        section = escape(names.partition(b":")[0])
        if wanted(section):
            yield from _parse_section(text, section, titles, number)


def _parse_section(text: TextFile, section: str, titles: list[bytes], place: int) -> Iterator[Record | Problem]:
    names, values = (line.partition(b":")[2].split() for line in titles)
    counters: dict[str, int | None] = {}
    readable = True
    reasons = set()
    if titles[0].partition(b":")[0] != titles[1].partition(b":")[0]:
        reasons.add("the title of the values differs from that of the names")
    for position, word in enumerate(names):
        value = None
        try:
            value = parse_decimal(values[position]) if readable else None
        except (ValueError, IndexError):
            readable = False
            reasons.add("fewer values than names" if position >= len(values) else "a value that is not a number")
        name = escape(word)
        if name in counters:
            reasons.add("a counter that is named twice")
        counters.setdefault(name, value)
    yield {"section": section, "interface": None, "counters": counters}
    for reason in sorted(reasons):
        yield text.problem(reason, titles[1], place + 1, "values")
