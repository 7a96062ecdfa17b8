"""The two interfaces together: rows from /proc/net/unix, names from unix_diag."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from netstat_unix import merge
from netstat_unix.readers import READERS
from unix_rows import CLOSED, ESTABLISHED, HEADER, LISTEN, Crafted, Made, dump, listing

from netstat_core import Query, collect
from netstat_core.host.checker import Checker
from netstat_core.plugin import Asked, Gap, Problem, unescape
from netstat_core.plugin.asked import About

(READER,) = READERS
VICTIM = Made(5, b"/run/victim", state=LISTEN, queues=(1, 8), ref_count=2)
WAITING = Made(0, b"/run/victim", state=ESTABLISHED, ref_count=3)
FORGED = [
    b"0: 00000063 00000000 00010000 0001 01 5 /run/victim",
    b"0: 00000063 00000000 00000000 0001 03     6 /forged",
    b"0: 00000063 00000000 00000000 0001 02     0 /run/victim",
    b"0: 00000063 00000000 00000000 0001 01   777",
]
MARK = 0x63
"""The reference count of forged rows."""


def parsed(content: bytes, datagrams: list[bytes]) -> list[Any]:
    """Return all that the parser yields."""
    return list(merge.parse(About(Asked()), content, datagrams))


def records_of(results: list[Any]) -> list[dict[str, Any]]:
    """Return the records among what a parser yielded."""
    return [one for one in results if isinstance(one, dict)]


def merged(sockets: list[Made]) -> list[Any]:
    """Return what comes of sockets that both interfaces show."""
    return parsed(listing(sockets), dump(sockets))


def gaps(results: list[Any]) -> list[tuple[str, str, int | None]]:
    """Return reason, source and count of each gap."""
    return [(one.reason, one.source, one.count) for one in results if isinstance(one, Gap)]


def dropped(count: int) -> tuple[str, str, int]:
    """Return the gap for rows that were dropped."""
    return ("raced", "/proc/net/unix", count)


def test_both_are_joined_by_inode() -> None:
    """Reference count, flags and state come from the row; name, peer, queues and uid from the dump."""
    made = Made(5, b"\0two\0nuls", 5, ESTABLISHED, ref_count=9, peer=6, queues=(1, 2), uid=3, vnode=0x12AB)
    (record,) = parsed(listing([made]), dump([made]))
    assert record == {
        "ref_count": 9,
        "protocol": "unix",
        "flags": [],
        "flags_text": "",
        "type": "seqpacket",
        "state": "CONNECTED",
        "listening": False,
        "inode": 5,
        "path": "two\0nuls",
        "abstract": True,
        "peer_inode": 6,
        "uid": 3,
        "recv_queue": 1,
        "send_queue": 2,
        "backlog": None,
        "family": "unix",
        "vnode": 0x12AB,
        "has_peer": True,
    }


def test_rows_keep_the_order_of_the_file() -> None:
    """Text has netstat's order, whatever the order of the dump."""
    sockets = [Made(inode) for inode in (9, 3, 7, 1, 8)]
    assert [one["inode"] for one in parsed(listing(sockets), dump(sockets[::-1]))] == [9, 3, 7, 1, 8]


def test_an_at_sign_is_not_ambiguous() -> None:
    """The dump tells NULs from what procfs shows the same."""
    names = [b"@path", b"\0path", b"\0@at", b"\0\0at", b"\0"]
    records = merged([Made(inode, name) for inode, name in enumerate(names, 1)])
    assert [(one["path"], one["abstract"]) for one in records] == [
        ("@path", False),
        ("path", True),
        ("@at", True),
        ("\0at", True),
        ("", True),
    ]


def test_old_kernels_write_raw_nuls() -> None:
    """A NUL that the file shows as it is belongs to the same name."""
    made = Made(5, b"\0two\nnuls\0\0")
    content = HEADER + made.row.replace(b"s@@", b"s\0\0") + Made(6).row
    assert [one["path"] for one in parsed(content, dump([made, Made(6)]))] == ["two\nnuls\0\0", None]


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("before", [b"x\n", b"\0x\n", b"\n", b"\0\n\n"])
@pytest.mark.parametrize("after", [b"", b"\n", b"\n\nrest"])
def test_a_row_in_a_name_is_part_of_the_name(forged: bytes, before: bytes, after: bytes) -> None:
    """What a name with line breaks contains is no row, whatever it claims and wherever it stands."""
    name = before + forged + after
    forger = Made(8, name)
    for sockets in ([VICTIM, WAITING, Made(6), forger], [forger, VICTIM, Made(6), WAITING]):
        results = merged(sockets)
        assert [one["inode"] or 0 for one in results] == [one.inode for one in sockets]
        assert MARK not in {one["ref_count"] for one in results}
        assert [unescape(one["path"]) for one in results if one["inode"] == 8] == [name.removeprefix(b"\0")]


