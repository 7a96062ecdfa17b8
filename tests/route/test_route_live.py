"""Live routes and neighbours: in a namespace full of them pynetstat shows what netstat and ip show."""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from namespaces import NetworkNamespace

REACHABLE = ("192.168.1.10", "lladdr", "02:00:00:00:00:0a", "dev", "v0", "nud", "reachable")
ZOO = Path(__file__).resolve().parent / "route_zoo.sh"
PROGRAM = [sys.executable, "-m", "netstat_core"]
ASK = """
import json, sys
from netstat_core import Query, collect
query = {**json.loads(sys.argv[1]), "tables": (sys.argv[2],)}
query["families"] = tuple(query.get("families", ()))
print(json.dumps(collect(Query(**query))))
"""
REFERENCES = re.compile(rb"^(.{57} \S+ +\S+ +)\S+( +\d+ \S*)$", re.MULTILINE)
NULL_ROUTE = re.compile(rb"^::/0 +:: +!n +-1 .*\n", re.MULTILINE)
COUNTS = {"ref_count", "use_count"}
TRIES = 5
QUIET_ROUNDS = 4

Record = dict[str, Any]


@pytest.fixture(scope="module")
def zoo(namespace: NetworkNamespace) -> NetworkNamespace:
    """Fill the module's namespace with routes and neighbours, and wait until its addresses have settled."""
    if shutil.which("ip") is None:
        pytest.skip("ip is not installed")
    made = namespace.run(["sh", str(ZOO)])
    assert made.returncode == 0, made.stderr.decode()
    assert len(ip(namespace, "-4", "route", "show", "table", "all")) > 40
    before: list[Record] = []
    quiet = 0
    for _ in range(40):
        shown = ip(namespace, "-6", "route", "show", "table", "all")
        after = [{key: value for key, value in one.items() if key != "expires"} for one in shown]
        quiet = quiet + 1 if after == before and len(after) > 30 else 0
        if quiet == QUIET_ROUNDS:
            return namespace
        before = after
        time.sleep(0.5)
    return namespace


@pytest.fixture
def objects_only(zoo: NetworkNamespace) -> Iterator[NetworkNamespace]:
    """Let the kernel send only the number of a next-hop object, not what it leads to."""
    switch = "/proc/sys/net/ipv4/nexthop_compat_mode"
    if zoo.run(["sh", "-c", f"echo 0 > {switch}"]).returncode:
        pytest.skip("this kernel always tells next hops")
    yield zoo
    zoo.run(["sh", "-c", f"echo 1 > {switch}"])


def ip(inside: NetworkNamespace, *arguments: str) -> list[Record]:
    """Return what `ip -j -d` says."""
    shown = inside.run(["ip", "-j", "-d", *arguments])
    assert shown.returncode == 0, shown.stderr.decode()
    found = json.loads(shown.stdout or b"[]")
    assert isinstance(found, list)
    return found


def ask(inside: NetworkNamespace, table: str, **query: object) -> list[Record]:
    """Return the records of a query made inside, time standing still; all has to be seen and understood."""
    answered = inside.run([sys.executable, "-c", ASK, json.dumps(query), table])
    assert answered.returncode == 0, answered.stderr.decode()
    report = json.loads(answered.stdout)
    readers = ("route-inet", "route-inet6", "neighbours")
    assert [one for one in report["problems"] + report["completeness"] if one["reader"] in readers] == []
    records = [one for one in report["tables"][table] if one["kind"] in ("route", "neighbour")]
    for record in records:
        if record.get("expires_seconds"):
            assert 0 < record["expires_seconds"] <= 600
            record["expires_seconds"] = 600.0
    return records


@pytest.mark.parametrize(
    "arguments", ["-rn", "-rne", "-rnee", "-6rn", "-46rn", "-64rnee", "-rnC", "-6rnC", "-rnv", "-rN"]
)
def test_same_text(arguments: str, zoo: NetworkNamespace) -> None:
    """The text is that of netstat, to the byte."""
    for _ in range(TRIES):
        real, ours = (zoo.run([*program, arguments]) for program in (["netstat"], PROGRAM))
        if real.stdout == ours.stdout:
            break
    assert ours.stdout.decode().splitlines() == real.stdout.decode().splitlines()
    assert (ours.stderr, ours.returncode) == (real.stderr, real.returncode)


