"""Netstat's rules of selection and combination: what a command line asks for, as a query."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstat_core import Query, UsageError
from netstat_core.dialects.net_tools import command_line
from netstat_core.dialects.net_tools.command_line import UnknownFamilyError
from netstat_core.dialects.net_tools.options import OPTIONS
from netstat_core.query import NAMESPACE_LIMIT
from netstat_core.system import find_namespaces

ALL = ("tcp", "sctp", "udp", "udplite", "raw")
IMPLICIT = (*ALL, "icmp")
BOTH = ("inet", "inet6")


def request(line: str) -> command_line.Request:
    """Parse a command line, acting on nothing; ``toy`` is a family that a plugin adds."""
    return command_line.parse("netstat", line.split(), lambda _key: None, lambda: {"toy": ["sockets"]})


def query(line: str) -> Query:
    """Give the query that a command line means."""
    return command_line.to_style(request(line)).query


def selection(line: str) -> tuple[Any, ...]:
    """Give tables, families and protocols of a command line."""
    asked = query(line)
    return asked.tables, asked.families, asked.protocols


SOCKETS = {
    # nothing selected: everything
    "": ((), ()),
    "-an": ((), ()),
    "-lpeo": ((), ()),
    "--ddp": ((), ()),
    "-A appletalk": ((), ()),
    "-A econet,ash": ((), ()),
    "--tcpip": ((), ()),
    # a protocol alone selects both IP versions
    "-t": (BOTH, ("tcp",)),
    "-S": (BOTH, ("sctp",)),
    "-u": (BOTH, ("udp",)),
    "-U": (BOTH, ("udplite",)),
    "-w": (BOTH, ("raw",)),
    "-wUuSt": (BOTH, ALL),
    "-tt": (BOTH, ("tcp",)),
    # a family alone selects all its protocols
    "-4": (("inet",), IMPLICIT),
    "--inet": (("inet",), IMPLICIT),
    "--ip": (("inet",), IMPLICIT),
    "-A tcpip": (("inet",), IMPLICIT),
    "-6": (("inet6",), IMPLICIT),
    "-A ip6": (("inet6",), IMPLICIT),
    "-64": (BOTH, IMPLICIT),
    "-A inet6,inet": (BOTH, IMPLICIT),
    # both
    "-4t": (("inet",), ("tcp",)),
    "-6u": (("inet6",), ("udp",)),
    "-46w": (BOTH, ("raw",)),
    # UNIX and the legacy families
    "-x": (("unix",), ()),
    "-A unix": (("unix",), ()),
    "-xt": ((*BOTH, "unix"), ("tcp",)),
    "-x4": (("inet", "unix"), IMPLICIT),
    "--ax25 --ipx": (("ax25", "ipx"), ()),
    "--ax25 -u": ((*BOTH, "ax25"), ("udp",)),
    "-A x25,rose,netrom": (("x25", "rose", "netrom"), ()),
    "--ddp -t": (BOTH, ("tcp",)),
    # a plugin's family
    "-A toy": (("toy",), ()),
    "--toy -t": ((*BOTH, "toy"), ("tcp",)),
    # ours
    "--icmp": (BOTH, ("icmp",)),
    "--icmp -4": (("inet",), IMPLICIT),
}


@pytest.mark.parametrize("line", SOCKETS)
def test_sockets_selection(line: str) -> None:
    """Families and protocols select each other as netstat's options do."""
    asked = query(line)
    assert asked.tables == ("sockets",)
    assert (asked.families, tuple(dict.fromkeys(asked.protocols))) == SOCKETS[line]


DEMANDED = {
    "": set(),
    "-an": set(),
    "-t": {"tcp"},
    "-tuS": {"tcp", "udp", "sctp"},
    "-4": set(),
    "-4t": {"tcp"},
    "-x": {"unix"},
    "-x4": set(),
    "-xw6": {"unix", "raw"},
    "-g": {"igmp"},
    "-A ax25,inet": {"ax25"},
    "-A ax25,inet -t": {"ax25", "tcp"},
    "--toy": {"toy"},
    "--icmp": set(),
}


@pytest.mark.parametrize("line", DEMANDED)
def test_what_was_asked_for_by_name(line: str) -> None:
    """What was named is required, so that its absence is an error; the protocols of a family alone are not."""
    assert query(line).required == DEMANDED[line]


