"""The primitives that touch a kernel: read a file, dump over netlink, find the owners of sockets.

This one file runs by itself on any Linux with Python 3.6 or later: it imports the standard library only, and
nothing of this project.
"""

import collections.abc
import errno
import fnmatch
import os
import socket
import struct
import sys

LARGEST_FILE = 1 << 30
"""Bytes read of one file at the most."""

_CHUNK = 1 << 18
_HEADER = struct.Struct("=IHHII")
_END = struct.Struct("=IHHIIi")
_NLMSG_ERROR = 2
_NLMSG_DONE = 3
_NLM_F_REQUEST_DUMP = 0x301
_NLM_F_DUMP_INTR = 0x10
_SOL_NETLINK = 270
_NETLINK_GET_STRICT_CHK = 12
_RECEIVE_SECONDS = 10
_SOCKET_LINK = "socket:["
_ANCIENT_LINK = "[0000]:"


class DumpFailed(OSError):
    """The kernel refused a dump or broke it off; ``errno`` is its error number."""


class DumpInterrupted(DumpFailed):
    """The dumped objects changed meanwhile (NLM_F_DUMP_INTR); asking again may give a consistent answer."""


def read_file(path: "str", limit: "int" = LARGEST_FILE) -> "bytes":
    """A file's content, read to its end: files under /proc have no size and give a page a read.

    Raises OSError, with EFBIG for more than ``limit`` bytes.
    """
    parts: "list[bytes]" = []
    size = 0
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        while True:
            part = os.read(descriptor, _CHUNK)
            if not part:
                return b"".join(parts)
            size += len(part)
            if size > limit:
                raise OSError(errno.EFBIG, "larger than %d bytes" % limit)
            parts.append(part)
    finally:
        os.close(descriptor)


def matching_paths(pattern: "str", root: "str" = "") -> "list[str]":
    """The paths below ``root`` that match a pattern with ``*`` in some components, sorted, without the root.

    A directory named outright that does not exist raises FileNotFoundError.
    """
    found = [""]
    for component in pattern.strip("/").split("/"):
        if "*" not in component:
            found = [path + "/" + component for path in found]
            continue
        found = [path + "/" + name for path in found for name in _names_in(root + path, component, len(found))]
    return sorted(path for path in found if os.path.isfile(root + path))


def _names_in(directory: "str", pattern: "str", many: "int") -> "list[str]":
    try:
        return [name for name in os.listdir(directory) if fnmatch.fnmatchcase(name, pattern)]
    except OSError:
        if many > 1:  # one of several, such as an interface that just left
            return []
        raise


def dump(protocol: "int", kind: "int", body: "bytes", strict: "bool" = False) -> "collections.abc.Iterator[memoryview]":
    """The datagrams of one netlink dump, without its final NLMSG_DONE; each is valid until the next is taken.

    Raises DumpFailed for an error at any point, also for one inside NLMSG_DONE: that is how sock_diag says that a
    protocol has no handler, and a strict route dump that there is no such table.
    """
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol) as channel:
        channel.settimeout(_RECEIVE_SECONDS)
        if strict:
            _ask_strict(channel)
        sequence = int.from_bytes(os.urandom(4), sys.byteorder)
        channel.bind((0, 0))
        port = channel.getsockname()[0]
        channel.sendto(_HEADER.pack(_HEADER.size + len(body), kind, _NLM_F_REQUEST_DUMP, sequence, 0) + body, (0, 0))
        yield from _datagrams(channel, sequence, port)


def _ask_strict(channel: "socket.socket") -> "None":
    try:
        channel.setsockopt(_SOL_NETLINK, _NETLINK_GET_STRICT_CHK, 1)
    except OSError:  # before 4.20: the kernel ignores filters, readers filter again
        pass


def _datagrams(channel: "socket.socket", sequence: "int", port: "int") -> "collections.abc.Iterator[memoryview]":
    buffer = bytearray(_CHUNK)
    view = memoryview(buffer)
    while True:
        size, _, flags, _ = channel.recvmsg_into([buffer])
        if flags & socket.MSG_TRUNC:
            raise DumpFailed(errno.EMSGSIZE, "a message is larger than %d bytes" % _CHUNK)
        if size < _HEADER.size:
            raise DumpFailed(errno.EBADMSG, "a datagram is shorter than a header")
        end, failure = _end_of_dump(buffer, size, sequence, port)
        if end > 0:
            yield view[:end]
        if failure is not None:
            raise failure
        if end < size:
            return


