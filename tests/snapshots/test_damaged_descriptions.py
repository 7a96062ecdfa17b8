"""Whatever stands in the description of a snapshot, reports match their schemas, and no row is lost for it."""

from __future__ import annotations

import copy
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netstat_core.cli import main as entry
from netstat_core.facts.gather import gather
from netstat_core.facts.schema import FACTS_SCHEMA, FactsOfNamespaces
from netstat_core.host.discovery import Host
from netstat_core.plugin.schema import named_schema, published_schema
from netstat_core.query import Query
from netstat_core.report.run import collect
from netstat_core.system.capture import DESCRIPTION
from netstat_core.system.snapshot import MemoryStore, SnapshotSystem

HEADER = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
ROW = b"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 100 0\n"
FILES = {
    "/proc/net/tcp": HEADER + ROW,
    "/namespaces/5/proc/net/tcp": HEADER + ROW,
    "/proc/stat": b"btime 1700000000\n",
    "/proc/77/comm": b"a\n",
    "/proc/77/cmdline": b"a\0-x\0",
    "/proc/77/status": b"Name:\ta\nUid:\t0\t0\t0\t0\n",
    "/proc/77/stat": b"77 (a) S 1 77 77 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 8839 0 0\n",
    "/proc/77/cgroup": b"0::/system.slice/a.service\n",
    "/proc/77/environ": b"LISTEN_PID=77\0LISTEN_FDS=1\0LISTEN_FDNAMES=a.socket\0",
    "/proc/77/attr/current": b"unconfined\n",
    "/proc/77/exe": b"/usr/bin/a",
}
SOUND: dict[str, Any] = {
    "capture": 1,
    "byte_order": "little",
    "procfs": True,
    "hostname": "h",
    "kernel_release": "6.1",
    "ticks_per_second": 100,
    "captured_at": "2026-01-01T00:00:00Z",
    "asked": [{"path": "/proc/net/tcp"}, {"path": "/proc/stat"}],
    "failed": {"/proc/net/tcp6": [13, "Permission denied"]},
    "netlink": [],
    "owners": {
        "held": {"77": [4242]},
        "descriptors": {"77": [[3]]},
        "denied": 0,
        "unread": 0,
        "failed": 0,
        "processes": 9,
        "hidden": False,
        "initial": True,
        "privileged": True,
        "arguments": True,
        "error": None,
    },
    "names": {"users": {"0": "root"}, "services": {"tcp/8080": "http-alt"}, "hosts": {"127.0.0.1": "localhost"}},
    "network_namespace": {"inode": 4, "name": None},
    "namespaces": [{"network_namespace": {"inode": 5, "name": "red"}}],
    "selected": None,
    "missed": [["permission", "blue", "Permission denied", 13, 0, 9]],
}
QUERY = Query(
    protocols=("tcp",),
    owners=("processes", "details", "contexts", "arguments"),
    resolve=True,
    all_network_namespaces=True,
    source="procfs",
)
ODD: list[Any] = [
    *(None, True, False, 0, -1, -5, 1 << 64, 10**40, 1.5, 1e300, float("inf"), "", "x", "²", "0", "-1", "9" * 40),
    *("a" * 60_000, "\x1b[31m\n", "\ud800", [], [None], [[]], {}, {"a": []}, {"inode": True, "name": None}),
    *({"inode": 1, "name": 5}, {"inode": -1, "name": "x"}, {"inode": 10**40, "name": None}, {"77": [True, -1, 10**40]}),
    *({"²": [1]}, {"0": [4242]}, {"77": [4242, 4242], "077": [4242]}, [10**40, "x"], [True, "x"], [13, 5], [-1, ""]),
    *(["permission", "x", "y", True, 10**40, -1], ["?", "x", "y", 0, 0, 0], "2026-13-01T00:00:00Z", "0000-00-00"),
]
"""Values that stand for something else in JSON, and those that are only nearly right."""


@cache
def validators() -> dict[str, Any]:
    """Return the validator of each kind's published schema."""
    schemas = {offer.reader.kind: published_schema(offer.reader) for offer in Host().offers()}
    return {kind: jsonschema_rs.validator_for(schema) for kind, schema in schemas.items()}


