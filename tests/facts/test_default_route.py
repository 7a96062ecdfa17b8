"""The default route in facts: what the kernel itself says when it is asked, or what it depends on."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from namespaces import NetworkNamespace, network_namespace, reason

from netstat_core.facts.default_route import choose
from netstat_core.facts.gather import gather
from netstat_core.facts.query import facts_query
from netstat_core.host.discovery import Host
from netstat_core.system.snapshot import SnapshotSystem
from netstat_core.system.stores import MemoryStore

SETUP = """
set -e
ip link set lo up
for n in 0 1 2; do
    ip link add eth$n type veth peer name far$n
    ip link set eth$n up
    ip link set far$n up
    ip addr add 192.0.2.$((n * 16 + 1))/28 dev eth$n
    ip addr add 2001:db8:$n::1/64 dev eth$n nodad
done
"""
DISTANT = {"inet": "203.0.113.99", "inet6": "2001:db8:ffff::1"}


def run(namespace: NetworkNamespace, script: str) -> str:
    """Run a shell script in a namespace and return what it printed."""
    ran = namespace.run(["sh", "-ec", script])
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout.decode()


@pytest.fixture
def router() -> Iterator[NetworkNamespace]:
    """Give a namespace with three links, eth0 to eth2, that have addresses and a carrier."""
    if why := reason():
        pytest.skip(why)
    with network_namespace() as namespace:
        run(namespace, SETUP)
        yield namespace


def facts(namespace: NetworkNamespace, *arguments: str) -> dict[str, Any]:
    """Return the facts of a namespace."""
    ran = namespace.run([sys.executable, "-m", "netstat_core", "--format", "facts-local", *arguments])
    assert ran.returncode == 0, ran.stderr.decode()
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def ask_kernel(namespace: NetworkNamespace, family: str, *packet: str) -> tuple[str | None, str | None] | None:
    """Return interface and gateway of the route that the kernel takes to a distant address; None if it takes none."""
    version = "-6" if family == "inet6" else "-4"
    ran = namespace.run(["ip", "-j", version, "route", "get", DISTANT[family], *packet])
    if ran.returncode:
        return None
    (route,) = json.loads(ran.stdout)
    if route.get("type", "unicast") != "unicast":
        return None
    return route.get("dev"), route.get("gateway")


SAME = {
    "two metrics": "ip route add default via 192.0.2.2 metric 50; ip route add default via 192.0.2.18 metric 20",
    "no carrier, not ignored": "ip link set far1 down; ip route add default via 192.0.2.18 metric 5; "
    "ip route add default via 192.0.2.2 metric 9",
    "no carrier, ignored": "sysctl -qw net.ipv4.conf.eth1.ignore_routes_with_linkdown=1;"
    "ip route add default via 192.0.2.18 metric 5; ip route add default via 192.0.2.2 metric 9; ip link set far1 down",
    "dead hop": "sysctl -qw net.ipv4.conf.eth1.ignore_routes_with_linkdown=1;"
    "ip route add default nexthop via 192.0.2.18 nexthop via 192.0.2.34; ip link set far1 down",
    "all hops dead": "sysctl -qw net.ipv4.conf.all.ignore_routes_with_linkdown=1;"
    "for n in 1 2; do sysctl -qw net.ipv4.conf.eth$n.ignore_routes_with_linkdown=1; done;"
    "ip route add default nexthop via 192.0.2.18 nexthop via 192.0.2.34; ip route add default via 192.0.2.2 metric 3;"
    "ip link set far1 down; ip link set far2 down",
    "next-hop object": "ip nexthop add id 7 via 192.0.2.2 dev eth0; ip route add default nhid 7",
    "on the link": "ip route add default dev eth2",
    "unreachable first": "ip route add unreachable default metric 1; ip route add default via 192.0.2.2 metric 2",
    "blackhole last": "ip route add blackhole default metric 9; ip route add default via 192.0.2.2 metric 2",
    "throw": "ip route add throw default metric 1; ip route add default via 192.0.2.2 metric 2",
    "throw to the next table": "ip route add throw default metric 1; ip route add default via 192.0.2.2 table default",
    "none": "true",
    "of a type of service too": "ip route add default via 192.0.2.18 tos 0x10; "
    "ip route add default via 192.0.2.2 metric 9",
    "another table": "ip route add default via 192.0.2.2; ip route add default via 192.0.2.18 table 100; "
    "ip rule add lookup 100",
    "another table without one": "ip route add default via 192.0.2.2; ip route add 10.0.0.0/8 via 192.0.2.18 table 100;"
    "ip rule add from 192.0.2.33 lookup 100; ip rule add fwmark 7 lookup 101",
    "both tables alike": "ip route add default via 192.0.2.2; ip rule add fwmark 7 lookup main",
    "suppressed": "ip route add default via 192.0.2.2; ip route add default via 192.0.2.18 table 100; "
    "ip rule add lookup main suppress_prefixlength 0 priority 50; ip rule add lookup 100 priority 60",
    "goto": "ip route add default via 192.0.2.2; ip route add default via 192.0.2.18 table 100; "
    "ip rule add priority 300 lookup 100; ip rule add priority 100 goto 300; ip rule add priority 200 unreachable",
    "no such goto": "ip route add default via 192.0.2.2; ip rule add priority 100 goto 20000",
    "to a network": "ip route add default via 192.0.2.2; ip route add default via 192.0.2.18 table 100; "
    "ip rule add to 198.51.100.0/24 lookup 100",
    "for forwarded packets": "ip route add default via 192.0.2.2; ip route add default via 192.0.2.18 table 100; "
    "ip rule add iif eth2 lookup 100; ip rule add oif eth2 lookup 100",
    "for own packets": "ip route add default via 192.0.2.2; ip route add default via 192.0.2.18 table 100; "
    "ip rule add iif lo lookup 100",
    "prohibited": "ip route add default via 192.0.2.2; ip rule add prohibit priority 9",
    "not to anything": "ip route add default via 192.0.2.2; ip route add default via 192.0.2.18 table 100; "
    "ip rule add not to 198.51.100.0/24 lookup 100",
    "no table main": "ip route add default via 192.0.2.2; ip rule del priority 32766",
}
SAME6 = {
    "two metrics": "ip -6 route add default via 2001:db8:0::2 metric 50; "
    "ip -6 route add default via 2001:db8:1::2 metric 20",
    "preference": "ip -6 route add default via 2001:db8:0::2 dev eth0 pref low; "
    "ip -6 route append default via 2001:db8:1::2 dev eth1 proto ra pref high",
    "metric before preference": "ip -6 route add default via 2001:db8:0::2 metric 10 pref low; "
    "ip -6 route add default via 2001:db8:1::2 metric 20 pref high",
    "source-specific": "ip -6 route add default from 2001:db8:1::/64 via 2001:db8:1::2 metric 5; "
    "ip -6 route add default via 2001:db8:0::2 metric 50",
    "no carrier, ignored": "sysctl -qw net.ipv6.conf.eth1.ignore_routes_with_linkdown=1;"
    "ip -6 route add default via 2001:db8:1::2 metric 5; ip -6 route add default via 2001:db8:0::2 metric 9; "
    "ip link set far1 down",
    "dead hop": "sysctl -qw net.ipv6.conf.eth1.ignore_routes_with_linkdown=1;"
    "ip -6 route add default nexthop via 2001:db8:1::2 nexthop via 2001:db8:2::2; ip link set far1 down",
    "unreachable first": "ip -6 route add unreachable default metric 1; "
    "ip -6 route add default via 2001:db8:0::2 metric 2",
    "none": "true",
    "another table": "ip -6 route add default via 2001:db8:0::2; "
    "ip -6 route add default via 2001:db8:1::2 table 100; ip -6 rule add lookup 100",
    "next-hop object": "ip nexthop add id 7 via 2001:db8:0::2 dev eth0; ip -6 route add default nhid 7",
}
CASES = [("inet", name) for name in SAME] + [("inet6", name) for name in SAME6]


@pytest.mark.parametrize(("family", "name"), CASES)
def test_the_default_route_is_the_kernels(router: NetworkNamespace, family: str, name: str) -> None:
    """Interface and gateway are those that `ip route get` names for a distant address, or of one of the next hops."""
    run(router, (SAME if family == "inet" else SAME6)[name])
    found = facts(router)
    route = found["default_route"][family]
    is_used = route is not None and route["type"] == "unicast"
    assert found["default_route_depends"] == {}
    hops = (route["next_hops"] or [route]) if is_used else []  # Linux 6.18 joins IPv6 routes of unequal preference
    assert ask_kernel(router, family) in ([(hop["interface"], hop["gateway"]) for hop in hops] or [None])


def test_a_route_of_several_next_hops_is_told_whole(router: NetworkNamespace) -> None:
    """The kernel uses any next hop that is alive; the entry lists all, and stands for one of those alive."""
    run(router, "ip route add default nexthop via 192.0.2.2 nexthop via 192.0.2.18 nexthop via 192.0.2.34")
    route = facts(router)["default_route"]["inet"]
    hops = [(hop["interface"], hop["gateway"]) for hop in route["next_hops"]]
    assert hops == [("eth0", "192.0.2.2"), ("eth1", "192.0.2.18"), ("eth2", "192.0.2.34")]
    assert ask_kernel(router, "inet") in hops
    assert (route["interface"], route["gateway"]) in hops


DEPENDS = {
    "source": ("rules", "ip rule add from 192.0.2.17 lookup 100", ("from", "192.0.2.17")),
    "mark": ("rules", "ip rule add fwmark 7 lookup 100", ("mark", "7")),
    "not the mark": ("rules", "ip rule add not fwmark 7 lookup 100", ("mark", "7")),
    "user": ("rules", "ip rule add uidrange 1000-1999 lookup 100", ("uid", "1000")),
    "protocol": ("rules", "ip rule add ipproto tcp lookup 100", ("ipproto", "tcp")),
    "port": ("rules", "ip rule add ipproto udp dport 53 lookup 100", ("ipproto", "udp", "dport", "53")),
    "type of service": ("rules", "ip rule add tos 0x10 lookup 100", ("tos", "0x10")),
    "unreachable": ("rules", "ip rule add fwmark 7 unreachable", ("mark", "7")),
    "goto": ("rules", ("ip rule add priority 300 lookup 100; ip rule add priority 100 fwmark 7 goto 300; "
             "ip rule add priority 200 lookup main"), ("mark", "7")),
}  # fmt: skip


@pytest.mark.parametrize("name", DEPENDS)
def test_where_rules_decide_the_entry_is_null_with_a_reason(router: NetworkNamespace, name: str) -> None:
    """Where the kernel routes one packet so and another one otherwise, facts say on what it depends."""
    on, script, packet = DEPENDS[name]
    run(router, "ip route add default via 192.0.2.2; ip route add default via 192.0.2.18 table 100")
    run(router, script)
    assert ask_kernel(router, "inet") != ask_kernel(router, "inet", *packet)
    found = facts(router)
    assert found["default_route"] == {"inet": None, "inet6": None}
    assert set(found["default_route_depends"]) == {"inet"}
    assert found["default_route_depends"]["inet"]["reason"] == on
    assert "policy rule" in found["default_route_depends"]["inet"]["text"]
    assert found["rules"]


def test_only_source_specific_routes_are_not_a_default_route(router: NetworkNamespace) -> None:
    """Where all default routes are for some sources only, there is none for all, and facts say so."""
    run(router, "ip -6 route add default from 2001:db8:1::/64 via 2001:db8:1::2")
    assert ask_kernel(router, "inet6", "from", "2001:db8:1::1") == ("eth1", "2001:db8:1::2")
    found = facts(router)
    assert found["default_route"]["inet6"] is None
    assert found["default_route_depends"]["inet6"]["reason"] == "source"


def test_rules_are_those_of_ip_rule(router: NetworkNamespace) -> None:
    """Rules of a machine are listed in facts unless they are the kernel's own, with what `ip rule` tells of them."""
    assert facts(router)["rules"] == []
    run(
        router,
        "ip rule add from 10.0.0.0/8 to 192.0.2.0/24 iif eth0 fwmark 0x7/0xff lookup 1000 priority 5;"
        "ip rule add not from 10.1.0.0/16 oif eth1 ipproto tcp sport 1-9 dport 22 uidrange 5-6 unreachable priority 6;"
        "ip -6 rule add from 2001:db8::/32 tos 0x10 lookup main suppress_prefixlength 0 priority 7",
    )
    rules = facts(router)["rules"]
    shown = [
        {key: rule[key] for key in rule if rule[key] is not False and rule[key] not in (None, [])} for rule in rules
    ]
    for rule in shown:
        assert rule.pop("kind") == "rule"
        del rule["network_namespace"]
    own = {"priority": 0, "action": "table", "table": "local", "protocol": "kernel"}
    assert [rule for rule in shown if rule["family"] == "inet"][:3] == [
        {"family": "inet", **own},
        {
            "family": "inet",
            "priority": 5,
            "action": "table",
            "table": "1000",
            "source": "10.0.0.0/8",
            "destination": "192.0.2.0/24",
            "incoming_interface": "eth0",
            "mark": 7,
            "mark_mask": 255,
            "protocol": "unspec",
        },
        {
            "family": "inet",
            "priority": 6,
            "action": "unreachable",
            "inverted": True,
            "source": "10.1.0.0/16",
            "outgoing_interface": "eth1",
            "uids": {"first": 5, "last": 6},
            "ip_protocol": 6,
            "source_ports": {"first": 1, "last": 9},
            "destination_ports": {"first": 22, "last": 22},
            "protocol": "unspec",
        },
    ]
    assert [rule for rule in shown if rule["family"] == "inet6"][1] == {
        "family": "inet6",
        "priority": 7,
        "action": "table",
        "table": "main",
        "source": "2001:db8::/32",
        "tos": 16,
        "suppress_prefix_length": 0,
        "protocol": "unspec",
    }


