"""/proc/net/ip_mr_cache and ip6_mr_cache: the multicast forwarding cache of the default table.

::

    Group    Origin   Iif     Pkts    Bytes    Wrong Oifs
    030201EF 0900090A 0          0        0        0  1:3
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netstat_core.plugin import About, Problem, Record
from netstat_igmp import proc_ip_mr_vif
from netstat_igmp.addresses import colons_text, word_text
from netstat_igmp.numbers import count
from netstat_igmp.record import DEFAULT_TABLES

_UNRESOLVED = -1


def path(family: str) -> str:
    """The file of one family."""
    return "/proc/net/ip_mr_cache" if family == "inet" else "/proc/net/ip6_mr_cache"


def parser(family: str) -> Callable[[About, bytes, bytes | None], Iterator[Record | Problem]]:
    """The parser of one family's file, which shows the default table, and of its vifs for their names."""

    def parse(about: About, content: bytes, vif_content: bytes | None) -> Iterator[Record | Problem]:
        names: dict[int, str | None] = {}
        for row in proc_ip_mr_vif.parser(family)(about, vif_content or b""):
            if isinstance(row, Problem):
                yield row
            else:
                names[row["vif"]] = row["interface"]
        for line_number, line in enumerate(content.splitlines(), 1):
            if line.startswith(b"Group"):
                continue
            try:
                yield _row(family, line.split(), about.order, names)
            except (ValueError, IndexError):
                yield Problem(path(family), "a row needs group, origin, vif and counters", line, line_number)

    return parse


def _row(family: str, words: list[bytes], order: str, names: dict[int, str | None]) -> Record:
    """A row; of an unresolved one only group and origin mean anything."""
    vif = int(words[2])
    resolved = vif != _UNRESOLVED
    packets, size, wrong = (count(word) for word in words[3:6]) if resolved else (None, None, None)
    return {
        "family": family,
        "table": DEFAULT_TABLES[family],
        "group": _address(words[0], order),
        "origin": _address(words[1], order),
        "resolved": resolved,
        "interface": names.get(vif),
        "vif": count(words[2]) if resolved else None,
        "outgoing": [_outgoing(word, names) for word in words[6:]] if resolved else [],
        "packets": packets,
        "bytes": size,
        "wrong_interface": wrong,
    }


def _address(word: bytes, order: str) -> str:
    return colons_text(word) if b":" in word else word_text(word, order)


def _outgoing(word: bytes, names: dict[int, str | None]) -> Record:
    vif, _, ttl = word.partition(b":")
    number = count(vif)
    return {"interface": names.get(number), "vif": number, "ttl": count(ttl) & 0xFF}
