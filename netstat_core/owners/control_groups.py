"""Derive the unit, container and pod of a process from its files in /proc, without asking any daemon.

The patterns for paths of control groups follow cgroups(7), systemd's "Control Group APIs and Delegation", and the
cgroup drivers of runc, crun, cri-o, podman, LXC and the kubelet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from netstat_core.escape import escape

FILES = ("exe", "stat", "cgroup", "environ")
"""Files of a process that are read in addition to ``cmdline``, ``comm`` and ``status``."""

BOOT_FILE = "/proc/stat"
DELETED = b" (deleted)"
LONGEST_PATH = 1 << 14
_START_FIELD = 22
_FIRST_ACTIVATED = 3
_MOST_ACTIVATED = 1 << 16
_LONGEST_NUMBER = 18
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Container(NamedTuple):
    """The id of a container, and its runtime, None if the path does not show it."""

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
        (r"(?P<id>[0-9a-f]{32}-[0-9]{1,20})", None),  # ECS on Fargate: the task and a number
        (rf"{_HEX}", None),
    )
)
"""Patterns for one or two components of a control group's path that name a container, not its monitor."""

_POD = re.compile(
    r"(?:^|[/-])kubepods(?:-besteffort|-burstable)?-pod(?P<escaped>[0-9a-f_]{32,36})\.slice"
    r"|(?:^|/)kubepods(?:/besteffort|/burstable)?/pod(?P<plain>[0-9a-f-]{32,36})(?=/|$)"
)
_UNIT = re.compile(r"_?(?P<unit>[A-Za-z0-9:_.\\@-]{1,240}\.(?:service|scope|socket|mount|swap))")
_HEX_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")


def describe(
    contents: Mapping[str, bytes | None], pid: int, boot_seconds: int | None, ticks_per_second: int
) -> dict[str, Any]:
    """Return the detailed keys of a process, except ``descriptors`` and ``socket_unit``, which depend on the socket.

    ``contents`` maps each of :data:`FILES` to its content, None if it could not be read. ``boot_seconds`` is the
    result of :func:`parse_boot_time`.
    """
    groups = ControlGroups(contents.get("cgroup") or b"")
    executable = contents.get("exe")
    container = groups.find_container()
    return {
        "executable": escape(executable[:LONGEST_PATH]) if executable else None,
        "started_at": parse_start_time(contents.get("stat") or b"", boot_seconds, ticks_per_second),
        "cgroup": groups.path,
        "unit": None if pid == 1 else groups.find_unit(),
        "user_unit": groups.find_user_unit(),
        "container": None if container is None else {"id": container.id, "runtime": container.runtime},
        "pod": groups.find_pod(),
    }


def parse_boot_time(stat: bytes) -> int | None:
    """Return when the machine started, in seconds since 1970: the line ``btime`` of /proc/stat, None without one."""
    for line in stat.split(b"\n"):
        if line.startswith(b"btime "):
            return _parse_number(line[6:])
    return None


