"""Write snapshots: the command ``pynetstat capture`` and the option ``--record``."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, BinaryIO

from netstat_core.cli.faults import COMMAND_STATUS, names_broken_plugin
from netstat_core.dialects import Dialect, Request
from netstat_core.errors import UsageError
from netstat_core.host.discovery import Host
from netstat_core.query import Query
from netstat_core.report.plan import EVERYTHING, plan
from netstat_core.report.run import Run
from netstat_core.system import System, capture, find_namespaces, writing
from netstat_core.system.recording import RecordingSystem

COMMAND = "capture"


def make_capture(target: str, request: Request, dialect: Dialect, host: Host, stdout: BinaryIO) -> int:
    """Write a snapshot of a preset, of what the options select, or of everything if they select nothing.

    ``target`` is a path as :func:`netstat_core.system.writing.write` takes it. Returns the exit status: COMMAND_STATUS
    if the options name something that only a broken plugin provides, else 0. Raises UsageError for options that do not
    go with a capture, and for a network namespace that cannot be entered.
    """
    _check_options(request)
    planned = _plan_preset(request, request.preset, host) if request.preset else _plan_selected(request, dialect, host)
    try:
        tree = find_namespaces.capture_all(planned)
    except capture.Refused as error:
        raise UsageError(f"--netns: {error}") from error
    _write(tree, target, stdout)
    return COMMAND_STATUS if request.narrows and names_broken_plugin(host, request.query) else 0


def _check_options(request: Request) -> None:
    """Raise UsageError for options that do not go with a capture."""
    given = {"from": request.snapshot, "record": request.record, "host": request.host, "byte-order": request.byte_order}
    for option, value in {**given, "redact": request.redact or None}.items():
        if value is not None:
            raise UsageError(f"--{option} does not go with {COMMAND}")
    if request.preset is not None and request.narrows:
        raise UsageError("--preset does not go with options that select what is captured")


def _plan_preset(request: Request, name: str, host: Host) -> dict[str, Any]:
    """Return the plan of a preset, with the namespaces and the details of processes that the options ask for."""
    from netstat_core.facts.query import preset_query  # noqa: PLC0415 - only for presets

    query = preset_query(host, name)._replace(source=request.query.source)
    return plan(_apply_options(query, request.query), host)


def _plan_selected(request: Request, dialect: Dialect, host: Host) -> dict[str, Any]:
    """Return the plan of what the options select, or of everything if they select nothing."""
    if request.narrows and not request.shows:
        raise UsageError("nothing to capture for this family")
    selected = request.query._replace(bound=request.query.show == "all")  # records show these sockets, if text does not
    query = selected if request.narrows else _apply_options(EVERYTHING, request.query)
    return plan(query, host, dialect.session(request).demand)


def _apply_options(query: Query, given: Query) -> Query:
    """Return a query with the namespaces and the details of processes that another asks for."""
    return query._replace(
        owners=tuple(dict.fromkeys((*query.owners, *given.owners))),
        extra_fields=given.extra_fields,
        network_namespaces=given.network_namespaces,
        all_network_namespaces=given.all_network_namespaces,
        namespace_limit=given.namespace_limit,
    )


def start_recording(system: System) -> RecordingSystem:
    """Wrap a system to keep everything that is read from it."""
    return RecordingSystem(system)


def write_recording(recorded: RecordingSystem, run: Run, target: str, stdout: BinaryIO) -> None:
    """Write the input of a finished report as a snapshot."""
    _write(recorded.to_tree(run.used_names), target, stdout)


def _write(tree: Mapping[str, bytes], target: str, stdout: BinaryIO) -> None:
    """Write a snapshot; raise SnapshotError if that fails, OSError of standard output as for any other output."""
    packed = io.BytesIO()
    writing.write(tree, target, packed)
    if packed.tell():
        stdout.write(packed.getbuffer())
