# SPDX-License-Identifier: Apache-2.0
"""Finding the network namespaces of this machine, and capturing what a plan asks for in each.

A namespace exists while something keeps it: a process in it, a file it is mounted on (as ``ip netns add`` does below
/run/netns), or a descriptor. Those that only a socket keeps show nowhere in /proc.

Travels with ``capture.py``: it too needs nothing but the standard library of Python 3.6.
"""

import errno
import os
import re
import typing

from . import capture

NAMED = ("/run/netns", "/var/run/netns")
MOST = 500
"""Namespaces that are read at the most, unless something else is asked for."""

_OWN = "/proc/self/ns/net"
_MOUNTED = re.compile(rb"net:\[([0-9]+)\]")
_OCTAL = re.compile(rb"\\([0-7]{3})")
_MOUNT_POINT = 4
_LONGEST = {"pid": 10, "inode": 20}
_NEEDS_RIGHTS = "entering it takes the rights of root (CAP_SYS_ADMIN)"


class NoSelectorError(ValueError):
    """What was given to select a namespace by cannot be one's name or number."""


class Missed(typing.NamedTuple):
    """A namespace, or some, that could not be found or read; ``many`` and ``inode`` are 0 where they tell nothing.

    ``reason`` is a word of completeness.
    """

    reason: "str"
    what: "str"
    detail: "str"
    errno: "int" = 0
    many: "int" = 0
    inode: "int" = 0


class Found(typing.NamedTuple):
    """A namespace, and one of the files it can be opened by; ``member`` is a process in it.

    ``inode`` is None where its identity is hidden from this process.
    """

    inode: "int | None"
    name: "bytes | None" = None
    path: "str | None" = None
    member: "int | None" = None

    @property
    def what(self) -> "str":
        """How it is called."""
        if self.name is not None:
            return os.fsdecode(self.name)
        return "pid:%s" % self.member if self.inode is None else "inode:%d" % self.inode


Sought = typing.Union[Found, Missed]


