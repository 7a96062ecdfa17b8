"""Bytes as text: reversible in records, harmless in front of a terminal; and netstat's program cell."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netstat_core.plugin import escape, printable, unescape
from netstat_core.plugin.socket_text import program_cell
from netstat_core.sinks.json import encode

BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
NASTY = ["\x1b]0;title\x07", "\x9b31m", "\x7f\x00\r\n\t\b", BIDIRECTIONAL, "\u2028\u2029\u0085", "\ufeff\u200b\u00ad"]
DANGEROUS = {"Zs", "Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Categories of characters, of which a terminal is shown the blank only."""

texts_of_bytes = st.binary(max_size=60) | st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass"))


@given(raw=texts_of_bytes)
@example(raw=b"\\xff")
@example(raw=b"\\\\x41\\x41\\")
@example(raw=b"\xed\xa0\x80 half a surrogate")
@example(raw="caf\u00e9".encode("latin-1"))
def test_escaping_is_reversible(raw: bytes) -> None:
    """Any bytes become a text of which JSON gives back the same bytes."""
    escaped = escape(raw)
    assert unescape(escaped) == raw
    assert unescape(json.loads(json.dumps(escaped).encode())) == raw
    escaped.encode()


@given(value=st.recursive(st.text() | st.integers(), lambda one: st.dictionaries(st.text(), one) | st.lists(one)))
@example(value="caf\u00e9 \u202e\x9b31m \U000e0001 \ud800")
@example(value={"number": 1 << 70})
def test_json_is_harmless_in_front_of_a_terminal(value: Any) -> None:
    """A line of JSON holds no control and no mark that turns text around, and says what the value did."""
    line = encode(value).decode()
    assert line.isprintable()
    told = json.loads(line)
    if "\\ud" not in ascii(value) and all(abs(int(one)) < 1 << 63 for one in re.findall(r"-?\d{19,}", str(value))):
        assert told == value


@given(one=texts_of_bytes, other=texts_of_bytes)
def test_escaping_is_unambiguous(one: bytes, other: bytes) -> None:
    """Two names are the same text only if they are the same bytes."""
    assert (escape(one) == escape(other)) == (one == other)


@given(text=st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"])))
def test_text_is_itself(text: str) -> None:
    """What is proper text without a backslash is left as it is."""
    assert escape(text.encode()) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"a\xffb", "a\\xffb"), (b"\\", "\\\\"), (b"\\xff", "\\\\xff"), (b"\xc3\xa9", "\u00e9"), (b"", "")],
)
def test_escaped_forms(raw: bytes, text: str) -> None:
    r"""An undecodable byte is ``\xNN``, a backslash two."""
    assert escape(raw) == text


def is_harmless(shown: str) -> bool:
    """Whether a terminal prints every character and obeys none."""
    return all(one == " " or unicodedata.category(one) not in DANGEROUS for one in shown)


@given(raw=texts_of_bytes)
@example(raw=BIDIRECTIONAL.encode())
def test_what_is_printed_is_harmless(raw: bytes) -> None:
    """Whatever a name consists of, no control, formatting or bidirectional character of it reaches a terminal."""
    assert is_harmless(printable(escape(raw)))


@pytest.mark.parametrize("nasty", NASTY, ids=ascii)
def test_nasty_characters_are_masked(nasty: str) -> None:
    r"""Escape sequences, line ends, direction marks and invisible characters show as ``\xNN`` of their bytes."""
    shown = printable(escape(f"a{nasty}b".encode()))
    assert is_harmless(shown)
    assert shown.startswith("a\\x")
    assert shown.count("\\x") >= len(nasty.encode()) - sum(one.isprintable() for one in nasty)


@given(text=st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_what_can_be_printed_is_printed(text: str) -> None:
    """Letters, digits, punctuation and symbols of any script show as they are, a backslash as one."""
    assert printable(escape(text.encode())) == text


def owned(*command: bytes, pid: int = 77, more: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Make a record whose first owner runs this command."""
    return {"processes": [{"pid": pid, "command": [escape(word) for word in command]}, *(more or [])]}


@pytest.mark.parametrize(
    ("record", "cell"),
    [
        ({"processes": None}, "-"),
        ({"processes": []}, "-"),
        (owned(b"/usr/sbin/sshd", b"-D"), "77/sshd"),
        (owned(b"sshd: root [priv]"), "77/sshd: root [priv]"),
        (owned(b"relative/path"), "77/relative/path"),
        (owned(b"/a/very/long/program-name-indeed", pid=1234567), "1234567/program-nam"),
        (owned(b"sshd", more=[{"pid": 99, "command": ["other"]}]), "77/sshd"),
        (owned(), "77/"),
        ({"processes": [{"pid": 5, "command": None}]}, "-"),
        ({"processes": [{"pid": 5, "command": None}, {"pid": 6, "command": ["/bin/sh"]}]}, "6/sh"),
        (owned(b"/dir/"), "77/"),
        (owned(b"/x\x1b[2Jy\x07"), "77/x.[2Jy."),
        (owned("/\u202eevil".encode()), "77/.evil"),
        (owned(b"/\xff\xfe"), "77/.."),
    ],
)
def test_program_cells(record: dict[str, Any], cell: str) -> None:
    """The cell is as netstat has it, 19 bytes at the most in 20 columns, with a dot for what a terminal would obey."""
    shown = program_cell(record)
    assert shown.rstrip() == cell[:19]
    assert len(shown) == 20 or "." in cell
    assert is_harmless(shown)


@given(
    command=st.lists(texts_of_bytes.map(lambda raw: raw.replace(b"\0", b"")), max_size=2), pid=st.integers(1, 1 << 22)
)
def test_no_process_talks_to_a_terminal(command: list[bytes], pid: int) -> None:
    """Whatever a process calls itself, its cell ends with a blank, starts with its pid, and is harmless."""
    shown = program_cell(owned(*command, pid=pid))
    assert shown.startswith(f"{pid}/")
    assert shown.endswith(" ")
    assert is_harmless(shown)
    assert len(shown) <= 20
