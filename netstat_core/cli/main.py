"""The command ``pynetstat``: one report, or one again and again, rendered to standard output."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from itertools import repeat
from typing import BinaryIO

from netstat_core.cli import commands, operands
from netstat_core.dialects.net_tools import command_line
from netstat_core.dialects.page import TEXT, needs_of_layouts
from netstat_core.errors import NarrowerCapture, NetstatError, SchemaViolation, SnapshotError, UsageError
from netstat_core.host.discovery import Host
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.sinks import Rendering, Sink
from netstat_core.plugin.text import Complaint
from netstat_core.query import Query
from netstat_core.report.deltas import Deltas
from netstat_core.report.drain import drain
from netstat_core.report.run import GENERATOR, SNAPSHOT_SOURCE, Noted, Run, names_for
from netstat_core.system import NAMESPACE_SOURCE, System

INTERRUPTED = 130
BROKEN_PIPE = 141
_OPTION_ERROR = 3

_NOTHING_READ = '(No info could be read for "-p": geteuid()={uid} but you should be root.)'
_NOT_ALL_READ = """\
(Not all processes could be identified, non-owned process info
 will not be shown, you would have to be root to see it all.)"""


def main() -> int:
    """Run with the process's own arguments and streams; the exit status is returned."""
    program = os.path.basename(sys.argv[0])
    if program == "__main__.py":
        program = "pynetstat"
    stdout, stderr = (stream.buffer if stream else _nowhere() for stream in (sys.stdout, sys.stderr))
    try:
        status = run(sys.argv[1:], stdout, stderr, program)
        stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        # The interpreter flushes once more at its end: give it something that takes it.
        with _nowhere() as nowhere:
            os.dup2(nowhere.fileno(), stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return BROKEN_PIPE
        stderr.write(f"{program}: write error: {error.strerror}\n".encode())
        stderr.flush()
        return 1
    return status


def _nowhere() -> BinaryIO:
    return os.fdopen(os.open(os.devnull, os.O_WRONLY), "wb")


class _Done(Exception):
    """The command ends here, with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def run(arguments: Sequence[str], stdout: BinaryIO, stderr: BinaryIO, program: str = "pynetstat") -> int:
    """Run one command line on given streams. Lets KeyboardInterrupt and BrokenPipeError through."""
    try:
        command = _Command(stdout, stderr, program)
        if operands.command_of(program, list(arguments)) == "capture":
            return command.capture(arguments[1:])
        return command.run(arguments)
    except _Done as done:
        return done.status


def _check_format(request: command_line.Request, sink: Sink) -> None:
    """Raise UsageError for options that the output format cannot follow."""
    given = request.given
    if given["record"] and (request.intervals or given["continuous"] or given["delta"]):
        raise UsageError("--record takes one report")
    if given["delta"] and sink.asks is not None:
        raise UsageError(f"--delta does not go with --format {sink.name}")
    if given["redact"] and (sink.uses_layouts or sink.asks is not None or given["resolve"]):
        raise UsageError("--redact goes with JSON output, without --resolve")


class _Command:
    """One invocation: its streams, its plugins, and what it has printed."""

    def __init__(self, stdout: BinaryIO, stderr: BinaryIO, program: str) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self._program = program
        self._host: Host | None = None
        self._request = command_line.Request()

    def run(self, arguments: Sequence[str]) -> int:
        """Parse, then print as often as asked; returns the exit status."""
        self._request = self._parse(arguments)
        try:
            operands.check_operands(self._program, self._request)
            for complaint in self._request.complaints:
                self._say(complaint)
            return self._show(command_line.to_query(self._request))
        except NetstatError as error:
            if str(error):
                self._say(f"{self._program}: {command_line.worded(error)}")
            else:
                commands.print_usage(self._stderr, self.sinks)
            return error.exit_status

    def capture(self, arguments: Sequence[str]) -> int:
        """Write a snapshot of what the options behind its name select; returns the exit status."""
        if not arguments or (arguments[0].startswith("-") and arguments[0] != "-"):
            return self.run(["--help"] if arguments[:1] == ["--help"] else ["-?"])
        from netstat_core.cli import capturing  # noqa: PLC0415 - for those who capture

        self._request = self._parse(arguments[1:])
        try:
            operands.check_operands(self._program, self._request, capturing.COMMAND)
            query = command_line.to_query(self._request)
            return capturing.make_capture(arguments[0], self._request, query, self.host, self._stdout)
        except NetstatError as error:
            self._say(f"{self._program}: {command_line.worded(error)}")
            return error.exit_status

    @property
    def host(self) -> Host:
        """The plugins, found when first needed."""
        if self._host is None:
            self._host = Host(self._request.blocked)
        return self._host

    def sinks(self) -> dict[str, Sink]:
        """The output formats."""
        return {TEXT.name: TEXT, **self.host.sinks()}

    def _parse(self, arguments: Sequence[str]) -> command_line.Request:
        try:
            return command_line.parse(self._program, arguments, self._act, self._plugin_families)
        except UsageError as error:
            self._say(str(error))
            commands.print_usage(self._stderr, self.sinks)
            raise _Done(_OPTION_ERROR) from error
        except command_line.UnknownFamilyError as error:
            self._say(str(error))
            raise _Done(error.exit_status) from error

    def _plugin_families(self) -> Collection[str]:
        return {family for offer in Host().offers() for family in offer.reader.families}

    def _act(self, key: str) -> None:
        """What happens at an option's place, before the rest is looked at."""
        if key == "help":
            commands.print_usage(self._stdout, self.sinks)
            raise _Done(0)
        if key == "usage":
            commands.print_usage(self._stderr, self.sinks)
            raise _Done(_OPTION_ERROR)
        if key == "version":
            self._stdout.write(f"{GENERATOR}\n".encode())
            raise _Done(0)
        if key == "context" and not os.path.exists("/sys/fs/selinux/enforce"):
            self._say("SELinux is not enabled on this machine.")
            raise _Done(1)

    def _show(self, query: Query) -> int:
        request = self._request
        if request.given["plugins"]:
            return commands.print_plugins(self.host, self._stdout)
        if request.given["schema"]:
            kind = request.values.get("schema") or next(iter(request.operands), "")
            return commands.print_schemas(self.host, kind, self._stdout)
        if request.given["explain"]:
            return commands.print_explanation(self.host, request.values["explain"], self._stdout)
        if not query.tables and "tables" not in request.values:
            return self._finish(0)
        sink = self._sink()
        if sink.asks is not None and not command_line.selects(request):
            query = sink.asks([offer.reader for offer in self.host.offers()], query)
        _check_format(request, sink)
        self._place = self._opened()
        self._names = names_for(query, self._place or System())
        self._deltas = Deltas() if query.delta else None
        status = 0
        for number, delay in enumerate(self._delays()):
            time.sleep(delay)
            status = self._print_once(query._replace(round=number), sink)
            self._stdout.flush()
            if status not in (0, SchemaViolation.exit_status):
                break
        return self._finish(status)

    def _delays(self) -> Iterator[float]:
        """What to wait before each report; a number operand repeats without -c too, a second one bounds it.

        Changes need one more report, of which nothing is shown but what comes after.
        """
        numbers = self._request.intervals
        delta = bool(self._request.given["delta"])
        yield 0.0
        if len(numbers) > 1:
            yield from repeat(numbers[0], max(int(numbers[1]) - 1 + delta, 0))
        elif self._repeats:
            yield from repeat(numbers[0] if numbers else 1.0)
        elif delta:
            yield 1.0

    @property
    def _repeats(self) -> bool:
        """-c repeats every display but the statistics, which netstat prints once; a delay repeats all."""
        request = self._request
        return bool(request.intervals) or bool(request.given["continuous"] and not request.given["statistics"])

    def _sink(self) -> Sink:
        request = self._request
        name = "json" if request.given["json"] else "ndjson" if request.given["ndjson"] else "text"
        name = request.values.get("format", name)
        if name == TEXT.name:
            return TEXT
        sinks = self.sinks()
        if name not in sinks:
            raise UsageError(f"unknown format {name!r}; known: {', '.join(sorted(sinks))}")
        return sinks[name]

    def _opened(self) -> System | None:
        """The snapshot that is replayed; None for a live run, which opens the system for each report."""
        source = self._request.values.get("from")
        if source is None:
            return None
        from netstat_core.system.snapshot import SnapshotSystem  # noqa: PLC0415 - live runs do not need it

        return SnapshotSystem(source)

    def _system(self) -> System:
        from netstat_core.system.live import LiveSystem  # noqa: PLC0415 - nor do replays this

        return self._place or LiveSystem()

    def _print_once(self, query: Query, sink: Sink) -> int:
        """One report; returns its exit status: the first complaint's, else 4 where a record was rejected."""
        system = self._system()
        target = self._request.values.get("record")
        if target is None:
            return self._report(query, sink, system)[0]
        from netstat_core.cli import capturing  # noqa: PLC0415 - for those who record

        recorded = capturing.recording(system)
        status, run = self._report(query, sink, recorded)
        capturing.write_recording(recorded, run, target, self._stdout)
        return status

    def _report(self, query: Query, sink: Sink, system: System) -> tuple[int, Run]:
        run = Run(
            query,
            system,
            self.host,
            needs=needs_of_layouts(query) if sink.uses_layouts else None,
            by_place=sink.uses_layouts,
            repeating=self._repeats,
            names=self._names,
            deltas=self._deltas,
        )
        status = 0
        told: set[Complaint] = set()
        for event in drain(run, self._rendering(query, sink)):
            complaint = self._complaint(event, run) if isinstance(event, Noted) else None
            if complaint is None or (complaint in told and query.is_for_namespaces):
                continue
            told.add(complaint)
            self._tell(complaint, sink)
            status = status or complaint.status
            if complaint.ends_run and sink.uses_layouts and not query.is_for_namespaces:
                run.stop()
        return status or (SchemaViolation.exit_status if run.ledger.rejected else 0), run

    def _rendering(self, query: Query, sink: Sink) -> Rendering:
        """What the report is written with; the first of a comparison is not shown."""
        is_baseline = query.delta and not query.round
        rendering = sink.make(io.BytesIO() if is_baseline else self._stdout)
        if not self._request.given["redact"]:
            return rendering
        from netstat_core.sinks.redacted import RedactedRendering  # noqa: PLC0415 - for those who redact

        return RedactedRendering(rendering)

    def _complaint(self, event: Noted, run: Run) -> Complaint | None:
        """What to say: the host's own words for what no netstat knows, else those of the reader's layout."""
        reader, trouble = event
        if isinstance(trouble, Gap) and trouble.reason in ("broken_plugin", "rejected", "narrower_capture"):
            status = NarrowerCapture.exit_status if trouble.reason == NarrowerCapture.reason else 0
            return Complaint(f"{self._program}: {trouble.source}: {trouble.detail}", status=status)
        if isinstance(trouble, Gap) and trouble.source.startswith(NAMESPACE_SOURCE):
            is_missed = trouble.reason != "truncated" and not run.query.all_network_namespaces
            return Complaint(f"{self._program}: {trouble.source}: {trouble.detail}", status=int(is_missed))
        if isinstance(trouble, Gap) and trouble.source == SNAPSHOT_SOURCE:
            return Complaint(f"{self._program}: {trouble.detail}", status=SnapshotError.exit_status)
        if reader is None:
            return _owners_complaint(run)
        layout = reader.layout(run.query)
        return layout.complain(trouble, run.query) if layout else None

    def _tell(self, complaint: Complaint, sink: Sink) -> None:
        if not complaint.text:
            return  # some failures have a status and no words
        if not complaint.on_stdout:
            self._say(complaint.text)
        elif sink.uses_layouts:
            self._stdout.write(f"{complaint.text}\n".encode("utf-8", "backslashreplace"))

    def _finish(self, status: int) -> int:
        """Last comes what was asked for and cannot be shown."""
        refused = command_line.refusal(self._request)
        if status or refused is None:
            return status
        self._say(str(refused))
        return refused.exit_status

    def _say(self, line: str) -> None:
        self._stderr.write(f"{line}\n".encode("utf-8", "backslashreplace"))
        self._stderr.flush()


def _owners_complaint(run: Run) -> Complaint | None:
    table = run.owners
    if table is None or not table.denied:
        return None
    return Complaint(_NOT_ALL_READ if table.knows_any else _NOTHING_READ.format(uid=os.geteuid()))
