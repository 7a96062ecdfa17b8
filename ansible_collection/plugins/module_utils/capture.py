# SPDX-License-Identifier: Apache-2.0
"""Read a kernel: its files, netlink dumps, and the owners of sockets.

This file runs alone on any Linux with Python 3.6 or later: it imports the standard library only. ``python3 capture.py
--plan FILE|-`` reads the sources of a plan, if :func:`check` allows them, and prints a capture as one line of text,
which ``pynetstat --from`` replays.
"""

import sys

if __name__ == "__main__" and not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    del sys.path[0]  # the folder of this file, or the working folder: anybody's json.py may lie there

import bisect
import errno
import itertools
import os
import re
import socket
import stat
import struct
import typing
from datetime import datetime, timezone

LARGEST_FILE = 1 << 30
"""Limit of the size of a file, in bytes."""

_CHUNK = 1 << 18
_JOINED = 1 << 17  # datagrams are handed on together beyond so many bytes; the kernel sends at most 32 KiB in each
_HEADER = struct.Struct("=IHHII")
_END = struct.Struct("=IHHIIi")
_NUMBER = struct.Struct("=I")
_NLMSG_ERROR = 2
_NLMSG_DONE = 3
_NLM_F_REQUEST_DUMP = 0x301
_NLM_F_DUMP_INTR = 0x10
_SOL_NETLINK = 270
_NETLINK_GET_STRICT_CHK = 12
_RECEIVE_SECONDS = 10
_SOCKET = re.compile(r"socket:\[([0-9]{1,20})\]\Z")
# The second form of a socket is that of old kernels: PRG_SOCKET_PFX2 of net-tools. Copies may end with a newline.
_HELD = re.compile(r"(?:(socket|net):\[([0-9]{1,20})\]|\[0000\]:([0-9]{1,20}))\s*\Z")
_FIRST_OF_HELD = ("s", "n", "[")
_PID = re.compile(r"[0-9]{1,10}\Z")
_CLONE_NEWNET = 0x40000000
_GREATEST_INT = 0x7FFFFFFF
_ENDED = (errno.ENOENT, errno.ESRCH, errno.ENOTDIR)
"""Errors of a process that ended, and of a path that is none."""

INITIAL_PID_NAMESPACE = "pid:[4026531836]"
"""The link to the initial PID namespace; its inode is PROC_PID_INIT_INO of linux/proc_ns.h."""

_FLAGS = re.compile(rb"[0-9]+ \(.*\) [A-Z](?: -?[0-9]+){5} ([0-9]{1,10}) ", re.DOTALL)
_KERNEL_THREAD = 0x00200000
"""PF_KTHREAD of linux/sched.h."""

_LINKS_OF_ONE = 3
_LONGEST_LINK = 1 << 12
_MOST_TABLES = 8
_MOST_IN_THREADS = 1000000
FEW_DESCRIPTORS = 64
"""Descriptors of a process that do not count towards the limit of its user."""

MOST_DESCRIPTORS = 1000000
"""Descriptors of processes with more than a few that are read for one user; root may have any number."""

_KCMP_FILES = 2
_WIDE_POINTER = 8
_KCMP = {"x86_64": 312, "aarch64": 272, "riscv64": 272, "loongarch64": 272, "ppc64": 354, "ppc64le": 354, "s390x": 343}
"""The number of the system call kcmp, by machine."""

NO_PROC = "/proc is not mounted"


class DumpFailed(OSError):
    """The kernel refused or aborted a dump; ``errno`` is its error number."""


class DumpInterrupted(DumpFailed):
    """The dumped objects changed meanwhile (NLM_F_DUMP_INTR); a repeated dump may be consistent."""


def read_file(path: "str", limit: "int" = LARGEST_FILE) -> "bytes":
    """Return the content of a file, read to its end: a file in /proc has size 0 and returns a page per read.

    Raises OSError, with EFBIG for more than ``limit`` bytes.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return read_descriptor(descriptor, limit)
    finally:
        os.close(descriptor)


def read_dated(path: "str", limit: "int" = LARGEST_FILE) -> "tuple[bytes | None, int]":
    """Return the content of a file and the time of its last modification, in seconds since 1970.

    The content is None for a file that is there and may not be read. Raises OSError for all others.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except PermissionError:
        return None, int(os.stat(path).st_mtime)
    try:
        return read_descriptor(descriptor, limit), int(os.fstat(descriptor).st_mtime)
    finally:
        os.close(descriptor)


def read_descriptor(descriptor: "int", limit: "int") -> "bytes":
    """Return what an open file holds, read to its end. Raises OSError, with EFBIG for more than ``limit`` bytes."""
    parts: "list[bytes]" = []
    size = 0
    while True:
        part = os.read(descriptor, _CHUNK)
        if not part:
            return b"".join(parts)
        size += len(part)
        if size > limit:
            raise OSError(errno.EFBIG, "larger than %d bytes" % limit)
        parts.append(part)


def find_paths(
    pattern: "str",
    list_names: "typing.Callable[[str], list[str]]" = os.listdir,
    is_file: "typing.Callable[[str], bool]" = os.path.isfile,
) -> "list[str]":
    """Return the files that match a pattern with ``*`` in some components, sorted.

    Raises FileNotFoundError if the directory before the first ``*`` does not exist.
    """
    found = [""]
    for component in pattern.strip("/").split("/"):
        if "*" not in component:
            found = [path + "/" + component for path in found]
            continue
        lists = [(path, _match_names(path, component, list_names, len(found))) for path in found]
        found = [path + "/" + name for path, names in lists for name in names]
    return sorted(filter(is_file, found))


def _match_names(
    directory: "str", pattern: "str", list_names: "typing.Callable[[str], list[str]]", many: "int"
) -> "list[str]":
    import fnmatch  # noqa: PLC0415 - few runs read whole folders

    try:
        return [name for name in list_names(directory) if fnmatch.fnmatchcase(name, pattern)]
    except OSError:
        if many > 1:  # one of several, such as a removed interface
            return []
        raise


def locate(path: "str") -> "str":
    """Return where to read a file of /proc/net: below /proc/self if /proc shows processes only (subset=pid).

    Raises OSError for the folders of /proc/net, which such a /proc hides, and if /proc is missing.
    """
    if not path.startswith("/proc/net/") or os.path.lexists("/proc/net"):
        return path
    if not os.path.lexists("/proc/self/net"):
        raise OSError(errno.ENODEV, NO_PROC)
    if "/" in path[len("/proc/net/") :]:
        raise PermissionError(errno.EACCES, "hidden, since /proc shows processes only (subset=pid)")
    return path.replace("/proc/", "/proc/self/", 1)


def open_netlink_socket(protocol: "int") -> "socket.socket":
    """Open a netlink socket in the network namespace of the calling thread."""
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)


def enter_network_namespace(descriptor: "int") -> "None":
    """Move the calling thread, and no other, into the network namespace of a descriptor; setns(2)."""
    import ctypes  # noqa: PLC0415 - os.setns exists from Python 3.12 on only

    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def describe_rights() -> "str":
    """Return what this process lacks to enter a network namespace, in words that fit its user."""
    return "entering it requires %s" % (
        "root (CAP_SYS_ADMIN)" if os.geteuid() else "CAP_SYS_ADMIN, which root lacks here"
    )


def dump(
    protocol: "int",
    kind: "int",
    body: "bytes",
    strict: "bool" = False,
    connect: "typing.Callable[[int], socket.socket]" = open_netlink_socket,
) -> "typing.Iterator[memoryview]":
    """Yield the datagrams of a netlink dump, without the final NLMSG_DONE; each is valid until the next is requested.

    ``kind`` is the message type, ``body`` the request behind its nlmsghdr; ``strict`` sets NETLINK_GET_STRICT_CHK.
    Raises DumpFailed, also for an error inside NLMSG_DONE: sock_diag reports a protocol without a handler there, and a
    strict route dump a table that does not exist.
    """
    with connect(protocol) as channel:
        channel.settimeout(_RECEIVE_SECONDS)
        if strict:
            _enable_strict_check(channel)
        sequence = int.from_bytes(os.urandom(4), sys.byteorder)
        channel.bind((0, 0))
        port = channel.getsockname()[0]
        channel.sendto(_HEADER.pack(_HEADER.size + len(body), kind, _NLM_F_REQUEST_DUMP, sequence, 0) + body, (0, 0))
        yield from _receive(channel, sequence, port)


def _enable_strict_check(channel: "socket.socket") -> "None":
    try:
        channel.setsockopt(_SOL_NETLINK, _NETLINK_GET_STRICT_CHK, 1)
    except OSError:  # before Linux 4.20: the kernel ignores filters, readers filter again
        pass


