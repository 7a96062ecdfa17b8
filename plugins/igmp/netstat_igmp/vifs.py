"""The interfaces of multicast routing: /proc/net/ip_mr_vif and ip6_mr_vif, and RTM_GETLINK of RTNL_FAMILY_IPMR.

::

    Interface      BytesIn  PktsIn  BytesOut PktsOut Flags Local    Remote
     0 v0                0       0         0       0 00000 0100090A 00000000
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netstat_core.plugin import (
    HEADER,
    LINK_SIZE,
    NEW_LINK,
    About,
    Datagrams,
    Problem,
    Record,
    attributes,
    escape,
    interface_names,
    messages,
)
from netstat_igmp.addresses import packed_text, word_text
from netstat_igmp.multicast_dumps import of_family
from netstat_igmp.numbers import bits, count
from netstat_igmp.record import DEFAULT_TABLES, IPMR, VIF_FLAGS, flag_words, table_name

DUMP = "route/multicast_vifs"

_USE_INDEX = 8
"""The interface was named by index, and the kernel keeps that where an address would be."""

_GONE = b"none"
_LEAST = HEADER + LINK_SIZE
_AF_SPEC = 26
_TABLE, _VIFS = 1, 6
_VIF = 1
_COUNTER = 8
_INDEX, _NUMBER, _FLAGS, _RX_BYTES, _TX_BYTES, _RX_PACKETS, _TX_PACKETS, _LOCAL, _REMOTE = range(1, 10)


def path(family: str) -> str:
    """The file of one family."""
    return "/proc/net/ip_mr_vif" if family == "inet" else "/proc/net/ip6_mr_vif"


def file_parser(family: str) -> Callable[[About, bytes], Iterator[Record | Problem]]:
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
    by_address = family == "inet" and not flags & _USE_INDEX
    local, remote = (word_text(word, order) for word in words[7:9]) if family == "inet" else (None, None)
    return {
        "family": family,
        "table": DEFAULT_TABLES[family],
        "vif": count(words[0]),
        "interface": None if words[1] == _GONE else escape(words[1]),
        "flags": flag_words(flags, VIF_FLAGS),
        "local_address": local if by_address else None,
        "remote_address": _specified(remote),
        "rx_bytes": count(words[2]),
        "rx_packets": count(words[3]),
        "tx_bytes": count(words[4]),
        "tx_packets": count(words[5]),
    }


def parse_dump(about: About, tables: Datagrams, links: Datagrams | None) -> Iterator[Record | Problem]:
    """The vifs of all IPv4 tables. Raises SourceError where the kernel dumps no such tables (before Linux 4.12)."""
    names = interface_names(about, links)
    for message in of_family(IPMR["inet"], DUMP, messages(DUMP, tables, NEW_LINK, _LEAST, about.order)):
        if isinstance(message, Problem):
            yield message
            continue
        table = attributes(message, _LEAST, about.order).nest(_AF_SPEC)
        for vif in table.all_of(_VIFS, _VIF):
            yield _from_attributes(vif, table_name(table.number(_TABLE, 0)), names, about.order)


def _from_attributes(raw: bytes, table: str, names: dict[int, str], order: str) -> Record | Problem:
    vif = attributes(raw, 0, order)
    numbers = {kind: vif.number(kind, 0, _COUNTER) for kind in range(_INDEX, _LOCAL) if kind in vif}
    flags = numbers.get(_FLAGS, 0)
    try:
        return {
            "family": "inet",
            "table": table,
            "vif": numbers[_NUMBER],
            "interface": names.get(numbers[_INDEX]),
            "flags": flag_words(flags, VIF_FLAGS),
            "local_address": None if flags & _USE_INDEX else packed_text(vif[_LOCAL]),
            "remote_address": _specified(packed_text(vif[_REMOTE])),
            "rx_bytes": numbers[_RX_BYTES],
            "rx_packets": numbers[_RX_PACKETS],
            "tx_bytes": numbers[_TX_BYTES],
            "tx_packets": numbers[_TX_PACKETS],
        }
    except (KeyError, ValueError):
        return Problem(DUMP, "a vif lacks an attribute", raw)


def _specified(address: str | None) -> str | None:
    return None if address == "0.0.0.0" else address  # noqa: S104 - not bound to, only compared
