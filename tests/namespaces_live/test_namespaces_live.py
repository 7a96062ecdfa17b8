"""Looking into every network namespace of a machine: what is found, what is shown of it, and what cannot be."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from namespace_zoo import FIRST_OF_MANY, PORTS

from netstat_core import Query
from netstat_core.errors import UsageError
from netstat_core.system import Selectors
from netstat_core.system.find_namespaces import Found, NamespaceFinder, parse_mountinfo
from netstat_core.system.live import LiveSystem
from netstat_core.system.namespaces import MemberSystem, open_namespaces

if TYPE_CHECKING:
    from conftest import Zoo

NAMES = {"own": None, "red": "red", "blue": "blue", "bound": None, "held": None, "lived-in": None}
CROWD_SECONDS = 20.0
UNPRIVILEGED = """
import io, os, sys, time
from netstat_core.cli.main import run
for arguments in (["-tln", "--netns", "red"], ["-tln", "--netns", "red", "--json", "--source", "procfs"]):
    run(arguments, io.BytesIO(), io.BytesIO())
while len(os.listdir("/proc/self/task")) > 1:  # a thread that was in the namespace is ending
    time.sleep(0.01)
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
sys.exit(run(sys.argv[1:], sys.stdout.buffer, sys.stderr.buffer))
"""


STALE = "pynetstat: network namespace stale: its file is not a network namespace\n"
"""What is said of a file in /run/netns on which nothing is mounted."""


def report(zoo: Zoo, *arguments: str, status: int = 0) -> dict[str, Any]:
    """Return the JSON report of a run that ends with a status."""
    stdout, stderr, ended = zoo.show("--json", *arguments)
    assert ended == status, stderr
    found: dict[str, Any] = json.loads(stdout)
    return found


def ports(found: dict[str, Any]) -> dict[int, int]:
    """Return the local ports by the inode of the namespace they are in."""
    sockets = found["tables"]["sockets"]
    return {one["network_namespace"]["inode"]: one["local_port"] for one in sockets}


def unprivileged(zoo: Zoo, *arguments: str) -> tuple[str, str, int]:
    """Return what pynetstat prints for a user without rights, and its exit status."""
    ran = zoo.outer.run([sys.executable, "-c", UNPRIVILEGED, *arguments])
    return ran.stdout.decode(), ran.stderr.decode(), ran.returncode


@pytest.mark.parametrize("source", ["netlink", "procfs"])
def test_every_namespace_is_found(zoo: Zoo, source: str) -> None:
    """Whatever keeps a namespace (a name, a mount, a descriptor, a process), its sockets are listed under it, once."""
    found = report(zoo, "-tln", "--all-netns", "--source", source)
    assert ports(found) == {zoo.inodes[name]: port for name, port in PORTS.items()}
    assert len(found["tables"]["sockets"]) == len(PORTS)
    names = {one["inode"]: one["name"] for one in found["network_namespaces"]}
    assert names == {zoo.inodes[name]: told for name, told in NAMES.items()}
    assert [(one["reason"], one["source"], one["selector"]) for one in found["completeness"]] == [
        ("not_in_kernel", "network namespace stale", "stale")
    ]


def test_owners_are_found_across_namespaces(zoo: Zoo) -> None:
    """A socket's owner is found whichever namespace that process lives in itself."""
    sockets = report(zoo, "-tln", "--arguments", "--all-netns")["tables"]["sockets"]
    assert len(sockets) == len(PORTS)
    assert all(one["processes"][0]["command"][1].endswith("namespace_zoo.py") for one in sockets)


def test_a_namespace_comes_after_the_other(zoo: Zoo) -> None:
    """Text has a heading for each namespace, its own first, then by name, and every block below it."""
    stdout, stderr, status = zoo.show("-tln", "--all-netns")
    assert (stderr, status) == (STALE, 0)
    blocks = stdout.split("\n\n")
    assert [block.splitlines()[0] for block in blocks[:3]] == [
        f"Network namespace inode {zoo.inodes['own']}",
        f"Network namespace blue (inode {zoo.inodes['blue']})",
        f"Network namespace red (inode {zoo.inodes['red']})",
    ]
    assert len(blocks) == len(PORTS)
    assert all(block.count("Active Internet connections") == 1 for block in blocks)


