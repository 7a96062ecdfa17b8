"""Socket memory by protocol: /proc/net/sockstat, sockstat6 and protocols, joined by the name of the protocol.

::

    TCP: inuse 2 orphan 1 tw 0 alloc 5 mem 0
    FRAG: inuse 0 memory 0

    protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re  ...
    IEEE-802.15.4-RAW  776      0      -1   NI       0   yes  ieee802154_socket  y  y  y  n  n  n  n  n  y  y  ...

A memory of -1 and a pressure of NI mean that the protocol does not account for memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from netstat_core.plugin import About, Gap, Header, Problem, Record, TextFile, escape
from netstat_snmp.numbers import parse_exact

_NAMES = {
    "TCP6": "TCPv6",
    "UDP6": "UDPv6",
    "UDPLITE": "UDP-Lite",
    "UDPLITE6": "UDPLITEv6",
    "RAW6": "RAWv6",
}
"""Names in /proc/net/protocols by those in sockstat, if they differ."""

_PROTOCOLS = {
    "TCP": ("inet", "tcp"),
    "TCPv6": ("inet6", "tcp"),
    "UDP": ("inet", "udp"),
    "UDPv6": ("inet6", "udp"),
    "UDP-Lite": ("inet", "udplite"),
    "UDPLITEv6": ("inet6", "udplite"),
    "RAW": ("inet", "raw"),
    "RAWv6": ("inet6", "raw"),
    "PING": ("inet", "icmp"),
    "PINGv6": ("inet6", "icmp"),
    "SCTP": ("inet", "sctp"),
    "SCTPv6": ("inet6", "sctp"),
    "FRAG": ("inet", None),
    "FRAG6": ("inet6", None),
    "MPTCP": ("inet", None),
    "MPTCPv6": ("inet6", None),
    "DCCP": ("inet", None),
    "DCCPv6": ("inet6", None),
    "L2TP/IP": ("inet", None),
    "L2TP/IPv6": ("inet6", None),
    "UNIX": ("unix", None),
    "UNIX-STREAM": ("unix", None),
    "AX25": ("ax25", None),
    "NETROM": ("netrom", None),
    "ROSE": ("rose", None),
    "X25": ("x25", None),
    "IPX": ("ipx", None),
    "DDP": ("ddp", None),
}
"""Family and protocol in the records of sockets, by the names in /proc/net/protocols."""

FAMILIES = tuple(dict.fromkeys(family for family, _ in _PROTOCOLS.values()))

_SOCKSTAT_FIELDS = {
    "used": "sockets",
    "inuse": "sockets",
    "orphan": "orphans",
    "tw": "time_wait",
    "alloc": "allocated",
    "mem": "memory_pages",
    "memory": "memory_bytes",
}
_PROTOCOL_FIELDS = {
    "sockets": "sockets",
    "memory": "memory_pages",
    "press": "pressure",
    "size": "socket_bytes",
    "maxhdr": "header_bytes",
    "slab": "slab",
    "module": "module",
}
_ANSWERS = {"yes": True, "no": False}

_SOCKSTAT = re.compile(rb"sockets: used ")
_SOCKSTAT6 = re.compile(rb"TCP6: inuse ")
_LEAST_WORDS = 6
_BY_PROTOCOL = Header("protocol size sockets memory press maxhdr slab module em")

_UNKNOWN = dict.fromkeys((*_SOCKSTAT_FIELDS.values(), *_PROTOCOL_FIELDS.values()))


def parse(
    _about: About, sockstat: bytes, sockstat6: bytes | None, protocols: bytes | None
) -> Iterator[Record | Problem | Gap]:
    """Yield a record for each protocol, first those in sockstat; values that are in both come from sockstat."""
    records: dict[str, Record] = {}
    yield from _add_sockstat(_open("/proc/net/sockstat", sockstat, _SOCKSTAT), records)
    if sockstat6 is not None:
        yield from _add_sockstat(_open("/proc/net/sockstat6", sockstat6, _SOCKSTAT6), records)
    if protocols is not None:
        yield from _add_protocols(protocols, records)
    yield from records.values()


def parse_protocols(_about: About, protocols: bytes) -> Iterator[Record | Problem | Gap]:
    """Yield the records of /proc/net/protocols alone, for kernels without sockstat."""
    records: dict[str, Record] = {}
    yield from _add_protocols(protocols, records)
    yield from records.values()


def _open(source: str, content: bytes, first_row: re.Pattern[bytes]) -> TextFile:
    return TextFile(source, content, first_row=first_row, may_be_empty=False)


def _get_record(name: str, records: dict[str, Record]) -> Record:
    if name not in records:
        family, protocol = _PROTOCOLS.get(name, (None, None))
        records[name] = {"name": name, "family": family, "protocol": protocol, **_UNKNOWN, "others": {}}
    return records[name]


def _add_sockstat(text: TextFile, records: dict[str, Record]) -> Iterator[Problem | Gap]:
    """Add the rows ``NAME: key number key number ...`` to ``records``, and yield the problems."""
    for place, line in text.rows():
        title, colon, rest = line.partition(b":")
        words = rest.split()
        try:
            pairs = [(escape(key), parse_exact(value)) for key, value in zip(words[::2], words[1::2], strict=True)]
        except ValueError:
            colon = b""
        if not line.strip():
            continue
        if not colon:
            yield text.problem("a row needs a title and pairs of a key and a number", line, place)
            continue
        name = escape(title.strip())
        record = _get_record(_NAMES.get(name, name), records)
        for key, value in pairs:
            field = _SOCKSTAT_FIELDS.get(key)
            if field is None:
                record["others"][key] = value
            else:
                record[field] = value if value >= 0 else None
    yield from text.gaps


def _add_protocols(content: bytes, records: dict[str, Record]) -> Iterator[Problem | Gap]:
    """Add the rows of /proc/net/protocols to ``records``, and yield the problems; columns are found by the header."""
    text = TextFile("/proc/net/protocols", content, _BY_PROTOCOL)
    columns = [escape(word) for word in (text.header or _BY_PROTOCOL.words.encode()).split()]
    for place, line in text.rows():
        words = [escape(word) for word in line.split()]
        if not words:
            continue
        cells = dict(zip(columns, words, strict=False))
        try:
            known = {
                field: _parse_cell(field, cells[name]) for name, field in _PROTOCOL_FIELDS.items() if name in cells
            }
        except ValueError:
            yield text.problem("a column that holds no number", line, place)
            continue
        if len(words) < _LEAST_WORDS:
            yield text.problem("too few columns", line, place)
            continue
        record = _get_record(words[0], records)
        record.update({field: value for field, value in known.items() if record[field] is None})
    yield from text.gaps


def _parse_cell(field: str, text: str) -> str | int | bool | None:
    if field in ("pressure", "slab"):
        return _ANSWERS.get(text)
    if field == "module":
        return text
    number = parse_exact(text.encode())
    return number if number >= 0 else None