TABLES: dict[str, tuple[Any, ...]] = {
    "-g": (("groups",), BOTH, ("igmp",)),
    "-g4": (("sockets", "groups"), ("inet",), IMPLICIT),
    "-g6n": (("sockets", "groups"), ("inet6",), IMPLICIT),
    "-gt": (("sockets", "groups"), BOTH, ("tcp",)),
    "-gx": (("sockets", "groups"), (*BOTH, "unix"), ("igmp",)),
    "-r": (("routes",), ("inet",), ()),
    "-r6": (("routes",), ("inet6",), ()),
    "-r64": (("routes",), ("inet6", "inet"), ()),
    "-r4tgalop": (("routes",), ("inet",), ()),
    "-rA ipx,inet": (("routes",), ("ipx", "inet"), ()),
    "-i": (("interfaces",), (), ()),
    "-M": (("masquerade",), (), ()),
    "-s": (("statistics",), (), ()),
    "-st": (("statistics",), (), ("tcp",)),
    "-s6": (("statistics",), ("inet6",), ()),
    "--neighbours": (("neighbours",), (), ()),
    "--multicast-routes -4": (("multicast_routes",), ("inet",), ()),
    "-r --neighbours": (("routes", "neighbours"), ("inet",), ()),
    "--tables routes,multicast-routes": (("routes", "multicast_routes"), (), ()),
    "--tables all": ((), (), ()),
    "--tables sockets -6t": (("sockets",), ("inet6",), ("tcp",)),
}


@pytest.mark.parametrize("line", TABLES)
def test_displays(line: str) -> None:
    """A display other than sockets takes over; groups stand beside sockets, or alone; tables may be named."""
    assert selection(line) == TABLES[line]


@pytest.mark.parametrize(
    "line", ["-ri", "-ii", "-rr", "-sM", "-is -t", "-M -s -r -i", "--route --statistics", "-rs -n"]
)
def test_displays_exclude_each_other(line: str) -> None:
    """Of -i, -r, -M and -s only one may be given, and only once: netstat answers with its usage."""
    with pytest.raises(UsageError) as raised:
        query(line)
    assert str(raised.value) == ""
    assert raised.value.exit_status == 3


def fields_of(line: str) -> dict[str, Any]:
    """Return what a command line asks for and how that looks."""
    style = command_line.to_style(request(line))
    found = {**style._asdict(), **style.query._asdict()}
    del found["query"]
    return found


@pytest.mark.parametrize("line", ["-r", "-rC", "-rFC4", "-r -A inet6,inet"])
def test_routes_come_in_the_order_of_families(line: str) -> None:
    """The families of routes are shown as they were named; those of sockets have an order of their own."""
    assert request(line).request().families == query(line).families
    assert request("-A inet6,inet").request().families == ()


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("", {"show": "connected", "numeric_hosts": False, "numeric_ports": False, "numeric_users": False}),
        ("-a", {"show": "all"}),
        ("-l", {"show": "listening"}),
        ("-la", {"show": "all"}),
        ("-n", {"numeric_hosts": True, "numeric_ports": True, "numeric_users": True}),
        ("--numeric-hosts", {"numeric_hosts": True, "numeric_ports": False, "numeric_users": False}),
        ("--numeric-ports", {"numeric_hosts": False, "numeric_ports": True, "numeric_users": False}),
        ("--numeric-users", {"numeric_hosts": False, "numeric_ports": False, "numeric_users": True}),
        ("-e", {"extend": 1}),
        ("-eee -e", {"extend": 4}),
        ("-o", {"timers": True}),
        ("-p", {"owners": ("processes",)}),
        ("-Z", {"owners": ("processes", "contexts")}),
        ("--who", {"owners": ("processes", "details")}),
        ("-W", {"wide": True}),
        ("-T", {"wide": True}),
        ("--notrim", {"wide": True}),
        ("-N", {"symbolic": True}),
        ("-C", {}),
        ("-rC", {"tables": ("route_cache",)}),
        ("-rF", {"tables": ("routes",)}),
        ("-rFC", {"tables": ("routes", "route_cache")}),
        ("-v", {"verbose": True}),
        ("-v4", {"verbose": False}),
        ("-v4t", {"verbose": True}),
        ("-d", {}),
        ("--resolve", {"resolve": True}),
        ("--source procfs", {"source": "procfs"}),
        ("--route-table all -r", {"route_table": "all"}),
        ("-i eth0 lo", {"interfaces": ("eth0", "lo")}),
        ("--interfaces=eth0 5", {"interfaces": ("eth0",)}),
        ("eth0 -t", {"interfaces": ()}),
    ],
)
def test_looks(line: str, fields: dict[str, Any]) -> None:
    """Each option sets its own field of the query or of the style, and no other."""
    neutral = {"show", "numeric_hosts", "numeric_ports", "numeric_users"}
    asked, unasked = fields_of(line), fields_of("")
    assert {name: asked[name] for name in fields} == fields
    chosen = {"tables", "families", "protocols", "required"}
    assert {name for name in asked if asked[name] != unasked[name]} - chosen <= set(fields) - (
        neutral if not line else set()
    )


@pytest.mark.parametrize(
    ("line", "intervals"),
    [
        ("", []),
        ("5", [5.0]),
        ("0.25 3", [0.25, 3.0]),
        ("-t 1 eth0 2 9", [1.0, 2.0]),
        ("eth0 nan inf -- -5", []),
        ("1e9999", []),
        ("99999999999", []),
        ("-i eth0 2", [2.0]),
    ],
)
def test_operands(line: str, intervals: list[float]) -> None:
    """The first number is the delay, the second the count; what is no number, or no time one can wait, is ignored."""
    assert request(line).intervals == intervals


