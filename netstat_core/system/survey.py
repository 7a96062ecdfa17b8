"""Finding the network namespaces of this machine.

A namespace exists while something keeps it: a process in it, a file it is mounted on (as ``ip netns add`` does below
/run/netns), or a descriptor. Those that only a socket keeps show nowhere in /proc.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from netstat_core import capture
from netstat_core.errors import NotInKernel, SourceError, UsageError
from netstat_core.query import Query
from netstat_core.readers import Gap
from netstat_core.records import NetworkNamespace, escape
from netstat_core.system import NAMESPACE_SOURCE
from netstat_core.system.live import LiveSystem

NAMED = ("/run/netns", "/var/run/netns")
_OWN = "/proc/self/ns/net"
_MOUNTED = re.compile(rb"net:\[([0-9]+)\]")
_OCTAL = re.compile(rb"\\([0-7]{3})")
_LONGEST_PID = 10
_LONGEST_INODE = 20


class Found(NamedTuple):
    """A namespace, and one of the files it can be opened by; ``member`` is a process in it.

    ``inode`` is None where its identity is hidden from this process.
    """

    inode: int | None
    name: str | None = None
    path: str | None = None
    member: int | None = None

    @property
    def identity(self) -> NetworkNamespace:
        """How records name it."""
        return {"inode": self.inode, "name": self.name}

    @property
    def source(self) -> str:
        """How completeness names it."""
        number = f"pid:{self.member}" if self.inode is None else f"inode:{self.inode}"
        return f"{NAMESPACE_SOURCE} {self.name or number}"


class Survey:
    """Finds namespaces: each way of finding is taken when it is first needed."""

    def __init__(self, machine: LiveSystem, owners: capture.Owners | None) -> None:
        self._machine = machine
        self._owners = owners
        self._denied = 0
        self._device = _device(_OWN)

    def selected(self, query: Query) -> tuple[list[Found], list[Gap]]:
        """The namespaces that were asked for, each once, and gaps for those not found."""
        if query.all_network_namespaces:
            return self._all()
        found: dict[object, Found] = {}
        gaps = []
        for selector in query.network_namespaces:
            one = self._one(selector)
            if isinstance(one, Gap):
                gaps.append(one)
            else:
                found.setdefault(one.inode or one.source, one)
        return list(found.values()), gaps

    def _all(self) -> tuple[list[Found], list[Gap]]:
        known = _merged([*self._own(), *self._named(), *self._mounted(), *self._members(), *self._held()])
        own = self._machine.namespace
        known.sort(
            key=lambda one: (own is None or one.inode != own["inode"], one.name is None, one.name or "", one.inode)
        )
        if not self._denied:
            return known, []
        detail = f"those of {self._denied} processes could not be seen, for lack of rights (CAP_SYS_PTRACE)"
        return known, [Gap("permission", f"{NAMESPACE_SOURCE}s", detail, count=self._denied)]

    def _one(self, selector: str) -> Found | Gap:
        kind, colon, number = selector.partition(":")
        if not colon:
            return self._by_name(selector)
        longest = {"pid": _LONGEST_PID, "inode": _LONGEST_INODE}.get(kind, 0)
        if not (number.isascii() and number.isdigit() and len(number) <= longest):
            raise UsageError(f"--netns {selector!r} is none of NAME, pid:NUMBER and inode:NUMBER")
        return self._by_pid(int(number)) if kind == "pid" else self._by_inode(int(number))

    def _by_name(self, name: str) -> Found | Gap:
        if not name or "/" in name or name in (".", ".."):
            raise UsageError(f"--netns {name!r} is no name of a network namespace")
        named = list(self._named())
        wanted = escape(os.fsencode(name))
        found = next((one for one in named if one.name == wanted), None)
        if found is None:
            names = ", ".join(sorted({one.name for one in named if one.name and one.inode is not None}))
            known = f"known: {names}" if names else "there are no named ones"
            return Gap("not_in_kernel", f"{NAMESPACE_SOURCE} {wanted}", f"no such name below {NAMED[0]}; {known}")
        if found.inode is None:
            return Gap("not_in_kernel", found.source, "its file stands for no network namespace")
        members = (one for one in self._members() if one.inode == found.inode)
        return found._replace(member=next((one.member for one in members), None)) if self._is_limited else found

    def _by_pid(self, pid: int) -> Found | Gap:
        source = f"{NAMESPACE_SOURCE} pid:{pid}"
        try:
            one = _of_process(pid)
        except PermissionError:
            return Found(None, member=pid)
        except OSError as error:
            told = SourceError.from_os_error(source, error)
            detail = "no such process" if isinstance(told, NotInKernel) else told.detail
            return Gap(told.reason, source, detail, errno=told.errno)
        return _merged([one, *self._named()])[0]

    def _by_inode(self, inode: int) -> Found | Gap:
        ways = (self._own, self._named, self._mounted, self._members, self._held)
        found = next((one for way in ways for one in way() if one.inode == inode), None)
        if found is not None:
            return _merged([found, *self._named()])[0]
        reason = "permission" if self._denied else "not_in_kernel"
        detail = f"not found, and {self._denied} processes could not be seen" if self._denied else "not found"
        return Gap(
            reason, f"{NAMESPACE_SOURCE} inode:{inode}", detail, network_namespace={"inode": inode, "name": None}
        )

    @property
    def _is_limited(self) -> bool:
        return os.geteuid() != 0

    def _own(self) -> Iterator[Found]:
        own = self._machine.namespace
        if own is not None:
            yield Found(own["inode"], path=_OWN, member=os.getpid())

    def _named(self) -> Iterator[Found]:
        """Those that ``ip netns`` lists; one whose file stands for none has no inode."""
        for folder in NAMED:
            for entry in sorted(_listed(folder)):
                path = f"{folder}/{entry}"
                yield Found(self._inode(path), name=escape(os.fsencode(entry)), path=path)

    def _mounted(self) -> Iterator[Found]:
        """Those that a file of this process's mounts stands for."""
        try:
            mounts = capture.read_file("/proc/self/mountinfo")
        except OSError:
            return
        for inode, path in mounted(mounts):
            yield Found(inode, path=path if self._inode(path) == inode else None)

    def _members(self) -> Iterator[Found]:
        """Those with a process."""
        for pid in sorted(int(name) for name in _listed("/proc") if name.isdecimal()):
            try:
                yield _of_process(pid)
            except PermissionError:
                self._denied += 1
            except OSError:  # it ended
                continue

    def _held(self) -> Iterator[Found]:
        """Those that a descriptor keeps."""
        if self._owners is None:
            try:
                self._owners = self._machine.owners()
            except SourceError:
                return
        for inode, (pid, descriptor) in self._owners.namespaces.items():
            yield Found(inode, path=f"/proc/{pid}/fd/{descriptor}")

    def _inode(self, path: str) -> int | None:
        try:
            status = os.stat(path)
        except OSError:
            return None
        return status.st_ino if status.st_dev == self._device else None