def make_store(description: Any, files: dict[str, bytes] = FILES) -> MemoryStore:
    """Return a snapshot in memory."""
    return MemoryStore({f"/{DESCRIPTION}": json.dumps(description).encode(), **files})


def is_kernel_number(value: Any) -> bool:
    """Return whether a value is what a report may have as number of something missing."""
    return value is None or (type(value) is int and 0 <= value < 1 << 64)


def check_report(report: dict[str, Any], *, rows: int = 1) -> None:
    """Assert that records match their schemas, that no row is lost, and that the rest of a report has its types."""
    namespace = validators()["inet.socket"]
    sockets = report["tables"]["sockets"]
    assert len(sockets) >= rows
    for record in sockets:
        namespace.validate(record)
        shown = [process["pid"] for process in record["processes"] or ()]
        assert len({*shown}) == len(shown)
    head = report["system"]
    assert all(isinstance(head[key], (str, type(None))) for key in ("hostname", "kernel_release", "byte_order_from"))
    assert max(len(head["hostname"] or ""), len(report["captured_at"] or "")) < 300
    assert type(head["ticks_per_second"]) is int
    for gap in report["completeness"]:
        assert gap["reason"] != "broken_plugin", gap["detail"]
        assert is_kernel_number(gap["errno"])
        assert is_kernel_number(gap["count"])
        for place in (gap["network_namespace"], *(gap["network_namespaces"] or ())):
            assert place is None or is_kernel_number(place["inode"])
    for names in report["names"].values():
        assert all(isinstance(name, str) for name in names.values())


