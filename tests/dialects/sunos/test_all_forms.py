"""Every form over every capture: it ends well, says nothing that is no text, and shows the rows that JSON shows."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from pynetstat import show
from sol_machine import PACKED, system
from trees import FIXTURES, fixture_names

from netstat_core.cli import main
from netstat_core.report import lookups
from netstat_core.system import capture, live
from netstat_core.system.packed_text import unpack
from netstat_core.testing import DAMAGES

if TYPE_CHECKING:
    from pathlib import Path

    from trees import Trees

FORMS = [
    *("-g", "-gv", "-p", "-s", "-sa", "-m", "-mv", "-i", "-ia", "-r", "-ra", "-rv", "-rva", "-M", "-Ms", "-Mv"),
    *("-I lo", "-i 1 1", "-iv 1 1", "-I lo 1 1", "-psgmriM", "-s -i -r 1 1", "-r -f outif:lo", "-r -f flags:+G"),
]
OF_ILLUMOS = ["-p", "-r", "-ra", "-rv", "-rva", "-r -f flags:+G"]
WHOLE = ["interfaces", "multicast", "namespaces", "router", "routes", "sockets"]
PARTIAL = sorted({path.stem for path in (FIXTURES / "netlink").glob("*.txt")} - {*WHOLE})
MUTE = "examples/sctp"
"""Has an empty /proc/net/snmp, of which it is said that it is empty."""


def run(path: Path, dialect: str, options: str) -> tuple[str, str, int]:
    """Return what a replay says."""
    ran = show(path, "--dialect", dialect, *options.split())
    return ran.stdout.decode(), ran.stderr.decode(), ran.returncode


def find(name: str, trees: Trees) -> Path:
    """Return the path of a capture."""
    return PACKED if name == "sol" else FIXTURES / f"netlink/{name}.txt" if "/" not in name else trees[name]


@pytest.mark.parametrize("name", ["sol", *WHOLE, *fixture_names("captures"), *fixture_names("examples")])
def test_whole_captures(name: str, trees: Trees) -> None:
    """All forms of a capture that holds everything end with status 0 and without a message."""
    for dialect, forms in (("solaris", FORMS), ("solaris-illumos", OF_ILLUMOS)):
        for options in forms:
            stdout, stderr, status = run(find(name, trees), dialect, options)
            assert (options, status, stderr if name != MUTE else "") == (options, 0, "")
            assert "None" not in stdout, options


@pytest.mark.parametrize("name", PARTIAL)
def test_captures_of_one_display(name: str, trees: Trees) -> None:
    """Of a capture that lacks the sources of a form, the form says what is missing, and shows what it has."""
    for options in FORMS:
        stdout, stderr, status = run(find(name, trees), "solaris", options)
        assert status in (0, 1)
        assert bool(stderr) is bool(status)
        assert all(line.startswith("pynetstat: ") and "snapshot" in line for line in stderr.splitlines())
        assert "None" not in stdout


@pytest.mark.parametrize("damage", sorted(DAMAGES))
def test_damaged_files(damage: str, tmp_path: Path) -> None:
    """Whatever stands in the place of each file and reply, no form raises, and none shows what is no text."""
    tree = unpack(PACKED.read_bytes())
    for path, content in tree.items():
        damaged = DAMAGES[damage](content) if path != capture.DESCRIPTION else None
        if damaged is not None:
            broken = tmp_path / "broken.txt"
            broken.write_text(capture.pack({**tree, path: damaged}))
            stdout, stderr, status = run(broken, "solaris", "-psgmir -a -v")
            assert status in (0, 1, 4)
            assert "None" not in stdout
            assert not re.search("Traceback|broke|failed", stderr)


def records(name: str, trees: Trees, options: str) -> dict[str, list[dict[str, Any]]]:
    """Return the tables that JSON shows for a form."""
    stdout, _, status = run(find(name, trees), "solaris", f"{options} -n --json")
    assert status == 0
    tables: dict[str, list[dict[str, Any]]] = json.loads(stdout)["tables"]
    return tables


def text(name: str, trees: Trees, options: str) -> str:
    """Return the text of a form."""
    return run(find(name, trees), "solaris", f"{options} -n")[0]


SOME = ["sol", *WHOLE, "captures/nat-a-6.18", "captures/routes-a-6.1", "captures/mcast-a-6.1", "captures/mroute-a-6.18"]
UNSPECIFIED = ("0.0.0.0", "::")


def name_prefix(route: dict[str, Any]) -> str:
    """Return the first column of a route's row."""
    destination, length = route["destination"], route["prefix_length"]
    if destination in UNSPECIFIED and not length:
        return "default"
    return destination if route["family"] == "inet" or length == 128 else f"{destination}/{length}"


