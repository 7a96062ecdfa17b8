"""Windows, buffers and bound sockets are read where they are asked for, and cost nothing elsewhere."""

from __future__ import annotations

import struct

import pytest
from built_sockets import CLOSE, ESTABLISHED, LISTEN, LISTENING, inet, tcp_info
from hypothesis import given
from hypothesis import strategies as st
from netstat_inet.netlink_inet_diag import ALL_STATES, WITH_BOUND, make_parser, request
from netstat_inet.readers import READERS
from netstat_inet.record import WINDOWS

from netstat_core import Query
from netstat_core.errors import UsageError
from netstat_core.facts.query import facts_query
from netstat_core.host.discovery import Host
from netstat_core.plugin import About, Asked, Batch, NetlinkDump, Record
from netstat_core.query import PRESETS
from netstat_core.report.plan import EVERYTHING, plan
from netstat_core.where import Where

INFO, CONG, SKMEMINFO = 1 << 1, 1 << 3, 1 << 6
EXTENSIONS_AT = 2
STATES_AT = 4
BUFFER = "receive_buffer_bytes"
[TCP] = [reader for reader in READERS if reader.name == "tcp"]


def parse(messages: list[bytes], asked: Asked) -> list[Record]:
    """Return the records of a dump of IPv4."""
    parts = make_parser("tcp")(About(asked), [b"".join(messages)], None, None)
    return [record for part in parts if isinstance(part, Batch) for record in part]


def states_of(dump: NetlinkDump) -> int:
    """Return the mask of states of a request."""
    (states,) = struct.unpack_from("=I", dump.body, STATES_AT)
    return int(states)


@given(st.integers(1, 300), st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)), st.integers(0, 2**32 - 1))
def test_a_window_is_known_if_the_struct_reaches_it(size: int, windows: tuple[int, int], limit: int) -> None:
    """Of a short struct, of an older kernel, no more is read than it has."""
    info = tcp_info(windows, limit=limit, size=size)
    [record] = parse([inet(ESTABLISHED, "10.0.0.1 1", "10.0.0.2 2", info=info)], Asked(extra_fields=WINDOWS))
    assert record["send_window_bytes"] == (windows[0] if size >= 232 else None)
    assert record["receive_window_bytes"] == (windows[1] if size >= 236 else None)
    assert record["receive_window_limit_bytes"] == (limit if size >= 68 else None)
    assert record[BUFFER] == 131072


def test_a_listening_socket_has_a_buffer_and_no_windows() -> None:
    """The zeros in its struct tcp_info mean nothing; nor has one that is only bound any, but a buffer."""
    messages = [
        inet(LISTEN, "0.0.0.0 22", info=LISTENING),
        inet(CLOSE, "0.0.0.0 23"),
        inet(6, "10.0.0.1 22", "10.0.0.2 9", buffer=None),
    ]
    records = parse(messages, Asked(bound=True, extra_fields=WINDOWS))
    known = [(record["state"], [record[field] for field in WINDOWS]) for record in records]
    assert known == [
        ("LISTEN", [None, None, None, 131072]),
        ("BOUND_INACTIVE", [None, None, None, 131072]),
        ("TIME_WAIT", [None, None, None, None]),
    ]


def test_they_are_null_unless_they_are_asked_for() -> None:
    """A dump may have more than was asked for; the record does not."""
    messages = [inet(ESTABLISHED, "10.0.0.1 1", "10.0.0.2 2", info=tcp_info((1, 2), limit=3))]
    for asked in (Asked(), Asked(fields=frozenset(WINDOWS)), Asked(fields=frozenset(), extra_fields=WINDOWS)):
        [record] = parse(messages, asked)
        assert {record[field] for field in WINDOWS} == {None}


