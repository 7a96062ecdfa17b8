"""/proc/net/if_inet6: the IPv6 addresses of interfaces, in the order in which netstat shows them.

Address, interface index, prefix length, scope, flags, name::

    fe80000000000000bca81cfffeb2bcac 08 40 20 80     eth0
    00000000000000000000000000000001 01 80 10 80       lo

All numbers are hexadecimal, flags are cut to eight bits. The order is that of a hash table.
"""

from __future__ import annotations

from collections.abc import Iterator
from socket import AF_INET6, inet_ntop, inet_pton

from netstat_core.plugin import Gap, Problem, Record, TextFile, escape
from netstat_iface.record import ADDRESS_FLAGS, NO_LIFETIMES, to_flag_words

IF_INET6 = "/proc/net/if_inet6"
MOST_ADDRESSES = 1 << 15
"""Lines that are read, since addresses are kept in memory to be joined with their interfaces."""

# include/net/ipv6.h
IPV6_ADDR_LOOPBACK = 0x10
IPV6_ADDR_LINKLOCAL = 0x20
IPV6_ADDR_SITELOCAL = 0x40
IPV6_ADDR_COMPATv4 = 0x80

_COLUMNS = 6
_INET6_BITS = 128
_LARGEST = 0x7FFFFFFF

SCOPE_BITS = {"global": 0, "host": IPV6_ADDR_LOOPBACK, "link": IPV6_ADDR_LINKLOCAL, "site": IPV6_ADDR_SITELOCAL}
"""Numbers of column scope by word."""

_SCOPES_BY_BITS = {bits: word for word, bits in SCOPE_BITS.items()}


def parse(content: bytes) -> Iterator[tuple[int, str, Record] | Problem | Gap]:
    """Yield (index, name, address) of each line: the interface and the record of its address."""
    text = TextFile(IF_INET6, content)
    for number, line in text.rows():
        if number > MOST_ADDRESSES:
            yield Gap(
                "truncated", IF_INET6, f"only the first {MOST_ADDRESSES} lines are read, which are kept in memory"
            )
            return
        if line:
            try:
                yield _parse_line(line)
            except (ValueError, OSError):
                yield text.problem("a row needs address, index, prefix, scope, flags and name", line, number)
    yield from text.gaps


def _parse_line(line: bytes) -> tuple[int, str, Record]:
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
        "scope": to_scope_word(raw, scope),
        "label": None,
        "peer_address": None,
        "broadcast_address": None,
        "flags": to_flag_words(flags, ADDRESS_FLAGS),
        **NO_LIFETIMES,
    }  # fmt: skip


def _compatible_bit(raw: bytes) -> int:
    """Return the bit that the kernel adds to the scope of IPv4-compatible addresses: ::/96 except :: and ::1."""
    return IPV6_ADDR_COMPATv4 if not any(raw[:12]) and raw[12:] not in (b"\0\0\0\0", b"\0\0\0\1") else 0


def to_scope_word(raw: bytes, bits: int) -> str:
    """Return the word for column scope of an address of sixteen bytes, ``unknown(bits)`` if there is none."""
    return _SCOPES_BY_BITS.get(bits ^ _compatible_bit(raw), f"unknown({bits})")


def to_scope_bits(address: str, word: str) -> int:
    """Return what column scope has for an address and the word for its scope."""
    if word.startswith("unknown("):
        return int(word[8:-1])
    return SCOPE_BITS.get(word, 0) | _compatible_bit(inet_pton(AF_INET6, address))
