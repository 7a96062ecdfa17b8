"""The table that leads from the options of one built-in dialect to those of the other."""

from __future__ import annotations

import io
import shlex

import pytest

from netstat_core.cli import main
from netstat_core.dialects import NET_TOOLS, Request, find
from netstat_core.dialects.counterparts import COUNTERPARTS, Counterpart
from netstat_core.dialects.net_tools.options import OPTIONS as NET_TOOLS_OPTIONS
from netstat_core.dialects.solaris.options import OPTIONS as SOLARIS_OPTIONS

SUNOS = "solaris"
UNTRANSLATED = {"d": "has no effect", "f": "Bluetooth, which Debian's netstat lacks too", "2": "the same", "?": "help"}
"""Letters that the table leaves out."""


def parse(dialect: str, line: str) -> Request:
    """Parse a command line of a dialect."""
    parsed = find(dialect).parse("pynetstat", shlex.split(line), lambda _key: None, dict, ())
    parsed.check_operands(None)
    return parsed.request()


def show_help(*arguments: str) -> str:
    """Run the command for its help."""
    out = io.BytesIO()
    assert main.run([*arguments, "--help"], out, io.BytesIO()) == 0
    return out.getvalue().decode()


@pytest.mark.parametrize("row", COUNTERPARTS, ids=lambda row: row.meaning)
def test_each_row_leads_to_the_same_table(row: Counterpart) -> None:
    """Both command lines of a row are accepted, and read the same table; no row is empty on both sides."""
    assert row.net_tools or row.solaris
    if row.net_tools and row.solaris and "," not in row.net_tools:
        ours, theirs = parse(NET_TOOLS, row.net_tools).query, parse(SUNOS, row.solaris).query
        assert ours.tables[0] == theirs.tables[0]
    elif "," not in row.net_tools:
        parse(NET_TOOLS if row.net_tools else SUNOS, row.net_tools or row.solaris)


def test_each_letter_of_sunos_has_a_row() -> None:
    """Every option of SunOS stands in the table, and every one that has another meaning in Linux."""
    given = {letter for row in COUNTERPARTS for word in row.solaris.split() if word[:2] != "--" for letter in word[1:]}
    letters = {letter for option in SOLARIS_OPTIONS for letter in option.short}
    assert letters - given - {*UNTRANSLATED} == set()
    keys = {letter: option.key for option in NET_TOOLS_OPTIONS for letter in option.short}
    other = {
        letter for option in SOLARIS_OPTIONS for letter in option.short if keys.get(letter) not in (None, option.key)
    }
    named = {
        letter for row in COUNTERPARTS for word in row.net_tools.split() if word[:2] != "--" for letter in word[1:]
    }
    assert other - named - {*UNTRANSLATED} == set()


@pytest.mark.parametrize(
    ("dialect", "first"), [(NET_TOOLS, "  -p    "), (SUNOS, "  -u    "), ("solaris-illumos", "  -u ")]
)
def test_the_help_shows_the_table(dialect: str, first: str) -> None:
    """The help of each dialect has every row, its own options first, and says how to choose a dialect."""
    text = show_help("--dialect", dialect)
    lines = text.splitlines()
    assert any(line.startswith(first) and line.endswith("processes that hold sockets") for line in lines)
    assert [row.meaning for row in COUNTERPARTS if not any(line.endswith(f" {row.meaning}") for line in lines)] == []
    assert "--dialect" in text
    assert "NETSTAT_DIALECT" in text
    assert "netstat-sunos" in text
    assert "net-tools, solaris, solaris-illumos" in text
    assert "{" not in text
