# SPDX-License-Identifier: Apache-2.0
"""Read a kernel: its files, netlink dumps, and the owners of sockets.

This file runs alone on any Linux with Python 3.6 or later: it imports the standard library only. ``python3 capture.py
--plan FILE|-`` reads the sources of a plan, if :func:`check` allows them, and prints a capture as one line of text,
which ``pynetstat --from`` replays.
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
"""Limit of the size of a file, in bytes."""

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
_ANCIENT_LINK = "[0000]:"  # of old kernels: PRG_SOCKET_PFX2 of net-tools
_NAMESPACE_LINK = "net:["
_CLONE_NEWNET = 0x40000000


class DumpFailed(OSError):
    """The kernel refused or aborted a dump; ``errno`` is its error number."""


class DumpInterrupted(DumpFailed):
    """The dumped objects changed meanwhile (NLM_F_DUMP_INTR); a repeated dump may be consistent."""


def read_file(path: "str", limit: "int" = LARGEST_FILE) -> "bytes":
    """Return the content of a file, read to its end: a file in /proc has size 0 and returns a page per read.

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


def find_paths(pattern: "str", root: "str" = "") -> "list[str]":
    """Return the files below ``root`` that match a pattern with ``*`` in some components, sorted, without the root.

    Raises FileNotFoundError if the directory before the first ``*`` does not exist.
    """
    found = [""]
    for component in pattern.strip("/").split("/"):
        if "*" not in component:
            found = [path + "/" + component for path in found]
            continue
        found = [path + "/" + name for path in found for name in _match_names(root + path, component, len(found))]
    return sorted(path for path in found if os.path.isfile(root + path))


def _match_names(directory: "str", pattern: "str", many: "int") -> "list[str]":
    try:
        return [name for name in os.listdir(directory) if fnmatch.fnmatchcase(name, pattern)]
    except OSError:
        if many > 1:  # one of several, such as a removed interface
            return []
        raise


def open_netlink_socket(protocol: "int") -> "socket.socket":
    """Open a netlink socket in the network namespace of the calling thread."""
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)


def enter_network_namespace(descriptor: "int") -> "None":
    """Move the calling thread, and no other, into the network namespace of a descriptor; setns(2)."""
    import ctypes  # noqa: PLC0415 - os.setns exists from Python 3.12 on only

    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


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
    buffer = bytearray(_CHUNK)
    view = memoryview(buffer)
    while True:
        size, _ancillary, flags, _address = channel.recvmsg_into([buffer])
        if flags & socket.MSG_TRUNC:
            raise DumpFailed(errno.EMSGSIZE, "a message is larger than %d bytes" % _CHUNK)
        if size < _HEADER.size:
            raise DumpFailed(errno.EBADMSG, "a datagram is shorter than a header")
        end, failure = _find_end(buffer, size, sequence, port)
        if end > 0:
            yield view[:end]
        if failure is not None:
            raise failure
        if end < size:
            return


def _find_end(buffer: "bytearray", size: "int", sequence: "int", port: "int") -> "tuple[int, DumpFailed | None]":
    """Return where the messages before a final NLMSG_DONE end, and the error reported at the end of the dump."""
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
    return DumpFailed(-status, "%s: %s" % (what, os.strerror(-status))) if status < 0 else None


