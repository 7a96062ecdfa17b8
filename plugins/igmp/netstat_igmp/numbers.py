"""Counters and indexes: 64 bits at the most, and never negative."""

from __future__ import annotations

from netstat_core.plugin import GREATEST_INTEGER, bounded


def count(digits: bytes) -> int:
    """A decimal number of things; raises ValueError for anything else."""
    number = int(digits)
    if not 0 <= number <= GREATEST_INTEGER:
        raise ValueError("no number of things")
    return number


def bits(digits: bytes) -> int:
    """Flags in hexadecimal, of which a record holds some; raises ValueError for what is no number of 64 bits."""
    return bounded(int(digits, 16))
