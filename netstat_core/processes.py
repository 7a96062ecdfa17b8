"""Which processes hold which socket inodes, and who they are."""

from __future__ import annotations

from typing import Any

from netstat_core.capture import Owners
from netstat_core.errors import SourceError
from netstat_core.readers import Gap
from netstat_core.records import Record, escape
from netstat_core.system import System

SOURCE = "/proc/PID/fd"
LONGEST_COMMAND = 1 << 16
"""Bytes kept of a command line: any user can make one of megabytes."""


class ProcessTable:
    """The owners of sockets, found by one pass over all descriptors when the table is made.

    ``gap`` says what could not be seen, ``None`` for the whole truth; ``denied`` counts processes whose
    descriptors could not even be listed, and ``knows_any`` tells whether any owner was found. With ``context``
    processes bear their security context too.
    """

    def __init__(self, system: System, *, context: bool = False) -> None:
        self._system = system
        self._context = context
        self._known: dict[int, list[dict[str, Any]]] = {}
        self._processes: dict[int, dict[str, Any]] = {}
        self.denied = 0
        self.gap: Gap | None = None
        try:
            owners = system.owners()
        except SourceError as error:
            self._pids: Any = {}
            self.gap = Gap(error.reason, SOURCE, error.detail, errno=error.errno)
        else:
            self._pids = owners.pids
            self.denied = owners.denied
            self.gap = _gap(owners)

    @property
    def knows_any(self) -> bool:
        """Whether the owner of any socket is known."""
        return bool(self._pids)

    def join(self, records: list[Record], inode_field: str) -> None:
        """Fill ``processes`` of records by their inode."""
        of = self._of
        for record in records:
            record["processes"] = of(record[inode_field])

    def _of(self, inode: int | None) -> list[dict[str, Any]] | None:
        if not inode:
            return []
        held = self._known.get(inode)
        if held is not None:
            return held
        pids = self._pids.get(inode)
        if pids is None:
            return [] if self.gap is None else None
        held = self._known[inode] = [self._process(pid) for pid in pids]
        return held

    def _process(self, pid: int) -> dict[str, Any]:
        known = self._processes.get(pid)
        if known is None:
            known = self._processes[pid] = self._describe(pid)
        return known

    def _describe(self, pid: int) -> dict[str, Any]:
        command = self._system.process_file(pid, "cmdline")
        comm = self._system.process_file(pid, "comm")
        described = {
            "pid": pid,
            "uid": _real_uid(self._system.process_file(pid, "status")),
            "name": None if comm is None else escape(comm[:-1] if comm.endswith(b"\n") else comm),
            "command": None if command is None else _arguments(command),
        }
        if self._context:
            label = self._system.process_file(pid, "attr/current")
            described["context"] = escape(label.rstrip(b"\0\n")) if label else None
        return described


def _gap(owners: Owners) -> Gap | None:
    withheld = owners.denied + owners.unread
    if withheld:
        return Gap("permission", SOURCE, f"the descriptors of {withheld} processes could not be read", count=withheld)
    if owners.hidden:
        return Gap("permission", SOURCE, "process 1 does not show in /proc: others may be hidden too")
    return None


def _arguments(command: bytes) -> list[str]:
    kept = command[:LONGEST_COMMAND]
    return [escape(argument) for argument in kept.removesuffix(b"\0").split(b"\0")] if kept else []


def _real_uid(status: bytes | None) -> int | None:
    """The first number of the line ``Uid:`` in /proc/PID/status."""
    for line in (status or b"").split(b"\n"):
        if line.startswith(b"Uid:"):
            first = line[4:].split()[:1]
            return int(first[0]) if first and first[0].isdigit() else None
    return None
