"""Make untrusted values of a machine safe to display, and bound the size of facts."""

from __future__ import annotations

from typing import Any

from netstat_core.plugin.records import Record
from netstat_core.sinks.json import encode_plain_lines

LONGEST_TEXT = 4096
"""Characters of a text, which is the longest path of a program; names of processes and sockets are far shorter."""

MOST_KEYS = 10_000
"""Keys of each look-up table: more ports than a machine listens on by intention."""

MOST_SOCKETS = 50_000
"""Listening sockets: several can share a port and have different addresses."""

MOST_COUNTERS = 100_000
"""Counters of all sections: some sections have about ten for each processor."""

MOST_RECORDS = 1000
"""Records of each list: a router has a million routes, and Ansible copies facts for every task."""

_CUT = "..."
_DEEPEST = 12

_TOGETHER = 64
"""Records that are looked at together: few enough for the cache of a processor, and one unsafe text costs no more."""

_PLAIN = bytes(byte for byte in range(0x20, 0x7F) if byte != ord("\\")) + b"\n"
"""Bytes of JSON lines of which every text is printable: ASCII without the backslash, which escapes all that is not."""


def safe(value: Any, depth: int = 0) -> Any:
    """Return a copy of a value of JSON types with :func:`safe_text` applied to every text; other types become text."""
    if isinstance(value, str):
        return safe_text(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if depth >= _DEEPEST:
        return _CUT
    if isinstance(value, dict):
        return {safe_text(str(key)): safe(nested, depth + 1) for key, nested in value.items()}
    if isinstance(value, (list, tuple)):
        return [safe(item, depth + 1) for item in value]
    return safe_text(str(value))


def safe_text(text: str) -> str:
    r"""Return a text that any terminal can show: cut after LONGEST_TEXT characters, unprintable ones as ``\xNN``.

    Records write undecodable bytes in the same way.
    """
    kept = text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + _CUT
    if kept.isprintable():
        return kept
    return "".join(character if character.isprintable() else _escape(character) for character in kept)


def _escape(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))


def safe_records(records: list[Record]) -> list[Record]:
    """Return records with safe texts only; records that are safe already are not copied.

    Most records are safe, which shows in their JSON; value by value only those are examined that stand beside doubts.
    """
    made: list[Record] = []
    for start in range(0, len(records), _TOGETHER):
        together = records[start : start + _TOGETHER]
        known: dict[int, bool] = {}
        made += (
            together
            if _look_safe(together)
            else [record if _is_safe(record, known) else safe(record) for record in together]
        )
    return made


def _look_safe(records: list[Record]) -> bool:
    r"""Return whether the JSON of records proves that all of their texts are safe, keys too; False proves nothing.

    An escape stands for a control character, a quote or a backslash: {"name":"a\nb"}, {"name":"a\u001bb"}. What is not
    ASCII is not escaped; it must be printable. No text is longer than the line that it stands in.
    """
    try:
        lines = encode_plain_lines(records)
    except (TypeError, ValueError, OverflowError, RecursionError):  # UnicodeEncodeError: a surrogate
        return False
    others = lines.translate(None, _PLAIN)
    if others and (b"\\" in others or not lines.replace(b"\n", b"").decode().isprintable()):
        return False
    return max(map(len, lines.split(b"\n"))) <= LONGEST_TEXT


def _is_safe(value: Any, known: dict[int, bool]) -> bool:
    """Return whether a value is safe as it is. ``known`` caches lists by id, since records share them."""
    if isinstance(value, str):
        return value.isprintable() and len(value) <= LONGEST_TEXT
    if isinstance(value, dict):
        return all(_is_safe(key, known) and _is_safe(nested, known) for key, nested in value.items())
    if isinstance(value, list):
        if id(value) not in known:
            known[id(value)] = all(_is_safe(item, known) for item in value)
        return known[id(value)]
    return True
