"""Address bytes and the kernel's hex words to canonical text, each once."""

from __future__ import annotations

import struct
from socket import AF_INET6, inet_ntop

_MAPPED = bytes(10) + b"\xff\xff"


def ipv4_text(raw: bytes) -> str:
    """Dotted quad of four bytes in network order."""
    return f"{raw[0]}.{raw[1]}.{raw[2]}.{raw[3]}"


def ipv6_text(raw: bytes) -> str:
    """Text of sixteen bytes in network order; an IPv4-mapped address is shown as the IPv4 one."""
    return ipv4_text(raw[12:]) if raw[:12] == _MAPPED else inet_ntop(AF_INET6, raw)


def is_mapped(raw: bytes) -> bool:
    """Whether sixteen bytes are an IPv4-mapped address."""
    return raw[:12] == _MAPPED


class Ipv4Texts(dict[bytes, str]):
    """Dotted quads by four bytes."""

    def __missing__(self, raw: bytes) -> str:
        """Convert and keep."""
        text = self[raw] = ipv4_text(raw)
        return text


class Ipv6Texts(dict[bytes, str]):
    """IPv6 texts by sixteen bytes."""

    def __missing__(self, raw: bytes) -> str:
        """Convert and keep."""
        text = self[raw] = ipv6_text(raw)
        return text


class HexWords(dict[bytes, "tuple[str, str, bool]"]):
    """Family, address text and whether it is mapped, by the hex words of /proc/net/tcp and its like.

    Each group of eight digits is a 32-bit word of the address printed as a number in the kernel's own byte order:
    127.0.0.1 is ``0100007F`` on x86 and ``7F000001`` on s390x.
    """

    def __init__(self, order: str) -> None:
        super().__init__()
        self._order = order

    def __missing__(self, digits: bytes) -> tuple[str, str, bool]:
        """Convert and keep; raises ValueError for what is no address of eight or thirty-two hex digits."""
        if len(digits) not in (8, 32):
            raise ValueError("an address has 8 or 32 hex digits")
        words = [int(digits[start : start + 8], 16) for start in range(0, len(digits), 8)]
        raw = struct.pack(f"{self._order}{len(words)}I", *words)
        found = ("inet", ipv4_text(raw), False) if len(raw) == 4 else ("inet6", ipv6_text(raw), is_mapped(raw))  # noqa: PLR2004
        self[digits] = found
        return found
