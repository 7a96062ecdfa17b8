"""How a command begins and ends: nothing from the working folder, no traceback, and no half of a document."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from stand_ins import PATH, CannedSystem, FewPlugins, feed, fixed, reader, run_of, thing

from netstat_core import Query
from netstat_core.cli.streams import EscapedOutput, for_binary
from netstat_core.errors import FilterFailed, PluginError, UsageError
from netstat_core.facts.sink import LocalFactsRendering
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Rendering, Tail
from netstat_core.report.drain import drain
from netstat_core.report.run import Run
from netstat_core.sinks.json import JsonRendering, NdjsonRendering
from netstat_core.system import capture

ROOT = Path(__file__).resolve().parents[2]
CAPTURE = Path(capture.__file__).resolve()
SCRIPT = (sys.executable, "-c", "import sys; from netstat_core.cli.entry import main; sys.exit(main())")
HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
ROW = "   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1\n"
TOO_LARGE = "*".join(["18446744073709551615"] * 20) + " * {} / 1.5 > 0.5"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Give a snapshot with one TCP listener."""
    (tmp_path / "tree/proc/net").mkdir(parents=True)
    (tmp_path / "tree/proc/net/tcp").write_text(HEADER + ROW)
    return tmp_path / "tree"


def shell(line: str, *words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a shell, which can close streams: `"$@"` are the words."""
    ran = ["/bin/sh", "-c", line, "sh", *map(str, words)]
    return subprocess.run(ran, capture_output=True, check=False, timeout=60, cwd=cwd)


DISPLAYS = (
    *(("-tln",), ("-tln", "--json"), ("-tln", "--ndjson"), ("--format", "facts"), ("--help",), ("--version",)),
    *(("--plugins",), ("--schema",), ("-tln", "--record", "-")),
)


@pytest.mark.parametrize("output", [">&-", ">&- <&-", ">/dev/full"])
@pytest.mark.parametrize("display", DISPLAYS, ids=" ".join)
def test_lost_output_is_no_success(display: tuple[str, ...], output: str, tree: Path) -> None:
    """What cannot be written to standard output ends in one line and status 1."""
    words = "Bad file descriptor" if "&-" in output else "No space left on device"
    ran = shell(f'"$@" {output}', *SCRIPT, "--from", tree, *display)
    last = ran.stderr.decode().splitlines()[-1]
    assert (ran.returncode, last, ran.stderr.count(b"write error")) == (1, f"-c: write error: {words}", 1)


@pytest.mark.parametrize("output", [">&-", ">/dev/full"])
def test_lost_capture_is_no_success(output: str) -> None:
    """A capture that cannot be written to standard output is none; one to a file does not need it."""
    ran = shell(f'"$@" {output}', *SCRIPT, "capture", "-", "-tn")
    assert (ran.returncode, ran.stderr.count(b"\n")) == (1, 1)
    assert b"write error" in ran.stderr
    alone = shell(f'printf "{{}}" | "$@" {output}', sys.executable, CAPTURE, "--plan", "-")
    assert (alone.returncode, alone.stderr.count(b"\n")) == (2, 1)


def test_messages_may_be_lost(tree: Path) -> None:
    """Where no message can be written the output is whole, and the status tells."""
    for output in ("2>&-", "2>/dev/full"):
        ran = shell(f'"$@" {output}', *SCRIPT, "--from", tree, "-tlnr")
        assert ran.returncode in (0, 1, 3)
        ran = shell(f'"$@" {output}', *SCRIPT, "--from", tree, "-utln")
        assert b"127.0.0.1:80" in ran.stdout


def test_a_closed_input_is_told() -> None:
    """A snapshot or a plan from a closed standard input is an error of one line."""
    for words in ((*SCRIPT, "--from", "-", "-tn"), (sys.executable, CAPTURE, "--plan", "-")):
        ran = shell('"$@" <&-', *words)
        assert ran.returncode != 0
        assert ran.stderr.endswith(b"Bad file descriptor\n")
        assert ran.stderr.count(b"\n") == 1


MEMORY = """
import sys
from netstat_core.cli import entry, main
def fail(*_):
    raise MemoryError
main.run = fail
sys.exit(entry.main())
"""


def test_lack_of_memory_is_told() -> None:
    """MemoryError ends in one line and status 1."""
    ran = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, b"-c: out of memory\n")


INTERRUPTED = """
import builtins, os, signal, sys
from netstat_core.cli import entry
place, plain = sys.argv.pop(1), builtins.__import__
def importing(name, *rest):
    found = plain(name, *rest)
    if name == place:
        os.kill(os.getpid(), signal.SIGINT)
    return found
builtins.__import__ = importing
sys.exit(entry.main())
"""


def heed_interrupts() -> None:
    """Have the default action for SIGINT, which a shell ignores in what it runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(
    "place",
    ["netstat_core.cli.main", "netstat_core.host.discovery", "netstat_core.query", "netstat_core.dialects.page"],
)
def test_sigint_during_imports_is_quiet(place: str, tree: Path) -> None:
    """SIGINT while modules are imported ends with status 130 and no traceback."""
    words = [sys.executable, "-c", INTERRUPTED, place, "--from", str(tree), "-tln"]
    ran = subprocess.run(words, capture_output=True, check=False, timeout=60, preexec_fn=heed_interrupts)
    assert (ran.returncode, ran.stderr) == (130, b"")


def test_sigint_that_is_ignored_stays_so(tree: Path) -> None:
    """A command in the background of a shell, which ignores SIGINT, goes on."""
    words = [sys.executable, "-c", INTERRUPTED, "netstat_core.cli.main", "--from", str(tree), "-tln"]
    ran = shell('trap "" INT; exec "$@"', *words)
    assert (ran.returncode, ran.stdout.count(b"\n")) == (0, 3)


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """Give a folder with modules and a plugin that leave a trace when they are imported."""
    folder = tmp_path / "trap"
    about = folder / "evil-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[netstat.plugins]\nevil = netstat_evil\n")
    for module in ("json", "typing", "argparse", "datetime", "bisect", "socket", "pluggy", "netstat_evil", "tempfile"):
        (folder / f"{module}.py").write_text("open(__file__ + '.ran', 'w').close()\nraise SystemExit(99)\n")
    (folder / "capture.py").write_bytes(CAPTURE.read_bytes())
    return folder


