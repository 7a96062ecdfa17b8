"""Internet sockets: any bytes give records that hold and problems, and what the kernel says is what records say."""

from __future__ import annotations

import functools
import json
import struct
from pathlib import Path
from typing import Any

import inet_samples as samples
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netstat_inet import netlink_inet_diag, netlink_sctp_diag, proc_sctp, proc_tcp, readers
from netstat_inet.record import TCP_CLOSE

from netstat_core.host.checker import Checker
from netstat_core.plugin import About, Asked, Batch, Gap, Problem, Trait
from netstat_core.plugin.records import Record

LINES = ("tcp", "udp", "udplite", "raw", "icmp")
MESSAGES = ("tcp", "udp", "udplite", "raw")
HERE = Path(__file__).resolve().parent

abouts = st.builds(
    About,
    asked=st.sampled_from([Asked(), Asked(fields=frozenset({"state"}))]),
    byte_order=st.sampled_from(["little", "big"]),
    ticks_per_second=st.sampled_from([100, 1000]),
    kernel_release=st.sampled_from(["6.1.0", "2.6.32", "", "odd"]),
)
LITTLE = About()


@functools.cache
def checker(name: str) -> Checker:
    """Make the checker of a protocol's records."""
    return Checker(next(one for one in readers.READERS if one.name == name))


def hold(name: str, parsed: Any, *, fields: frozenset[str] | None = None) -> list[Record]:
    """Insist that what was parsed is records that match their schema, problems, gaps and traits; give the records."""
    records: list[Record] = []
    for piece in parsed:
        if isinstance(piece, (Problem, Gap, Trait)):
            continue
        records += piece if isinstance(piece, (list, Batch)) else [piece]
    if fields is None:
        good, violations = checker(name).check(records, "feed", "plugin")
        assert violations == []
        assert good == records
    json.dumps(records)
    return records


@st.composite
def files(draw: st.DrawFn, protocol: str) -> bytes:
    """Draw a file of good, spoilt and arbitrary lines."""
    sockets = draw(st.lists(samples.drawn("tcp" if protocol == "icmp" else protocol), max_size=3))
    lines = [samples.line_of(samples.record_of(one), slot) for slot, one in enumerate(sockets)]
    lines = [draw(st.just(line) | samples.spoilt(line) | st.binary(max_size=160)) for line in lines]
    return draw(st.sampled_from([samples.HEADER, b""])) + b"\n".join(lines) + draw(st.sampled_from([b"\n", b""]))


@pytest.mark.parametrize("protocol", LINES)
@settings(deadline=None, max_examples=50)
@given(data=st.data(), about=abouts)
def test_any_file_is_parsed(protocol: str, data: st.DataObject, about: About) -> None:
    """Whatever stands in a protocol's two files, parsing gives records that hold, problems, and no exception."""
    contents = [data.draw(st.none() | st.binary(max_size=80) | files(protocol)) for _ in range(2)]
    hold(protocol, proc_tcp.make_parser(protocol)(about, *contents))


EPS = b" ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n"
ASSOCS = b" ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS\n"
ENDPOINT = b"c0ffee c0ffee 2   10  7    5000     0 10001 127.0.0.1 ::1"
ASSOCIATION = (
    b"c0ffee c0ffee 0   1   3  0    7      0        0       0 10002 5000  6000  127.0.0.1 <-> *127.0.0.2 10.0.0.1"
    b" \t    7500    10    10   10    0    0        0        1        0   212992   212992"
)
REMADDR = b"ADDR ASSOC_ID HB_ACT RTO MAX_PATH_RTX REM_ADDR_RTX START STATE"
PATH = b"127.0.0.2  7 1 250 5 0 0 2"


