# SPDX-License-Identifier: Apache-2.0
"""Find the network namespaces of this machine, and run a plan in each.

A namespace exists while something refers to it: a process in it, a file it is mounted on (as ``ip netns add`` does
below /run/netns), or a descriptor. A namespace that only a socket refers to is not visible in /proc.

This file is copied along with ``capture.py``; it too needs only the standard library of Python 3.6.
"""

import errno
import fcntl
import os
import re
import sys
import typing

from . import capture

DEFAULT_LIMIT = 500
"""Limit of namespaces that are read, by default."""

_OWN = "/proc/self/ns/net"
_GET_USER_NAMESPACE = 0xB701
_GET_OWNER = 0xB704
"""NS_GET_USERNS and NS_GET_OWNER_UID of linux/nsfs.h."""

_MOUNTED = re.compile(rb"net:\[([0-9]+)\]")
_OCTAL = re.compile(rb"\\([0-7]{3})")
_MOUNT_POINT = 4
_MOST_DIGITS = {"pid": 10, "inode": 20}


class NoSelectorError(ValueError):
    """A selector is not a possible name or number of a namespace."""


class Missed(typing.NamedTuple):
    """A namespace, or ``many``, that could not be found or read.

    ``reason`` is a reason of a gap, ``what`` the selector or name; ``errno``, ``many`` and ``inode`` are 0 if unknown.
    """

    reason: "str"
    what: "str"
    detail: "str"
    errno: "int" = 0
    many: "int" = 0
    inode: "int" = 0


class Found(typing.NamedTuple):
    """A namespace; ``path`` is a file that opens it, ``member`` the pid of a process in it.

    ``inode`` is None if this process may not see it.
    """

    inode: "int | None"
    name: "bytes | None" = None
    path: "str | None" = None
    member: "int | None" = None

    @property
    def what(self) -> "str":
        """The name for messages and selectors: its own, ``inode:N`` or ``pid:N``."""
        if self.name is not None:
            return os.fsdecode(self.name)
        return "pid:%s" % self.member if self.inode is None else "inode:%d" % self.inode


FoundOrMissed = typing.Union[Found, Missed]