@pytest.mark.parametrize("arguments", ["-rn", "-rne", "-rnee"])
def test_same_inet_text_from_netlink(arguments: str, zoo: NetworkNamespace) -> None:
    """For IPv4 netlink tells all that is in the text."""
    real, ours = (zoo.run([*program, arguments]).stdout for program in (["netstat"], [*PROGRAM, "--source", "netlink"]))
    assert ours.decode().splitlines() == real.decode().splitlines()


def test_same_inet6_text_from_netlink(zoo: NetworkNamespace) -> None:
    """For IPv6 netlink lacks the reference counts and the kernel's null route, and nothing else."""
    for _ in range(20):  # addresses that are still being checked for duplicates change the table
        before, ours, after = (
            zoo.run([*program, "-6rn"]).stdout
            for program in (["netstat"], [*PROGRAM, "--source", "netlink"], ["netstat"])
        )
        if before == after:
            break
        time.sleep(0.5)
    real = REFERENCES.sub(rb"\g<1>0\2", NULL_ROUTE.sub(b"", before))
    assert ours.decode().splitlines() == real.decode().splitlines()
    assert ours.count(b"\n") > 30


def prefix(record: Record) -> str:
    """Return a destination as ip writes it."""
    full = 32 if record["family"] == "inet" else 128
    length = record["prefix_length"]
    if length == 0:
        return "default"
    return str(record["destination"]) + ("" if length == full else f"/{length}")


def hop_as_ip(hop: Record, family: str) -> Record:
    """Return gateway, interface and flags of a next hop as ip has them."""
    shown: Record = {"flags": sorted(hop["flags"]), "dev": hop["interface"]}
    if hop["gateway"] is not None:
        is_other = family == "inet" and ":" in hop["gateway"]
        shown |= {"via": {"family": "inet6", "host": hop["gateway"]}} if is_other else {"gateway": hop["gateway"]}
    return {name: value for name, value in shown.items() if value is not None}


METRICS = {
    "mtu": "mtu_bytes",
    "window": "window_bytes",
    "rtt": "rtt_ms",
    "rttvar": "rtt_variance_ms",
    "ssthresh": "slow_start_threshold",
    "cwnd": "congestion_window",
    "advmss": "advertised_mss_bytes",
    "reordering": "reordering",
    "hoplimit": "hop_limit",
    "initcwnd": "initial_congestion_window",
    "rto_min": "rto_min_ms",
    "initrwnd": "initial_receive_window",
    "quickack": "quick_ack",
    "congestion": "congestion_control",
    "fastopen_no_cookie": "fastopen_no_cookie",
}


def as_ip(record: Record) -> Record:
    """Return a record as `ip -j -d route show table all` has it."""
    family = record["family"]
    shown = {
        "type": record["type"],
        "dst": prefix(record),
        "from": record["source"],
        "tos": hex(record["tos"]) if record["tos"] else None,
        "table": record["table"],
        "protocol": record["protocol"],
        "scope": record["scope"],
        "metric": record["metric"] if record["metric"] or family == "inet6" else None,
        "prefsrc": record["preferred_source"],
        "nhid": record["next_hop_id"],
        "pref": record["preference"],
        "encap": record["encapsulation"],
        "expires": record["expires_seconds"] is not None or None,
        "flow": dict(zip(("from", "to"), record["realms"].split("/"), strict=True)) if record["realms"] else None,
    }
    if record["next_hops"] is None:
        hop = {name: record[name] for name in ("gateway", "interface")}
        shown |= hop_as_ip({**hop, "flags": record["next_hop_flags"]}, family)
    else:
        hops = [{**hop_as_ip(one, family), "weight": one["weight"]} for one in record["next_hops"]]
        shown |= {"nexthops": hops, "flags": []}
    if record["metrics"]:
        metrics = {name: record["metrics"][field] for name, field in METRICS.items()}
        metrics["ecn"] = "ecn" in (record["metrics"]["features"] or []) or None
        shown["metrics"] = [{name: value for name, value in metrics.items() if value is not None}]
    return {name: value for name, value in shown.items() if value is not None}