@settings(deadline=None, max_examples=80)
@given(data=st.data(), about=abouts)
def test_any_sctp_file_is_parsed(data: st.DataObject, about: About) -> None:
    """Whatever stands in the files of SCTP, parsing gives records that hold, problems, and no exception."""
    contents = []
    for good in (ENDPOINT, ASSOCIATION, ENDPOINT, ASSOCIATION, PATH):
        line = st.just(good) | samples.spoilt(good) | st.binary(max_size=120)
        file = st.lists(line, max_size=3).map(lambda lines: EPS + b"\n".join([*lines, b""]))
        file |= st.lists(line, max_size=3).map(lambda lines: b"\n".join([REMADDR, *lines, b""]))
        contents.append(data.draw(st.none() | st.binary(max_size=80) | file))
    hold("sctp", proc_sctp.parse(about, dict(zip(proc_sctp.INPUTS.inputs, contents, strict=True))))


ATTRIBUTES = {
    "info": samples.attribute(2, bytes(2) + b"\3\4" + bytes(200)),
    "memory": samples.attribute(7, struct.pack("<9I", *range(1, 10))),
    "protocol": samples.attribute(10, b"\x59"),
    "v6 only": samples.attribute(11, b"\1"),
    "unknown": samples.attribute(99, b"odd"),
    "short info": samples.attribute(2, b"\0"),
    "short memory": samples.attribute(7, bytes(8)),
}
attribute_lists = st.lists(st.sampled_from(sorted(ATTRIBUTES)), max_size=4, unique_by=lambda name: name.split()[-1])


def spoil(draw: st.DrawFn, datagram: bytes) -> bytes:
    """Change some bytes, cut, or leave as it is."""
    raw = bytearray(datagram)
    for _ in range(draw(st.integers(0, 3))):
        if raw:
            raw[draw(st.integers(0, len(raw) - 1))] = draw(
                st.sampled_from([0, 1, 4, 0x5C, 0x7F, 0xFF]) | st.integers(0, 255)
            )
    return bytes(raw[: draw(st.integers(0, len(raw)))]) if draw(st.booleans()) else bytes(raw)


@st.composite
def datagrams(draw: st.DrawFn, protocol: str) -> list[bytes]:
    """Draw a dump of good, spoilt and arbitrary datagrams."""
    made = []
    for _ in range(draw(st.integers(0, 2))):
        sockets = draw(st.lists(samples.drawn(protocol), min_size=1, max_size=3))
        messages = [
            samples.diag_message(
                one, b"".join(ATTRIBUTES[name] for name in draw(attribute_lists)), index=draw(st.integers(0, 3))
            )
            for one in sockets
        ]
        made.append(spoil(draw, samples.padded(messages)))
    return draw(st.just(made) | st.lists(st.binary(max_size=200), max_size=2))


@pytest.mark.parametrize("protocol", MESSAGES)
@settings(deadline=None, max_examples=50)
@given(data=st.data(), about=abouts)
def test_any_dump_is_parsed(protocol: str, data: st.DataObject, about: About) -> None:
    """Whatever datagrams a dump consists of, parsing gives records that hold, problems, and no exception."""
    dumps = [data.draw(st.none() | datagrams(protocol)) for _ in range(2)]
    links = data.draw(st.none() | st.lists(st.binary(max_size=80), max_size=2) | spoilt_links)
    hold(protocol, netlink_inet_diag.make_parser(protocol)(about, *dumps, links), fields=about.asked.fields)


def link(index: int, name: bytes, order: str = "<") -> bytes:
    """Write one RTM_NEWLINK message."""
    body = struct.pack(f"{order}BxHiII", 0, 1, index, 0, 0) + samples.attribute(3, name + b"\0", order)
    return struct.pack(f"{order}IHHII", 16 + len(body), 16, 2, 1, 1) + body


spoilt_links = st.composite(lambda draw: [spoil(draw, samples.padded([link(1, b"lo"), link(2, b"eth0")]))])()


