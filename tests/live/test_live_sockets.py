"""Live sockets: in a namespace full of them, netstat and pynetstat show the same."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from differences import diff, expected, require_same, settled
from realnetstat import OURS, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from namespaces import NetworkNamespace

ZOO = Path(__file__).resolve().parent / "socket_zoo.py"
STATES = {"LISTEN", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2"} | {
    *("CLOSE_WAIT", "LAST_ACK", "CLOSING", "TIME_WAIT"),
    *("LISTENING", "CONNECTING", "CONNECTED", "STREAM", "DGRAM", "SEQPACKET"),
}
TIMER = re.compile(rb"\((\d+\.\d\d)/")
TRIES = 5
"""Sockets move on between two runs: one pair of equal outputs out of so many proves the point."""

ARGUMENTS = [
    *("-tan", "-uan", "-wan", "-xan", "-Uan", "-an", "-n", "-ln", "-ano", "-ane", "-anp", "-tulpn", "-natp"),
    *(
        "-anpoeW",
        "-tanpo",
        "-6an",
        "-4an",
        "-xln",
        "-xn",
        "-xanp",
        "-at",
        "-lx",
        "-tuna",
        "-an46",
        "-tnW",
        "-San",
        "-anv",
    ),
]
SOURCES = ([], ["--source", "procfs"], ["--source", "netlink"])


def program(source: list[str]) -> list[str]:
    """Return the command line of pynetstat, or of netstat itself when the harness is to be proved."""
    return ["env", OURS] if OURS else [sys.executable, "-m", "netstat_core", *source]


@pytest.fixture(scope="module")
def zoo(
    namespace: NetworkNamespace, real_netstat: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NetworkNamespace]:
    """Fill the namespace with sockets for as long as this module's tests run."""
    if not Path("/dev/net/tun").exists():
        pytest.skip("no /dev/net/tun for the far end of half-done connections")
    with namespace.running([sys.executable, str(ZOO), str(tmp_path_factory.mktemp("zoo"))]):
        assert_complete(namespace.run(["netstat", "-an"]).stdout.decode())
        yield namespace


def assert_complete(shown: str) -> None:
    """Insist that every state of TCP, both IP versions and every protocol are really there to be compared."""
    assert set(shown.split()) >= STATES
    assert {line.split()[0] for line in shown.splitlines()} >= {"tcp", "tcp6", "udp", "udp6", "raw", "raw6", "unix"}


def equal_pair(
    inside: NetworkNamespace,
    ours: list[str],
    arguments: list[str],
    known: Callable[[Outcome], Outcome] = lambda outcome: outcome,
) -> tuple[Outcome, Outcome]:
    """Return what both do, as far as known and without timers, from the first try in which nothing moved meanwhile."""
    for _ in range(TRIES):
        runs = [inside.run([*command, *arguments]) for command in (["netstat"], ours)]
        real, mine = (Outcome(TIMER.sub(b"(", run.stdout), run.stderr, run.returncode) for run in runs)
        pair = (known(expected("the zoo", real)), known(settled("the zoo", mine)))
        if pair[0] == pair[1]:
            break
    return pair


def as_netlink_knows(outcome: Outcome) -> Outcome:
    """Return the outcome without what only /proc tells of UNIX sockets: use counts and connections that wait."""
    lines = [line for line in outcome.stdout.split(b"\n") if not re.match(rb"unix .* CONNECTING    0 ", line)]
    lines = [re.sub(rb"^unix  \d+ {6}", b"unix  -      ", line) for line in lines]
    return replace(outcome, stdout=b"\n".join(lines))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source[-1] if source else "default")
@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_same_output(arguments: str, source: list[str], zoo: NetworkNamespace) -> None:
    """The kernel's sockets are shown the same, row by row, whichever interface of the kernel they are read from."""
    known = [as_netlink_knows] if "netlink" in source else []
    real, ours = equal_pair(zoo, program(source), [arguments], *known)
    require_same(diff(real, ours))
    assert real.stdout.count(b"\n") > 2 or real.stderr


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source[-1] if source else "default")
def test_timers_run_alike(source: list[str], zoo: NetworkNamespace) -> None:
    """The seconds of long timers agree up to the time between two runs."""
    command = "-tano"
    real, mine = (zoo.run([*start, command]).stdout for start in (["netstat"], program(source)))
    pattern = re.compile(rb"^(tcp6?) +\d+ +\d+ (\S+ +\S+) .*(keepalive) \((\d+\.\d\d)/", re.MULTILINE)
    seconds = [{row[:3]: float(row[3]) for row in pattern.findall(text)} for text in (real, mine)]
    assert seconds[0].keys() == seconds[1].keys()
    assert len(seconds[0]) >= 2
    assert all(0 <= before - seconds[1][row] < 5 for row, before in seconds[0].items())


PIPELINES = (
    "netstat -n | awk '/^tcp/ {++S[$NF]} END {for(a in S) print a, S[a]}' | sort",
    "netstat -an | grep :80 | wc -l",
    "netstat -natp",
    "netstat -tulpn | grep LISTEN",
    "netstat -an | head -n 1",
    "netstat -ant | awk '{print $6}' | sort | uniq -c | sort -rn",
    "netstat -lntp | awk 'NR>2 {print $4, $7}' | sort",
    "netstat -anp | grep -c unix",
    "netstat --tcp --listening --programs --numeric | tail -n +3",
)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_pipelines(pipeline: str, zoo: NetworkNamespace) -> None:
    """The shell lines people know give the same with pynetstat in netstat's place."""
    shell = f'netstat() {{ {shlex.join(program([]))} "$@"; }}; {pipeline}'
    for _ in range(TRIES):
        real, ours = (zoo.run(["sh", "-c", line]) for line in (pipeline, shell))
        if real.stdout == ours.stdout:
            break
    assert real.stdout.strip() not in {b"", b"0"}
    assert (ours.stdout, ours.stderr, ours.returncode) == (real.stdout, b"", real.returncode)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source[-1] if source else "default")
@pytest.mark.skipif(OURS is not None, reason="the real program cuts these names")
def test_odd_unix_names(source: list[str], namespace: NetworkNamespace, tmp_path: Path) -> None:
    """A UNIX path is shown whole on one line, whatever it is made of; only text reaches a terminal."""
    with namespace.running([sys.executable, str(ZOO), str(tmp_path), "--odd-names"]):
        shown = namespace.run([*program(source), "-xan"])
    rows = [line for line in shown.stdout.decode().splitlines() if str(tmp_path) in line]
    names = {line.partition(f"{tmp_path}/")[2] for line in rows}
    assert {"with two  blanks", "café", " leading"} <= names
    assert "line" not in names or source == ["--source", "procfs"]
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\xfe\xff]", shown.stdout)
