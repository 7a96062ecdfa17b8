"""The entry point of ``pynetstat``: parse a command line and write one or more reports to standard output."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from itertools import repeat
from typing import BinaryIO

from netstat_core.cli.choice import find_default, take_dialect
from netstat_core.cli.faults import COMMAND_STATUS, Faults
from netstat_core.cli.gaps import complain_of_host, escape_event, is_of_host, remark_on_byte_order
from netstat_core.cli.output import check_options, get_demand, make_rendering, redact_complaint
from netstat_core.cli.streams import Diverted, abandon_output, escaped, open_standard, write_text
from netstat_core.dialects import NET_TOOLS, Added, Request, find
from netstat_core.errors import NetstatError, OptionError, PluginError, SchemaViolation, UsageError
from netstat_core.escape import escape_line, escape_unprintable
from netstat_core.host.discovery import TEXT, FormatOffer, Host
from netstat_core.host.interrupts import expect_commands
from netstat_core.host.watch import Watch
from netstat_core.plugin.sinks import Rendering
from netstat_core.plugin.text import Complaint
from netstat_core.query import Query
from netstat_core.report.deltas import Deltas
from netstat_core.report.drain import LAYOUT, drain
from netstat_core.report.names import make_names
from netstat_core.report.run import GENERATOR, Noted, Run
from netstat_core.report.selection import default_shown_rule
from netstat_core.system import System

BROKEN_PIPE = 141

COMMANDS = ("capture",)
"""Commands that may be the first argument, unless the program is called netstat."""


def main() -> int:
    """Run with the arguments and streams of the process; return the exit status. KeyboardInterrupt is passed on."""
    program = escape_line(os.path.basename(sys.argv[0]))
    if program == "__main__.py":
        program = "pynetstat"
    stdout, stderr = open_standard()
    expect_commands()
    dialect = find_default(program, os.environ)
    try:
        with redirect_stdout(Diverted(stderr)), redirect_stderr(Diverted(stderr)):
            status = run(sys.argv[1:], stdout, stderr, program, dialect)
        stdout.flush()
    except KeyboardInterrupt:
        abandon_output()
        raise
    except OSError as error:
        abandon_output()
        if isinstance(error, BrokenPipeError):
            return BROKEN_PIPE
        return _say_last(stderr, f"{program}: write error: {error.strerror or error}")
    except MemoryError:
        abandon_output()
        return _say_last(stderr, f"{program}: out of memory")
    return status


def _say_last(stderr: BinaryIO, line: str) -> int:
    """Print why the output ends here; return the exit status."""
    write_text(stderr, f"{line}\n")
    return 1


class _Done(Exception):
    """Ends the command with an exit status."""

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
    """Run one command line and return its exit status.

    ``arguments`` do not include the program's name. ``program`` is that name, which messages begin with; as ``netstat``
    there are no commands and operands without a meaning are ignored. ``dialect`` is the name of an installed dialect,
    unless ``arguments`` name one with ``--dialect``.

    Errors in the command line are printed to ``stderr``. KeyboardInterrupt and OSError of the streams are not caught.
    """
    stdout, stderr, program = escaped(stdout), escaped(stderr), escape_line(program)
    try:
        arguments, dialect = take_dialect(arguments, dialect)
        command = _Command(stdout, stderr, program, dialect)
        if program != "netstat" and arguments and arguments[0] in COMMANDS:
            return command.capture(arguments[1:])
        return command.run(arguments)
    except _Done as done:
        return done.status
    except NetstatError as error:  # no such dialect
        write_text(stderr, f"{program}: {escape_line(str(error))}\n")
        return error.exit_status


class _Command:
    """One invocation, with its streams, its plugins and the messages it has printed."""

    def __init__(self, stdout: BinaryIO, stderr: BinaryIO, program: str, dialect: str) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self._program = program
        self._dialect = find(dialect)
        self._hosts: dict[frozenset[str], Host] = {}
        self._blocked: list[str] = []
        self._faults = Faults(self._say, program)

    def run(self, arguments: Sequence[str]) -> int:
        """Parse the options and write the reports; return the exit status."""
        try:
            self._request = self._parse(arguments)
            return self._show()
        except NetstatError as error:
            return self._refuse(error)

    def capture(self, arguments: Sequence[str]) -> int:
        """Write a snapshot: ``arguments`` are its path and the options that select what it holds; return the status."""
        if not arguments or (arguments[0].startswith("-") and arguments[0] != "-"):
            return self.run(["--help"] if arguments[:1] == ["--help"] else ["-?"])
        from netstat_core.cli import capturing  # noqa: PLC0415 - only for captures

        try:
            request = self._parse(arguments[1:], capturing.COMMAND)
            status = capturing.make_capture(arguments[0], request, self._dialect, self.host, self._stdout)
        except NetstatError as error:
            status = self._refuse(error)
            return COMMAND_STATUS if isinstance(error, PluginError) else status
        self._faults.print_faults(self.host)
        return status

    def _refuse(self, error: NetstatError) -> int:
        """Print an error, or the usage if it has no message; return its exit status."""
        if str(error):
            message = self._dialect.format_error(error)
            self._faults.print_line(message if error.is_whole else f"{self._program}: {message}")
        else:
            self._print_usage(self._stderr)
        self._print_faults()
        return error.exit_status

    @property
    def host(self) -> Host:
        """The host with all plugins except those of --no-plugin, made when first needed."""
        blocked = frozenset(self._blocked)
        if blocked not in self._hosts:
            watch = Watch(self._say_waiting if self._stderr.isatty() else None)
            self._hosts[blocked] = Host(self._blocked, watch)
        return self._hosts[blocked]

    def _parse(self, arguments: Sequence[str], command: str | None = None) -> Request:
        try:
            parsed = self._dialect.parse(self._program, arguments, self._act, self._find_families, COMMANDS)
            self._blocked = parsed.blocked
            parsed.check_operands(command)
        except OptionError as error:
            if str(error):
                self._say(escape_line(str(error)))
            self._print_misuse()
            raise _Done(error.exit_status) from error
        except UsageError:
            raise
        except NetstatError as error:  # its message is the dialect's
            self._say(escape_line(str(error)))
            self._print_faults()
            raise _Done(error.exit_status) from error
        if command is None:
            for complaint in parsed.complaints:
                self._say(escape_line(complaint))
        return parsed.request()

    def _print_misuse(self) -> None:
        """Print what follows an error in the options: the dialect's usage, or its whole help."""
        self._print_faults()
        if self._dialect.format_misuse:
            write_text(self._stderr, self._dialect.format_misuse(self._program))
        else:
            self._print_usage(self._stderr)

    def _print_usage(self, out: BinaryIO) -> None:
        from netstat_core.cli import commands  # noqa: PLC0415 - loaded when used

        commands.print_usage(out, self._dialect, self.host)

    def _find_families(self) -> Added:
        from netstat_core.cli import commands  # noqa: PLC0415 - loaded when used

        return commands.find_families(self.host)

    def _act(self, key: str) -> None:
        """Act on an option at once, before the options after it are parsed."""
        if key == "help":
            self._print_usage(self._stdout)
            self._faults.print_faults(self.host)
            raise _Done(0)
        if key == "usage":
            self._print_usage(self._stderr)
            raise _Done(OptionError.exit_status)
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
        offer = self._find_format()
        sink = offer.sink if offer else None
        asks = sink is not None and sink.asks is not None and not request.selects
        query = request.query
        if offer is not None and asks:
            from netstat_core.cli import commands  # noqa: PLC0415 - loaded when used

            query = commands.default_query(offer, query, self.host)
        if sink is None and request.record is None and request.snapshot is None and query.where is None:
            query = query.without_arguments()  # text shows the first alone
        check_options(request, query, sink)
        self._snapshot = self._open_snapshot()
        self._session = self._dialect.session(request)
        self._shown = default_shown_rule if asks else partial(self._session.shown, is_text=sink is None)
        serves = None if asks else self._session.serves
        self._demands = self._session.demand if sink is None else partial(get_demand, sink, serves)
        wanted = {"users": True} if asks else self._session.names()
        self._names = make_names(self._snapshot or System(), resolve=query.resolve, **wanted)
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
        """Yield the seconds to wait before each report.

        With --delta there is one more report at the beginning, which is not shown.
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
        """Run an action in place of a report, then print faults of plugins unless the action lists them."""
        from netstat_core.cli import commands  # noqa: PLC0415 - loaded when used

        status = commands.act(action, about, self.host, self._stdout)
        if action == "plugins":
            self._faults.print_remarks(self.host)
        else:
            self._faults.print_faults(self.host)
        return status

    def _find_format(self) -> FormatOffer | None:
        """Return the output format; None for text, which the dialect writes. Raises UsageError for an unknown one."""
        name = self._request.format
        if name == TEXT:
            return None
        formats = {offer.sink.name: offer for offer in self.host.formats()}
        if name not in formats:
            self.host.refuse_broken(name)
            raise UsageError(f"unknown format {name!r}; known: {', '.join(sorted([TEXT, *formats]))}")
        return formats[name]

    def _open_snapshot(self) -> System | None:
        """Open the snapshot to replay; None for a live run, which opens the system for each report."""
        if self._request.snapshot is None:
            return None
        from netstat_core.system.snapshot import SnapshotSystem  # noqa: PLC0415 - live runs do not need it

        snapshot = SnapshotSystem(self._request.snapshot, byte_order=self._request.byte_order)
        remark = remark_on_byte_order(snapshot.machine)
        if remark is not None:
            self._say(f"{self._program}: {remark}")
        return snapshot

    def _open_system(self) -> System:
        from netstat_core.system.live import LiveSystem  # noqa: PLC0415 - replays do not need it

        return self._snapshot or LiveSystem(may_fork=True)

    def _print_once(self, query: Query, offer: FormatOffer | None, *, is_hidden: bool) -> int:
        """Write one report; return the exit status of the first complaint, or 4 if a record was rejected."""
        out = io.BytesIO() if is_hidden else self._stdout
        rendering = make_rendering(offer, out, self.host, self._session, self._request)
        system = self._open_system()
        if self._request.record is None:
            return self._run_report(query, offer, system, rendering)[0]
        from netstat_core.cli import capturing  # noqa: PLC0415 - only for recordings

        recorded = capturing.start_recording(system)
        status, run = self._run_report(query, offer, recorded, rendering)
        capturing.write_recording(recorded, run, self._request.record, self._stdout)
        return status

    def _run_report(
        self, query: Query, offer: FormatOffer | None, system: System, rendering: Rendering
    ) -> tuple[int, Run]:
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
        self._faults.print_remarks(self.host)
        status = 0
        printed: set[Complaint] = set()
        for event in drain(run, rendering, f"format {offer.sink.name!r}" if offer else LAYOUT):
            complaint = self._find_complaint(event, run) if isinstance(event, Noted) else None
            if complaint is None or (complaint in printed and (query.is_for_namespaces or is_of_host(event))):
                continue
            printed.add(complaint)
            shown = redact_complaint(complaint, rendering) if self._request.redact else complaint
            self._print_complaint(shown, is_text=is_text)
            status = status or complaint.status
            if complaint.ends_run and is_text and not query.is_for_namespaces:
                run.stop()
        return status or (SchemaViolation.exit_status if run.ledger.rejected else 0), run

    def _find_complaint(self, event: Noted, run: Run) -> Complaint | None:
        """Return the message for a problem or gap: the host's if that covers it, else the dialect's."""
        if self._session.tolerates(event.reader, event.trouble):
            return None
        event = escape_event(event)
        complaint = self._faults.complain_of_plugin(event, run, self.host) or self._faults.complain_of_rejection(event)
        if complaint is not None:
            return complaint

        def by_layout(noted: Noted) -> Complaint | None:
            return self._faults.complain_by_layout(self._session.complain, noted, run, self.host)

        return complain_of_host(event, run, self._program, by_layout) if is_of_host(event) else by_layout(event)

    def _print_complaint(self, complaint: Complaint, *, is_text: bool) -> None:
        if not complaint.text:
            return  # some failures have an exit status and no message
        if not complaint.on_stdout:
            self._say(complaint.text)
        elif is_text:
            write_text(self._stdout, f"{complaint.text}\n")

    def _finish(self, status: int) -> int:
        """Print faults of plugins, then the message that comes after the report; return the exit status."""
        last = self._request.last_words
        self._print_faults()
        if status or last is None:
            return status
        self._print_complaint(last, is_text=self._request.format == TEXT)
        return last.status

    def _print_faults(self) -> None:
        """Print faults of plugins if the host was made; do not load plugins for this."""
        host = self._hosts.get(frozenset(self._blocked))
        if host is not None:
            self._faults.print_faults(host)

    def _say_waiting(self, line: str) -> None:
        self._say(f"{self._program}: {line}")

    def _say(self, line: str) -> None:
        write_text(self._stderr, f"{escape_unprintable(line)}\n")