@pytest.mark.parametrize(
    ("protocol", "asked", "extensions"),
    [
        ("tcp", Asked(fields=frozenset({"state"}), extra_fields=WINDOWS), 0),
        ("tcp", Asked(fields=frozenset({BUFFER}), extra_fields=WINDOWS), SKMEMINFO),
        ("tcp", Asked(fields=frozenset({WINDOWS[0]}), extra_fields=WINDOWS), INFO),
        ("tcp", Asked(fields=frozenset({*WINDOWS, "tcp_info"}), extra_fields=("tcp_info", BUFFER)), 0x4A),
        ("tcp", Asked(extra_fields=WINDOWS), INFO | SKMEMINFO),
        ("udp", Asked(fields=frozenset(WINDOWS), extra_fields=WINDOWS), 0),
    ],
)
def test_the_kernel_is_asked_for_no_more_than_is_used(protocol: str, asked: Asked, extensions: int) -> None:
    """The extensions of the request are those of the fields that the output uses."""
    assert request(protocol, "inet", asked).body[EXTENSIONS_AT] == extensions


def test_windows_cost_no_further_dump() -> None:
    """Records of all fields have them in the same dump as those without them: captures of either serve both."""
    assert request("tcp", "inet", Asked(extra_fields=WINDOWS)) == request("tcp", "inet", Asked())


@pytest.mark.parametrize(
    ("protocol", "asked", "states"),
    [
        ("tcp", Asked(), ALL_STATES),
        ("tcp", Asked(bound=True), WITH_BOUND),
        ("tcp", Asked(bound=True, show="listening"), 1 << LISTEN),
        ("udp", Asked(bound=True), ALL_STATES),
    ],
)
def test_bound_sockets_are_asked_for_by_a_state(protocol: str, asked: Asked, states: int) -> None:
    """The mask of TCP has bit 13 if they are wanted."""
    assert states_of(request(protocol, "inet", asked)) == states


def test_a_dump_with_bound_sockets_serves_requests_without_them() -> None:
    """A capture with them answers those that want none, and not the reverse."""
    whole = request("tcp", "inet6", Asked(bound=True))
    for asked in (Asked(), Asked(show="listening"), Asked(fields=frozenset({"timer"}))):
        narrow = request("tcp", "inet6", asked)
        assert (whole.name, whole.body) in narrow.wider
        assert (narrow.name, narrow.body) not in whole.wider


def test_bound_sockets_of_a_wider_dump_are_left_out() -> None:
    """They are records only if they are asked for."""
    messages = [inet(CLOSE, "10.0.0.1 7"), inet(ESTABLISHED, "10.0.0.1 8", "10.0.0.2 9")]
    assert [record["state"] for record in parse(messages, Asked())] == ["ESTABLISHED"]
    assert [record["state"] for record in parse(messages, Asked(bound=True))] == ["BOUND_INACTIVE", "ESTABLISHED"]


def test_a_dump_of_bound_sockets_is_never_taken_to_be_empty() -> None:
    """No counter of the kernel counts them, so no sign stands for the dump."""
    for bound in (False, True):
        asked = Asked(bound=bound)
        first = next(feed for feed in TCP.feeds if feed.serves is None or feed.serves(asked))
        assert [bool(need.signs) for need in first.needs(asked)[:2] if need] == [not bound] * 2


def test_what_asks_for_bound_sockets() -> None:
    """Facts of all sockets and captures of everything do; facts of listening sockets do not."""
    host = Host()
    asking = {sockets: facts_query(host, sockets=sockets).bound for sockets in ("listening", "all")}
    assert asking == {"listening": False, "all": True}
    assert EVERYTHING.bound
    assert {name for name, preset in PRESETS.items() if preset.show == "all"} == {"sockets", "fleet"}


def test_a_plan_has_one_dump_of_each_ip_version() -> None:
    """Text of net-tools needs no dump of its own besides that with bound sockets."""
    planned = plan(EVERYTHING._replace(tables=("sockets",)))
    bodies = [
        source["body"] for source in planned["sources"] if source.get("name") in ("sock_diag/tcp", "sock_diag/tcp6")
    ]
    assert len(bodies) == 2


@pytest.mark.parametrize("field", WINDOWS)
def test_filters_on_fields_that_are_not_read_are_refused(field: str) -> None:
    """A filter on a field that is null because nobody asked for it is an error."""
    with pytest.raises(UsageError, match=field):
        Where.for_query(Query(where=f"{field} > 0"), READERS)
