"""Numbers as the statistics files write them."""

from __future__ import annotations

import re

from netstat_core.plugin import GREATEST_INTEGER, LEAST_INTEGER, bounded

_DECIMAL = re.compile(rb"[+-]?[0-9]{1,40}")
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F]{1,16}")


def decimal(word: bytes) -> int:
    """A counter in decimal, brought into 64 bits as the C library does: too large ones to the largest.

    Raises ValueError for what is no number.
    """
    if not _DECIMAL.fullmatch(word):
        raise ValueError("not a number")
    number = int(word)
    if abs(number) > GREATEST_INTEGER:
        return GREATEST_INTEGER
    return number if number >= LEAST_INTEGER else number + GREATEST_INTEGER + 1


def exact(word: bytes) -> int:
    """A number in decimal. Raises ValueError for what is none, or has more than 64 bits."""
    if not _DECIMAL.fullmatch(word):
        raise ValueError("not a number")
    return bounded(int(word))


def hexadecimal(word: bytes) -> int:
    """A counter in hexadecimal. Raises ValueError for what is no number."""
    if not _HEXADECIMAL.fullmatch(word):
        raise ValueError("not a hexadecimal number")
    return int(word, 16)