def dump_whole(  # noqa: PLR0913, PLR0917 - a request and how to send it
    protocol: "int",
    kind: "int",
    body: "bytes",
    strict: "bool" = False,
    tries: "int" = 4,
    connect: "typing.Callable[[int], socket.socket]" = open_netlink_socket,
) -> "tuple[list[bytes], bool]":
    """Return the datagrams of a dump and whether they are consistent; an interrupted dump is tried ``tries`` times."""
    for _attempt in range(tries):
        datagrams: "list[bytes]" = []
        try:
            datagrams.extend(bytes(datagram) for datagram in dump(protocol, kind, body, strict, connect))
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
    """The processes that hold each socket, from one scan of /proc/PID/fd.

    ``pids`` maps an inode to its pids in ascending order. ``denied`` counts the processes whose descriptors could not
    be listed for lack of rights; ``unread`` counts those closed by hidepid=1, and those whose descriptors could be
    listed but not read. ``hidden`` is True if other processes are invisible (hidepid=2). ``namespaces`` maps the inode
    of each network namespace held open to the first (pid, descriptor). ``descriptors`` maps (inode, pid) to descriptor
    numbers, None if not requested. ``arguments`` is True if whole command lines are available, False if the first
    argument only.
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
    """Scan the descriptors of all processes; processes that end meanwhile are skipped."""
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
    """Open the directory /proc/PID/fd; links are not followed, since a recorded /proc is untrusted."""
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
        except PermissionError:  # ptrace access is checked for each link, with the same result
            owners.unread += 1
            return
        except OSError:
            continue
        # socket:[5449514], net:[4026532178]
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
"""The beginning of packed text."""

VERSION = 1
DESCRIPTION = "capture.json"
NAMESPACES = "namespaces"
"""The folder of the contents of other network namespaces, by inode."""

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
"""Names of files that are secret, or that change something when read."""

_DUMPS = {0: frozenset([18, 22, 26, 30, 34, 58, 62, 82, 94, 106]), 4: frozenset([20]), 12: frozenset([0x101, 0x201])}
"""Message types of allowed dumps by netlink protocol: rtnetlink, sock_diag, ctnetlink connections and expectations."""

Facts = typing.Dict[str, typing.Any]
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


def _is_allowed(path: "str", allowed: "typing.Pattern[str]") -> "bool":
    parts = path.split("/")[1:]
    clean = path.isprintable() and not {"", ".", ".."}.intersection(parts)
    return clean and allowed.fullmatch(path) is not None and parts[-1] not in _UNREADABLE


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
        about["namespaces"] = [_read_namespace(contents, plan, inode, name) for inode, name in visits]
        about.update(missed=[list(missed) for missed in visits.missed], selected=visits.selected)
    about["owners"] = contents.read_owners(plan) if plan.get("owners") else None
    about["names"] = {"users": _user_names(contents.seen["uid"])} if plan.get("users") else {}
    contents.tree[DESCRIPTION] = encode_description(about)
    return contents.tree


def _read_namespace(contents: "_Contents", plan: "Facts", inode: "int", name: "str | None") -> "Facts":
    """Read the sources of a plan in the network namespace of the calling thread."""
    reader = _SourceReader(contents, "%s/%d/" % (NAMESPACES, inode), "/proc/" + os.readlink("/proc/thread-self"))
    return dict(reader.read_sources(plan), network_namespace={"inode": inode, "name": name})


def describe_machine() -> "Facts":
    """Return the facts about this machine for the description."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    facts = {"capture": VERSION, "hostname": socket.gethostname(), "kernel_release": os.uname().release}
    facts.update(captured_at=now.replace("+00:00", "Z"), ticks_per_second=os.sysconf("SC_CLK_TCK"))
    inode = own_namespace_inode()
    namespace = None if inode is None else {"inode": inode, "name": None}
    facts["procfs"] = os.path.exists("/proc/net/dev")
    return dict(facts, byte_order=sys.byteorder, network_namespace=namespace)


def own_namespace_inode() -> "int | None":
    """Return the inode of the network namespace of this process, None if it is unknown."""
    try:
        return os.stat("/proc/self/ns/net").st_ino
    except OSError:
        return None