@settings(deadline=None, max_examples=80)
@given(data=st.data(), about=abouts)
def test_any_sctp_dump_is_parsed(data: st.DataObject, about: About) -> None:
    """Whatever datagrams a dump of SCTP consists of, parsing gives records that hold, and no exception."""
    storage = struct.pack("<H", 2) + b"\x13\x88" + b"\x7f\0\0\1" + bytes(120)
    storage6 = struct.pack("<H", 10) + bytes(6) + bytes(15) + b"\1" + bytes(104)
    parts = [samples.attribute(kind, payload) for kind in (12, 13) for payload in (storage, storage6 * 2, b"", b"odd")]
    parts += [samples.attribute(2, bytes(range(256)) + bytes(size)) for size in (0, 112)]

    @st.composite
    def dumps(draw: st.DrawFn) -> list[bytes]:
        messages = [
            samples.diag_message(one, b"".join(draw(st.lists(st.sampled_from(parts), max_size=3))))
            for one in draw(st.lists(samples.drawn("tcp"), min_size=1, max_size=3))
        ]
        return [spoil(draw, samples.padded(messages))]

    both = [data.draw(st.none() | dumps() | st.lists(st.binary(max_size=200), max_size=2)) for _ in range(2)]
    files = {"assocs": ASSOCS + ASSOCIATION + b"\n", "paths": PATH + b"\n"}
    hold("sctp", netlink_sctp_diag.parse(about, {"sctp": both[0], "sctp6": both[1], "links": None, **files}))


@pytest.mark.parametrize("protocol", MESSAGES)
@settings(deadline=None, max_examples=30)
@given(data=st.data(), order=st.sampled_from("<>"), ticks=st.sampled_from([100, 250, 1000]))
def test_lines_say_what_records_say(protocol: str, data: st.DataObject, order: str, ticks: int) -> None:
    """A record written as the kernel's line is read as the same record, on machines of both byte orders."""
    unique = st.lists(samples.drawn(protocol), max_size=4, unique_by=lambda one: one["inode"])
    wanted = [samples.record_of(one, ticks) for one in data.draw(unique)]
    about = About(Asked(), "little" if order == "<" else "big", ticks)
    lines = {
        family: samples.HEADER
        + b"".join(samples.line_of(one, 1, order, ticks) + b"\n" for one in wanted if one["family"] == family)
        for family in ("inet", "inet6")
    }
    found = list(proc_tcp.make_parser(protocol)(about, lines["inet"], lines["inet6"]))
    assert found == sorted(wanted, key=lambda one: one["family"])
    hold(protocol, found)


def test_rows_that_the_kernel_repeats_are_dropped() -> None:
    """A datagram socket listed twice is one record, and completeness says that others may be missing; TCP has none."""
    line = b"   0: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000  0 0 77 2 ffff 0\n"
    *records, gap = proc_tcp.make_parser("udp")(LITTLE, samples.HEADER + line * 3, None)
    assert len(records) == 1
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.count) == ("raced", 2)
    assert len(list(proc_tcp.make_parser("tcp")(LITTLE, samples.HEADER + line * 3, None))) == 3


def test_masked_and_short_rows() -> None:
    """A row with pointers masked or with the columns of old kernels is read; one without an inode is a problem."""
    row = b"   0: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 77"
    old, masked = row + b"\n", row + b" 2 (____ptrval____) 0\n"
    problem_line = row.rpartition(b" ")[0] + b"\n"
    first, second, problem = proc_tcp.make_parser("udp")(
        LITTLE, samples.HEADER + old, samples.HEADER + masked + problem_line
    )
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert (first["drops"], second["drops"]) == (None, 0)
    assert isinstance(problem, Problem)
    assert (problem.source, problem.line, problem.raw) == ("/proc/net/udp6", 3, problem_line.strip(b"\n"))


GOOD_ROW = b"0: 0100007F:0035 00000000:0000 07 00000001:00000002 01:0000000A 00000003 0 4 77 2 ffff 9"
BAD_WORDS = {
    0: [b"x:", b""],
    1: [
        b"0100007F",
        b"0100007F:",
        b"0100007F:10000",
        b"0100007F:-1",
        b"0100007:0035",
        b"G100007F:0035",
        b"0" * 40 + b":1",
    ],
    2: [b"00000000:FFFFF", b":0"],
    3: [b"-1", b"", b"xx"],
    4: [b"-1:00000000", b"00000000:-1", b"00000000", b":"],
    5: [b"-1:0", b"01:-1", b"01", b"01:" + b"F" * 400],
    6: [b"-1", b"x"],
    7: [b"root", b"0x1"],
    9: [b"-77", b"7.7", b"0x4D"],
}