def test_a_row_of_a_closed_socket_is_dropped() -> None:
    """A row whose inode the dump does not know is left out; one gap counts all of them."""
    results = parsed(listing([Made(1), Made(2, b"/gone"), Made(3), Made(4)]), dump([Made(1), Made(3)]))
    assert [one["inode"] for one in records_of(results)] == [1, 3]
    assert gaps(results) == [dropped(2)]


def test_a_socket_without_a_row_shows() -> None:
    """A socket that only the dump knows comes last, and its reference count is unknown."""
    late = Made(3, b"/late", 2, ESTABLISHED, peer=1, uid=7)
    records = parsed(listing([Made(2), Made(1)]), dump([late, Made(1), Made(2)]))
    assert [(one["inode"], one["ref_count"]) for one in records] == [(2, 2), (1, 2), (3, None)]
    assert records[2] == {**parsed(listing([late]), dump([late]))[0], "ref_count": None}


def test_a_repeated_row_is_dropped() -> None:
    """The kernel may repeat a row when its table changes between two reads; the socket shows once."""
    results = parsed(listing([Made(1), Made(2, b"/x"), Made(1)]), dump([Made(1), Made(2, b"/x")]))
    assert [one["inode"] for one in records_of(results)] == [1, 2]
    assert gaps(results) == [dropped(1)]


def test_a_name_given_meanwhile_counts() -> None:
    """A socket bound between the two readings has the name it has now; the rows behind it are intact."""
    before, after = [Made(1), Made(2)], [Made(1, b"\nnew"), Made(2)]
    assert [one["path"] for one in parsed(listing(before), dump(after))] == ["\nnew", None]


@pytest.mark.parametrize("forged", FORGED)
def test_a_closed_socket_forges_nothing(forged: bytes) -> None:
    """The name of a socket that is gone may contain any row: a socket's own row counts, wherever it stands."""
    gone = Made(8, b"x\n" + forged)
    stay = [VICTIM, WAITING, Made(6), Made(7)]
    for sockets in ([gone, *stay], [*stay, gone], [VICTIM, gone, WAITING, Made(6), gone, Made(7)]):
        results = parsed(listing(sockets), dump(stay))
        records = records_of(results)
        assert sorted(one["inode"] or 0 for one in records) == [0, 5, 6, 7]
        assert MARK not in {one["ref_count"] for one in records}
        assert not [one for one in results if isinstance(one, Problem)]
        assert gaps(results) == [dropped(2 * sockets.count(gone))]


def test_the_rest_of_a_closed_sockets_name_is_no_problem() -> None:
    """Lines without a row behind a row of a closed socket are its name; further on they would be problems."""
    content = listing([Made(8, b"x\ny\n\nz"), Made(5), Made(6)]) + b"foo\n"
    results = parsed(content, dump([Made(5), Made(6)]))
    assert [(one.raw, one.line) for one in results if isinstance(one, Problem)] == [(b"foo", 8)]
    assert {one["inode"] for one in records_of(results)} == {5, 6}
    assert gaps(results) == [dropped(1)]


def test_a_doubtful_row_has_to_fit_its_socket() -> None:
    """Behind the name of a closed socket a row of another type or state than the socket's is no row."""
    made = Made(5, state=CLOSED, type=2)
    results = parsed(listing([Made(8, b"x\n0: 63 0 10000 1 1 5")]), dump([made]))
    (record,) = records_of(results)
    assert (record["type"], record["listening"], record["ref_count"]) == ("dgram", False, None)
    assert gaps(results) == [dropped(2)]


