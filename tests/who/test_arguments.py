"""Arguments of processes, which may hold secrets: they are read, shown and kept only where they are asked for."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netstat_core import Query, collect
from netstat_core.cli import main as entry
from netstat_core.dialects.net_tools import command_line
from netstat_core.facts.gather import gather, plan_facts
from netstat_core.facts.query import facts_query
from netstat_core.host.discovery import Host
from netstat_core.owners.processes import COMMANDS
from netstat_core.plugin.text import program_cell
from netstat_core.report.plan import EVERYTHING, plan
from netstat_core.system import archive, capture
from netstat_core.system.live import LiveSystem
from netstat_core.system.snapshot import SnapshotSystem

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "--password=hunter2-of-a-test"
PROGRAM = (
    "import socket as s, sys; l = s.create_server(('', 0)); print(l.getsockname()[1], flush=True); sys.stdin.read()"
)
COMMAND = [sys.executable, "-c", PROGRAM, SECRET]
ASKED = pytest.mark.parametrize("asked", [False, True], ids=["not asked for", "asked for"])


class Held:
    """A process with a secret among its arguments, and the TCP port that it listens on."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.where = f"local_port == {port}"


@pytest.fixture(scope="module")
def held() -> Iterator[Held]:
    """Give such a process."""
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        yield Held(process.pid, int(process.stdout.readline()))
        process.stdin.close()


