"""Tables of UDP and TCP: which sockets are in them, in which order, and what waits until they are written."""

from __future__ import annotations

import io
import random
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from built_sockets import CLOSE, ESTABLISHED, LISTEN, inet, tcp_info
from hypothesis import given
from hypothesis import strategies as st
from netstat_inet.netlink_inet_diag import make_parser

from netstat_core import Query
from netstat_core.dialects.solaris.page import SolarisPage
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.dialects.solaris.tcp_sockets import TcpSockets
from netstat_core.dialects.solaris.transport import Transport, Waiting
from netstat_core.dialects.solaris.udp_sockets import UdpSockets
from netstat_core.host.discovery import Host
from netstat_core.plugin import About, Asked, Batch, Record
from netstat_core.plugin.sinks import Head, Tail
from netstat_core.query import EXTRA_FIELDS
from netstat_core.report.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FORMS: dict[str, type[Transport]] = {"tcp": TcpSockets, "udp": UdpSockets}
READERS = {offer.reader.name: offer.reader for offer in Host().offers(("sockets",), ())}
BYTES_OF_A_ROW = 100
FIRST_PORT = 1000

Socket = tuple[str, str, int, "bool | None"]
"""Local address, remote address, state and v6_only."""

IPV4 = st.tuples(
    st.sampled_from(["0.0.0.0", "10.0.0.1"]),
    st.sampled_from(["0.0.0.0", "10.0.0.2"]),
    st.sampled_from([ESTABLISHED, CLOSE, LISTEN, 6]),
    st.none(),
)
IPV6 = st.tuples(
    st.sampled_from(["::", "fd00::1", "::ffff:10.0.0.1"]),
    st.sampled_from(["::", "fd00::2", "::ffff:10.0.0.2"]),
    st.sampled_from([ESTABLISHED, CLOSE, LISTEN, 6]),
    st.sampled_from([True, False, None]),
)


def make_batches(protocol: str, groups: Sequence[Sequence[Socket]]) -> list[Batch]:
    """Return the batches of the dumps of IPv4 and IPv6; the ports are the places of the sockets in both."""
    dumps: list[list[bytes]] = []
    number = 0
    for group in groups:
        messages = []
        for local, remote, state, v6_only in group:
            port = 0 if state in (CLOSE, LISTEN) and protocol == "tcp" else 9
            info = None if state in (CLOSE, 6) or protocol == "udp" else tcp_info((1, 2))
            ends = f"{local} {FIRST_PORT + number}", f"{remote} {port}"
            messages.append(inet(state, *ends, info=info, v6_only=v6_only))
            number += 1
        dumps.append([b"".join(messages)] if messages else [])
    about = About(Asked(bound=True, extra_fields=(*EXTRA_FIELDS,)))
    parts = make_parser(protocol)(about, dumps[0], dumps[1], None)
    return [part for part in parts if isinstance(part, Batch)]


def make_head() -> Head:
    """Return a head without names."""
    return Head(Query(), None, "", {}, ("sockets",), (), Names())


def write_tables(protocol: str, style: SolarisStyle, batches: Sequence[Batch]) -> dict[str, list[int]]:
    """Return the places of the sockets in the rows of each table."""
    written: list[str] = []
    form = FORMS[protocol](style, make_head(), {}, written.append)
    for batch in batches:
        form.batch(READERS[protocol], batch)
    form.end()
    tables: dict[str, list[int]] = {}
    for text in "".join(written).split("\n\n"):
        title, *lines = text.strip("\n").splitlines() or [""]
        ports = [line.split()[0].rpartition(".")[2] for line in lines[2:]]
        tables[title.partition(": ")[2]] = [int(port) - FIRST_PORT for port in ports if port.isdigit() and port != "9"]
    return tables


def find_tables(protocol: str, place: int, sockets: Sequence[Socket], ipv4: int) -> Iterator[str]:
    """Yield the tables of a socket, by SunOS's rule: the sockets before ``ipv4`` are of IPv4."""
    local, remote, state, v6_only = sockets[place]
    if place < ipv4 or "." in local or "." in remote:
        yield "IPv4"
        return
    without_peer = state in ((CLOSE, LISTEN) if protocol == "tcp" else (CLOSE,))
    if local == "::" and without_peer and not v6_only:  # no other socket has the same port here
        yield "IPv4"
    yield "IPv6"


def is_listed(protocol: str, state: int, style: SolarisStyle) -> bool:
    """Return whether a state is shown."""
    return style.all or state in ({ESTABLISHED, 6} if protocol == "tcp" else {ESTABLISHED})


@given(
    st.sampled_from(["tcp", "udp"]),
    st.lists(IPV4, max_size=8),
    st.lists(IPV6, max_size=8),
    st.sets(st.sampled_from(["inet", "inet6"]), min_size=1),
    st.sets(st.sampled_from(["all", "verbose"])),
)
def test_each_socket_is_once_in_each_of_its_tables(
    protocol: str, ipv4: list[Socket], ipv6: list[Socket], families: set[str], options: set[str]
) -> None:
    """Tables have the sockets that SunOS's rule puts there, in the order of the dumps; JSON has those of all tables."""
    style = SolarisStyle(families=frozenset(families), all="all" in options, verbose="verbose" in options)
    sockets = [*ipv4, *ipv6]
    batches = make_batches(protocol, (ipv4, ipv6))
    tables = write_tables(protocol, style, batches)
    expected: dict[str, list[int]] = {}
    for place, socket in enumerate(sockets):
        for title in find_tables(protocol, place, sockets, len(ipv4)):
            if {"IPv4": "inet", "IPv6": "inet6"}[title] in families and is_listed(protocol, socket[2], style):
                expected.setdefault(title, []).append(place)
    assert {title: rows for title, rows in tables.items() if title} == expected
    shown = FORMS[protocol].shown(style, READERS[protocol])
    assert shown is not None
    records = [record for batch in batches for record in batch]
    ports = {record["local_port"] - FIRST_PORT for record in records if shown(record)}
    assert ports == {place for rows in expected.values() for place in rows}


