"""What a plan may ask of a machine, and nothing else."""

from __future__ import annotations

import base64
import errno
import json
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from netstat_core.host.discovery import Host
from netstat_core.plugin import DatedContent, Directory
from netstat_core.query import Query
from netstat_core.report.plan import EVERYTHING, plan
from netstat_core.system import capture
from netstat_core.system.snapshot import MemoryStore, SnapshotSystem

PYTHONS = sorted(Path.home().glob(".pyenv/versions/3.*/bin/python"))
TCP = {"path": "/proc/net/tcp", "inode": 9, "uid": 7}
DIAG = {"name": "sock_diag/tcp", "protocol": 4, "type": 20, "body": "00" * 56}

PATHS = [
    "/etc/shadow",
    "/proc/self/environ",
    "/proc/1/root/etc/shadow",
    "/proc/net/../../etc/shadow",
    "/proc/net/./tcp",
    "/proc/net//tcp",
    "/proc/net/",
    "/proc/net",
    "proc/net/tcp",
    "/proc/*/net/tcp",
    "/proc/*/environ",
    "/proc/1/net/../environ",
    "/proc/net/tcp\n/etc/shadow",
    "/proc/net/tcp\0",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/net/ipv4/tcp_fastopen_key",
    "/proc/sys/net/ipv6/conf/all/stable_secret",
    "/proc/net/can/reset_stats",
    "/proc/net/rpc/nfsd.fh/channel",
    "/sys/class/net/../../kernel/notes",
    "/sys/kernel/notes",
    "/dev/sda",
    "/var/lib/NetworkManager/*",
    "/var/lib/NetworkManager/secret_key",
    "/var/lib/NetworkManager/timestamps",
    "/var/lib/NetworkManager/internal-*",
    "/var/lib/NetworkManager/internal-a/../secret_key",
    "/etc/NetworkManager/system-connections/home.nmconnection",
    "/run/NetworkManager/secrets/x",
    "/run/systemd/netif/state",
    "/var/lib/dhcpcd/secret",
    "/var/lib/dhcpcd/*",
    "/var/lib/dhcp/ddns-key.leases",
    "/var/lib/dhclient/a/dhclient.leases",
    "/etc/default/grub",
]
SOURCES: list[Any] = [
    *({"path": path} for path in PATHS),
    {**DIAG, "type": 21},
    {**DIAG, "protocol": 0, "type": 16},
    {**DIAG, "protocol": 0, "type": 24},
    {**DIAG, "protocol": 12, "type": 0x103},
    {**DIAG, "protocol": 12, "type": 0x100},
    {**DIAG, "protocol": 16, "type": 16},
    {**DIAG, "protocol": "4"},
    {**DIAG, "body": "00" * 5000},
    {**DIAG, "body": "xx"},
    {**DIAG, "name": 7},
    {**DIAG, "inode": -4},
    {**TCP, "inode": "9"},
    {**TCP, "keep": [3]},
    {**TCP, "keep": ["3", ["0A"]]},
    {**TCP, "keep": [3, [10]]},
    {},
    7,
    None,
]


def plan_of(*sources: Any, **more: Any) -> dict[str, Any]:
    """Return a plan."""
    return {"version": 1, "sources": list(sources), **more}


@pytest.mark.parametrize("source", SOURCES, ids=repr)
def test_refused(source: Any) -> None:
    """Whatever is not on the lists refuses the whole plan, before anything of it is done."""
    with pytest.raises(capture.Refused):
        capture.check(plan_of(TCP, source))


@pytest.mark.parametrize(
    "hostile",
    [
        [],
        {},
        {"version": 2, "sources": []},
        plan_of(processes=["maps"]),
        plan_of(processes=["../1/environ"]),
        {"version": 1, "sources": [TCP] * 5000},
        {"version": 1, "sources": 3},
        plan_of(most_bytes="many"),
        plan_of(most_bytes=float("inf")),
        plan_of(namespace_limit=1.5),
        plan_of({**DIAG, "type": 20.0}),
        plan_of({**DIAG, "protocol": 4.0}),
    ],
    ids=repr,
)
def test_refused_plans(hostile: Any) -> None:
    """A plan of another version, size or shape is refused, as is one that wants more of processes."""
    with pytest.raises((capture.Refused, ValueError)):
        capture.check(hostile)


def test_links_are_not_followed_out() -> None:
    """A path on the list whose links lead to another place is not read."""
    tree = capture.run(
        plan_of(
            {"path": "/sys/class/net/lo/subsystem/../../../kernel/notes".replace("/..", "")},
            {"path": "/proc/net/nothing/at/all"},
        )
    )
    about = json.loads(tree[capture.DESCRIPTION])
    assert set(tree) == {capture.DESCRIPTION}
    assert len(about["failed"]) == 2


def test_bytes_are_bounded() -> None:
    """What is beyond a plan's bound is told as a failure."""
    tree = capture.run(plan_of({"path": "/proc/net/dev"}, most_bytes=10))
    assert json.loads(tree[capture.DESCRIPTION])["failed"]["/proc/net/dev"][0] == 27
    assert "proc/net/dev" not in tree


def test_rows_are_filtered() -> None:
    """Only the header and the rows with a wanted word in a column stay; short rows do not count."""
    content = b"sl a st\n0: x 0A\n1: x 01\n\n2:\n3: y 0A"
    assert capture.keep_rows(content, 2, ["0A"]) == b"sl a st\n0: x 0A\n3: y 0A"


