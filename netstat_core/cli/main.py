"""The command ``pynetstat``: one report, or one again and again, rendered to standard output."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from itertools import repeat
from typing import BinaryIO

from netstat_core.cli import commands
from netstat_core.dialects import NET_TOOLS, Request, find
from netstat_core.errors import NarrowerCapture, NetstatError, SchemaViolation, SnapshotError, UsageError
from netstat_core.host.discovery import TEXT, Host
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Rendering, Sink
from netstat_core.plugin.text import Complaint
from netstat_core.query import Query
from netstat_core.report.deltas import Deltas
from netstat_core.report.drain import drain
from netstat_core.report.run import GENERATOR, Noted, Run, names_for
from netstat_core.report.selection import Demand, shown_by_default
from netstat_core.system import System

INTERRUPTED = 130
BROKEN_PIPE = 141
_OPTION_ERROR = 3

COMMANDS = ("capture",)
"""What may stand first in place of options, unless the program is called netstat."""

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


def run(
    arguments: Sequence[str],
    stdout: BinaryIO,
    stderr: BinaryIO,
    program: str = "pynetstat",
    dialect: str = NET_TOOLS,
) -> int:
    """Run one command line on given streams. Lets KeyboardInterrupt and BrokenPipeError through."""
    try:
        command = _Command(stdout, stderr, program, dialect)
        if program != "netstat" and arguments and arguments[0] in COMMANDS:
            return command.capture(arguments[1:])
        return command.run(arguments)
    except _Done as done:
        return done.status
    except NetstatError as error:  # no such dialect
        stderr.write(f"{program}: {error}\n".encode("utf-8", "backslashreplace"))
        return error.exit_status


def _check_format(request: Request, query: Query, sink: Sink | None) -> None:
    """Raise UsageError for options that the output format cannot follow."""
    if request.record is not None and (request.intervals or request.continuous or query.delta):
        raise UsageError("--record takes one report")
    if sink is not None and sink.asks is not None and query.delta:
        raise UsageError(f"--delta does not go with --format {sink.name}")
    if request.redact and (sink is None or sink.asks is not None or query.resolve):
        raise UsageError("--redact goes with JSON output, without --resolve")


class _Command:
    """One invocation: its streams, its plugins, and what it has printed."""

    def __init__(self, stdout: BinaryIO, stderr: BinaryIO, program: str, dialect: str) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self._program = program
        self._dialect = find(dialect)
        self._host: Host | None = None
        self._blocked: list[str] = []

    def run(self, arguments: Sequence[str]) -> int:
        """Parse, then print as often as asked; returns the exit status."""
        try:
            self._request = self._parse(arguments)
            return self._show()
        except NetstatError as error:
            return self._refuse(error)

    def capture(self, arguments: Sequence[str]) -> int:
        """Write a snapshot of what the options behind its name select; returns the exit status."""
        if not arguments or (arguments[0].startswith("-") and arguments[0] != "-"):
            return self.run(["--help"] if arguments[:1] == ["--help"] else ["-?"])
        from netstat_core.cli import capturing  # noqa: PLC0415 - for those who capture

        try:
            request = self._parse(arguments[1:], capturing.COMMAND)
            return capturing.make_capture(arguments[0], request, self._dialect, self.host, self._stdout)
        except NetstatError as error:
            return self._refuse(error)

    def _refuse(self, error: NetstatError) -> int:
        """Say what is wrong, or where it says nothing how it would be right; the exit status."""
        if str(error):
            self._say(f"{self._program}: {self._dialect.worded(error)}")
        else:
            self._print_usage(self._stderr)
        return error.exit_status

    @property
    def host(self) -> Host:
        """The plugins, found when first needed."""
        if self._host is None:
            self._host = Host(self._blocked)
        return self._host

    def _parse(self, arguments: Sequence[str], command: str | None = None) -> Request:
        try:
            parsed = self._dialect.parse(self._program, arguments, self._act, self._plugin_families, COMMANDS)
        except UsageError as error:
            self._say(str(error))
            self._print_usage(self._stderr)
            raise _Done(_OPTION_ERROR) from error
        except NetstatError as error:  # in the dialect's own words
            self._say(str(error))
            raise _Done(error.exit_status) from error
        self._blocked = parsed.blocked
        parsed.check_operands(command)
        if command is None:
            for complaint in parsed.complaints:
                self._say(complaint)
        return parsed.request()

    def _print_usage(self, out: BinaryIO) -> None:
        commands.print_usage(out, self._dialect, self.host)

    def _plugin_families(self) -> Collection[str]:
        return {family for offer in Host().offers() for family in offer.reader.families}

    def _act(self, key: str) -> None:
        """What happens at an option's place, before the rest is looked at."""
        if key == "help":
            self._print_usage(self._stdout)
            raise _Done(0)
        if key == "usage":
            self._print_usage(self._stderr)
            raise _Done(_OPTION_ERROR)
        if key == "version":
            self._stdout.write(f"{GENERATOR}\n".encode())
            raise _Done(0)
        if key == "context" and not os.path.exists("/sys/fs/selinux/enforce"):
            self._say("SELinux is not enabled on this machine.")
            raise _Done(1)

    def _show(self) -> int:
        request = self._request
        if request.action is not None:
            return commands.act(*request.action, self.host, self._stdout)
        if not request.shows:
            return self._finish(0)
        sink = self._sink()
        asks = None if sink is None or request.selects else sink.asks
        query = asks([offer.reader for offer in self.host.offers()], request.query) if asks else request.query
        _check_format(request, query, sink)
        self._place = self._opened()
        self._session = self._dialect.session(request)
        self._shown = shown_by_default if asks else partial(self._session.shown, is_text=sink is None)
        self._demands = self._session.demand if sink is None else partial(self._demand_of, sink)
        wanted = {"users": True} if asks else self._session.names()
        self._names = names_for(self._place or System(), resolve=query.resolve, **wanted)
        self._deltas = Deltas() if query.delta else None
        status = 0
        for number, delay in enumerate(self._delays()):
            time.sleep(delay)
            status = self._print_once(query, sink, is_hidden=query.delta and not number)
            self._stdout.flush()
            self._session.next_round()
            if status not in (0, SchemaViolation.exit_status):
                break
        return self._finish(status)

    def _delays(self) -> Iterator[float]:
        """What to wait before each report; a second interval bounds how often the first repeats it.

        Changes need one more report, of which nothing is shown but what comes after.
        """
        intervals = self._request.intervals
        delta = self._request.query.delta
        yield 0.0
        if len(intervals) > 1:
            yield from repeat(intervals[0], max(int(intervals[1]) - 1 + delta, 0))
        elif self._request.repeats:
            yield from repeat(intervals[0] if intervals else 1.0)
        elif delta:
            yield 1.0

    def _sink(self) -> Sink | None:
        """The output format; None for text, which is the dialect's own page."""
        name = self._request.format
        if name == TEXT:
            return None
        sinks = self.host.sinks()
        if name not in sinks:
            raise UsageError(f"unknown format {name!r}; known: {', '.join(sorted([TEXT, *sinks]))}")
        return sinks[name]

    def _opened(self) -> System | None:
        """The snapshot that is replayed; None for a live run, which opens the system for each report."""
        if self._request.snapshot is None:
            return None
        from netstat_core.system.snapshot import SnapshotSystem  # noqa: PLC0415 - live runs do not need it

        return SnapshotSystem(self._request.snapshot)

    def _system(self) -> System:
        from netstat_core.system.live import LiveSystem  # noqa: PLC0415 - nor do replays this

        return self._place or LiveSystem()

    def _print_once(self, query: Query, sink: Sink | None, *, is_hidden: bool) -> int:
        """One report; returns its exit status: the first complaint's, else 4 where a record was rejected."""
        rendering = self._rendering(sink, io.BytesIO() if is_hidden else self._stdout)
        system = self._system()
        if self._request.record is None:
            return self._report(query, sink, system, rendering)[0]
        from netstat_core.cli import capturing  # noqa: PLC0415 - for those who record

        recorded = capturing.recording(system)
        status, run = self._report(query, sink, recorded, rendering)
        capturing.write_recording(recorded, run, self._request.record, self._stdout)
        return status

    def _report(self, query: Query, sink: Sink | None, system: System, rendering: Rendering) -> tuple[int, Run]:
        is_text = sink is None
        run = Run(
            query,
            system,
            self.host,
            demands=self._demands,
            shown=self._shown,
            families=self._request.families,
            by_place=is_text,
            repeating=self._request.repeats,
            names=self._names,
            deltas=self._deltas,
        )
        status = 0
        told: set[Complaint] = set()
        for event in drain(run, rendering):
            complaint = self._complaint(event, run) if isinstance(event, Noted) else None
            if complaint is None or (complaint in told and query.is_for_namespaces):
                continue
            told.add(complaint)
            self._tell(complaint, is_text=is_text)
            status = status or complaint.status
            if complaint.ends_run and is_text and not query.is_for_namespaces:
                run.stop()
        return status or (SchemaViolation.exit_status if run.ledger.rejected else 0), run

    def _demand_of(self, sink: Sink, reader: Reader, query: Query) -> Demand | None:
        """What a format takes of a reader, of those that the dialect shows."""
        if not self._session.serves(reader, query):
            return None
        return Demand(sink.takes(reader, query) if sink.takes else None)

    def _rendering(self, sink: Sink | None, out: BinaryIO) -> Rendering:
        """What a report is written with."""
        rendering = self._session.page(out) if sink is None else sink.make(out)
        if not self._request.redact:
            return rendering
        from netstat_core.sinks.redacted import RedactedRendering  # noqa: PLC0415 - for those who redact

        return RedactedRendering(rendering)

    def _complaint(self, event: Noted, run: Run) -> Complaint | None:
        """What to say: the host's own words for what no dialect knows, else those of the dialect."""
        reader, trouble = event
        if isinstance(trouble, Gap) and (reader is None or trouble.about == "plugin" or _is_narrower(trouble)):
            return self._complaint_of_host(trouble, run)
        return None if reader is None else self._session.complain(reader, trouble)

    def _complaint_of_host(self, gap: Gap, run: Run) -> Complaint | None:
        if gap.reason == "no_reader":
            return None
        if gap.about == "owners" and not _is_narrower(gap):
            return _owners_complaint(run)
        if gap.about == "snapshot":
            return Complaint(f"{self._program}: {gap.detail}", status=SnapshotError.exit_status)
        is_missed = gap.about == "namespaces" and gap.reason != "truncated" and not run.query.all_network_namespaces
        status = NarrowerCapture.exit_status if _is_narrower(gap) else int(is_missed)
        return Complaint(f"{self._program}: {gap.source}: {gap.detail}", status=status)

    def _tell(self, complaint: Complaint, *, is_text: bool) -> None:
        if not complaint.text:
            return  # some failures have a status and no words
        if not complaint.on_stdout:
            self._say(complaint.text)
        elif is_text:
            self._stdout.write(f"{complaint.text}\n".encode("utf-8", "backslashreplace"))

    def _finish(self, status: int) -> int:
        """Last comes what was asked for and cannot be shown."""
        last = self._request.last_words
        if status or last is None:
            return status
        self._tell(last, is_text=self._request.format == TEXT)
        return last.status

    def _say(self, line: str) -> None:
        self._stderr.write(f"{line}\n".encode("utf-8", "backslashreplace"))
        self._stderr.flush()


def _is_narrower(gap: Gap) -> bool:
    return gap.reason == NarrowerCapture.reason


def _owners_complaint(run: Run) -> Complaint | None:
    table = run.owners
    if table is None or not table.denied:
        return None
    return Complaint(_NOT_ALL_READ if table.knows_any else _NOTHING_READ.format(uid=os.geteuid()))
