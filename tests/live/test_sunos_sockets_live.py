"""Live sockets in the SunOS dialect: windows are those of ss, and a replay shows what was shown live."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from namespaces import NetworkNamespace, network_namespace, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ZOO = Path(__file__).resolve().parent / "socket_zoo.py"
PYNETSTAT = [sys.executable, "-m", "netstat_core"]
BOUND_PORT = 9999
STATES = {
    "LISTEN": "LISTEN",
    "SYN-SENT": "SYN_SENT",
    "SYN-RECV": "SYN_RCVD",
    "ESTAB": "ESTABLISHED",
    "FIN-WAIT-1": "FIN_WAIT_1",
    "FIN-WAIT-2": "FIN_WAIT_2",
    "TIME-WAIT": "TIME_WAIT",
    "CLOSE-WAIT": "CLOSE_WAIT",
    "LAST-ACK": "LAST_ACK",
    "CLOSING": "CLOSING",
}
"""SunOS's words for those of ss."""

TRIES = 10
"""Sockets move on between two runs: one pair of equal outputs out of so many proves the point."""

Row = tuple[str, ...]


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetworkNamespace]:
    """Give a namespace with sockets in every state."""
    if why := reason():
        pytest.skip(why)
    if not Path("/dev/net/tun").exists():
        pytest.skip("no /dev/net/tun for the far end of half-done connections")
    with network_namespace() as made, made.running([sys.executable, str(ZOO), str(tmp_path_factory.mktemp("zoo"))]):
        yield made


def show(zoo: NetworkNamespace, *arguments: str) -> str:
    """Return what pynetstat prints inside; it says nothing else."""
    done = zoo.run([*PYNETSTAT, *arguments])
    assert (done.stderr, done.returncode) == (b"", 0)
    return done.stdout.decode()


def read_rows(text: str) -> set[Row]:
    """Return local and remote address, Swind, Send-Q, Rwind, Recv-Q and state of the rows of both tables."""
    rows = (line.split() for line in text.splitlines())
    return {tuple(words[:7]) for words in rows if len(words) >= 7 and "." in words[0]}


def name_end(end: str) -> str:
    """Return an address and port of ss as SunOS writes them: ``[::ffff:127.0.0.1]:80`` is ``127.0.0.1.80``."""
    host, _, port = end.rpartition(":")
    host = host.strip("[]").removeprefix("::ffff:")
    return f"{'*' if host in ('0.0.0.0', '::', '*') else host}.{port}"


def read_ss(zoo: NetworkNamespace) -> set[Row]:
    """Return the rows of ss as those of SunOS; Rwind is known of sockets that listen: their buffer."""
    rows = set()
    for line in zoo.run(["ss", "-tanimOH"]).stdout.decode().splitlines():
        state, received, sent, local, remote, *rest = line.split()
        more = " ".join(rest)
        window = re.search(r"snd_wnd:(\d+)", more)
        buffer = re.search(r"skmem:\(r\d+,rb(\d+)", more)
        if state == "LISTEN":
            received = sent = "0"
            windows = "0", buffer[1] if buffer else "--"
        else:
            windows = ((window[1] if window else "0") if "cwnd:" in more else "--"), "?"
        rows.add((name_end(local), name_end(remote), windows[0], sent, windows[1], received, STATES[state]))
    return rows


def hide_received(row: Row) -> Row:
    """Return a row without Rwind, unless the socket listens."""
    return row if row[6] in ("LISTEN", "BOUND") else (*row[:4], "?", *row[5:])


def settle(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
    """Return two results that are equal, or those of the last try."""
    found = first(), second()
    for _ in range(TRIES):
        if found[0] == found[1]:
            break
        found = first(), second()
    return found


def test_every_state_is_shown_with_the_windows_of_ss(zoo: NetworkNamespace) -> None:
    """Each socket that ss lists has its row with the same addresses, queues and window of the peer, and no other."""
    if shutil.which("ss") is None:
        pytest.skip("ss is not installed")

    def run_ours() -> set[Row]:
        rows = map(
            hide_received, read_rows(show(zoo, "--dialect", "solaris", "-an", "-P", "tcp", "-f", "inet", "-f", "inet6"))
        )
        return {row for row in rows if row[6] != "BOUND"}

    ours, theirs = settle(run_ours, lambda: read_ss(zoo))
    assert ours == theirs
    assert {row[6] for row in ours} == set(STATES.values())


def test_the_window_of_one_end_is_the_other_ends(zoo: NetworkNamespace) -> None:
    """Rwind of a connection without data under way is Swind of the other end."""
    rows = read_rows(show(zoo, "--dialect", "solaris", "-n", "-P", "tcp", "-f", "inet", "-f", "inet6"))
    ends = {row[:2]: row for row in rows if row[6] == "ESTABLISHED"}
    pairs = [(row, ends[row[1::-1]]) for row in ends.values() if row[1::-1] in ends]
    idle = [(near, far) for near, far in pairs if near[3] == near[5] == far[3] == far[5] == "0"]
    assert idle
    assert all(near[4] == far[2] for near, far in idle)


def test_bound_sockets(zoo: NetworkNamespace) -> None:
    """A socket that is only bound is a row with -a, with its buffer; nothing in net-tools text has it."""
    rows = read_rows(show(zoo, "--dialect", "solaris", "-an", "-P", "tcp"))
    [bound] = [row for row in rows if row[6] == "BOUND"]
    assert bound[:4] == (f"127.0.0.1.{BOUND_PORT}", "*.*", "0", "0")
    assert int(bound[4]) > 0
    assert f".{BOUND_PORT}" not in show(zoo, "--dialect", "solaris", "-n", "-P", "tcp")
    assert f":{BOUND_PORT}" not in show(zoo, "-tan") + show(zoo, "-an") + show(zoo, "-tln")


def list_bound(zoo: NetworkNamespace, *arguments: str) -> list[dict[str, Any]]:
    """Return the records of sockets with the port of the bound one."""
    report = json.loads(show(zoo, *arguments, "--json"))
    return [record for record in report["tables"]["sockets"] if record.get("local_port") == BOUND_PORT]


def test_bound_sockets_in_records(zoo: NetworkNamespace) -> None:
    """JSON has the socket with -a alone, in a state of its own, as one that does not listen."""
    [record] = list_bound(zoo, "-tan")
    assert (record["state"], record["listening"], record["remote_port"]) == ("BOUND_INACTIVE", False, 0)
    assert record["inode"]
    assert list_bound(zoo, "-tn") == list_bound(zoo, "-tln") == []
    facts = json.loads(show(zoo, "--format", "facts-local"))
    assert str(BOUND_PORT) not in json.dumps(facts["listening"])


def test_a_replay_shows_what_was_shown_live(zoo: NetworkNamespace, tmp_path: Path) -> None:
    """A capture of everything gives the text of the live sockets, windows and bound sockets among them."""
    snapshot = tmp_path / "sockets.txt"

    def replay(*options: str) -> str:
        return show(zoo, *options, "--from", str(snapshot))

    def capture_and_replay() -> str:
        show(zoo, "capture", str(snapshot), "-an")
        return replay("--dialect", "solaris", "-an")

    live, replayed = settle(lambda: show(zoo, "--dialect", "solaris", "-an"), capture_and_replay)
    assert replayed == live
    assert "BOUND" in live
    assert f":{BOUND_PORT}" not in replay("-an")
    assert list(map(bool, [list_bound(zoo, "-tan", "--from", str(snapshot))])) == [True]
