"""Reading /proc/net/unix by itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netstat_unix import proc_unix
from netstat_unix.readers import READERS
from unix_rows import CLOSED, ESTABLISHED, HEADER, LISTEN, Made, listing

from netstat_core.host.checker import Checker
from netstat_core.plugin import Asked, Gap, Problem, Trait, unescape
from netstat_core.plugin.asked import About

ABOUT = About(Asked())
(READER,) = READERS


def parsed(content: bytes) -> list[Any]:
    """Return all that the parser yields."""
    return list(proc_unix.parse(ABOUT, content))


def only(content: bytes) -> dict[str, Any]:
    """Return the one record of a file whose row this is."""
    (record,) = parsed(HEADER + content)
    assert isinstance(record, dict)
    return record


def test_a_row_becomes_a_record() -> None:
    """Each column of a row is a field; what the file does not tell is null."""
    assert only(b"ffff888000001b59: 0000000A 00000000 00010000 0005 01  7001 /run/listen.sock\n") == {
        "ref_count": 10,
        "protocol": "unix",
        "flags": ["accepting"],
        "flags_text": "ACC",
        "type": "seqpacket",
        "state": "LISTENING",
        "listening": True,
        "inode": 7001,
        "path": "/run/listen.sock",
        "abstract": False,
        "peer_inode": None,
        "uid": None,
        "recv_queue": None,
        "send_queue": None,
        "backlog": None,
        "family": "unix",
        "vnode": None,
        "has_peer": None,
    }


@pytest.mark.parametrize(
    ("flags", "words", "text"),
    [
        (b"00000000", [], ""),
        (b"00070000", ["accepting", "no_space", "waiting_for_data"], "ACC W N"),
        (b"00060001", ["0x1", "no_space", "waiting_for_data"], "W N"),
    ],
)
def test_flags(flags: bytes, words: list[str], text: str) -> None:
    """Every bit has a word, and netstat's letters come in netstat's order."""
    record = only(b"0: 2 0 %b 1 1 5\n" % flags)
    assert (record["flags"], record["flags_text"]) == (words, text)


@pytest.mark.parametrize(
    ("columns", "type_word", "state", "listening"),
    [
        (b"0 0 1 0", "stream", "FREE", False),
        (b"0 0 2 1", "dgram", "UNCONNECTED", False),
        (b"0 10000 1 1", "stream", "LISTENING", True),
        (b"0 20000 3 2", "raw", "CONNECTING", False),
        (b"0 10000 1 3", "stream", "CONNECTED", False),
        (b"0 0 4 4", "rdm", "DISCONNECTING", False),
        (b"0 0 A FF", "packet", "UNKNOWN(255)", False),
        (b"0 0 6 5", "unknown", "UNKNOWN(5)", False),
    ],
)
def test_type_and_state(columns: bytes, type_word: str, state: str, *, listening: bool) -> None:
    """Types and states have the kernel's words; only an unconnected socket listens."""
    record = only(b"0: 2 %b 5\n" % columns)
    assert (record["type"], record["state"], record["listening"]) == (type_word, state, listening)


@pytest.mark.parametrize(
    ("name", "path", "abstract"),
    [
        (b"", None, None),
        (b" ", None, None),
        (b" /a b  c ", "/a b  c ", False),
        (b"  lead", " lead", False),
        (b" @abs", "abs", True),
        (b" @", "", True),
        (b" @@at", "@at", True),
        (b" @two\0nuls\0", "two\0nuls\0", True),
        (b" /caf\xc3\xa9", "/caf\u00e9", False),
        (b" /\xff\\x", r"/\xff\\x", False),
        (b" a\rb\x0bc\x1cd", "a\rb\x0bc\x1cd", False),
    ],
)
def test_names(name: bytes, path: str | None, abstract: bool | None) -> None:  # noqa: FBT001 - a parameter
    """A name is kept byte by byte; one that starts with an @ is abstract, and raw NULs of old kernels stay NULs."""
    record = only(b"0: 2 0 0 1 1 5" + name + b"\n")
    assert (record["path"], record["abstract"]) == (path, abstract)


@pytest.mark.parametrize(
    "pointer",
    [b"(____ptrval____)", b"        (ptrval)", b"(null)", b"0x0000000000000000", b"pK-error", b"c1a2b3c4"],
)
def test_pointers_mean_nothing(pointer: bytes) -> None:
    """Whatever a kernel puts in place of the address, the row is read."""
    assert only(pointer + b": 00000002 00000000 00000000 0001 01     5 /x\n")["inode"] == 5


def test_gvisor_pads_the_inode_to_eight() -> None:
    """A wider inode column moves nothing."""
    record = only(b"0x0000000000000000: 00000002 00000000 00010000 0001 01       42 /x y\n")
    assert (record["inode"], record["path"]) == (42, "/x y")