@pytest.mark.parametrize("options", ["-r", "-ra", "-r -f flags:+G", "-ra -f outif:lo", "-r -f inet6 -f dst:any"])
@pytest.mark.parametrize("name", SOME)
def test_rows_of_routes(name: str, trees: Trees, options: str) -> None:
    """Each route of JSON has a row for each of its next hops that match, and there are no other rows."""
    rows = Counter()
    for line in text(name, trees, options).splitlines():
        words = line.split()
        if len(words) > 2 and set(line) != {"-", " "} and not re.match(r"Routing|  Destination", line):
            rows[words[0]] += 1
    most, least = Counter(), Counter()
    for table in ("routes", "route_cache"):
        for route in records(name, trees, options).get(table, ()):
            most[name_prefix(route)] += len(route.get("next_hops") or [route])
            least[name_prefix(route)] += 1
    assert rows <= most
    assert least <= rows


@pytest.mark.parametrize("name", SOME)
def test_rows_of_other_forms(name: str, trees: Trees) -> None:
    """Groups, neighbours, interfaces, vifs and entries of multicast routing have one row each."""
    groups = re.findall(r"^\S+ +(\S*[.:]\S*) +\d+$", text(name, trees, "-g"), re.MULTILINE)
    assert Counter(groups) == Counter(each["group"] for each in records(name, trees, "-g")["groups"])

    shown = text(name, trees, "-p")
    for address, number in Counter(each["address"] for each in records(name, trees, "-p")["neighbours"]).items():
        assert len(re.findall(rf"(?<![^ ]){re.escape(address)}(?![^ \n])", shown)) == number

    lines = re.findall(r"^(\S+) +\d+", text(name, trees, "-i"), re.MULTILINE)
    interfaces = records(name, trees, "-i")["interfaces"]
    assert Counter(lines) == Counter(
        each["name"] for each in interfaces for family in {one["family"] for one in each["addresses"]}
    )

    parts = text(name, trees, "-M").split("Multicast Forwarding Cache")
    kinds = Counter(each["kind"] for each in records(name, trees, "-M")["multicast_routes"])
    assert len(re.findall(r"^ +\d+ +--", parts[0], re.MULTILINE)) == kinds["multicast.vif"]
    assert len(re.findall(r"^  \d", parts[1], re.MULTILINE)) == kinds["multicast.route"]


def test_names_are_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Live, hosts are resolved without -n only; the unspecified address never is."""
    asked: list[str] = []

    def look_up(address: str) -> str | None:
        asked.append(address)
        return "router.example.com" if address == "192.0.2.1" else None

    machine = system(0)
    machine.machine = machine.machine._replace(live=True)
    monkeypatch.setattr(live, "LiveSystem", lambda **_options: machine)
    monkeypatch.setattr(lookups, "look_up_host", look_up)
    for options in ("-rgpiM", "-rn"):
        stdout = io.BytesIO()
        main.run(["--dialect", "solaris", *options.split()], stdout, io.BytesIO())
        assert (b" router  " in stdout.getvalue()) is (options != "-rn")
        assert not {*UNSPECIFIED} & {*asked}
        assert len(asked) == len({*asked})
        assert bool(asked) is (options != "-rn")
        asked.clear()
