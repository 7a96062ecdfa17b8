"""The ways in which files of /proc/net and netlink write addresses, to canonical text."""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

_FAMILIES = {4: AF_INET, 16: AF_INET6}


def packed_text(raw: bytes) -> str:
    """Text of four or sixteen bytes in network order; raises ValueError for any other number of bytes."""
    if len(raw) not in _FAMILIES:
        raise ValueError("an address has 4 or 16 bytes")
    return inet_ntop(_FAMILIES[len(raw)], raw)


def digits_text(digits: bytes) -> str:
    """Text of hex digits in network order, as in igmp6; mcfilter puts ``0x`` before them."""
    return packed_text(bytes.fromhex(digits.removeprefix(b"0x").decode("ascii")))


def word_text(digits: bytes, order: str) -> str:
    """Text of an IPv4 address printed as a number in the kernel's own byte order: ``010000E0`` is 224.0.0.1 on x86."""
    raw = bytes.fromhex(digits.decode("ascii"))
    if _FAMILIES.get(len(raw)) is not AF_INET:
        raise ValueError("an IPv4 address has eight digits")
    return packed_text(raw[::-1] if order == "<" else raw)


def colons_text(text: bytes) -> str:
    """Canonical text of an IPv6 address that is written out with all its zeros; raises ValueError for any other."""
    try:
        return inet_ntop(AF_INET6, inet_pton(AF_INET6, text.decode("ascii")))
    except OSError as error:
        raise ValueError(str(error)) from error


def specified(address: str | None) -> str | None:
    """The address; None for the unspecified IPv4 one."""
    return None if address == "0.0.0.0" else address  # noqa: S104 - not bound to, only compared