@pytest.mark.parametrize(("waiting", "room", "shown"), [(3, 3, 3), (3, 2, 2), (1, 3, 1), (2, 0, 0)])
def test_waiting_connections_need_room(waiting: int, room: int, shown: int) -> None:
    """Rows without an inode are kept under a listener's name, as many as wait in its queue."""
    listener = Made(5, b"/l\nm", state=LISTEN, queues=(room, 8))
    results = parsed(listing([listener, *[Made(0, b"/l\nm", state=ESTABLISHED)] * waiting]), dump([listener]))
    pending = [one for one in records_of(results) if one["inode"] is None]
    assert [(one["path"], one["abstract"], one["state"]) for one in pending] == [("/l\nm", False, "CONNECTING")] * shown
    assert {one["peer_inode"] for one in pending} <= {None}
    assert gaps(results) == ([dropped(waiting - shown)] if waiting > shown else [])


@pytest.mark.parametrize("name", [b"/other", b"/bound", None])
def test_waiting_connections_need_a_listener(name: bytes | None) -> None:
    """A row without an inode is dropped under any name that is no listener's, and without a name."""
    known = [VICTIM, Made(6, b"/bound")]
    results = parsed(listing([*known, Made(0, name, state=ESTABLISHED)]), dump(known))
    assert [one["inode"] for one in records_of(results)] == [5, 6]
    assert gaps(results) == [dropped(1)]


def test_rows_that_dispute_a_count_leave_it_unknown() -> None:
    """Where a socket's own row stands right behind the name of a closed one, neither row's count is believed."""
    results = parsed(listing([Made(8, b"x\n" + FORGED[0]), VICTIM]), dump([VICTIM]))
    (record,) = records_of(results)
    assert (record["inode"], record["ref_count"], record["path"]) == (5, None, "/run/victim")
    (record,) = records_of(parsed(listing([Made(8, b"x\ny"), VICTIM]), dump([VICTIM])))
    assert record["ref_count"] == VICTIM.ref_count


def test_listeners_of_one_name_share_their_room() -> None:
    """A path bound anew has two listeners; and a path may be spelled like an abstract name."""
    names = (b"@x", b"@x", b"\0x", b"@x\ny")
    listeners = [Made(inode, name, state=LISTEN, queues=(1, 8)) for inode, name in enumerate(names, 1)]
    waiting = [Made(0, name, state=ESTABLISHED) for name in names]
    results = merged([*listeners, *waiting])
    pending = [(one["path"], one["abstract"]) for one in results if one["inode"] is None]
    assert sorted(pending) == [("@x", False), ("@x", False), ("@x\ny", False), ("x", True)]


@pytest.mark.parametrize(("content", "is_whole"), [(b"", False), (HEADER.rstrip(), False), (HEADER, True)])
def test_an_empty_file(content: bytes, is_whole: bool) -> None:  # noqa: FBT001
    """Without rows there are the sockets of the dump; a file that no kernel writes like this is told."""
    results = parsed(content, dump([Made(1), Made(2)]))
    assert [one["inode"] for one in records_of(results)] == [1, 2]
    for gaps in ([one for one in results if isinstance(one, Gap)], parsed(content, [])):
        assert [gap.reason for gap in gaps] == [] if is_whole else ["damaged"]


def test_a_file_without_a_last_line_break() -> None:
    """The last row counts when the file was cut right behind it, which is told."""
    sockets = [Made(1, b"/a"), Made(2, b"/b")]
    *records, gap = parsed(listing(sockets)[:-1], dump(sockets))
    assert [one["path"] for one in records] == ["/a", "/b"]
    assert gap.reason == "damaged"


def test_which_feed_is_taken() -> None:
    """Both interfaces together where there are both, else the one there is; a report without either says so."""
    sockets = [VICTIM, WAITING, Made(6)]
    file, datagrams = listing(sockets), dump(sockets)
    query = Query(families=("unix",))

    def rows(system: Crafted) -> list[tuple[int | None, int | None, int | None]]:
        shown = collect(query, system)["tables"]["sockets"]
        return [(one["ref_count"], one["inode"], one["recv_queue"]) for one in shown]

    assert rows(Crafted(file, datagrams)) == [(2, 5, 1), (3, None, None), (2, 6, 0)]
    assert rows(Crafted(file)) == [(2, 5, None), (3, None, None), (2, 6, None)]
    assert rows(Crafted(None, datagrams)) == [(None, 5, 1), (None, 6, 0)]
    (gap,) = collect(query, Crafted())["completeness"]
    assert gap["reason"] == "not_in_kernel"
    assert [attempt["feed"] for attempt in gap["attempts"]] == ["procfs+netlink", "procfs", "netlink"]


