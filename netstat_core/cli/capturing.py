"""The commands that make snapshots: ``pynetstat capture``, and runs with ``--record``."""

from __future__ import annotations

from typing import BinaryIO

from netstat_core import capture
from netstat_core.cli.linux import Request
from netstat_core.collect import Report
from netstat_core.discovery import Host
from netstat_core.errors import UsageError
from netstat_core.plan import EVERYTHING, plan
from netstat_core.query import Query
from netstat_core.system import System, archive
from netstat_core.system.recording import RecordingSystem

COMMAND = "capture"

_NOT_OF_DISPLAYS = frozenset(
    {"numeric", "numeric_hosts", "numeric_ports", "numeric_users", "wide", "source", "context"}
)
"""Options that do not narrow what is captured."""


def make_capture(target: str, request: Request, query: Query, host: Host, stdout: BinaryIO) -> int:
    """Capture what the options select, or everything where they select nothing, and write it."""
    for option in ("from", "record", "redact"):
        if request.given[option]:
            raise UsageError(f"--{option} does not go with {COMMAND}")
    if query.is_for_namespaces:
        raise UsageError("a snapshot holds one network namespace")
    if not request.families and not set(request.given) - _NOT_OF_DISPLAYS:
        query = EVERYTHING._replace(context=query.context)
    if not query.tables and "tables" not in request.values and query is not EVERYTHING and request.families:
        raise UsageError("nothing to capture for such a family")
    archive.write(capture.run(plan(query, host)), target, stdout)
    return 0


def recording(system: System) -> RecordingSystem:
    """The system, remembering what it is asked."""
    return RecordingSystem(system)


def write_recording(recorded: RecordingSystem, report: Report, target: str, stdout: BinaryIO) -> None:
    """Write what a finished report was made from."""
    archive.write(recorded.tree(report.told_names), target, stdout)
