"""Address bytes and the kernel's hexadecimal words to canonical text."""

from __future__ import annotations

import struct
from binascii import unhexlify
from socket import AF_INET6, inet_ntoa, inet_ntop

INET_WIDTH, INET6_WIDTH = 4, 16
WIDTHS = {"inet": INET_WIDTH, "inet6": INET6_WIDTH}
"""Bytes of an address."""

_INET_DIGITS, _INET6_DIGITS = 8, 32


def address_text(raw: bytes) -> str:
    """The text of four or sixteen bytes in network order; raises ValueError for another length."""
    if len(raw) == INET_WIDTH:
        return inet_ntoa(raw)
    return inet_ntop(AF_INET6, raw)


def digits(text: bytes, length: int) -> bytes:
    """The bytes written as so many hexadecimal digits; raises ValueError for anything else."""
    if len(text) != length:
        raise ValueError(f"not {length} hexadecimal digits")
    return unhexlify(text)


def inet_word(text: bytes, order: str) -> bytes:
    """The four address bytes, in network order, that a kernel of this byte order prints as one 32-bit number."""
    return struct.pack(f"{order}I", int.from_bytes(digits(text, _INET_DIGITS), "big"))


def inet6_digits(text: bytes) -> str:
    """The text of the IPv6 address that is written as thirty-two digits."""
    return inet_ntop(AF_INET6, digits(text, _INET6_DIGITS))


def prefix_length(mask: bytes) -> int:
    """How many bits a netmask has; raises ValueError where they are not all in front."""
    number = int.from_bytes(mask, "big")
    ones = number.bit_count()
    if number != (1 << 32) - (1 << 32 - ones):
        raise ValueError("a netmask with holes")
    return ones


def netmask(length: int) -> str:
    """The netmask of so many bits as a dotted quad."""
    return address_text(((1 << 32) - (1 << 32 - length)).to_bytes(INET_WIDTH, "big"))
