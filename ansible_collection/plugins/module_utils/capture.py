# SPDX-License-Identifier: Apache-2.0
"""The primitives that touch a kernel: read a file, dump over netlink, find the owners of sockets.

This one file runs by itself on any Linux with Python 3.6 or later: it imports the standard library only, and
nothing of this project. ``python3 capture.py --plan FILE|-`` reads what a plan asks for, as far as :func:`check`
allows, and prints it as one line of text, which ``pynetstat --from`` replays.
"""

import errno
import fnmatch
import json
import os
import re
import socket
import struct
import sys
import typing
from datetime import datetime, timezone

LARGEST_FILE = 1 << 30
"""Bytes read of one file at the most."""

_CHUNK = 1 << 18
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
_SOCKET_LINK = "socket:["
_ANCIENT_LINK = "[0000]:"
_NAMESPACE_LINK = "net:["
_CLONE_NEWNET = 0x40000000


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


def open_channel(protocol: "int") -> "socket.socket":
    """A netlink socket, which stays in the network namespace that the calling thread is in."""
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)


def enter_network_namespace(descriptor: "int") -> "None":
    """Move the calling thread, and no other, into the network namespace that a descriptor stands for."""
    import ctypes  # noqa: PLC0415 - os.setns exists from Python 3.12 on only

    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def dump(
    protocol: "int",
    kind: "int",
    body: "bytes",
    strict: "bool" = False,
    connect: "typing.Callable[[int], socket.socket]" = open_channel,
) -> "typing.Iterator[memoryview]":
    """The datagrams of one netlink dump, without its final NLMSG_DONE; each is valid until the next is taken.

    Raises DumpFailed for an error at any point, also for one inside NLMSG_DONE: that is how sock_diag says that a
    protocol has no handler, and a strict route dump that there is no such table.
    """
    with connect(protocol) as channel:
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


def _datagrams(channel: "socket.socket", sequence: "int", port: "int") -> "typing.Iterator[memoryview]":
    buffer = bytearray(_CHUNK)
    view = memoryview(buffer)
    while True:
        size, _ancillary, flags, _address = channel.recvmsg_into([buffer])
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
    kind = _HEADER.unpack_from(buffer, 0)[1]
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


def whole_dump(  # noqa: PLR0913, PLR0917 - a request, and how it is made
    protocol: "int",
    kind: "int",
    body: "bytes",
    strict: "bool" = False,
    tries: "int" = 4,
    connect: "typing.Callable[[int], socket.socket]" = open_channel,
) -> "tuple[list[bytes], bool]":
    """All datagrams of a dump and whether they are consistent, asking again while the kernel says they are not."""
    for _attempt in range(tries):
        datagrams: "list[bytes]" = []
        try:
            datagrams.extend(bytes(datagram) for datagram in dump(protocol, kind, body, strict, connect))
        except DumpInterrupted:
            continue
        if not any(_is_interrupted(datagram) for datagram in datagrams):
            return datagrams, True
    return datagrams, False


def align4(length: "int") -> "int":
    """A length up to where the next message starts: NLMSG_ALIGN of linux/netlink.h."""
    return length + 3 & ~3


def _is_interrupted(datagram: "bytes") -> "bool":
    offset = 0
    while offset + _HEADER.size <= len(datagram):
        length, _kind, flags = _HEADER.unpack_from(datagram, offset)[:3]
        if flags & _NLM_F_DUMP_INTR:
            return True
        offset += max(align4(length), _HEADER.size)
    return False


class Owners:
    """Which processes hold which socket inodes, from one pass over /proc/PID/fd.

    ``pids`` maps an inode to its pids in ascending order. ``denied`` counts the processes whose descriptors could not
    be listed for lack of rights, ``unread`` those that hidepid=1 keeps closed and those whose descriptors could be
    listed but not looked at; ``hidden`` tells that other processes do not show at all (hidepid=2). ``namespaces`` has
    for each network namespace that a descriptor keeps the first such pid and descriptor. ``descriptors`` maps
    (inode, pid) to the numbers under which the process holds it; None where they were not asked for. ``arguments``
    tells whether command lines can be had whole, rather than the first argument alone.
    """

    __slots__ = ("arguments", "denied", "descriptors", "hidden", "namespaces", "pids", "unread")

    def __init__(self) -> "None":
        self.pids: "dict[int, list[int]]" = {}
        self.denied = 0
        self.unread = 0
        self.hidden = False
        self.namespaces: "dict[int, tuple[int, int]]" = {}
        self.descriptors: "dict[tuple[int, int], list[int]] | None" = None
        self.arguments = True


