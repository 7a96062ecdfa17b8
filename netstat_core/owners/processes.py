"""Map socket inodes to the processes that hold them, and describe these processes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from netstat_core.errors import SourceError
from netstat_core.escape import escape
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.sources import File
from netstat_core.system import System
from netstat_core.system.capture import (
    LONGEST_FIRST_ARGUMENT,
    Owners,
    count_processes,
    cut_first_argument,
    describe_cut,
    describe_hidden,
)

SOURCE = "/proc/PID/fd"
COMMANDS = "/proc/PID/cmdline"
FILES = "/proc/PID"
STATUS = "/proc/PID/status"
STAT = "/proc/PID/stat"
LONGEST_COMMAND = 1 << 16
"""Bytes kept of a command line, which any user can extend to megabytes."""


_UID = re.compile(rb"[0-9]{1,10}")
_GREATEST_UID = (1 << 32) - 1
_LONGEST_NAME = 1 << 12
"""Bytes kept of a name and of a security context, of which the kernel has at most 63 and a page."""

_OF_TITLES = re.compile(rb"[ :]")
_MOST_EMPTY = 8

_MOST_SEARCHES = 8
"""Limit of searches after the first; each takes as long as that."""

_MOST_HELD = 1_000_000
"""Limit of processes, each counted for every socket it holds, since a short snapshot can describe far more."""

MOST_ARGUMENTS = 1 << 23
"""Bytes kept of all command lines of a user; of what is beyond, the first argument of each is kept."""


class ProcessTable:
    """The owners of sockets; the constructor scans all descriptors of the system.

    ``gap`` says what the search could not see, None if nothing was hidden, and :meth:`late_gaps` what only the sockets
    show. ``denied`` counts the processes whose descriptors could not be listed. With ``context`` processes have their
    security context, with ``details`` the keys of :mod:`netstat_core.owners.control_groups` and their descriptors, with
    ``arguments`` whole command lines instead of the first argument.
    """

    def __init__(
        self, system: System, *, context: bool = False, details: bool = False, arguments: bool = False
    ) -> None:
        self._system = system
        self._context = context
        self._details = details
        self._arguments = arguments
        self._groups: dict[tuple[int, ...], list[dict[str, Any]]] = {}
        self._detailed: dict[int, list[dict[str, Any]]] = {}
        self._processes: dict[int, dict[str, Any]] = {}
        self._activated: dict[int, dict[int, str]] = {}
        self.denied = 0
        self._held = 0
        self._unheld: set[int] = set()
        self._unknown: set[int] = set()
        self._raced: set[int] = set()
        self._damaged: list[int] = []
        self._spent: Counter[int | None] = Counter()
        self._shortened = 0
        self._uncounted = 0
        self._unstarted = 0
        self._searches_left = _MOST_SEARCHES
        self._can_change = True
        self._is_stale = True
        self.gap: Gap | None = None
        self.owners = Owners()
        try:
            self.owners = system.find_owners(descriptors=details)
        except SourceError as error:
            self.gap = Gap(error.reason, SOURCE, error.detail, about="owners", errno=error.errno)
        else:
            self.denied = self.owners.denied
            self.gap = _owners_gap(self.owners)
        self._had_gap = self.gap is not None
        self._pids = self.owners.pids

    def begin_reader(self) -> None:
        """Prepare for the sockets of another reader, which were read after those of the reader before."""
        self._is_stale = self._can_change

    @property
    def knows_any(self) -> bool:
        """True if the owner of any socket is known."""
        return bool(self._pids)

    @property
    def gaps(self) -> list[Gap]:
        """The gap of the owners, and that of the arguments if they were requested but not recorded."""
        found = [self.gap] if self.gap else []
        if self._arguments and self.knows_any and not self.owners.arguments:
            found.append(
                Gap(
                    "narrower_capture",
                    COMMANDS,
                    "only the first argument was recorded in this snapshot",
                    about="owners",
                )
            )
        if self.gap and self.gap.reason != "truncated" and (cut := _cut_gap(self.owners)):
            found.append(cut)
        if left := {uid: counts[1] for uid, counts in self.owners.cut.items() if counts[1]}:
            detail = describe_cut(left, "files of processes")
            found.append(Gap("truncated", FILES, detail, about="owners", count=sum(left.values())))
        return found

    def find_holders(self, inodes: Sequence[int | None]) -> list[list[dict[str, Any]] | None]:
        """Return the processes that hold each socket, in the same order; None for a socket whose owners are unknown.

        Sockets held by the same processes share one list, unless these have their descriptors.
        """
        missing = {inode for inode in inodes if inode and inode not in self._pids and inode not in self._unheld}
        if missing:
            self._search_again(missing)
        held = map(self._find_holders, inodes)
        return list(held if self._system.machine.live else map(self._limit_holders, held))

    def _limit_holders(self, holders: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
        """Return the holders of a socket of a snapshot, None beyond a limit of them in all."""
        self._held += len(holders or ())
        if self._held <= _MOST_HELD:
            return holders
        self._held -= len(holders or ())
        self._uncounted += 1
        return None

    def late_gaps(self) -> Iterator[Gap]:
        """Yield what could not be seen of the sockets asked for so far, beyond what :attr:`gaps` said at the start."""
        if self._damaged:
            detail = f"the user ids of {count_processes(len(self._damaged))} are damaged"
            yield Gap("unreadable", STATUS, detail, about="owners", count=len(self._damaged))
        yield from self._cut_gaps()
        if self._unstarted:
            detail = f"the start times of {count_processes(self._unstarted)} are damaged"
            yield Gap("unreadable", STAT, detail, about="owners", count=self._unstarted)
        if self._had_gap:
            return
        if gap := self.gap or _owners_gap(self.owners):
            yield gap
        elif self._unknown:
            yield Gap("permission", SOURCE, _describe_unknown(self.owners, len(self._unknown)), about="owners")
        if self._raced:
            detail = f"{_count_sockets(len(self._raced))} opened or closed while the processes were searched"
            self.owners.initial = None  # what is recorded of this search does not tell them from the kernel's
            yield Gap("raced", SOURCE, detail, about="owners", count=len(self._raced))

    def _cut_gaps(self) -> Iterator[Gap]:
        """Yield what was left out because a user has more than a fair share."""
        if self._shortened:
            detail = f"the command lines of {count_processes(self._shortened)} are not whole, for they are too long"
            yield Gap("truncated", COMMANDS, detail, about="owners", count=self._shortened)
        if self._uncounted:
            detail = f"{_count_sockets(self._uncounted)} left out, beyond {_MOST_HELD} holders of sockets in all"
            yield Gap("truncated", SOURCE, detail, about="owners", count=self._uncounted)

    def _search_again(self, missing: set[int]) -> None:
        """Search again for holders, once for a reader, and decide which sockets nobody holds.

        The sockets were read after the first search, and may have been opened since. What nobody holds then is the
        kernel's, if every process can be seen.
        """
        is_first = self._searches_left == _MOST_SEARCHES
        if self._is_stale and self._searches_left and (self.gap is None or is_first):
            self._searches_left -= 1
            self._is_stale = False
            self._extend_owners(missing)
        missing = {inode for inode in missing if inode not in self._pids}
        if self.gap is not None or _owners_gap(self.owners) is not None:
            return
        if not self.owners.initial:
            self._unknown |= missing
        elif self._is_stale:
            self._raced |= missing
        else:
            self._unheld |= missing

    def _extend_owners(self, missing: set[int]) -> None:
        try:
            wanted = () if self.owners.threads else missing  # threads are searched once
            found = self._system.search_owners(wanted, descriptors=self._details)
        except SourceError as error:
            self.gap = Gap(error.reason, SOURCE, error.detail, about="owners", errno=error.errno)
            return
        self._can_change = found is not None
        if found is not None:
            self.owners.add(found)
            self._detailed.clear()

    def _find_holders(self, inode: int | None) -> list[dict[str, Any]] | None:
        if not inode:
            return []
        pids = self._pids.get(inode)
        if pids is None:
            return [] if inode in self._unheld else None
        held = self._groups.get(pids)
        if held is None:
            held = self._groups[pids] = [self._look_up_process(pid) for pid in pids]
        if not self._details:
            return held
        detailed = self._detailed.get(inode)
        if detailed is None:
            detailed = self._detailed[inode] = self._add_descriptors(inode, held)
        return detailed

    def _add_descriptors(self, inode: int, processes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Add to processes their descriptors of a socket, and the socket unit that activated them.

        Only an activated service has the unit in its environment; systemd, process 1, holds the socket but does not.
        """
        descriptors = self.owners.descriptors or {}
        held = []
        for process in processes:
            numbers = descriptors.get((inode, process["pid"]))
            units = [unit for number in numbers or () if (unit := self._activated[process["pid"]].get(number))]
            own = {"descriptors": numbers and sorted(numbers), "socket_unit": units[0] if units else None}
            held.append({**process, **own})
        socket_unit = next((process["socket_unit"] for process in held if process["socket_unit"]), None)
        for process in held:
            if process["pid"] == 1:
                process["unit"] = process["socket_unit"] = socket_unit
        return held

    def _look_up_process(self, pid: int) -> dict[str, Any]:
        known = self._processes.get(pid)
        if known is None:
            known = self._processes[pid] = self._describe(pid)
        return known

    def _describe(self, pid: int) -> dict[str, Any]:
        uid = self._parse_uid(pid)
        command = self._read_command(pid, uid)
        comm = self._system.read_process_file(pid, "comm")
        described = {
            "pid": pid,
            "uid": uid,
            "name": None if comm is None else escape(comm.removesuffix(b"\n")[:_LONGEST_NAME]),
            "command": None if command is None else _split_arguments(command),
        }
        if self._context:
            label = self._system.read_process_file(pid, "attr/current")
            described["context"] = escape(label[:_LONGEST_NAME].rstrip(b"\0\n")) if label else None
        if self._details:
            from netstat_core.owners import control_groups  # noqa: PLC0415 - needed for details only

            contents = {name: self._system.read_process_file(pid, name) for name in control_groups.FILES}
            described |= control_groups.describe(
                contents, pid, self._boot_seconds, self._system.machine.ticks_per_second
            )
            if contents["stat"] and described["started_at"] is None and self._boot_seconds is not None:
                self._unstarted += 1
            self._activated[pid] = control_groups.parse_activated_units(contents["environ"] or b"", pid)
        return described

    def _read_command(self, pid: int, uid: int | None) -> bytes | None:
        """Return the command line of a process, cut to its first argument if its user has too many long ones."""
        command = self._system.read_process_file(pid, "cmdline", arguments=self._arguments)
        if command is None:
            return None
        first = cut_first_argument(command)
        if self._spent[uid] + len(command) > MOST_ARGUMENTS and len(first) < len(command):
            self._shortened += 1
            return first
        self._spent[uid] += len(command) - len(first)
        is_long = len(command) >= (LONGEST_COMMAND if self._arguments else LONGEST_FIRST_ARGUMENT)
        self._shortened += is_long and not command.endswith(b"\0")
        return command

    def _parse_uid(self, pid: int) -> int | None:
        """Return the real uid of a process, the first number of the line ``Uid:`` of its status; None if unknown."""
        for line in (self._system.read_process_file(pid, "status") or b"").split(b"\n"):
            if line.startswith(b"Uid:"):
                uid = line[4:].split()[:1] or [b""]
                if _UID.fullmatch(uid[0]) and int(uid[0]) <= _GREATEST_UID:
                    return int(uid[0])
                self._damaged.append(pid)
                break
        return None

    @cached_property
    def _boot_seconds(self) -> int | None:
        from netstat_core.owners import control_groups  # noqa: PLC0415 - needed for details only

        try:
            return control_groups.parse_boot_time(self._system.read(File(control_groups.BOOT_FILE)))
        except SourceError:
            return None


