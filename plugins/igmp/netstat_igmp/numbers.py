"""Counters and indexes: 64 bits at the most, and never negative."""

from __future__ import annotations

_TOO_LARGE = 1 << 64


def count(digits: bytes) -> int:
    """A decimal number of things; raises ValueError for anything else."""
    number = int(digits)
    if not 0 <= number < _TOO_LARGE:
        raise ValueError("no number of things")
    return number
