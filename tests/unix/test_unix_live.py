"""Real UNIX sockets in a namespace of their own, those with names meant to deceive among them."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import namespaces
import pytest
from unix_zoo import FORGED, VICTIM

from netstat_core.plugin import unescape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from namespaces import NetworkNamespace

ZOO = str(Path(__file__).resolve().parent / "unix_zoo.py")
OURS = [sys.executable, "-m", "netstat_core"]
CHURN_SECONDS = 3.0
ONLY_IN_DIAG = ("peer_inode", "uid", "recv_queue", "send_queue", "backlog", "vnode", "has_peer")


class Zoo:
    """Sockets that are held while the tests look at them."""

    def __init__(self, namespace: NetworkNamespace, directory: Path) -> None:
        self.namespace = namespace
        held = json.loads((directory / "sockets.json").read_text())
        self.names = {one["inode"]: one["name"] and bytes.fromhex(one["name"]) for one in held}

    def text(self, *command: str) -> bytes:
        """Return what a command prints, which has to succeed."""
        finished = self.namespace.run(list(command))
        assert finished.returncode == 0
        return finished.stdout

    def report(self, source: str = "auto") -> dict[str, Any]:
        """Return the JSON report of all UNIX sockets."""
        report: dict[str, Any] = json.loads(self.text(*OURS, "-xa", "--json", "--source", source))
        return report

    def records(self, source: str = "auto") -> list[dict[str, Any]]:
        """Return the records of a report that has no problems and no gaps."""
        report = self.report(source)
        assert report["problems"] == report["completeness"] == []
        records: list[dict[str, Any]] = report["tables"]["sockets"]
        return records


@contextmanager
def held(sort: str, directory: Path) -> Iterator[Zoo]:
    """Hold one sort of sockets, in a namespace that has no others, for the length of the block."""
    if why := namespaces.reason():
        pytest.skip(why)
    with namespaces.network_namespace() as made, made.running([sys.executable, ZOO, sort, str(directory)]):
        yield Zoo(made, directory)


@pytest.fixture(scope="module")
def tame(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zoo]:
    """Give sockets that deceive nobody."""
    with held("tame", tmp_path_factory.mktemp("tame")) as zoo:
        yield zoo


def without(record: dict[str, Any], *fields: str) -> dict[str, Any]:
    """Return a record without some of its fields."""
    return {field: value for field, value in record.items() if field not in fields}


@pytest.mark.usefixtures("real_netstat")
@pytest.mark.parametrize("source", ["auto", "procfs"])
@pytest.mark.parametrize("arguments", ["-xan", "-x", "-xl", "-xanp"])
def test_the_same_text(tame: Zoo, arguments: str, source: str) -> None:
    """Byte by byte what netstat prints, in its order, with and without the dump."""
    real = tame.text("netstat", arguments)
    assert tame.text(*OURS, "--source", source, arguments) == real
    assert real.count(b"\n") > 3


def test_every_sort_is_there(tame: Zoo) -> None:
    """All types and states a kernel still has took part, and connections that wait."""
    records = tame.records()
    assert {one["type"] for one in records} == {"stream", "dgram", "seqpacket"}
    assert {one["state"] for one in records} == {"UNCONNECTED", "LISTENING", "CONNECTED", "CONNECTING"}
    assert len([one for one in records if one["inode"] is None]) == 4


def test_the_dump_agrees(tame: Zoo) -> None:
    """The dump alone gives the same records in the same order, but for waiting connections and reference counts."""
    merged = [without(one, "ref_count") for one in tame.records() if one["inode"]]
    alone = tame.records("netlink")
    assert [without(one, "ref_count") for one in alone] == merged
    assert {one["ref_count"] for one in alone} == {None}


def test_the_file_agrees(tame: Zoo) -> None:
    """The file alone gives the same records, but for what only the dump tells and for what an @ in a name is."""
    unsure = (*ONLY_IN_DIAG, "path", "abstract")
    pairs = list(zip(tame.records(), tame.records("procfs"), strict=True))
    assert all(without(both, *unsure) == without(alone, *unsure) for both, alone in pairs)
    assert {alone[field] for _, alone in pairs for field in ONLY_IN_DIAG} == {None}
    shown = [["@" * bool(one["abstract"]) + (one["path"] or "").replace("\0", "@") for one in pair] for pair in pairs]
    assert all(both == alone for both, alone in shown)


def test_peers_queues_and_owners(tame: Zoo) -> None:
    """Peers point at each other, a listener counts who waits, unread bytes are counted, and the owner is root."""
    records = tame.records()
    by_inode = {one["inode"]: one for one in records if one["inode"]}
    pairs = [(one, by_inode[one["peer_inode"]]) for one in by_inode.values() if one["peer_inode"]]
    assert len([1 for one, peer in pairs if peer["peer_inode"] == one["inode"]]) == 2 * 6
    listeners = {one["path"]: one for one in records if one["listening"]}
    assert [(one["recv_queue"], one["send_queue"], one["backlog"]) for one in listeners.values()] == [(2, 0, 4)] * 2
    assert {one["recv_queue"] for one in records if one["path"] == "stream" and one["state"] == "CONNECTED"} == {10}
    assert {one["recv_queue"] for one in records if one["path"] == "dgram"} == {5}
    assert {one["uid"] for one in by_inode.values()} == {0}


def test_names_survive(tmp_path: Path) -> None:
    """Whatever bytes names are of, each socket has its own, and no row inside a name is ever taken for one."""
    with held("hostile", tmp_path) as zoo:
        records = zoo.records()
        dumped = zoo.records("netlink")
        text = zoo.text(*OURS, "-xan")
        assert b"99     [" in zoo.text(*OURS, "-xan", "--source", "procfs")
    for found in (records, dumped):
        names = {
            one["inode"]: None if one["path"] is None else b"\0" * one["abstract"] + unescape(one["path"])
            for one in found
            if one["inode"]
        }
        assert names == zoo.names
    assert FORGED not in {one["ref_count"] for one in records}
    waiting = [one["path"] for one in records if one["inode"] is None]
    assert sorted(waiting) == sorted([VICTIM.decode(), "multi\nline", "multi\n\nline\0"] * 2)
    assert text.count(b"\n") == 2 + len(records)
    assert not [line for line in text.splitlines() if line.startswith(b"unix  99 ")]
    assert all(line.decode().isprintable() for line in text.split(b"\n"))


@pytest.mark.usefixtures("real_netstat")
def test_netstat_is_deceived(tmp_path: Path) -> None:
    """The forged rows are good ones: netstat shows them as sockets."""
    with held("hostile", tmp_path) as zoo:
        shown = zoo.text("netstat", "-xan")
    assert shown.count(b"unix  99 ") >= 8


@pytest.mark.usefixtures("real_netstat")
def test_a_connect_that_blocks(tmp_path: Path) -> None:
    """What a blocked connect() has made is under no listener's name: netstat's row of type UNKNOWN is dropped."""
    with held("blocked", tmp_path) as zoo:
        report = zoo.report()
        ours, real = (zoo.text(*program, "-xan") for program in (OURS, ["netstat"]))
    extra = b"unix  2      [ ]         UNKNOWN    DISCONNECTING 0        \n"
    assert ours == real.replace(extra, b"")
    assert extra in real
    (gap,) = report["completeness"]
    assert (gap["reason"], gap["source"], gap["count"]) == ("raced", "/proc/net/unix", 1)


def test_sockets_that_come_and_go(tmp_path: Path) -> None:
    """While others make and close sockets with forged names, those that stay show once each, and no forged row."""
    with held("churn", tmp_path) as zoo:
        finish = time.monotonic() + CHURN_SECONDS
        reports = []
        while time.monotonic() < finish:
            reports.append(zoo.report())
    for report in reports:
        records = report["tables"]["sockets"]
        inodes = [one["inode"] for one in records if one["inode"]]
        assert len(set(inodes)) == len(inodes)
        assert set(inodes) >= zoo.names.keys()
        assert FORGED not in {one["ref_count"] for one in records}
        waiting = [one["path"] for one in records if one["inode"] is None]
        assert waiting == [VICTIM.decode()] * len(waiting)
        assert len(waiting) <= 2
        assert report["problems"] == []
        assert [gap["reason"] for gap in report["completeness"]] in ([], ["raced"])
