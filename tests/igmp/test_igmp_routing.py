"""Multicast routing: interfaces and cache entries, from files and over netlink."""

from __future__ import annotations

import json
import shutil
import struct
from typing import TYPE_CHECKING, Any

import pytest
from netstat_igmp import netlink_ipmr_link, netlink_ipmr_route, proc_ip_mr_cache, proc_ip_mr_vif
from pynetstat import show
from trees import FIXTURES

from netstat_core import SourceError
from netstat_core.plugin import About, Asked, Problem

if TYPE_CHECKING:
    from pathlib import Path

    from trees import Trees

ROUTER = "captures/mroute-a-6.18"
ABOUT = About()
VIFS = """\
Multicast interfaces
Vif Iface           RX-Packets     RX-Bytes TX-Packets     TX-Bytes Local           Remote          Family Table   Flags
  0 eth0                     0            0         12         1536 10.1.0.1        -               inet   default -
  1 eth1                     0            0         12         1536 10.2.0.1        -               inet   default -
  2 tun0                    12         1536          0            0 -               -               inet   default USE
  0 eth0                     0            0          4          196 -               -               inet6  main    -
  1 tun0                     4          196          0            0 -               -               inet6  main    -
  2 eth1                     0            0          4          196 -               -               inet6  main    -
""".replace("USE", "use_index")
ROUTES = """\
Multicast routes
Origin          Group           Iface              Packets        Bytes Wrong-If Table   Out:TTL
10.9.0.5        239.1.1.1       tun0                    12         1536        0 default eth0:1,eth1:3
10.9.0.6        232.5.5.5       eth0                     3          384        3 default -
0.0.0.0         239.7.7.7       eth1                     0            0        0 default eth0:1
10.9.0.66       239.66.66.66    -                        -            -        - default -
fd00:9::5       ff0e::1:1       tun0                    12          588        8 main    eth0:1,eth1:1
2001:db8::6     ff05::99        eth0                     0            0        0 main    tun0:1
fd00:9::77      ff0e::77        -                        -            -        - main    -
"""


def report(tree: Path) -> dict[str, Any]:
    """Return the JSON report."""
    made: dict[str, Any] = json.loads(show(tree, "--tables", "multicast_routes", "--json").stdout)
    return made


def records(tree: Path, kind: str) -> list[dict[str, Any]]:
    """Return the records of one kind."""
    return [one for one in report(tree)["tables"]["multicast_routes"] if one["kind"] == kind]


def test_text(trees: Trees) -> None:
    """A router's interfaces and routes are two plain tables, both IP versions in each."""
    assert show(trees[ROUTER], "--tables", "multicast_routes").stdout.decode() == VIFS + ROUTES


def test_routes_agree_with_ip_mroute(trees: Trees) -> None:
    """The IPv4 routes are those that `ip -j mroute` listed at the same time."""
    theirs = json.loads((FIXTURES / ROUTER / "outputs/ip_j_mroute_show_table_all.txt").read_text())
    ours = [one for one in records(trees[ROUTER], "multicast.route") if one["family"] == "inet"]
    assert [
        {
            "src": one["origin"],
            "dst": one["group"],
            "iif": one["interface"] or "unresolved",
            **({"multipath": list(map(as_ip_shows, one["outgoing"]))} if one["resolved"] else {}),
            "state": "resolved" if one["resolved"] else "unresolved",
            "table": one["table"],
        }
        for one in ours
    ] == theirs


def as_ip_shows(hop: dict[str, Any]) -> dict[str, Any]:
    """Return a way out as `ip -j` shows it, without the usual threshold."""
    return {"oif": hop["interface"], **({"ttl": hop["ttl"]} if hop["ttl"] > 1 else {})}


def test_one_vif_and_one_route(trees: Trees) -> None:
    """Every field of an interface and of a route is as captured."""
    shared = {"family": "inet", "table": "default", "network_namespace": None}
    assert records(trees[ROUTER], "multicast.vif")[2] == {
        **shared,
        "kind": "multicast.vif",
        "vif": 2,
        "interface": "tun0",
        "flags": ["use_index"],
        "local_address": None,
        "remote_address": None,
        "rx_bytes": 1536,
        "rx_packets": 12,
        "tx_bytes": 0,
        "tx_packets": 0,
    }
    assert records(trees[ROUTER], "multicast.route")[0] == {
        **shared,
        "kind": "multicast.route",
        "group": "239.1.1.1",
        "origin": "10.9.0.5",
        "resolved": True,
        "interface": "tun0",
        "vif": 2,
        "packets": 12,
        "bytes": 1536,
        "wrong_interface": 0,
        "outgoing": [{"interface": "eth0", "vif": 0, "ttl": 1}, {"interface": "eth1", "vif": 1, "ttl": 3}],
    }


