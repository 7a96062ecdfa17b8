"""Convert addresses of sock_diag and procfs to canonical text, caching what was converted."""

from __future__ import annotations

import struct
from socket import AF_INET6, inet_ntop, inet_pton

_MAPPED = bytes(10) + b"\xff\xff"


def format_ipv4(raw: bytes) -> str:
    """Return four bytes in network order as a dotted quad."""
    return f"{raw[0]}.{raw[1]}.{raw[2]}.{raw[3]}"


def format_ipv6(raw: bytes) -> str:
    """Return sixteen bytes in network order as text; an IPv4-mapped address as the IPv4 address in it."""
    return format_ipv4(raw[12:]) if raw[:12] == _MAPPED else inet_ntop(AF_INET6, raw)


def parse_address(word: bytes) -> str:
    """Return an address in a file of SCTP as canonical text; raise ValueError or OSError for anything else."""
    text = word.decode("ascii")
    if ":" in text:
        return format_ipv6(inet_pton(AF_INET6, text))
    return format_ipv4(bytes(int(part) for part in text.split(".")))


def is_mapped(raw: bytes) -> bool:
    """Whether sixteen bytes are an IPv4-mapped address (::ffff:0:0/96)."""
    return raw[:12] == _MAPPED


class Ipv4Texts(dict[int, str]):
    """Cache of dotted quads, keyed by the address as a number."""

    def __missing__(self, number: int) -> str:
        """Convert ``number`` and cache the text."""
        text = self[number] = format_ipv4(number.to_bytes(4, "big"))
        return text


class Ipv6Texts(dict[bytes, str]):
    """Cache of IPv6 texts, keyed by sixteen bytes in network order."""

    def __missing__(self, raw: bytes) -> str:
        """Convert ``raw`` and cache the text."""
        text = self[raw] = format_ipv6(raw)
        return text


class HexAddresses(dict[bytes, "tuple[str, str, bool]"]):
    """Cache of (family, address text, is IPv4-mapped), keyed by an address as /proc/net/tcp and tcp6 print it.

    Each group of eight digits is one 32-bit word of the address, printed as a number in the byte order of the kernel:
    127.0.0.1 is ``0100007F`` on x86 and ``7F000001`` on s390x. ``order`` is ``<`` or ``>``.
    """

    def __init__(self, order: str) -> None:
        super().__init__()
        self._order = order

    def __missing__(self, digits: bytes) -> tuple[str, str, bool]:
        """Convert ``digits``; raise ValueError unless they are eight or thirty-two hex digits."""
        if len(digits) not in (8, 32):
            raise ValueError("an address has 8 or 32 hex digits")
        words = [int(digits[start : start + 8], 16) for start in range(0, len(digits), 8)]
        raw = struct.pack(f"{self._order}{len(words)}I", *words)
        address = ("inet", format_ipv4(raw), False) if len(raw) == 4 else ("inet6", format_ipv6(raw), is_mapped(raw))  # noqa: PLR2004
        self[digits] = address
        return address
