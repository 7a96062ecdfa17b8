"""Convert addresses of rtnetlink and procfs to canonical text."""

from __future__ import annotations

import struct
from binascii import unhexlify
from socket import AF_INET6, inet_ntoa, inet_ntop

INET_WIDTH, INET6_WIDTH = 4, 16
WIDTHS = {"inet": INET_WIDTH, "inet6": INET6_WIDTH}
"""Bytes of an address by family."""

_INET_DIGITS, _INET6_DIGITS = 8, 32
_INET, _INET6 = struct.Struct("4s"), struct.Struct("16s")


def format_address(raw: bytes) -> str:
    """Return four or sixteen bytes in network order as text; raise ValueError for any other length."""
    if len(raw) == INET_WIDTH:
        return inet_ntoa(raw)
    return inet_ntop(AF_INET6, raw)


def format_inet_addresses(raw: bytes) -> list[str]:
    """Return the texts of IPv4 addresses that follow each other in network order."""
    return [inet_ntoa(address) for (address,) in _INET.iter_unpack(raw)]


def format_inet6_addresses(raw: bytes) -> list[str]:
    """Return the texts of IPv6 addresses that follow each other in network order."""
    return [inet_ntop(AF_INET6, address) for (address,) in _INET6.iter_unpack(raw)]


def format_inet_words(numbers: bytes, order: str) -> list[str]:
    """Return the texts of IPv4 addresses: 32-bit numbers with the highest byte first, which a kernel of ``order`` had.

    >>> format_inet_words(bytes.fromhex("0100000A"), "<")
    ['10.0.0.1']
    """
    if order == ">":
        return format_inet_addresses(numbers)
    return format_inet_addresses(numbers[::-1])[::-1]


def parse_digits(text: bytes, length: int) -> bytes:
    """Return the bytes that ``length`` hexadecimal digits stand for; raise ValueError for anything else."""
    if len(text) != length:
        raise ValueError(f"not {length} hexadecimal digits")
    return unhexlify(text)


def parse_inet_word(text: bytes, order: str) -> bytes:
    """Return the address bytes in network order of a 32-bit number that a kernel of this byte order printed."""
    return struct.pack(f"{order}I", int.from_bytes(parse_digits(text, _INET_DIGITS), "big"))


def parse_inet6(text: bytes) -> str:
    """Return the text of an IPv6 address that is written as thirty-two hexadecimal digits."""
    return inet_ntop(AF_INET6, parse_digits(text, _INET6_DIGITS))


def to_prefix_length(mask: bytes) -> int:
    """Return the prefix length of a netmask of four bytes; raise ValueError if it is not contiguous."""
    number = int.from_bytes(mask, "big")
    ones = number.bit_count()
    if number != (1 << 32) - (1 << 32 - ones):
        raise ValueError("the netmask is not contiguous")
    return ones


def format_netmask(length: int) -> str:
    """Return the netmask of a prefix length as a dotted quad."""
    return format_address(((1 << 32) - (1 << 32 - length)).to_bytes(INET_WIDTH, "big"))