def run(*arguments: str) -> tuple[bytes, bytes, int]:
    """Run pynetstat in this process: what it writes to each stream, and its status."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    status = entry.run(list(arguments), stdout, stderr)
    return stdout.getvalue(), stderr.getvalue(), status


def option(*, asked: bool) -> list[str]:
    """Return the option that asks for arguments, where they are."""
    return ["--arguments"] if asked else []


def commands(value: Any, pid: int) -> list[Any]:
    """Find the command lines of a process in a report or facts, however deep."""
    if isinstance(value, list):
        return [found for one in value for found in commands(one, pid)]
    if not isinstance(value, dict):
        return []
    own = [value["command"]] if value.get("pid") == pid else []
    return own + [found for one in value.values() for found in commands(one, pid)]


def gaps(report: dict[str, Any]) -> list[str]:
    """Return the reasons for which command lines could not be seen."""
    return [one["reason"] for one in report["completeness"] if one["source"] == COMMANDS]


def wanted(*, asked: Any) -> list[str]:
    """Return the command line that is to be shown."""
    return COMMAND if asked else COMMAND[:1]


@ASKED
@pytest.mark.parametrize("output", ["--json -p", "--json --who", "--ndjson -p", "--format facts --who"])
def test_reports_of_the_command_line(held: Held, output: str, asked: Any) -> None:
    """A secret argument is in JSON and facts where arguments are asked for, and --who alone does not ask for them."""
    shown = run("-tln", *output.split(), "--where", held.where, *option(asked=asked))[0]
    assert (SECRET.encode() in shown) == asked
    lines = [json.loads(line) for line in shown.splitlines()] if "nd" in output else json.loads(shown)
    assert {tuple(one) for one in commands(lines, held.pid)} == {tuple(wanted(asked=asked))}


@ASKED
@pytest.mark.parametrize("how", ["capture", "capture narrowed", "record", "record text"])
def test_snapshots(held: Held, how: str, asked: Any, tmp_path: Path) -> None:
    """A capture and a recording hold a secret argument where it was asked for, and no piece of it otherwise."""
    path = f"{tmp_path}/made/"
    display = {"capture": [], "record": ["-tln", "--who", "--json"]}.get(how, ["-tlnp"])
    arguments = ["capture", path, *display] if how.startswith("capture") else [*display, "--record", path]
    assert run(*arguments, *option(asked=asked))[2] == 0
    command = (Path(path) / f"proc/{held.pid}/cmdline").read_bytes()
    assert command == b"".join(one.encode() + b"\0" for one in (COMMAND if asked else COMMAND[:1]))
    assert holds_secret(path) == asked


def holds_secret(folder: str) -> bool:
    """Tell whether any file of a folder holds the secret."""
    return any(SECRET.encode() in path.read_bytes() for path in Path(folder).rglob("*") if path.is_file())


@ASKED
def test_facts_and_what_targets_send(held: Held, asked: Any) -> None:
    """What a plan of facts takes of a machine, and the facts made here, have arguments where their option says so."""
    host = Host()
    query = facts_query(host, tables=["sockets"], protocols=["tcp"], sockets="all", arguments=asked)
    tree = capture.run(plan_facts(query, host))
    assert any(SECRET.encode() in content for content in tree.values()) == asked
    for system in (None, SnapshotSystem(archive.unpack_text(capture.pack(tree)))):
        made = gather(query._replace(where=held.where), system, host, keep_sockets=True)
        assert (SECRET in json.dumps(made.sockets)) == asked
        assert (SECRET in json.dumps(made.facts)) == asked  # in the owners of listeners, which both options bring
        assert ("owners" in next(iter(made.facts["listening"].values()))) == asked
        assert not any(COMMANDS in reason for reason in made.facts["incomplete_because"])


def test_who_of_facts_does_not_ask_for_arguments(held: Held) -> None:
    """Facts that tell all about processes tell the first argument only."""
    host = Host()
    query = facts_query(host, tables=["sockets"], protocols=["tcp"], where=held.where, who=True)
    facts = gather(query, None, host).facts
    assert SECRET not in json.dumps(facts)
    assert commands(facts, held.pid) == [wanted(asked=False)]


def test_filters_do_not_see_what_is_not_shown(held: Held) -> None:
    """No answer of --where tells whether a process has an argument, unless arguments are asked for."""
    where = f"{held.where} && size(processes[0].command) > 1"
    found = [
        collect(Query(protocols=("tcp",), where=where, owners=owners))["tables"]["sockets"]
        for owners in (("processes",), ("processes", "arguments"))
    ]
    assert list(map(len, found)) == [0, 1]


@pytest.mark.parametrize("how", ["capture", "record"])
def test_a_replay_asks_for_what_is_not_there(held: Held, how: str, tmp_path: Path) -> None:
    """A snapshot made without arguments says so where they are asked for, and claims nothing where they are not."""
    path = f"{tmp_path}/made.txt"
    run(*(["capture", path] if how == "capture" else ["-tlnp", "--json", "--record", path]))
    plain = run("--from", path, "--json", "-tlnp", "--where", held.where)
    assert (gaps(json.loads(plain[0])), plain[1:]) == ([], (b"", 0))
    shown, said, status = run("--from", path, "--json", "-tln", "--arguments", "--where", held.where)
    report = json.loads(shown)
    assert commands(report, held.pid) == [wanted(asked=False)]
    assert gaps(report) == ["narrower_capture"]
    assert (said.count(b"\n"), COMMANDS.encode() in said, status) == (1, True, 1)
    plain_facts, facts = (
        json.loads(run("--from", path, "--format", "facts-local", "-tlnp", *option(asked=asked))[0])
        for asked in (False, True)
    )
    (more,) = (one for one in facts["incomplete_because"] if one not in plain_facts["incomplete_because"])
    assert (more["about"], COMMANDS in more["text"]) == ("owners", True)
    assert facts["covers"] == plain_facts["covers"]


def test_replays_and_recordings_of_whole_snapshots(held: Held, tmp_path: Path) -> None:
    """Of a snapshot with arguments a replay shows them, and a recording of the replay keeps them, if asked only."""
    path = f"{tmp_path}/made.txt"
    run("capture", path, "--arguments")
    for asked in (False, True):
        again = f"{tmp_path}/{asked}/"
        shown = run("--from", path, "--json", "-tlnp", "--record", again, *option(asked=asked))[0]
        assert commands(json.loads(shown), held.pid) == [wanted(asked=asked)]
        assert holds_secret(again) == asked
        replayed = json.loads(run("--from", again, "--json", "-tln", "--arguments")[0])
        assert gaps(replayed) == ([] if asked else ["narrower_capture"])


def test_a_folder_of_proc_has_what_it_has(tmp_path: Path) -> None:
    """A copied /proc, which no capture made, shows arguments where they are asked for, and no gap."""
    process = tmp_path / "proc/70"
    (process / "fd").mkdir(parents=True)
    (process / "fd/3").symlink_to("socket:[500]")
    (process / "cmdline").write_bytes(b"webd\0--token=x\0")
    (tmp_path / "proc/net").mkdir()
    row = " 0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 500 1 0\n"
    (tmp_path / "proc/net/tcp").write_text(f"h\n{row}")
    for asked, command in ((False, ["webd"]), (True, ["webd", "--token=x"])):
        shown = run("--from", str(tmp_path), "-tlnp", "--json", *option(asked=asked))[0]
        report = json.loads(shown)
        assert commands(report, 70) == [command]
        assert gaps(report) == []


def test_text_is_as_with_p(held: Held) -> None:
    """Text is that of -p, with --arguments alone too."""
    shown = [run("-tln", *one, "--where", held.where) for one in (["-p"], ["--arguments"], ["--who", "--arguments"])]
    assert f"{held.pid}/".encode() in shown[0][0]
    assert shown[1:] == shown[:1] * 2


@pytest.mark.parametrize(
    ("given_options", "owners"),
    [
        ("-tln", ()),
        ("-p", ("processes",)),
        ("--who", ("processes", "details")),
        ("--arguments", ("processes", "arguments")),
        ("--who --arguments", ("processes", "details", "arguments")),
        ("--arguments -Z", ("processes", "contexts", "arguments")),
    ],
)
def test_the_option_alone_asks_for_arguments(given_options: str, owners: tuple[str, ...]) -> None:
    """--arguments asks for owners too, and no other option asks for arguments."""
    parsed = command_line.parse("pynetstat", given_options.split(), lambda _: None, tuple)
    assert parsed.request().query.owners == owners


def test_plans_say_whether_arguments_are_wanted() -> None:
    """No plan asks for arguments but that of a query that does; one that does not say is one without."""
    assert not plan(EVERYTHING)["arguments"]
    assert plan(EVERYTHING._replace(owners=(*EVERYTHING.owners, "arguments")))["arguments"]
    silent = {name: value for name, value in plan(EVERYTHING).items() if name != "arguments"}
    about = json.loads(capture.run(silent)[capture.DESCRIPTION])
    assert about["owners"]["arguments"] is False


def test_what_is_not_wanted_is_not_read_into_the_program(held: Held) -> None:
    """A live system gives of a command line the first argument, unless all are asked for."""
    whole = LiveSystem().read_process_file(held.pid, "cmdline", arguments=True)
    assert whole is not None
    assert SECRET.encode() in whole
    assert LiveSystem().read_process_file(held.pid, "cmdline") == COMMAND[0].encode() + b"\0"


@given(st.lists(st.binary(max_size=40).map(lambda one: one.replace(b"\0", b"")), max_size=6), st.binary(max_size=9))
@example([], b"")
@example([b""], b"")
def test_the_cut(arguments: list[bytes], rest: bytes) -> None:
    """The first argument stays as it is, nothing behind it is left, and cutting again changes nothing."""
    command = b"".join(one + b"\0" for one in arguments)
    cut = capture.cut_first_argument(command + (rest if arguments else b""))
    assert cut == b"".join(one + b"\0" for one in arguments[:1])
    assert capture.cut_first_argument(cut) == cut


@given(st.integers(0, 1 << 17))
@example(4095)
@example(4096)
def test_a_title_is_bounded(size: int) -> None:
    """A title without a NUL, that a process wrote over its arguments, is kept up to a bound that text never reaches."""
    title = b"nginx: worker process "[:size].ljust(size, b"x")
    cut = capture.cut_first_argument(title)
    assert cut == title[:4096]
    rows = [{"processes": [{"pid": 7, "command": [one.decode()] if one else []}]} for one in (title, cut)]
    assert program_cell(rows[0]) == program_cell(rows[1])
