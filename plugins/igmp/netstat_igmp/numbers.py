"""Parsing of counters, indexes and flags, which have at most 64 bits and are never negative."""

from __future__ import annotations

from netstat_core.plugin import GREATEST_INTEGER, bounded


def parse_count(digits: bytes) -> int:
    """Parse a decimal counter or index; raise ValueError if it is negative, too large or no number."""
    number = int(digits)
    if not 0 <= number <= GREATEST_INTEGER:
        raise ValueError("a number out of range")
    return number


def parse_bits(digits: bytes) -> int:
    """Parse flags in hexadecimal; raise ValueError for anything but a number of at most 64 bits."""
    return bounded(int(digits, 16))