@pytest.mark.parametrize(("other", "rows"), [("0.0.0.0", [0]), ("127.0.0.1", [0, 0])])
def test_a_socket_of_which_nothing_tells_whether_it_takes_ipv4(other: str, rows: list[int]) -> None:
    """In /proc a socket bound to :: is taken to be of both IP versions, unless 0.0.0.0 has the same port."""
    ipv4: list[Socket] = [(other, "0.0.0.0", LISTEN, None)]
    ipv6: list[Socket] = [("::", "::", LISTEN, None)]
    first, second = make_batches("tcp", (ipv4, ipv6))
    second = second.replaced("local_port", value=FIRST_PORT)
    tables = write_tables("tcp", SolarisStyle(all=True), [first, second])
    assert tables == {"IPv4": rows, "IPv6": [0]}


def test_titles_where_ipv6_is_left_out() -> None:
    """With DEFAULT_IP=IP_VERSION4 the titles do not tell the IP version, and IPv4-mapped sockets are there as well."""
    style = SolarisStyle(all=True).for_inet_only()
    ipv6: list[Socket] = [("::ffff:10.0.0.1", "::ffff:10.0.0.2", ESTABLISHED, None), ("::1", "::", LISTEN, False)]
    for protocol, form in FORMS.items():
        assert form(style, make_head(), {}, str).make_heading("inet").startswith(f"\n{protocol.upper()}\n   Local")
        assert write_tables(protocol, style, make_batches(protocol, ((), ipv6))) == {"": [0]}


def connections(family: str, number: int) -> list[Record]:
    """Return records of connections with random addresses."""
    chance = random.Random(number)

    def address() -> str:
        if family == "inet":
            return ".".join(str(chance.randrange(1, 255)) for _ in range(4))
        return ":".join(f"{chance.randrange(4096, 65536):x}" for _ in range(8))

    ends = [(address(), address()) for _ in range(number)]
    port = 1024
    sockets: list[Socket] = [("10.0.0.1", "10.0.0.2", ESTABLISHED, None)]
    [batch] = make_batches("tcp", (sockets, ()))
    row = batch[0] | {"family": family}
    return [
        row | {"local_address": near, "remote_address": far, "local_port": port + at % 60000, "send_queue": at}
        for at, (near, far) in enumerate(ends)
    ]


def test_rows_that_wait_are_small() -> None:
    """A row of IPv6, whose addresses cannot be compressed, takes less memory than its text while it waits."""
    number = 20_000
    form = TcpSockets(SolarisStyle(all=True), make_head(), {}, lambda _text: None)
    batches = [Batch(connections("inet6", 500)) for _ in range(number // 500)]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for batch in batches:
            form.batch(READERS["tcp"], batch)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < BYTES_OF_A_ROW * number


@given(st.lists(st.text(max_size=40000), max_size=6))
def test_what_waited_is_written_as_it_was(texts: list[str]) -> None:
    """Rows that wait are the same afterwards, in the same order."""
    waiting = Waiting()
    for text in texts:
        waiting.add(text)
    assert "".join(waiting.read()) == "".join(texts)


@pytest.mark.parametrize("families", [{"inet", "inet6"}, {"inet"}, {"inet6"}])
def test_rows_are_written_as_they_are_read(families: set[str]) -> None:
    """UDP first, then TCP: each batch of IPv4 is written before the next one is read; of IPv6 alone those too."""
    out = io.BytesIO()
    page = SolarisPage(out, SolarisStyle(families=frozenset(families), all=True, numeric=True), {})
    page.begin(make_head())
    family = "inet" if "inet" in families else "inet6"
    sizes: list[int] = []
    udp = [record | {"protocol": "udp"} for record in connections(family, 200)]
    for name, records in (("udp", udp), ("tcp", connections(family, 200))):
        for start in range(0, 200, 100):
            page.batch(READERS[name], Batch(records[start : start + 100]))
            sizes.append(out.tell())
    assert sizes == sorted({*sizes})
    page.end(Tail([], []))
    assert out.tell() == sizes[-1]
    text = out.getvalue().decode()
    assert text.index("UDP: ") < text.index("TCP: ")


def test_text_needs_no_record_of_tcp_info(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows are read as columns; the records of --tcp-info are made only with -v."""
    made: list[Any] = []
    monkeypatch.setattr("netstat_inet.tcp_info.TcpInfos.records", lambda *arguments: made.append(arguments))
    style = SolarisStyle(all=True)
    asked = Asked(fields=TcpSockets.fields(style), extra_fields=TcpSockets.extra_fields(style))
    messages = [inet(ESTABLISHED, "10.0.0.1 1", "10.0.0.2 2", info=tcp_info((3, 4)))]
    [batch] = [part for part in make_parser("tcp")(About(asked), messages, None, None) if isinstance(part, Batch)]
    assert (batch.column("send_window_bytes")[0], batch.column("receive_window_bytes")[0]) == (3, 4)
    assert made == []
    assert "tcp_info" in TcpSockets.extra_fields(style._replace(verbose=True))