def scan_owners(proc: "str" = "/proc", descriptors: "bool" = False) -> "Owners":
    """One pass over the descriptors of all processes; those that vanish meanwhile are left out silently."""
    owners = Owners()
    owners.descriptors = {} if descriptors else None
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
            if not inode.isdecimal():
                continue
            held = pids.setdefault(int(inode), [])
            if not held or held[-1] != pid:
                held.append(pid)
            if owners.descriptors is not None and name.isdecimal():
                owners.descriptors.setdefault((int(inode), pid), []).append(int(name))
        elif target.startswith(_NAMESPACE_LINK) and name.isdecimal() and target[5:-1].isdecimal():
            owners.namespaces.setdefault(int(target[5:-1]), (pid, int(name)))


MARK = "netstat-capture/1:"
"""What packed text begins with."""

VERSION = 1
DESCRIPTION = "capture.json"
NAMESPACES = "namespaces"
"""Below it are, by inode, the contents of other network namespaces than the capture's own."""

MOST_BYTES = 1 << 28
_MOST_SOURCES = 1 << 12
_LARGEST_PLAN = 1 << 24
_LARGEST_BODY = 1 << 12
_LARGEST_OF_PROCESS = 1 << 16
_LONGEST_FIRST_ARGUMENT = 1 << 12
_LONGEST_NUMBER = 20
_FILES = re.compile(
    r"/proc/(?:(?:self|[0-9]+)/)?net/.+|/proc/sys/net/.+|/sys/class/net/.+|/proc/(?:sys/kernel/osrelease|stat)"
)
_TARGETS = re.compile(
    r"/proc/[0-9]+/(?:task/[0-9]+/)?net/.+|/proc/(?:sys/net/.+|sys/kernel/osrelease|stat)|/sys/devices/(?:.+/)?net/[^/]+/.+"
)
_UNREADABLE = frozenset(["reset_stats", "channel", "stable_secret", "tcp_fastopen_key"])
"""Names of files of which reading changes something, or which are secrets."""

_DUMPS = {0: frozenset([18, 22, 26, 30, 34, 58, 62, 82, 94, 106]), 4: frozenset([20]), 12: frozenset([0x101, 0x201])}
"""GET types by netlink protocol: rtnetlink, sock_diag, and ctnetlink's connections and expectations."""

Told = typing.Dict[str, typing.Any]
_OF_PROCESS = frozenset(["comm", "cmdline", "status", "stat", "cgroup", "exe", "environ", "attr/current"])


class Refused(ValueError):
    """A plan asks for something that no capture does."""


def check(plan: "Told") -> "None":
    """Raise Refused for a plan that asks for anything but what the lists above allow, before anything is read."""
    try:
        _check_frame(plan)
        for source in plan["sources"]:
            _check_source(source)
    except Refused:
        raise
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise Refused("not a plan: %s: %s" % (type(error).__name__, error)) from error


def _check_frame(plan: "Told") -> "None":
    if plan["version"] != VERSION or len(plan["sources"]) > _MOST_SOURCES:
        raise Refused("another version, or too many sources")
    limits = [plan.get(name, 0) for name in ("most_bytes", "namespace_limit")]
    if not all(isinstance(one, int) and one >= 0 for one in limits):
        raise Refused("a limit that is none")
    if not _OF_PROCESS.issuperset(plan.get("processes", ())):
        raise Refused("processes have more secrets than a capture may read")
    if not all(isinstance(one, str) for one in plan.get("namespaces", ())):
        raise Refused("no selectors of network namespaces")


def _check_source(source: "Told") -> "None":
    column, values = source.get("keep", (0, ()))
    numbers = [source.get(name, 0) for name in ("inode", "uid", "protocol", "type")] + [column]
    if not all(isinstance(one, int) and abs(one) < _LARGEST_BODY for one in numbers):
        raise Refused("a column or place that is none")
    [value.encode("latin-1") for value in [*values, *source.get("unless", ())]]
    if "path" in source:
        if not _is_allowed(source["path"], _FILES):
            raise Refused("%r is none of the kernel's network files" % source["path"])
    elif source["type"] not in _DUMPS.get(source["protocol"], ()) or not isinstance(source["name"], str):
        raise Refused("no dump: type %r of protocol %r" % (source["type"], source["protocol"]))
    elif len(bytes.fromhex(source["body"])) > _LARGEST_BODY or min(numbers) < 0:
        raise Refused("no request: %s" % source["name"])
    elif "keep" in source and not all(len(bytes.fromhex(value)) == 1 for value in values):
        raise Refused("not bytes to keep: %s" % source["name"])