@pytest.mark.usefixtures("real_netstat")
@pytest.mark.parametrize("arguments", [["-tlnp"], ["-an"], ["-rn"], ["-i", "-a"], ["-g", "-n"], ["-s"]], ids=" ".join)
def test_a_block_is_what_netstat_shows_inside(zoo: Zoo, arguments: list[str]) -> None:
    """Below its heading, a namespace's text is what netstat prints when it is run inside."""
    stdout, stderr, status = zoo.show(*arguments, "--netns", "red")
    heading, _, text = stdout.partition("\n")
    assert heading == f"Network namespace red (inode {zoo.inodes['red']})"
    assert (text, stderr, status) == zoo.real("red", *arguments)


@pytest.mark.parametrize(("name", "kind"), [("red", "NAME"), ("bound", "inode"), ("held", "inode"), ("own", "inode")])
def test_selectors(zoo: Zoo, name: str, kind: str) -> None:
    """A namespace is selected by its name or by its number; given twice, it is shown once."""
    selector = name if kind == "NAME" else f"inode:{zoo.inodes[name]}"
    found = report(zoo, "-tln", "--netns", selector, "--netns", f"inode:{zoo.inodes[name]}")
    assert ports(found) == {zoo.inodes[name]: PORTS[name]}
    assert found["network_namespaces"] == [{"inode": zoo.inodes[name], "name": NAMES[name]}]


def test_selected_by_a_process(zoo: Zoo) -> None:
    """pid:N is the namespace of that process."""
    pid = zoo.outer.run(["pgrep", "-x", "sleep"]).stdout.decode().strip()
    if not pid:
        pytest.skip("pgrep is not installed")
    assert ports(report(zoo, "-tln", "--netns", f"pid:{pid}")) == {zoo.inodes["lived-in"]: PORTS["lived-in"]}


def test_every_table_of_every_namespace(zoo: Zoo) -> None:
    """All tables of all namespaces are one document, each namespace with its own loopback and counters."""
    found = report(zoo, "--tables", "all", "-a", "--all-netns")
    names = sorted(one["network_namespace"]["inode"] for one in found["tables"]["interfaces"])
    assert names == sorted(zoo.inodes.values())
    of_ip = [one for one in found["tables"]["statistics"] if one["section"] == "Ip"]
    assert sorted(one["network_namespace"]["inode"] for one in of_ip) == sorted(zoo.inodes.values())
    for entry in found["completeness"]:
        if entry["selector"] == "stale":
            continue
        places = entry["network_namespaces"] or [entry["network_namespace"]]
        assert {one["inode"] for one in places} <= {*zoo.inodes.values()}
    assert any(len(entry["network_namespaces"] or ()) > 1 for entry in found["completeness"])


@pytest.mark.parametrize(
    ("selector", "detail"),
    [
        ("ghost", "no such name below /run/netns; known: blue, red"),
        ("stale", "its file is not a network namespace"),
        ("pid:999999", "no such process"),
        ("inode:17", "not found"),
    ],
)
def test_what_is_not_there(zoo: Zoo, selector: str, detail: str) -> None:
    """A namespace that does not exist costs only itself: a line, an entry, and the exit status."""
    stdout, stderr, status = zoo.show("-tln", "--json", "--netns", selector, "--netns", "red")
    assert (stderr, status) == (f"pynetstat: network namespace {selector}: {detail}\n", 1)
    found = json.loads(stdout)
    assert ports(found) == {zoo.inodes["red"]: PORTS["red"]}
    assert [(one["reason"], one["source"]) for one in found["completeness"]] == [
        ("not_in_kernel", f"network namespace {selector}")
    ]