ROUTER_PREFERENCE = """\
{any} 00 {any} 00 fe800000000000000000000000000001 00000400 00000001 00000000 18450003     eth0
{any} 00 {any} 00 fe800000000000000000000000000002 00000400 00000001 00000000 08450003     eth1
{any} 00 20010db8000100000000000000000000 40 fe800000000000000000000000000003 00000200 00000001 00000000 00000003 eth2
{any} 00 {any} 00 {any} ffffffff 00000001 00000001 00200200       lo
""".format(any="0" * 32)


def found_in(files: dict[str, bytes], **options: Any) -> dict[str, Any]:
    """Return the facts of a folder that holds some files."""
    host = Host()
    return gather(
        facts_query(host, tables=["default_route"], **options), SnapshotSystem(MemoryStore(files)), host
    ).facts


def test_router_preference_in_the_file() -> None:
    """Of routes with the same metric the one of the preferred router counts (RFC 4191), not one for some sources."""
    found = found_in({"/proc/net/ipv6_route": ROUTER_PREFERENCE.encode()})
    route = found["default_route"]["inet6"]
    assert (route["gateway"], route["interface"], route["preference"]) == ("fe80::2", "eth1", "high")
    assert found["default_route_depends"] == {}


def test_files_alone_do_not_cover_the_default_route() -> None:
    """Policy rules are not in /proc, so a folder of files cannot prove that there is no default route."""
    found = found_in({"/proc/net/ipv6_route": ROUTER_PREFERENCE.encode()}, families=["inet6"])
    assert found["covers"]["tables"] == []
    assert "rules" not in found
    assert any("rules" in why["text"] for why in found["incomplete_because"])


