"""``tcp_info`` costs nothing unless it is asked for, and where it is, its absence is never silent."""

from __future__ import annotations

import io
import json
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netstat_inet.netlink_inet_diag import make_parser, request
from pynetstat import show
from tcp_info_struct import pack

from netstat_core import Query
from netstat_core.cli import main as entry
from netstat_core.errors import UsageError
from netstat_core.plugin import About, Asked, Batch, Record, align4
from netstat_core.report.plan import plan

EXTRA = ("tcp_info",)
INFO, CONG, SKMEMINFO = 1 << 1, 1 << 3, 1 << 6
EXTENSIONS_AT = 2
ESTABLISHED, TIME_WAIT = 1, 6


def attribute(kind: int, payload: bytes, order: str) -> bytes:
    """Return an attribute, padded."""
    return struct.pack(f"{order}HH", 4 + len(payload), kind) + payload.ljust(align4(len(payload)), b"\0")


def message(state: int, port: int, attributes: bytes, order: str) -> bytes:
    """Return a message of an IPv4 socket."""
    fixed = struct.pack("BBBB", 2, state, 0, 0) + struct.pack(">HH", port, 80) + bytes(64)
    return struct.pack(f"{order}IHHII", 88 + len(attributes), 20, 2, 1, 1) + fixed + attributes


def parse(datagrams: list[bytes], order: str, asked: Asked) -> list[Record]:
    """Return the records of a dump of IPv4 sockets."""
    about = About(asked, "little" if order == "<" else "big")
    parts = make_parser("tcp")(about, datagrams, None, None)
    return [record for part in parts if isinstance(part, Batch) for record in part]


@given(
    st.lists(st.tuples(st.integers(0, 300), st.sampled_from([None, b"cubic\0", b"reno\0"])), max_size=12),
    st.sampled_from("<>"),
)
def test_each_socket_has_the_struct_of_its_own_message(parts: list[tuple[int, bytes | None]], order: str) -> None:
    """Structs of any lengths, with and without names, among sockets that have none: none is taken for another's."""
    messages: list[bytes] = []
    for number, (length, name) in enumerate(parts):
        info = pack(order, state=ESTABLISHED, snd_cwnd=number).ljust(300, b"\0")[:length]
        attributes = attribute(2, info, order) + (b"" if name is None else attribute(4, name, order))
        messages += [message(ESTABLISHED, number, attributes, order), message(TIME_WAIT, number, b"", order)]
    records = parse([b"".join(messages)], order, Asked(extra_fields=EXTRA))
    found = [(record["local_port"], record["tcp_info"]) for record in records]
    for place, (length, name) in enumerate(parts):
        (port, info), (other_port, nothing) = found[2 * place : 2 * place + 2]
        assert (port, other_port, nothing) == (place, place, None)
        assert (info is None) == (length == 0)
        if info is not None:
            assert info["congestion_window_segments"] == (place if length >= 84 else None)
            assert info["congestion_algorithm"] == (name and name.rstrip(b"\0").decode())


@given(st.binary(max_size=260))
def test_it_is_null_unless_it_is_asked_for(info: bytes) -> None:
    """A dump may have more than was asked for, as a capture has; the record does not."""
    whole = message(ESTABLISHED, 1, attribute(2, info, "<"), "<")
    assert [record["tcp_info"] for record in parse([whole], "<", Asked())] == [None]


@pytest.mark.parametrize(
    ("protocol", "asked", "extensions"),
    [
        ("tcp", Asked(fields=frozenset({"state"})), 0),
        ("tcp", Asked(fields=frozenset({"state"}), extra_fields=EXTRA), 0),
        ("tcp", Asked(fields=frozenset({"timer"})), INFO),
        ("tcp", Asked(), INFO | SKMEMINFO),
        ("tcp", Asked(fields=frozenset({"tcp_info"}), extra_fields=EXTRA), INFO | CONG),
        ("tcp", Asked(extra_fields=EXTRA), INFO | CONG | SKMEMINFO),
        ("udp", Asked(extra_fields=EXTRA), SKMEMINFO),
    ],
)
def test_the_kernel_is_asked_for_no_more_than_is_used(protocol: str, asked: Asked, extensions: int) -> None:
    """The extensions of the request are those of the fields that the output uses."""
    assert request(protocol, "inet", asked).body[EXTENSIONS_AT] == extensions


def test_a_capture_with_it_serves_every_request_without_it() -> None:
    """What is asked without it is answered by a dump that was asked with it."""
    whole = request("tcp", "inet", Asked(extra_fields=EXTRA))
    for fields in ((), ("timer",), ("drops",), ("timer", "drops")):
        narrow = request("tcp", "inet", Asked(fields=frozenset(fields)))
        assert (whole.name, whole.body) in ((narrow.name, narrow.body), *narrow.wider)
        assert (narrow.name, narrow.body) not in whole.wider


