"""Netlink attributes: length, type and payload behind a message's fixed part (struct nlattr of linux/netlink.h)."""

from __future__ import annotations

import struct
from functools import cache

_TYPE = 0x3FFF
_HEADER = 4


@cache
def _unpacker(order: str) -> struct.Struct:
    return struct.Struct(f"{order}HH")


def attributes(message: memoryview | bytes, start: int, end: int, order: str) -> dict[int, tuple[int, int]]:
    """Where each attribute's payload starts and how long it is, by type; stops at one that does not fit."""
    unpack = _unpacker(order).unpack_from
    found = {}
    while start + _HEADER <= end:
        length, kind = unpack(message, start)
        if length < _HEADER or start + length > end:
            break
        found[kind & _TYPE] = (start + _HEADER, length - _HEADER)
        start += length + 3 & ~3
    return found
