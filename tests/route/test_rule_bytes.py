"""Policy rules from netlink: whatever bytes a snapshot holds, there are records or problems, never an exception."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as some
from netstat_route.netlink_rule import READERS, RTM_NEWRULE, make_parser

from netstat_core.host.checker import Checker
from netstat_core.plugin import About, Asked, Problem

ABOUT = About(Asked())
_ATTRIBUTES = some.lists(some.tuples(some.integers(0, 35), some.binary(max_size=20)), max_size=8)


def make_message(header: bytes, attributes: list[tuple[int, bytes]], order: str = "<") -> bytes:
    """Return a message of a dump of rules."""
    body = header
    for kind, payload in attributes:
        body += struct.pack(f"{order}HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)
    return struct.pack(f"{order}IHHII", 16 + len(body), RTM_NEWRULE, 2, 0, 0) + body


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
@given(rest=some.binary(min_size=11, max_size=11), attributes=_ATTRIBUTES)
def test_any_message_is_a_record_or_a_problem(reader: object, rest: bytes, attributes: list[tuple[int, bytes]]) -> None:
    """Attributes of any type, length and content give a record that matches its schema, or a problem."""
    (found,) = [one for one in READERS if one is reader]
    family = found.families[0]
    header = bytes([{"inet": 2, "inet6": 10}[family]]) + rest
    for item in make_parser(family)(ABOUT, [make_message(header, attributes)]):
        if not isinstance(item, Problem):
            assert isinstance(item, dict)
            assert Checker(found).check([item], "netlink", "route")[1] == []


@given(content=some.lists(some.binary(max_size=60), max_size=4))
def test_any_datagram_is_parsed(content: list[bytes]) -> None:
    """A damaged dump ends in problems."""
    list(make_parser("inet")(ABOUT, content))


def test_both_byte_orders() -> None:
    """A rule of a big-endian machine is read in its order."""
    header = struct.pack(">BBBBBBBBI", 2, 0, 8, 0, 254, 0, 0, 1, 2)
    attributes = [(2, bytes([10, 0, 0, 0])), (6, struct.pack(">I", 500)), (10, struct.pack(">I", 7))]
    message = make_message(header, attributes, ">")
    (rule,) = make_parser("inet")(ABOUT._replace(byte_order="big"), [message])
    assert isinstance(rule, dict)
    assert (rule["priority"], rule["source"], rule["mark"], rule["inverted"]) == (500, "10.0.0.0/8", 7, True)
    assert rule["table"] == "main"
