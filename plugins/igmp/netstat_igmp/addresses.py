"""Conversion of addresses, as netlink and the files in /proc/net write them, to canonical text."""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

_FAMILIES = {4: AF_INET, 16: AF_INET6}


def packed_to_text(raw: bytes) -> str:
    """Return the text of a packed address: 4 or 16 bytes in network order. Raise ValueError for any other length."""
    if len(raw) not in _FAMILIES:
        raise ValueError("an address has 4 or 16 bytes")
    return inet_ntop(_FAMILIES[len(raw)], raw)


def hex_to_text(digits: bytes) -> str:
    """Return the text of an address in hex digits, in network order: igmp6 has ``ff02...``, mcfilter ``0xe801...``.

    Raise ValueError for anything else.
    """
    return packed_to_text(bytes.fromhex(digits.removeprefix(b"0x").decode("ascii")))


def word_to_text(digits: bytes, order: str) -> str:
    """Return the text of an IPv4 address that is printed as a number in the kernel's own byte order.

    ``order`` is ``<`` or ``>``. ``010000E0`` is 224.0.0.1 on x86. Raise ValueError for anything but eight hex digits.
    """
    raw = bytes.fromhex(digits.decode("ascii"))
    if _FAMILIES.get(len(raw)) is not AF_INET:
        raise ValueError("an IPv4 address has eight digits")
    return packed_to_text(raw[::-1] if order == "<" else raw)


def canonical_ipv6(text: bytes) -> str:
    """Return the canonical text of an IPv6 address that is written with all its zeros, else raise ValueError."""
    try:
        return inet_ntop(AF_INET6, inet_pton(AF_INET6, text.decode("ascii")))
    except OSError as error:
        raise ValueError(str(error)) from error


def none_if_unspecified(address: str | None) -> str | None:
    """Return the address, or None for 0.0.0.0."""
    return None if address == "0.0.0.0" else address  # noqa: S104 - not bound to, only compared
