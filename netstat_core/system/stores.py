"""Storage of the contents of a snapshot: a folder, or memory."""

from __future__ import annotations

import errno
import os
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Protocol

from netstat_core.errors import SnapshotError
from netstat_core.system import capture
from netstat_core.system.beneath import Folder

LARGEST_FILE = 1 << 27
"""Limit of a file in a folder, in bytes: that of 800,000 sockets. While it is read it is twice in memory."""

MOST_MATCHES = 1 << 18
_MOST_LINKS = 8
FILES_OF_NET = (
    *("tcp", "tcp6", "udp", "udp6", "unix", "dev", "route", "ipv6_route", "snmp", "snmp6", "netstat"),
    *("arp", "sockstat", "if_inet6", "igmp", "nf_conntrack"),
)
"""A folder with any of these files is taken for a copy of /proc/net."""

HOW_TO_COPY = "/proc/net is a link itself: copy it with 'mkdir DIR && cp -r /proc/net/. DIR'"

_NET = re.compile(r"/proc/(self|thread-self|[0-9]{1,10})/net/")

_OF_PROCESSES = re.compile(r"/proc/(?:[0-9]+/[^/]+|stat)\Z")
_LINKED = re.compile(r"/proc/([1-9][0-9]{0,9})/(?:task/[0-9]{1,10}/)?fd/([0-9]{1,10})\Z")
_OF_PROCESS = re.compile(r"/proc/([1-9][0-9]{0,9})/")
_SOCKET = re.compile(r"(?:socket:\[|\[0000\]:)([0-9]{1,20})\]?\s*\Z")
_LONGEST_LINK = 64
_LAST = "\U0010ffff"
"""The last character, behind which no path goes on: a path is printable."""


class Store(Protocol):
    """The contents of a snapshot by absolute path. All methods raise OSError.

    ``size`` is that of all contents with their paths, in bytes, and 0 where only reading shows it.
    """

    @property
    def size(self) -> int:
        """The size of all contents and their paths, in bytes; 0 if it is unknown."""

    def read(self, path: str) -> bytes:
        """Return the content of a regular file."""

    def find_paths(self, pattern: str) -> list[str]:
        """Return the paths that match a pattern, sorted; FileNotFoundError if the directory is missing."""

    def read_link(self, path: str) -> str:
        """Return the target of a link, without following it."""

    def find_time(self, path: str) -> int | None:
        """Return when a file was last modified, in seconds since 1970; None if that is unknown."""

    def find_owners(self) -> capture.Owners:
        """Return the owners found in the links below ``/proc/PID/fd``, with their descriptors."""


class FolderStore:
    """A folder laid out like ``/``, or one with the files of /proc/net.

    Links that lead out of the folder are not followed, and only regular files are read.
    """

    size = 0

    def __init__(self, folder: str) -> None:
        try:
            self._folder, self._mount_point = _find_root(Folder(folder), folder)
        except OSError as error:
            raise SnapshotError(f"{folder}: {error.strerror}") from error
        has_net = self._mount_point or self._folder.is_folder("proc/net")
        self._net = None if has_net else _choose_net(_find_net_folders(self._folder))

    def read(self, path: str) -> bytes:
        """Return the content of a file; only regular files within the folder are opened."""
        return self._folder.read(self._locate(_redirect(path, self._net)), LARGEST_FILE)

    def _locate(self, path: str) -> str:
        """Return where in the folder a path is."""
        if not path.startswith(self._mount_point):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return path.removeprefix(self._mount_point)

    def find_paths(self, pattern: str) -> list[str]:
        """Return the paths of files in the folder that match a pattern."""
        moved = _redirect(pattern, self._net)
        if moved != pattern:
            return [PROC_NET + path.removeprefix(self._net or "") for path in self.find_paths(moved)]
        found = capture.find_paths(self._locate(pattern), self._folder.list_names, self._folder.is_file)
        return [self._mount_point + path for path in found[:MOST_MATCHES]]

    def read_link(self, path: str) -> str:
        """Return the target of a link in the folder."""
        return self._folder.read_link(self._locate(path))

    def find_time(self, path: str) -> int | None:
        """Return when a file in the folder was last modified."""
        return self._folder.find_time(self._locate(path))

    def find_owners(self) -> capture.Owners:
        """Return the owners found in the links of the folder."""
        with self._folder.open("proc") as descriptor:
            held = f"/proc/self/fd/{descriptor}"
            if not os.path.exists(held):  # without /proc, the folders above may be exchanged meanwhile
                held = f"{self._folder.path}/proc"
            return capture.scan_owners(held, descriptors=True, wanted=None)


