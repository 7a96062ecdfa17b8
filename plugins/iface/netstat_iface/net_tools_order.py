"""The order of interfaces and aliases in netstat's table."""

from __future__ import annotations

from collections.abc import Sequence

from netstat_core.plugin import Record, unescape

_NO_ALIAS = -1
_LONGEST_NUMBER, _LARGEST_NUMBER = 20, (1 << 63) - 1

Key = tuple[bytes, int, bytes, int, bytes]


def make_sort_key(name: str) -> Key:
    """Return the sort key of a name: the text before a trailing number, that number, and the number of an alias.

    Numbers wrap to 32-bit signed integers as in netstat.
    """
    raw = unescape(name)
    owner, colon, digits = raw.rpartition(b":")
    if not colon or not digits.isdigit():
        owner, alias = raw, _NO_ALIAS
    else:
        alias = _to_int(digits)
    prefix = owner.rstrip(b"0123456789")
    return prefix, _to_int(owner[len(prefix) :]), owner, alias, raw


def _to_int(digits: bytes) -> int:
    """Convert digits like atoi() in netstat: overflowing to a signed 32-bit integer."""
    number = min(int(digits[:_LONGEST_NUMBER] or b"0"), _LARGEST_NUMBER)
    return ((number + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


def place_aliases(records: Sequence[Record]) -> dict[str, list[str]]:
    """Return the aliases to show after each interface; an alias never precedes its own interface."""
    own = {record["name"] for record in records}
    aliases = [(alias, record["name"]) for record in records for alias in record["aliases"] or () if alias not in own]
    if not aliases:
        return {}
    rows = [(make_sort_key(name), name, owner) for name, owner in [*((name, name) for name in own), *aliases]]
    aliases_after: dict[str, list[str]] = {}
    seen: set[str] = set()
    last = ""
    for _, name, owner in sorted(rows):
        if name == owner:
            last = name
            seen.add(name)
        else:
            aliases_after.setdefault(last if owner in seen else owner, []).append(name)
    return aliases_after