def _receive(channel: "socket.socket", sequence: "int", port: "int") -> "typing.Iterator[memoryview]":
    """Yield the messages of a dump, of several datagrams at once; an error comes behind all that precedes it."""
    view = memoryview(bytearray(_JOINED + _CHUNK))
    filled, is_last = 0, False
    while not is_last:
        room = view[filled : filled + _CHUNK]
        try:
            size, _ancillary, flags, _address = channel.recvmsg_into([room])
            end, failure = _find_end(room, -1 if flags & socket.MSG_TRUNC else size, sequence, port)
        except OSError as error:
            size, end, failure = 0, 0, error
        is_last = failure is not None or end < size
        if filled + end > _CHUNK:  # a replay takes no more at once
            yield from (view[:filled], room[:end])
            filled = end = 0
        filled += end
        if filled and (is_last or filled > _JOINED or filled != align4(filled)):
            yield view[:filled]
            filled = 0
        if failure is not None:
            raise failure


def _find_end(buffer: "memoryview", size: "int", sequence: "int", port: "int") -> "tuple[int, OSError | None]":
    """Return where messages end, before a final NLMSG_DONE, and the error that ends the dump; size -1 is too large."""
    if size < _HEADER.size:
        what = "a message is larger than %d bytes" % _CHUNK if size < 0 else "a datagram is shorter than a header"
        return 0, DumpFailed(errno.EMSGSIZE if size < 0 else errno.EBADMSG, what)
    kind = _HEADER.unpack_from(buffer, 0)[1]
    if kind == _NLMSG_ERROR and size >= _END.size:
        return 0, _make_failure(_END.unpack_from(buffer, 0)[5], "refused")
    if size < _END.size:
        return size, None
    start = size - _END.size
    if kind == _NLMSG_DONE:
        start = 0
    length, kind, flags, number, receiver, status = _END.unpack_from(buffer, start)
    if kind != _NLMSG_DONE or length < _END.size or (number, receiver) != (sequence, port):
        return size, None
    if status >= 0 and flags & _NLM_F_DUMP_INTR:
        return start, DumpInterrupted(errno.EAGAIN, "interrupted by a change")
    return start, _make_failure(status, "broken off")


def _make_failure(status: "int", what: "str") -> "DumpFailed | None":
    if status >= 0:
        return None
    number = min(-status, _GREATEST_INT)
    return DumpFailed(number, "%s: %s" % (what, os.strerror(number)))


def dump_whole(  # noqa: PLR0913, PLR0917 - a request and how to send it
    protocol: "int",
    kind: "int",
    body: "bytes",
    strict: "bool" = False,
    tries: "int" = 4,
    connect: "typing.Callable[[int], socket.socket]" = open_netlink_socket,
    limit: "int" = LARGEST_FILE,
) -> "tuple[list[bytes], bool]":
    """Return the datagrams of a dump and whether they are consistent; an interrupted dump is tried ``tries`` times.

    Raises OSError, with EFBIG for more than ``limit`` bytes.
    """
    for _attempt in range(tries):
        datagrams: "list[bytes]" = []
        size = 0
        try:
            for datagram in dump(protocol, kind, body, strict, connect):
                datagrams.append(bytes(datagram))
                size += len(datagram)
                if size > limit:
                    raise OSError(errno.EFBIG, "larger than %d bytes" % limit)
        except DumpInterrupted:
            continue
        if not any(_has_interrupted_message(datagram) for datagram in datagrams):
            return datagrams, True
    return datagrams, False


def align4(length: "int") -> "int":
    """Round a length up to the start of the next message: NLMSG_ALIGN of linux/netlink.h."""
    return length + 3 & ~3


def _has_interrupted_message(datagram: "bytes") -> "bool":
    offset = 0
    while offset + _HEADER.size <= len(datagram):
        length, _kind, flags = _HEADER.unpack_from(datagram, offset)[:3]
        if flags & _NLM_F_DUMP_INTR:
            return True
        offset += max(align4(length), _HEADER.size)
    return False


class Owners:
    """The processes that hold each socket, from the links in /proc/PID/fd and /proc/PID/task/TID/fd.

    ``pids`` maps an inode to its pids in ascending order; the sockets that a search finds with the same processes share
    one tuple. ``processes`` counts the processes that /proc shows.
    ``denied`` counts those whose descriptors could not be listed for lack of rights; ``unread`` those closed by
    hidepid=1, and those whose descriptors could be listed but not read; ``failed`` those that could not be read for
    another reason, the first of which is ``error``: ``[errno, message]``. ``hidden`` is True if other processes are
    invisible (hidepid=2). ``initial`` says whether /proc shows the processes of the initial PID namespace, None if that
    cannot be told: elsewhere processes outside may hold sockets too. ``privileged`` says whether root searched, None if
    that is unknown. ``threads`` is True if the descriptors of all threads were scanned.
    ``namespaces`` maps the inode of each network namespace held open to the first (pid, descriptor). ``descriptors``
    maps (inode, pid) to descriptor numbers, None if not requested. ``arguments`` is True if whole command lines are
    available, False if the first argument only. ``cut`` maps a user id to what was left out because this user has more
    than a fair share: ``[descriptors, files]`` of processes.
    """

    __slots__ = (
        "arguments",
        "cut",
        "denied",
        "descriptors",
        "error",
        "failed",
        "hidden",
        "initial",
        "namespaces",
        "pids",
        "privileged",
        "processes",
        "threads",
        "unread",
    )

    def __init__(self) -> "None":
        self.pids: "dict[int, tuple[int, ...]]" = {}
        self.processes = 0
        self.threads = False
        self.denied = 0
        self.unread = 0
        self.failed = 0
        self.error: "list[typing.Any] | None" = None
        self.hidden = False
        self.initial: "bool | None" = True
        self.privileged: "bool | None" = None
        self.namespaces: "dict[int, tuple[int, int]]" = {}
        self.descriptors: "dict[tuple[int, int], list[int]] | None" = None
        self.arguments = True
        self.cut: "dict[int, list[int]]" = {}

    def note_cut(self, uid: "int", descriptors: "int" = 0, files: "int" = 0) -> "None":
        """Count what was left out of the processes of a user."""
        counts = self.cut.setdefault(uid, [0, 0])
        counts[0] += descriptors
        counts[1] += files

    def add(self, other: "Owners") -> "None":
        """Add what a later search found; what could not be read in either of them counts once."""
        known = self.pids
        changed = ((inode, pids) for inode, pids in other.pids.items() if pids != known.get(inode))
        self.pids.update(share_equal((inode, (*pids, *known.get(inode, ()))) for inode, pids in changed))
        for inode, place in other.namespaces.items():
            self.namespaces.setdefault(inode, place)
        for holder, numbers in (other.descriptors or {}).items():
            if self.descriptors is not None:
                self.descriptors[holder] = sorted({*self.descriptors.get(holder, ()), *numbers})
        self.denied = max(self.denied, other.denied)
        self.unread = max(self.unread, other.unread)
        self.failed = max(self.failed, other.failed)
        self.error = self.error or other.error
        self.hidden = self.hidden or other.hidden
        self.threads = self.threads or other.threads
        self.cut = {
            uid: list(map(max, self.cut.get(uid, [0, 0]), counts)) for uid, counts in other.cut.items()
        } or self.cut


def share_equal(holders: "typing.Iterable[tuple[int, typing.Iterable[int]]]") -> "dict[int, tuple[int, ...]]":
    """Return the processes of each socket in ascending order, each once; those of equal processes share one tuple."""
    known: "dict[tuple[int, ...], tuple[int, ...]]" = {}
    shared = {}
    for inode, pids in holders:
        group = tuple(sorted(set(pids)))
        shared[inode] = known.setdefault(group, group)
    return shared


def scan_owners(
    proc: "str" = "/proc",
    descriptors: "bool" = False,
    wanted: "typing.Optional[typing.Iterable[int]]" = (),
    only: "typing.Optional[typing.Container[int]]" = None,
    scan_all: "typing.Optional[typing.Callable[[OwnerScan, list[int]], None]]" = None,
) -> "Owners":
    """Scan the descriptors of all processes; processes that end meanwhile are skipped.

    Most threads share the descriptors of their process. The threads of a process whose main thread has exited are
    scanned too, and while a ``wanted`` inode has no holder, all threads with descriptors of their own; None wants every
    inode. ``only`` are the inodes whose holders are returned, by default all. ``scan_all`` scans processes in the place
    of :meth:`OwnerScan.scan_processes`.
    """
    pids = list_pids(proc)
    scan = OwnerScan(proc, descriptors, only)
    (scan_all or OwnerScan.scan_processes)(scan, pids)
    threads = wanted is None or not scan.pids.keys() >= set(wanted)
    if threads:
        for pid in pids:
            scan.scan_other_threads(pid)
    owners = scan.finish()
    owners.threads = threads
    owners.processes = len(pids)
    owners.hidden = 1 not in pids
    owners.initial = is_initial_pid_namespace() if proc == "/proc" else None
    owners.privileged = os.geteuid() == 0
    return owners


