"""Check the description of a snapshot once, when it is read: what is damaged in it is left out and named.

Whatever a description says of the machine, its processes and its network namespaces ends in reports, which must match
their schemas. Damage there costs no row: what was read from the machine's files does not depend on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from netstat_core.plugin.outcomes import Gap, Subject
from netstat_core.system import ORDERS, capture
from netstat_core.system.byte_order import WAYS
from netstat_core.system.description import (
    MOST_TICKS,
    is_error,
    is_number,
    is_pid,
    parse_missed,
    parse_reply,
)

_LONGEST_NAME = 255
"""Characters of the name of a host (253 in DNS) or of a kernel's release (64)."""

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})")

Valid = Callable[[Any], bool]


def drop_damaged(description: dict[str, Any]) -> list[Gap]:
    """Remove damaged parts from a description, also from those of its namespaces; return gaps that name them."""
    places = description.get("namespaces")
    inner = [place for place in places if isinstance(place, dict)] if isinstance(places, list) else []
    found = dict.fromkeys(name for part in (description, *inner) for name in _clean(part))
    return [_make_gap(about, names) for about in _SUBJECTS if (names := [key for key in found if _about(key) == about])]


def _make_gap(about: Subject, names: list[str]) -> Gap:
    detail = f"the description of the snapshot is damaged: {', '.join(names)}"
    return Gap("unreadable", capture.DESCRIPTION, detail, about=about)


_SUBJECTS: tuple[Subject, ...] = ("source", "owners", "namespaces")
_OF_NAMESPACES = ("namespaces", "selected", "missed")


def _about(key: str) -> Subject:
    return "owners" if key == "owners" else "namespaces" if key in _OF_NAMESPACES else "source"


def _clean(part: dict[str, Any]) -> Iterator[str]:
    """Remove the damaged keys and members of a description, and yield the keys; null means that a key is absent."""
    for key in [key for key, value in part.items() if value is None and key in _KEYS and key != "selected"]:
        del part[key]
    for key in [key for key in part if key in _KEYS]:
        if not _KEYS[key](part[key]):
            yield key
            del part[key]
            if key == "namespaces":  # without this key the capture would not have looked for any
                part[key] = []
    for key, is_valid in _MEMBERS.items():
        whole = part.get(key)
        if whole is not None and (kept := _select(whole, is_valid)) is not whole:
            yield key
            part[key] = kept
    if not all(map(is_error, part.get("failed", {}).values())):
        yield "failed"  # kept, since what it names was not read
    if "owners" in part and not all(_check_owners(part["owners"])):
        yield "owners"


def _select(whole: Any, is_valid: Valid) -> Any:
    """Return the valid members of a list or mapping, and itself if all are."""
    members = whole.values() if isinstance(whole, dict) else whole
    if all(map(is_valid, members)):
        return whole
    if isinstance(whole, dict):
        return {key: member for key, member in whole.items() if is_valid(member)}
    return [member for member in whole if is_valid(member)]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_NAME


def _is_time(value: Any) -> bool:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        return bool(datetime.fromisoformat(value.replace("Z", "+00:00")))
    except ValueError:
        return False


def _are_times(value: Any) -> bool:
    """Return whether a value has seconds by path; files from before 1970 have a negative number."""
    return isinstance(value, dict) and all(seconds is None or type(seconds) is int for seconds in value.values())


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


_KEYS: dict[str, Valid] = {
    "hostname": _is_name,
    "kernel_release": _is_name,
    "byte_order": lambda value: value in ORDERS,
    "byte_order_from": lambda value: isinstance(value, str) and value in WAYS,
    "ticks_per_second": lambda value: is_number(value) and 0 < value <= MOST_TICKS,
    "captured_at": _is_time,
    "procfs": lambda value: isinstance(value, bool),
    "names": _is_mapping,
    "failed": _is_mapping,
    "asked": _is_list,
    "netlink": _is_list,
    "owners": _is_mapping,
    "namespaces": _is_list,
    "selected": lambda value: value is None or isinstance(value, dict),
    "missed": _is_list,
}
"""The keys of a description, each with a test of its value as a whole."""

_MEMBERS: dict[str, Valid] = {
    "names": lambda names: isinstance(names, dict) and all(isinstance(name, str) for name in names.values()),
    "asked": lambda source: isinstance(source, dict) and _are_times(source.get("times", {})),
    "netlink": lambda reply: parse_reply(reply) is not None,
    "namespaces": lambda place: isinstance(place, dict) and isinstance(place.get("failed", {}), dict),
    "selected": is_number,
    "missed": lambda missed: parse_missed(missed) is not None,
}
"""The keys whose values have members, each with a test of a member."""


def _check_owners(owners: dict[str, Any]) -> Iterator[bool]:
    """Yield whether each part of the owners is valid; their reader skips what is not."""
    yield all(is_number(owners.get(key, 0)) for key in ("denied", "failed", "processes", "unread"))
    yield all(isinstance(owners.get(key, False), bool) for key in ("hidden", "arguments"))
    yield all(isinstance(owners.get(key), (bool, type(None))) for key in ("initial", "privileged"))
    yield owners.get("error") is None or is_error(owners["error"])
    held, numbers = owners.get("held", {}), owners.get("descriptors")
    yield isinstance(held, dict) and all(map(is_pid, held)) and all(map(_is_list_of_numbers, held.values()))
    if numbers is not None:
        yield isinstance(numbers, dict) and isinstance(held, dict) and numbers.keys() <= held.keys()
        yield isinstance(numbers, dict) and all(map(_is_list_of_lists, numbers.values()))
        pairs = ((held[pid], numbers[pid]) for pid in numbers) if isinstance(numbers, dict) else ()
        yield all(isinstance(inodes, list) and len(inodes) == len(below) for inodes, below in pairs)


def _is_list_of_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_number, value))


def _is_list_of_lists(value: Any) -> bool:
    return isinstance(value, list) and all(one is None or _is_list_of_numbers(one) for one in value)