FAMILIES = {
    "ax25": "ax25",
    "ip": "inet",
    "inet": "inet",
    "tcpip": "inet",
    "ip6": "inet6",
    "inet6": "inet6",
    "ipx": "ipx",
    "rose": "rose",
    "appletalk": "ddp",
    "ddp": "ddp",
    "netrom": "netrom",
    "unix": "unix",
    "econet": "ec",
    "x25": "x25",
    "ash": "ash",
    "bluetooth": "bluetooth",
    "toy": "toy",
}


@pytest.mark.parametrize("name", FAMILIES)
def test_family_names(name: str) -> None:
    """-A takes all names netstat knows and those plugins add, in each spelling."""
    spellings = (f"-A {name}", f"-A{name}", f"--protocol={name}", f"--protocol {name}")
    assert [request(line).families for line in spellings] == [[FAMILIES[name]]] * 4


@pytest.mark.parametrize("name", ["", "INET", "inet,", ",inet", "inet,,unix", "ip4", "ec", "nope", "inet unix", "Toy"])
def test_unknown_families(name: str) -> None:
    """A name that is none, an empty one included, is refused with netstat's words and status 1."""
    with pytest.raises(UnknownFamilyError) as raised:
        command_line.parse("netstat", ["-A", name], lambda _key: None, lambda: {"toy": ["sockets"]})
    bad = next(one for one in name.split(",") if one not in FAMILIES)
    assert (str(raised.value), raised.value.exit_status) == (f"Unknown address family `{bad}'.", 1)


def test_families_accumulate_in_order() -> None:
    """Repeated options add up in the order given, which is the order in which routes are shown."""
    assert request("-6 -A ipx -4 -6").families == ["inet6", "ipx", "inet", "inet6"]
    assert query("-r -6 -4").families == ("inet6", "inet")


def test_too_many_families_are_dropped() -> None:
    """Names of more than 255 bytes in all are too much: each further one is complained of and left out."""
    long = request(" ".join(["-A inet6"] * 60))
    assert len(",".join(long.families)) <= 255
    assert long.complaints == ["Too much address family arguments."] * (60 - len(long.families))


def test_tcpip_is_as_broken_as_netstats() -> None:
    """--tcpip prints netstat's internal error and selects nothing; -A tcpip is the Internet."""
    assert request("--tcpip").complaints == ["netstat.c: Internal Error `longopts 1 range'."]
    assert request("--tcpip").families == []


@pytest.mark.parametrize("line", ["-2", "-f", "--bluetooth", "-A bluetooth", "-2f"])
def test_bluetooth_alone_shows_nothing(line: str) -> None:
    """Bluetooth displays were not built in: nothing else is shown in their place, and netstat's words come last."""
    refused = command_line.find_refusal(request(line))
    assert refused is not None
    assert "feature `AF BLUETOOTH' not supported" in str(refused)
    assert (query(line).tables, refused.status) == ((), 1)


@pytest.mark.parametrize("line", ["-t2", "-x --bluetooth"])
def test_bluetooth_is_refused_behind_what_is_shown(line: str) -> None:
    """What else was selected is shown first."""
    assert command_line.find_refusal(request(line)) is not None
    assert query(line).tables == ("sockets",)


def test_routes_end_at_a_family_without_routing() -> None:
    """Of families that have routes those before the first without are shown; then netstat refuses, with status 3."""
    assert query("-r -A inet,unix,inet6").families == ("inet",)
    refused = command_line.find_refusal(request("-r -A inet,unix,inet6"))
    assert refused is not None
    assert (refused.text, refused.status) == ("No routing for address family `unix'.", 3)


LETTERS = st.text("tSuUwx46galneopvWNFCd", max_size=6)


@given(one=LETTERS, other=LETTERS)
def test_order_and_clustering_do_not_matter(one: str, other: str) -> None:
    """Letters in one cluster or several, in any order, mean the same; only the order of families is kept."""
    together = query(f"-{one}{other}" if one + other else "")
    apart = query(" ".join(f"-{letter}" for letter in other + one))
    assert together._replace(families=()) == apart._replace(families=())
    assert set(together.families) == set(apart.families)


@given(letters=LETTERS)
def test_queries_are_plain_data(letters: str) -> None:
    """The request as the report has it holds nothing but JSON's own types."""
    record = query(f"-{letters}" if letters else "").as_record()
    assert all(isinstance(value, (str, int, list, type(None))) for value in record.values())
    assert "fields" not in record


def test_the_limit_of_namespaces_is_one_number() -> None:
    """Queries, captures, the help and the documentation have the same."""
    page = Path(__file__).parents[2] / "docs/namespaces.md"
    (told,) = (option.help for option in OPTIONS if option.key == "netns_limit")
    assert find_namespaces.DEFAULT_LIMIT == Query().namespace_limit == NAMESPACE_LIMIT
    assert f"(default {NAMESPACE_LIMIT})" in told
    assert f"at most N of them, {NAMESPACE_LIMIT} if not told otherwise" in page.read_text("utf-8")