def count_processes(count: "int") -> "str":
    """Return a number of processes in words."""
    return "%d process%s" % (count, "" if count == 1 else "es")


def describe_hidden(processes: "int") -> "str":
    """Return in words why /proc does not show process 1, if it shows so many others."""
    return "process 1 is hidden in /proc; other processes may be hidden too" if processes else "/proc shows no process"


def list_pids(directory: "str | int") -> "list[int]":
    """Return the numbers among the names in a directory of /proc, ascending: those of processes or threads."""
    # A name is a number in ASCII digits only: int() takes other digits, str.isdigit() also superscripts.
    return sorted(int(name) for name in os.listdir(directory) if _PID.match(name) and name[0] != "0")


def list_threads(process: "str") -> "list[int]":
    """Return the threads of a process that has several, ascending, else none. ``process`` is its path in /proc.

    Links are not followed, since a recorded /proc is untrusted. Raises OSError, also for a process that ended.
    """
    tasks = process + "/task"
    # The kernel counts 2 links and one for each thread (proc_task_getattr); copies on some file systems always have 1.
    if os.lstat(tasks).st_nlink == _LINKS_OF_ONE:
        return []
    directory = _open_directory(process, "task")
    try:
        return list_pids(directory)
    finally:
        os.close(directory)


def is_initial_pid_namespace() -> "bool | None":
    """Return whether /proc shows the processes of the initial PID namespace, None if that cannot be told."""
    for process in ("1", "self"):
        try:
            return "pid:[%d]" % os.stat("/proc/%s/ns/pid" % process).st_ino == INITIAL_PID_NAMESPACE
        except OSError:  # before Linux 3.8, or another user's
            continue
    try:
        return True if shows_kernel_threads(read_file("/proc/2/stat")) else None
    except OSError:
        return None


def shows_kernel_threads(content: "bytes") -> "bool":
    """Return whether ``/proc/2/stat`` is that of a kernel thread; only the initial PID namespace has any.

    Field 9 holds the flags of a task (PF_KTHREAD); proc_pid_stat(5).
    """
    # 2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 ...
    found = _FLAGS.match(content)
    return found is not None and bool(int(found.group(1)) & _KERNEL_THREAD)


class OwnerScan:
    """Scans the descriptors of processes below ``proc`` one by one, and counts each that cannot be read once.

    ``pids``, ``namespaces`` and ``descriptors`` are those of :class:`Owners`, except that ``pids`` has only the first
    holder of sockets with several, which ``several`` has in ascending order. ``failures`` maps processes that could
    not be read to ``[the counter of Owners, errno, message]``. ``scanned`` counts the descriptors of each user that
    count towards the limit, and ``in_threads`` those that threads of a process have for themselves. ``parts`` maps a
    process to the names of its descriptors that are to be read, if others are read elsewhere. ``only`` are the sockets
    whose holders are noted, None for all: of them all holders are, while a search may meet far more other sockets.
    """

    def __init__(
        self, proc: "str", descriptors: "bool" = False, only: "typing.Optional[typing.Container[int]]" = None
    ) -> "None":
        self.proc = proc
        self.only = only
        self._owners = Owners()
        self.pids = self._owners.pids
        self.namespaces = self._owners.namespaces
        self.descriptors = self._owners.descriptors = {} if descriptors else None
        self.several: "dict[int, list[int]]" = {}
        self.failures: "dict[int, list[typing.Any]]" = {}
        self.scanned: "dict[int, int]" = {}
        self.in_threads: "dict[int, int]" = {}
        self.parts: "dict[int, list[str]]" = {}
        self._compare: "typing.Callable[[int, int], bool] | None" = None

    def finish(self) -> "Owners":
        """Return what was found, and how much could not be read."""
        owners = self._owners
        self.pids.update(share_equal(self.several.items()))
        for numbers in (self.descriptors or {}).values():
            numbers[:] = dict.fromkeys(numbers)  # threads may have the same numbers
        for counter, number, words in self.failures.values():
            setattr(owners, counter, getattr(owners, counter) + 1)
            if counter == "failed":
                owners.error = owners.error or [number, words]
        return owners

    def scan_processes(self, pids: "typing.Iterable[int]") -> "None":
        """Scan the descriptors of several processes, in ascending order."""
        for pid in pids:
            self.scan_process(pid)

    def scan_process(self, pid: "int") -> "None":
        """Scan the descriptors of a process, or those of its threads if the main thread has exited."""
        process = "%s/%d" % (self.proc, pid)
        try:
            if not self._scan_table(pid, pid):
                self._scan_threads(process, pid, [])
        except OSError as error:
            if error.errno == errno.EACCES and _is_own_and_dead(process):
                self._scan_threads(process, pid, [])
            else:
                self._note_failure(pid, error)

    def scan_other_threads(self, pid: "int") -> "None":
        """Scan the descriptors of the threads of a process that do not share those of the main thread."""
        if pid not in self.failures:
            self._scan_threads("%s/%d" % (self.proc, pid), pid, [pid])

    def _scan_threads(self, process: "str", pid: "int", scanned: "list[int]") -> "None":
        """Scan the descriptors of threads that share them with none of the threads ``scanned``."""
        try:
            for tid in list_threads(process):
                if tid != pid and not any(self._share_table(known, tid) for known in scanned):
                    self._scan_thread(pid, tid)
                    scanned = [*scanned[-_MOST_TABLES:], tid]
        except OSError as error:
            self._note_failure(pid, error)

    def _scan_thread(self, pid: "int", tid: "int") -> "None":
        before = self.in_threads.get(pid, 0)
        if before > _MOST_IN_THREADS:  # where threads cannot be compared, all are scanned
            raise OSError(errno.E2BIG, "threads have too many descriptors")
        self.in_threads[pid] = before + self._scan_table(pid, tid)

    def _share_table(self, tid: "int", other: "int") -> "bool":
        """Return whether two threads are known to have the same descriptors."""
        if self._compare is None:
            self._compare = _load_comparison(self.proc)
        return self._compare(tid, other)

    def _note_failure(self, pid: "int", error: "OSError") -> "None":
        if pid in self.failures or (error.errno in _ENDED and not isinstance(error, _UnreadLink)):
            return
        if isinstance(error, _UnreadLink) and isinstance(error.__cause__, PermissionError):
            counter = "unread"  # ptrace access is checked for each link, with the same result
        elif error.errno == errno.EACCES:
            counter = "denied"
        else:
            counter = "unread" if error.errno == errno.EPERM else "failed"
        self.failures[pid] = [counter, *describe_error(error)]

    def _scan_table(self, pid: "int", tid: "int") -> "int":
        """Scan the descriptors of a process or thread, and return how many it has. Raises OSError."""
        directory = _open_directory("%s/%d" % (self.proc, pid), *(["fd"] if tid == pid else ["task", str(tid), "fd"]))
        try:
            part = self.parts.get(pid) if tid == pid else None
            names = os.listdir(directory) if part is None else part
            self._read_links(directory, self._limit_user(pid, names), pid, tid)
            return len(names)
        finally:
            os.close(directory)

    def _read_links(self, directory: "int", names: "list[str]", pid: "int", tid: "int") -> "None":
        readlink, match, pids, own = os.readlink, _SOCKET.match, self.pids, (pid,)
        only, has_numbers = self.only, self.descriptors is not None
        for name in names:
            try:
                target = readlink(name, dir_fd=directory)
            except OSError as error:
                target = _read_again(directory, name, error)
            found = match(target)
            if found is None:
                if target[:1] in _FIRST_OF_HELD:
                    self._note_unusual(target, pid, tid, name)
                continue
            inode = int(found.group(1))
            if only is not None and inode not in only:
                continue
            first = pids.setdefault(inode, own)
            if first is not own:
                self.add_holder(inode, pid)
            if has_numbers:
                self._note_number(inode, pid, name)

    def _limit_user(self, pid: "int", names: "list[str]") -> "list[str]":
        """Return the descriptors of a process to be read, fewer if its user, who is not root, has had very many."""
        if len(names) <= FEW_DESCRIPTORS:
            return names
        uid = read_real_uid("%s/%d" % (self.proc, pid))
        before = self.scanned.get(uid, 0)
        self.scanned[uid] = before + len(names)
        most = max(MOST_DESCRIPTORS - before, 0)
        if uid == 0 or len(names) <= most:
            return names
        self._owners.note_cut(uid, descriptors=len(names) - most)
        return names[:most]

    def add_holder(self, inode: "int", pid: "int") -> "None":
        """Add a holder of a socket."""
        first = self.pids.setdefault(inode, (pid,))
        if first == (pid,) and inode not in self.several:
            return
        holders = self.several.setdefault(inode, [*first])
        place = bisect.bisect_left(holders, pid)
        if holders[place : place + 1] != [pid]:
            holders.insert(place, pid)

    def _note_unusual(self, target: "str", pid: "int", tid: "int", name: "str") -> "None":
        """Note a network namespace that is held open, and a socket in the forms of old kernels and of copies."""
        found = _HELD.match(target)
        if found is None:
            return
        kind, named, ancient = found.groups()
        inode = int(named or ancient)
        if kind == "net":
            if _PID.match(name):
                self.namespaces.setdefault(inode, (tid, int(name)))
            return
        if self.only is None or inode in self.only:
            self.add_holder(inode, pid)
            self._note_number(inode, pid, name)

    def _note_number(self, inode: "int", pid: "int", name: "str") -> "None":
        if self.descriptors is not None and _PID.match(name):
            self.descriptors.setdefault((inode, pid), []).append(int(name))


