"""Copies of other machines: byte order, name, kernel and time come from the files, in every form of a copy."""

from __future__ import annotations

import io
import json
import struct
import sys
import tarfile
from pathlib import Path
from typing import Any

import copies
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetstat import show
from realnetstat import Outcome
from trees import FIXTURES, HOST_ORDER_FILES

from netstat_core import Query, collect
from netstat_core.cli import main as entry
from netstat_core.host.discovery import Host
from netstat_core.system.byte_order import find_byte_order, is_same_request
from netstat_core.system.copied_machine import describe_copy, parse_date
from netstat_core.system.snapshot import SnapshotSystem
from netstat_core.system.stores import MemoryStore

FORMS = ("folder", "archive", "text")
BIG_ENDIAN = Path(__file__).parent.parent / "fixtures/copies/big-endian"
UNAME = b"Linux web1 5.14.0-70.el9.s390x #1 SMP Thu Feb 24 s390x s390x s390x GNU/Linux\n"


def run(*arguments: str) -> Outcome:
    """Return what `pynetstat ARGUMENTS` prints and how it ends."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    status = entry.run(arguments, stdout, stderr)
    return Outcome(stdout.getvalue(), stderr.getvalue(), status)


def report(path: Path, *options: str) -> dict[str, Any]:
    """Return a report of a snapshot."""
    made: dict[str, Any] = json.loads(show(path, "--json", *options).stdout)
    return made


def tree_of(*names: str, is_big: bool = False, **more: bytes) -> dict[str, bytes]:
    """Return the named files of /proc/net, and more by path with ``__`` for ``/``."""
    convert = copies.swap if is_big else str
    found = {f"proc/net/{name}": convert(copies.FILES[name]).encode() for name in names}
    return found | {path.replace("__", "/"): content for path, content in more.items()}


def order_of(tree: dict[str, bytes]) -> tuple[str, str]:
    """Return the byte order that is found in a copy, and from what."""
    machine = describe_copy(MemoryStore({f"/{path}": content for path, content in tree.items()}))
    return machine["byte_order"], machine["byte_order_from"]


def test_a_copy_of_a_big_endian_machine() -> None:
    """Its addresses and routes are right, and what they were read by is said on stderr and in the report."""
    sockets = show(BIG_ENDIAN, "-tan")
    assert b" 127.0.0.1:25 " in sockets.stdout
    assert b" 192.0.2.2:22            198.51.100.7:50000 " in sockets.stdout
    assert sockets.stderr == b"pynetstat: read as files of a big-endian machine, by /proc/net/route\n"
    assert b"192.0.2.0       0.0.0.0         255.255.255.0 " in show(BIG_ENDIAN, "-rn").stdout
    system = report(BIG_ENDIAN, "-rn")["system"]
    assert (system["byte_order"], system["byte_order_from"]) == ("big", "/proc/net/route")
    assert (system["hostname"], system["kernel_release"]) == ("host1", "5.14.0-70.el9.s390x")


@pytest.mark.parametrize("form", FORMS)
def test_both_orders_give_the_same_records(form: str, tmp_path: Path) -> None:
    """Every file with words in host order gives the same records from either machine, in every form of a copy."""
    tables = []
    for is_big in (False, True):
        path = copies.write(tree_of(*copies.FILES, is_big=is_big), tmp_path / f"{form}{is_big}", form)
        made = report(path, "-a", "--tables", "sockets,routes,groups,multicast_routes,route_cache")
        assert made["system"]["byte_order"] == ("big" if is_big else "little")
        assert made["problems"] == []
        tables.append(made["tables"])
    assert tables[0] == tables[1]
    assert {name: len(rows) for name, rows in tables[0].items()} == {
        "sockets": 2,
        "routes": 2,
        "groups": 1,
        "multicast_routes": 3,
        "route_cache": 1,
    }


IN_HOST_ORDER = {*HOST_ORDER_FILES, "route", "rt_cache", "igmp", "ip_mr_cache", "ip_mr_vif"}


def one_of_each_file() -> dict[str, bytes]:
    """Return the largest fixture of each file below /proc/net, by its path there."""
    found: dict[str, bytes] = {}
    for path in sorted(FIXTURES.glob("*/*/proc/net/**/*")):
        name = str(path).rpartition("/proc/net/")[2]
        if path.is_file() and path.stat().st_size > len(found.get(name, b"")):
            found[name] = path.read_bytes()
    return found


def test_all_files_in_host_order_are_known() -> None:
    """Of all files of /proc/net, the records of these alone depend on the byte order of the machine."""
    host, depending = Host(), set()
    files = one_of_each_file()
    for name, content in files.items():
        store = MemoryStore({f"/proc/net/{name}": content})
        systems = [SnapshotSystem(store, byte_order=order) for order in ("little", "big")]
        tables = [collect(Query(tables=()), system, host)["tables"] for system in systems]
        depending |= {name} if tables[0] != tables[1] else set()
    assert depending - IN_HOST_ORDER == set()
    assert depending >= {"tcp", "tcp6", "udp", "udp6", "raw", "route", "igmp"}


@pytest.mark.parametrize("name", ["route", "igmp", "ip_mr_cache", "tcp6", "tcp"])
@pytest.mark.parametrize("is_big", [False, True])
def test_one_file_shows_the_order(name: str, is_big: bool) -> None:  # noqa: FBT001 - a parameter
    """Netmasks, groups, ::1 and loopback addresses each show the byte order alone."""
    assert order_of(tree_of(name, is_big=is_big)) == ("big" if is_big else "little", f"/proc/net/{name}")


@pytest.mark.parametrize(
    ("tree", "order"),
    [
        ({}, ("little", "assumed")),
        (tree_of(uname=UNAME), ("big", "uname")),
        (tree_of(uname=b"Linux h 6.1.0-9-octeon #1 SMP mips64 GNU/Linux\n"), ("little", "assumed")),
        (tree_of(proc__version=b"Linux version 5.14.0-70.el9.s390x (mockbuild@host)\n"), ("big", "kernel_release")),
        (tree_of(uname=b"Linux s390x 6.1.0 #1 SMP x86_64 GNU/Linux\n"), ("little", "uname")),
        (tree_of("tcp", uname=UNAME), ("big", "uname")),
        (tree_of("route", uname=UNAME), ("little", "/proc/net/route")),
        (
            {"proc/net/route": (copies.FILES["route"] + copies.swap(copies.FILES["route"])).encode()},
            ("little", "contradicted"),
        ),
        ({"proc/net/tcp": copies.FILES["tcp"].replace("0100007F", "7F00000A").encode()}, ("little", "assumed")),
    ],
)
def test_evidence_is_weighed(tree: dict[str, bytes], order: tuple[str, str]) -> None:
    """Words that make sense in one order only come before the architecture, and that before loopback addresses."""
    assert order_of(tree) == order


@given(st.integers(1, 31), st.booleans())
def test_every_netmask_shows_the_order(length: int, is_big: bool) -> None:  # noqa: FBT001 - a parameter
    """Each netmask but those of /0 and /32 shows the byte order that it was written in."""
    mask = (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF
    digits = mask.to_bytes(4, "big" if is_big else "little").hex().upper()
    row = f"e\t00000000\t00000000\t0001\t0\t0\t0\t{digits}\t0\t0\t0\n"
    assert order_of({"proc/net/route": row.encode()})[0] == ("big" if is_big else "little")


@given(st.binary(max_size=300))
def test_any_content_has_some_order(content: bytes) -> None:
    """Whatever a copy holds, looking for its byte order and its machine raises nothing."""
    names = ("route", "igmp", "ip_mr_cache", "tcp", "tcp6")
    files = {f"/proc/net/{name}": content for name in names} | {f"/{name}": content for name in ("uname", "date")}
    assert find_byte_order(MemoryStore(files), None).order in ("little", "big")
    assert describe_copy(MemoryStore(files)).keys() >= {"hostname", "kernel_release", "captured_at"}


def test_the_order_can_be_stated(tmp_path: Path) -> None:
    """--byte-order decides against all else, goes with --from only, and names its words."""
    path = copies.write(tree_of("tcp"), tmp_path / "copy", "folder")
    assert b" 1.0.0.127:25 " in show(path, "-tan", "--byte-order", "big").stdout
    assert report(path, "-tan", "--byte-order", "big")["system"]["byte_order_from"] == "option"
    assert b"must be one of little, big" in show(path, "-tan", "--byte-order", "middle").stderr
    assert b"--byte-order goes with --from" in run("-tan", "--byte-order", "big").stderr
    assert b"does not go with capture" in run("capture", str(tmp_path / "x"), "--byte-order", "big").stderr


def test_contradictions_are_told(tmp_path: Path) -> None:
    """Files of two machines in one copy are read as little-endian, and a line on stderr says so."""
    path = copies.write(
        {"proc/net/route": (copies.FILES["route"] + copies.swap(copies.FILES["route"])).encode()},
        tmp_path / "copy",
        "folder",
    )
    assert b"the files contradict each other about the byte order" in show(path, "-rn").stderr


def test_requests_of_the_other_order_are_found() -> None:
    """Two bodies are the same request if one is the other in the other byte order, and only then."""
    for form, values in (("4BI48x", (2, 6, 64, 0, 1 << 10)), ("BxHiIIHHI", (0, 0, 0, 0, 0, 8, 29, 8))):
        little, big = (struct.pack(f"{order}{form}", *values) for order in "<>")
        assert is_same_request(little, big)
        assert not is_same_request(little, struct.pack(f">{form}", *values[:-1], values[-1] + 1))
        assert not is_same_request(little, big[:-1])


def test_a_capture_of_the_other_order_replays(tmp_path: Path) -> None:
    """Netlink replies that a machine of the other order recorded itself are found and read in its order."""
    other, order = ("big", ">") if sys.byteorder == "little" else ("little", "<")
    run("capture", f"{tmp_path}/taken/", "-tln", "--source", "netlink")
    about = json.loads((tmp_path / "taken/capture.json").read_bytes())
    addresses = bytes([127, 0, 0, 1]) + bytes(12), bytes(16)
    row = struct.pack(f"{order}4B", 2, 10, 0, 0) + struct.pack(">HH", 25, 0) + addresses[0] + addresses[1]
    row += struct.pack(f"{order}I8x5I", 0, 0, 0, 5, 0, 77)
    message = struct.pack(f"{order}IHHII", 16 + len(row), 20, 2, 1, 1) + row
    for reply in about["netlink"]:
        if reply["name"] in ("sock_diag/tcp", "sock_diag/tcp6"):
            body = struct.unpack("=BBBBI48x", bytes.fromhex(reply["body"]))
            reply["body"] = struct.pack(f"{order}BBBBI48x", *body).hex()
            content = struct.pack(">I", len(message)) + message if reply["name"] == "sock_diag/tcp" else b""
            (tmp_path / "taken" / reply["reply"]).write_bytes(content)
        else:
            (tmp_path / "taken" / reply["reply"]).write_bytes(b"")
    (tmp_path / "taken/capture.json").write_text(json.dumps({**about, "byte_order": other}))
    made = report(tmp_path / "taken", "-tln", "--source", "netlink")
    assert [(one["local_address"], one["local_port"], one["inode"]) for one in made["tables"]["sockets"]] == [
        ("127.0.0.1", 25, 77)
    ]
    assert made["completeness"] == made["problems"] == []


SOS = {
    "sos_commands/host/hostname": b"web1.example\n",
    "sos_commands/kernel/uname_-a": UNAME,
    "sos_commands/date/date": b"Thu Nov 26 10:11:12 CET 2026\n",
    "proc/net/route": copies.swap(copies.FILES["route"]).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_sosreport_names_its_machine(form: str, tmp_path: Path) -> None:
    """Name, kernel and time of a sosreport are those in its files, in every form, for records and for facts."""
    path = copies.write(SOS, tmp_path / "sos", form)
    made = report(path, "-rn")
    told = {"hostname": "web1.example", "kernel_release": "5.14.0-70.el9.s390x", "captured_at": "2026-11-26T09:11:12Z"}
    assert {"captured_at": made["captured_at"], **made["system"]}.items() >= told.items()
    assert json.loads(show(path, "--format", "facts-local").stdout).items() >= told.items()


def test_links_of_a_sosreport_lead_to_its_files(tmp_path: Path) -> None:
    """The links at the top of a sosreport are followed within it, and not out of it."""
    copies.write({"proc/net/route": b"", "sos_commands/host/hostname": b"web1\n"}, tmp_path / "sos", "folder")
    (tmp_path / "secret").write_text("Linux secret 1.2.3 x86_64\n")
    (tmp_path / "sos/hostname").symlink_to("sos_commands/host/hostname")
    (tmp_path / "sos/uname").symlink_to("../secret")
    machine = SnapshotSystem(tmp_path / "sos").machine
    assert (machine.hostname, machine.kernel_release) == ("web1", None)


def test_links_in_an_archive_are_followed(tmp_path: Path) -> None:
    """In an archive as in a folder, /proc/net may be a link, and so may the files at the top of a sosreport."""
    copies.write(SOS, tmp_path / "sosreport", "folder")
    copies.write({"proc/7/net/dev_snmp6/lo": b"ifIndex 1\nIp6InReceives 5\n"}, tmp_path / "sosreport", "folder")
    (tmp_path / "sosreport/proc/net/route").rename(tmp_path / "sosreport/proc/7/net/route")
    (tmp_path / "sosreport/proc/net").rmdir()
    (tmp_path / "sosreport/proc/net").symlink_to("self/net")
    (tmp_path / "sosreport/proc/self").symlink_to("7")
    (tmp_path / "sosreport/hostname").symlink_to("sos_commands/host/hostname")
    (tmp_path / "sosreport/loop").symlink_to("loop")
    with tarfile.open(tmp_path / "sos.tar.xz", "w:xz") as archive:
        archive.add(tmp_path / "sosreport", "sosreport-web1")
    for form in ("sosreport", "sos.tar.xz"):
        made = report(tmp_path / form, "--tables", "routes,statistics")
        assert made["system"]["hostname"] == "web1.example"
        assert made["system"]["byte_order_from"] == "/proc/net/route"
        assert {one["destination"] for one in made["tables"]["routes"]} == {"0.0.0.0", "192.0.2.0"}
        assert made["tables"]["statistics"]


@pytest.mark.parametrize("hostile", [b"a\x1b[31mb\n", b"a" * 300, b"\xff\xfe\n", b"a b\n", b"", b"\0" * 9000, b"-x\n"])
def test_hostile_names_are_unknown(hostile: bytes) -> None:
    """What is no host name, no kernel release and no time is null."""
    uname = b"Linux " + hostile.strip() + b" " + hostile
    files = {"/hostname": hostile, "/uname": uname, "/date": hostile, "/proc/version": hostile}
    machine = describe_copy(MemoryStore(files))
    assert {machine[name] for name in ("kernel_release", "captured_at")} == {None}
    assert machine["hostname"] in (None, "a", "b")


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("Thu Nov 26 10:11:12 UTC 2026", "2026-11-26T10:11:12Z"),
        ("Thu Nov 26 10:11:12 CET 2026", "2026-11-26T09:11:12Z"),
        ("Thu Nov 26 12:11:12 AM UTC 2026", "2026-11-26T00:11:12Z"),
        ("Thu 26 Nov 2026 03:11:12 PM EST", "2026-11-26T20:11:12Z"),
        ("Thu Nov 26 23:11:12 -03 2026", "2026-11-27T02:11:12Z"),
        ("2026-11-26T10:11:12+05:30", "2026-11-26T04:41:12Z"),
        ("Universal time: Thu 2026-11-26 09:11:12 UTC", "2026-11-26T09:11:12Z"),
        ("Thu Nov 26 10:11:12 CST 2026", None),
        ("Thu Nov 26 10:11:12 2026", None),
        ("Thu Nov 31 10:11:12 UTC 2026", None),
        ("Thu Nov 26 25:11:12 UTC 2026", None),
        ("Thu Jan 1 00:00:00 CET 0001", None),
        ("bash: date: command not found", None),
    ],
)
def test_dates(line: str, time: str | None) -> None:
    """A date in the usual forms is that time in UTC; one whose zone is missing or ambiguous is no time."""
    assert parse_date(line) == time


@given(st.text(max_size=120))
def test_any_line_is_a_date_or_none(line: str) -> None:
    """No line of text breaks the parser of dates."""
    parsed = parse_date(line)
    assert parsed is None or parsed.endswith("Z")


def test_what_a_copy_lacks_is_one_sentence(tmp_path: Path) -> None:
    """All files that a copy lacks are one entry and one reason, and still nothing is concluded about their readers."""
    path = copies.write(SOS, tmp_path / "sos", "folder")
    (told,) = report(path, "--tables", "all")["completeness"]
    assert (told["reader"], told["table"], told["reason"]) == (None, None, "not_in_kernel")
    assert {"tcp", "udp", "unix", "ax25.socket"} <= set(told["readers"])
    assert {"sockets", "interfaces", "statistics"} <= set(told["tables"])
    assert told["detail"].startswith("not in this copy: ")
    facts = json.loads(show(path, "--format", "facts-local").stdout)
    assert len([one for one in facts["incomplete_because"] if one["about"] == "table"]) == 1
    assert not {"tcp", "udp", "unix", "ax25"} & set(facts["covers"]["protocols"])
