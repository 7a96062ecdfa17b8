"""Whatever the files of the legacy families hold: no exception, records that match their schema, nothing lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from legacy_trees import FAMILIES, OLD_KERNELS, TABLES
from netstat_legacy_af import ax25, ddp, ipx, netrom, rose, x25
from netstat_legacy_af.columns import parse_lines, parse_rows
from trees import FIXTURES

from netstat_core.host.checker import Checker
from netstat_core.host.discovery import Host
from netstat_core.plugin import Asked, Gap, Header, Problem, Reader, Trait
from netstat_core.plugin.asked import About

ABOUT = About(Asked())
READERS = [offer.reader for offer in Host().offers(TABLES, FAMILIES) if offer.plugin.name == "legacy_af"]
CHECKERS = {reader.kind: Checker(reader) for reader in READERS}

ROWS = sorted(
    {
        line
        for folder in (*FIXTURES.glob("captures/legacy-*"), *OLD_KERNELS.glob("linux-*"))
        for path in folder.glob("proc/net/**/*")
        if path.is_file() and path.stat().st_size < 8192
        for line in path.read_bytes().split(b"\n")[:6]
    }
)
"""Lines that kernels print, of these files and of others."""

WORD = st.one_of(
    st.binary(max_size=6),
    st.sampled_from(
        [b"*", b"???", b"-1", b"0", b"9" * 30, b"FFFF" * 9, b"1/2", b"1:2:3", b"Not_Connected", b"\xff", b"/"]
    ),
    st.integers(-5, 1 << 70).map(lambda value: b"%d" % value),
)


@st.composite
def damaged_lines(draw: st.DrawFn) -> bytes:
    """A line of some kernel with words changed, dropped or doubled."""
    words = draw(st.sampled_from(ROWS)).split()
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(words)))
        words[place : place + draw(st.integers(0, 2))] = draw(st.lists(WORD, max_size=2))
    return draw(st.sampled_from([b" ", b"  ", b"\t"])).join(words)


CONTENT = st.one_of(st.binary(max_size=300), st.lists(damaged_lines(), max_size=6).map(b"\n".join))


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.kind)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_bytes(reader: Reader, data: st.DataObject) -> None:
    """Any content gives records that match their schema, and a problem with its line for everything else."""
    for feed in reader.feeds:
        contents = [data.draw(CONTENT) for _ in feed.inputs]
        found = list(feed.parsed(ABOUT, contents))
        assert isinstance(found[0], Trait)
        records = [one for one in found if isinstance(one, dict)]
        assert CHECKERS[reader.kind].check(records, feed.name, "legacy_af") == (records, [])
        lines = {line for content in contents for line in content.split(b"\n")}
        assert {problem.raw for problem in found if isinstance(problem, Problem)} <= lines
        assert {one.reason for one in found if isinstance(one, Gap)} <= {"damaged"}


@given(CONTENT, st.booleans())
def test_every_line_is_accounted_for(content: bytes, has_header: bool) -> None:  # noqa: FBT001
    """Each line below the header is a record or a problem, numbered as an editor numbers it."""
    content = b"a b\n" + content if has_header else content
    count = len(content.split(b"\n")) - (content[-1:] in (b"\n", b"")) - content.startswith(b"a b\n")
    parsed = parse_rows("x", content, lambda words: {"first": words[1]}, "", Header("a b"))
    failing = [found for found in parsed if not isinstance(found, Gap)]
    assert len(failing) == max(count, 0)
    for found in failing:
        if isinstance(found, Problem):
            assert found.line is not None
            assert content.split(b"\n")[found.line - 1] == found.raw
    lines = parse_lines("x", content, lambda line: {"line": line}, "", Header("a b"))
    assert sum(isinstance(line, dict) for line in lines) == max(count, 0)


X25_HEADER = "dest_addr  src_addr   dev   lci st vs vr va   t  t2 t21 t22 t23 Snd-Q Rcv-Q inode\n"
IPX_HEADER = "Local_Address  Remote_Address              Tx_Queue  Rx_Queue  State  Uid\n"
ROSE_HEADER = "lci  address     callsign   neigh  <-> lci  address     callsign   neigh\n"

CALL = st.from_regex(r"[A-Z0-9]{1,6}-(1[0-5]|[0-9])", fullmatch=True)
MAYBE_CALL = st.none() | CALL
DEVICE = st.none() | st.from_regex(r"[a-z]{1,10}[0-9]{0,4}", fullmatch=True)
NUMBER = st.integers(0, 1 << 32)
OCTET = st.integers(0, 255)
STATE = st.integers(0, 9)
TIMER = st.fixed_dictionaries({"left_seconds": NUMBER, "period_seconds": NUMBER})
MINUTES = st.integers(0, 1 << 20).map(lambda value: {"left_seconds": 60 * value, "period_seconds": 120 * value})


def unprinted(family: str, record: dict[str, Any]) -> dict[str, Any]:
    """Give the fields of a socket that no column holds; the state with number 0 listens."""
    return {"protocol": family, "listening": record["state_number"] == 0, "uid": None}


def word_of(states: tuple[str, ...], number: int) -> str:
    """Return the word of a state."""
    return states[number] if number < len(states) else f"UNKNOWN({number})"


def only(parsed: Any) -> dict[str, Any]:
    """Return the one record."""
    (record,) = parsed
    assert isinstance(record, dict), record
    return record


AX25 = st.fixed_dictionaries(
    {
        "family": st.just("ax25"),
        "interface": DEVICE,
        "local_callsign": MAYBE_CALL,
        "repeats": st.booleans(),
        "remote_callsign": MAYBE_CALL,
        "digipeaters": st.lists(CALL, max_size=8),
        "digipeaters_passed": st.integers(0, 8),
        "state_number": STATE,
        "send_sequence": OCTET,
        "recv_sequence": OCTET,
        "acked_sequence": OCTET,
        "acknowledge_timer": TIMER,
        "response_timer": TIMER,
        "inactive_timer": TIMER,
        "idle_timer": MINUTES,
        "retries": OCTET,
        "retry_limit": OCTET,
        "round_trip_seconds": NUMBER,
        "window": OCTET,
        "packet_bytes": NUMBER,
        "dama_slave": st.none(),
        "recv_queue": NUMBER,
        "send_queue": NUMBER,
        "inode": st.none() | st.integers(1, 1 << 32),
    }
)


@given(AX25, st.booleans())
def test_links_survive_a_kernel(record: dict[str, Any], owned: bool) -> None:  # noqa: FBT001
    """A link of AX.25, printed as the kernel prints it, is read back whole."""
    one = record | {"state": word_of(ax25.STATES, record["state_number"])} | unprinted("ax25", record)
    one["digipeaters_passed"] = min(one["digipeaters_passed"], len(one["digipeaters"]))
    one["repeats"] = one["repeats"] and one["local_callsign"] is not None
    if not owned:
        one |= {"recv_queue": None, "send_queue": None, "inode": None}
    stars = [f",{call}{'*' * (n == one['digipeaters_passed'])}" for n, call in enumerate(one["digipeaters"], 1)]
    timers = [one[name] for name in ("acknowledge_timer", "response_timer", "inactive_timer")]
    idle = one["idle_timer"]
    words = [
        "ffff8880",
        one["interface"] or "???",
        (one["local_callsign"] or "*") + "*" * one["repeats"],
        (one["remote_callsign"] or "*") + "".join(stars),
        *(one[name] for name in ("state_number", "send_sequence", "recv_sequence", "acked_sequence")),
        *(timer[name] for timer in timers for name in ("left_seconds", "period_seconds")),
        *(idle[name] // 60 for name in ("left_seconds", "period_seconds")),
        *(one[name] for name in ("retries", "retry_limit", "round_trip_seconds", "window", "packet_bytes")),
        *((one["send_queue"], one["recv_queue"], one["inode"] or 0) if owned else "***"),
    ]
    assert only(ax25.parse_sockets("ax25", " ".join(map(str, words)).encode() + b"\n")) == one


X25 = st.fixed_dictionaries(
    {
        "family": st.just("x25"),
        "interface": DEVICE,
        "local_address": st.none() | st.from_regex(r"[0-9]{1,15}", fullmatch=True),
        "remote_address": st.none() | st.from_regex(r"[0-9]{1,15}", fullmatch=True),
        "lci": st.integers(0, 0xFFF),
        "state_number": STATE,
        "send_sequence": OCTET,
        "recv_sequence": OCTET,
        "acked_sequence": OCTET,
        "timer_left_seconds": NUMBER,
        "response_delay_seconds": NUMBER,
        "call_timeout_seconds": NUMBER,
        "reset_timeout_seconds": NUMBER,
        "clear_timeout_seconds": NUMBER,
        "recv_queue": NUMBER,
        "send_queue": NUMBER,
        "inode": st.none() | st.integers(1, 1 << 32),
    }
)


@given(X25)
def test_x25_sockets_survive_a_kernel(record: dict[str, Any]) -> None:
    """A socket of X.25, printed as the kernel prints it, is read back whole, however long its addresses are."""
    one = record | {"state": word_of(x25.STATES, record["state_number"])} | unprinted("x25", record)
    line = (
        f"{one['remote_address'] or '*':<10} {one['local_address'] or '*':<10} {one['interface'] or '???':<5} "
        f"{one['lci']:03X}  {one['state_number']}  {one['send_sequence']}  {one['recv_sequence']}  "
        f"{one['acked_sequence']} {one['timer_left_seconds']:3} {one['response_delay_seconds']:3} "
        f"{one['call_timeout_seconds']:3} {one['reset_timeout_seconds']:3} {one['clear_timeout_seconds']:3} "
        f"{one['send_queue']:5} {one['recv_queue']:5} {one['inode'] or 0}\n"
    )
    assert only(x25.parse_sockets("x25", (X25_HEADER + line).encode())) == one


WAY = st.fixed_dictionaries({"quality": OCTET, "obsolescence_count": OCTET, "neighbour": st.integers(0, 99999)})


@given(CALL, st.none() | CALL, st.integers(0, 3), st.lists(WAY, max_size=3), st.booleans())
def test_nodes_survive_a_kernel(
    callsign: str,
    mnemonic: str | None,
    in_use: int,
    routes: list[dict[str, int]],
    blank: bool,  # noqa: FBT001
) -> None:
    """A node of NET/ROM is read back whole, also where an empty mnemonic leaves blanks."""
    ways = "".join(f"  {way['quality']:3}   {way['obsolescence_count']} {way['neighbour']:05}" for way in routes)
    line = f"{callsign:<9} {mnemonic or ('' if blank else '*'):<7}  {in_use} {len(routes)}{ways}\n"
    node = {"family": "netrom", "callsign": callsign, "mnemonic": mnemonic, "in_use": in_use, "routes": routes}
    assert only(netrom.parse_nodes("nr_nodes", b"callsign  mnemonic w n qual obs neigh\n" + line.encode())) == node


@given(
    st.integers(0, 0xFFFFFFFF),
    st.none() | st.integers(0, (1 << 48) - 1),
    st.integers(0, 0xFFFF),
    st.booleans(),
    st.integers(0, 0xFFFFFFFF),
)
def test_ipx_sockets_survive_a_kernel(
    network: int,
    node: int | None,
    port: int,
    signed: bool,  # noqa: FBT001
    uid: int,
) -> None:
    """A socket of IPX is read back whole with and without its node; a user id may be printed signed."""
    address = f"{network:08X}" + ("" if node is None else f":{node:012X}")
    shown = uid - (1 << 32) if signed and uid >> 31 else uid
    line = f"{address}:{port:04X}  {address}:{port:04X}  {port:08X}  {network:08X}  01     {shown:03}\n"
    record = only(ipx.parse_sockets("ipx", (IPX_HEADER + line).encode()))
    assert (record["local_address"], record["remote_address"]) == (address, address)
    assert (record["local_port"], record["remote_port"], record["uid"]) == (port, port, uid)
    assert (record["send_queue"], record["recv_queue"]) == (port, network)


@given(st.lists(st.none() | st.tuples(st.integers(0, 0xFFF), CALL, st.integers(1, 99999)), min_size=2, max_size=2))
def test_circuits_survive_a_kernel(sides: list[tuple[int, str, int] | None]) -> None:
    """A ROSE call in transit is read back whole, also where a side is gone."""
    words = [
        "000  *           *          00000" if one is None else f"{one[0]:03X}  2080175520  {one[1]:<9}  {one[2]:05}"
        for one in sides
    ]
    record = only(rose.parse_circuits("rose_routes", f"{ROSE_HEADER}{'      '.join(words)}\n".encode()))
    wanted = [
        one and {"lci": one[0], "address": "2080175520", "callsign": one[1], "neighbour": one[2]} for one in sides
    ]
    assert [record["source"], record["destination"]] == wanted


@given(st.integers(0, 0xFFFF), OCTET, st.from_regex(r"[a-z]{1,11}[0-9]{1,4}", fullmatch=True), st.integers(0, 1 << 47))
def test_appletalk_neighbours_survive_a_kernel(network: int, node: int, device: str, hardware: int) -> None:
    """A neighbour is read back whole, also where the device's name touches the hardware address."""
    mac = ":".join(f"{byte:02x}" for byte in hardware.to_bytes(6, "big"))
    new = f"{network:04X}:{node:02X}  {device:<12}{mac} {'1.25':>8}                 resolved\n"
    old = f"{network:6}:{node:<3}  {device[:10]:<10}{mac.upper()}{1:12} {2:12} {3:10}   resolved\n"
    new_header = "Address  Interface   Hardware Address   Expires LastSend  Retry Status\n"
    old_header = "address     device    hw addr              last_sent     expires xmit_count  status\n"
    for header, line, name in ((new_header, new, device), (old_header, old, device[:10])):
        record = only(ddp.parse_neighbours("x", (header + line).encode()))
        assert (record["address"], record["hardware_address"]) == (f"{network:04X}:{node:02X}", mac)
        assert record["interface"] == name