def read_real_uid(process: "str") -> "int":
    """Return the real user id of a process, by its path in /proc, -1 if it is unknown.

    The owner of its files does not tell: they are root's if the process does not want to be traced (prctl(2)).
    """
    try:
        return parse_real_uid(read_file(process + "/status", _LARGEST_OF_PROCESS))
    except OSError:
        return -1


def parse_real_uid(status: "bytes") -> "int":
    """Return the real user id in ``/proc/PID/status``, -1 if it is unknown."""
    # Uid:\t1000\t1000\t1000\t1000
    found = re.search(rb"^Uid:\t([0-9]{1,10})\s", status, re.MULTILINE)
    return int(found.group(1)) if found else -1


class _UnreadLink(OSError):
    """A descriptor was listed, but what it refers to could not be read."""


def _open_directory(process: "str", *names: "str") -> "int":
    """Open a directory of a process, name by name; links are not followed, since a recorded /proc is untrusted."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    directory = os.open(process, flags)
    for name in names:
        above = directory
        try:
            directory = os.open(name, flags, dir_fd=above)
        finally:
            os.close(above)
    return directory


def _read_again(directory: "int", name: "str", error: "OSError") -> "str":
    """Return what a descriptor refers to, empty if it was closed meanwhile. Raises _UnreadLink."""
    if error.errno == errno.EINVAL and not _is_link(directory, name):
        return _read_copied_link(directory, name)
    if error.errno in _ENDED:
        if _is_link(directory, name) is None:
            return ""
        try:  # another descriptor has the number by now
            return os.readlink(name, dir_fd=directory)
        except OSError as again:
            if _is_link(directory, name) is None:
                return ""
            error = again
    raise _UnreadLink(error.errno, error.strerror) from error


def _is_link(directory: "int", name: "str") -> "bool | None":
    """Return whether a name in a directory is a link, None if it does not exist."""
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode)
    except OSError:
        return None


def _read_copied_link(directory: "int", name: "str") -> "str":
    """Return the text of a file, with which a copy may stand for a link; empty for anything else than a file."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        if not stat.S_ISREG(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            return ""
        descriptor = os.open(name, flags, dir_fd=directory)
    except OSError:
        return ""
    try:
        return os.fsdecode(os.read(descriptor, _LONGEST_LINK)) if stat.S_ISREG(os.fstat(descriptor).st_mode) else ""
    finally:
        os.close(descriptor)


def _is_own_and_dead(process: "str") -> "bool":
    """Return whether a process of this user is dead, or its main thread: then only root may list its descriptors."""
    try:
        if os.stat(process).st_uid != os.geteuid():
            return False
        # 3505 (a) S 1) Z 3502 ...
        return read_file(process + "/stat", _LARGEST_OF_PROCESS).rpartition(b")")[2].split()[:1] in ([b"Z"], [b"X"])
    except OSError:
        return False


def _load_comparison(proc: "str") -> "typing.Callable[[int, int], bool]":
    """Return a function that says whether two threads are known to share their descriptors, by kcmp(2)."""
    number = _KCMP.get(os.uname().machine) if proc == "/proc" else None
    if number is None or struct.calcsize("P") != _WIDE_POINTER:
        return lambda *_threads: False
    try:
        import ctypes  # noqa: PLC0415 - needed for threads only

        call = ctypes.CDLL(None).syscall
    except (ImportError, OSError, AttributeError):
        return lambda *_threads: False
    call.argtypes = [ctypes.c_long] * 6
    return lambda tid, other: call(number, tid, other, _KCMP_FILES, 0, 0) == 0


MARK = "netstat-capture/1:"
"""The beginning of packed text."""

VERSION = 1
DESCRIPTION = "capture.json"
NAMED = ("/run/netns", "/var/run/netns")
"""The folders in which ``ip netns`` names network namespaces."""

NAMESPACES = "namespaces"
"""The folder of the contents of other network namespaces, by inode."""

MOST_BYTES = 1 << 28
_MOST_SOURCES = 1 << 12
_LARGEST_PLAN = 1 << 24
_LARGEST_BODY = 1 << 12
_LARGEST_OF_PROCESS = 1 << 16
_LARGEST_BLOCK = 1 << 12
_INODES_OF_BLOCK = 256
_LEAST_COST = 64
_MOST_CONTENTS = 1 << 18
_MOST_HELD = 1 << 20
_MOST_NAMED = 10000
_MOST_TOLD = 3
NOBODY = -1
"""Stands for a user who is unknown."""

LONGEST_FIRST_ARGUMENT = 1 << 12
_LONGEST_NUMBER = 20
# Of the folders of DHCP clients only the leases: beside them are keys, secrets and the settings of connections.
_LEASES = (
    r"/var/lib/(?:dhcp|dhclient)/dhclient[^/]*\.leases?|/var/(?:lib/dhcpcd5?|db/dhcpcd)/[^/]+\.lease"
    r"|/var/lib/NetworkManager/(?:internal|dhclient)-[^/]+\.lease"
    r"|/run/(?:systemd/netif/leases|NetworkManager/devices)/[^/]+"
)
_FILES = (
    r"/proc/(?:(?:self|[0-9]+)/)?net/.+|/proc/sys/net/.+|/sys/class/net/.+|/proc/(?:sys/kernel/osrelease|stat)"
    r"|/etc/default/inet_type|" + _LEASES
)
_TARGETS = (
    r"/proc/[0-9]+/(?:task/[0-9]+/)?net/.+|/proc/(?:sys/net/.+|sys/kernel/osrelease|stat)"
    r"|/sys/devices/(?:.+/)?net/[^/]+/.+|/etc/default/inet_type|" + _LEASES
)
_UNREADABLE = frozenset(["reset_stats", "channel", "stable_secret", "tcp_fastopen_key"])
"""Names of files that are secret, or that change something when read."""

_DUMPS = {0: frozenset([18, 22, 26, 30, 34, 58, 62, 82, 94, 106]), 4: frozenset([20]), 12: frozenset([0x101, 0x201])}
"""Message types of allowed dumps by netlink protocol: rtnetlink, sock_diag, ctnetlink connections and expectations."""

Facts = typing.Dict[str, typing.Any]
_LOST_WITH_MAIN_THREAD = frozenset(["cmdline", "environ", "exe"])
_OF_PROCESS = frozenset(["comm", "cmdline", "status", "stat", "cgroup", "exe", "environ", "attr/current"])


class Refused(ValueError):
    """A plan requests something that captures do not allow."""


def check(plan: "Facts") -> "None":
    """Raise Refused for a plan that requests anything but what the lists above allow."""
    try:
        _check_frame(plan)
        for source in plan["sources"]:
            _check_source(source)
    except Refused:
        raise
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise Refused("not a plan: %s: %s" % (type(error).__name__, error)) from error


def _check_frame(plan: "Facts") -> "None":
    if plan["version"] != VERSION or len(plan["sources"]) > _MOST_SOURCES:
        raise Refused("the plan has another version or too many sources")
    limits = [plan.get(name, 0) for name in ("most_bytes", "namespace_limit")]
    if not all(isinstance(limit, int) and limit >= 0 for limit in limits):
        raise Refused("a limit is not a number, or negative")
    if not _OF_PROCESS.issuperset(plan.get("processes", ())):
        raise Refused("a capture must not read these files of processes")
    if not all(isinstance(selector, str) for selector in plan.get("namespaces", ())):
        raise Refused("a selector of network namespaces is not a text")