def test_names_with_line_breaks_are_whole() -> None:
    """Lines that are no rows belong to the name above, also empty ones and at the end of the file."""
    sockets = [Made(5, b"a\nb\n\nc"), Made(6, b"\n"), Made(7, b"\0\nx\n"), Made(8), Made(9, b"last\n\n")]
    assert [record["path"] for record in parsed(listing(sockets))] == ["a\nb\n\nc", "\n", "\nx\n", None, "last\n\n"]


def test_lines_that_belong_to_nothing_are_problems() -> None:
    """A line that is no row is a problem where no name precedes it, or one that cannot be longer."""
    full = Made(5, b"/" + b"x" * 106)
    results = parsed(HEADER + b"foo\n" + Made(6).row + b"bar\n" + full.row + b"\nthree\nfour\n" + Made(7, b"/y").row)
    assert [(one.line, one.raw) for one in results if isinstance(one, Problem)] == [
        (2, b"foo"),
        (4, b"bar"),
        (7, b"three"),
        (8, b"four"),
    ]
    paths = [one["path"] for one in results if isinstance(one, dict)]
    assert paths == [None, "/" + "x" * 106 + "\n", "/y"]


def test_a_row_cut_off_is_a_problem() -> None:
    """A row that ends before St is none; one that ends before the inode has none."""
    problem, record = parsed(HEADER + b"0: 00000002 00000000 00000000 0001\n0: 00000002 00000000 00000000 0001 01\n")
    assert isinstance(problem, Problem)
    assert record["inode"] is None


@pytest.mark.parametrize("content", [b"", b"\n", HEADER, HEADER.rstrip()])
def test_nothing_to_read(content: bytes) -> None:
    """A file without rows has no records; only the header says that there are none."""
    assert [one for one in parsed(content) if isinstance(one, dict)] == []
    assert [one.reason for one in parsed(content) if isinstance(one, Gap)] == ([] if content == HEADER else ["damaged"])


def test_linux_2_0_has_no_inodes() -> None:
    """Without the column Inode a trait says so, and a name of digits is a name."""
    trait, *records = parsed(
        b"Num       RefCount Protocol Flags    Type St Path\n"
        b"c1a2b3c4: 00000002 00000000 00010000 0001 01 /dev/log\n"
        b"c1a2b3c4: 00000003 00000000 00000000 0001 03\n"
        b"c1a2b3c4: 00000003 00000000 00000000 0001 03 123\n"
    )
    assert trait == Trait("no_inodes")
    assert [record["inode"] for record in records] == [None] * 3
    assert [record["path"] for record in records] == ["/dev/log", None, "123"]


def ambiguous(name: bytes) -> bool:
    """Whether procfs shows another name the same way, or lines of this one look like rows."""
    shown = name[1:] if name.startswith(b"\0") else name
    return b"\0" in shown or name.startswith(b"@") or any(proc_unix.ROW.match(line) for line in shown.split(b"\n"))


NAMES = st.binary(min_size=1, max_size=107).filter(lambda name: not ambiguous(name))
SOCKETS = st.builds(
    Made,
    inode=st.integers(1, 2**32 - 1),
    name=st.none() | NAMES,
    type=st.sampled_from((1, 2, 5)),
    state=st.sampled_from((ESTABLISHED, CLOSED, LISTEN)),
    ref_count=st.integers(1, 2**32 - 1),
)


@given(st.lists(SOCKETS, max_size=8))
@settings(deadline=None)
def test_rows_come_back(sockets: list[Made]) -> None:
    """What a kernel writes is read as the sockets it wrote, whatever bytes their names are of."""
    records = parsed(listing(sockets))
    assert [(one["inode"], one["ref_count"]) for one in records] == [(one.inode, one.ref_count) for one in sockets]
    names = [None if one["path"] is None else b"\0" * one["abstract"] + unescape(one["path"]) for one in records]
    assert names == [one.name for one in sockets]


ROWLIKE = st.lists(st.sampled_from([b"0: 2 0 0 1 1 5", b"ab: " + b"F" * 17, b"9" * 25, b"\n", b" ", b"@", b":", b"x"]))


@given(st.binary() | st.binary().map(HEADER.__add__) | ROWLIKE.map(lambda pieces: HEADER + b" ".join(pieces)))
@settings(deadline=None)
def test_any_bytes(content: bytes) -> None:
    """No content raises, and every record matches its schema."""
    results = parsed(content)
    assert all(isinstance(one, (dict, Problem, Trait, Gap)) for one in results)
    records = [one for one in results if isinstance(one, dict)]
    assert Checker(READER).check(records, "procfs", "unix") == (records, [])
