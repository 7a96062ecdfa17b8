"""The commands that make snapshots: ``pynetstat capture``, and runs with ``--record``."""

from __future__ import annotations

from typing import BinaryIO

from netstat_core.dialects.net_tools.command_line import Request
from netstat_core.errors import UsageError
from netstat_core.host.discovery import Host
from netstat_core.query import Query
from netstat_core.report.plan import EVERYTHING, plan
from netstat_core.report.run import Run
from netstat_core.system import System, archive, capture, find_namespaces
from netstat_core.system.recording import RecordingSystem

COMMAND = "capture"

_NOT_OF_DISPLAYS = frozenset(
    {"numeric", "numeric_hosts", "numeric_ports", "numeric_users", "wide", "source", "context"}
    | {"netns", "all_netns", "netns_limit"}
)
"""Options that do not narrow what is captured."""


def make_capture(target: str, request: Request, query: Query, host: Host, stdout: BinaryIO) -> int:
    """Capture what the options select, or everything where they select nothing, and write it."""
    for option in ("from", "record", "redact"):
        if request.given[option]:
            raise UsageError(f"--{option} does not go with {COMMAND}")
    if not request.families and not set(request.given) - _NOT_OF_DISPLAYS:
        query = EVERYTHING._replace(
            context=query.context,
            network_namespaces=query.network_namespaces,
            all_network_namespaces=query.all_network_namespaces,
            namespace_limit=query.namespace_limit,
        )
    if not query.tables and "tables" not in request.values and not query.who and request.families:
        raise UsageError("nothing to capture for such a family")
    try:
        tree = find_namespaces.capture_all(plan(query, host))
    except capture.Refused as error:
        raise UsageError(f"--netns: {error}") from error
    archive.write(tree, target, stdout)
    return 0


def recording(system: System) -> RecordingSystem:
    """The system, remembering what it is asked."""
    return RecordingSystem(system)


def write_recording(recorded: RecordingSystem, run: Run, target: str, stdout: BinaryIO) -> None:
    """Write what a finished report was made from."""
    archive.write(recorded.tree(run.told_names), target, stdout)
