"""/proc/net/ip_mr_vif and ip6_mr_vif: the vifs of multicast routing in the default table.

::

    Interface      BytesIn  PktsIn  BytesOut PktsOut Flags Local    Remote
     0 v0                0       0         0       0 00000 0100090A 00000000
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netstat_core.plugin import About, Gap, Header, Problem, Record, TextFile, escape
from netstat_igmp.addresses import none_if_unspecified, word_to_text
from netstat_igmp.numbers import parse_bits, parse_count
from netstat_igmp.record import DEFAULT_TABLES, VIF_FLAGS, VIFF_USE_IFINDEX, flag_words

_GONE = b"none"
_HEADER = Header("Interface BytesIn PktsIn BytesOut PktsOut Flags")


def file_path(family: str) -> str:
    """Return the path of the file of an address family."""
    return "/proc/net/ip_mr_vif" if family == "inet" else "/proc/net/ip6_mr_vif"


def make_parser(family: str) -> Callable[[About, bytes], Iterator[Record | Problem | Gap]]:
    """Return the parser of a family's file."""

    def parse(about: About, content: bytes) -> Iterator[Record | Problem | Gap]:
        text = TextFile(file_path(family), content, _HEADER)
        for number, line in text.rows():
            try:
                yield _parse_row(family, line.split(), about.order)
            except (ValueError, IndexError):
                yield text.problem("a row needs number, name, four counters and flags", line, number)
        yield from text.gaps

    return parse


def _parse_row(family: str, words: list[bytes], order: str) -> Record:
    flags = parse_bits(words[6]) & 0xFFFF
    by_address = family == "inet" and not flags & VIFF_USE_IFINDEX
    local, remote = (word_to_text(word, order) for word in words[7:9]) if family == "inet" else (None, None)
    return {
        "family": family,
        "table": DEFAULT_TABLES[family],
        "vif": parse_count(words[0]),
        "interface": None if words[1] == _GONE else escape(words[1]),
        "flags": flag_words(flags, VIF_FLAGS),
        "local_address": local if by_address else None,
        "remote_address": none_if_unspecified(remote),
        "rx_bytes": parse_count(words[2]),
        "rx_packets": parse_count(words[3]),
        "tx_bytes": parse_count(words[4]),
        "tx_packets": parse_count(words[5]),
    }