def encode_description(about: "Facts") -> "bytes":
    """Return a description as bytes; equal facts give equal bytes."""
    return json.dumps(about, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def describe_error(error: "OSError") -> "list[typing.Any]":
    """Return an error as captures keep it: ``[errno, message]``."""
    return [error.errno or 0, error.strerror or str(error)]


def _check_target(path: "str") -> "str":
    if not _is_allowed(os.path.realpath(path), _TARGETS):
        raise OSError(errno.EACCES, "leads out of the kernel's network files")
    return path


class _Contents:
    """The contents read so far, the inodes and uids seen in them, and ``left``, the bytes left of the limit."""

    def __init__(self, left: "int") -> "None":
        self.tree: "dict[str, bytes]" = {}
        self.seen: "dict[str, set[int]]" = {"inode": set(), "uid": set()}
        self.left = left

    def keep(self, path: "str", content: "bytes") -> "None":
        self.left -= len(content)
        if self.left < 0:
            raise OSError(errno.EFBIG, "more than a capture may hold")
        self.tree[path.lstrip("/")] = content

    def read_owners(self, plan: "Facts") -> "Facts":
        found = scan_owners(descriptors=bool(plan.get("descriptors")))
        found.arguments = bool(plan.get("arguments"))
        held: "dict[str, list[int]]" = {}
        for inode in sorted(found.pids if plan["owners"] == "all" else self.seen["inode"].intersection(found.pids)):
            for holder in found.pids[inode]:
                held.setdefault(str(holder), []).append(inode)
        for pid, name in [(pid, name) for pid in held for name in plan.get("processes", ())]:
            try:
                content = read_process_file(int(pid), name, found.arguments)
            except OSError:
                continue
            self.keep("proc/%s/%s" % (pid, name), content)
            if name == "status":
                self.seen["uid"].update(int(word) for word in content.split()[1:2])
        return describe_owners(found, held)


class _SourceReader:
    """Reads the sources of a plan in one network namespace.

    For another namespace than the first, ``prefix`` is prepended to the paths kept, and ``process`` is the path of the
    calling thread in /proc; /proc/net itself shows the namespace of the main thread.
    """

    def __init__(self, contents: "_Contents", prefix: "str" = "", process: "str" = "") -> "None":
        self._contents = contents
        self._prefix = prefix
        self._process = process
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
                asked.append(source)
                self.read_files(source)
            else:
                self.read_dump(source, is_foreign)
        return {"asked": asked, "failed": self.failed, "netlink": self.dumps}

    def _has(self, sources: "list[str]") -> "bool":
        failed = [reply["name"] for reply in self.dumps if reply["error"]]
        return not any(source in self.failed or source in failed for source in sources)

    def _keep(self, path: "str", content: "bytes") -> "None":
        self._contents.keep(self._prefix + path.lstrip("/"), content)

    def _locate(self, path: "str") -> "str":
        """Return the path to read for a path of the plan."""
        if not self._process:
            return path
        if path.startswith("/sys/"):
            raise OSError(errno.ENOENT, "shows the network namespace it was mounted from")
        return path.replace("/proc/net/", self._process + "/net/", 1) if path.startswith("/proc/net/") else path

    def read_files(self, source: "Facts") -> "None":
        path = source["path"]
        try:
            place = self._locate(path)
            for found in find_paths(place) if "*" in path else [place]:
                self._read_file(found, source)
        except OSError as error:
            self.failed[path] = describe_error(error)

    def _read_file(self, place: "str", source: "Facts") -> "None":
        try:
            content = read_file(_check_target(place), self._contents.left)
            if "keep" in source:
                content = keep_rows(content, *source["keep"])
            self._keep(place.replace(self._process, "/proc", 1) if self._process else place, content)
        except OSError:
            if "*" in source["path"]:  # it vanished or cannot be read
                return
            raise
        for what, seen in self._contents.seen.items():
            if what in source:
                seen.update(_numbers_in_column(content, source[what]))

    def read_dump(self, source: "Facts", is_foreign: "bool") -> "None":
        datagrams: "list[bytes]" = []
        error: "list[typing.Any] | None" = None
        is_consistent = True
        request = (source["protocol"], source["type"], bytes.fromhex(source["body"]), bool(source.get("strict")))
        try:
            if is_foreign:
                error = [errno.EPROTONOSUPPORT, "requested in another byte order"]
            elif source.get("restart"):
                datagrams, is_consistent = dump_whole(*request)
            else:
                datagrams.extend(bytes(datagram) for datagram in dump(*request))
        except OSError as caught:
            error = describe_error(caught)
        if "keep" in source:
            datagrams = keep_messages(datagrams, *source["keep"])
        reply = "netlink/%d" % len(self.dumps)
        try:
            self._keep(reply, frame_datagrams(datagrams))
        except OSError as caught:
            datagrams, error = [], describe_error(caught)
        for what, seen in self._contents.seen.items():
            if what in source:
                seen.update(_numbers_in_messages(datagrams, source[what]))
        entry = {key: source.get(key) for key in ("name", "protocol", "type", "body", "strict")}
        self.dumps.append(dict(entry, error=error, interrupted=not is_consistent, reply=reply))


def read_process_file(pid: "int", name: "str", arguments: "bool" = False) -> "bytes":
    """Return the first 64 KiB of a file below ``/proc/PID``, without secrets. Raises OSError.

    For ``status`` it is the line of the user ids, for ``environ`` the variables LISTEN_*, for ``exe`` the target of
    the link, for ``cmdline`` the first argument, or all with ``arguments``.
    """
    path = "/proc/%d/%s" % (pid, name)
    if name == "exe":
        return os.fsencode(os.readlink(path))
    with open(path, "rb") as file:
        content = file.read(_LARGEST_OF_PROCESS)
    if name == "environ":
        return b"\0".join(variable for variable in content.split(b"\0") if variable.startswith(b"LISTEN_"))
    if name == "cmdline" and not arguments:
        return cut_first_argument(content)
    return b"".join(re.findall(rb"^Uid:.*\n", content, re.MULTILINE)) if name == "status" else content


def cut_first_argument(command: "bytes") -> "bytes":
    """Return a command line up to and including the first NUL: the program, or the title that a process has set."""
    return command[: command.find(b"\0") + 1 or None][:_LONGEST_FIRST_ARGUMENT]


def describe_owners(found: "Owners", held: "dict[str, list[int]]") -> "Facts":
    """Return owners as captures keep them; ``held`` has the inodes to keep, by pid."""
    facts = {"denied": found.denied, "unread": found.unread, "hidden": found.hidden, "held": held}
    facts["arguments"] = found.arguments
    if found.descriptors is not None:
        by_holder = found.descriptors
        facts["descriptors"] = {pid: [by_holder.get((inode, int(pid)), []) for inode in held[pid]] for pid in held}
    return facts


def keep_rows(content: "bytes", column: "int", values: "list[str]") -> "bytes":
    """Keep the first line, and those with one of ``values`` in a column, counted from 0."""
    wanted = {value.encode("latin-1") for value in values}
    header, _newline, rows = content.partition(b"\n")
    kept = [row for row in rows.splitlines(True) if wanted.intersection(row.split()[column : column + 1])]
    return b"\n".join([header, b"".join(kept)]) if content else content


def keep_messages(datagrams: "list[bytes]", place: "int", values: "list[str]") -> "list[bytes]":
    """Keep the messages with one of some bytes (in hex) at an offset behind the nlmsghdr."""
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


def frame_datagrams(datagrams: "list[bytes]") -> "bytes":
    """Concatenate datagrams, each behind its length (u32, big endian)."""
    return b"".join(struct.pack(">I", len(datagram)) + datagram for datagram in datagrams)


def pack(tree: "dict[str, bytes]") -> "str":
    """Pack contents by path as one word of text; equal contents give equal text."""
    import base64  # noqa: PLC0415 - only captures are packed
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