def plan_bodies(query: Query) -> set[str]:
    """Return the requests of TCP sockets in a plan."""
    return {source["body"] for source in plan(query)["sources"] if source.get("name") == "sock_diag/tcp"}


def test_a_plan_has_one_dump_of_tcp() -> None:
    """A capture dumps the sockets once, with or without it."""
    query = Query(families=("inet",), protocols=("tcp",))
    [without] = plan_bodies(query)
    [with_it] = plan_bodies(query._replace(extra_fields=EXTRA))
    assert without != with_it


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, Path]]:
    """Captures of TCP sockets, of which one listens and two are connected, without it and with it."""
    made = {}
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        client.sendall(bytes(5000))
        for is_asked in (False, True):
            made[is_asked] = tmp_path_factory.mktemp("captures") / "tcp.txt"
            option = ["--tcp-info"] * is_asked
            assert entry.run(["capture", str(made[is_asked]), "-tan4", *option], io.BytesIO(), io.BytesIO()) == 0
        yield made


def replay(path: Path, *arguments: str) -> tuple[list[Any], list[tuple[str, str, str]]]:
    """Return what is known of the connections in a replay, and its gaps."""
    report = json.loads(show(path, "-tan4", "--json", *arguments).stdout)
    gaps = [(gap["reason"], gap["about"], gap["source"]) for gap in report["completeness"]]
    return [record["tcp_info"] for record in report["tables"]["sockets"]], gaps


def test_a_replay_of_a_capture_with_it_shows_it(captures: dict[bool, Path]) -> None:
    """All connections of the capture are shown with all that was captured of them, and nothing is missing."""
    infos, gaps = replay(captures[True], "--tcp-info")
    assert gaps == []
    infos = [info for info in infos if info is not None]  # none of a connection in TIME_WAIT
    assert infos
    assert all(info["congestion_algorithm"] for info in infos)
    assert 5000 in [info["sent_bytes"] for info in infos]


def test_a_replay_of_a_capture_without_it_says_so(captures: dict[bool, Path]) -> None:
    """All sockets are shown, and a gap about the field says that not all of it was captured."""
    infos, gaps = replay(captures[False], "--tcp-info")
    assert len(infos) == len(replay(captures[True], "--tcp-info")[0])
    assert gaps == [("narrower_capture", "field", "sock_diag/tcp")]
    assert all(info is None or info["congestion_algorithm"] is None for info in infos)


@pytest.mark.parametrize("is_asked", [False, True])
def test_a_replay_shows_it_only_on_request(captures: dict[bool, Path], *, is_asked: bool) -> None:
    """Without the option, records and text of either capture are those of any other, and nothing is missing."""
    infos, gaps = replay(captures[is_asked])
    assert (set(infos), gaps) == ({None}, [])
    assert show(captures[is_asked], "-tan4").stderr == b""


def test_a_filter_may_use_it_with_text(captures: dict[bool, Path]) -> None:
    """Text has no column for it, but shows the sockets that a filter on it selects."""
    shown = show(captures[True], "-tan4", "--tcp-info", "--where", "tcp_info.sent_bytes == 5000")
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert len(shown.stdout.splitlines()) == 3


def test_a_filter_that_finds_nothing_for_lack_of_it_says_so(captures: dict[bool, Path]) -> None:
    """An empty selection is not mistaken for a fast network: the message names the field, and the status is not 0."""
    shown = show(captures[True], "-tan4", "--tcp-info", "--source", "procfs", "--where", "tcp_info.rtt_seconds > 0.1")
    assert shown.returncode == 1
    shown = show(captures[False], "-tan4", "--tcp-info", "--where", "tcp_info.congestion_algorithm == 'cubic'")
    assert shown.returncode == 1
    assert b"tcp_info" in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tcp-info"], b"--tcp-info goes with JSON output or --where"),
        (["--where", "tcp_info.rtt_seconds > 0.1"], b"--where: tcp_info is read only with tcp-info"),
        (["--json", "--where", "tcp_info.rtt > 0.1"], b"rtt"),
    ],
)
def test_what_would_have_no_effect_is_an_error(
    captures: dict[bool, Path], arguments: list[str], message: bytes
) -> None:
    """The option without anything that shows it, and a filter without the option, are refused with a reason."""
    shown = show(captures[True], "-tan4", *arguments)
    assert shown.returncode == UsageError.exit_status
    assert message in shown.stderr
