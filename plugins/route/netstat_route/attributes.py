"""Netlink attributes: length, type and payload behind a message's fixed part (struct rtattr of linux/rtnetlink.h)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_TYPE = 0x3FFF
_HEADER = 4


def attribute_list(message: bytes, start: int, order: str) -> Iterator[tuple[int, bytes]]:
    """Type and payload of each attribute up to the message's end; stops at one that does not fit."""
    header = struct.Struct(f"{order}HH")
    while start + _HEADER <= len(message):
        length, kind = header.unpack_from(message, start)
        if length < _HEADER or start + length > len(message):
            return
        yield kind & _TYPE, message[start + _HEADER : start + length]
        start += length + 3 & ~3


def attributes(message: bytes, start: int, order: str) -> dict[int, bytes]:
    """Payloads by type."""
    return dict(attribute_list(message, start, order))


def number(payload: bytes | None, order: str, default: int = 0) -> int:
    """The number in a payload of up to four bytes; the default where there is none."""
    if not payload:
        return default
    return int.from_bytes(payload[:4], "little" if order == "<" else "big")


def messages(datagram: bytes, order: str) -> Iterator[tuple[int, int, int]]:
    """Type, start and end of each message behind its header of sixteen bytes; raises ValueError at a broken one."""
    header = struct.Struct(f"{order}IH")
    start = 0
    while start < len(datagram):
        length, kind = header.unpack_from(datagram, start) if len(datagram) - start >= MESSAGE_HEADER else (0, 0)
        if length < MESSAGE_HEADER or start + length > len(datagram):
            raise ValueError("a message does not fit its datagram")
        yield kind, start + MESSAGE_HEADER, start + length
        start += length + 3 & ~3


MESSAGE_HEADER = 16
