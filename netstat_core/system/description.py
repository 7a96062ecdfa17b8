"""What the description in a snapshot tells; it may hold anything, and what is not as it should be tells nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from netstat_core.errors import SnapshotError
from netstat_core.escape import encoded, escape
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.sources import File
from netstat_core.system import Machine, archive, capture
from netstat_core.system.find_namespaces import Missed
from netstat_core.system.stores import Store

MOST_TICKS = 1_000_000
_MOST_VALUES = 1 << 22
"""Of a description: that of a machine with a million sockets has half as many."""
_PID = re.compile(r"[1-9][0-9]{0,9}")


class Reply(NamedTuple):
    """The recorded answer to a dump: where it is kept, the error that ended it, and whether it was interrupted."""

    path: str | None
    error: Any
    interrupted: bool


def description_of(store: Store) -> dict[str, Any]:
    """The description of a snapshot, empty where it has none. Raises SnapshotError for what is none."""
    try:
        content = store.read(f"/{capture.DESCRIPTION}")
        if sum(map(content.count, (b",", b"[", b"{"))) > _MOST_VALUES:
            raise SnapshotError(f"{capture.DESCRIPTION}: too long")
        about = json.loads(content)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise SnapshotError(f"{capture.DESCRIPTION}: {error}") from error
    if not isinstance(about, dict) or about.get("byte_order", "little") not in ("little", "big"):
        raise SnapshotError(f"{capture.DESCRIPTION}: not a description of a machine")
    if not isinstance(about.get("failed", {}), dict) or about.get("capture", 1) != capture.VERSION:
        raise SnapshotError(f"{capture.DESCRIPTION}: of another version, or damaged")
    return about


def machine_of(about: Mapping[str, Any]) -> Machine:
    """The machine that was captured."""
    return Machine(
        hostname=_text(about, "hostname"),
        kernel_release=_text(about, "kernel_release"),
        byte_order=about.get("byte_order", "little"),
        ticks_per_second=_ticks(about),
        captured_at=_text(about, "captured_at"),
        live=False,
        procfs=about.get("capture") == capture.VERSION and about.get("procfs") is not False,
    )


def _text(about: Mapping[str, Any], key: str) -> str | None:
    value = about.get(key)
    return value if isinstance(value, str) else None


def _ticks(about: Mapping[str, Any]) -> int:
    value = about.get("ticks_per_second", 100)
    return value if isinstance(value, int) and 0 < value <= MOST_TICKS else 100


def namespace_of(value: Any) -> NetworkNamespace | None:
    """A network namespace as it is told."""
    match value:
        case {"inode": int() | None as inode, "name": str() | None as name}:
            return {"inode": inode, "name": name}
    return None


def named(namespace: NetworkNamespace | None) -> NetworkNamespace | None:
    """A namespace with its name as records have it; captures have names as Python reads those of files."""
    if namespace is None or namespace["name"] is None:
        return namespace
    return {**namespace, "name": escape(encoded(namespace["name"]))}


def missed_of(told: Any) -> Missed | None:
    """A namespace that could not be captured."""
    match told:
        case [str(reason), str(what), str(detail), int(number), int(many), int(inode)]:
            return Missed(reason if reason in _REASONS else "unreadable", what, detail, number, many, inode)
    return None


_REASONS = frozenset({"not_in_kernel", "permission", "raced", "truncated"})


def names_of(value: Any) -> dict[str, dict[str, str]]:
    """Names by kind and number."""
    sections = value.items() if isinstance(value, dict) else ()
    return {
        kind: {key: name for key, name in names.items() if isinstance(name, str)}
        for kind, names in sections
        if isinstance(names, dict)
    }


def objects(about: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects in a list of the description."""
    value = about.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def replies_of(about: Mapping[str, Any]) -> dict[tuple[Any, ...], Reply]:
    """The recorded replies by what was asked."""
    dumps: dict[tuple[Any, ...], Reply] = {}
    for one in objects(about, "netlink"):
        match one:
            case {"name": str(name), "protocol": int(protocol), "type": int(kind), "body": str(body)}:
                reply = one.get("reply")
                is_reply = isinstance(reply, str) and reply.startswith("netlink/") and archive.is_safe(reply)
                path = f"/{reply}" if is_reply else None
                found = Reply(path, one.get("error"), bool(one.get("interrupted")))
                dumps.setdefault((name, protocol, kind, body), found)
    return dumps


def os_error(told: Any) -> OSError:
    """An error of the kernel as it was met."""
    match told:
        case [int(number), str(words)]:
            return OSError(number, words)
    return OSError(0, "failed")


def is_within(file: File, kept: Any) -> bool:
    """Whether the rows that a file is read for are among those that were kept."""
    match kept:
        case [int(column), list(values)]:
            return file.keep is not None and file.keep.column == column and {*file.keep.values} <= {*map(str, values)}
    return False


def owners_of(told: Mapping[str, Any]) -> capture.Owners:
    """The owners of sockets."""
    owners = capture.Owners()
    for key in ("denied", "unread"):
        value = told.get(key)
        setattr(owners, key, value if isinstance(value, int) else 0)
    owners.hidden = bool(told.get("hidden"))
    owners.arguments = told.get("arguments") is not False  # captures that do not say have them
    held, numbers = told.get("held"), told.get("descriptors")
    owners.descriptors = {} if isinstance(numbers, dict) else None
    for name, inodes in held.items() if isinstance(held, dict) else ():
        if _PID.fullmatch(name) and isinstance(inodes, list):
            below = numbers.get(name) if isinstance(numbers, dict) else None
            _add_holder(owners, int(name), inodes, below if isinstance(below, list) else [])
    for pids in owners.pids.values():
        pids.sort()
    return owners


def _add_holder(owners: capture.Owners, pid: int, inodes: list[Any], numbers: list[Any]) -> None:
    """Add the sockets of one process, and the descriptors that the list beside theirs has for each."""
    for place, inode in enumerate(inodes):
        if isinstance(inode, int):
            owners.pids.setdefault(inode, []).append(pid)
            below = numbers[place] if place < len(numbers) else None
            if owners.descriptors is not None and isinstance(below, list):
                owners.descriptors[inode, pid] = [number for number in below if isinstance(number, int)]
