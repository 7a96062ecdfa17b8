"""--who: what a socket's owners tell about themselves, through a system."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from stand_ins_for_who import RecordedProcesses

from netstat_core import Query, collect
from netstat_core.host.discovery import Host
from netstat_core.owners.processes import ProcessTable
from netstat_core.plugin.schema import published_schema

if TYPE_CHECKING:
    from pathlib import Path

START_SECONDS = 3600.0
"""/proc/PID is stamped when it is first looked at, some time after the process started."""

FOUR = ["pid", "uid", "name", "command"]
FURTHER = {"executable", "started_at", "cgroup", "unit", "user_unit", "container", "pod", "descriptors", "socket_unit"}


def own_sockets(owners: tuple[str, ...] = ("processes",), **wanted: Any) -> list[dict[str, Any]]:
    """Return the TCP sockets of this machine that this process holds."""
    found = collect(Query(protocols=("tcp",), owners=owners, **wanted))["tables"]["sockets"]
    return [one for one in found if any(owner["pid"] == os.getpid() for owner in one["processes"] or ())]


def test_own_process() -> None:
    """A process is told by its descriptors, executable, start and group; without --who by the four keys as ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        again = os.dup(server.fileno())
        port = server.getsockname()[1]
        (told,) = [one for one in own_sockets(("processes", "details")) if one["local_port"] == port]
        (plain,) = [one for one in own_sockets() if one["local_port"] == port]
        os.close(again)
    owner = next(one for one in told["processes"] if one["pid"] == os.getpid())
    assert owner["descriptors"] == sorted([server_number(again, owner), again])
    assert owner["executable"] == os.readlink("/proc/self/exe")
    started = datetime.strptime(owner["started_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    assert abs(started.timestamp() - os.stat("/proc/self").st_ctime) < START_SECONDS
    assert owner["cgroup"].startswith("/")
    assert list(plain["processes"][0]) == FOUR
    assert set(owner) == {*FOUR, *FURTHER}


def server_number(duplicate: int, owner: dict[str, Any]) -> int:
    """Return the other of two descriptors."""
    return int(next(number for number in owner["descriptors"] if number != duplicate))


def test_records_match_the_published_schema() -> None:
    """The further keys are in the published schema, and records match it with and without them."""
    schema = published_schema(Host().kinds()["inet.socket"])
    with socket.create_server(("127.0.0.1", 0)):
        for owners in (("processes", "details"), ("processes",), ("processes", "details", "contexts")):
            sockets = own_sockets(owners)
            assert sockets
            for one in sockets:
                Draft202012Validator(schema).validate(one)
    process = schema["properties"]["processes"]["items"]
    assert process["required"] == FOUR
    assert set(process["properties"]) >= FURTHER


def test_text_is_as_with_p(tmp_path: Path) -> None:
    """Text shows the process as -p does."""
    with socket.create_server(("127.0.0.1", 0)):
        shown = [
            subprocess.run(
                [sys.executable, "-m", "netstat_core", "-tln", option], capture_output=True, check=True
            ).stdout
            for option in ("-p", "--who")
        ]
    assert shown[0].splitlines()[1] == shown[1].splitlines()[1]
    assert b"PID/Program name" in shown[1]


def test_socket_activation() -> None:
    """The socket that process 1 holds has the unit that the activated service tells; systemd itself tells none."""
    system = RecordedProcesses(
        held={500: {1: [30], 70: [3]}, 501: {1: [31]}, 502: {70: [9]}},
        files={
            (1, "cgroup"): b"0::/init.scope\n",
            (70, "cgroup"): b"0::/system.slice/web.service\n",
            (70, "environ"): b"LISTEN_PID=70\0LISTEN_FDS=1\0LISTEN_FDNAMES=web.socket\0",
        },
    )
    table = ProcessTable(system, details=True)
    held = table.find_holders([500, 501, 502])
    units = [[(one["pid"], one["unit"], one["socket_unit"]) for one in holders or ()] for holders in held]
    assert units == [
        [(1, "web.socket", "web.socket"), (70, "web.service", "web.socket")],
        [(1, None, None)],
        [(70, "web.service", None)],
    ]


def test_replayed_processes(tmp_path: Path) -> None:
    """A recorded folder tells as much: links of descriptors and programs, and the files beside them."""
    process = tmp_path / "proc" / "70"
    (process / "fd").mkdir(parents=True)
    for number in (3, 5):
        (process / "fd" / str(number)).symlink_to("socket:[500]")
    (process / "exe").symlink_to("/usr/sbin/web server (deleted)")
    (process / "comm").write_bytes(b"web\n")
    (process / "cgroup").write_bytes(b"0::/system.slice/web.service\n")
    (process / "stat").write_bytes(b"70 (web) S " + b"0 " * 18 + b"500 0\n")
    (tmp_path / "proc" / "stat").write_bytes(b"btime 1700000000\n")
    net = tmp_path / "proc" / "net"
    net.mkdir()
    row = b"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 500 1 0\n"
    (net / "tcp").write_bytes(b"sl local_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n" + row)
    command = [sys.executable, "-m", "netstat_core", "--from", str(tmp_path), "-tln", "--who", "--json"]
    ran = subprocess.run(command, capture_output=True, check=False)
    (one,) = json.loads(ran.stdout)["tables"]["sockets"]
    (owner,) = one["processes"]
    assert owner["descriptors"] == [3, 5]
    assert owner["executable"] == "/usr/sbin/web server (deleted)"
    assert owner["started_at"] == "2023-11-14T22:13:25Z"
    assert (owner["unit"], owner["container"], owner["pod"]) == ("web.service", None, None)


def test_secrets_of_the_environment_stay_out() -> None:
    """Of a process's environment nothing but what socket activation sets is ever read into this program."""
    from netstat_core.system.live import LiveSystem

    environment = {"PASSWORD": "secret", "LISTEN_PID": "1", "PATH": os.environ["PATH"]}
    with subprocess.Popen(["cat"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin
        assert child.stdout
        child.stdin.write(b"up\n")
        child.stdin.flush()
        assert child.stdout.readline() == b"up\n"
        content = LiveSystem().read_process_file(child.pid, "environ")
        child.stdin.close()
    assert content == b"LISTEN_PID=1"
