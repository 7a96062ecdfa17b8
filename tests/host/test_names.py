"""Names of hosts, ports and users: looked up once, side by side, for a bounded time, and harmless when printed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from stand_ins import CannedSystem, FewPlugins, feed, fixed, reader

from netstat_core import Query, collect
from netstat_core.host.discovery import Host
from netstat_core.report import names
from netstat_core.report.names import Names
from netstat_core.report.names_section import NamesSection

NAMED = {"hosts": True, "ports": True, "users": True}
NUMERIC: dict[str, bool] = {}


class Resolver:
    """A resolver that knows every host as ``host-ADDRESS``; counts what it is asked, and may be slow or odd."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.busy = self.busiest = 0
        self.answer: Callable[[str], str] = lambda address: f"host-{address}"
        self.delay = 0.0
        self.gone = threading.Event()

    def look_up(self, address: str) -> str:
        """Answer one question, in its own time."""
        self.asked.append(address)
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        self.gone.wait(self.delay)
        self.busy -= 1
        return self.answer(address)

    def by_address(self, address: str) -> tuple[str, list[str], list[str]]:
        """Stand in for gethostbyaddr."""
        return self.look_up(address), [], [address]

    def by_name_info(self, place: tuple[str, int], flags: int) -> tuple[str, str]:
        """Stand in for getnameinfo, which would give the number of an unknown host but for this flag."""
        assert flags & socket.NI_NAMEREQD
        return self.look_up(place[0]), "0"


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    """Put a resolver of ours in the place of the machine's."""
    made = Resolver()
    monkeypatch.setattr(socket, "gethostbyaddr", made.by_address)
    monkeypatch.setattr(socket, "getnameinfo", made.by_name_info)
    yield made
    made.gone.set()