def test_requests_of_another_byte_order_are_not_made() -> None:
    """A plan from a machine of the other byte order gets its files, and no dump, which shows nothing."""
    foreign = "big" if sys.byteorder == "little" else "little"
    tree = capture.run(plan_of(TCP, DIAG, byte_order=foreign))
    about = json.loads(tree[capture.DESCRIPTION])
    assert "proc/net/tcp" in tree
    assert about["netlink"][0]["error"] == [0, "requested in another byte order"]


def test_times_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a plan asks for them, the description has the times of files, also of one that may not be read."""
    anything = re.escape(str(tmp_path)) + "/.+"
    monkeypatch.setattr(capture, "_FILES", anything)
    monkeypatch.setattr(capture, "_TARGETS", anything)
    for name, seconds in (("a", 1715767000), ("closed", 1715767001), ("old", -5)):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (seconds, seconds))
    (tmp_path / "folder").mkdir()
    really_open = os.open

    def refuse(path: str, *arguments: Any, **more: Any) -> int:
        if path.endswith("closed"):
            raise PermissionError(errno.EACCES, "")
        return really_open(path, *arguments, **more)

    monkeypatch.setattr(os, "open", refuse)
    pattern = f"{tmp_path}/*"
    tree = capture.run(plan_of({"path": pattern, "dated": True}))
    monkeypatch.undo()
    assert {f"/{name}" for name in tree if name != capture.DESCRIPTION} == {f"{tmp_path}/a", f"{tmp_path}/old"}
    store = MemoryStore({f"/{name}": content for name, content in tree.items()})
    contents = SnapshotSystem(store).read_all(Directory(pattern, dated=True))
    dated = [content for content in contents.values() if isinstance(content, DatedContent)]
    assert [(bytes(one), one.modified, one.is_denied) for one in dated] == [
        *((b"x", 1715767000, False), (b"", 1715767001, True), (b"x", None, False)),
    ]


def test_plan_for_everything_is_allowed() -> None:
    """All that the built-in readers declare is on the lists, and dumps are not asked for twice."""
    made = plan(EVERYTHING)
    capture.check(made)
    names = [source["name"] for source in made["sources"] if "name" in source]
    assert names.count("sock_diag/tcp") == 1
    assert "route/inet-all" in names
    dated = {source["path"] for source in made["sources"] if source.get("dated")}
    assert "/run/systemd/netif/leases/*" in dated
    assert "route/inet-main" not in names
    json.dumps(made)


@pytest.mark.parametrize("name", ["iface", "route", "snmp"])
def test_plan_without_a_plugin(name: str) -> None:
    """Without a plugin, a capture of everything has the sources of the others, also those read on request only."""
    made = plan(EVERYTHING, Host({name}))
    paths = {source["path"] for source in made["sources"] if "path" in source}
    asked = {"iface": "/run/systemd/netif/leases/*", "route": "/proc/net/rt_cache", "snmp": "/etc/default/inet_type"}
    assert {path in paths for plugin, path in asked.items() if plugin != name} == {True}
    assert asked[name] not in paths


def test_fallbacks_are_read_where_they_are_needed() -> None:
    """A file behind a dump is read where the dump fails, and left alone where it does not."""
    instead = {**TCP, "unless": ["sock_diag/tcp"]}
    for body, read in (((b"\x02\x06" + bytes(54)).hex(), False), ((b"\x02\xfe" + bytes(54)).hex(), True)):
        tree = capture.run(plan_of(instead, {**DIAG, "body": body}))
        assert ("proc/net/tcp" in tree) is read
        assert bool(json.loads(tree[capture.DESCRIPTION])["asked"]) is read


def test_listening_plan_is_narrow() -> None:
    """A plan for listening sockets keeps the listening rows only, and asks the kernel for no others."""
    made = plan(Query(families=("inet",), protocols=("tcp",), show="listening"))
    by_path = {source.get("path", source.get("name")): source for source in made["sources"]}
    assert by_path["/proc/net/tcp"]["keep"] == [3, ["0A"]]
    assert int.from_bytes(bytes.fromhex(by_path["sock_diag/tcp"]["body"])[4:8], sys.byteorder) == 1 << 10


@pytest.mark.skipif(not PYTHONS, reason="no other Pythons are installed below ~/.pyenv")
@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.parts[-3])
def test_runs_alone_on(python: Path, tmp_path: Path) -> None:
    """The one file runs without anything of the project, without site-packages and without a PATH."""
    file = tmp_path / "alone.py"
    file.write_bytes(Path(capture.__file__).read_bytes())
    wanted = json.dumps(plan(EVERYTHING)).encode()
    done = subprocess.run(
        [str(python), "-I", "-S", str(file), "--plan", "-"], input=wanted, capture_output=True, env={}, check=False
    )
    assert done.stderr == b""
    text = done.stdout.decode().strip()
    index = zlib.decompress(base64.b64decode(text[len(capture.MARK) :])).partition(b"\n")[0]
    assert {"capture.json", "proc/net/snmp", "netlink/0"} <= {name for name, _ in json.loads(index)}


def test_refusal_on_the_command_line(tmp_path: Path) -> None:
    """A refused plan prints nothing but a line that says why, with status 2."""
    path = tmp_path / "plan"
    path.write_text(json.dumps(plan_of({"path": "/etc/shadow"})))
    done = subprocess.run(
        [sys.executable, capture.__file__, "--plan", str(path)], capture_output=True, check=False, env=dict(os.environ)
    )
    assert (done.stdout, done.returncode) == (b"", 2)
    assert done.stderr == b"capture.py: '/etc/shadow' is not one of the kernel's network files\n"
