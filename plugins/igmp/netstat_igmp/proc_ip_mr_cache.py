"""/proc/net/ip_mr_cache and ip6_mr_cache: the multicast forwarding cache of the default table.

::

    Group    Origin   Iif     Pkts    Bytes    Wrong Oifs
    030201EF 0900090A 0          0        0        0  1:3
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netstat_core.plugin import About, Gap, Header, Problem, Record, TextFile
from netstat_igmp import proc_ip_mr_vif
from netstat_igmp.addresses import canonical_ipv6, word_to_text
from netstat_igmp.numbers import parse_count
from netstat_igmp.record import DEFAULT_TABLES

_UNRESOLVED = -1
_HEADER = Header("Group Origin Iif Pkts Bytes Wrong Oifs")


def file_path(family: str) -> str:
    """Return the path of the file of an address family."""
    return "/proc/net/ip_mr_cache" if family == "inet" else "/proc/net/ip6_mr_cache"


def make_parser(family: str) -> Callable[[About, bytes, bytes | None], Iterator[Record | Problem | Gap]]:
    """Return the parser of a family's file and of its vif file, which gives the names of interfaces."""

    def parse(about: About, content: bytes, vif_content: bytes | None) -> Iterator[Record | Problem | Gap]:
        names: dict[int, str | None] = {}
        for row in () if vif_content is None else proc_ip_mr_vif.make_parser(family)(about, vif_content):
            if isinstance(row, dict):
                names[row["vif"]] = row["interface"]
            else:
                yield row
        text = TextFile(file_path(family), content, _HEADER)
        for number, line in text.rows():
            try:
                yield _parse_row(family, line.split(), about.order, names)
            except (ValueError, IndexError):
                yield text.problem("a row needs group, origin, vif and counters", line, number)
        yield from text.gaps

    return parse


def _parse_row(family: str, words: list[bytes], order: str, names: dict[int, str | None]) -> Record:
    """Parse a row; in an unresolved one (Iif -1) only group and origin are valid."""
    vif = int(words[2])
    resolved = vif != _UNRESOLVED
    packets, size, wrong = (parse_count(word) for word in words[3:6]) if resolved else (None, None, None)
    return {
        "family": family,
        "table": DEFAULT_TABLES[family],
        "group": _parse_address(words[0], order),
        "origin": _parse_address(words[1], order),
        "resolved": resolved,
        "interface": names.get(vif),
        "vif": parse_count(words[2]) if resolved else None,
        "outgoing": [_parse_outgoing(word, names) for word in words[6:]] if resolved else [],
        "packets": packets,
        "bytes": size,
        "wrong_interface": wrong,
    }


def _parse_address(word: bytes, order: str) -> str:
    return canonical_ipv6(word) if b":" in word else word_to_text(word, order)


def _parse_outgoing(word: bytes, names: dict[int, str | None]) -> Record:
    vif, _, ttl = word.partition(b":")
    number = parse_count(vif)
    return {"interface": names.get(number), "vif": number, "ttl": parse_count(ttl) & 0xFF}