def test_equal_routes_of_the_file_are_one_of_several_next_hops() -> None:
    """The file has a row for each next hop; they are told as one route."""
    rows = ROUTER_PREFERENCE.replace("18450003", "08450003").splitlines()[:2]
    route = found_in({"/proc/net/ipv6_route": "\n".join(rows).encode()})["default_route"]["inet6"]
    assert [hop["gateway"] for hop in route["next_hops"]] == ["fe80::1", "fe80::2"]


def make_route(gateway: str, **fields: Any) -> dict[str, Any]:
    """Return a default route of the main table."""
    usual = {"type": "unicast", "gateway": gateway, "interface": "eth0", "metric": 0, "preference": None, "tos": 0}
    rest = dict.fromkeys(("source", "next_hops", "next_hop_flags", "expires_seconds", "encapsulation", "realms"))
    return {**usual, **rest, **fields}


_SELECTORS = some.sampled_from([{}, {"source": "10.0.0.0/8"}, {"mark": 1, "mark_mask": 1}, {"l3mdev": True}])
_ACTIONS = some.sampled_from(
    [{"action": "table", "table": table} for table in "abcd"]
    + [{"action": "unreachable", "table": None}, {"action": "nop", "table": None}]
    + [{"action": "goto", "table": None, "goto": number} for number in (1, 3, 5)]
)
_RULES = some.lists(some.tuples(_SELECTORS, _ACTIONS, some.booleans()), max_size=6)


