"""Parsing of the numbers in the statistics files."""

from __future__ import annotations

import re

from netstat_core.plugin import GREATEST_INTEGER, LEAST_INTEGER, bounded

_DECIMAL = re.compile(rb"[+-]?[0-9]{1,40}")
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F]{1,16}")


def parse_decimal(word: bytes) -> int:
    """Parse a decimal counter and bring it into 64 bits as strtoul(3) does; raise ValueError if it is not a number."""
    if not _DECIMAL.fullmatch(word):
        raise ValueError("not a number")
    number = int(word)
    if abs(number) > GREATEST_INTEGER:
        return GREATEST_INTEGER
    return number if number >= LEAST_INTEGER else number + GREATEST_INTEGER + 1


def parse_exact(word: bytes) -> int:
    """Parse a decimal number; raise ValueError if it is not a number or has more than 64 bits."""
    if not _DECIMAL.fullmatch(word):
        raise ValueError("not a number")
    return bounded(int(word))


def parse_hexadecimal(word: bytes) -> int:
    """Parse a hexadecimal counter of at most 64 bits; raise ValueError for anything else."""
    if not _HEXADECIMAL.fullmatch(word):
        raise ValueError("not a hexadecimal number")
    return int(word, 16)
