"""Files with one counter per line: snmp6, dev_snmp6, sctp/snmp, xfrm_stat and tls_stat."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from netstat_core.plugin import Gap, Problem, Record, TextFile, escape
from netstat_snmp.numbers import parse_decimal

_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9]*")

SectionOf = Callable[[str, "str | None"], str]
"""A function from a counter's name, and the section of the counter before it, to the counter's section."""


def parse_rows(
    source: str,
    content: bytes,
    section_of: SectionOf,
    interface: str | None = None,
    first_row: re.Pattern[bytes] | None = None,
) -> Iterator[Record | Problem | Gap]:
    """Yield a record for each run of counters of the same section, as ``section_of`` assigns them.

    ``first_row`` says how the file begins.
    """
    text = TextFile(source, content, first_row=first_row, may_be_empty=first_row is None)
    section: str | None = None
    counters: dict[str, int | None] = {}
    for item in _parse_counters(text):
        if isinstance(item, Problem):
            yield item
            continue
        name, value = item
        row_section = section_of(name, section)
        if section is not None and row_section != section:
            yield {"section": section, "interface": interface, "counters": counters}
            counters = {}
        section = row_section
        if name in counters:
            yield text.problem("a counter that is named twice", name.encode(), None, "values")
        counters.setdefault(name, value)
    if section is not None:
        yield {"section": section, "interface": interface, "counters": counters}
    yield from text.gaps


def _parse_counters(text: TextFile) -> Iterator[tuple[str, int | None] | Problem]:
    """Yield names and values; a line without a number is a problem, and its value is None."""
    for place, line in text.rows():
        words = line.split()
        if not words:
            continue
        try:
            value = parse_decimal(words[1])
        except (ValueError, IndexError):
            yield text.problem("a row needs a name and a number", line, place, "values")
            if _NAME.fullmatch(words[0]):
                yield escape(words[0]), None
        else:
            yield escape(words[0]), value


def section_by_prefix(name: str, section: str | None) -> str:
    """Return the section of a counter in snmp6 by netstat's rule.

    A name that does not contain the current section starts a new one, whose title is the name up to its first 6.
    """
    if section is not None and section in name:
        return section
    before, six, _ = name.partition("6")
    return before + six


def parse_one_section(
    source: str, content: bytes, section: str, first_row: re.Pattern[bytes] | None = None
) -> Iterator[Record | Problem | Gap]:
    """Yield the counters of a file as one section, also if it is empty."""
    if not content.split():
        yield {"section": section, "interface": None, "counters": {}}
    yield from parse_rows(source, content, lambda _name, _section: section, first_row=first_row)


_OF_INTERFACE = re.compile(rb"ifIndex\s")


def parse_interfaces(contents: Iterable[tuple[str, bytes]]) -> Iterator[Record | Problem | Gap]:
    """Yield the sections of the files in /proc/net/dev_snmp6, given as pairs of path and content.

    The first row, ``ifIndex``, belongs to the section of the counters after it (Ip6).
    """
    for path, content in contents:
        interface = escape(path.rpartition("/")[2].encode("utf-8", "surrogateescape"))
        yield from parse_rows(path, content, _section_of_interface, interface, _OF_INTERFACE)


def _section_of_interface(name: str, section: str | None) -> str:
    return section_by_prefix("Ip6" if name == "ifIndex" else name, section)