def _owners_gap(owners: Owners) -> Gap | None:
    """Return the gap for what a search could not see, with advice that fits the user who searched."""
    withheld = owners.denied + owners.unread
    if withheld:
        advice = "" if owners.privileged is None else _LACKS_CAPABILITY if owners.privileged else _NEEDS_ROOT
        detail = f"the descriptors of {count_processes(withheld)} could not be read{advice}"
        return Gap("permission", SOURCE, detail, about="owners", count=withheld)
    if owners.failed:
        number, words = owners.error or (0, "unknown error")
        detail = f"the descriptors of {count_processes(owners.failed)} could not be read: {words}"
        return Gap("unreadable", SOURCE, detail, about="owners", count=owners.failed, errno=number)
    if owners.hidden:
        return Gap("permission", SOURCE, describe_hidden(owners.processes), about="owners")
    return _cut_gap(owners)


def _cut_gap(owners: Owners) -> Gap | None:
    """Return the gap for descriptors that were left out, beyond the fair share of their user."""
    left = {uid: counts[0] for uid, counts in owners.cut.items() if counts[0]}
    if not left:
        return None
    detail = describe_cut(left, "descriptors of processes")
    return Gap("truncated", SOURCE, detail, about="owners", count=sum(left.values()))


_NEEDS_ROOT = ", which only root can"
_LACKS_CAPABILITY = ", although root tried: it lacks CAP_SYS_PTRACE here, or a security module forbids it"