def _check_source(source: "Facts") -> "None":
    column, values = source.get("keep", (0, ()))
    numbers = [source.get(name, 0) for name in ("inode", "uid", "protocol", "type")] + [column]
    if not all(isinstance(number, int) and abs(number) < _LARGEST_BODY for number in numbers):
        raise Refused("a column or offset is not a number, or too large")
    [value.encode("latin-1") for value in [*values, *source.get("unless", ())]]
    if "path" in source:
        if not _is_allowed(source["path"], _FILES):
            raise Refused("%r is not one of the kernel's network files" % source["path"])
    elif source["type"] not in _DUMPS.get(source["protocol"], ()) or not isinstance(source["name"], str):
        raise Refused("not an allowed dump: type %r of protocol %r" % (source["type"], source["protocol"]))
    elif len(bytes.fromhex(source["body"])) > _LARGEST_BODY or min(numbers) < 0:
        raise Refused("not a valid request: %s" % source["name"])
    elif "keep" in source and not all(len(bytes.fromhex(value)) == 1 for value in values):
        raise Refused("keep does not list single bytes: %s" % source["name"])


def _is_allowed(path: "str", allowed: "str") -> "bool":
    parts = path.split("/")[1:]
    clean = path.isprintable() and not {"", ".", ".."}.intersection(parts)
    return clean and re.fullmatch(allowed, path) is not None and parts[-1] not in _UNREADABLE


def run(plan: "Facts", visits: "typing.Any" = None) -> "dict[str, bytes]":
    """Read the sources of a plan; return contents by path: files as below ``/``, netlink replies, the description.

    ``visits`` enters the selected network namespaces one after the other and yields inode and name of each; it is made
    by ``find_namespaces.py``. Raises Refused; the description lists what could not be read.
    """
    check(plan)
    if plan.get("namespaces") and visits is None:
        raise Refused("capturing other network namespaces needs find_namespaces.py")
    contents = _Contents(min(int(plan.get("most_bytes", MOST_BYTES)), MOST_BYTES))
    about = dict(describe_machine(), **_SourceReader(contents).read_sources(plan))
    if visits is not None:
        about["namespaces"] = _read_namespaces(contents, plan, visits)
        about.update(missed=[list(missed) for missed in visits.missed], selected=visits.selected)
    seen = contents.finish()
    _note_lost(about, "", contents.tree)
    for place in about.get("namespaces", ()):
        _note_lost(place, "%s/%d/" % (NAMESPACES, place["network_namespace"]["inode"]), contents.tree)
    about["owners"] = None
    if plan.get("owners"):
        try:
            about["owners"] = contents.read_owners(plan, seen)
        except OSError as error:
            about["failed"]["/proc"] = describe_error(error)
        except MemoryError:
            about["failed"]["/proc"] = [errno.ENOMEM, os.strerror(errno.ENOMEM)]
    about["names"] = {"users": _user_names(sorted(seen["uid"])[:_MOST_NAMED])} if plan.get("users") else {}
    contents.tree[DESCRIPTION] = encode_description(about)
    return contents.tree


def _note_lost(about: "Facts", prefix: "str", tree: "dict[str, bytes]") -> "None":
    """Say of the files of which nothing is left that they could not be read."""
    for entry in about["asked"]:
        if "cut" in entry and "*" not in entry["path"] and prefix + entry["path"].lstrip("/") not in tree:
            about["failed"][entry["path"]] = entry.pop("cut")


def _read_namespaces(contents: "_Contents", plan: "Facts", visits: "typing.Any") -> "list[Facts]":
    """Read the sources of a plan in each namespace that is visited, as long as the description has room."""
    described: "list[Facts]" = []
    size = unread = 0
    for inode, name, owner in visits:
        if size > contents.limit // 16:
            unread += 1
            continue
        described.append(_read_namespace(contents, plan, (inode, name, owner)))
        size += len(encode_description(described[-1]))
    if unread:
        visits.missed.append(("truncated", "", "%d left out, for want of room in a capture" % unread, 0, unread, 0))
    return described


def _read_namespace(contents: "_Contents", plan: "Facts", visited: "tuple[int, str | None, int]") -> "Facts":
    """Read the sources of a plan in the network namespace of the calling thread."""
    inode, name, owner = visited
    process = "/proc/" + os.readlink("/proc/thread-self")
    place = (1, *path_of_user(owner), inode)
    reader = _SourceReader(contents, place, "%s/%d/" % (NAMESPACES, inode), process)
    return dict(reader.read_sources(plan), network_namespace={"inode": inode, "name": name})


def describe_machine() -> "Facts":
    """Return the facts about this machine for the description."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    facts = {"capture": VERSION, "hostname": socket.gethostname(), "kernel_release": os.uname().release}
    facts.update(captured_at=now.replace("+00:00", "Z"), ticks_per_second=os.sysconf("SC_CLK_TCK"))
    inode = own_namespace_inode()
    namespace = None if inode is None else {"inode": inode, "name": name_own_namespace()}
    facts["procfs"] = os.path.exists("/proc/net/dev") or os.path.exists("/proc/self/net/dev")
    return dict(facts, byte_order=sys.byteorder, network_namespace=namespace)


def own_namespace_inode() -> "int | None":
    """Return the inode of the network namespace of this process, None if it is unknown."""
    try:
        return os.stat("/proc/self/ns/net").st_ino
    except OSError:
        return None


def name_own_namespace() -> "str | None":
    """Return the first name that ``ip netns`` has for the network namespace of this process, None without one."""
    try:
        own = os.stat("/proc/self/ns/net")
    except OSError:
        return None
    for path in list_named():
        try:
            if os.path.samestat(own, os.stat(path)):
                return os.path.basename(path)
        except OSError:
            continue
    return None


def list_named() -> "list[str]":
    """Return the files below /run/netns that name network namespaces, as ``ip netns`` lists them, sorted by name."""
    names: "dict[str, str]" = {}
    for folder in reversed(NAMED):
        try:
            names.update((name, "%s/%s" % (folder, name)) for name in os.listdir(folder))
        except OSError:
            continue
    return [names[name] for name in sorted(names)]


def encode_description(about: "Facts") -> "bytes":
    """Return a description as bytes; equal facts give equal bytes."""
    import json  # noqa: PLC0415 - live reports need none

    return json.dumps(about, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def describe_error(error: "OSError") -> "list[typing.Any]":
    """Return an error as captures keep it: ``[errno, message]``."""
    return [error.errno or 0, error.strerror or str(error)]


def _check_target(path: "str") -> "str":
    if not _is_allowed(os.path.realpath(path), _TARGETS):
        raise OSError(errno.EACCES, "leads out of the kernel's network files")
    return path


def share_out(wanted: "dict[tuple[int, ...], int]", limit: "int") -> "dict[tuple[int, ...], int]":
    """Return how much of ``limit`` everybody may have who wants an amount; ``wanted`` and the result are by path.

    Paths of numbers with an equal beginning share what that gets. On each level nobody gets more than wanted, whoever
    wants no more than an equal part gets all of it, and the others get equal parts of the rest (max-min fairness).
    """
    groups: "dict[int, dict[tuple[int, ...], int]]" = {}
    for path, size in wanted.items():
        groups.setdefault(path[0], {})[path[1:]] = size
    left, waiting = limit, len(groups)
    shares: "dict[tuple[int, ...], int]" = {}
    for first, group in sorted(groups.items(), key=lambda item: sum(item[1].values())):
        part = min(sum(group.values()), left // waiting)
        left, waiting = left - part, waiting - 1
        inner = {(): part} if () in group else share_out(group, part)
        shares.update(((first, *path), size) for path, size in inner.items())
    return shares


def path_of_user(uid: "int") -> "tuple[int, int]":
    """Return the path of a user for :func:`share_out`: root gets as much as all others together."""
    return int(uid != 0), uid


class Shares:
    """Pieces by path, of which those that fit into ``limit`` bytes are kept, as :func:`share_out` allots them.

    Of a path the smaller pieces are kept, of equal ones those added first. Never more than two limits are held.
    ``left_out`` has the other pieces by path: how many, and their bytes.
    """

    def __init__(self, limit: "int") -> "None":
        self.left_out: "dict[tuple[int, ...], list[int]]" = {}
        self._limit = limit
        self._held = 0
        self._pieces: "dict[tuple[int, ...], list[tuple[int, typing.Any]]]" = {}

    def add(self, path: "tuple[int, ...]", size: "int", piece: "typing.Any", count: "int" = 1) -> "None":
        """Add a piece of a size in bytes, which stands for ``count`` things."""
        self._pieces.setdefault(path, []).append((size, (count, piece)))
        self._held += size
        if self._held > 2 * self._limit:
            self._trim()

    def finish(self) -> "list[tuple[tuple[int, ...], typing.Any]]":
        """Return the pieces that are kept, each with its path."""
        if self._held > self._limit:
            self._trim()
        return [(path, piece) for path, pieces in self._pieces.items() for _size, (_count, piece) in pieces]

    def _trim(self) -> "None":
        sizes = {path: sum(size for size, _piece in pieces) for path, pieces in self._pieces.items()}
        shares = share_out(sizes, self._limit)
        for path, size in sizes.items():
            if size > shares[path]:
                self._pieces[path] = self._cut(path, shares[path])
        self._held = sum(size for pieces in self._pieces.values() for size, _piece in pieces)

    def _cut(self, path: "tuple[int, ...]", room: "int") -> "list[tuple[int, typing.Any]]":
        kept = []
        counts = self.left_out.setdefault(path, [0, 0])
        for size, piece in sorted(self._pieces[path], key=lambda entry: entry[0]):
            if size <= room:
                kept.append((size, piece))
                room -= size
            else:
                counts[0] += piece[0]
                counts[1] += size
        return kept


def cut_rows(
    batches: "typing.Iterable[list[bytes]]", limit: "int", user_of: "typing.Callable[[bytes], int]"
) -> "tuple[list[bytes], dict[int, int]]":
    """Return the rows that fit into a limit, in blocks, and how many were left out of each user's."""
    shares = Shares(limit)
    number = 0
    for batch in batches:
        rows: "dict[int, list[bytes]]" = {}
        for row in batch:
            rows.setdefault(user_of(row), []).append(row)
        for uid, of_user in rows.items():
            for block in _split_blocks(of_user):
                number += 1
                shares.add(path_of_user(uid), sum(map(len, block)), (number, b"".join(block)), len(block))
    kept = sorted(piece for _path, piece in shares.finish())
    return [block for _number, block in kept], {path[1]: counts[0] for path, counts in shares.left_out.items()}