@pytest.mark.parametrize("column", BAD_WORDS)
def test_numbers_out_of_range_are_problems(column: int) -> None:
    """A row with a word that no kernel can have written is a problem with its line, and no record to be rejected."""
    words = GOOD_ROW.split(b" ")
    assert len(hold("udp", proc_tcp.make_parser("udp")(LITTLE, samples.HEADER + GOOD_ROW, None))) == 1
    for word in BAD_WORDS[column]:
        line = b" ".join([*words[:column], word, *words[column + 1 :]])
        parsed: list[Any] = list(
            proc_tcp.make_parser("udp")(LITTLE, samples.HEADER + line + b"\n" + GOOD_ROW + b"\n", None)
        )
        assert [type(one) for one in parsed] == [Problem, dict], word
        assert (parsed[0].raw, parsed[0].line) == (line, 2)


@pytest.mark.parametrize("end", [b"\n", b""])
def test_sctp_rows_are_read_to_the_last(end: bytes) -> None:
    """The last row of a file counts, whether a line end follows it or not; words out of range are problems."""
    bad = {3: b"-1", 5: b"65536", 7: b"-1", 8: b"127.0.0"}
    for column, word in bad.items():
        words = ENDPOINT.split()
        line = b" ".join([*words[:column], word, *words[column + 1 :]])
        files = (EPS + line + b"\n" + ENDPOINT + end, ASSOCS + ASSOCIATION + end, None, None, None)
        outcomes = [*proc_sctp.parse(LITTLE, dict(zip(proc_sctp.INPUTS.inputs, files, strict=True)))]
        problem, endpoint, association = (found for found in outcomes if not isinstance(found, Gap))
        assert len(outcomes) == (3 if end else 5)
        assert isinstance(problem, Problem)
        assert [one["inode"] for one in hold("sctp", [endpoint, association])] == [10001, 10002]


def from_diag(protocol: str, family: str, dump: list[bytes], asked: Asked | None = None) -> list[Record]:
    """Parse a dump of one family."""
    both = (dump, None) if family == "inet" else (None, dump)
    return hold(protocol, netlink_inet_diag.make_parser(protocol)(About(asked or Asked()), *both, None))


@pytest.mark.parametrize("protocol", MESSAGES)
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_messages_say_what_records_say(protocol: str, data: st.DataObject) -> None:
    """A socket written as a sock_diag message is read as its record, whatever attributes others around it have."""
    family = data.draw(st.sampled_from(["inet", "inet6"]))
    sockets = data.draw(st.lists(samples.drawn(protocol).filter(lambda one: one["family"] == family), max_size=6))
    chosen = [data.draw(attribute_lists) for _ in sockets]
    messages = [
        samples.diag_message(one, b"".join(ATTRIBUTES[name] for name in names))
        for one, names in zip(sockets, chosen, strict=True)
    ]
    cut = data.draw(st.integers(0, len(messages)))
    dump = [samples.padded(part, last=data.draw(st.booleans())) for part in (messages[:cut], messages[cut:]) if part]
    found = from_diag(protocol, family, dump, Asked(bound=True))
    assert [one["inode"] for one in found] == [one["inode"] for one in sockets]
    for record, one, names in zip(found, sockets, chosen, strict=True):
        wanted = samples.record_of(one)
        if protocol == "tcp" and one["state"] == TCP_CLOSE and not one["target_port"]:
            wanted["state"] = "BOUND_INACTIVE"
        same = (
            "local_address",
            "local_port",
            "remote_address",
            "recv_queue",
            "state",
            "state_number",
            "v4_mapped",
            "family",
        )
        assert {name: record[name] for name in same} == {name: wanted[name] for name in same}
        assert record["drops"] == (9 if "memory" in names else None)
        assert record["v6_only"] == (True if "v6 only" in names else None)
        assert record["timer"]["kind"] == wanted["timer"]["kind"]
        if "info" in names:
            assert (record["timer"]["retransmits"], record["timer"]["probes"]) == (3, 4)
        if protocol == "raw":
            assert record["ip_protocol"] == (0x59 if "protocol" in names else None)
        if protocol == "tcp" and one["state"] == samples.LISTEN:
            assert (record["backlog"], record["send_queue"], record["listening"]) == (one["sent"], 0, True)
        else:
            assert (record["backlog"], record["send_queue"]) == (None, one["sent"])