def decide(rules: list[dict[str, Any]], tables: dict[str, Any], packet: dict[str, bool]) -> Any:
    """Go through rules as the kernel does, for one packet."""
    number = 0
    while number < len(rules):
        rule = rules[number]
        matches = not rule.get("l3mdev")
        matches &= packet["has_source"] if rule.get("source") else True
        matches &= packet["has_mark"] if rule.get("mark") else True
        number += 1
        if matches == rule["inverted"]:
            continue
        if rule["action"] == "goto":
            targets = [place for place in range(number, len(rules)) if rules[place]["priority"] == rule["goto"]]
            number = targets[0] if targets else number
        elif rule["action"] == "unreachable":
            return "unreachable"
        elif rule["action"] == "table" and tables.get(rule["table"]):
            return tables[rule["table"]][0]["gateway"]
    return None


@given(_RULES)
def test_an_answer_is_that_of_every_packet(drawn: list[Any]) -> None:
    """If facts name a default route, or none, each packet is treated so; null with a reason needs two that differ."""
    rules = [
        {"priority": number, "inverted": inverted, **selectors, **action}
        for number, (selectors, action, inverted) in enumerate(drawn)
    ]
    tables = {"a": [make_route("A")], "b": [make_route("B")], "c": []}
    packets = [
        dict(zip(("has_source", "has_mark"), flags, strict=True))
        for flags in itertools.product((False, True), repeat=2)
    ]
    answers = {decide(rules, tables, packet) for packet in packets}
    choice = choose(rules, tables)
    if choice.reason:
        return
    route = choice.route
    assert answers == {None if route is None else route.get("gateway") or route["type"]}


def test_more_default_routes_than_facts_hold_are_no_answer() -> None:
    """A machine with more default routes than facts look at does not prove which one counts."""
    route = "eth0\t00000000\t0100000A\t0003\t0\t0\t{0}\t00000000\t0\t0\t0"
    header = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT"
    rows = "\n".join([header, *map(route.format, range(1001, 0, -1)), ""]).encode()
    found = found_in({"/proc/net/route": rows}, families=["inet"])
    assert any(why["text"] == "default_route: truncated, 1 more than facts hold" for why in found["incomplete_because"])
    assert "default_route" not in found["covers"]["tables"]
