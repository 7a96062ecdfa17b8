"""The command ``pynetstat``: one report, or one again and again, rendered to standard output."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from functools import partial
from itertools import repeat
from typing import BinaryIO

from netstat_core.cli import commands
from netstat_core.cli.faults import COMMAND_STATUS, Diverted, Faults
from netstat_core.cli.gaps import complaint_of_host, is_narrower
from netstat_core.dialects import NET_TOOLS, Added, Request, find
from netstat_core.errors import NetstatError, PluginError, SchemaViolation, UsageError
from netstat_core.escape import escape_unprintable
from netstat_core.host.discovery import TEXT, FormatOffer, Host
from netstat_core.host.interrupts import expect_commands
from netstat_core.host.watch import Watch
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Rendering, Sink
from netstat_core.plugin.text import Complaint
from netstat_core.query import Query
from netstat_core.report.deltas import Deltas
from netstat_core.report.drain import LAYOUT, drain
from netstat_core.report.run import GENERATOR, Noted, Run, make_names
from netstat_core.report.selection import Demand, default_shown_rule
from netstat_core.system import System

INTERRUPTED = 130
BROKEN_PIPE = 141
_OPTION_ERROR = 3

COMMANDS = ("capture",)
"""What may stand first in place of options, unless the program is called netstat."""


def main() -> int:
    """Run with the process's own arguments and streams; the exit status is returned."""
    program = os.path.basename(sys.argv[0])
    if program == "__main__.py":
        program = "pynetstat"
    stdout, stderr = (stream.buffer if stream else _nowhere() for stream in (sys.stdout, sys.stderr))
    expect_commands()
    try:
        with redirect_stdout(Diverted(stderr)):
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
        self._hosts: dict[frozenset[str], Host] = {}
        self._blocked: list[str] = []
        self._faults = Faults(self._say, program)

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
            status = capturing.make_capture(arguments[0], request, self._dialect, self.host, self._stdout)
        except NetstatError as error:
            status = self._refuse(error)
            return COMMAND_STATUS if isinstance(error, PluginError) else status
        self._faults.tell(self.host)
        return status

    def _refuse(self, error: NetstatError) -> int:
        """Say what is wrong, or where it says nothing how it would be right; the exit status."""
        if str(error):
            self._faults.tell_line(f"{self._program}: {self._dialect.worded(error)}")
        else:
            self._print_usage(self._stderr)
        self._tell_faults()
        return error.exit_status

    @property
    def host(self) -> Host:
        """The plugins but those that are left out, found when first needed."""
        blocked = frozenset(self._blocked)
        if blocked not in self._hosts:
            watch = Watch(self._say_waiting if self._stderr.isatty() else None)
            self._hosts[blocked] = Host(self._blocked, watch)
        return self._hosts[blocked]

    def _parse(self, arguments: Sequence[str], command: str | None = None) -> Request:
        try:
            parsed = self._dialect.parse(self._program, arguments, self._act, self._plugin_families, COMMANDS)
        except UsageError as error:
            self._say(str(error))
            self._tell_faults()
            self._print_usage(self._stderr)
            raise _Done(_OPTION_ERROR) from error
        except NetstatError as error:  # in the dialect's own words
            self._say(str(error))
            self._tell_faults()
            raise _Done(error.exit_status) from error
        self._blocked = parsed.blocked
        parsed.check_operands(command)
        if command is None:
            for complaint in parsed.complaints:
                self._say(complaint)
        return parsed.request()

    def _print_usage(self, out: BinaryIO) -> None:
        commands.print_usage(out, self._dialect, self.host)

    def _plugin_families(self) -> Added:
        return commands.added_families(self.host)

    def _act(self, key: str) -> None:
        """What happens at an option's place, before the rest is looked at."""
        if key == "help":
            self._print_usage(self._stdout)
            self._faults.tell(self.host)
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
            return self._act_instead(*request.action)
        if not request.shows:
            return self._finish(0)
        if request.plugin_budget is not None:
            self.host.limits = self.host.limits._replace(seconds=request.plugin_budget)
        offer = self._format()
        sink = offer.sink if offer else None
        asks = sink is not None and sink.asks is not None and not request.selects
        query = request.query
        if offer is not None and asks:
            query = commands.default_query(offer, query, self.host)
        _check_format(request, query, sink)
        self._place = self._opened()
        self._session = self._dialect.session(request)
        self._shown = default_shown_rule if asks else partial(self._session.shown, is_text=sink is None)
        self._demands = self._session.demand if sink is None else partial(self._demand_of, sink)
        wanted = {"users": True} if asks else self._session.names()
        self._names = make_names(self._place or System(), resolve=query.resolve, **wanted)
        self._deltas = Deltas() if query.delta else None
        status = 0
        for number, delay in enumerate(self._delays()):
            time.sleep(delay)
            status = self._print_once(query, offer, is_hidden=query.delta and not number)
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

    def _act_instead(self, action: str, about: str) -> int:
        """What is done instead of a report, then what is wrong with plugins where that was not the answer."""
        status = commands.act(action, about, self.host, self._stdout)
        if action == "plugins":
            self._faults.tell_remarks(self.host)
        else:
            self._faults.tell(self.host)
        return status

    def _format(self) -> FormatOffer | None:
        """The output format; None for text, which is the dialect's own page."""
        name = self._request.format
        if name == TEXT:
            return None
        formats = {offer.sink.name: offer for offer in self.host.formats()}
        if name not in formats:
            self.host.refuse_broken(name)
            raise UsageError(f"unknown format {name!r}; known: {', '.join(sorted([TEXT, *formats]))}")
        return formats[name]

    def _opened(self) -> System | None:
        """The snapshot that is replayed; None for a live run, which opens the system for each report."""
        if self._request.snapshot is None:
            return None
        from netstat_core.system.snapshot import SnapshotSystem  # noqa: PLC0415 - live runs do not need it

        return SnapshotSystem(self._request.snapshot)

    def _system(self) -> System:
        from netstat_core.system.live import LiveSystem  # noqa: PLC0415 - nor do replays this

        return self._place or LiveSystem()

    def _print_once(self, query: Query, offer: FormatOffer | None, *, is_hidden: bool) -> int:
        """One report; returns its exit status: the first complaint's, else 4 where a record was rejected."""
        shown = self._rendering(offer, io.BytesIO() if is_hidden else self._stdout)
        system = self._system()
        if self._request.record is None:
            return self._report(query, offer, system, shown)[0]
        from netstat_core.cli import capturing  # noqa: PLC0415 - for those who record

        recorded = capturing.recording(system)
        status, run = self._report(query, offer, recorded, shown)
        capturing.write_recording(recorded, run, self._request.record, self._stdout)
        return status

    def _report(self, query: Query, offer: FormatOffer | None, system: System, shown: Rendering) -> tuple[int, Run]:
        is_text = offer is None
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
        self._faults.tell_remarks(self.host)
        status = 0
        told: set[Complaint] = set()
        for event in drain(run, shown, f"format {offer.sink.name!r}" if offer else LAYOUT):
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

    def _rendering(self, offer: FormatOffer | None, out: BinaryIO) -> Rendering:
        """What a report is written with."""
        shown = self._session.page(out) if offer is None else commands.rendering(offer, out, self.host)
        if not self._request.redact:
            return shown
        from netstat_core.sinks.redacted import RedactedRendering  # noqa: PLC0415 - for those who redact

        return RedactedRendering(shown)

    def _complaint(self, event: Noted, run: Run) -> Complaint | None:
        """What to say: the host's own words for what no dialect knows, else those of the dialect."""
        reader, trouble = event
        said = self._faults.complaint(event, run, self.host) or self._faults.rejection(event)
        if said is not None:
            return said
        if isinstance(trouble, Gap) and (reader is None or trouble.about == "plugin" or is_narrower(trouble)):
            return complaint_of_host(trouble, run, self._program)
        return None if reader is None else self._faults.words(self._session.complain, event, run, self.host)

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
        self._tell_faults()
        if status or last is None:
            return status
        self._tell(last, is_text=self._request.format == TEXT)
        return last.status

    def _tell_faults(self) -> None:
        """What is wrong with plugins, as far as they were looked for."""
        host = self._hosts.get(frozenset(self._blocked))
        if host is not None:
            self._faults.tell(host)

    def _say_waiting(self, line: str) -> None:
        self._say(f"{self._program}: {line}")

    def _say(self, line: str) -> None:
        self._stderr.write(f"{escape_unprintable(line)}\n".encode("utf-8", "backslashreplace"))
        self._stderr.flush()
