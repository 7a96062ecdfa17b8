"""``-f KEY:VALUE``: what is refused, and which routes match."""

from __future__ import annotations

import re
from typing import NamedTuple

from netstat_core.errors import NetstatError

KEYS = ("af", "inif", "outif", "src", "dst", "flags")
LETTERS = "ABDGHLUMS"
_FAMILIES = {"inet": "inet", "inet6": "inet6", "unix": "unix", 2: "inet", 10: "inet6", 1: "unix"}
"""Families by name, and by Linux's number."""

_NUMBER = re.compile(r"(-?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)", re.ASCII)


class Mistake(NetstatError):
    """An error in the options that SunOS has words for, which are printed as they are; status 1."""


class Filter(NamedTuple):
    """One ``-f``: a key, ``af`` where none is given, and its value, checked."""

    key: str
    value: str


def parse_number(text: str) -> int | None:
    """Parse an integer in C's notation, None if it is none.

    >>> parse_number("0x10"), parse_number("010"), parse_number("-1"), parse_number("hme0")
    (16, 8, -1, None)
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, digits = match.groups()
    base = 16 if digits[:2].lower() == "0x" else 8 if digits[0] == "0" else 10
    return int(sign + digits, base)


def find_family(value: str) -> str | None:
    """Return the family that a value of ``af`` names; None for a number that Linux uses for none of the three."""
    number = parse_number(value)
    return _FAMILIES.get(value if number is None else number)


def parse_filter(argument: str) -> Filter:
    """Check an argument of ``-f`` and return its key and value. Raises Mistake."""
    key, colon, value = argument.partition(":")
    if not colon:
        key, value = "af", argument
    if key not in KEYS:
        raise Mistake(f"{argument}: unknown filter keyword")
    if key == "af" and value not in _FAMILIES and parse_number(value) is None:
        raise Mistake(f"{value}: unknown address family.")
    return Filter(key, value)