def _is_allowed(path: "str", allowed: "typing.Pattern[str]") -> "bool":
    parts = path.split("/")[1:]
    clean = path.isprintable() and not {"", ".", ".."}.intersection(parts)
    return clean and allowed.fullmatch(path) is not None and parts[-1] not in _UNREADABLE


def run(plan: "Told", rounds: "typing.Any" = None) -> "dict[str, bytes]":
    """What a plan asks for, as contents by path: files as below ``/``, netlink replies, and what tells about them.

    ``rounds`` enters one network namespace after the other, as ``find_namespaces.py`` makes it of those that a plan
    names. Raises Refused; what cannot be read is told in the description.
    """
    check(plan)
    if plan.get("namespaces") and rounds is None:
        raise Refused("network namespaces are found by find_namespaces.py, and not by this file alone")
    taken = _Taken(min(int(plan.get("most_bytes", MOST_BYTES)), MOST_BYTES))
    about = dict(machine(), **_Reading(taken).told(plan))
    if rounds is not None:
        about["namespaces"] = [_of_namespace(taken, plan, inode, name) for inode, name in rounds]
        about.update(missed=[list(one) for one in rounds.missed], selected=rounds.selected)
    about["owners"] = taken.owners(plan) if plan.get("owners") else None
    about["names"] = {"users": _user_names(taken.seen["uid"])} if plan.get("users") else {}
    taken.tree[DESCRIPTION] = described(about)
    return taken.tree


def _of_namespace(taken: "_Taken", plan: "Told", inode: "int", name: "str | None") -> "Told":
    """What the namespace that the calling thread is in holds of a plan."""
    told = _Reading(taken, "%s/%d/" % (NAMESPACES, inode), "/proc/" + os.readlink("/proc/thread-self")).told(plan)
    return dict(told, network_namespace={"inode": inode, "name": name})


