"""Who is behind a process: pure functions of what /proc keeps about it. No daemon is asked.

The paths of control groups follow what systemd, the container runtimes and the kubelet make of them: cgroups(7),
systemd's "Control Group APIs and Delegation", and the cgroup drivers of runc, crun, cri-o, podman and LXC.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from netstat_core.escape import escape

FILES = ("exe", "stat", "cgroup", "environ")
"""What is read of a process, besides what every list of owners needs."""

BOOT_FILE = "/proc/stat"
DELETED = b" (deleted)"
LONGEST_PATH = 1 << 14
_START_FIELD = 22
_FIRST_ACTIVATED = 3
_MOST_ACTIVATED = 1 << 16
_LONGEST_NUMBER = 18
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Container(NamedTuple):
    """A container's id, and the runtime that made it as far as the path tells."""

    id: str
    runtime: str | None


_HEX = r"(?P<id>[0-9a-f]{64})"
_CONTAINERS = tuple(
    (re.compile(pattern), runtime)
    for pattern, runtime in (
        (rf"docker-{_HEX}\.scope", "docker"),
        (rf"docker/{_HEX}", "docker"),
        (rf"cri-containerd-{_HEX}\.scope", "containerd"),
        (rf"[^/]*\.slice:cri-containerd:{_HEX}", "containerd"),
        (rf"nerdctl-{_HEX}\.scope", "containerd"),
        (rf"(?:k8s\.io|moby|default)/{_HEX}", "containerd"),
        (rf"crio-{_HEX}(?:\.scope)?", "cri-o"),
        (rf"[^/]*\.slice:crio:{_HEX}", "cri-o"),
        (rf"libpod(?:-payload)?-{_HEX}(?:\.scope)?", "podman"),
        (r"lxc(?:\.payload)?/(?P<id>[^/]+)", "lxc"),
        (r"lxc\.payload\.(?P<id>[^/]+)", "lxc"),
        (r"systemd-nspawn@(?P<id>[^/]+)\.service/payload", "systemd-nspawn"),
        (r"machine-(?P<id>[^/]+)\.scope/payload", "systemd-nspawn"),
        (rf"{_HEX}", None),
    )
)
"""Parts of a control group's path that name a container; monitors of containers are named otherwise."""

_POD = re.compile(
    r"(?:^|[/-])kubepods(?:-besteffort|-burstable)?-pod(?P<escaped>[0-9a-f_]{32,36})\.slice"
    r"|(?:^|/)kubepods(?:/besteffort|/burstable)?/pod(?P<plain>[0-9a-f-]{32,36})(?=/|$)"
)
_UNIT = re.compile(r"_?(?P<unit>[A-Za-z0-9:_.\\@-]{1,240}\.(?:service|scope|socket|mount|swap))")
_HEX_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")


def describe(
    contents: Mapping[str, bytes | None], pid: int, boot_seconds: int | None, ticks_per_second: int
) -> dict[str, Any]:
    """The further keys of a process, ``descriptors`` and ``socket_unit`` left to who knows the socket.

    ``contents`` has :data:`FILES` by name, None for what could not be read.
    """
    groups = Groups(contents.get("cgroup") or b"")
    executable = contents.get("exe")
    container = groups.container()
    return {
        "executable": escape(executable[:LONGEST_PATH]) if executable else None,
        "started_at": started_at(contents.get("stat") or b"", boot_seconds, ticks_per_second),
        "cgroup": groups.path,
        "unit": None if pid == 1 else groups.unit(),
        "user_unit": groups.user_unit(),
        "container": None if container is None else {"id": container.id, "runtime": container.runtime},
        "pod": groups.pod(),
    }


def boot_seconds(stat: bytes) -> int | None:
    """Seconds since 1970 when the machine started: the line ``btime`` of /proc/stat."""
    for line in stat.split(b"\n"):
        if line.startswith(b"btime "):
            return _number(line[6:])
    return None


