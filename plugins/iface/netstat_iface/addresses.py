"""Addresses of interfaces: RTM_NEWADDR messages and the lines of /proc/net/if_inet6."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from netstat_core.plugin import AF, HEADER, Datagrams, Problem, Record, attributes, escape, messages
from netstat_iface.record import ADDRESS_FLAGS, SCOPES, flag_words

NEW_ADDRESS = 20
IF_INET6 = "/proc/net/if_inet6"

_SIZE = 8
_ADDRESS, _LOCAL, _LABEL, _BROADCAST, _FLAGS = 1, 2, 3, 4, 8
_FAMILIES = {AF["inet"]: ("inet", AF_INET, 4), AF["inet6"]: ("inet6", AF_INET6, 16)}
"""The word for a family, its number for inet_ntop, and the size of its addresses."""

_COLUMNS = 6
_INET6_BITS = 128
_LARGEST = 0x7FFFFFFF

SCOPE_BITS = {"global": 0x00, "host": 0x10, "link": 0x20, "site": 0x40}
"""The scopes of IPv6 addresses as if_inet6 has them (IPV6_ADDR_ of net/ipv6.h)."""

_COMPATIBLE = 0x80
_SCOPES_BY_BITS = {bits: word for word, bits in SCOPE_BITS.items()}

Owned = tuple[int, Record]
"""The index of an interface and an address of its."""


def parse_dump(source: str, datagrams: Datagrams, order: str) -> Iterator[Owned | Problem]:
    """The addresses of a dump in the kernel's order: an interface's IPv4 addresses with the primary ones first."""
    header = struct.Struct(f"{order}16x4BI").unpack_from
    for message in messages(source, datagrams, NEW_ADDRESS, HEADER + _SIZE, order):
        if isinstance(message, Problem):
            yield message
            continue
        *fields, index = header(message)
        if fields[0] in _FAMILIES:
            try:
                yield index, _from_message(message, order, fields)
            except (ValueError, OSError):
                yield Problem(source, "an address of the wrong size", message)


def _from_message(message: bytes, order: str, header: Sequence[int]) -> Record:
    """A point-to-point link has its own address in IFA_LOCAL and the other end's in IFA_ADDRESS."""
    family, prefix, flags, scope = header
    found = attributes(message, HEADER + _SIZE, order)
    address = found.get(_ADDRESS, b"")
    local = found.get(_LOCAL) or address
    broadcast = found.get(_BROADCAST)
    label = found.text(_LABEL)
    word, own, size = _FAMILIES[family]
    if prefix > size * 8:
        raise ValueError("a prefix longer than the address")
    return {
        "family": word,
        "address": inet_ntop(own, local),
        "prefix_length": prefix,
        "scope": SCOPES.get(scope, f"unknown({scope})"),
        "label": escape(label) if label and word == "inet" else None,
        "peer_address": inet_ntop(own, address) if address and address != local else None,
        "broadcast_address": inet_ntop(own, broadcast) if broadcast else None,
        "flags": flag_words(found.number(_FLAGS, 0) or flags, ADDRESS_FLAGS),
    }


def parse_if_inet6(content: bytes) -> Iterator[tuple[int, str, Record] | Problem]:
    """Index and name of an interface and an address of its, a line each: ADDRESS INDEX PREFIX SCOPE FLAGS NAME.

    All numbers are hexadecimal, flags cut to eight bits; the order is that of a hash table.
    """
    for number, line in enumerate(content.split(b"\n"), 1):
        if line:
            try:
                yield _from_line(line)
            except (ValueError, OSError):
                yield Problem(IF_INET6, "not address, index, prefix, scope, flags and name", line, number)


def _from_line(line: bytes) -> tuple[int, str, Record]:
    words = line.split(None, _COLUMNS - 1)
    if len(words) < _COLUMNS:
        raise ValueError("too few columns")
    index, prefix, scope, flags = (int(word, 16) for word in words[1:5])
    if min(index, prefix, scope, flags) < 0 or max(index, scope, flags) > _LARGEST or prefix > _INET6_BITS:
        raise ValueError("a number out of range")
    raw = bytes.fromhex(words[0].decode("ascii"))
    return index, escape(words[5]), {
        "family": "inet6",
        "address": inet_ntop(AF_INET6, raw),
        "prefix_length": prefix,
        "scope": scope_word(raw, scope),
        "label": None,
        "peer_address": None,
        "broadcast_address": None,
        "flags": flag_words(flags, ADDRESS_FLAGS),
    }  # fmt: skip


def _compatible(raw: bytes) -> int:
    """The bit that if_inet6 adds to the scope of IPv4-compatible addresses, ::/96 but for :: and ::1."""
    return _COMPATIBLE if not any(raw[:12]) and raw[12:] not in (b"\0\0\0\0", b"\0\0\0\1") else 0


def scope_word(raw: bytes, bits: int) -> str:
    """The word for an IPv6 address's scope in if_inet6."""
    return _SCOPES_BY_BITS.get(bits ^ _compatible(raw), f"unknown({bits})")


def scope_bits(address: str, word: str) -> int:
    """What if_inet6 has for the scope of an IPv6 address."""
    if word.startswith("unknown("):
        return int(word[8:-1])
    return SCOPE_BITS.get(word, 0) | _compatible(inet_pton(AF_INET6, address))