@pytest.mark.parametrize("command", ["-m netstat_core --plugins", "-m netstat_core -tln", "-I -m netstat_core -tln"])
def test_module_imports_nothing_from_the_working_folder(command: str, trap: Path) -> None:
    """`python -m netstat_core` imports no module and loads no plugin that lies in the working folder."""
    ran = subprocess.run([sys.executable, *command.split()], capture_output=True, check=False, cwd=trap, timeout=60)
    assert list(trap.glob("*.ran")) == []
    assert (ran.returncode, b"evil" in ran.stdout) == (0, False)


@pytest.mark.parametrize("command", ["capture.py --plan -", "-I capture.py --plan -", "-m capture --plan -"])
def test_capture_imports_nothing_beside_it(command: str, trap: Path) -> None:
    """The capture program imports the standard library only, whatever lies in its folder."""
    if command.startswith("-m"):
        if sys.version_info < (3, 11):
            pytest.skip("this Python imports runpy itself from the working folder, before any program")
        (trap / "runpy.py").touch()
    ran = subprocess.run(
        [sys.executable, *command.split()], input=b"{}", capture_output=True, check=False, cwd=trap, timeout=60
    )
    assert list(trap.glob("*.ran")) == []
    assert ran.stderr.startswith(b"capture.py: not a plan")


def test_imported_capture_leaves_the_path_alone() -> None:
    """Whoever imports the capture file, as Ansible does, keeps the folders it imports from."""
    code = f"import sys; sys.path.insert(0, {os.fspath(CAPTURE.parent)!r}); before = [*sys.path]; import capture"
    ran = subprocess.run([sys.executable, "-c", f"{code}; sys.exit(before != sys.path)"], check=False)
    assert ran.returncode == 0


class Broken(JsonRendering):
    """A format that writes a record and fails at the next."""

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Raise after the first record."""
        super().batch(reader, Batch(batch.rows()[:1]))
        if batch:
            raise PluginError("the format failed")


def small_run(where: str | None = None) -> Run:
    """Make a report of two records."""
    host = FewPlugins(reader(feed(fixed(thing(1), thing(2)))))
    return run_of(Query(tables=("things",), where=where), CannedSystem({PATH: b""}), host)


def drained(run: Run, rendering: Rendering) -> Exception | None:
    """Write a report; return what was raised."""
    try:
        for _ in drain(run, rendering):
            pass
    except (FilterFailed, PluginError, MemoryError) as error:
        return error
    return None


@pytest.mark.parametrize("kind", [JsonRendering, NdjsonRendering, LocalFactsRendering])
def test_a_filter_that_fails_leaves_a_whole_document(kind: Any) -> None:
    """An expression that cannot be evaluated ends the document with a gap, and the error is passed on."""
    out = io.BytesIO()
    assert isinstance(drained(small_run(TOO_LARGE.format("number")), kind(out)), FilterFailed)
    report = json.loads(out.getvalue())
    gaps = report.get("completeness", report.get("incomplete_because"))
    assert [gap["about"] for gap in gaps] == ["report"]
    assert report.get("complete", False) is False


def test_a_format_that_fails_is_ended() -> None:
    """A format that raises is told of the end, once, so that it can close its document."""
    out = io.BytesIO()
    assert isinstance(drained(small_run(), Broken(out)), PluginError)
    report = json.loads(out.getvalue())
    assert len(report["tables"]["things"]) == 1
    assert [gap["detail"] for gap in report["completeness"]] == ["the format failed"]


class Endless(JsonRendering):
    """A format that fails at its end."""

    ends = 0

    def end(self, tail: Tail) -> None:
        """Count and raise."""
        self.ends += 1
        raise PluginError("no end")


def test_an_end_is_written_once() -> None:
    """A format whose end fails is not ended again."""
    rendering = Endless(io.BytesIO())
    assert isinstance(drained(small_run(), rendering), PluginError)
    assert rendering.ends == 1


class Terminal(io.BytesIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def test_binary_formats_are_for_no_terminal() -> None:
    """A format that is no text is written as it is, and refused on a terminal before its first byte."""
    out = io.BytesIO()
    for_binary(EscapedOutput(out), "format 'x'").write(b"\x1b\0")  # type: ignore[arg-type]
    assert out.getvalue() == b"\x1b\0"
    with pytest.raises(UsageError, match="is no text"):
        for_binary(EscapedOutput(Terminal()), "format 'x'")  # type: ignore[arg-type]