def started_at(stat: bytes, boot: int | None, ticks_per_second: int) -> str | None:
    """When a process started, ISO 8601 UTC: field 22 of /proc/PID/stat in ticks after the machine's start.

    The name in field 2 may hold anything: fields count from the last parenthesis.
    """
    fields = stat.rpartition(b")")[2].split()
    ticks = _number(fields[_START_FIELD - 3]) if len(fields) > _START_FIELD - 3 else None
    if ticks is None or boot is None or ticks_per_second <= 0:
        return None
    try:
        started = _EPOCH + timedelta(seconds=boot + ticks // ticks_per_second)
    except OverflowError:
        return None
    return started.strftime("%Y-%m-%dT%H:%M:%SZ")


def activated(environ: bytes, pid: int) -> dict[int, str]:
    """The socket units by whose descriptors a process was started: sd_listen_fds(3).

    Descriptors count from 3 in the order of LISTEN_FDNAMES, where a name is the unit's unless that sets another.
    """
    variables = dict(
        variable.partition(b"=")[::2] for variable in reversed(environ.split(b"\0")) if variable.startswith(b"LISTEN_")
    )
    count = _number(variables.get(b"LISTEN_FDS", b"")) or 0
    if _number(variables.get(b"LISTEN_PID", b"")) != pid or count > _MOST_ACTIVATED:
        return {}
    names = variables.get(b"LISTEN_FDNAMES", b"").split(b":")[:count]
    units = {number: escape(name) for number, name in enumerate(names, _FIRST_ACTIVATED) if name.endswith(b".socket")}
    return {number: name for number, name in units.items() if _unit_name(name) == name}


class Groups:
    """The control groups of a process: the lines ``number:controllers:path`` of /proc/PID/cgroup.

    ``path`` is the one it is best known by: that of version 2, or the one systemd keeps beside version 1.
    """

    def __init__(self, content: bytes) -> None:
        paths = dict(_parsed(line) for line in reversed(content.split(b"\n")) if line.count(b":") > 1)
        unified, named = paths.get(""), paths.get("name=systemd")
        others = [path for path in reversed(paths.values()) if path not in ("/", unified, named)]
        known = [path for path in (unified, named, *others) if path and path != "/"]
        self.path = known[0] if known else unified or named or next(iter(paths.values()), None)
        self._systemd = _clean(named if named is not None else unified or "")
        self._all = [_clean(path) for path in known]

    def unit(self) -> str | None:
        """The unit of the system's manager: the first part of the path that is no slice."""
        return self._unit_below(self._systemd)

    def user_unit(self) -> str | None:
        """The unit of a user's manager, which runs in the system's ``user@UID.service``."""
        _, manager, below = self._systemd.partition("/user@")
        return self._unit_below(below.partition("/")[2]) if manager else None

    def container(self) -> Container | None:
        """The innermost container."""
        for path in self._all:
            parts = path.split("/")
            for end in range(len(parts), 0, -1):
                found = _container_at("/".join(parts[max(end - 2, 0) : end])) or _container_at(parts[end - 1])
                if found:
                    return found
        return None

    def pod(self) -> str | None:
        """The id of the Kubernetes pod, as the API server spells it."""
        for path in self._all:
            for found in _POD.finditer(path):
                return found["plain"] or found["escaped"].replace("_", "-")
        return None

    @staticmethod
    def _unit_below(path: str) -> str | None:
        for part in path.split("/"):
            if part and not part.endswith(".slice"):
                return _unit_name(part)
        return None


def _container_at(parts: str) -> Container | None:
    """The container that one part of a path names, or two."""
    for pattern, runtime in _CONTAINERS:
        found = pattern.fullmatch(parts)
        if found:
            name = found["id"]
            return Container(_unescaped(name) if runtime == "systemd-nspawn" else name, runtime)
    return None


def _parsed(line: bytes) -> tuple[str, str]:
    _, controllers, path = line.split(b":", 2)
    return escape(controllers), escape(path[:LONGEST_PATH])


def _clean(path: str) -> str:
    """A path without the mark of a removed group, and without the steps out of a namespace of groups."""
    kept = path.removesuffix(DELETED.decode())
    return "/".join(part for part in kept.split("/") if part not in ("", ".."))


def _unit_name(part: str) -> str | None:
    """A unit's name, which systemd escapes with ``_`` where it could be taken for a control file."""
    found = _UNIT.fullmatch(part)
    return found["unit"] if found else None


def _unescaped(name: str) -> str:
    r"""A machine's name as its owner spells it: ``\x2d`` in a unit's name is a dash, and records double the ``\``."""
    return _HEX_ESCAPE.sub(lambda found: chr(int(found[1], 16)), name.replace("\\\\", "\\"))


def _number(text: bytes) -> int | None:
    text = text.strip()
    return int(text) if text.isdigit() and len(text) <= _LONGEST_NUMBER else None
