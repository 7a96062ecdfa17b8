"""Parse ``capture.json``, the description in a snapshot. Its content is untrusted: malformed parts are ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from netstat_core.errors import SnapshotError
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.sources import File
from netstat_core.system import ASSUMED, MACHINE, ORDERS, Machine, bounded_json, capture
from netstat_core.system.byte_order import WAYS
from netstat_core.system.find_namespaces import Missed
from netstat_core.system.stores import Store
from netstat_core.system.unpacking import MOST_BYTES, is_safe

MOST_TICKS = 1_000_000
_MOST_MEMORY = 448 << 20
_LEAST_MEMORY = 24 << 20
"""Bounds of the memory that a description may take, which is between them three times the size of the snapshot."""

_GREATEST_NUMBER = (1 << 64) - 1
_UID = re.compile(r"-1|[0-9]{1,10}")
_GREATEST_ERRNO = 4095
_LONGEST_MESSAGE = 1000
_MOST_TIMES = 1 << 12
_PID = re.compile(r"[1-9][0-9]{0,9}")


class Reply(NamedTuple):
    """The recorded reply to a dump: the path of its datagrams, the error that ended it, and if it was interrupted."""

    path: str | None
    error: Any
    interrupted: bool


def read_description(store: Store) -> dict[str, Any]:
    """Return the description of a snapshot, empty if it has none. Raises SnapshotError for an invalid one."""
    try:
        content = store.read(f"/{capture.DESCRIPTION}")
        size = min(max(store.size, len(content)), MOST_BYTES)
        description = bounded_json.decode(content, min(_LEAST_MEMORY + 3 * size, _MOST_MEMORY - size))
    except FileNotFoundError:
        return {}
    except (SnapshotError, OSError, ValueError, RecursionError) as error:
        raise SnapshotError(f"{capture.DESCRIPTION}: {error}") from error
    if not isinstance(description, dict) or description.get("byte_order", "little") not in ORDERS:
        raise SnapshotError(f"{capture.DESCRIPTION}: does not describe a machine")
    if not isinstance(description.get("failed", {}), dict) or description.get("capture", 1) != capture.VERSION:
        raise SnapshotError(f"{capture.DESCRIPTION}: has another version or is damaged")
    return description


def parse_machine(description: Mapping[str, Any]) -> Machine:
    """Return the captured machine."""
    return Machine(
        hostname=_parse_text(description, "hostname"),
        kernel_release=_parse_text(description, "kernel_release"),
        byte_order=description.get("byte_order", "little"),
        ticks_per_second=_parse_ticks(description),
        captured_at=_parse_text(description, "captured_at"),
        live=False,
        procfs=description.get("capture") == capture.VERSION and description.get("procfs") is not False,
        byte_order_from=_parse_way(description),
    )


def _parse_text(description: Mapping[str, Any], key: str) -> str | None:
    value = description.get(key)
    return value if isinstance(value, str) else None


def _parse_way(description: Mapping[str, Any]) -> str:
    """Return how the byte order is known: captures do not say it, since the machine itself told it."""
    way = description.get("byte_order_from")
    return way if isinstance(way, str) and way in WAYS else MACHINE if "byte_order" in description else ASSUMED


def _parse_ticks(description: Mapping[str, Any]) -> int:
    value = description.get("ticks_per_second", 100)
    return value if is_number(value) and 0 < value <= MOST_TICKS else 100


def parse_namespace(value: Any) -> NetworkNamespace | None:
    """Return a network namespace ``{"inode": ..., "name": ...}``, None for anything else."""
    match value:
        case {"inode": int() | None as inode, "name": str() | None as name} if inode is None or is_number(inode):
            return {"inode": inode, "name": name}
    return None


def is_number(value: Any) -> bool:
    """Return whether a value is a number of the kernel: unsigned, of at most 64 bits, and not JSON's ``true``."""
    return type(value) is int and 0 <= value <= _GREATEST_NUMBER


def is_errno(value: Any) -> bool:
    """Return whether a value is an error number of the kernel, or 0 for none; linux/err.h has MAX_ERRNO."""
    return is_number(value) and value <= _GREATEST_ERRNO


def is_error(value: Any) -> bool:
    """Return whether a value is a recorded error: ``[errno, message]``."""
    return isinstance(value, list) and len(value) == 2 and is_errno(value[0]) and isinstance(value[1], str)  # noqa: PLR2004


def is_pid(value: Any) -> bool:
    """Return whether a text is the number of a process as /proc writes it."""
    return isinstance(value, str) and _PID.fullmatch(value) is not None


def parse_missed(value: Any) -> Missed | None:
    """Return a namespace that could not be captured, from the list of the fields of Missed."""
    match value:
        case [str(reason), str(what), str(detail), number, many, inode] if is_errno(number) and (
            is_number(many) and is_number(inode)
        ):
            return Missed(reason if reason in _REASONS else "unreadable", what, detail, number, many, inode)
    return None


_REASONS = frozenset({"not_in_kernel", "permission", "raced", "truncated"})


def parse_names(value: Any) -> dict[str, dict[str, str]]:
    """Return names by kind and number."""
    sections = value.items() if isinstance(value, dict) else ()
    return {
        kind: {key: name for key, name in names.items() if isinstance(name, str)}
        for kind, names in sections
        if isinstance(names, dict)
    }