def test_gaps_of_a_report_name_table_and_reader() -> None:
    """A race is one entry of completeness, with its count."""
    report = collect(Query(families=("unix",)), Crafted(listing([Made(1), Made(2), Made(3)]), dump([Made(2)])))
    (gap,) = report["completeness"]
    assert (gap["reason"], gap["table"], gap["reader"], gap["count"]) == ("raced", "sockets", "unix", 2)
    assert len(report["tables"]["sockets"]) == 1


LINES = st.sampled_from([*FORGED, b"", b" ", b"@", b"x", b"0: 2 0 0 1 1", b"\0"]) | st.binary(max_size=6)
NAMES = st.lists(LINES, min_size=1, max_size=3).map(b"\n".join).map(lambda name: name[:107])
PATHS = NAMES.map(lambda name: name.replace(b"\0", b"")).filter(bool)
SOCKETS = st.lists(
    st.builds(
        Made,
        inode=st.integers(1, 12),
        name=st.none() | PATHS | NAMES.map(lambda name: b"\0" + name),
        type=st.sampled_from((1, 2, 5)),
        state=st.sampled_from((ESTABLISHED, CLOSED, LISTEN)),
        ref_count=st.integers(1, 98),
    ),
    unique_by=lambda made: made.inode,
    max_size=8,
)


@given(SOCKETS, st.data())
@settings(deadline=None)
def test_what_both_show_comes_back(sockets: list[Made], data: st.DataObject) -> None:
    """Every socket has its one record with its own name and count, in order, whatever the names contain."""
    listeners = [one for one in sockets if one.state == LISTEN and one.name]
    starts = {one.row.partition(b" ")[2] for one in listeners}
    spellings = [one.shown for one in listeners if one.shown]
    assume(len(starts) == len(listeners))
    assume(not any(a != b and a.startswith(b + b"\n") for a in spellings for b in spellings))
    assume(len(set(spellings)) == len(spellings))
    waiting = [[Made(0, one.name, one.type, ESTABLISHED)] * data.draw(st.integers(0, 2)) for one in listeners]
    known = {
        one.inode: Made(one.inode, one.name, one.type, one.state, one.ref_count, queues=(len(its), 8))
        for one, its in zip(listeners, waiting, strict=True)
    }
    every = data.draw(st.permutations([*(known.get(one.inode, one) for one in sockets), *chain(*waiting)]))
    results = merged(list(every))
    assert [(one["inode"] or 0, one["ref_count"]) for one in results] == [(one.inode, one.ref_count) for one in every]
    names = [None if one["path"] is None else b"\0" * one["abstract"] + unescape(one["path"]) for one in results]
    assert names == [one.name for one in every]


@given(SOCKETS, st.data())
@settings(deadline=None)
def test_what_was_closed_leaves_the_others_alone(sockets: list[Made], data: st.DataObject) -> None:
    """Whatever closed sockets were named, the others show once each, and only what is known shows."""
    stay = [one for one in sockets if data.draw(st.booleans()) and (one.name is None or b"\n" not in one.name)]
    results = parsed(listing(sockets), dump(stay))
    records = records_of(results)
    shown = {one["inode"]: one for one in records if one["inode"]}
    assert shown.keys() == {one.inode for one in stay}
    assert len(shown) == len(records)
    for one in stay:
        path = shown[one.inode]["path"]
        assert (None if path is None else unescape(path)) == (one.name and one.name.removeprefix(b"\0"))


@given(st.lists(LINES).map(lambda lines: HEADER + b"\n".join(lines)) | st.binary(), SOCKETS, st.lists(st.binary()))
@settings(deadline=None)
def test_any_bytes(content: bytes, sockets: list[Made], datagrams: list[bytes]) -> None:
    """No content raises, every record matches its schema, and no socket shows twice."""
    results = parsed(content, [*dump(sockets), *datagrams])
    assert all(isinstance(one, (dict, Problem, Gap)) for one in results)
    records = records_of(results)
    assert Checker(READER).check(records, "procfs+netlink", "unix") == (records, [])
    inodes = [one["inode"] for one in records if one["inode"]]
    assert len(inodes) == len(set(inodes))