def test_redacted_names(zoo: Zoo) -> None:
    """With --redact no namespace keeps its name, wherever a report has it, and one name stays one."""
    stdout, _, _ = zoo.show("-tln", "--json", "--redact", "--netns", "red", "--netns", "blue")
    found = json.loads(stdout)
    assert '"red"' not in stdout
    assert '"blue"' not in stdout
    told = {one["name"] for one in found["network_namespaces"]}
    assert len(told) == 2
    assert {one["network_namespace"]["name"] for one in found["tables"]["sockets"]} == told


@pytest.mark.parametrize("selector", ["pid:x", "inode:", "pid:-1", "a/b", "..", "", "uid:1", "inode:" + "9" * 30])
def test_no_selector(zoo: Zoo, selector: str) -> None:
    """What is neither a name nor a number is an error of the command line."""
    stdout, stderr, status = zoo.show("-tln", "--netns", selector)
    assert (stdout, status) == ("", 3)
    assert stderr.startswith("pynetstat: --netns: ")


def test_without_rights(zoo: Zoo) -> None:
    """Who may not enter a namespace is told so, with what is missing."""
    stdout, stderr, status = unprivileged(zoo, "-tln", "--netns", "red", "--json")
    assert stderr == "pynetstat: network namespace red: entering it requires root (CAP_SYS_ADMIN)\n"
    assert status == 1
    found = json.loads(stdout)
    assert found["tables"]["sockets"] == []
    assert [(one["reason"], one["network_namespace"]) for one in found["completeness"]] == [
        ("permission", {"inode": zoo.inodes["red"], "name": "red"})
    ]


def test_all_without_rights(zoo: Zoo) -> None:
    """Who asks for all without rights gets what is open to everyone, and the reasons for what is not."""
    stdout, stderr, status = unprivileged(zoo, "-tln", "--all-netns", "--json")
    assert status == 0
    assert "pynetstat: network namespaces: those of " in stderr
    found = json.loads(stdout)
    missed = [entry for entry in found["completeness"] if entry["selector"] != "stale"]
    assert {entry["reason"] for entry in missed} == {"permission"}
    assert {entry["source"] for entry in found["completeness"]} >= {"network namespace red", "network namespaces"}


def test_files_of_a_member_without_rights(zoo: Zoo) -> None:
    """What /proc shows of a process's namespace to everyone is read, though nobody may know which that is."""
    pid = zoo.outer.run(["pgrep", "-x", "sleep"]).stdout.decode().strip()
    stdout, stderr, status = unprivileged(zoo, "-tln", "--netns", f"pid:{pid}", "--json")
    assert (stderr, status) == ("", 0)
    sockets = json.loads(stdout)["tables"]["sockets"]
    assert [(one["local_port"], one["network_namespace"]) for one in sockets] == [
        (PORTS["lived-in"], {"inode": None, "name": None})
    ]


def test_two_hundred(crowd: Zoo) -> None:
    """Two hundred namespaces are read in one run and a bounded time, each with its own socket and owner."""
    started = time.monotonic()
    found = report(crowd, "-tlnp", "--all-netns")
    assert time.monotonic() - started < CROWD_SECONDS
    assert len(found["network_namespaces"]) == len(crowd.inodes) > 200
    many = {inode: FIRST_OF_MANY + int(name[4:]) for name, inode in crowd.inodes.items() if name.startswith("many")}
    assert many.items() <= ports(found).items()
    assert all(one["processes"] for one in found["tables"]["sockets"])


def test_limit(crowd: Zoo) -> None:
    """Beyond the limit namespaces are left out, and how many is told."""
    stdout, stderr, status = crowd.show("-tln", "--all-netns", "--netns-limit", "3", "--json")
    left = len(crowd.inodes) - 3
    detail = f"{left} of {len(crowd.inodes)} left out, beyond the limit of 3"
    assert (stderr, status) == (f"{STALE}pynetstat: network namespaces: {detail}\n", 0)
    found = json.loads(stdout)
    assert len(found["network_namespaces"]) == 3
    entry = next(one for one in found["completeness"] if one["reason"] == "truncated")
    assert (entry["count"], entry["detail"]) == (left, detail)


