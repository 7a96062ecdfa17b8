"""Write snapshots: the command ``pynetstat capture`` and the option ``--record``."""

from __future__ import annotations

from typing import BinaryIO

from netstat_core.cli.faults import COMMAND_STATUS, names_broken_plugin
from netstat_core.dialects import Dialect, Request
from netstat_core.errors import UsageError
from netstat_core.host.discovery import Host
from netstat_core.report.plan import EVERYTHING, plan
from netstat_core.report.run import Run
from netstat_core.system import System, archive, capture, find_namespaces
from netstat_core.system.recording import RecordingSystem

COMMAND = "capture"


def make_capture(target: str, request: Request, dialect: Dialect, host: Host, stdout: BinaryIO) -> int:
    """Write a snapshot of what the options select, or of everything if they select nothing.

    ``target`` is a path as :func:`netstat_core.system.archive.write` takes it. Returns the exit status: COMMAND_STATUS
    if the options name something that only a broken plugin provides, else 0. Raises UsageError for options that do not
    go with a capture, and for a network namespace that cannot be entered.
    """
    given = {"from": request.snapshot is not None, "record": request.record is not None, "redact": request.redact}
    for option, is_given in given.items():
        if is_given:
            raise UsageError(f"--{option} does not go with {COMMAND}")
    query = request.query
    if not request.narrows:
        query = EVERYTHING._replace(
            owners=tuple(dict.fromkeys((*EVERYTHING.owners, *query.owners))),
            network_namespaces=query.network_namespaces,
            all_network_namespaces=query.all_network_namespaces,
            namespace_limit=query.namespace_limit,
        )
    elif not request.shows:
        raise UsageError("nothing to capture for this family")
    planned = plan(query, host, dialect.session(request).demand)
    try:
        tree = find_namespaces.capture_all(planned)
    except capture.Refused as error:
        raise UsageError(f"--netns: {error}") from error
    archive.write(tree, target, stdout)
    return COMMAND_STATUS if names_broken_plugin(host, query) else 0


def start_recording(system: System) -> RecordingSystem:
    """Wrap a system to keep everything that is read from it."""
    return RecordingSystem(system)


def write_recording(recorded: RecordingSystem, run: Run, target: str, stdout: BinaryIO) -> None:
    """Write the input of a finished report as a snapshot."""
    archive.write(recorded.to_tree(run.used_names), target, stdout)