def replace_at(description: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Return a copy of a description with another value at a path."""
    made = copy.deepcopy(description)
    place: Any = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return made


def list_paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values in a description."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for step, inner in steps for found in [(*path, step), *list_paths(inner, (*path, step))]]


ESSENTIAL = {"capture", "byte_order", "asked", "failed", "procfs"}
"""Keys without which the files themselves cannot be read: damage there may refuse the snapshot."""

PATHS = [path for path in list_paths(SOUND) if path[0] not in ESSENTIAL]


def test_a_sound_description() -> None:
    """The description that the other tests damage is one without any damage."""
    report = collect(QUERY, SnapshotSystem(make_store(SOUND)))
    check_report(report, rows=2)
    assert [gap["selector"] for gap in report["completeness"] if gap["about"] == "namespaces"] == ["blue"]
    (process,) = report["tables"]["sockets"][0]["processes"]
    assert (process["uid"], process["descriptors"], process["started_at"]) == (0, [3], "2023-11-14T22:14:48Z")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ".".join(map(str, path)))
def test_any_value_anywhere(path: tuple[Any, ...]) -> None:
    """Any value in the place of any other is used or told, and the report and the facts match their schemas."""
    facts = jsonschema_rs.validator_for(named_schema(FACTS_SCHEMA, FactsOfNamespaces))
    for odd in ODD:
        store = make_store(replace_at(SOUND, path, odd))
        query = QUERY
        if path[0] == "namespaces":
            query = query._replace(all_network_namespaces=odd is not None or len(path) > 1)
        report = collect(query, SnapshotSystem(store))
        check_report(report)
        gathered = gather(query._replace(resolve=False), SnapshotSystem(store))
        facts.validate(json.loads(json.dumps(gathered.facts)))


def is_told(report: dict[str, Any]) -> bool:
    """Return whether a report says that the description or a file of a process is damaged."""
    return any("damaged" in gap["detail"] for gap in report["completeness"])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("hostname",), "a" * 60_000),
        (("captured_at",), "yesterday"),
        (("kernel_release",), 6.1),
        (("ticks_per_second",), 0),
        (("ticks_per_second",), True),
        (("names",), []),
        (("names", "users", "0"), 7),
        (("owners",), 7),
        (("owners", "held", "77"), [-1]),
        (("owners", "held", "²"), [1]),
        (("owners", "descriptors", "77"), []),
        (("owners", "error"), [10**40, "x"]),
        (("network_namespace",), 0),
        (("network_namespace", "inode"), True),
        (("namespaces",), [7]),
        (("namespaces", 0, "network_namespace", "name"), []),
        (("selected",), 7),
        (("missed",), {}),
        (("missed", 0, 3), True),
        (("failed", "/proc/net/tcp6"), 7),
    ],
)
def test_damage_is_told(path: tuple[Any, ...], value: Any) -> None:
    """What is damaged in a description is named in ``completeness``."""
    query = QUERY._replace(all_network_namespaces="namespaces" not in path[:1])
    report = collect(query, SnapshotSystem(make_store(replace_at(SOUND, path, value))))
    check_report(report)
    assert is_told(report)


BYTES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            *(b"", b"\0" * 9, b"9" * 5000, b"Uid:\t" + b"9" * 40, b"Uid:\t4294967296", b"Uid:", b"Uid:\t-1\t"),
            *(b"77 (a) S 1" + b" 1" * 17 + ticks for ticks in (b" -1", b" 9999999999999999999999", b" 1e9", b" x")),
            *(b"0::/" + b"\xff" * 9, b"::::", b"0::", b"a" * 60_000, b"btime 999999999999999999\n", b"btime x\n"),
            *(b"LISTEN_PID=77\0LISTEN_FDS=999999999999999999\0", b"LISTEN_FDNAMES=\xff.socket\0LISTEN_PID=77\0"),
        ]
    ),
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([path for path in FILES if "/net/" not in path]), BYTES, min_size=1))
def test_any_content_of_process_files(damaged: dict[str, bytes]) -> None:
    """Whatever the files of a process hold, the sockets stay and match their schema."""
    check_report(collect(QUERY, SnapshotSystem(make_store(SOUND, {**FILES, **damaged}))), rows=2)


@pytest.mark.parametrize(
    ("path", "content", "source"),
    [
        ("/proc/77/status", b"Uid:\t4294967296\n", "/proc/PID/status"),
        ("/proc/77/stat", b"77 (a) S 1\n", "/proc/PID/stat"),
        ("/proc/77/stat", b"77 (a) S 1" + b" 1" * 17 + b" 1" + b"0" * 30, "/proc/PID/stat"),
    ],
)
def test_damaged_files_of_processes_are_told(path: str, content: bytes, source: str) -> None:
    """User ids and start times that no kernel writes are null and told."""
    report = collect(QUERY, SnapshotSystem(make_store(SOUND, {**FILES, path: content})))
    assert source in [gap["source"] for gap in report["completeness"]]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.sampled_from(list_paths(SOUND)), st.sampled_from(ODD)), min_size=1, max_size=3),
    output=st.sampled_from([["--json"], ["--ndjson"], ["--format", "facts"], ["-e"], ["--json", "--redact"]]),
)
def test_every_format(changes: list[tuple[tuple[Any, ...], Any]], output: list[str], tmp_path: Path) -> None:
    """No description ends in a traceback, in whatever format: the snapshot is shown or refused with one message."""
    description = SOUND
    for path, value in changes:
        try:
            description = replace_at(description, path, value)
        except (TypeError, KeyError, IndexError, AttributeError):
            continue
    for name, content in FILES.items():
        target = tmp_path / name[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    (tmp_path / DESCRIPTION).write_text(json.dumps(description))
    out, err = io.BytesIO(), io.BytesIO()
    entry.run(["--from", str(tmp_path), "-tanp", "--who", "--source", "procfs", *output], out, err)
    assert b"Traceback" not in err.getvalue()
    for line in out.getvalue().splitlines() if output == ["--ndjson"] else []:
        json.loads(line)
    if output[0] in ("--json", "--format") and out.getvalue():
        json.loads(out.getvalue())


@pytest.mark.parametrize("name", ["²", "٣", "0", "00077", "-1", "7" * 40])
def test_folders_that_are_no_process(name: str, tmp_path: Path) -> None:
    """A folder in /proc whose name is not the number of a process is none, in folders and in memory alike."""
    files = {"/proc/net/tcp": HEADER + ROW, f"/proc/{name}/comm": b"x\n", f"/proc/{name}/fd/3": b"socket:[4242]"}
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/tcp").write_bytes(HEADER + ROW)
    (tmp_path / "proc" / name / "fd").mkdir(parents=True)
    (tmp_path / "proc" / name / "fd/3").symlink_to("socket:[4242]")
    for source in (MemoryStore(files), MemoryStore(files, {f"/proc/{name}/fd/3": "socket:[4242]"}), tmp_path):
        (socket,) = collect(QUERY._replace(all_network_namespaces=False), SnapshotSystem(source))["tables"]["sockets"]
        assert not socket["processes"]
