"""Multicast memberships as records."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from netstat_igmp import proc_igmp, proc_igmp6
from pynetstat import show
from trees import FIXTURES, fixture_names

from netstat_core.plugin import About, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from trees import Trees

ABOUT = About()
HEADER = b"Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"


def memberships(tree: Path, *arguments: str) -> list[dict[str, Any]]:
    """Return the records of table groups."""
    records: list[dict[str, Any]] = json.loads(show(tree, "--json", "-g", *arguments).stdout)["tables"]["groups"]
    return records


def only(parsed: Iterable[Any]) -> dict[str, Any]:
    """Return the one thing parsed, a record."""
    (record,) = parsed
    assert isinstance(record, dict)
    return record


def test_filters_are_always_in_records(trees: Trees) -> None:
    """Records hold the source filters of both IP versions without -v."""
    filtered = {
        (one["interface"], one["group"]): one["source_filter"]
        for one in memberships(trees["captures/mcast-a-6.1"])
        if one["source_filter"]
    }
    included = {"included_by": 1, "excluded_by": 0}
    excluded = {"included_by": 0, "excluded_by": 1}
    assert filtered == {
        ("eth0", "232.1.1.1"): [{"address": "192.0.2.1", **included}, {"address": "192.0.2.2", **included}],
        ("eth1", "239.9.9.9"): [{"address": "198.51.100.7", **excluded}],
        ("eth0", "ff3e::8000:1"): [{"address": "2001:db8::1", **included}, {"address": "2001:db8::2", **included}],
        ("eth1", "ff0e::101"): [{"address": "2001:db8::bad", **excluded}],
    }


def test_unread_filters_are_unknown(trees: Trees) -> None:
    """Where the kernel keeps no mcfilter the filter is null, not empty."""
    assert {json.dumps(one["source_filter"]) for one in memberships(trees["examples/igmp"])} == {"null"}


def test_one_membership_of_each_version(trees: Trees) -> None:
    """Every field of an IPv4 and an IPv6 membership is as captured."""
    records = memberships(trees["captures/mcast-a-6.1"])
    inet = next(one for one in records if one["group"] == "239.9.9.9")
    inet6 = next(one for one in records if one["group"] == "ff02::1")
    shared = {"kind": "multicast.membership", "network_namespace": None, "users": 1, "timer_seconds": None}
    assert {key: inet[key] for key in inet if key != "source_filter"} == {
        **shared,
        "family": "inet",
        "interface": "eth1",
        "interface_index": 9,
        "group": "239.9.9.9",
        "querier": "V2",
        "reporter": False,
        "flags": None,
    }
    assert {key: inet6[key] for key in inet6 if key != "source_filter"} == {
        **shared,
        "family": "inet6",
        "interface": "lo",
        "interface_index": 1,
        "group": "ff02::1",
        "querier": None,
        "reporter": False,
        "flags": ["loaded", "no_report"],
    }


@pytest.mark.parametrize("name", fixture_names("captures"))
def test_agrees_with_ip_maddr(name: str, trees: Trees) -> None:
    """Every capture's memberships are those that `ip -j maddr` listed there, with its numbers of users."""
    ours = [(one["interface"], one["group"], one["users"]) for one in memberships(trees[name])]
    theirs = [
        (link["ifname"], address["address"], address.get("users", 1))
        for link in json.loads((FIXTURES / name / "outputs/ip_j_maddr.txt").read_text())
        for address in link["maddr"]
        if "address" in address and address.get("family") in ("inet", "inet6")
    ]
    assert sorted(ours) == sorted(theirs)


def test_big_endian(trees: Trees, tmp_path: Path) -> None:
    """The IPv4 words as a big-endian kernel writes them give the same records."""
    source = trees["captures/mcast-a-6.1"]
    tree = shutil.copytree(source, tmp_path / "big", symlinks=True)
    (tree / "capture.json").write_text('{"byte_order": "big"}')
    path = tree / "proc/net/igmp"
    text = path.read_text()
    path.write_text(re.sub(r"(?<=\t)[0-9A-F]{8}", lambda found: bytes.fromhex(found[0])[::-1].hex().upper(), text))
    assert path.read_text() != text
    assert memberships(tree) == memberships(source)


def test_timers() -> None:
    """Ticks until a report are seconds; an IPv4 timer that does not run and an IPv6 one without its flag are null."""
    interface = b"2\teth0      :     1      V3\n"
    running = only(proc_igmp.parse(ABOUT, HEADER + interface + b"\t\t\t\t010000E0 1 1:000003E8\t\t1\n", None))
    overdue = only(proc_igmp.parse(ABOUT, HEADER + interface + b"\t\t\t\t010000E0 1 1:FFFFFFFFFFFFFFF6\t\t0\n", None))
    idle = only(proc_igmp.parse(ABOUT, HEADER + interface + b"\t\t\t\t010000E0 1 0:000003E8\t\t0\n", None))
    assert [one["timer_seconds"] for one in (running, overdue, idle)] == [10.0, 0.0, None]
    assert [one["reporter"] for one in (running, overdue, idle)] == [True, False, False]
    row = b"2    eth0            ff020000000000000000000000000001     1 0000000%d %d\n"
    six = [only(proc_igmp6.parse(ABOUT, row % numbers, None)) for numbers in ((7, 250), (5, -3), (4, 250))]
    assert [one["timer_seconds"] for one in six] == [2.5, 0.0, None]
    assert [one["reporter"] for one in six] == [True, False, False]
    assert six[0]["flags"] == ["last_reporter", "loaded", "timer_running"]


def test_names_are_kept_apart_from_columns() -> None:
    """A name of fifteen characters touches the colon, an alias holds one, undecodable bytes are escaped."""
    for name, shown in ((b"verylongiface01", "verylongiface01"), (b"eth0:1    ", "eth0:1"), (b"\xff ", "\\xff")):
        content = HEADER + b"2\t" + name + b":     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n"
        assert only(proc_igmp.parse(ABOUT, content, None))["interface"] == shown


def test_groups_of_no_interface_are_problems() -> None:
    """A group below a line that is no interface is not credited to the interface before."""
    content = HEADER + b"2\teth0 : 1 V3\nbroken\n\t\t\t\t010000E0 1 0:00000000\t\t0\n"
    problems = list(proc_igmp.parse(ABOUT, content, None))
    assert [problem.line for problem in problems if isinstance(problem, Problem)] == [3, 4]


def test_a_missing_file_is_told(trees: Trees, tmp_path: Path) -> None:
    """Memberships that cannot be read are in completeness: no table looks empty that was not read."""
    tree = shutil.copytree(trees["examples/igmp"], tmp_path / "tree", symlinks=True)
    (tree / "proc/net/igmp6").unlink()
    report = json.loads(show(tree, "-g", "--json").stdout)
    (entry,) = report["completeness"]
    assert (entry["reason"], entry["source"], entry["reader"]) == ("not_in_kernel", "/proc/net/igmp6", "igmp6")
