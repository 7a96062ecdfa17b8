"""/proc/net/ip_mr_vif and ip6_mr_vif: the interfaces of multicast routing in the default table.

::

    Interface      BytesIn  PktsIn  BytesOut PktsOut Flags Local    Remote
     0 v0                0       0         0       0 00000 0100090A 00000000
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netstat_core.plugin import About, Problem, Record, escape
from netstat_igmp.addresses import specified, word_text
from netstat_igmp.numbers import bits, count
from netstat_igmp.record import DEFAULT_TABLES, VIF_FLAGS, VIFF_USE_IFINDEX, flag_words

_GONE = b"none"


def path(family: str) -> str:
    """The file of one family."""
    return "/proc/net/ip_mr_vif" if family == "inet" else "/proc/net/ip6_mr_vif"


def parser(family: str) -> Callable[[About, bytes], Iterator[Record | Problem]]:
    """The parser of one family's file, which shows the default table."""

    def parse(about: About, content: bytes) -> Iterator[Record | Problem]:
        for line_number, line in enumerate(content.splitlines(), 1):
            if line.startswith(b"Interface"):
                continue
            try:
                yield _row(family, line.split(), about.order)
            except (ValueError, IndexError):
                yield Problem(path(family), "a row needs number, name, four counters and flags", line, line_number)

    return parse


def _row(family: str, words: list[bytes], order: str) -> Record:
    flags = bits(words[6]) & 0xFFFF
    by_address = family == "inet" and not flags & VIFF_USE_IFINDEX
    local, remote = (word_text(word, order) for word in words[7:9]) if family == "inet" else (None, None)
    return {
        "family": family,
        "table": DEFAULT_TABLES[family],
        "vif": count(words[0]),
        "interface": None if words[1] == _GONE else escape(words[1]),
        "flags": flag_words(flags, VIF_FLAGS),
        "local_address": local if by_address else None,
        "remote_address": specified(remote),
        "rx_bytes": count(words[2]),
        "rx_packets": count(words[3]),
        "tx_bytes": count(words[4]),
        "tx_packets": count(words[5]),
    }