def test_vanished_between_finding_and_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """A namespace that vanished after it was found, or whose file stands for another one now, is told to be gone.

    So is one that no path leads to.
    """
    found = [Found(17, path="/no/such/file"), Found(18, b"blue", f"/proc/{os.getpid()}/ns/net"), Found(19)]
    monkeypatch.setattr(NamespaceFinder, "find_all", lambda _self: (found, []))
    with open_namespaces(Selectors((), every=True, limit=500), LiveSystem(), None) as (systems, gaps):
        told = [(one.reason, one.source, one.detail) for one in gaps]
    assert systems == []
    assert told == [
        ("not_in_kernel", "network namespace inode:17", "it no longer exists"),
        ("not_in_kernel", "network namespace blue", "it no longer exists"),
        ("unreadable", "network namespace inode:19", "its mount point is covered by another mount"),
    ]


def test_what_a_member_does_not_show() -> None:
    """Of a namespace that may not be entered, nothing but /proc/net is read: the rest would be this process's own."""
    from netstat_core.errors import NoPermission
    from netstat_core.plugin.sources import Directory, File, NetlinkDump

    system = MemberSystem(Found(None, member=os.getpid()), LiveSystem())
    assert system.read(File("/proc/net/dev")).startswith(b"Inter-")
    assert "/proc/net/dev_snmp6/lo" in {"/proc/net/dev_snmp6/lo", *system.read_all(Directory("/proc/net/dev_snmp6/*"))}
    for ask in (
        lambda: system.read(File("/proc/sys/net/ipv4/ip_forward")),
        lambda: system.read_all(Directory("/sys/class/net/*/mtu")),
        lambda: next(system.dump(NetlinkDump("links", protocol=0, type=18, body=bytes(16)))),
    ):
        with pytest.raises(NoPermission, match="CAP_SYS_ADMIN"):
            ask()  # type: ignore[no-untyped-call]


def test_mounts_are_read_as_written() -> None:
    """Of all mounts those of network namespaces count, blanks in paths and all; damaged lines are passed over."""
    lines = rb"""24 29 0:22 / /sys rw,nosuid shared:7 - sysfs sysfs rw
400 24 0:4 net:[4026532219] /run/docker/netns/a\040b\134c rw shared:1 - nsfs nsfs rw
401 24 0:4 mnt:[4026532220] /run/other rw - nsfs nsfs rw
402 24 0:4 net:[x] /run/forged rw - nsfs nsfs rw
403 0:4 - nsfs nsfs rw

404 24 0:4 net:[4026532221] /run/netns/plain rw - nsfs nsfs rw
"""
    assert list(parse_mountinfo(lines)) == [
        (4026532219, "/run/docker/netns/a b\\c"),
        (4026532221, "/run/netns/plain"),
    ]


def test_other_systems_have_one_namespace() -> None:
    """Where a system is neither this machine nor a snapshot there is nothing to select."""
    from netstat_core import open_report
    from netstat_core.system import System

    with pytest.raises(UsageError, match="only one network namespace"):
        open_report(Query(all_network_namespaces=True), System())


@pytest.mark.skipif(shutil.which("ip") is None, reason="ip is not installed")
def test_a_report_leaves_this_process_where_it_is(zoo: Zoo) -> None:
    """Namespaces are entered by a thread: the process that asks stays in its own."""
    script = (
        "import os; from netstat_core import Query, collect\n"
        "before = os.readlink('/proc/self/ns/net')\n"
        "found = collect(Query(all_network_namespaces=True, protocols=('tcp',)))\n"
        "print(len(found['network_namespaces']), os.readlink('/proc/self/ns/net') == before,"
        " os.readlink('/proc/thread-self/ns/net') == before)\n"
    )
    ran = zoo.outer.run([sys.executable, "-c", script])
    assert ran.stdout.decode() == f"{len(PORTS)} True True\n", ran.stderr.decode()
