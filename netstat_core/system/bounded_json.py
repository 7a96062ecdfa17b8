"""Decode JSON of untrusted snapshots within limits of memory, which are checked before any value is made."""

from __future__ import annotations

import json
from typing import Any

from netstat_core.errors import SnapshotError

LONGEST_TEXT = 1 << 16
"""Limit of one text, in bytes. A longer one with a single character beyond Latin-1 would take four times its size."""

LONGEST_FOREIGN = 1 << 22
"""Limit of JSON with characters beyond ASCII, in bytes; captures escape them."""

_COSTS = {b"{": 100, b":": 160, b"[": 160, b",": 160}
"""Bytes of memory that may become of a value, by the character that comes with it.

A number in a list takes 40 bytes, an entry of a dict up to 200, and what is made of the values as much again.
"""


def decode(content: bytes, room: int) -> Any:
    """Return the value of JSON text that takes at most ``room`` bytes of memory.

    Raises SnapshotError for text beyond the limits, ValueError or RecursionError for text that is no JSON.
    """
    if len(content) + sum(content.count(sign) * cost for sign, cost in _COSTS.items()) > room:
        raise SnapshotError("is too long: it holds more values than a snapshot of its size")
    if len(content) > LONGEST_FOREIGN and not content.isascii():
        raise SnapshotError("is too long for one that is not in ASCII")
    if len(content) > LONGEST_TEXT and _holds_long_text(content):
        raise SnapshotError(f"holds a text that is too long: more than {LONGEST_TEXT} bytes")
    return json.loads(content)


def _holds_long_text(content: bytes) -> bool:
    """True if more than the longest text stands between two quotes of a text; escaped quotes are none."""
    if b"\\" in content:
        content = content.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    start = quotes = counted = 0
    while len(content) - start > LONGEST_TEXT:
        end = content.rfind(b'"', start, start + LONGEST_TEXT + 1)
        if end < 0:
            quotes += content.count(b'"', counted, start)
            counted = start
            if quotes % 2:
                return True
            end = content.find(b'"', start)
            if end < 0:
                return False
        start = end + 1
    return False