def without_ips_own(route: Record) -> Record:
    """Return a route of ip without what it looks up besides, says in another way, or mixes from a tunnel."""
    kept = {name: value for name, value in route.items() if name not in ("nh_info", "cache")}
    kept["flags"] = sorted(kept["flags"])
    if "expires" in kept:
        kept["expires"] = True
    if "metrics" in kept:
        kept["metrics"] = [{**kept["metrics"][0], **({"ecn": True} if "ecn" in kept["metrics"][0] else {})}]
    if "nexthops" in kept:
        kept["nexthops"] = [{**hop, "flags": sorted(hop["flags"])} for hop in kept["nexthops"]]
        if len(kept["nexthops"]) == 1:
            (only,) = kept.pop("nexthops")
            kept |= {name: only[name] for name in only if name != "weight"}
    return kept


TUNNELS = {"id", "src", "dst", "ttl", "tos", "hoplimit", "tc", "mode", "segs"}


def comparable(route: Record) -> Record:
    """Return what can be compared: ip writes a tunnel's own fields over those of the route."""
    if "encap" in route:
        return {name: value for name, value in route.items() if name not in TUNNELS}
    return route


@pytest.mark.parametrize("family", ["inet", "inet6"])
def test_same_routes_as_ip(family: str, zoo: NetworkNamespace) -> None:
    """All routes of all tables, in the kernel's order, with all that `ip -d route` knows of them."""
    option = "-4" if family == "inet" else "-6"
    theirs = [comparable(without_ips_own(one)) for one in ip(zoo, option, "route", "show", "table", "all")]
    records = ask(zoo, "routes", families=[family], route_table="all")
    assert [comparable(as_ip(one)) for one in records] == theirs
    assert {one["type"] for one in records} >= {"unicast", "local", "blackhole", "unreachable", "prohibit", "throw"}
    assert any(one["next_hops"] for one in records)


@pytest.mark.parametrize(
    ("family", "table"), [("inet", None), ("inet", "local"), ("inet6", "main"), ("inet6", "99"), ("inet", "100000")]
)
def test_tables(family: str, table: str | None, zoo: NetworkNamespace) -> None:
    """A table that is asked for is shown whole and alone; without one named IPv4 shows the main one."""
    records = ask(zoo, "routes", families=[family], route_table=table)
    assert {one["table"] for one in records} == {table or "main"}
    everything = ask(zoo, "routes", families=[family], route_table="all")
    hidden = ("multicast", "broadcast") if table is None else ()
    assert records == [one for one in everything if one["table"] == (table or "main") and one["type"] not in hidden]


def test_text_of_another_table(zoo: NetworkNamespace) -> None:
    """The text of a table that /proc does not show comes from netlink, in the same columns."""
    shown = zoo.run([*PROGRAM, "-rn", "--route-table", "100"]).stdout.decode().splitlines()
    main = zoo.run(["netstat", "-rn"]).stdout.decode().splitlines()
    row = "0.0.0.0         10.1.1.1        0.0.0.0         UG        0 0          0 v1"
    assert shown == [*main[:2], row]
    local = zoo.run([*PROGRAM, "-6rn", "--route-table", "local"]).stdout.decode()
    assert "::1/128                        ::                         Un   0   0      0 lo\n" in local


def test_a_table_that_is_not_there(zoo: NetworkNamespace) -> None:
    """A table without a route is empty, not an error."""
    assert ask(zoo, "routes", route_table="4321") == []


def agreeing(record: Record, family: str) -> Record:
    """Return the fields that both feeds know; an IPv6 gateway of an IPv4 route does not fit /proc."""
    names = [
        "destination",
        "prefix_length",
        "gateway",
        "interface",
        "flags",
        "flags_text",
        "metric",
        "source",
        "preference",
    ]
    if family == "inet":
        names += ["mss_bytes", "window_bytes", "irtt_ms", "table"]
    known = {name: record[name] for name in names}
    if family == "inet" and ":" in (record["gateway"] or ""):
        known["gateway"] = None
    return known


def rows_of(record: Record) -> list[Record]:
    """Return a record for each next hop, as /proc/net/ipv6_route has rows."""
    if record["family"] == "inet" or not record["next_hops"] or record["next_hop_id"]:
        return [record]
    return [{**record, "gateway": one["gateway"], "interface": one["interface"]} for one in record["next_hops"]]


