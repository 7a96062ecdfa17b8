"""TCP dumps that are not requested: never one that would list a socket, and those of namespaces without any."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from namespaces import NetworkNamespace

HERE = Path(__file__).resolve().parent
PYNETSTAT = [sys.executable, "-m", "netstat_core"]
STATES = {
    *("LISTEN", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2"),
    *("CLOSE_WAIT", "LAST_ACK", "CLOSING", "TIME_WAIT"),
}
LISTEN = """\
import socket, sys
held = socket.create_server((sys.argv[1], 7000), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def conditions(namespace: NetworkNamespace) -> list[dict[str, Any]]:
    """Return what the kernel and the signs show of each condition of TCP sockets."""
    if not Path("/dev/net/tun").exists():
        pytest.skip("no /dev/net/tun for the far end of half-done connections")
    ran = namespace.run(["env", f"PYTHONPATH={HERE}", sys.executable, str(HERE / "one_state.py")])
    assert not ran.returncode, ran.stderr.decode()
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_no_state_of_tcp_is_taken_for_nothing(conditions: list[dict[str, Any]]) -> None:
    """Whatever state the only socket of a namespace is in, the signs do not show that its IP version has none."""
    wrong = [one for one in conditions if any(one["listed"][family] for family in one["none"])]
    assert not wrong
    assert {state for one in conditions for states in one["listed"].values() for state in states} == STATES


def test_a_request_outlives_its_listener_in_no_counter(conditions: list[dict[str, Any]]) -> None:
    """SYN_RECV without a listener is listed while no socket is in use or in TIME_WAIT: why segments are counted too."""
    (left,) = [one for one in conditions if one["condition"] == "SYN_RECV without listener"]
    assert left["listed"]["inet"] == {"SYN_RECV": 1}
    assert left["counted"][0].startswith("TCP: inuse 0 ")
    assert " tw 0 " in left["counted"][0]


def test_what_is_empty_is_found_empty(conditions: list[dict[str, Any]]) -> None:
    """The signs show that nothing is there in a new namespace, and of the IP version in which nothing listens."""
    none = {one["condition"]: one["none"] for one in conditions}
    assert none["nothing"] == ["inet", "inet6"]
    assert none["IPv4 listens"] == ["inet6"]
    assert none["IPv6 listens"] == ["inet"]


def recorded(namespace: NetworkNamespace, folder: Path, *arguments: str) -> tuple[dict[str, Any], set[str]]:
    """Return a report that is recorded while it is made, and the names of the dumps in the recording."""
    command = [*PYNETSTAT, "--json", "-tln", *arguments]
    folder.mkdir()
    ran = namespace.run([*command, "--record", str(folder)])
    assert not ran.returncode, ran.stderr.decode()
    replayed = namespace.run([*command, "--from", str(folder)])
    assert replayed.stdout == ran.stdout
    assert replayed.stderr == ran.stderr
    about = json.loads((folder / "capture.json").read_text())
    return json.loads(ran.stdout), {reply["name"] for reply in about["netlink"]}


@pytest.mark.parametrize(
    ("host", "dumped"), [(None, set()), ("127.0.0.1", {"sock_diag/tcp"}), ("::1", {"sock_diag/tcp6"})]
)
def test_empty_dumps_are_not_requested(
    namespace: NetworkNamespace, tmp_path: Path, host: str | None, dumped: set[str]
) -> None:
    """Only the IP version with a listener is dumped, the report claims no less, and a replay decides alike."""
    namespace.run(["ip", "link", "set", "lo", "up"])
    if host is None:
        report, names = recorded(namespace, tmp_path / "recorded")
    else:
        with namespace.running([sys.executable, "-c", LISTEN, host]):
            report, names = recorded(namespace, tmp_path / "recorded")
    assert {name for name in names if name.startswith("sock_diag/tcp")} == dumped
    assert [row["local_address"] for row in report["tables"]["sockets"]] == [host] * (host is not None)
    assert not report["completeness"]


def test_what_no_counter_has_is_dumped(namespace: NetworkNamespace, tmp_path: Path) -> None:
    """Records of all sockets have those that are only bound, for which each IP version is dumped."""
    folder = tmp_path / "recorded"
    folder.mkdir()
    namespace.run([*PYNETSTAT, "--json", "-tan", "--record", str(folder)])
    about = json.loads((folder / "capture.json").read_text())
    assert {"sock_diag/tcp", "sock_diag/tcp6"} <= {reply["name"] for reply in about["netlink"]}


def test_a_capture_holds_what_the_signs_are_read_from(namespace: NetworkNamespace, tmp_path: Path) -> None:
    """A capture reads the counters, each before the dump that it is a sign of, and replays to what is shown here."""
    target = f"{tmp_path}/captured/"
    with namespace.running([sys.executable, "-c", LISTEN, "127.0.0.1"]):
        assert not namespace.run([*PYNETSTAT, "capture", target, "-tln"]).returncode
        shown = namespace.run([*PYNETSTAT, "-tln"]).stdout
    about = json.loads(Path(target, "capture.json").read_text())
    paths = [source["path"] for source in about["asked"]]
    assert {"/proc/net/sockstat", "/proc/net/sockstat6", "/proc/net/snmp"} <= {*paths}
    assert {"sock_diag/tcp", "sock_diag/tcp6"} <= {reply["name"] for reply in about["netlink"]}
    assert namespace.run([*PYNETSTAT, "--from", target, "-tln"]).stdout == shown


@pytest.mark.parametrize("content", [None, b"", b"<html></html>\n", b"sockets: used 0\nTCP: inuse 0 orphan 0 tw 0 al"])
def test_without_whole_counters_the_recorded_dump_counts(
    namespace: NetworkNamespace, tmp_path: Path, content: bytes | None
) -> None:
    """A snapshot whose counters are missing, as in old ones, cut or something else shows the sockets of its dumps."""
    folder = tmp_path / "recorded"
    with namespace.running([sys.executable, "-c", LISTEN, "127.0.0.1"]):
        report, _ = recorded(namespace, folder, "-4")
    for name in ("sockstat", "snmp"):
        path = folder / "proc/net" / name
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
    if content is None:
        about = json.loads((folder / "capture.json").read_text())
        about["asked"] = [source for source in about["asked"] if not source["path"].startswith("/proc/net/s")]
        (folder / "capture.json").write_text(json.dumps(about))
    ran = namespace.run([*PYNETSTAT, "--json", "-tln", "-4", "--from", str(folder)])
    replayed = json.loads(ran.stdout)
    assert len(replayed["tables"]["sockets"]) == 1
    assert replayed == report