class NamespaceFinder:
    """Finds namespaces by name, mount, process and descriptor; each search runs only if needed.

    ``own`` is the inode of this process's namespace. ``chosen`` maps each selector to the inode it selected.
    """

    def __init__(self, own: "int | None", owners: "capture.Owners | None" = None) -> "None":
        self.chosen: "dict[str, int]" = {}
        self._own_inode = own
        self._owners = owners
        self._denied = 0
        self._failed: "list[Missed]" = []
        self._device = getattr(_stat(_OWN), "st_dev", None)

    def find_selected(self, selectors: "typing.Iterable[str]") -> "tuple[list[Found], list[Missed]]":
        """Return the namespaces selected by NAME, ``pid:N`` or ``inode:N``, each once, and those not found.

        Raises NoSelectorError.
        """
        found: "dict[object, Found]" = {}
        missed = []
        for selector in selectors:
            namespace = self._find(selector)
            if isinstance(namespace, Missed):
                missed.append(namespace)
            else:
                found.setdefault(namespace.inode or namespace.what, namespace)
                self.chosen[selector] = namespace.inode or 0
        return list(found.values()), missed

    def find_all(self) -> "tuple[list[Found], list[Missed]]":
        """Return every namespace that can be found, this one first, then those with names, and what was missed."""
        named = list(self._iter_named())
        searches = [self._iter_own(), named, self._iter_mounted(), self._iter_members(), self._iter_held()]
        known = merge([found for search in searches for found in search])
        known.sort(key=lambda one: (one.inode != self._own_inode, one.name is None, one.name or b"", one.inode))
        missed = [self._missed_stale(found.what) for found in named if found.inode is None] + self._failed
        if self._denied:
            count = capture.count_processes(self._denied)
            detail = "those of %s could not be seen, for lack of rights (CAP_SYS_PTRACE)" % count
            missed.append(Missed("permission", "", detail, many=self._denied))
        return known, missed

    def _find(self, selector: "str") -> "FoundOrMissed":
        kind, colon, number = selector.partition(":")
        if not colon:
            return self._find_by_name(selector)
        digits = number if re.match(r"[0-9]+\Z", number) else ""
        if not 0 < len(digits) <= _MOST_DIGITS.get(kind, 0):
            raise NoSelectorError("%r is not NAME, pid:NUMBER or inode:NUMBER" % selector)
        return self._find_by_pid(int(digits)) if kind == "pid" else self._find_by_inode(int(digits))

    def _find_by_name(self, name: "str") -> "FoundOrMissed":
        if not name or "/" in name or name in (".", "..") or "\0" in name:
            raise NoSelectorError("%r is not a valid name of a network namespace" % name)
        named = list(self._iter_named())
        found = next((namespace for namespace in named if namespace.name == os.fsencode(name)), None)
        if found is None:
            names = ", ".join(sorted({namespace.what for namespace in named if namespace.inode is not None}))
            known = "known: %s" % names if names else "there are none"
            return Missed("not_in_kernel", name, "no such name below %s; %s" % (capture.NAMED[0], known))
        if found.inode is None:
            return self._missed_stale(name)
        processes = self._iter_members() if os.geteuid() else iter(())  # root can enter it without a member
        members = (process.member for process in processes if process.inode == found.inode)
        return found._replace(member=next(members, None))

    def _find_by_pid(self, pid: "int") -> "FoundOrMissed":
        try:
            found = _find_of_process(pid)
        except PermissionError:
            return Found(None, member=pid)
        except OSError as error:
            for of_thread in _iter_threads(pid, None):  # the main thread has exited
                return merge([of_thread, *self._iter_named()])[0]
            return _missed_process(pid, error)
        return merge([found, *self._iter_named()])[0]

    def _find_by_inode(self, inode: "int") -> "FoundOrMissed":
        searches = (self._iter_own, self._iter_named, self._iter_mounted, self._iter_members, self._iter_held)
        namespaces = (namespace for search in searches for namespace in search())
        found = next((namespace for namespace in namespaces if namespace.inode == inode), None)
        if found is not None:
            return merge([found, *self._iter_named()])[0]
        reason, detail = "not_in_kernel", "not found"
        if self._denied:
            reason, detail = "permission", "not found, and %s could not be seen" % capture.count_processes(self._denied)
        elif self._failed:
            reason, detail = self._failed[0].reason, "not found; " + self._failed[0].detail
        return Missed(reason, "inode:%d" % inode, detail, inode=inode)

    def _iter_own(self) -> "typing.Iterator[Found]":
        if self._own_inode is not None:
            yield Found(self._own_inode, path=_OWN, member=os.getpid())

    def _iter_named(self) -> "typing.Iterator[Found]":
        """Yield the namespaces that ``ip netns`` lists, with inode None for a file that is not a namespace."""
        for path in capture.list_named():
            yield Found(self._read_inode(path), name=os.fsencode(os.path.basename(path)), path=path)

    def _iter_mounted(self) -> "typing.Iterator[Found]":
        """Yield the namespaces mounted in the mount namespace of this process."""
        try:
            mounts = capture.read_file("/proc/self/mountinfo")
        except OSError as error:
            self._note_failure("those that a mount keeps could not be searched: /proc/self/mountinfo", error)
            return
        for inode, path in parse_mountinfo(mounts):
            yield Found(inode, path=path if self._read_inode(path) == inode else None)

    def _iter_members(self) -> "typing.Iterator[Found]":
        """Yield the namespaces of each process and its threads, and count the processes that may not be seen."""
        try:
            pids = capture.list_pids("/proc")
        except OSError as error:
            self._note_failure("those of processes could not be searched", error)
            return
        if 1 not in pids:
            detail = "those of processes could not all be seen: " + capture.describe_hidden(len(pids))
            self._failed.append(Missed("permission", "", detail))
        for pid in pids:
            own = None
            try:
                own = _find_of_process(pid)
                yield own
            except PermissionError:
                self._denied += 1
                continue
            except OSError as error:  # it ended, or its main thread did
                if error.errno not in (errno.ENOENT, errno.ESRCH):
                    self._note_failure("that of process %d could not be seen" % pid, error)
            yield from _iter_threads(pid, own)

    def _missed_stale(self, name: "str") -> "Missed":
        if self._device is None:
            return Missed("unreadable", name, "whether its file is a network namespace cannot be told without /proc")
        return Missed("not_in_kernel", name, "its file is not a network namespace")

    def _note_failure(self, what: "str", error: "OSError") -> "None":
        detail = "%s: %s" % (what, error.strerror or error)
        self._failed.append(Missed("unreadable", "", detail, error.errno or 0))

    def _iter_held(self) -> "typing.Iterator[Found]":
        """Yield the namespaces that a descriptor keeps open."""
        owners = self._owners
        try:
            if owners is None or not owners.threads:
                owners = capture.scan_owners(wanted=None)
        except OSError as error:
            self._note_failure("those that a descriptor keeps could not be searched", error)
            return
        if owners.failed:
            number, words = owners.error or [0, "unknown error"]
            self._note_failure("those that a descriptor keeps could not all be searched", OSError(number, words))
        self._owners = owners
        for inode, (pid, descriptor) in owners.namespaces.items():
            yield Found(inode, path="/proc/%d/fd/%d" % (pid, descriptor))

    def _read_inode(self, path: "str") -> "int | None":
        status = _stat(path)
        return status.st_ino if status is not None and status.st_dev == self._device else None