def _split_blocks(rows: "list[bytes]") -> "typing.Iterator[list[bytes]]":
    block: "list[bytes]" = []
    size = 0
    for row in rows:
        if block and size + len(row) > _LARGEST_BLOCK:
            yield block
            block, size = [], 0
        block.append(row)
        size += len(row)
    if block:
        yield block


def describe_cut(counts: "dict[int, int]", what: "str") -> "str":
    """Return in words how many things of which users were left out."""
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    names = ["%d of %s" % (count, name_user(uid)) for uid, count in most[:_MOST_TOLD]]
    if len(most) > _MOST_TOLD:
        names.append("%d of others" % sum(count for _uid, count in most[_MOST_TOLD:]))
    return "%s were left out, beyond a fair share: %s" % (what, ", ".join(names))


def name_user(uid: "int") -> "str":
    """Return a user id in words."""
    return "user %d" % uid if uid >= 0 else "unknown users"


class _Content:
    """A content of a source, which is kept at a path; ``place`` is its path for :func:`share_out`.

    ``entry`` is what the description says of the netlink reply, or of the source that was asked for.
    """

    def __init__(
        self, path: "str", place: "tuple[int, ...]", content: "bytes", source: "Facts", entry: "Facts"
    ) -> "None":
        self.path = path
        self.place = place
        self.content = content
        self.origin = source
        self.entry = entry

    @property
    def cost(self) -> "int":
        """The bytes that count."""
        return len(self.content) + len(self.path) + _LEAST_COST

    @property
    def is_dump(self) -> "bool":
        """True for a netlink reply."""
        return "path" not in self.origin

    def find_numbers(self, what: "str") -> "set[int]":
        """Return the inodes or uids in it, if the source says where they stand."""
        if what not in self.origin:
            return set()
        if self.is_dump:
            return _numbers_in_messages(_split_frames(self.content), self.origin[what])
        return _numbers_in_column(self.content, self.origin[what])

    def cut(self, room: "int", user_of: "typing.Callable[[bytes], int]") -> "bool":
        """Cut it to a number of bytes, and return whether anything is left."""
        if self.is_dump:
            rows, counts = cut_rows(map(split_messages, _split_frames(self.content)), room - _LEAST_COST, user_of)
            self.content = frame_datagrams(rows)
        elif has_users(self.origin):
            header, newline, rest = self.content.partition(b"\n")
            rows, counts = cut_rows([rest.splitlines(True)], room - len(header) - _LEAST_COST, user_of)
            self.content = header + newline + b"".join(rows)
        else:
            rows, counts = [], {}
        tell_cut(self.entry, counts)
        return bool(rows) or self.is_dump


def has_users(source: "Facts") -> "bool":
    """Return whether the rows of a source show whose they are, or which socket they are about."""
    return "uid" in source or "inode" in source


def tell_cut(entry: "Facts", counts: "dict[int, int]") -> "None":
    """Say in the description of a source that rows of users were left out, or all of it; counts add up."""
    total = entry.setdefault("left_out", {})
    for uid, count in counts.items():
        total[str(uid)] = total.get(str(uid), 0) + count
    words = describe_cut({int(uid): count for uid, count in total.items()}, "rows") if total else "too large"
    entry["error" if "reply" in entry else "cut"] = [errno.EFBIG, words]


class _Contents:
    """The contents read so far, and the room for more in a capture of ``limit`` bytes.

    Half of it is for the sources, an eighth for the description; the owners get the rest, and what the sources leave.
    Where the sources need more, the largest give way, and of their rows those of the users who have most. Each other
    network namespace is like one source; those that users made give way before those of root.
    """

    def __init__(self, limit: "int") -> "None":
        self.tree: "dict[str, bytes]" = {}
        self.room = limit // 2
        self.limit = limit
        self.described = 0
        self._read: "list[_Content]" = []
        self._cost = 0
        self._users: "dict[int, int] | None" = None

    def keep(self, content: "_Content") -> "None":
        """Keep a content, or cut others to their shares."""
        self._read.append(content)
        self._cost += content.cost
        if self._cost > 2 * self.room:
            self._shrink()

    def finish(self) -> "dict[str, set[int]]":
        """Cut the sources to their shares, and return the inodes and uids in what is left."""
        self._shrink()
        self.tree = {one.path: one.content for one in self._read}
        return {what: set().union(*(one.find_numbers(what) for one in self._read)) for what in ("inode", "uid")}

    def _shrink(self) -> "None":
        if self._cost <= self.room:
            return
        shares = share_out({one.place: one.cost for one in self._read}, self.room)
        kept = []
        for one in self._read:
            share = shares[one.place]
            if one.cost <= share or one.cut(share - len(one.path) - _LEAST_COST, self.make_finder(one.origin)):
                kept.append(one)
        self._read = kept
        self._cost = sum(one.cost for one in kept)

    def make_finder(self, source: "Facts") -> "typing.Callable[[bytes], int]":
        """Return a function that finds whose a row or message of a source is."""
        find = _find_in_row if "path" in source else _find_in_message

        def user_of(row: "bytes") -> "int":
            inode = find(row, source.get("inode"))
            uid = find(row, source.get("uid"))
            if inode == 0:  # a closed connection; the kernel says it is root's
                return NOBODY
            return self._find_user(inode) if uid is None else uid

        return user_of

    def _find_user(self, inode: "int | None") -> "int":
        """Return the user of a process that holds a socket."""
        if self._users is None:
            try:
                pids = scan_owners().pids
            except (OSError, MemoryError):
                pids = {}
            uids = {pid: read_real_uid("/proc/%d" % pid) for pid in {held[0] for held in pids.values()}}
            self._users = {inode: uids[pids[inode][0]] for inode in pids}
        return NOBODY if inode is None else self._users.get(inode, NOBODY)

    def read_owners(self, plan: "Facts", seen: "dict[str, set[int]]") -> "Facts":
        """Read the owners of sockets, each user's up to a fair share, and add the uids of those kept to ``seen``."""
        wanted = None if plan["owners"] == "all" else seen["inode"] - {0}
        found = scan_owners(descriptors=bool(plan.get("descriptors")), wanted=wanted, only=wanted)
        found.arguments = bool(plan.get("arguments"))
        inodes_of: "dict[int, list[int]]" = {}
        for inode in sorted(found.pids):
            for pid in found.pids[inode]:
                inodes_of.setdefault(pid, []).append(inode)
        room = self.limit - self.limit // 8 - sum(len(path) + len(self.tree[path]) + _LEAST_COST for path in self.tree)
        holders = _Holders(found, plan, Shares(max(room, 0)), self.limit)
        for pid, inodes in inodes_of.items():
            holders.add(pid, inodes, is_first=not seen["inode"].isdisjoint(inodes))
        held = holders.finish(self.tree, seen["uid"])
        return describe_owners(found, {str(pid): sorted(held[pid]) for pid in sorted(held)})


