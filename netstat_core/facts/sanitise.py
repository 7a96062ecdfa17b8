"""What a machine tells of itself is not trusted: texts in facts can be shown anywhere, and have an end."""

from __future__ import annotations

from typing import Any

from netstat_core.plugin.records import Record

LONGEST_TEXT = 4096
"""Characters kept of a text: the longest path of a program; names of processes and sockets are far shorter."""

MOST_KEYS = 10_000
"""Of each look-up table: more ports than one machine listens on by intention."""

MOST_SOCKETS = 50_000
"""Of all that listen: several share a port, and have different addresses."""

MOST_COUNTERS = 100_000
"""Of all sections: there are some ten for each processor."""

MOST_RECORDS = 1000
"""Of each list: a router has a million routes, and facts travel with every task."""

_CUT = "..."
_DEEPEST = 12


def safe(value: Any, depth: int = 0) -> Any:
    """The same value, with texts that can be shown anywhere, and are cut behind LONGEST_TEXT characters."""
    if isinstance(value, str):
        return safe_text(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if depth >= _DEEPEST:
        return _CUT
    if isinstance(value, dict):
        return {safe_text(str(key)): safe(one, depth + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [safe(one, depth + 1) for one in value]
    return safe_text(str(value))


def safe_text(text: str) -> str:
    r"""A text that can be shown anywhere: what is not printable as ``\xNN``, as undecodable bytes are in records."""
    kept = text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + _CUT
    if kept.isprintable():
        return kept
    return "".join(one if one.isprintable() else _masked(one) for one in kept)


def _masked(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))


def safe_records(records: list[Record]) -> list[Record]:
    """Records with safe texts only; those that have no others are given as they are."""
    known: dict[int, bool] = {}
    return [record if _is_safe(record, known) else safe(record) for record in records]


def _is_safe(value: Any, known: dict[int, bool]) -> bool:
    """Whether a value need not be changed; lists are shared among records, and looked at once."""
    if isinstance(value, str):
        return value.isprintable() and len(value) <= LONGEST_TEXT
    if isinstance(value, dict):
        return all(key.isprintable() and _is_safe(one, known) for key, one in value.items())
    if isinstance(value, list):
        if id(value) not in known:
            known[id(value)] = all(_is_safe(one, known) for one in value)
        return known[id(value)]
    return True