def mounted(mountinfo: bytes) -> Iterator[tuple[int, str]]:
    """The network namespaces among the mounts of /proc/PID/mountinfo, with the file each is mounted on; proc(5)."""
    for line in mountinfo.split(b"\n"):
        fields, _, kind = line.partition(b" - ")
        words = fields.split(b" ")
        if not kind.startswith(b"nsfs ") or len(words) <= 4:  # noqa: PLR2004 - the fifth is the mount point
            continue
        found = _MOUNTED.fullmatch(words[3])
        if found:
            path = _OCTAL.sub(lambda octal: bytes([int(octal[1], 8) & 0xFF]), words[4])
            yield int(found[1]), os.fsdecode(path)


def _of_process(pid: int) -> Found:
    path = f"/proc/{pid}/ns/net"
    return Found(os.stat(path).st_ino, path=path, member=pid)


def _merged(found: Iterable[Found]) -> list[Found]:
    """Each namespace once, in the order first met: with the first name, file and process any way of finding gave."""
    known: dict[int, Found] = {}
    for one in found:
        if one.inode is None:
            continue
        before = known.setdefault(one.inode, one)
        known[one.inode] = before._replace(
            name=before.name or one.name, path=before.path or one.path, member=before.member or one.member
        )
    return list(known.values())


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _device(path: str) -> int | None:
    try:
        return os.stat(path).st_dev
    except OSError:
        return None
