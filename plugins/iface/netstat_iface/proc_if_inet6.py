"""/proc/net/if_inet6: the IPv6 addresses of interfaces, in the order in which netstat shows them."""

from __future__ import annotations

from collections.abc import Iterator
from socket import AF_INET6, inet_ntop, inet_pton

from netstat_core.plugin import Problem, Record, escape
from netstat_iface.record import ADDRESS_FLAGS, flag_words

IF_INET6 = "/proc/net/if_inet6"

# include/net/ipv6.h
IPV6_ADDR_LOOPBACK = 0x10
IPV6_ADDR_LINKLOCAL = 0x20
IPV6_ADDR_SITELOCAL = 0x40
IPV6_ADDR_COMPATv4 = 0x80

_COLUMNS = 6
_INET6_BITS = 128
_LARGEST = 0x7FFFFFFF

SCOPE_BITS = {"global": 0, "host": IPV6_ADDR_LOOPBACK, "link": IPV6_ADDR_LINKLOCAL, "site": IPV6_ADDR_SITELOCAL}
"""The scopes of IPv6 addresses as if_inet6 has them."""

_SCOPES_BY_BITS = {bits: word for word, bits in SCOPE_BITS.items()}


def parse(content: bytes) -> Iterator[tuple[int, str, Record] | Problem]:
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
    return IPV6_ADDR_COMPATv4 if not any(raw[:12]) and raw[12:] not in (b"\0\0\0\0", b"\0\0\0\1") else 0


def scope_word(raw: bytes, bits: int) -> str:
    """The word for an IPv6 address's scope in if_inet6."""
    return _SCOPES_BY_BITS.get(bits ^ _compatible(raw), f"unknown({bits})")


def scope_bits(address: str, word: str) -> int:
    """What if_inet6 has for the scope of an IPv6 address."""
    if word.startswith("unknown("):
        return int(word[8:-1])
    return SCOPE_BITS.get(word, 0) | _compatible(inet_pton(AF_INET6, address))
