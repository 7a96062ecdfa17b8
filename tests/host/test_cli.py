"""The command: how it repeats and ends, what it tells of itself, and its exit statuses."""

from __future__ import annotations

import functools
import io
import json
import os
import pty
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from stand_ins import OTHERS

from netstat_core.cli import main as entry
from netstat_core.dialects.net_tools.options import GROUPS, OPTIONS
from netstat_core.report.run import GENERATOR
from netstat_core.version import __version__

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
ROW = "   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1\n"
TEXT = b"""\
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State      
tcp        0      0 127.0.0.1:80            0.0.0.0:*               LISTEN     
"""  # noqa: W291 - netstat pads its last column

Outcome = tuple[bytes, bytes, int]


@pytest.fixture(autouse=True)
def only_inet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave other plugins out."""
    monkeypatch.setenv("NETSTAT_PLUGINS_BLOCK", ",".join(OTHERS))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Give a snapshot with one TCP listener."""
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/tcp").write_text(HEADER + ROW)
    (tmp_path / "proc/net/things").write_text("")
    return tmp_path


def run(*arguments: str, program: str = "pynetstat") -> Outcome:
    """Run the command in this process."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    status = entry.run(arguments, stdout, stderr, program)
    return stdout.getvalue(), stderr.getvalue(), status


def command(*arguments: str) -> list[str]:
    """Give the command line of a new process."""
    return [sys.executable, "-m", "netstat_core", *arguments]


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Note what is slept instead of sleeping; the tenth time somebody presses Ctrl-C."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 10:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", sleep)
    return slept


@pytest.mark.parametrize(
    ("operands", "slept"),
    [
        ("", [0.0]),
        ("5 1", [0.0]),
        ("5 3", [0.0, 5.0, 5.0]),
        ("0.25 2", [0.0, 0.25]),
        ("-c 0.5 2", [0.0, 0.5]),
        ("5 2.9", [0.0, 5.0]),
        ("2 0", [0.0]),
    ],
)
def test_delays_and_counts(operands: str, slept: list[float], tree: Path, sleeps: list[float]) -> None:
    """A number is a delay in seconds, fractions too, and a second one counts the reports."""
    stdout, stderr, status = run("--from", str(tree), "-tan", *operands.split())
    assert (stdout, stderr, status) == (TEXT * len(slept), b"", 0)
    assert sleeps == slept


@pytest.mark.parametrize(("arguments", "delay"), [("-c", 1.0), ("3", 3.0), ("-c 0.1", 0.1)])
def test_repeating_has_no_end(arguments: str, delay: float, tree: Path, sleeps: list[float]) -> None:
    """With -c, or with a delay, reports follow each other until somebody ends it, titles and all."""
    stdout = io.BytesIO()
    with pytest.raises(KeyboardInterrupt):
        entry.run(["--from", str(tree), "-tan", *arguments.split()], stdout, io.BytesIO())
    assert stdout.getvalue() == TEXT * 10
    assert sleeps == [0.0] + [delay] * 10


def test_an_error_ends_repeating(tree: Path, sleeps: list[float]) -> None:
    """A report that ends with an error is the last."""
    stdout, stderr, status = run("--from", str(tree), "-c", "-uan")
    assert (stdout.count(b"\n"), stderr.count(b"\n"), status) == (2, 1, 1)
    assert sleeps == [0.0]


def test_repeated_json_is_a_report_a_line(tree: Path, sleeps: list[float]) -> None:
    """When repeating, each report is one line that is a whole JSON document; alone it need not be."""
    stdout, _, _ = run("--from", str(tree), "-tan", "--json", "1", "3")
    reports = [json.loads(line) for line in stdout.splitlines()]
    assert [len(report["tables"]["sockets"]) for report in reports] == [1, 1, 1]
    assert reports[0]["query"] == reports[2]["query"]
    alone = run("--from", str(tree), "-tan", "--json")[0]
    assert len(json.loads(alone)["tables"]["sockets"]) == 1


def test_repeated_ndjson_has_an_end_for_each_report(tree: Path, sleeps: list[float]) -> None:
    """When repeating, each report's records are followed by its line of kind report."""
    lines = [
        json.loads(line)["kind"] for line in run("--from", str(tree), "-tan", "--ndjson", "1", "2")[0].splitlines()
    ]
    assert lines == ["inet.socket", "report"] * 2