def _describe_unknown(owners: Owners, sockets: int) -> str:
    place = "it is not known whether this is" if owners.initial is None else "this is not"
    verb = "is" if sockets == 1 else "are"
    return (
        f"{_count_sockets(sockets)} {verb} held by no process that /proc shows; {place} the initial PID namespace, and "
        f"the kernel or a process outside may hold {'it' if sockets == 1 else 'them'}"
    )


def _count_sockets(count: int) -> str:
    return f"{count} socket{'' if count == 1 else 's'}"


def _split_arguments(command: bytes) -> list[str]:
    """Return the arguments of a command line; a title that the process has written over them is one.

    Most programs fill the rest of their arguments with NULs behind a title, which reads like empty arguments. A command
    line with nothing else than these behind the first is a title if that has a space or a colon, as nearly all titles
    do, or if there are more of them than anybody passes.
    """
    # postgres: walwriter\0\0\0\0\0\0\0    nginx: master process /usr/sbin/nginx\0\0\0\0    printf\0%s\0\0
    kept = command[:LONGEST_COMMAND]
    if not kept:
        return []
    first, _, rest = kept.partition(b"\0")
    if rest and not rest.strip(b"\0") and (_OF_TITLES.search(first) or len(rest) > _MOST_EMPTY):
        return [escape(first)]
    return [escape(argument) for argument in kept.removesuffix(b"\0").split(b"\0")]