def parse_mountinfo(mountinfo: "bytes") -> "typing.Iterator[tuple[int, str]]":
    """Yield the inodes of the network namespaces in /proc/PID/mountinfo, with the file each is mounted on; proc(5)."""
    # 64 63 0:4 net:[4026532178] /run/netns/a\040b rw - nsfs nsfs rw
    # Optional fields precede the dash; blanks and backslashes in paths are octal escapes.
    for line in mountinfo.split(b"\n"):
        fields, _dash, kind = line.partition(b" - ")
        words = fields.split(b" ")
        if not kind.startswith(b"nsfs ") or len(words) <= _MOUNT_POINT:
            continue
        found = _MOUNTED.match(words[3])
        if found:
            path = _OCTAL.sub(lambda octal: bytes([int(octal.group(1), 8) & 0xFF]), words[4])
            yield int(found.group(1)), os.fsdecode(path)


def merge(found: "typing.Iterable[Found]") -> "list[Found]":
    """Return each namespace once, in order, with the first name, path and member found for it; skip unknown inodes."""
    known: "dict[int, Found]" = {}
    for new in found:
        if new.inode is None:
            continue
        old = known.setdefault(new.inode, new)
        known[new.inode] = old._replace(
            name=old.name or new.name, path=old.path or new.path, member=old.member or new.member
        )
    return list(known.values())


