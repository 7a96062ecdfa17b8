"""Fair shares: what one user has much of never takes the room of others, and what was left out is told."""

from __future__ import annotations

import errno
import json
import socket
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstat_core import Query, collect
from netstat_core.cli import main as entry
from netstat_core.facts import listeners
from netstat_core.facts.gather import gather, plan_facts
from netstat_core.facts.query import facts_query
from netstat_core.facts.shares import keep_fair_shares
from netstat_core.host.discovery import Host
from netstat_core.owners import processes
from netstat_core.system import capture, find_namespaces
from netstat_core.system.find_namespaces import Found
from netstat_core.system.kernel import KernelSystem
from netstat_core.system.snapshot import SnapshotSystem

USERS = st.integers(-1, 5)
WANTED = st.dictionaries(st.tuples(st.integers(0, 1), USERS), st.integers(0, 500), max_size=8)
HEADER = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


@given(WANTED, st.integers(0, 1000))
def test_shares_are_fair(wanted: dict[tuple[int, ...], int], limit: int) -> None:
    """Shares fit the limit and use it; who wants no more than an equal part of an equal part gets all of it."""
    shares = capture.share_out(wanted, limit)
    assert shares.keys() == wanted.keys()
    assert sum(shares.values()) <= limit
    assert all(shares[path] <= wanted[path] for path in wanted)
    if sum(wanted.values()) <= limit:
        assert shares == wanted
    else:
        assert sum(shares.values()) > limit - 2 * len(wanted) - 2  # but for what integers leave
    groups = Counter(path[0] for path in wanted)
    for path, size in wanted.items():
        if size <= limit // len(groups) // groups[path[0]]:
            assert shares[path] == size


ROWS = st.lists(st.tuples(USERS, st.integers(1, 60)), max_size=80)


@given(ROWS, st.integers(0, 2000), st.integers(1, 9))
def test_rows_are_cut_fairly(made: list[tuple[int, int]], limit: int, batch: int) -> None:
    """Rows that stay are whole and in order, the others are counted by user, and root has room for half."""
    rows = [b"%d:%s\n" % (uid, b"x" * size) for uid, size in made]
    batches = [rows[start : start + batch] for start in range(0, len(rows), batch)]
    kept, left_out = capture.cut_rows(batches, limit, lambda row: int(row.partition(b":")[0]))
    lines = b"".join(kept).splitlines(keepends=True)
    assert sum(map(len, lines)) <= limit
    total = Counter(uid for uid, _size in made)
    seen = Counter(int(line.partition(b":")[0]) for line in lines)
    assert {uid: count for uid, count in total.items() if count - seen[uid]} == {
        uid: total[uid] for uid in left_out if left_out[uid]
    }
    assert all(total[uid] == seen[uid] + left_out.get(uid, 0) for uid in total)
    assert not Counter(lines) - Counter(rows)
    if sum(len(row) for row in rows if row.startswith(b"0:")) <= limit // 2:
        assert seen[0] == total[0]


