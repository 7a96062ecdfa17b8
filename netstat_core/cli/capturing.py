"""The commands that make snapshots: ``pynetstat capture``, and runs with ``--record``."""

from __future__ import annotations

from typing import BinaryIO

from netstat_core.cli.faults import COMMAND_STATUS, lost_by
from netstat_core.dialects import Dialect, Request
from netstat_core.errors import UsageError
from netstat_core.host.discovery import Host
from netstat_core.report.plan import EVERYTHING, plan
from netstat_core.report.run import Run
from netstat_core.system import System, archive, capture, find_namespaces
from netstat_core.system.recording import RecordingSystem

COMMAND = "capture"


def make_capture(target: str, request: Request, dialect: Dialect, host: Host, stdout: BinaryIO) -> int:
    """Capture what the options select, or everything where they select nothing, and write it.

    The exit status says whether something was asked for that a broken plugin would have given.
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
        raise UsageError("nothing to capture for such a family")
    planned = plan(query, host, dialect.session(request).demand)
    try:
        tree = find_namespaces.capture_all(planned)
    except capture.Refused as error:
        raise UsageError(f"--netns: {error}") from error
    archive.write(tree, target, stdout)
    return COMMAND_STATUS if lost_by(host, query) else 0


def recording(system: System) -> RecordingSystem:
    """The system, remembering what it is asked."""
    return RecordingSystem(system)


def write_recording(recorded: RecordingSystem, run: Run, target: str, stdout: BinaryIO) -> None:
    """Write what a finished report was made from."""
    archive.write(recorded.to_tree(run.used_names), target, stdout)
