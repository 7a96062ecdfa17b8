"""Captures that the options of SunOS select: a replay shows what the machine showed, as text and as records."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from test_texts import run

from netstat_core.cli import main
from netstat_core.dialects import find
from netstat_core.host.discovery import Host
from netstat_core.report.plan import EVERYTHING, plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from namespaces import NetworkNamespace

HOST = Host()

FORMS = [
    *(["-n"], ["-an"], ["-avn"], ["-an", "-f", "inet"], ["-an", "-f", "inet6"], ["-f", "unix"], ["-aun"]),
    *(["-gn"], ["-gvn"], ["-pn"], ["-pn", "-f", "inet6"], ["-s"], ["-sa"], ["-s", "-P", "ip"]),
    *(["-in"], ["-ian"], ["-I", "eth0", "-n"], ["-rn"], ["-ran"], ["-rvn"], ["-rvan"], ["-rn", "-f", "outif:lo"]),
    *(["-Mn"], ["-Ms"], ["-g", "-p", "-s", "-n"], ["-D"]),
]
"""Options without an interval, which does not go with a capture; without names, which a capture does not hold.

Memory (-m) is that of the whole machine, and changes between two reports.
"""

SET_UP = """
set -e
ip link add eth0 type veth peer name far0
echo 1 > /proc/sys/net/ipv6/conf/far0/disable_ipv6
echo 0 > /proc/sys/net/ipv6/conf/eth0/router_solicitations
echo 10 > /proc/sys/net/ipv6/conf/eth0/mldv2_unsolicited_report_interval
for each in lo far0 eth0; do ip link set $each up; done
ip addr add 192.0.2.2/24 dev eth0
ip addr add 192.0.2.3/24 dev eth0 label eth0:1
ip -6 addr add 2001:db8::2/64 dev eth0 nodad
ip route add 198.51.100.0/24 via 192.0.2.1
ip route add unreachable 203.0.113.0/24
ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
ip neigh add 2001:db8::1 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
sleep 3
"""
"""It ends when duplicate address detection is over, and the reports of multicast groups: then no counter changes."""

SOCKETS = """
import socket, sys
held = []
for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::")):
    listener = socket.socket(family)
    listener.bind((address, 0))
    listener.listen()
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    peer = socket.create_connection((host, listener.getsockname()[1]))
    datagrams = socket.socket(family, socket.SOCK_DGRAM)
    datagrams.bind((address, 0))
    held += [listener, peer, listener.accept()[0], datagrams, socket.socketpair()]
named = socket.socket(socket.AF_UNIX)
named.bind("\\0sunos-capture")
named.listen()
print("ready", flush=True)
sys.stdin.read()
"""


READ = """
import io, json, sys
from netstat_core.cli import main

def run(*arguments):
    stdout, stderr = io.BytesIO(), io.BytesIO()
    status = main.run(arguments, stdout, stderr, dialect="solaris")
    return stdout.getvalue().decode(), stderr.getvalue().decode(), status

def show(*arguments):
    return [run(*arguments), run(*arguments, "--json")]

def capture(path, *arguments):
    assert run("capture", path, *arguments) == ("", "", 0), arguments
    return path

def settle(shown):
    (text, _, _), (records, _, _) = shown
    lists = json.loads(records)["tables"].values()
    return text, [{key: value for key, value in one.items() if "seconds" not in key} for rows in lists for one in rows]

forms, folder = json.load(sys.stdin)
found = []
for form in forms:
    for attempt in range(10):
        live = show(*form)
        places = capture(f"{folder}/own.tar", *form), capture(f"{folder}/everything.tar", "-n")
        if settle(show(*form)) == settle(live):
            break
    found.append([live, *(show("--from", place, *form) for place in places)])
print(json.dumps(found))
"""
"""Runs forms live, from captures of their own, and from one of everything, each as text and as JSON.