def _find_root(folder: Folder, name: str) -> tuple[Folder, str]:
    """Return the folder in which the snapshot begins, and the path it is mounted at: empty, /proc or /proc/net."""
    if folder.is_link("proc"):
        raise SnapshotError(f"{name}: its folder proc is a link")
    if folder.is_folder("proc") or folder.is_file(capture.DESCRIPTION):
        return folder, ""
    if _holds_net(folder, ""):
        return folder, "/proc/net"
    is_link = folder.is_link("net")
    if not is_link and _holds_net(folder, "net/"):
        return folder, "/proc"
    below = [entry for entry in sorted(folder.list_names(""))[:2] if not folder.is_link(entry)]
    if len(below) == 1 and folder.is_folder(f"{below[0]}/proc"):
        return folder.enter(below[0]), ""
    raise SnapshotError(f"{name}: holds no folder named proc{f'; {HOW_TO_COPY}' if is_link else ''}")


def _holds_net(folder: Folder, prefix: str) -> bool:
    return any(folder.is_file(prefix + name) for name in FILES_OF_NET)


def _find_net_folders(folder: Folder) -> list[str]:
    """Return the folders ``/proc/PID/net/`` of a folder that holds a copy of /proc."""
    if not folder.is_folder("proc"):
        return []
    paths = (f"/proc/{name}/net/" for name in folder.list_names("proc"))
    return [path for path in paths if _NET.fullmatch(path) and folder.is_folder(path)]


PROC_NET = "/proc/net/"


def _choose_net(found: Iterable[str]) -> str | None:
    """Return the folder to read in place of /proc/net, where that is a link that leads nowhere; None for none.

    It is the one of the process that made the copy, that of the first process, or the only one.
    """
    folders = [folder for folder in found if _NET.fullmatch(folder)]
    for folder in ("/proc/self/net/", "/proc/thread-self/net/", "/proc/1/net/"):
        if folder in folders:
            return folder
    return folders[0] if len(folders) == 1 else None


def _redirect(path: str, net: str | None) -> str:
    return net + path.removeprefix(PROC_NET) if net and path.startswith(PROC_NET) else path