def machine() -> "Told":
    """What is told about the machine that this runs on."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    told = {"capture": VERSION, "hostname": socket.gethostname(), "kernel_release": os.uname().release}
    told.update(captured_at=now.replace("+00:00", "Z"), ticks_per_second=os.sysconf("SC_CLK_TCK"))
    inode = own_namespace()
    namespace = None if inode is None else {"inode": inode, "name": None}
    told["procfs"] = os.path.exists("/proc/net/dev")
    return dict(told, byte_order=sys.byteorder, network_namespace=namespace)


def own_namespace() -> "int | None":
    """The inode of the network namespace that this process is in; None where there is no telling."""
    try:
        return os.stat("/proc/self/ns/net").st_ino
    except OSError:
        return None


def described(about: "Told") -> "bytes":
    """A description as bytes, the same for the same facts."""
    return json.dumps(about, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def failure(error: "OSError") -> "list[typing.Any]":
    """An error as captures tell it."""
    return [error.errno or 0, error.strerror or str(error)]


def _inside(path: "str") -> "str":
    if not _is_allowed(os.path.realpath(path), _TARGETS):
        raise OSError(errno.EACCES, "leads out of the kernel's network files")
    return path


class _Taken:
    """What was read so far, and the inodes and users it speaks of."""

    def __init__(self, left: "int") -> "None":
        self.tree: "dict[str, bytes]" = {}
        self.seen: "dict[str, set[int]]" = {"inode": set(), "uid": set()}
        self.left = left

    def keep(self, path: "str", content: "bytes") -> "None":
        self.left -= len(content)
        if self.left < 0:
            raise OSError(errno.EFBIG, "more than a capture may hold")
        self.tree[path.lstrip("/")] = content

    def owners(self, plan: "Told") -> "Told":
        found = scan_owners(descriptors=bool(plan.get("descriptors")))
        found.arguments = bool(plan.get("arguments"))
        held: "dict[str, list[int]]" = {}
        for inode in sorted(found.pids if plan["owners"] == "all" else self.seen["inode"].intersection(found.pids)):
            for holder in found.pids[inode]:
                held.setdefault(str(holder), []).append(inode)
        for pid, name in [(pid, name) for pid in held for name in plan.get("processes", ())]:
            try:
                content = process_file(int(pid), name, found.arguments)
            except OSError:
                continue
            self.keep("proc/%s/%s" % (pid, name), content)
            if name == "status":
                self.seen["uid"].update(int(word) for word in content.split()[1:2])
        return owners_told(found, held)


class _Reading:
    """The sources of a plan being read in one namespace; what is kept of another than the first has a ``prefix``.

    ``process`` is where /proc shows the calling thread: /proc/net is that of its process's first one.
    """

    def __init__(self, taken: "_Taken", prefix: "str" = "", process: "str" = "") -> "None":
        self._taken = taken
        self._prefix = prefix
        self._process = process
        self.failed: "dict[str, list[typing.Any]]" = {}
        self.dumps: "list[Told]" = []

    def told(self, plan: "Told") -> "Told":
        """Read everything, and tell how that went."""
        is_foreign = plan.get("byte_order", sys.byteorder) != sys.byteorder
        asked = []
        for source in sorted(plan["sources"], key=lambda one: "unless" in one):
            if "unless" in source and self._has(source["unless"]):
                continue
            if "path" in source:
                asked.append(source)
                self.files(source)
            else:
                self.dump(source, is_foreign)
        return {"asked": asked, "failed": self.failed, "netlink": self.dumps}

    def _has(self, sources: "list[str]") -> "bool":
        failed = [one["name"] for one in self.dumps if one["error"]]
        return not any(source in self.failed or source in failed for source in sources)

    def _keep(self, path: "str", content: "bytes") -> "None":
        self._taken.keep(self._prefix + path.lstrip("/"), content)

    def _place(self, path: "str") -> "str":
        """Where a path is read here."""
        if not self._process:
            return path
        if path.startswith("/sys/"):
            raise OSError(errno.ENOENT, "shows the network namespace of who mounted it")
        return path.replace("/proc/net/", self._process + "/net/", 1) if path.startswith("/proc/net/") else path

    def files(self, source: "Told") -> "None":
        path = source["path"]
        try:
            place = self._place(path)
            for one in matching_paths(place) if "*" in path else [place]:
                self._file(one, source)
        except OSError as error:
            self.failed[path] = failure(error)

    def _file(self, place: "str", source: "Told") -> "None":
        try:
            content = read_file(_inside(place), self._taken.left)
            if "keep" in source:
                content = kept_rows(content, *source["keep"])
            self._keep(place.replace(self._process, "/proc", 1) if self._process else place, content)
        except OSError:
            if "*" in source["path"]:  # it vanished, or is not to be read: the others count
                return
            raise
        for what, seen in self._taken.seen.items():
            if what in source:
                seen.update(_numbers_in_column(content, source[what]))

    def dump(self, source: "Told", is_foreign: "bool") -> "None":
        datagrams: "list[bytes]" = []
        error: "list[typing.Any] | None" = None
        settled = True
        request = (source["protocol"], source["type"], bytes.fromhex(source["body"]), bool(source.get("strict")))
        try:
            if is_foreign:
                error = [errno.EPROTONOSUPPORT, "asked for in another byte order"]
            elif source.get("restart"):
                datagrams, settled = whole_dump(*request)
            else:
                datagrams.extend(bytes(datagram) for datagram in dump(*request))
        except OSError as caught:
            error = failure(caught)
        if "keep" in source:
            datagrams = kept_messages(datagrams, *source["keep"])
        reply = "netlink/%d" % len(self.dumps)
        try:
            self._keep(reply, framed(datagrams))
        except OSError as caught:
            datagrams, error = [], failure(caught)
        for what, seen in self._taken.seen.items():
            if what in source:
                seen.update(_numbers_in_messages(datagrams, source[what]))
        entry = {key: source.get(key) for key in ("name", "protocol", "type", "body", "strict")}
        self.dumps.append(dict(entry, error=error, interrupted=not settled, reply=reply))


def process_file(pid: "int", name: "str", arguments: "bool" = False) -> "bytes":
    """The start of a file below ``/proc/PID``, of some only what is no secret.

    Of ``status`` the line with the user ids, of ``environ`` what starts with LISTEN_, of ``exe`` the link's target, of
    ``cmdline`` the first argument, and the others too where ``arguments`` are wanted.
    """
    path = "/proc/%d/%s" % (pid, name)
    if name == "exe":
        return os.fsencode(os.readlink(path))
    with open(path, "rb") as file:
        content = file.read(_LARGEST_OF_PROCESS)
    if name == "environ":
        return b"\0".join(one for one in content.split(b"\0") if one.startswith(b"LISTEN_"))
    if name == "cmdline" and not arguments:
        return first_argument(content)
    return b"".join(re.findall(rb"^Uid:.*\n", content, re.MULTILINE)) if name == "status" else content


def first_argument(command: "bytes") -> "bytes":
    """A command line up to the first NUL, with it: what a process was started as, or the title that it took instead."""
    return command[: command.find(b"\0") + 1 or None][:_LONGEST_FIRST_ARGUMENT]


def owners_told(found: "Owners", held: "dict[str, list[int]]") -> "Told":
    """Owners as captures tell them: inodes by pid."""
    told = {"denied": found.denied, "unread": found.unread, "hidden": found.hidden, "held": held}
    told["arguments"] = found.arguments
    if found.descriptors is not None:
        by_holder = found.descriptors
        told["descriptors"] = {pid: [by_holder.get((inode, int(pid)), []) for inode in held[pid]] for pid in held}
    return told


def kept_rows(content: "bytes", column: "int", values: "list[str]") -> "bytes":
    """The first line, and those with one of some values in a column."""
    wanted = {value.encode("latin-1") for value in values}
    header, _newline, rows = content.partition(b"\n")
    kept = [row for row in rows.splitlines(True) if wanted.intersection(row.split()[column : column + 1])]
    return b"\n".join([header, b"".join(kept)])


def kept_messages(datagrams: "list[bytes]", place: "int", values: "list[str]") -> "list[bytes]":
    """The messages with one of some bytes (in hex) at an offset behind their header."""
    wanted = b"".join(map(bytes.fromhex, values))
    kept = []
    for datagram in datagrams:
        start, parts = 0, []
        while start + _HEADER.size + place < len(datagram):
            end = start + max(align4(_HEADER.unpack_from(datagram, start)[0]), _HEADER.size)
            if datagram[start + _HEADER.size + place] in wanted:
                parts.append(datagram[start:end])
            start = end
        kept.append(b"".join(parts))
    return [datagram for datagram in kept if datagram]


def _numbers_in_column(content: "bytes", column: "int") -> "set[int]":
    words = [row.split()[column : column + 1 or None] for row in content.splitlines()]
    return {int(word[0]) for word in words if word and word[0].isdigit() and len(word[0]) <= _LONGEST_NUMBER}


def _numbers_in_messages(datagrams: "list[bytes]", place: "int") -> "set[int]":
    found = set()
    for datagram in datagrams:
        start = 0
        while start + _HEADER.size + place + 4 <= len(datagram):
            found.add(_NUMBER.unpack_from(datagram, start + _HEADER.size + place)[0])
            start += max(align4(_HEADER.unpack_from(datagram, start)[0]), _HEADER.size)
    return found


def _user_names(uids: "set[int]") -> "dict[str, str]":
    import pwd  # noqa: PLC0415 - only captures name users

    names = {}
    for uid in uids:
        try:
            names[str(uid)] = pwd.getpwuid(uid).pw_name
        except (KeyError, OverflowError):
            continue
    return names


def framed(datagrams: "list[bytes]") -> "bytes":
    """Datagrams in a row, each behind its length (u32, big endian)."""
    return b"".join(struct.pack(">I", len(datagram)) + datagram for datagram in datagrams)


def pack(tree: "dict[str, bytes]") -> "str":
    """Contents by path as one word of text; the same contents give the same text."""
    import base64  # noqa: PLC0415 - only captures are packed
    import zlib  # noqa: PLC0415

    names = sorted(tree)
    index = json.dumps([[name, len(tree[name])] for name in names]).encode()
    deflate = zlib.compressobj(8, zlib.DEFLATED, zlib.MAX_WBITS, 9)
    packed = deflate.compress(b"\n".join([index, b"".join(tree[name] for name in names)])) + deflate.flush()
    return MARK + base64.b64encode(packed).decode()


def main(arguments: "list[str]") -> "int":
    """Run the plan in a file, or in standard input for ``-``, and print the capture."""
    if arguments[:1] != ["--plan"] or len(arguments[1:]) != 1:
        sys.stderr.write("usage: capture.py --plan FILE|-\n")
        return 2
    try:
        with sys.stdin.buffer if arguments[1] == "-" else open(arguments[1], "rb") as file:
            text = pack(run(json.loads(file.read(_LARGEST_PLAN).decode())))
    except (OSError, ValueError) as error:
        sys.stderr.write("capture.py: %s\n" % error)
        return 2
    sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