def list_objects(description: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects in the list under a key of the description."""
    value = description.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def parse_sources(description: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the files that the capture was asked for, by path or pattern."""
    sources = list_objects(description, "asked")
    return {source["path"]: source for source in sources if isinstance(source.get("path"), str)}


def parse_times(source: Mapping[str, Any]) -> dict[str, int | None]:
    """Return the recorded times of modification of the files of a source, by path; None for those without a time."""
    times = source.get("times")
    kept = list(times.items())[:_MOST_TIMES] if isinstance(times, dict) else []
    return {path: seconds if is_number(seconds) else None for path, seconds in kept}


def parse_failed(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return the recorded errors by path."""
    failed = description.get("failed")
    return failed if isinstance(failed, dict) else {}


def parse_replies(description: Mapping[str, Any]) -> dict[tuple[Any, ...], Reply]:
    """Return the recorded replies by request: name, netlink protocol, message type, and body in hex."""
    dumps: dict[tuple[Any, ...], Reply] = {}
    for entry in list_objects(description, "netlink"):
        parsed = parse_reply(entry)
        if parsed is not None:
            dumps.setdefault(*parsed)
    return dumps


def parse_reply(entry: Any) -> tuple[tuple[Any, ...], Reply] | None:
    """Return the request and the reply of one dump, None for anything else."""
    match entry:
        case {"name": str(name), "protocol": int(protocol), "type": int(kind), "body": str(body)}:
            reply = entry.get("reply")
            is_reply = isinstance(reply, str) and reply.startswith("netlink/") and is_safe(reply)
            path = f"/{reply}" if is_reply else None
            return (name, protocol, kind, body), Reply(path, entry.get("error"), bool(entry.get("interrupted")))
    return None


def parse_os_error(value: Any) -> OSError:
    """Return a recorded error of the kernel, from ``[errno, message]``."""
    return OSError(value[0], value[1][:_LONGEST_MESSAGE]) if is_error(value) else OSError(0, "failed")


def is_within(file: File, kept: Any) -> bool:
    """True if the capture kept all rows that the file is read for; ``kept`` is ``[column, values]``."""
    match kept:
        case [int(column), list(values)]:
            return file.keep is not None and file.keep.column == column and {*file.keep.values} <= {*map(str, values)}
    return False


def parse_owners(recorded: Mapping[str, Any]) -> capture.Owners:
    """Return the owners of sockets, from the form that :func:`capture.describe_owners` gives them.

    If any of it is damaged, it is not known whether they are all.
    """
    owners = capture.Owners()
    for key in ("denied", "failed", "processes", "unread"):
        setattr(owners, key, recorded[key] if is_number(recorded.get(key)) else 0)
    owners.hidden = recorded.get("hidden") is True
    owners.privileged = recorded["privileged"] if isinstance(recorded.get("privileged"), bool) else None
    owners.error = _parse_failure(recorded.get("error"))
    owners.initial = recorded.get("initial") is True if isinstance(recorded.get("initial"), bool) else None
    if any(key in recorded and not is_valid(recorded[key]) for key, is_valid in _OF_OWNERS.items()):
        owners.initial = None
    owners.cut = _parse_cut(recorded.get("cut"))
    owners.arguments = recorded.get("arguments") is not False  # captures without this key have them
    held, numbers = recorded.get("held"), recorded.get("descriptors")
    owners.descriptors = {} if isinstance(numbers, dict) else None
    holders: dict[int, list[int]] = {}
    for name, inodes in held.items() if isinstance(held, dict) else ():
        if is_pid(name) and isinstance(inodes, list):
            below = numbers.get(name) if isinstance(numbers, dict) else None
            _add_holder(owners, holders, int(name), inodes, below if isinstance(below, list) else [])
        else:
            owners.initial = None
    owners.pids = capture.share_equal(holders.items())
    return owners


_OF_OWNERS: dict[str, Callable[[Any], bool]] = {
    "denied": is_number,
    "failed": is_number,
    "processes": is_number,
    "unread": is_number,
    "held": lambda value: isinstance(value, dict),
    "cut": lambda value: isinstance(value, dict),
    "hidden": lambda value: isinstance(value, bool),
    "error": lambda value: value is None or _parse_failure(value) is not None,
}


def _parse_cut(value: Any) -> dict[int, list[int]]:
    """Return what was left out of the processes of each user; damaged counts are those of an unknown one."""
    cut: dict[int, list[int]] = {}
    for name, counts in value.items() if isinstance(value, dict) else ():
        match counts:
            case [descriptors, files] if _UID.fullmatch(name) and is_number(descriptors) and is_number(files):
                cut[int(name)] = [descriptors, files]
            case _:
                cut[capture.NOBODY] = [1, 1]
    return cut


def _parse_failure(value: Any) -> list[Any] | None:
    """Return a recorded error as ``[errno, message]``, None for anything else."""
    return [value[0], value[1][:_LONGEST_MESSAGE]] if is_error(value) else None


def _add_holder(
    owners: capture.Owners, holders: dict[int, list[int]], pid: int, inodes: list[Any], numbers: list[Any]
) -> None:
    """Add a process to the ``holders`` of its sockets, and its descriptors to ``owners``.

    ``numbers`` has, in the order of ``inodes``, the list of descriptors of each.
    """
    for index, inode in enumerate(inodes):
        if not is_number(inode):
            owners.initial = None
        else:
            holders.setdefault(inode, []).append(pid)
            below = numbers[index] if index < len(numbers) else None
            if owners.descriptors is not None and isinstance(below, list):
                owners.descriptors[inode, pid] = [number for number in below if is_number(number)]