A counter may change between two reports, by a late message of the kernel; then all is read again.
"""

Shown = tuple[list[Any], list[Any]]
"""Text and JSON of a form: standard output, standard error and status of each."""


@pytest.fixture(scope="module")
def shown(namespace: NetworkNamespace, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Shown]]:
    """Give what each form shows where nothing happens: live, from its own capture, and from one of everything."""
    made = namespace.run(["sh", "-c", SET_UP])
    if made.returncode:
        pytest.skip(f"no veth interface: {made.stderr.decode()}")
    given = json.dumps([FORMS, str(tmp_path_factory.mktemp("captures"))]).encode()
    with namespace.running([sys.executable, "-c", SOCKETS]):
        command = namespace.enter([sys.executable, "-c", READ])
        ran = subprocess.run(command, input=given, capture_output=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr.decode()
    return dict(zip(map(" ".join, FORMS), json.loads(ran.stdout), strict=True))


def read_tables(text: str) -> Any:
    """Return the tables of a report in JSON, without the ages and timers that go on."""

    def drop_times(fields: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if not name.endswith("_seconds")}

    report = json.loads(text, object_hook=drop_times)
    assert report["problems"] == []
    return report["tables"]


@pytest.mark.parametrize("form", [*map(" ".join, FORMS)])
def test_replay_equals_live(shown: Mapping[str, list[Shown]], form: str) -> None:
    """The capture that a form selects replays to the machine's text and records, and one of everything to the text."""
    live, own, everything = shown[form]
    assert own[0] == everything[0] == live[0]
    assert live[0][1:] == ["", 0]
    assert read_tables(own[1][0]) == read_tables(live[1][0])
    assert own[1][1:] == live[1][1:]


def plan_form(*form: str) -> dict[str, Any]:
    """Return the plan of a capture that a form's options select."""
    dialect = find("solaris")
    parsed = dialect.parse("pynetstat", form, lambda _key: None, dict, ())
    parsed.check_operands("capture")
    request = parsed.request()
    return plan(request.query, HOST, dialect.session(request).demand)


def list_sources(made: dict[str, Any]) -> set[str]:
    """Return the files and dumps of a plan. A dump of everything is wider than that of a form, or equal."""
    return {source.get("path") or source["name"] for source in made["sources"]}


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_everything_has_the_sources_of_each_form(form: list[str]) -> None:
    """A plan of everything, of any dialect, has each source that a form reads."""
    lacking = list_sources(plan_form(*form)) - list_sources(plan(EVERYTHING, HOST))
    assert lacking <= {"route/inet-default", "route/inet6-default"}  # parts of route/inet and route/inet6


@pytest.mark.parametrize(
    ("options", "narrows"),
    [
        *((["-n"], False), (["--netns", "x"], False), (["--source", "procfs"], False), (["--preset", "fleet"], False)),
        *((["-r"], True), (["-a"], True), (["-f", "inet"], True), (["-P", "tcp"], True), (["-u"], True)),
    ],
)
def test_what_narrows_a_capture(options: list[str], narrows: bool) -> None:  # noqa: FBT001 - a case
    """Options that say what is shown narrow a capture; those that say how, or from where, do not."""
    parsed = find("solaris").parse("pynetstat", options, lambda _key: None, dict, ())
    assert parsed.request().narrows is narrows


def test_presets_go_with_the_dialect(tmp_path: Path) -> None:
    """A preset replaces the options that select, in this dialect too."""
    for form, status in (["-n"], 0), (["-r"], 3):
        arguments = ["capture", str(tmp_path / "capture.tar"), "--preset", "listening", *form]
        assert main.run(arguments, io.BytesIO(), io.BytesIO(), dialect="solaris") == status


def test_a_capture_without_routes_is_not_one_of_no_routes(tmp_path: Path) -> None:
    """A capture of sockets alone has no routes to show: each family says so, in a line and by the status."""
    captured = tmp_path / "sockets.tar"
    assert run(["capture", str(captured), "-tan"]).status == 0
    stdout, stderr, status = run(["--dialect", "solaris", "-rn", "--from", str(captured)])
    assert (stdout, status) == ("", 1)
    for path in ("/proc/net/route", "/proc/net/ipv6_route"):
        assert f"pynetstat: {path}: not recorded in this snapshot" in stderr.splitlines()
