"""Internet sockets of a real kernel: both feeds agree while nothing moves; what stays is seen while all else does."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from netstat_inet import readers
from stand_ins import OTHERS

from netstat_core.plugin.records import Record

HERE = Path(__file__).resolve().parent


def run_inside(namespace: Any, program: str, *arguments: str) -> Any:
    """Run one of the programs beside this file in a namespace and give the JSON it prints."""
    ran = namespace.run(
        ["env", f"NETSTAT_PLUGINS_BLOCK={','.join(OTHERS)}", sys.executable, str(HERE / program), *arguments]
    )
    assert ran.returncode == 0, ran.stderr.decode()
    return json.loads(ran.stdout)


LIVE = ("tcp", "udp", "udplite", "raw")


@pytest.fixture(scope="module")
def both_feeds(namespace: Any) -> dict[str, dict[str, Any]]:
    """Read the same quiet sockets through both feeds, protocol by protocol."""
    found: dict[str, dict[str, Any]] = run_inside(namespace, "both_feeds.py")
    return found


def key(record: Record) -> tuple[Any, ...]:
    """Tell sockets apart, those without an inode too."""
    places = ("family", "protocol", "local_address", "local_port", "remote_address", "remote_port", "inode")
    return tuple(record[name] for name in places)


@pytest.mark.parametrize("protocol", LIVE)
def test_feeds_agree_on_a_quiet_namespace(protocol: str, both_feeds: dict[str, dict[str, Any]]) -> None:
    """For every field that both know, /proc and netlink say the same of each socket; timers run on meanwhile."""
    looked = both_feeds[protocol]
    netlink, files_ = ({key(one): one for one in looked[source]} for source in ("netlink", "procfs"))
    reader = next(one for one in readers.READERS if one.name == protocol)
    lacks = frozenset().union(*(feed.lacks for feed in reader.feeds))
    if not netlink and protocol == "udplite":
        pytest.skip("this kernel has no UDP-Lite")
    assert netlink.keys() == files_.keys()
    assert len(netlink) >= 4
    for place, one in netlink.items():
        other = files_[place]
        assert timers_agree(one["timer"], other["timer"], looked["seconds"])
        known = one.keys() - lacks - {"timer"}
        assert {name: one[name] for name in known} == {name: other[name] for name in known}


def timers_agree(one: Any, other: Any, elapsed: float) -> bool:
    """Whether two looks at a timer, at most so long apart, can both be true: within two ticks of the clock."""
    seconds = (one["expires_seconds"], other["expires_seconds"])
    if {**one, "expires_seconds": 0} != {**other, "expires_seconds": 0}:
        return False
    return seconds == (None, None) or (None not in seconds and abs(seconds[0] - seconds[1]) < elapsed + 0.02)


def test_netlink_knows_more(both_feeds: dict[str, dict[str, Any]]) -> None:
    """What only netlink tells is there: backlogs, IPV6_V6ONLY, bound interfaces, drops of TCP sockets."""
    tcp = both_feeds["tcp"]["netlink"]
    assert {one["backlog"] for one in tcp if one["listening"]} == {8}
    assert {one["v6_only"] for one in tcp if one["family"] == "inet6" and one["listening"]} == {True, False}
    assert {one["interface"] for one in both_feeds["udp"]["netlink"]} == {None, "lo"}
    assert all(one["drops"] is not None for one in tcp if one["state"] == "ESTABLISHED")
    assert {one["timer"]["kind"] for one in tcp} >= {"off", "keepalive", "timewait"}
    assert all(one["drops"] is None and one["backlog"] is None for one in both_feeds["tcp"]["procfs"])


def test_stable_sockets_are_listed_once_under_churn(namespace: Any) -> None:
    """While other sockets come and go, those that stay are in every dump, and in none of them twice."""
    found = run_inside(namespace, "churn.py", "1.5")
    assert found["dumps"] >= 5
    assert found["made"] > 100
    for protocol in ("tcp", "udp"):
        assert len(found["seen"][protocol]) == len(found["stable"][protocol]) >= 200
        assert all(times == {"1": found["dumps"]} for times in found["seen"][protocol].values())
