"""Whatever the files hold: parsers give records that fit their schema and problems, never an exception."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from netstat_snmp import delta, proc_sockstat
from netstat_snmp.delta import compute_changes
from netstat_snmp.net_tools import LAYOUT
from netstat_snmp.proc_snmp import parse_pairs
from netstat_snmp.proc_snmp6 import parse_interfaces, parse_one_section, parse_rows, section_by_prefix
from netstat_snmp.proc_stat import parse_conntrack, parse_softnet
from netstat_snmp.readers import READERS

from netstat_core import Query
from netstat_core.plugin import About, Asked, Gap, Problem, Style
from netstat_core.plugin.records import GREATEST_INTEGER, LEAST_INTEGER
from netstat_core.plugin.schema import reader_schema
from netstat_core.report.names import Names

PATH = "/proc/net/dev_snmp6/\udcff0"


def parse_memory(content: bytes) -> Iterator[Any]:
    """Parse the same content as all three files of socket memory."""
    return proc_sockstat.parse(About(Asked()), content, content, content)


PARSERS: dict[str, Callable[[bytes], Iterable[Any]]] = {
    "pairs": partial(parse_pairs, "snmp"),
    "rows": partial(parse_rows, "snmp6", section_of=section_by_prefix),
    "one section": partial(parse_one_section, "sctp", section="Sctp"),
    "interfaces": lambda content: parse_interfaces([(PATH, content)]),
    "softnet": partial(parse_softnet, "softnet_stat"),
    "conntrack": lambda content: parse_conntrack([(PATH, content)]),
    "memory": parse_memory,
}
VALID = {reader.kind: Draft202012Validator(reader_schema(reader)) for reader in READERS}

WORDS = st.sampled_from(
    [
        *(b"Tcp:", b"Icmp6InEchos", b"Ip6", b"6", b":", b"-1", b"5", b"ff", b"99999999999999999999999", b"9" * 5000),
        *(
            b"TCP:",
            b"inuse",
            b"protocol",
            b"press",
            b"yes",
            b"NI",
            b"\xff",
            b"\xc3\xa4",
            b"\x1b[",
            b"+",
            b"1_0",
            b"\xb2",
        ),
    ]
)
LINES = st.lists(WORDS, max_size=6).map(b" ".join)
CONTENTS = st.binary(max_size=200) | st.lists(LINES, max_size=6).map(b"\n".join)


@pytest.mark.parametrize("parser", PARSERS)
@given(content=CONTENTS)
def test_any_bytes(parser: str, content: bytes) -> None:
    """Any bytes become valid records and problems, and the records become text."""
    parsed = list(PARSERS[parser](content))
    found = [one for one in parsed if isinstance(one, dict)]
    assert all(isinstance(one, (Problem, Gap)) for one in parsed if not isinstance(one, dict))
    kind = "memory" if parser == "memory" else "statistics"
    assert all(VALID[kind].is_valid(one) for one in found)
    if kind == "statistics":
        query = Query(tables=("statistics",))
        assert LAYOUT.rows(Style(query), Names(), {})(found).count("\n") >= len(found)
        assert delta.LAYOUT.rows(Style(query), Names(), {})(compute_changes(found[1:], found, 1.0)).count("\n") >= len(
            found
        )


NAMES = st.text(st.characters(min_codepoint=33, exclude_categories=("Z", "C")), min_size=1).filter(
    lambda name: ":" not in name
)
COUNTERS = st.dictionaries(NAMES, st.integers(LEAST_INTEGER, GREATEST_INTEGER), max_size=5)


@given(sections=st.lists(st.tuples(NAMES, COUNTERS), max_size=4))
def test_pairs_hold_every_counter(sections: list[tuple[str, dict[str, int]]]) -> None:
    """Sections written as the kernel writes them are read back with all names and numbers, in order."""
    written = "".join(
        f"{title}: {' '.join(counters)}\n{title}: {' '.join(map(str, counters.values()))}\n"
        for title, counters in sections
    )
    parsed: list[Any] = list(parse_pairs("f", written.encode()))
    read = [(one["section"], list(one["counters"].items())) for one in parsed]
    escaped = [
        (title.replace("\\", r"\\"), [(name.replace("\\", r"\\"), value) for name, value in counters.items()])
        for title, counters in sections
    ]
    assert read == escaped


@given(counters=COUNTERS)
def test_rows_hold_every_counter(counters: dict[str, int]) -> None:
    """Counters written one a line are read back with all names and numbers, in order."""
    written = "".join(f"{name:<32}\t{value}\n" for name, value in counters.items())
    parsed: list[Any] = list(parse_one_section("f", written.encode(), "S"))
    (read,) = parsed
    assert list(read["counters"].items()) == [(name.replace("\\", r"\\"), value) for name, value in counters.items()]


@given(before=st.integers(0, GREATEST_INTEGER), after=st.integers(0, GREATEST_INTEGER), seconds=st.floats(0.001, 1e6))
def test_changes_are_never_negative(before: int, after: int, seconds: float) -> None:
    """A counter grows by what it shows more, or was set back and has counted since what it shows."""
    first, second = ({"section": "Ip", "interface": None, "counters": {"InReceives": one}} for one in (before, after))
    (change,) = compute_changes([first], [second], seconds)
    counter = change["counters"]["InReceives"]
    assert counter["reset"] == (after < before)
    assert counter["change"] == (after if after < before else after - before)
    assert counter["per_second"] == counter["change"] / seconds
