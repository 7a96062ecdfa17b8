"""Signs that a dump is empty: what the counters of sockets say, whole or damaged, and when a dump is not requested."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netstat_inet.in_use import NO_TCP, find_in_use, find_segments
from stand_ins import CannedSystem

from netstat_core.errors import NotInKernel, PluginError
from netstat_core.host.allowed import check_needs
from netstat_core.plugin import Asked, File, NetlinkDump, Sign
from netstat_core.plugin.sources import Need
from netstat_core.report.source_cache import SourceCache
from netstat_core.testing.damage import DAMAGES

SOCKSTAT = (
    b"sockets: used %d\nTCP: inuse %d orphan 4 tw 0 alloc 5 mem 0\nUDP: inuse 0 mem -1\nUDPLITE: inuse 0\n"
    b"RAW: inuse 0\nFRAG: inuse 0 memory 0\n"
)
SOCKSTAT6 = b"TCP6: inuse %d\nUDP6: inuse 0\nUDPLITE6: inuse 0\nRAW6: inuse 0\nFRAG6: inuse 0 memory 0\n"
SNMP = (
    b"Ip: Forwarding DefaultTTL InReceives\nIp: 1 64 0\n"
    b"Tcp: RtoAlgorithm RtoMin RtoMax MaxConn InSegs OutSegs\nTcp: 1 200 120000 -1 %d 7\n"
    b"UdpLite: InDatagrams\nUdpLite: 0\n"
)
NUMBERS = st.integers(0, 1 << 64)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_whole_counters_are_found(used: int, here: int, segments: int) -> None:
    """From whole files the numbers are found as the kernel wrote them."""
    assert find_in_use(SOCKSTAT % (used, here), "TCP") == here
    assert find_in_use(SOCKSTAT6 % here, "TCP6") == here
    assert find_segments(SNMP % segments) == segments


@given(st.integers(1, 1 << 64), st.data())
def test_a_part_of_a_file_shows_no_other_number(number: int, data: st.DataObject) -> None:
    """Any part of a file, and one that lacks some lines, gives the true number or none: never a false 0."""
    for content, find in (
        (SOCKSTAT % (0, number), lambda part: find_in_use(part, "TCP")),
        (SOCKSTAT6 % number, lambda part: find_in_use(part, "TCP6")),
        (SNMP % number, find_segments),
    ):
        start, end = sorted(data.draw(st.integers(0, len(content))) for _ in range(2))
        assert find(content[start:end]) in (number, None)
        lines = content.splitlines(keepends=True)
        kept = data.draw(st.sets(st.integers(0, len(lines))))
        assert find(b"".join(line for at, line in enumerate(lines) if at in kept)) in (number, None)


@given(st.binary(max_size=200))
def test_other_bytes_show_nothing(content: bytes) -> None:
    """Whatever bytes a snapshot holds, they are judged, and mostly show nothing."""
    for signs in NO_TCP.values():
        assert not any(sign.shows_none(content) for sign in signs)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_show_nothing(damage: str) -> None:
    """No damage that copies do to a file makes a sign of it, although the whole file is one."""
    for content, sign in (
        (SOCKSTAT % (0, 0), NO_TCP["inet"][0]),
        (SOCKSTAT6 % 0, NO_TCP["inet6"][0]),
        (SNMP % 0, NO_TCP["inet"][1]),
    ):
        assert sign.shows_none(content)
        damaged = DAMAGES[damage](content)
        assert damaged is not None
        assert not sign.shows_none(damaged)


DUMP = NetlinkDump("sock_diag/made", protocol=4, type=20, body=b"")
FIRST, SECOND = (
    Sign(file=File(f"/proc/net/{name}"), shows_none=lambda content: content == b"0") for name in ("first", "second")
)
NEED = Need(DUMP, signs=(FIRST, SECOND))


@pytest.mark.parametrize(
    ("files", "asked"),
    [
        ({"first": b"0", "second": b"0"}, ["first", "second"]),
        ({"first": b"1", "second": b"0"}, ["first", "dump"]),
        ({"first": b"0", "second": b"1"}, ["first", "second", "dump"]),
        ({"second": b"0"}, ["first", "dump"]),
        ({"first": b"0"}, ["first", "second", "dump"]),
    ],
)
def test_a_dump_is_left_out_if_all_signs_show_nothing(files: dict[str, bytes], asked: list[str]) -> None:
    """Signs are read in order up to the first that shows something or is absent; then the dump is requested."""
    system = CannedSystem({f"/proc/net/{name}": content for name, content in files.items()}, {DUMP.name: [b"row"]})
    contents, gaps = SourceCache(system).open([NEED])
    assert list(contents[0]) == ([b"row"] if asked[-1] == "dump" else [])
    assert not gaps
    assert [name.rpartition("/")[2].replace("made", "dump") for name in system.asked] == asked


def test_a_sign_that_dumps_share_is_read_behind_their_others() -> None:
    """What shows that no socket ever closed is read after all counters of open sockets, for none to change between."""
    others = [
        Sign(file=File(f"/proc/net/{name}"), shows_none=lambda content: content == b"0") for name in ("inet", "inet6")
    ]
    system = CannedSystem({f"/proc/net/{name}": b"0" for name in ("inet", "inet6", "second")})
    SourceCache(system).open([Need(DUMP, signs=(other, SECOND)) for other in others])
    assert [name.rpartition("/")[2] for name in system.asked][:3] == ["inet", "inet6", "second"]


class CutSystem(CannedSystem):
    """A snapshot whose files were cut for want of room."""

    def find_cut(self, source: File) -> NotInKernel:  # type: ignore[override]
        """Say that a file was cut."""
        return NotInKernel(source.name, "too large")


def test_a_file_that_was_cut_is_no_sign() -> None:
    """What a capture had no room for may have shown something."""
    system = CutSystem({"/proc/net/first": b"0", "/proc/net/second": b"0"}, {DUMP.name: [b"row"]})
    assert list(SourceCache(system).open([NEED])[0][0]) == [b"row"]


def test_signs_are_sources_that_must_be_allowed() -> None:
    """A plugin's sign is refused if captures may not read its file, and so is one of anything but a dump."""
    secret = Sign(file=File("/etc/shadow"), shows_none=lambda _: True)
    with pytest.raises(PluginError, match="/etc/shadow"):
        check_needs("netlink", [Need(DUMP, signs=(secret,))])
    with pytest.raises(PluginError, match="no dump"):
        check_needs("procfs", [Need(FIRST.file, signs=(SECOND,))])
    assert check_needs("netlink", [NEED]) == [NEED]


def test_signs_stay_with_a_conditional_dump() -> None:
    """Signs, conditions and absence are declared in any order."""
    made = DUMP.empty_if(FIRST).when(lambda asked: asked.serves_family("inet")).optional
    other = DUMP.optional.when(lambda asked: asked.serves_family("inet")).empty_if(FIRST)
    assert made.need(Asked()) == other.need(Asked()) == Need(DUMP, absence="optional", signs=(FIRST,))
    assert made.need(Asked(families=("inet6",))) is None