SOCKET = {
    **dict.fromkeys(("target_port", "timer", "ticks", "retransmits", "probes", "drops"), 0),
    "protocol": "tcp",
    "family": "inet",
    "source": b"\x7f\0\0\1",
    "target": bytes(4),
    "source_port": 80,
    "state": 1,
    "received": 1,
    "sent": 2,
    "uid": 1000,
    "inode": 5,
}


def message(inode: int, *names: str) -> bytes:
    """Write a message with an inode and some attributes."""
    return samples.diag_message({**SOCKET, "inode": inode}, b"".join(ATTRIBUTES[name] for name in names))


def drops_of(dump: list[bytes]) -> list[tuple[int, int | None, bool | None]]:
    """Give inode, drops and v6_only of each record."""
    return [(one["inode"], one["drops"], one["v6_only"]) for one in from_diag("tcp", "inet", dump)]


def test_shapes_with_attributes_in_another_order() -> None:
    """Messages of one length with the same attributes in different places are each read right."""
    one, other = message(1, "memory", "v6 only"), message(2, "v6 only", "memory")
    assert len(one) == len(other)
    dump = [samples.padded([one, other, one, one, other]), samples.padded([other, one])]
    assert [inode for inode, _, _ in drops_of(dump)] == [1, 2, 1, 1, 2, 2, 1]
    assert {found[1:] for found in drops_of(dump)} == {(9, True)}


def test_shapes_of_one_length_with_different_attributes() -> None:
    """An attribute is not taken for another that happens to stand in its place with its length."""
    memory = message(1, "memory")
    other = samples.diag_message({**SOCKET, "inode": 2}, samples.attribute(98, struct.pack("<9I", *[77] * 9)))
    assert len(memory) == len(other)
    assert drops_of([samples.padded([memory, other, other, memory])]) == [
        *((1, 9, None), (2, None, None), (2, None, None), (1, 9, None)),
    ]


def test_shapes_with_odd_lengths() -> None:
    """A message whose last attribute is no multiple of four bytes is padded, but for the last of a datagram."""
    odd = samples.diag_message({**SOCKET, "inode": 3}, struct.pack("<HH", 5, 11) + b"\1")
    assert len(odd) % 4 == 1
    for last in (True, False):
        dump = [samples.padded([odd, message(1), odd], last=last), samples.padded([odd], last=last)]
        assert drops_of(dump) == [(3, None, True), (1, None, None), (3, None, True), (3, None, True)]


def test_a_message_that_claims_too_much_ends_its_datagram() -> None:
    """A length that leads beyond the datagram, or is too short for a socket, is a problem; the next one is read."""
    for length in (0, 20, 5000, 0xFFFFFFFF):
        bad = struct.pack("<I", length) + message(2)[4:]
        parsed = list(
            netlink_inet_diag.make_parser("tcp")(LITTLE, [samples.padded([message(1), bad]), message(3)], None, None)
        )
        assert [one["inode"] for one in hold("tcp", parsed)] == [1, 3]
        assert len([one for one in parsed if isinstance(one, Problem)]) == 1


def test_bound_interfaces_have_names() -> None:
    """The index a socket is bound to is the name that the links dump gives it, else made of the number."""
    bound = [samples.diag_message({**SOCKET, "inode": index}, index=index) for index in (0, 1, 2, 7)]
    links = [samples.padded([link(1, b"lo"), link(2, b"caf\xe9")])]
    found = hold("tcp", netlink_inet_diag.make_parser("tcp")(LITTLE, [samples.padded(bound)], None, links))
    assert [one["interface"] for one in found] == [None, "lo", "caf\\xe9", "if7"]