def open_namespace(found: "Found") -> "int":
    """Return a descriptor of a namespace. Raises OSError, with ENOENT if its file is another namespace by now."""
    if found.path is None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    descriptor = os.open(found.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if os.fstat(descriptor).st_ino != found.inode:
        os.close(descriptor)
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    return descriptor


def find_owner(descriptor: "int") -> "int":
    """Return the user who made a namespace, 0 for those of root; capture.NOBODY if the kernel does not tell."""
    owner = bytearray(4)
    try:
        above = fcntl.ioctl(descriptor, _GET_USER_NAMESPACE)
        try:
            fcntl.ioctl(above, _GET_OWNER, owner)
        finally:
            os.close(above)
    except OSError:  # before Linux 4.11
        return capture.NOBODY
    return int.from_bytes(owner, sys.byteorder)


def choose(found: "list[Found]", limit: "int") -> "list[Found]":
    """Return the namespaces within a limit: this one, those with names, those of root, then the users take turns."""
    if len(found) <= limit:
        return found
    turns: "dict[int, int]" = {}
    order = {}
    for namespace in found[1:]:
        if namespace.name is None:
            owner = _find_owner_of(namespace)
            turns[owner] = turns.get(owner, 0) + 1
            order[namespace] = turns[owner] if owner else 0
    first, *others = found
    return [first, *sorted(others, key=lambda one: order.get(one, -1))][:limit]


def _find_owner_of(found: "Found") -> "int":
    try:
        descriptor = open_namespace(found)
    except OSError:
        return capture.NOBODY
    try:
        return find_owner(descriptor)
    finally:
        os.close(descriptor)


def missed_beyond_limit(found: "typing.Sized", limit: "int") -> "list[Missed]":
    """Return the entry for the namespaces beyond a limit, if any."""
    if len(found) <= limit:
        return []
    count = len(found) - limit
    return [Missed("truncated", "", "%d of %d left out, beyond the limit of %d" % (count, len(found), limit), 0, count)]


def missed_if_hidden(found: "Found") -> "Missed | None":
    """Return the entry for a namespace that no file opens, None for others."""
    if found.path is None and found.inode is not None:
        return Missed("unreadable", found.what, "its mount point is covered by another mount", inode=found.inode)
    return None


def missed_for_error(found: "Found", error: "OSError") -> "Missed":
    """Return the entry for a namespace that could not be entered."""
    number = error.errno or 0
    inode = found.inode or 0
    if isinstance(error, PermissionError):
        return Missed("permission", found.what, capture.describe_rights(), number, inode=inode)
    if number == errno.ENOENT:
        return Missed("not_in_kernel", found.what, "it no longer exists", number, inode=inode)
    return Missed("unreadable", found.what, error.strerror or str(error), number, inode=inode)


def capture_all(plan: "capture.Facts") -> "dict[str, bytes]":
    """Run a plan here and in the network namespaces that it selects; return contents by path, as ``capture.run``.

    The calling thread enters them one by one and returns. Raises capture.Refused, also for an invalid selector.
    """
    selectors = list(plan.get("namespaces", ()))
    if not selectors:
        return capture.run(plan)
    capture.check(plan)
    finder = NamespaceFinder(capture.own_namespace_inode())
    wants_all = "all" in selectors
    try:
        found, missed = finder.find_all() if wants_all else finder.find_selected(selectors)
    except NoSelectorError as error:
        raise capture.Refused(str(error)) from error
    limit = int(plan.get("namespace_limit", DEFAULT_LIMIT))
    chosen = choose(found, limit) if wants_all else found[:limit]
    others = [namespace for namespace in chosen if namespace.inode != capture.own_namespace_inode()]
    missed += missed_beyond_limit(found, limit)
    return capture.run(plan, _NamespaceVisits(others, missed, None if wants_all else finder.chosen))


class _NamespaceVisits:
    """Enters namespaces one after the other, and yields inode, name and the user who made each.

    ``missed`` gets those that could not be entered; ``selected`` has the inodes by selector, None if all are selected.
    """

    def __init__(
        self, found: "list[Found]", missed: "list[Missed]", selected: "typing.Optional[dict[str, int]]"
    ) -> "None":
        self._found = found
        self.missed = missed
        self.selected = selected
        self._owner = capture.NOBODY

    def __iter__(self) -> "typing.Iterator[tuple[int, str | None, int]]":
        if not self._found:
            return
        home = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
        try:
            for found in self._found:
                if self._enter(found):
                    try:
                        name = None if found.name is None else os.fsdecode(found.name)
                        yield found.inode or 0, name, self._owner
                    finally:
                        capture.enter_network_namespace(home)
        finally:
            os.close(home)

    def _enter(self, found: "Found") -> "bool":
        missed = missed_if_hidden(found)
        try:
            if missed is None:
                descriptor = open_namespace(found)
                try:
                    self._owner = find_owner(descriptor)
                    capture.enter_network_namespace(descriptor)
                finally:
                    os.close(descriptor)
        except OSError as error:
            missed = missed_for_error(found, error)
        if missed is not None:
            self.missed.append(missed)
        return missed is None


def _find_of_process(pid: "int") -> "Found":
    path = "/proc/%d/ns/net" % pid
    return Found(os.stat(path).st_ino, path=path, member=pid)


def _iter_threads(pid: "int", main: "Found | None") -> "typing.Iterator[Found]":
    """Yield the namespaces of the threads of a process that differ from that of its main thread.

    ``main`` is None if the main thread has exited.
    """
    process = "/proc/%d" % pid
    known = set() if main is None else {main.inode}
    try:
        for tid in capture.list_threads(process):
            path = "%s/task/%d/ns/net" % (process, tid)
            try:
                inode = os.stat(path).st_ino
            except OSError:  # it ended, or is the main thread
                continue
            if inode not in known:
                known.add(inode)
                yield Found(inode, path=path, member=tid)
    except OSError:  # the process ended
        return


def _missed_process(pid: "int", error: "OSError") -> "Missed":
    what, number = "pid:%d" % pid, error.errno or 0
    if number not in (errno.ENOENT, errno.ESRCH):
        return Missed("unreadable", what, error.strerror or str(error), number)
    if not os.path.exists("/proc/1"):
        hidden = capture.describe_hidden(int(os.path.exists("/proc/self")))
        return Missed("permission", what, "not found, but " + hidden, number)
    return Missed("not_in_kernel", what, "no such process", number)


def _stat(path: "str") -> "os.stat_result | None":
    try:
        return os.stat(path)
    except OSError:
        return None