class MemoryStore:
    """A snapshot in memory: contents, links and times of modification by absolute path."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        links: Mapping[str, str] | None = None,
        times: Mapping[str, int] | None = None,
    ) -> None:
        self._files = files
        self._links = links or {}
        self._times = times or {}
        has_net = any(path.startswith(PROC_NET) for path in files)
        self._net = None if has_net else _choose_net({match[0] for path in files if (match := _NET.match(path))})
        self.size = sum(map(len, files)) + sum(map(len, files.values()))

    @cached_property
    def _paths(self) -> list[str]:
        """The paths of all files, sorted."""
        return sorted(self._files)

    def _list_paths(self, beginning: str) -> list[str]:
        """Return the paths that begin with a text, sorted."""
        start = bisect_left(self._paths, beginning)
        return self._paths[start : bisect_right(self._paths, beginning + _LAST, start)]

    def read(self, path: str) -> bytes:
        """Return the content of a path, following links within the snapshot."""
        path = _redirect(path, self._net)
        content = self._files.get(path)
        if content is None:
            content = self._files.get(self._resolve(path))
        if content is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return content

    def _resolve(self, path: str) -> str:
        """Follow links in a path, such as that of ``/proc/net`` to ``self/net``."""
        for _ in range(_MOST_LINKS if self._links else 0):
            ends = (place for place, letter in enumerate(f"{path}/") if letter == "/" and place)
            link = next((path[:end] for end in ends if path[:end] in self._links), None)
            if link is None:
                break
            path = os.path.normpath(os.path.join(os.path.dirname(link), self._links[link])) + path[len(link) :]
        return path

    def find_paths(self, pattern: str) -> list[str]:
        """Return the paths that match a pattern."""
        moved = _redirect(pattern, self._net)
        if moved != pattern:
            return [PROC_NET + path.removeprefix(self._net or "") for path in self.find_paths(moved)]
        asked = pattern.partition("*")[0].rpartition("/")[0]
        directory = self._resolve(asked)
        place = bisect_left(self._paths, f"{directory}/")
        if not self._paths[place : place + 1] or not self._paths[place].startswith(f"{directory}/"):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        whole = directory + pattern[len(asked) :]
        wanted = re.compile(re.escape(whole).replace(r"\*", "[^/]*")).fullmatch
        found = list(filter(wanted, self._list_paths(whole.partition("*")[0])))[:MOST_MATCHES]
        return [asked + path[len(directory) :] for path in found]

    def read_link(self, path: str) -> str:
        """Return the target of a link."""
        if path not in self._links:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return self._links[path]

    def find_time(self, path: str) -> int | None:
        """Return when a file was last modified."""
        return self._times.get(self._resolve(path))

    def find_owners(self) -> capture.Owners:
        """Return the owners found in the links."""
        owners = capture.Owners()
        holders: dict[int, list[int]] = {}
        descriptors: dict[tuple[int, int], list[int]] = {}
        shown = {found[1] for path in (*self._files, *self._links) if (found := _OF_PROCESS.match(path))}
        owners.processes = len(shown)
        owners.hidden = "1" not in shown
        for path, target in (*self._links.items(), *self._iterate_copied_links()):
            process, socket = _LINKED.match(path), _SOCKET.match(target)
            if process and socket:
                holders.setdefault(int(socket[1]), []).append(int(process[1]))
                descriptors.setdefault((int(socket[1]), int(process[1])), []).append(int(process[2]))
        owners.pids = capture.share_equal(holders.items())
        owners.descriptors = descriptors
        return owners

    def _iterate_copied_links(self) -> Iterator[tuple[str, str]]:
        """Yield the path and content of the files that hold the target of a descriptor as text."""
        for path, content in self._files.items():
            if len(content) < _LONGEST_LINK and _LINKED.match(path):
                yield path, os.fsdecode(content)


class InnerStore:
    """The part of a store below a folder, for another namespace; files of processes come from the whole store."""

    def __init__(self, store: Store, prefix: str) -> None:
        self._store = store
        self._prefix = prefix

    @property
    def size(self) -> int:
        """The size of the whole store."""
        return self._store.size

    def read(self, path: str) -> bytes:
        """Return the content of a file, from the whole store for files of processes."""
        return self._store.read(path if _OF_PROCESSES.match(path) else self._prefix + path)

    def find_paths(self, pattern: str) -> list[str]:
        """Return the paths that match a pattern, relative to the folder."""
        return [path.removeprefix(self._prefix) for path in self._store.find_paths(self._prefix + pattern)]

    def read_link(self, path: str) -> str:
        """Return the target of a link of the whole store."""
        return self._store.read_link(path)

    def find_time(self, path: str) -> int | None:
        """Return when a file was last modified."""
        return self._store.find_time(self._prefix + path)

    def find_owners(self) -> capture.Owners:
        """Return the owners found in the links of the whole store."""
        return self._store.find_owners()