class Survey:
    """Finds namespaces: each way of finding is taken when it is first needed.

    ``chosen`` has the inodes of those that were selected, by what selected them.
    """

    def __init__(self, own: "int | None", owners: "capture.Owners | None" = None) -> "None":
        self.chosen: "dict[str, int]" = {}
        self._own_inode = own
        self._owners = owners
        self._denied = 0
        self._device = _device(_OWN)

    def selected(self, selectors: "typing.Iterable[str]") -> "tuple[list[Found], list[Missed]]":
        """The namespaces of that name, of ``pid:N`` or ``inode:N``, each once, and what was not found."""
        found: "dict[object, Found]" = {}
        missed = []
        for selector in selectors:
            one = self._one(selector)
            if isinstance(one, Missed):
                missed.append(one)
            else:
                found.setdefault(one.inode or one.what, one)
                self.chosen[selector] = one.inode or 0
        return list(found.values()), missed

    def all(self) -> "tuple[list[Found], list[Missed]]":
        """Every namespace there is a way to, this one first, then those with names."""
        ways = [self._own(), self._named(), self._mounted(), self._members(), self._held()]
        known = merged([one for way in ways for one in way])
        known.sort(key=lambda one: (one.inode != self._own_inode, one.name is None, one.name or b"", one.inode))
        if not self._denied:
            return known, []
        detail = "those of %d processes could not be seen, for lack of rights (CAP_SYS_PTRACE)" % self._denied
        return known, [Missed("permission", "", detail, many=self._denied)]

    def _one(self, selector: "str") -> "Sought":
        kind, colon, number = selector.partition(":")
        if not colon:
            return self._by_name(selector)
        digits = number if re.match(r"[0-9]+\Z", number) else ""
        if not 0 < len(digits) <= _LONGEST.get(kind, 0):
            raise NoSelectorError("%r is none of NAME, pid:NUMBER and inode:NUMBER" % selector)
        return self._by_pid(int(digits)) if kind == "pid" else self._by_inode(int(digits))

    def _by_name(self, name: "str") -> "Sought":
        if not name or "/" in name or name in (".", "..") or "\0" in name:
            raise NoSelectorError("%r is no name of a network namespace" % name)
        named = list(self._named())
        found = next((one for one in named if one.name == os.fsencode(name)), None)
        if found is None:
            names = ", ".join(sorted({one.what for one in named if one.inode is not None}))
            known = "known: %s" % names if names else "there are no named ones"
            return Missed("not_in_kernel", name, "no such name below %s; %s" % (NAMED[0], known))
        if found.inode is None:
            return Missed("not_in_kernel", name, "its file stands for no network namespace")
        members = (one for one in self._members() if one.inode == found.inode) if os.geteuid() else iter(())
        return found._replace(member=next((one.member for one in members), None))

    def _by_pid(self, pid: "int") -> "Sought":
        try:
            one = _of_process(pid)
        except PermissionError:
            return Found(None, member=pid)
        except OSError as error:
            is_gone = error.errno in (errno.ENOENT, errno.ESRCH)
            detail = "no such process" if is_gone else error.strerror or str(error)
            return Missed("not_in_kernel" if is_gone else "unreadable", "pid:%d" % pid, detail, error.errno or 0)
        return merged([one, *self._named()])[0]

    def _by_inode(self, inode: "int") -> "Sought":
        ways = (self._own, self._named, self._mounted, self._members, self._held)
        found = next((one for way in ways for one in way() if one.inode == inode), None)
        if found is not None:
            return merged([found, *self._named()])[0]
        reason = "permission" if self._denied else "not_in_kernel"
        detail = "not found, and %d processes could not be seen" % self._denied if self._denied else "not found"
        return Missed(reason, "inode:%d" % inode, detail, inode=inode)

    def _own(self) -> "typing.Iterator[Found]":
        if self._own_inode is not None:
            yield Found(self._own_inode, path=_OWN, member=os.getpid())

    def _named(self) -> "typing.Iterator[Found]":
        """Those that ``ip netns`` lists; one whose file stands for none has no inode."""
        for folder in NAMED:
            for entry in sorted(_listed(folder)):
                path = "%s/%s" % (folder, entry)
                yield Found(self._inode(path), name=os.fsencode(entry), path=path)

    def _mounted(self) -> "typing.Iterator[Found]":
        """Those that a file of this process's mounts stands for."""
        try:
            mounts = capture.read_file("/proc/self/mountinfo")
        except OSError:
            return
        for inode, path in mounted(mounts):
            yield Found(inode, path=path if self._inode(path) == inode else None)

    def _members(self) -> "typing.Iterator[Found]":
        """Those with a process."""
        for pid in sorted(int(name) for name in _listed("/proc") if name.isdecimal()):
            try:
                yield _of_process(pid)
            except PermissionError:
                self._denied += 1
            except OSError:  # it ended
                continue

    def _held(self) -> "typing.Iterator[Found]":
        """Those that a descriptor keeps."""
        if self._owners is None:
            try:
                self._owners = capture.scan_owners()
            except OSError:
                return
        for inode, (pid, descriptor) in self._owners.namespaces.items():
            yield Found(inode, path="/proc/%d/fd/%d" % (pid, descriptor))

    def _inode(self, path: "str") -> "int | None":
        try:
            status = os.stat(path)
        except OSError:
            return None
        return status.st_ino if status.st_dev == self._device else None


def mounted(mountinfo: "bytes") -> "typing.Iterator[tuple[int, str]]":
    """The network namespaces among the mounts of /proc/PID/mountinfo, with the file each is mounted on; proc(5)."""
    for line in mountinfo.split(b"\n"):
        fields, _dash, kind = line.partition(b" - ")
        words = fields.split(b" ")
        if not kind.startswith(b"nsfs ") or len(words) <= _MOUNT_POINT:
            continue
        found = _MOUNTED.match(words[3])
        if found:
            path = _OCTAL.sub(lambda octal: bytes([int(octal.group(1), 8) & 0xFF]), words[4])
            yield int(found.group(1)), os.fsdecode(path)


