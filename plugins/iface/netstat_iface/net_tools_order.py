"""The order of netstat's interface table, and where alias names stand in it."""

from __future__ import annotations

from collections.abc import Sequence

from netstat_core.plugin import Record, unescape
from netstat_iface.selection import alias_names

_NO_ALIAS = -1
_LONGEST_NUMBER, _LARGEST_NUMBER = 20, (1 << 63) - 1

Key = tuple[bytes, int, bytes, int, bytes]


def sort_key(name: str) -> Key:
    """Where netstat sorts a name: what stands before a number at its end, that number, and then an alias's number.

    Numbers behind 2**31 count as the C type they overflow.
    """
    raw = unescape(name)
    owner, colon, digits = raw.rpartition(b":")
    if not colon or not digits.isdigit():
        owner, alias = raw, _NO_ALIAS
    else:
        alias = _as_int(digits)
    prefix = owner.rstrip(b"0123456789")
    return prefix, _as_int(owner[len(prefix) :]), owner, alias, raw


def _as_int(digits: bytes) -> int:
    number = min(int(digits[:_LONGEST_NUMBER] or b"0"), _LARGEST_NUMBER)
    return ((number + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


def alias_places(records: Sequence[Record]) -> dict[str, list[str]]:
    """Behind which interface each alias name is shown, for interfaces in order; never before its own."""
    own = {record["name"] for record in records}
    aliases = [(alias, record["name"]) for record in records for alias in alias_names(record) if alias not in own]
    if not aliases:
        return {}
    rows = [(sort_key(name), name, owner) for name, owner in [*((name, name) for name in own), *aliases]]
    places: dict[str, list[str]] = {}
    seen: set[str] = set()
    last = ""
    for _, name, owner in sorted(rows):
        if name == owner:
            last = name
            seen.add(name)
        else:
            places.setdefault(last if owner in seen else owner, []).append(name)
    return places