@pytest.mark.parametrize("family", ["inet", "inet6"])
def test_feeds_agree(family: str, zoo: NetworkNamespace) -> None:
    """Whatever both netlink and /proc know of a route is the same, next hop by next hop."""
    netlink, procfs = (ask(zoo, "routes", families=[family], source=source) for source in ("netlink", "procfs"))
    rows = [row for record in netlink for row in rows_of(record)]
    shown = [one for one in procfs if one["metric"] != 0xFFFFFFFF or one["interface"] != "lo"]
    assert [agreeing(one, family) for one in rows] == [agreeing(one, family) for one in shown]
    assert {one["type"] for one in procfs} <= {None, "local", "anycast"}


@pytest.mark.parametrize("family", ["inet", "inet6"])
def test_next_hop_objects(family: str, objects_only: NetworkNamespace) -> None:
    """What a route with a next-hop object leads to is told even when the kernel sends only the object's number."""
    numbers_only = ask(objects_only, "routes", families=[family])
    objects_only.run(["sh", "-c", "echo 1 > /proc/sys/net/ipv4/nexthop_compat_mode"])
    resolved = ask(objects_only, "routes", families=[family])
    fields = ("destination", "next_hop_id", "gateway", "next_hops", "next_hop_flags", "flags")
    told = [[[one[field] for field in fields] for one in records] for records in (numbers_only, resolved)]
    assert told[0] == told[1]
    assert len({one["next_hop_id"] for one in resolved}) > 2


def neighbour_as_ip(record: Record) -> Record:
    """Return a neighbour as `ip -j neigh` has it, the state in our words."""
    shown: Record = {"dst": record["address"], "dev": record["interface"], "lladdr": record["hardware_address"]}
    shown |= {"state": record["state"], "protocol": record["protocol"], "proxy": record["proxy"] or None}
    shown |= dict.fromkeys(record["flags"], True)
    return {name: value for name, value in shown.items() if value is not None}


def theirs(neighbour: Record) -> Record:
    """Return a neighbour of ip in the same way."""
    words = {"extern_learn": "ext_learned"}
    shown: Record = {words.get(name, name): True if value is None else value for name, value in neighbour.items()}
    if "state" in shown:
        shown["state"] = shown["state"][0].lower()
    return shown


def neighbours(zoo: NetworkNamespace, *options: str) -> list[Record]:
    """Return the records of the command's own display."""
    shown = zoo.run([*PROGRAM, "--neighbours", "--json", *options]).stdout
    found: list[Record] = json.loads(shown)["tables"]["neighbours"]
    return found


@pytest.mark.parametrize(("options", "choice"), [([], []), (["-a"], ["nud", "all"])])
def test_same_neighbours_as_ip(options: list[str], choice: list[str], zoo: NetworkNamespace) -> None:
    """Neighbours are those of `ip neigh`, with -a those in any state, and proxies come behind them."""
    zoo.run(["ip", "neigh", "replace", *REACHABLE])  # after half a minute it is stale
    for _ in range(TRIES):
        entries = [theirs(one) for one in json.loads(zoo.run(["ip", "-j", "neigh", "show", *choice]).stdout)]
        proxies = [theirs(one) for one in json.loads(zoo.run(["ip", "-j", "neigh", "show", "proxy"]).stdout)]
        records = [neighbour_as_ip(one) for one in neighbours(zoo, *options)]
        if records == [*entries, *proxies]:
            break
    assert records == [*entries, *proxies]
    assert len(proxies) == 3
    assert {one["state"] for one in entries} >= {"permanent", "reachable", "stale"}


def test_neighbours_agree(zoo: NetworkNamespace) -> None:
    """/proc/net/arp tells the same of IPv4 neighbours, as far as it goes."""
    fields = ("address", "hardware_address", "interface", "proxy")
    netlink, procfs = (
        sorted(tuple(str(one[field]) for field in fields) for one in neighbours(zoo, "-4", "--source", source))
        for source in ("netlink", "procfs")
    )
    assert netlink == procfs
    assert len(procfs) > 6


def test_neighbours_as_text(zoo: NetworkNamespace) -> None:
    """The text is a plain table, a line for each neighbour."""
    shown = zoo.run([*PROGRAM, "--neighbours"]).stdout.decode().splitlines()
    assert shown[0] == "Kernel neighbour table"
    assert shown[1].split() == ["Address", "HW", "Address", "Iface", "State", "Proxy", "Flags"]
    assert any(
        line.split() == ["2001:db8:1::9", "02:00:00:00:00:09", "v0", "permanent", "no", "router"] for line in shown
    )
    assert any(line.split() == ["10.5.5.5", "-", "v0", "-", "yes", "-"] for line in shown)
