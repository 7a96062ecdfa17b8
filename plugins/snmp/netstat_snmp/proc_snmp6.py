"""Files with a counter a line: snmp6, dev_snmp6, sctp/snmp, xfrm_stat and tls_stat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from netstat_core.plugin import Problem, Record, escape
from netstat_snmp.numbers import decimal

SectionOf = Callable[[str, "str | None"], str]
"""The section a counter belongs to, given the section of the counter before it."""


def parse_rows(
    source: str, content: bytes, section_of: SectionOf, interface: str | None = None
) -> Iterator[Record | Problem]:
    """The sections in order; each run of counters of one section is a record."""
    section: str | None = None
    counters: dict[str, int | None] = {}
    for item in _counters(source, content):
        if isinstance(item, Problem):
            yield item
            continue
        name, value = item
        its_section = section_of(name, section)
        if section is not None and its_section != section:
            yield {"section": section, "interface": interface, "counters": counters}
            counters = {}
        section = its_section
        if name in counters:
            yield Problem(source, "a counter named twice", name.encode(), code="values")
        counters.setdefault(name, value)
    if section is not None:
        yield {"section": section, "interface": interface, "counters": counters}


def _counters(source: str, content: bytes) -> Iterator[tuple[str, int | None] | Problem]:
    """Names and values; the value of a line without a number is None."""
    for place, line in enumerate(content.split(b"\n"), 1):
        words = line.split()
        if not words:
            continue
        try:
            value = decimal(words[1])
        except (ValueError, IndexError):
            yield Problem(source, "a row needs a name and a number", line, place, "values")
            yield escape(words[0]), None
        else:
            yield escape(words[0]), value


def section_by_prefix(name: str, section: str | None) -> str:
    """The rule of netstat for snmp6: what does not contain the running section starts one, named up to its first 6."""
    if section is not None and section in name:
        return section
    before, six, _ = name.partition("6")
    return before + six


def parse_one_section(source: str, content: bytes, section: str) -> Iterator[Record | Problem]:
    """A file that is one section, present even where it holds no counter."""
    if not content.split():
        yield {"section": section, "interface": None, "counters": {}}
    else:
        yield from parse_rows(source, content, lambda _name, _section: section)


def parse_interfaces(contents: Iterable[tuple[str, bytes]]) -> Iterator[Record | Problem]:
    """The files of /proc/net/dev_snmp6 by path. Their first row, ``ifIndex``, goes with the counters behind it."""
    for path, content in contents:
        interface = escape(path.rpartition("/")[2].encode("utf-8", "surrogateescape"))
        yield from parse_rows(path, content, _section_of_interface, interface)


def _section_of_interface(name: str, section: str | None) -> str:
    return section_by_prefix("Ip6" if name == "ifIndex" else name, section)