def test_unresolved_routes_have_no_counters(trees: Trees) -> None:
    """Of a packet that waits for a daemon nothing but group and origin is known."""
    waiting = [one for one in records(trees[ROUTER], "multicast.route") if not one["resolved"]]
    assert [(one["family"], one["group"]) for one in waiting] == [("inet", "239.66.66.66"), ("inet6", "ff0e::77")]
    unknown = ("interface", "vif", "packets", "bytes", "wrong_interface")
    assert {one[field] for one in waiting for field in unknown} == {None}


VIF_HEADER = b"Interface      BytesIn  PktsIn  BytesOut PktsOut Flags Local    Remote\n"
ROUTE_HEADER = b"Group    Origin   Iif     Pkts    Bytes    Wrong Oifs\n"


def test_words_follow_the_byte_order() -> None:
    """The same vif and route as each kind of kernel writes them give the same records."""
    little, big = (About(Asked(), byte_order=order) for order in ("little", "big"))
    parse_vif, parse_route = proc_ip_mr_vif.make_parser("inet"), proc_ip_mr_cache.make_parser("inet")
    vif = VIF_HEADER + b" 0 v0 0 0 0 0 00001 %s %s\n"
    assert list(parse_vif(little, vif % (b"0100090A", b"0101090A"))) == list(
        parse_vif(big, vif % (b"0A090001", b"0A090101"))
    )
    route = ROUTE_HEADER + b"%s %s 0 1 2 3 1:3\n"
    (found,) = parse_route(little, route % (b"030201EF", b"0900090A"), None)
    assert [found] == list(parse_route(big, route % (b"EF010203", b"0A090009"), None))
    assert isinstance(found, dict)
    assert (found["group"], found["origin"]) == ("239.1.2.3", "10.9.0.9")


def test_a_device_that_is_gone_has_no_name() -> None:
    """A vif whose device vanished is listed under `none`, and routes over it name no interface."""
    vif_file = VIF_HEADER + b" 7 none 1 2 3 4 00004 00000000 00000000\n"
    (vif,) = proc_ip_mr_vif.make_parser("inet")(ABOUT, vif_file)
    (route,) = proc_ip_mr_cache.make_parser("inet")(ABOUT, ROUTE_HEADER + b"030201EF 0900090A 7 1 2 3 7:1\n", vif_file)
    assert isinstance(vif, dict)
    assert isinstance(route, dict)
    assert (vif["interface"], vif["flags"]) == (None, ["register"])
    assert (route["interface"], route["vif"], route["outgoing"]) == (None, 7, [{"interface": None, "vif": 7, "ttl": 1}])


def test_a_kernel_without_multicast_routing(trees: Trees, tmp_path: Path) -> None:
    """Its absence is said once, and told once with the names of all its sources, with netstat's status."""
    tree = shutil.copytree(trees["examples/igmp"], tmp_path / "tree", symlinks=True)
    outcome = show(tree, "--tables", "multicast_routes")
    assert outcome.stderr == b"netstat: no support for `AF INET (multicast routing)' on this system.\n"
    assert (outcome.stdout, outcome.returncode) == (b"", 1)
    (told,) = report(tree)["completeness"]
    assert (told["reason"], told["source"], told["count"]) == ("not_in_kernel", "/proc/net", 4)
    assert told["detail"] == "not in this copy: ip_mr_vif, ip6_mr_vif, ip_mr_cache, ip6_mr_cache"
    assert told["readers"] == ["multicast_vifs", "multicast_vifs6", "multicast_routes", "multicast_routes6"]


@pytest.mark.parametrize(
    ("parse", "kind", "header"),
    [(netlink_ipmr_link.parse, 16, 16), (netlink_ipmr_route.make_parser("inet"), 24, 12)],
    ids=["vifs", "routes"],
)
def test_dumps_of_other_things_are_refused(parse: Any, kind: int, header: int) -> None:
    """A kernel that cannot dump multicast routing answers with all links or routes: the files are read instead."""
    of_inet = struct.pack("=IHHIIB", 16 + header, kind, 2, 1, 1, 2).ljust(16 + header, b"\0")
    with pytest.raises(SourceError):
        list(parse(ABOUT, [of_inet], None))


def test_cut_off_messages_are_problems() -> None:
    """A message that does not fit its datagram, and one without a group, are problems and not routes."""
    short = struct.pack("=IHHII", 200, 24, 2, 1, 1)
    bare = struct.pack("=IHHIIB", 28, 24, 2, 1, 1, 128).ljust(28, b"\0")
    found = list(netlink_ipmr_route.make_parser("inet")(ABOUT, [bare, short], None))
    assert len(found) == 2
    assert all(isinstance(one, Problem) for one in found)
