"""Numbers as the statistics files write them."""

from __future__ import annotations

import re

from netstat_snmp.record import LARGEST, SMALLEST

_DECIMAL = re.compile(rb"[+-]?[0-9]{1,40}")
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F]{1,16}")


def decimal(word: bytes) -> int:
    """A counter in decimal, brought into 64 bits as the C library does: too large ones to the largest.

    Raises ValueError for what is no number.
    """
    if not _DECIMAL.fullmatch(word):
        raise ValueError("not a number")
    number = int(word)
    if abs(number) > LARGEST:
        return LARGEST
    return number if number >= SMALLEST else number + LARGEST + 1


def hexadecimal(word: bytes) -> int:
    """A counter in hexadecimal. Raises ValueError for what is no number."""
    if not _HEXADECIMAL.fullmatch(word):
        raise ValueError("not a hexadecimal number")
    return int(word, 16)