def merged(found: "typing.Iterable[Found]") -> "list[Found]":
    """Each namespace once, in the order first met: with the first name, file and process any way of finding gave."""
    known: "dict[int, Found]" = {}
    for one in found:
        if one.inode is None:
            continue
        before = known.setdefault(one.inode, one)
        known[one.inode] = before._replace(
            name=before.name or one.name, path=before.path or one.path, member=before.member or one.member
        )
    return list(known.values())


def open_namespace(found: "Found") -> "int":
    """A descriptor of a namespace; raises OSError, with ENOENT where its file stands for another one now."""
    if found.path is None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    descriptor = os.open(found.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if os.fstat(descriptor).st_ino != found.inode:
        os.close(descriptor)
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    return descriptor


def beyond(found: "typing.Sized", limit: "int") -> "list[Missed]":
    """What is said of the namespaces beyond a limit."""
    if len(found) <= limit:
        return []
    count = len(found) - limit
    return [Missed("truncated", "", "%d of %d left out, beyond the limit of %d" % (count, len(found), limit), 0, count)]


def hidden(found: "Found") -> "Missed | None":
    """What is said of a namespace that no file leads to."""
    if found.path is None and found.inode is not None:
        return Missed("unreadable", found.what, "what it is mounted on is covered by another mount", inode=found.inode)
    return None


def unreachable(found: "Found", error: "OSError") -> "Missed":
    """What is said of a namespace that could not be entered."""
    number = error.errno or 0
    inode = found.inode or 0
    if isinstance(error, PermissionError):
        return Missed("permission", found.what, _NEEDS_RIGHTS, number, inode=inode)
    if number == errno.ENOENT:
        return Missed("not_in_kernel", found.what, "it is gone", number, inode=inode)
    return Missed("unreadable", found.what, error.strerror or str(error), number, inode=inode)


def capture_all(plan: "capture.Told") -> "dict[str, bytes]":
    """What a plan asks for, here and in the network namespaces that it names.

    The calling thread enters them one by one and comes back. Raises capture.Refused, for what is no selector too.
    """
    selectors = list(plan.get("namespaces", ()))
    if not selectors:
        return capture.run(plan)
    capture.check(plan)
    survey = Survey(capture.own_namespace())
    wants_all = "all" in selectors
    try:
        found, missed = survey.all() if wants_all else survey.selected(selectors)
    except NoSelectorError as error:
        raise capture.Refused(str(error)) from error
    limit = int(plan.get("namespace_limit", MOST))
    others = [one for one in found[:limit] if one.inode != capture.own_namespace()]
    missed += beyond(found, limit)
    return capture.run(plan, _Rounds(others, missed, None if wants_all else survey.chosen))


class _Rounds:
    """Goes round the namespaces, and tells which could not be entered, and what selected them; None for all."""

    def __init__(
        self, found: "list[Found]", missed: "list[Missed]", selected: "typing.Optional[dict[str, int]]"
    ) -> "None":
        self._found = found
        self.missed = missed
        self.selected = selected

    def __iter__(self) -> "typing.Iterator[tuple[int, str | None]]":
        home = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
        try:
            for found in self._found:
                if self._entered(found):
                    try:
                        yield found.inode or 0, None if found.name is None else os.fsdecode(found.name)
                    finally:
                        capture.enter_network_namespace(home)
        finally:
            os.close(home)

    def _entered(self, found: "Found") -> "bool":
        missed = hidden(found)
        try:
            if missed is None:
                descriptor = open_namespace(found)
                try:
                    capture.enter_network_namespace(descriptor)
                finally:
                    os.close(descriptor)
        except OSError as error:
            missed = unreachable(found, error)
        if missed is not None:
            self.missed.append(missed)
        return missed is None


def _of_process(pid: "int") -> "Found":
    path = "/proc/%d/ns/net" % pid
    return Found(os.stat(path).st_ino, path=path, member=pid)


def _listed(folder: "str") -> "list[str]":
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _device(path: "str") -> "int | None":
    try:
        return os.stat(path).st_dev
    except OSError:
        return None
