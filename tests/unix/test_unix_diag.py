"""Reading unix_diag dumps by themselves."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netstat_unix import netlink_unix_diag
from netstat_unix.readers import READERS
from unix_rows import ESTABLISHED, LISTEN, Made, attribute, dump

from netstat_core.host.checker import Checker
from netstat_core.plugin import Asked, Gap, Problem, unescape
from netstat_core.plugin.asked import About

(READER,) = READERS
ORDERS = {"<": "little", ">": "big"}


def parsed(datagrams: list[bytes], order: str = "<") -> list[Any]:
    """Return all that the parser yields."""
    return list(netlink_unix_diag.parse(About(Asked(), ORDERS[order]), datagrams))


@pytest.mark.parametrize("order", ORDERS)
def test_a_message_becomes_a_record(order: str) -> None:
    """Each field and attribute is read in the machine's byte order; the reference count is not known."""
    made = Made(7001, b"\0two\0nuls\0", 5, LISTEN, queues=(3, 128), uid=1000, vnode=4711)
    assert parsed(dump([made], order), order) == [
        {
            "ref_count": None,
            "protocol": "unix",
            "flags": ["accepting"],
            "flags_text": "ACC",
            "type": "seqpacket",
            "state": "LISTENING",
            "listening": True,
            "inode": 7001,
            "path": "two\0nuls\0",
            "abstract": True,
            "peer_inode": None,
            "uid": 1000,
            "recv_queue": 3,
            "send_queue": 0,
            "backlog": 128,
            "family": "unix",
            "vnode": 4711,
            "has_peer": False,
        }
    ]


def test_a_connected_socket() -> None:
    """Peer and both queues are told; a listener's words do not apply."""
    (record,) = parsed(dump([Made(5, b"/a", state=ESTABLISHED, peer=6, queues=(10, 20), uid=0)]))
    assert (record["state"], record["flags"], record["listening"]) == ("CONNECTED", [], False)
    assert (record["peer_inode"], record["has_peer"], record["uid"]) == (6, True, 0)
    assert (record["recv_queue"], record["send_queue"], record["backlog"]) == (10, 20, None)


def test_a_peer_that_is_not_accepted_is_none() -> None:
    """The kernel reports inode 0 for a peer that is not accepted yet."""
    (record,) = parsed(dump([Made(5, state=ESTABLISHED, peer=0)]))
    assert (record["peer_inode"], record["has_peer"]) == (None, True)


@pytest.mark.parametrize("state", [2, 3, 7, 99])
def test_other_states_are_unconnected(state: int) -> None:
    """/proc/net/unix shows every state but established and listening as unconnected, and so does this feed."""
    assert parsed(dump([Made(5, state=state)]))[0]["state"] == "UNCONNECTED"


def test_what_was_not_told_is_null() -> None:
    """A message without attributes leaves everything they tell null."""
    (record,) = parsed(dump([Made(5, queues=None)]))
    unknown = {"ref_count", "path", "abstract", "peer_inode", "uid", "recv_queue", "send_queue", "backlog", "vnode"}
    assert {field for field, value in record.items() if value is None} == unknown


def test_attributes_of_other_kinds_are_passed_over() -> None:
    """Unknown attributes, flags in their type and short payloads disturb nothing."""
    made = Made(5, b"/x", uid=7)
    extra = attribute("<", 77, b"12345") + attribute("<", 0x8000 | 2, struct.pack("<I", 9)) + attribute("<", 7, b"1")
    message = made.message() + extra
    (record,) = parsed([struct.pack("<I", len(message)) + message[4:]])
    assert (record["path"], record["peer_inode"], record["uid"]) == ("/x", 9, 7)


def test_repeated_sockets_are_dropped_and_counted() -> None:
    """A socket shows once, however often the kernel dumps it, and one gap says how many times it did."""
    *records, gap = parsed(dump([Made(5), Made(6), Made(5), Made(7), Made(5)]))
    assert [record["inode"] for record in records] == [5, 6, 7]
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.count) == ("raced", 2)


@pytest.mark.parametrize("cut", [1, 16, 31])
def test_a_short_message_is_a_problem(cut: int) -> None:
    """What is shorter than a socket, or longer than its datagram, ends the datagram and no other."""
    results = parsed([Made(5).message() + Made(6).message()[:cut], Made(7).message()])
    assert [one["inode"] for one in results if isinstance(one, dict)] == [5, 7]
    assert len([one for one in results if isinstance(one, Problem)]) == 1


def test_messages_of_another_family_are_problems() -> None:
    """A message of another type or family is no UNIX socket."""
    message = bytearray(Made(5).message())
    message[16] = 2
    (problem,) = parsed([bytes(message)])
    assert isinstance(problem, Problem)


@pytest.mark.parametrize(
    ("fields", "show"),
    [
        (None, 0x57),
        ({"vnode"}, 0x03),
        ({"has_peer"}, 0x05),
        ({"path"}, 0x01),
        ({"peer_inode"}, 0x05),
        ({"uid"}, 0x41),
        ({"recv_queue"}, 0x11),
        ({"send_queue"}, 0x11),
        ({"backlog"}, 0x11),
    ],
)
def test_only_what_is_wanted_is_asked_for(fields: set[str] | None, show: int) -> None:
    """The request names what the output needs; names always, queues also where the merged feed counts with them."""
    asked = Asked(fields=None if fields is None else frozenset(fields))
    requests = [netlink_unix_diag.request(asked), netlink_unix_diag.request(asked, queues=True)]
    expected = [struct.pack("=BBHIII8x", 1, 0, 0, 0xFFFFFFFF, 0, flags) for flags in (show, show | 0x10)]
    assert [request.body for request in requests] == expected


@given(st.lists(st.binary(min_size=1, max_size=108).filter(lambda name: not name.endswith(b"\0") or name[0] == 0)))
@settings(deadline=None)
def test_names_come_back(names: list[bytes]) -> None:
    """Any bytes of a name survive, reversibly."""
    records = parsed(dump([Made(inode, name) for inode, name in enumerate(names, 1)]))
    assert [b"\0" * one["abstract"] + unescape(one["path"]) for one in records] == names


PIECES = st.sampled_from([Made(5, b"/x").message(), Made(6, b"\0\n").message(">"), bytes(40), attribute("<", 0, b"a")])
DATAGRAMS = st.lists(st.binary(max_size=80) | st.lists(PIECES | st.binary(max_size=9)).map(b"".join))


@given(DATAGRAMS, st.sampled_from(sorted(ORDERS)))
@settings(deadline=None)
def test_any_bytes(datagrams: list[bytes], order: str) -> None:
    """No datagram raises, and every record matches its schema."""
    results = parsed(datagrams, order)
    assert all(isinstance(one, (dict, Problem, Gap)) for one in results)
    records = [one for one in results if isinstance(one, dict)]
    assert Checker(READER).check(records, "netlink", "unix") == (records, [])