@pytest.fixture
def repeating(tree: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command that repeats, and give it once it has printed a report.

    Whoever runs the tests in the background has them ignore SIGINT, and commands inherit that.
    """
    arguments = ["env", "--default-signal=INT", *command("--from", str(tree), "-tan", "-c", "0.05")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == TEXT.splitlines(keepends=True)[0]
        yield process
        process.kill()


def test_a_closed_pipe_ends_repeating(repeating: subprocess.Popen[bytes]) -> None:
    """When nobody reads any more the command ends with 141, and without a word."""
    assert repeating.stdout is not None
    assert repeating.stderr is not None
    repeating.stdout.close()
    assert repeating.wait(20) == 141
    assert repeating.stderr.read() == b""


def test_control_c_ends_repeating(repeating: subprocess.Popen[bytes]) -> None:
    """Ctrl-C ends the command with 130, and without a word."""
    assert repeating.stderr is not None
    repeating.send_signal(signal.SIGINT)
    assert repeating.wait(20) == 130
    assert repeating.stderr.read() == b""


def test_a_pipe_that_takes_only_the_start(tree: Path) -> None:
    """A reader that stops early, as head does, causes no traceback."""
    (tree / "proc/net/tcp").write_text(HEADER + ROW * 20_000)
    with subprocess.Popen(
        command("--from", str(tree), "-tan"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert (process.wait(20), process.stderr.read()) == (141, b"")


def test_a_full_disk_is_told_in_one_line(tree: Path) -> None:
    """Output that cannot be written is an error with a reason, not a traceback."""
    with Path("/dev/full").open("wb") as full:
        arguments = command("--from", str(tree), "-tan")
        ran = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert (ran.stderr, ran.returncode) == (b"pynetstat: write error: No space left on device\n", 1)


def test_closed_streams_are_no_crash(tree: Path) -> None:
    """Without standard output, or without standard error, the command does its work and ends as ever."""
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        ran = subprocess.run(
            ["sh", "-c", f'exec "$@" {closed}', "sh", *command("--from", str(tree), "-tan", "--nope")],
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert ran.returncode == 3
        assert b"Traceback" not in ran.stderr


def test_output_does_not_depend_on_a_terminal(tree: Path) -> None:
    """A narrow colour terminal gets what a pipe gets, and repeating does not clear it."""
    master, slave = pty.openpty()
    settings = {**os.environ, "COLUMNS": "20", "TERM": "xterm-256color", "FORCE_COLOR": "1"}
    arguments = command("--from", str(tree), "-tan", "0", "2")
    ran = subprocess.run(arguments, stdout=slave, stderr=subprocess.PIPE, check=False, timeout=60, env=settings)
    os.close(slave)
    seen = b""
    while seen.count(b"\n") < 2 * TEXT.count(b"\n"):
        seen += os.read(master, 4096)
    os.close(master)
    assert (seen.replace(b"\r\n", b"\n"), ran.stderr, ran.returncode) == (TEXT * 2, b"", 0)


def test_output_does_not_depend_on_the_locale(tree: Path) -> None:
    """In an ASCII locale, and with another encoding for standard output, the bytes are the same."""
    settings = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "latin-1",
        "PYTHONCOERCECLOCALE": "0",
    }
    ran = subprocess.run(
        command("--from", str(tree), "-tan"), capture_output=True, check=False, timeout=60, env=settings
    )
    assert (ran.stdout, ran.stderr) == (TEXT, b"")


def test_help_lists_every_option() -> None:
    """The help has every declared option with its letters, names and explanation, in its group."""
    stdout, stderr, status = run("--help")
    text = stdout.decode()
    assert (stderr, status) == (b"", 0)
    assert [line[:-1] for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")] == list(GROUPS)
    for option in OPTIONS:
        names = ", ".join([f"-{letter}" for letter in option.short] + [f"--{name}" for name in option.long])
        section = text[text.index(f"\n{option.group}:") :].split("\n\n")[0]
        assert any(line.strip().startswith(names) for line in section.splitlines()), names
        assert option.help.partition("{")[0] in section
    assert "ndjson" in text


def test_version() -> None:
    """The version is that of the distribution, and our own."""
    assert run("--version") == run("-V") == (f"netstat-core {__version__}\n".encode(), b"", 0)
    assert f"netstat-core {__version__}" == GENERATOR


@pytest.mark.parametrize("arguments", [["--schema", "inet.socket"], ["--schema=inet.socket"]])
def test_one_schema(arguments: list[str]) -> None:
    """--schema with a kind prints that kind's published schema, which is one."""
    stdout, stderr, status = run(*arguments)
    schema = json.loads(stdout)
    assert (stderr, status) == (b"", 0)
    assert schema["$id"] == "urn:netstat:inet.socket:1"
    Draft202012Validator.check_schema(schema)


def test_schemas_describe_reports(tree: Path) -> None:
    """Each record of a report matches the schema that --schema prints for its kind."""
    schemas = json.loads(run("--schema")[0])
    report = json.loads(run("--from", str(tree), "-tan", "-p", "--json")[0])
    for record in report["tables"]["sockets"]:
        assert list(Draft202012Validator(schemas[record["kind"]]).iter_errors(record)) == []
    assert report["tables"]["sockets"]


def test_unknown_kinds_are_refused() -> None:
    """A kind that no plugin has is refused with those that are known."""
    stdout, stderr, status = run("--schema", "nope")
    assert (stdout, status) == (b"", 3)
    assert stderr == b"pynetstat: unknown kind 'nope'; known: inet.socket\n"


def test_plugins() -> None:
    """--plugins names the plugins with distribution and version, their readers and feeds, and those left out."""
    stdout, stderr, status = run("--plugins")
    lines = stdout.decode().splitlines()
    assert (stderr, status) == (b"", 0)
    assert lines[0] == f"inet (netstat-core {__version__})"
    assert "  udp: table sockets, families inet, inet6, inet.socket 1, feeds netlink, procfs" in lines
    assert [line for line in lines if line.startswith("blocked: ")] == [f"blocked: {name}" for name in sorted(OTHERS)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--format nope", b"pynetstat: unknown format 'nope'; known: facts, facts-local, json, ndjson, text\n"),
        ("--source nope", b"pynetstat: unknown source 'nope'; known: auto, netlink, procfs\n"),
        ("--source=", b"pynetstat: unknown source ''; known: auto, netlink, procfs\n"),
        ("--tables nope", b"pynetstat: unknown table 'nope'; known: sockets\n"),
        ("--tables sockets,nope", b"pynetstat: unknown table 'nope'; known: sockets\n"),
    ],
)
def test_unknown_values_are_refused(arguments: str, message: bytes, tree: Path) -> None:
    """A value that nothing answers to is refused with those that are known, and nothing is printed."""
    assert run("--from", str(tree), *arguments.split()) == (b"", message, 3)