def parse_start_time(stat: bytes, boot: int | None, ticks_per_second: int) -> str | None:
    """Return when a process started, as ISO 8601 UTC, None if that is unknown.

    ``stat`` is the content of /proc/PID/stat, whose field 22 counts ticks since the machine started; proc(5).
    ``boot`` is that time, in seconds since 1970.
    """
    # 3505 (a) S 1) S 3502 3502 15644 0 -1 4194304 137 ...
    # Field 2 is the name of the executable, here "a) S 1": count fields from the last parenthesis.
    fields = stat.rpartition(b")")[2].split()
    ticks = _parse_number(fields[_START_FIELD - 3]) if len(fields) > _START_FIELD - 3 else None
    if ticks is None or boot is None or ticks_per_second <= 0:
        return None
    try:
        started = _EPOCH + timedelta(seconds=boot + ticks // ticks_per_second)
    except OverflowError:
        return None
    return started.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_activated_units(environ: bytes, pid: int) -> dict[int, str]:
    """Return the socket units that activated a process, by descriptor; sd_listen_fds(3).

    ``environ`` is the content of /proc/PID/environ. Its LISTEN_FDNAMES names the descriptors from 3 on, by default
    after their socket unit; other names are left out.
    """
    variables = dict(
        variable.partition(b"=")[::2] for variable in reversed(environ.split(b"\0")) if variable.startswith(b"LISTEN_")
    )
    count = _parse_number(variables.get(b"LISTEN_FDS", b"")) or 0
    if _parse_number(variables.get(b"LISTEN_PID", b"")) != pid or count > _MOST_ACTIVATED:
        return {}
    names = variables.get(b"LISTEN_FDNAMES", b"").split(b":")[:count]
    units = {number: escape(name) for number, name in enumerate(names, _FIRST_ACTIVATED) if name.endswith(b".socket")}
    return {number: name for number, name in units.items() if _unit_name(name) == name}


class ControlGroups:
    """The control groups of a process, from the content of /proc/PID/cgroup.

    ``path`` is its path in cgroup version 2, else that of systemd's hierarchy, else any; the root ``/`` comes last.
    """

    # Lines are "number:controllers:path"; version 2 has no controllers, systemd's hierarchy of version 1 has a name:
    # 9:name=systemd:/
    # 1:cpu:/
    # 0::/

    def __init__(self, content: bytes) -> None:
        paths = dict(_parse_line(line) for line in reversed(content.split(b"\n")) if line.count(b":") > 1)
        unified, named = paths.get(""), paths.get("name=systemd")
        others = [path for path in reversed(paths.values()) if path not in ("/", unified, named)]
        known = [path for path in (unified, named, *others) if path and path != "/"]
        self.path = known[0] if known else unified or named or next(iter(paths.values()), None)
        self._systemd = _clean(named if named is not None else unified or "")
        self._all = [_clean(path) for path in known]

    def find_unit(self) -> str | None:
        """Return the unit of the system manager: the first component of the path that is not a slice."""
        return self._find_unit_in(self._systemd)

    def find_user_unit(self) -> str | None:
        """Return the unit of a user manager, which runs below ``user@UID.service`` of the system manager."""
        _, manager, below = self._systemd.partition("/user@")
        return self._find_unit_in(below.partition("/")[2]) if manager else None

    def find_container(self) -> Container | None:
        """Return the innermost container, None outside of containers."""
        for path in self._all:
            parts = path.split("/")
            for end in range(len(parts), 0, -1):
                found = _match_container("/".join(parts[max(end - 2, 0) : end])) or _match_container(parts[end - 1])
                if found:
                    return found
        return None

    def find_pod(self) -> str | None:
        """Return the id of the Kubernetes pod as the API server spells it, with dashes; None outside of pods."""
        for path in self._all:
            for found in _POD.finditer(path):
                return found["plain"] or found["escaped"].replace("_", "-")
        return None

    @staticmethod
    def _find_unit_in(path: str) -> str | None:
        for part in path.split("/"):
            if part and not part.endswith(".slice"):
                return _unit_name(part)
        return None


def _match_container(parts: str) -> Container | None:
    """Return the container that one or two components of a path name."""
    for pattern, runtime in _CONTAINERS:
        found = pattern.fullmatch(parts)
        if found:
            name = found["id"]
            return Container(_unescape(name) if runtime == "systemd-nspawn" else name, runtime)
    return None


def _parse_line(line: bytes) -> tuple[str, str]:
    _, controllers, path = line.split(b":", 2)
    return escape(controllers), escape(path[:LONGEST_PATH])


def _clean(path: str) -> str:
    """Remove the suffix of a removed group, and the ``..`` of a path outside of the reader's cgroup namespace."""
    kept = path.removesuffix(DELETED.decode())
    return "/".join(part for part in kept.split("/") if part not in ("", ".."))


def _unit_name(part: str) -> str | None:
    """Return the unit named by a component; systemd prefixes ``_`` to names that look like control files."""
    found = _UNIT.fullmatch(part)
    return found["unit"] if found else None


def _unescape(name: str) -> str:
    r"""Undo systemd's escapes in the name of a machine, such as ``\x2d`` for a dash; records double the ``\``."""
    return _HEX_ESCAPE.sub(lambda found: chr(int(found[1], 16)), name.replace("\\\\", "\\"))


def _parse_number(text: bytes) -> int | None:
    text = text.strip()
    return int(text) if text.isdigit() and len(text) <= _LONGEST_NUMBER else None