@pytest.fixture
def databases(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Put a directory of ours in the place of /etc for services, protocols and networks."""
    plain = names._read_database
    monkeypatch.setattr(names, "_read_database", lambda path: plain(str(tmp_path / Path(path).name)))
    names._read_services.cache_clear()
    names._read_networks.cache_clear()
    yield tmp_path
    names._read_services.cache_clear()
    names._read_networks.cache_clear()


def test_hosts_have_names(resolver: Resolver) -> None:
    """Both IP versions are looked up, and each address once however often it is asked for."""
    known = Names(**NAMED)
    for _ in range(3):
        known.expect_hosts(["192.0.2.1", "2001:db8::1"])
        assert known.host("192.0.2.1") == "host-192.0.2.1"
        assert known.host("2001:db8::1") == "host-2001:db8::1"
    assert known.host("192.0.2.2") == "host-192.0.2.2"
    assert sorted(resolver.asked) == ["192.0.2.1", "192.0.2.2", "2001:db8::1"]


def test_hosts_without_a_name_are_numbers(resolver: Resolver) -> None:
    """A host that nobody knows, whatever the resolver raises, shows as its address, and is not asked for again."""

    def fail(address: str) -> str:
        raise {"192.0.2.1": socket.herror(1), "192.0.2.2": OSError("!")}.get(address, UnicodeError("idna"))

    resolver.answer = fail
    known = Names(**NAMED)
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.1"):
        assert known.host(address) == address
    assert len(resolver.asked) == 3


def test_unspecified_addresses_have_no_name(resolver: Resolver) -> None:
    """The unspecified addresses show as netstat has them, and no resolver is asked about them."""
    known = Names(**NAMED)
    known.expect_hosts(["0.0.0.0", "::"])
    assert (known.host("0.0.0.0"), known.host("::")) == ("0.0.0.0", "[::]")
    assert resolver.asked == []


def test_numeric_output_touches_no_resolver(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    """With -n, or in a replay, neither a resolver nor a database is asked anything."""
    monkeypatch.setattr(names, "_read_database", lambda _path: pytest.fail("a database was read"))
    names._read_services.cache_clear()
    for known in (Names(), Names(**NAMED, resolving=False)):
        known.expect_hosts(["192.0.2.1"])
        assert (known.host("192.0.2.1"), known.host("::"), known.port(22, "tcp")) == ("192.0.2.1", "::", "22")
        assert (known.user(0), known.network("127.0.0.0")) == ("0", "127.0.0.0")
    assert resolver.asked == []
    names._read_services.cache_clear()


def test_hosts_are_looked_up_side_by_side(resolver: Resolver) -> None:
    """A page of hosts takes hardly longer than one."""
    resolver.delay = 0.2
    known = Names(**NAMED)
    started = time.monotonic()
    known.expect_hosts([f"192.0.2.{number}" for number in range(20)])
    assert time.monotonic() - started < 2
    assert resolver.busiest > 10
    assert known.host("192.0.2.7") == "host-192.0.2.7"


def test_a_dead_resolver_costs_bounded_time(resolver: Resolver) -> None:
    """All look-ups of a run wait as long as one bound says, be they thousands; then there are numbers at once."""
    resolver.delay = 60
    known = Names(**NAMED, patience=0.3)
    started = time.monotonic()
    for page in range(20):
        addresses = [f"10.0.{page}.{number}" for number in range(50)]
        known.expect_hosts(addresses)
        assert [known.host(address) for address in addresses] == addresses
    assert 0.25 < time.monotonic() - started < 3


def test_late_answers_are_used(resolver: Resolver) -> None:
    """What a slow resolver does answer in time counts, also when it was asked for earlier."""
    resolver.delay = 0.05
    known = Names(**NAMED, patience=5)
    assert known.host("192.0.2.1") == "host-192.0.2.1"
    assert known.host("192.0.2.2") == "host-192.0.2.2"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[2Jevil", "\\x1b[2Jevil"),
        ("a\nb", "a\\x0ab"),
        ("\u202egpj", "\\xe2\\x80\\xaegpj"),
        ("caf\u00e9", "caf\u00e9"),
        ("\udcff", "\\xff"),
    ],
)
def test_odd_host_names_are_masked(name: str, shown: str, resolver: Resolver) -> None:
    """Whoever answers for an address cannot send commands to a terminal."""
    resolver.answer = lambda _address: name
    assert Names(**NAMED).host("192.0.2.1") == shown


SERVICES = """\
# comment
ssh 22/tcp
first 80/tcp www alias # comment
http\t80/tcp
web 80/udp
bad line
odd x/tcp
odder \u00b2/tcp
\x1b[1m 99/tcp
"""


def test_the_last_service_wins(databases: Path) -> None:
    """Of several services at a port the last counts; protocols are apart, aliases and bad lines are passed over."""
    (databases / "services").write_text(SERVICES)
    known = Names(**NAMED)
    shown = [known.port(number, "tcp") for number in (22, 80, 81, 0)]
    assert shown == ["ssh", "http", "81", "*"]
    assert [known.port(number, "udp") for number in (22, 80, 0)] == ["22", "web", "*"]
    assert known.port(99, "tcp") == "\\x1b[1m"


def test_raw_ports_are_protocols(databases: Path) -> None:
    """The port of a raw socket is an IP protocol; a service with protocol raw comes before."""
    (databases / "protocols").write_text("icmp 1 ICMP\nospf 89 OSPFIGP\n")
    (databases / "services").write_text("mine 89/raw\n")
    known = Names(**NAMED)
    assert [known.port(number, "raw") for number in (1, 89, 255, 0)] == ["icmp", "mine", "255", "*"]


def test_networks_have_names(databases: Path) -> None:
    """A network's name is that of /etc/networks, whose short numbers are filled up with zeros."""
    (databases / "networks").write_text("loopback 127.0.0.0\nlocal 192.168 alias\n")
    known = Names(**NAMED)
    assert [known.network(one) for one in ("127.0.0.0", "192.168.0.0", "10.0.0.0")] == ["loopback", "local", "10.0.0.0"]


def test_missing_databases_give_numbers(databases: Path) -> None:
    """Without the files of /etc there are numbers."""
    known = Names(**NAMED)
    assert (known.port(22, "tcp"), known.port(1, "raw"), known.network("127.0.0.0")) == ("22", "1", "127.0.0.0")


@pytest.mark.parametrize("query", [NAMED, NUMERIC])
def test_unknown_users_are_signed_numbers(query: dict[str, bool]) -> None:
    """A user without a name shows as netstat prints the number: with a sign."""
    known = Names(**query)
    assert [known.user(uid) for uid in (4294967294, 2147483647, 2147483648)] == ["-2", "2147483647", "-2147483648"]


def test_users_have_names() -> None:
    """User 0 is called as the system says."""
    pwd = pytest.importorskip("pwd")
    assert Names(**NAMED).user(0) == pwd.getpwuid(0).pw_name


def test_the_section_of_names(resolver: Resolver, databases: Path) -> None:
    """With resolve a report names the hosts, services and users of its records, each looked up once."""
    (databases / "services").write_text("http 80/tcp\n")
    inet = pytest.importorskip("netstat_inet.readers").READERS[0]
    empty = dict.fromkeys(inet.record.__annotations__)
    known: dict[str, Any] = {"family": "inet", "protocol": "tcp", "local_address": "192.0.2.1", "local_port": 80}
    known |= {"remote_address": "0.0.0.0", "remote_port": 0, "state": "LISTEN", "state_number": 10, "listening": True}
    known |= {"recv_queue": 0, "send_queue": 0, "uid": 0, "v4_mapped": False}
    parse = fixed({**empty, **known}, {**empty, **known})
    of_http = reader(feed(parse), name="tcp", table="sockets", record=inet.record, layouts={}, kind="inet.socket")
    system = CannedSystem({"/proc/net/things": b""})
    report = collect(Query(resolve=True), system, FewPlugins(of_http))
    assert len(report["tables"]["sockets"]) == 2
    assert report["names"]["hosts"] == {"192.0.2.1": "host-192.0.2.1"}
    assert report["names"]["services"] == {"tcp/80": "http"}
    assert list(report["names"]["users"]) == ["0"]
    assert resolver.asked == ["192.0.2.1"]
    assert "names" not in collect(Query(), system, FewPlugins(of_http))


def test_odd_values_in_the_section_of_names(resolver: Resolver, databases: Path) -> None:
    """Marked values of other types, absent fields and nested values that are no objects have no names, and no harm."""
    schema = {
        "type": "object",
        "properties": {
            "at": {"x-netstat-mark": "address"},
            "port": {"x-netstat-mark": "port"},
            "who": {"x-netstat-mark": "user"},
            "inner": {"properties": {"at": {"x-netstat-mark": "address"}}},
        },
    }
    offered = next(offer.reader for offer in Host().offers())
    section = NamesSection({})
    odd: list[Any] = [7, True, None, 1.5, {}, [[]], "x", 1 << 70]
    records = [{"at": one, "port": one, "who": one, "inner": one, "protocol": one} for one in odd]
    section.note(offered.replace(record=schema, name="odd"), [*records, {}])
    assert section.resolve().keys() == {"hosts", "services", "users"}