@given(st.lists(USERS, max_size=60), st.integers(0, 40))
def test_things_are_kept_fairly(users: list[int], most: int) -> None:
    """Of too many things each user keeps the first; root keeps half, others an equal part of what it leaves."""
    things = list(enumerate(users))
    kept, others = keep_fair_shares(things, most, lambda thing: thing[1])
    assert len(kept) <= most
    assert sorted(kept + others) == things
    assert kept == sorted(kept)
    for user in set(users):
        mine = [thing for thing in things if thing[1] == user]
        assert [thing for thing in kept if thing[1] == user] == mine[: sum(thing[1] == user for thing in kept)]
        if len(mine) <= (most // 2 if user == 0 else most // 2 // len(set(users))):
            assert set(mine) <= set(kept)


def crowd(folder: Path, rows: dict[int, int]) -> str:
    """Write a table of TCP listeners, some of each user, and return its path."""
    lines = [
        b"%4d: 0100007F:%04X 00000000:0000 0A 00000000:00000000 00:00000000 00000000 %5d        0 %d 1 0\n"
        % (number, number + 1, uid, number + 1000)
        for number, uid in enumerate(uid for uid, count in rows.items() for _ in range(count))
    ]
    (folder / "tcp").write_bytes(HEADER + b"".join(lines))
    return str(folder / "tcp")


@pytest.mark.parametrize(("limit", "tables"), [(1 << 15, 1), (1 << 17, 1), (1 << 17, 2), (3 << 18, 2)])
def test_a_table_that_one_user_filled(limit: int, tables: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of tables without room the rows of other users stay, root's at the end too, and the description counts the rest.

    That holds whether a table is too large by itself or only together with another.
    """
    path = crowd(tmp_path, {1000: 3000, 1001: 2, 0: 1})
    read, iterate = capture.read_file, capture.iterate_rows
    monkeypatch.setattr(capture, "read_file", lambda _path, limit=0: read(path, limit))
    monkeypatch.setattr(capture, "iterate_rows", lambda _path: iterate(path))
    sources = [{"path": f"/proc/net/{name}", "inode": 9, "uid": 7} for name in ("tcp", "udp")[:tables]]
    tree = capture.run({"version": 1, "sources": sources, "most_bytes": limit})
    assert sum(map(len, tree.values())) < limit
    for asked in json.loads(tree[capture.DESCRIPTION])["asked"]:
        content = tree[asked["path"][1:]]
        users = Counter(row.split()[7] for row in content.splitlines()[1:])
        assert content.startswith(HEADER)
        assert (users[b"0"], users[b"1001"]) == (1, 2)
        assert asked["left_out"] == {"1000": 3000 - users[b"1000"]}
        assert f"{3000 - users[b'1000']} of user 1000" in asked["cut"][1]
        assert len(content) * tables > limit // 3


def test_a_cut_table_is_no_proof(tmp_path: Path) -> None:
    """A replay shows the rows of a table that was cut, says so in every output, and facts do not claim the rest."""
    (tmp_path / "proc/net").mkdir(parents=True)
    crowd(tmp_path / "proc/net", {0: 1})
    cut = [errno.EFBIG, "rows were left out, beyond a fair share: 7 of user 1000"]
    about = {"capture": 1, "asked": [{"path": "/proc/net/tcp", "cut": cut}], "failed": {}}
    (tmp_path / "capture.json").write_text(json.dumps(about))
    query = Query(protocols=("tcp",), families=("inet",), show="listening", source="procfs")
    report = collect(query, SnapshotSystem(tmp_path))
    assert len(report["tables"]["sockets"]) == 1
    assert [(one["reason"], one["source"]) for one in report["completeness"]] == [("truncated", "/proc/net/tcp")]
    facts = gather(facts_query(Host(), protocols=["tcp"])._replace(source="procfs"), SnapshotSystem(tmp_path)).facts
    assert list(facts["listening"]) == ["tcp/1"]
    assert "tcp" not in facts["covers"]["protocols"]
    assert any("7 of user 1000" in one["text"] for one in facts["incomplete_because"])


def test_a_cut_table_in_text(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Text of a table that was cut comes with a message and a status, and a recording of it keeps both."""
    (tmp_path / "proc/net").mkdir(parents=True)
    crowd(tmp_path / "proc/net", {0: 1})
    about = {"capture": 1, "asked": [{"path": "/proc/net/tcp", "cut": [errno.EFBIG, "7 rows"]}], "failed": {}}
    (tmp_path / "capture.json").write_text(json.dumps(about))
    again = f"{tmp_path}/again.txt"
    for source, more in ((str(tmp_path), ["--record", again]), (again, [])):
        status = run("--from", source, "-tln4", "--source", "procfs", *more)
        shown, said = capsysbinary.readouterr()
        assert (shown.count(b"LISTEN"), said, status) == (1, b"pynetstat: /proc/net/tcp: 7 rows\n", 1)


def run(*arguments: str) -> int:
    """Run pynetstat in this process."""
    return entry.run(list(arguments), sys.stdout.buffer, sys.stderr.buffer)


def test_facts_of_a_crowd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who listens on more ports than facts hold pushes out nobody else, and facts claim no table then."""
    monkeypatch.setattr(listeners, "MOST_KEYS", 10)
    monkeypatch.setattr(listeners, "MOST_SOCKETS", 20)
    (tmp_path / "proc/net").mkdir(parents=True)
    crowd(tmp_path / "proc/net", {1000: 400, 1001: 2, 0: 3})
    facts = gather(facts_query(Host(), protocols=["tcp"]), SnapshotSystem(tmp_path)).facts
    users = Counter(uid for one in facts["listening"].values() for uid in one["uids"])
    assert users == {1000: 5, 1001: 2, 0: 3}
    assert "tcp" not in facts["covers"]["protocols"]
    assert any("395 more" in one["text"] for one in facts["incomplete_because"])


def test_sockets_of_a_crowd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More sockets than a result holds are no failure: others keep theirs, and the rest is told."""
    monkeypatch.setattr("netstat_core.facts.gather.MOST_KEPT", 10)
    monkeypatch.setattr("netstat_core.facts.gather._SLACK", 2)
    (tmp_path / "proc/net").mkdir(parents=True)
    crowd(tmp_path / "proc/net", {1000: 400, 0: 3})
    gathered = gather(facts_query(Host(), protocols=["tcp"]), SnapshotSystem(tmp_path), keep_sockets=True)
    assert Counter(one["uid"] for one in gathered.sockets) == {1000: 7, 0: 3}
    assert not gathered.facts["complete"]
    assert any("393 more" in one["text"] for one in gathered.facts["incomplete_because"])


def proc_of(folder: Path, users: dict[int, tuple[int, int]]) -> str:
    """Make a /proc: a process for each pid, with its user id and a number of sockets."""
    for pid, (uid, count) in users.items():
        (folder / str(pid) / "fd").mkdir(parents=True)
        (folder / str(pid) / "status").write_text(f"Name:\tx\nUid:\t{uid}\t0\t0\t0\n")
        for number in range(count):
            (folder / str(pid) / "fd" / str(number)).symlink_to(f"socket:[{pid * 1000 + number}]")
    return str(folder)


def test_descriptors_of_a_user_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user with very many descriptors is not searched without end; root and others are, and the rest is told."""
    monkeypatch.setattr(capture, "MOST_DESCRIPTORS", 150)
    proc = proc_of(tmp_path, {1: (0, 300), 5: (1000, 100), 6: (1000, 100), 7: (1001, 120), 8: (1000, 3)})
    owners = capture.scan_owners(proc)
    held = Counter(pid for pids in owners.pids.values() for pid in pids)
    assert held == {1: 300, 5: 100, 6: 50, 7: 120, 8: 3}
    assert owners.cut == {1000: [50, 0]}


def command_snapshot(folder: Path, commands: dict[int, tuple[int, bytes]]) -> SnapshotSystem:
    """Make a copy of /proc in which processes with a user and a command line hold one listener each."""
    for pid, (_uid, command) in commands.items():
        (folder / "proc" / str(pid)).mkdir(parents=True)
        (folder / "proc" / str(pid) / "cmdline").write_bytes(command)
    proc_of(folder / "more", {pid: (uid, 1) for pid, (uid, _command) in commands.items()})
    for pid in commands:
        for name in ("fd", "status"):
            (folder / "more" / str(pid) / name).rename(folder / "proc" / str(pid) / name)
    (folder / "proc/net").mkdir()
    (folder / "proc/net/tcp").write_bytes(
        HEADER
        + b"".join(
            b"%4d: 0100007F:%04X 00000000:0000 0A 0:0 00:0 0 0 0 %d 1 0\n" % (pid, pid, pid * 1000) for pid in commands
        )
    )
    return SnapshotSystem(folder)


def test_arguments_of_a_user_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a user with too many arguments first arguments stay; those of others are whole, and the cut is told."""
    monkeypatch.setattr(processes, "MOST_ARGUMENTS", 5000)
    long = b"many\0" + b"A" * 2000 + b"\0"
    system = command_snapshot(tmp_path, dict.fromkeys(range(10, 20), (1000, long)) | {30: (0, b"sshd\0-D\0")})
    query = Query(protocols=("tcp",), owners=("processes", "arguments"), show="listening")
    report = collect(query, system)
    commands = {one["processes"][0]["pid"]: one["processes"][0]["command"] for one in report["tables"]["sockets"]}
    assert commands[30] == ["sshd", "-D"]
    assert Counter(map(len, commands.values())) == {1: 8, 2: 3}
    assert [one["count"] for one in report["completeness"] if one["source"] == processes.COMMANDS] == [8]


def test_a_first_argument_that_is_cut_is_told(tmp_path: Path) -> None:
    """A first argument longer than what is kept never looks whole, but facts that do not hold it are complete."""
    system = command_snapshot(tmp_path, {10: (1000, b"x" * 5000 + b"\0"), 11: (0, b"y" * 4000 + b"\0")})
    report = collect(Query(protocols=("tcp",), owners=("processes",), show="listening"), system)
    assert [one["count"] for one in report["completeness"] if one["source"] == processes.COMMANDS] == [1]
    host = Host()
    for who in (False, True):
        facts = gather(facts_query(host, protocols=["tcp"], who=who), system, host).facts
        assert any(processes.COMMANDS in one["text"] for one in facts["incomplete_because"]) == who


def test_too_many_holders_are_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets that share more processes than a report holds are shown without them, which is told."""
    monkeypatch.setattr(processes, "_MOST_HELD", 3)
    system = command_snapshot(tmp_path, dict.fromkeys(range(10, 16), (1000, b"x\x00")))
    gathered = gather(facts_query(Host(), protocols=["tcp"]), system, keep_sockets=True)
    assert Counter(one["processes"] is None for one in gathered.sockets) == {False: 3, True: 3}
    assert gathered.facts["covers"]["owners"] == "some"


@pytest.mark.parametrize("how", ["text", "json", "where"])
def test_text_reads_no_arguments(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text shows the first argument alone, and so reads no more, with --arguments too."""
    asked = set()

    def read(_self: object, _pid: int, name: str, *, arguments: bool = False) -> bytes | None:
        asked.update([arguments] if name == "cmdline" else [])
        return None

    monkeypatch.setattr(KernelSystem, "read_process_file", read)
    more = {"text": [], "json": ["--json"], "where": ["--where", "size(processes[0].command) > 0"]}[how]
    with socket.create_server(("127.0.0.1", 0)):
        run("-tlnp", "--arguments", *more)
    assert asked == {how != "text"}


def test_namespaces_of_users_come_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a limit are this namespace, those with names and those of root; then users take turns."""
    owners = {200 + number: 1000 for number in range(50)} | {300: 1001, 301: 1001, 400: 0, 401: capture.NOBODY}
    monkeypatch.setattr(find_namespaces, "_find_owner_of", lambda found: owners[found.inode])
    found = [Found(1), Found(2, name=b"blue"), *map(Found, sorted(owners))]
    inodes = [one.inode for one in find_namespaces.choose(found, 8)]
    assert inodes == [1, 2, 400, 200, 300, 401, 201, 301]
    assert find_namespaces.choose(found, 100) == found


@pytest.mark.parametrize("damaged", [{"x": [1, 1]}, {"1000": 7}, {"1000": [1]}, {"1000": [-1, 0]}, 7, []])
def test_damaged_cuts(damaged: Any, tmp_path: Path) -> None:
    """Damaged words about what was left out leave it unknown who holds a socket."""
    (tmp_path / "proc/net").mkdir(parents=True)
    crowd(tmp_path / "proc/net", {0: 1})
    about = {
        "capture": 1,
        "asked": [{"path": "/proc/net/tcp"}],
        "owners": {"held": {}, "initial": True, "cut": damaged},
    }
    (tmp_path / "capture.json").write_text(json.dumps(about))
    query = Query(protocols=("tcp",), source="procfs", owners=("processes",), show="listening", families=("inet",))
    report = collect(query, SnapshotSystem(tmp_path))
    json.dumps(report)
    assert [one["processes"] for one in report["tables"]["sockets"]] == [None]


def test_memory_that_ends_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source for which memory does not suffice is told, and the others are captured."""
    whole = capture.read_file

    def read(path: str, limit: int = capture.LARGEST_FILE) -> bytes:
        if path.endswith("/tcp"):
            raise MemoryError
        return whole(path, limit)

    monkeypatch.setattr(capture, "read_file", read)
    tree = capture.run({"version": 1, "sources": [{"path": "/proc/net/tcp"}, {"path": "/proc/net/dev"}]})
    assert "proc/net/dev" in tree
    assert json.loads(tree[capture.DESCRIPTION])["failed"]["/proc/net/tcp"][0] == errno.ENOMEM


def test_plans_of_facts_are_small() -> None:
    """A plan without room fails nothing: it gives a capture that says what is missing."""
    host = Host()
    for most in (0, 100, 5000):
        tree = capture.run(dict(plan_facts(facts_query(host, who=True, arguments=True), host), most_bytes=most))
        about = json.loads(tree[capture.DESCRIPTION])
        assert errno.EFBIG in {number for number, _words in about["failed"].values()}