def _end_of_dump(buffer: "bytearray", size: "int", sequence: "int", port: "int") -> "tuple[int, DumpFailed | None]":
    """Where the rows of a datagram end, before a final DONE or else at its size, and what the kernel reports there."""
    _, kind, _, _, _ = _HEADER.unpack_from(buffer, 0)
    if kind == _NLMSG_ERROR and size >= _END.size:
        return 0, _failure(_END.unpack_from(buffer, 0)[5], "refused")
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
    return start, _failure(status, "broken off")


def _failure(status: "int", what: "str") -> "DumpFailed | None":
    return DumpFailed(-status, "%s: %s" % (what, os.strerror(-status))) if status < 0 else None


def whole_dump(
    protocol: "int", kind: "int", body: "bytes", strict: "bool" = False, tries: "int" = 4
) -> "tuple[list[bytes], bool]":
    """All datagrams of a dump and whether they are consistent, asking again while the kernel says they are not."""
    for _ in range(tries):
        datagrams: "list[bytes]" = []
        try:
            datagrams.extend(bytes(datagram) for datagram in dump(protocol, kind, body, strict))
        except DumpInterrupted:
            continue
        if not any(_is_interrupted(datagram) for datagram in datagrams):
            return datagrams, True
    return datagrams, False


def _is_interrupted(datagram: "bytes") -> "bool":
    offset = 0
    while offset + _HEADER.size <= len(datagram):
        length, _, flags, _, _ = _HEADER.unpack_from(datagram, offset)
        if flags & _NLM_F_DUMP_INTR:
            return True
        offset += max(length + 3 & ~3, _HEADER.size)
    return False


class Owners:
    """Which processes hold which socket inodes, from one pass over /proc/PID/fd.

    ``pids`` maps an inode to its pids in ascending order. ``denied`` counts the processes whose descriptors could not
    be listed for lack of rights, ``unread`` those that hidepid=1 keeps closed and those whose descriptors could be
    listed but not looked at; ``hidden`` tells that other processes do not show at all (hidepid=2).
    """

    __slots__ = ("denied", "hidden", "pids", "unread")

    def __init__(self) -> "None":
        self.pids: "dict[int, list[int]]" = {}
        self.denied = 0
        self.unread = 0
        self.hidden = False


def scan_owners(proc: "str" = "/proc") -> "Owners":
    """One pass over the descriptors of all processes; those that vanish meanwhile are left out silently."""
    owners = Owners()
    pids = sorted(int(name) for name in os.listdir(proc) if name.isdigit())
    owners.hidden = 1 not in pids
    for pid in pids:
        try:
            directory = _open_descriptors("%s/%d" % (proc, pid))
        except PermissionError as error:
            if error.errno == errno.EACCES:
                owners.denied += 1
            else:
                owners.unread += 1
            continue
        except OSError:
            continue
        try:
            _scan_descriptors(directory, pid, owners)
        except OSError:
            pass  # the process ended
        finally:
            os.close(directory)
    return owners


def _open_descriptors(process: "str") -> "int":
    """A process's descriptors as an open directory; links are not followed, since a recorded /proc may hold any."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    above = os.open(process, flags)
    try:
        return os.open("fd", flags, dir_fd=above)
    finally:
        os.close(above)


def _scan_descriptors(directory: "int", pid: "int", owners: "Owners") -> "None":
    readlink = os.readlink
    pids = owners.pids
    for name in os.listdir(directory):
        try:
            target = readlink(name, dir_fd=directory)
        except PermissionError:  # the right to trace is asked for each link, and is the same for all
            owners.unread += 1
            return
        except OSError:
            continue
        if target.startswith(_SOCKET_LINK) or target.startswith(_ANCIENT_LINK):
            inode = target[8:-1] if target[0] == "s" else target[7:]
            if not inode.isdigit():
                continue
            held = pids.setdefault(int(inode), [])
            if not held or held[-1] != pid:
                held.append(pid)