class _Holders:
    """The processes that hold sockets, in shares: what each holds and files of it, a user's long ones last."""

    def __init__(self, found: "Owners", plan: "Facts", shares: "Shares", limit: "int") -> "None":
        self._found = found
        self._names = list(plan.get("processes", ()))
        self._shares = shares
        # A replay takes no more files, and no more numbers in the description.
        self._least_of_file = max(_LEAST_COST, limit // _MOST_CONTENTS)
        self._least_of_socket = max(24, limit // 4 // _MOST_HELD)

    def add(self, pid: "int", inodes: "list[int]", is_first: "bool") -> "None":
        """Add a process and the sockets it holds; the holders of sockets that were asked for are the first."""
        files = dict(self._read_files(pid))
        uid = parse_real_uid(files["status"]) if "status" in files else read_real_uid("/proc/%d" % pid)
        place = (int(not is_first), *path_of_user(uid))
        for start in range(0, len(inodes), _INODES_OF_BLOCK):
            block = inodes[start : start + _INODES_OF_BLOCK]
            numbers = self._found.descriptors or {}
            size = sum(self._least_of_socket + 8 * len(numbers.get((inode, pid), ())) for inode in block)
            self._shares.add((*place, 0), size, (pid, "", block), len(block))
        for name, content in files.items():
            first = cut_first_argument(content) if name == "cmdline" else content
            for part in (first, content) if len(first) < len(content) else (content,):
                self._shares.add((*place, 1), len(part) + self._least_of_file, (pid, name, part))

    def _read_files(self, pid: "int") -> "typing.Iterator[tuple[str, bytes]]":
        for name in self._names:
            try:
                yield name, read_process_file(pid, name, self._found.arguments)
            except (OSError, MemoryError):
                continue

    def finish(self, tree: "dict[str, bytes]", uids: "set[int]") -> "dict[int, list[int]]":
        """Add the files kept to a tree and the uids in them to a set; return the inodes by pid."""
        held: "dict[int, list[int]]" = {}
        for path, (pid, name, kept) in self._shares.finish():
            if not name:
                held.setdefault(pid, []).extend(kept)
                continue
            place = "proc/%d/%s" % (pid, name)
            tree[place] = max(kept, tree.get(place, b""), key=len)  # a whole command line, or its first argument
            if name == "status" and path[2] >= 0:
                uids.add(path[2])
        for path, (count, _size) in self._shares.left_out.items():
            self._found.note_cut(path[2], *((count, 0) if path[3] == 0 else (0, count)))
        return held


class _SourceReader:
    """Reads the sources of a plan in one network namespace.

    ``place`` is the path of the namespace for :func:`share_out`. For another namespace than the first, ``prefix`` is
    prepended to the paths kept, and ``process`` is the path of the calling thread in /proc; /proc/net itself shows the
    namespace of the main thread.
    """

    def __init__(
        self, contents: "_Contents", place: "tuple[int, ...]" = (0, 0, 0, 0), prefix: "str" = "", process: "str" = ""
    ) -> "None":
        self._contents = contents
        self._place = place
        self._prefix = prefix
        self._process = process
        self._kept = 0
        self.failed: "dict[str, list[typing.Any]]" = {}
        self.dumps: "list[Facts]" = []

    def read_sources(self, plan: "Facts") -> "Facts":
        """Read all sources; return the paths read, the errors, and the netlink replies."""
        is_foreign = plan.get("byte_order", sys.byteorder) != sys.byteorder
        asked = []
        for source in sorted(plan["sources"], key=lambda source: "unless" in source):
            if "unless" in source and self._has(source["unless"]):
                continue
            if "path" in source:
                entry = dict(source)
                asked.append(entry)
                self.read_files(source, entry)
            else:
                self.read_dump(source, is_foreign)
        return {"asked": asked, "failed": self.failed, "netlink": self.dumps}

    def _has(self, sources: "list[str]") -> "bool":
        failed = [reply["name"] for reply in self.dumps if reply["error"] and reply["error"][0] != errno.EFBIG]
        return not any(source in self.failed or source in failed for source in sources)

    def _keep(self, path: "str", content: "bytes", source: "Facts", entry: "Facts") -> "None":
        self._kept += 1
        path = self._prefix + path.lstrip("/")
        self._contents.keep(_Content(path, (*self._place, self._kept), content, source, entry))

    def _locate(self, path: "str") -> "str":
        """Return the path to read for a path of the plan."""
        place = locate(path)
        if not self._process:
            return place
        if path.startswith("/sys/"):
            raise OSError(errno.ENOENT, "shows the network namespace it was mounted from")
        return path.replace("/proc/net/", self._process + "/net/", 1) if path.startswith("/proc/net/") else path

    def read_files(self, source: "Facts", entry: "Facts") -> "None":
        """Read a file, or all that match a pattern; ``entry`` gets what was left out of them."""
        path = source["path"]
        try:
            place = self._locate(path)
            for found in find_paths(place) if "*" in path else [place]:
                self._read_file(found, source, entry)
        except OSError as error:
            self.failed[path] = describe_error(error)
        except MemoryError:
            self.failed[path] = [errno.ENOMEM, os.strerror(errno.ENOMEM)]

    def _read_file(self, place: "str", source: "Facts", entry: "Facts") -> "None":
        content: "bytes | None"
        try:
            if source.get("dated"):
                content, modified = read_dated(_check_target(place), self._contents.room)
                entry.setdefault("times", {})[place] = modified
            else:
                content = self._read_rows(_check_target(place), source, entry)
        except OSError as error:
            if "*" in source["path"]:  # it vanished or cannot be read
                if error.errno == errno.EFBIG:
                    tell_cut(entry, {})
                return
            raise
        if source["path"].startswith("/proc/net/"):
            place = place.replace((self._process or "/proc/self") + "/net/", "/proc/net/", 1)
        if content is not None:
            self._keep(place, content, source, entry)

    def _read_rows(self, path: "str", source: "Facts", entry: "Facts") -> "bytes":
        """Return the content of a file, with the rows that a plan keeps; beyond the room of all sources it is cut."""
        try:
            content = read_file(path, self._contents.room)
            return keep_rows(content, *source["keep"]) if "keep" in source else content
        except OSError as error:
            if error.errno != errno.EFBIG or not has_users(source):
                raise
        batches = iterate_rows(path)
        header = next(batches, [b""])
        if "keep" in source:
            batches = (_select_rows(batch, *source["keep"]) for batch in batches)
        rows, counts = cut_rows(batches, self._contents.room, self._contents.make_finder(source))
        if counts:
            tell_cut(entry, counts)
        return b"".join(header + rows)

    def read_dump(self, source: "Facts", is_foreign: "bool") -> "None":
        """Request a dump; the reply is kept with the error that ended it."""
        reply = "netlink/%d" % len(self.dumps)
        entry = {key: source.get(key) for key in ("name", "protocol", "type", "body", "strict")}
        entry.update(error=None, interrupted=False, reply=reply)
        self.dumps.append(entry)
        if is_foreign:
            entry["error"] = [0, "requested in another byte order"]
        datagrams = [] if is_foreign else self._receive(source, entry)
        self._keep(reply, frame_datagrams(datagrams), source, entry)

    def _receive(self, source: "Facts", entry: "Facts") -> "list[bytes]":
        """Return the datagrams of a dump; beyond the room of all sources its messages are cut."""
        room = self._contents.room
        stream = _end_at_error(self._request(source, entry), entry)
        if "keep" in source:
            stream = (kept for datagram in stream for kept in keep_messages([datagram], *source["keep"]))
        datagrams, size = [], 0
        for datagram in stream:
            datagrams.append(datagram)
            size += len(datagram)
            if size > room:
                batches = map(split_messages, itertools.chain(datagrams, stream))
                datagrams, counts = cut_rows(batches, room, self._contents.make_finder(source))
                if counts:
                    tell_cut(entry, counts)
        return datagrams

    def _request(self, source: "Facts", entry: "Facts") -> "typing.Iterator[bytes]":
        request = (source["protocol"], source["type"], bytes.fromhex(source["body"]), bool(source.get("strict")))
        if source.get("restart"):
            datagrams, is_consistent = dump_whole(*request, limit=self._contents.room)
            entry["interrupted"] = not is_consistent
            yield from datagrams
        else:
            yield from map(bytes, dump(*request))


def _end_at_error(stream: "typing.Iterator[bytes]", entry: "Facts") -> "typing.Iterator[bytes]":
    """Yield the datagrams of a dump up to an error, which the entry of the reply then has."""
    try:
        yield from stream
    except OSError as error:
        entry["error"] = describe_error(error)
    except MemoryError:
        entry["error"] = [errno.ENOMEM, os.strerror(errno.ENOMEM)]


def iterate_rows(path: "str") -> "typing.Iterator[list[bytes]]":
    """Yield the rows of a file as it is read, the first one alone. Raises OSError."""
    rest, is_first = b"", True
    with open(path, "rb", 0) as file:
        while True:
            part = file.read(_CHUNK)
            rows = (rest + part).split(b"\n")
            rest = rows.pop()
            if is_first and rows:
                yield [rows.pop(0) + b"\n"]
                is_first = False
            yield [row + b"\n" for row in rows]
            if not part:
                yield [rest]
                return


def read_process_file(pid: "int", name: "str", arguments: "bool" = False) -> "bytes":
    """Return the first 64 KiB of a file below ``/proc/PID``, without secrets. Raises OSError.

    For ``status`` it is the line of the user ids, for ``environ`` the variables LISTEN_*, for ``exe`` the target of
    the link, for ``cmdline`` the first argument, or all with ``arguments``.
    """
    content = _read_of_process("/proc/%d" % pid, name)
    if name == "exe":
        return content
    if name == "environ":
        return b"\0".join(variable for variable in content.split(b"\0") if variable.startswith(b"LISTEN_"))
    if name == "cmdline" and not arguments:
        return cut_first_argument(content)
    return b"".join(re.findall(rb"^Uid:.*\n", content, re.MULTILINE)) if name == "status" else content


def _read_of_process(process: "str", name: "str") -> "bytes":
    """Return a file of a process; if its main thread has exited, what is lost with that comes from another thread."""
    try:
        content = _read_task_file(process, name)
        if content or name not in _LOST_WITH_MAIN_THREAD:
            return content
    except OSError:
        if name not in _LOST_WITH_MAIN_THREAD or not _find_threads(process):
            raise
    for tid in _find_threads(process):
        try:
            content = _read_task_file("%s/task/%d" % (process, tid), name)
        except OSError:
            continue
        if content:
            return content
    return b""


def _find_threads(process: "str") -> "list[int]":
    try:
        return list_threads(process)
    except OSError:  # the process ended, or a copy of /proc has no threads
        return []


def _read_task_file(task: "str", name: "str") -> "bytes":
    if name == "exe":
        return os.fsencode(os.readlink(task + "/exe"))
    with open("%s/%s" % (task, name), "rb") as file:
        return file.read(_LARGEST_OF_PROCESS)


def cut_first_argument(command: "bytes") -> "bytes":
    """Return a command line up to and including the first NUL: the program, or the title that a process has set."""
    return command[: command.find(b"\0") + 1 or None][:LONGEST_FIRST_ARGUMENT]


def describe_owners(found: "Owners", held: "dict[str, list[int]]") -> "Facts":
    """Return owners as captures keep them; ``held`` has the inodes to keep, by pid."""
    names = ("arguments", "cut", "denied", "error", "failed", "hidden", "initial", "privileged", "processes", "unread")
    facts: "Facts" = {name: getattr(found, name) for name in names}
    facts["held"] = held
    if found.descriptors is not None:
        by_holder = found.descriptors
        facts["descriptors"] = {pid: [by_holder.get((inode, int(pid)), []) for inode in held[pid]] for pid in held}
    return facts


def keep_rows(content: "bytes", column: "int", values: "list[str]") -> "bytes":
    """Keep the first line, and those with one of ``values`` in a column, counted from 0."""
    header, _newline, rows = content.partition(b"\n")
    return b"\n".join([header, b"".join(_select_rows(rows.splitlines(True), column, values))]) if content else content


def _select_rows(rows: "list[bytes]", column: "int", values: "list[str]") -> "list[bytes]":
    wanted = {value.encode("latin-1") for value in values}
    return [row for row in rows if wanted.intersection(row.split()[column : column + 1])]


def keep_messages(datagrams: "list[bytes]", place: "int", values: "list[str]") -> "list[bytes]":
    """Keep the messages with one of some bytes (in hex) at an offset behind the nlmsghdr."""
    wanted = b"".join(map(bytes.fromhex, values))
    start = _HEADER.size + place
    kept = [b"".join(one for one in split_messages(whole) if one[start : start + 1] in wanted) for whole in datagrams]
    return [datagram for datagram in kept if datagram]


def split_messages(datagram: "bytes") -> "list[bytes]":
    """Return the netlink messages in a datagram."""
    messages, start = [], 0
    while start + _HEADER.size <= len(datagram):
        end = start + max(align4(_HEADER.unpack_from(datagram, start)[0]), _HEADER.size)
        messages.append(datagram[start:end])
        start = end
    return messages


def _numbers_in_column(content: "bytes", column: "int") -> "set[int]":
    return {number for row in content.splitlines() for number in [_find_in_row(row, column)] if number is not None}


def _find_in_row(row: "bytes", column: "int | None") -> "int | None":
    """Return the number in a column of a row, counted from 0, None without one."""
    word = row.split()[column : column + 1 or None] if column is not None else []
    return int(word[0]) if word and word[0].isdigit() and len(word[0]) <= _LONGEST_NUMBER else None


def _numbers_in_messages(datagrams: "list[bytes]", place: "int") -> "set[int]":
    found = {_find_in_message(message, place) for datagram in datagrams for message in split_messages(datagram)}
    return {number for number in found if number is not None}


def _find_in_message(message: "bytes", place: "int | None") -> "int | None":
    """Return the number at an offset behind the nlmsghdr of a message, None without one."""
    if place is None or _HEADER.size + place + _NUMBER.size > len(message):
        return None
    return int(_NUMBER.unpack_from(message, _HEADER.size + place)[0])


def _user_names(uids: "typing.Iterable[int]") -> "dict[str, str]":
    import pwd  # noqa: PLC0415 - only captures name users

    names = {}
    for uid in uids:
        try:
            names[str(uid)] = pwd.getpwuid(uid).pw_name
        except (KeyError, OverflowError):
            continue
    return names


def _split_frames(content: "bytes") -> "list[bytes]":
    """Return the datagrams that :func:`frame_datagrams` put together."""
    datagrams, start = [], 0
    while start < len(content):
        end = start + 4 + int.from_bytes(content[start : start + 4], "big")
        datagrams.append(content[start + 4 : end])
        start = end
    return datagrams


def frame_datagrams(datagrams: "list[bytes]") -> "bytes":
    """Concatenate datagrams, each behind its length (u32, big endian)."""
    return b"".join(struct.pack(">I", len(datagram)) + datagram for datagram in datagrams)


def pack(tree: "dict[str, bytes]") -> "str":
    """Pack contents by path as one word of text; equal contents give equal text."""
    import base64  # noqa: PLC0415 - only captures are packed
    import json  # noqa: PLC0415
    import zlib  # noqa: PLC0415

    names = sorted(tree)
    index = json.dumps([[name, len(tree[name])] for name in names]).encode()
    deflate = zlib.compressobj(8, zlib.DEFLATED, zlib.MAX_WBITS, 9)
    packed = deflate.compress(b"\n".join([index, b"".join(tree[name] for name in names)])) + deflate.flush()
    return MARK + base64.b64encode(packed).decode()


def main(arguments: "list[str]") -> "int":
    """Run the plan in a file, or on standard input for ``-``, and print the capture; return the exit status."""
    if arguments[:1] != ["--plan"] or len(arguments[1:]) != 1:
        sys.stderr.write("usage: capture.py --plan FILE|-\n")
        return 2
    if sys.stdout is None or (arguments[1] == "-" and sys.stdin is None):
        return _fail(OSError(errno.EBADF, os.strerror(errno.EBADF)))
    import json  # noqa: PLC0415 - live reports need none

    try:
        with sys.stdin.buffer if arguments[1] == "-" else open(arguments[1], "rb") as file:
            text = pack(run(json.loads(file.read(_LARGEST_PLAN).decode())))
    except (OSError, ValueError, MemoryError) as error:
        return _fail(error)
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes it again
        return _fail(error)
    return 0


def _fail(error: "Exception") -> "int":
    """Print one line about an error; return the exit status."""
    words = str(error) or type(error).__name__
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in words)
    try:
        if sys.stderr is not None:
            sys.stderr.write("capture.py: %s\n" % shown)
    except OSError:
        pass  # nobody can be told
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