@pytest.mark.parametrize("source", ["auto", "netlink", "procfs"])
def test_known_sources_are_taken(source: str, tree: Path) -> None:
    """Each known source is taken, also where it has nothing to give."""
    assert run("--from", str(tree), "-tan", "--source", source)[0].startswith(TEXT.splitlines()[0])


def test_arguments_that_are_no_text(tree: Path) -> None:
    """An argument of bytes that are no text is refused or reported as such, in valid JSON."""
    stdout, stderr, status = run("--from", str(tree), "--tables", os.fsdecode(b"\xff"))
    assert (stdout, status) == (b"", 3)
    assert b"\xff" not in stderr
    stdout = run("--from", str(tree), "-tan", "--json", os.fsdecode(b"\xff"), program="netstat")[0]
    report = json.loads(stdout.decode("utf-8", "strict"))
    assert len(report["tables"]["sockets"]) == 1


@functools.cache
def script() -> Path:
    """Find the installed command, or skip."""
    found = Path(sysconfig.get_path("scripts")) / "pynetstat"
    if not found.exists():
        pytest.skip("the command is not installed beside this Python")
    return found


@pytest.mark.parametrize("name", ["netstat", "pynetstat", "ns"])
def test_the_name_it_is_called_by(name: str, tmp_path: Path) -> None:
    """Called through a link the command speaks of itself by the link's name, as netstat would."""
    link = tmp_path / name
    link.symlink_to(script())
    ran = subprocess.run([str(link), "-K"], capture_output=True, check=False, timeout=60)
    assert ran.stderr.splitlines()[0] == f"{name}: invalid option -- 'K'".encode()
    assert ran.returncode == 3


def test_the_module_is_the_command(tree: Path) -> None:
    """`python -m netstat_core` prints and ends as the command does, and calls itself pynetstat."""
    ran = subprocess.run(command("--from", str(tree), "-tan"), capture_output=True, check=False, timeout=60)
    assert (ran.stdout, ran.stderr, ran.returncode) == (TEXT, b"", 0)
    ran = subprocess.run(command("-K"), capture_output=True, check=False, timeout=60)
    assert ran.stderr.startswith(b"pynetstat: invalid option")


def test_starting_is_quick(tree: Path) -> None:
    """A small listing takes well under a second, however slow this machine is just now: it loads little."""
    started = time.process_time()
    ran = subprocess.run(
        ["sh", "-c", '"$@" && times', "sh", *command("--from", str(tree), "-tan")], capture_output=True, check=True
    )
    assert ran.stdout.startswith(TEXT)
    minutes, _, seconds = ran.stdout.split()[-2].partition(b"m")
    assert int(minutes) * 60 + float(seconds[:-1]) < 2
    assert time.process_time() - started < 2
