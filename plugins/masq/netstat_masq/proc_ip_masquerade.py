"""/proc/net/ip_masquerade of Linux 2.0 and 2.2: masqueraded connections, with addresses and ports in hex.

::

    Prc FromIP   FPrt ToIP     TPrt Masq Init-seq  Delta PDelta Expires (free=40960,40960,40960)
    TCP C0A8010A:0401 CB007109:0050 EE49 00000000      0      0   89900

Linux 2.0 has no PDelta. Expires is in ticks.
"""

from __future__ import annotations

from collections.abc import Iterator
from socket import AF_INET, inet_ntop

from netstat_core.plugin import GREATEST_INTEGER, About, Gap, Header, Problem, Record, TextFile, Trait
from netstat_masq.record import (
    IPPROTO_ESP,
    IPPROTO_GRE,
    IPPROTO_ICMP,
    IPPROTO_IP,
    IPPROTO_TCP,
    IPPROTO_UDP,
    PROTOCOLS,
)
from netstat_masq.selection import Selection

PATH = "/proc/net/ip_masquerade"
MALFORMED, UNKNOWN, EMPTY = "format", "type", "empty"
"""Codes of the problems for which netstat has its own words."""

REFUSED = "refused"
"""The trait of a file with a problem: netstat shows none of its connections."""

_PROTOCOLS = {
    PROTOCOLS[number].upper().encode(): PROTOCOLS[number]
    for number in (IPPROTO_IP, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_GRE, IPPROTO_ESP)
}
_HEADER = Header("Prc FromIP FPrt ToIP TPrt Masq Init-seq Delta Expires")
_COLUMNS_2_0 = 7
_LARGEST = {4: 0xFFFF, 8: 0xFFFFFFFF}
"""The largest number by its count of hex digits."""


def parse(about: About, content: bytes) -> Iterator[Record | Problem | Trait | Gap]:
    """Yield first the problems and then the connections.

    netstat reports only the first problem and shows no connection at all, so this problem keeps its code and follows
    the trait ``REFUSED``; the code of the others is ``bogus``.
    """
    text = TextFile(PATH, content, _HEADER)
    first = content.partition(b"\n")[0]
    has_previous = len(first.split()) > _COLUMNS_2_0 if text.header is None else b"PDelta" in first
    problems, records = _parse_rows(text, about, has_previous=has_previous)
    if not content:
        problems = [Problem(PATH, "the file has no header", b"", 1, EMPTY)]
    for problem in problems[:1]:
        yield Trait(REFUSED)
        yield problem
    yield from (problem.replace(code="bogus") for problem in problems[1:])
    yield from filter(Selection(about.asked).includes, records)
    yield from text.gaps


def _parse_rows(text: TextFile, about: About, *, has_previous: bool) -> tuple[list[Problem], list[Record]]:
    """Return the problems and the records of the lines; blank lines are skipped."""
    problems: list[Problem] = []
    records: list[Record] = []
    for number, line in text.rows():
        words = line.split()
        if not words:
            continue
        try:
            record = _parse_row(words, about.ticks_per_second, has_previous=has_previous)
        except ValueError:
            reason = "a row needs a protocol, two endpoints, a port and numbers"
            problems.append(text.problem(reason, line, number, MALFORMED))
            continue
        if record["protocol"] is None:
            reason = "the protocol is none of " + ", ".join(_PROTOCOLS.values())
            problems.append(text.problem(reason, line, number, UNKNOWN))
        else:
            records.append(record)
    return problems, records


def _parse_row(words: list[bytes], ticks_per_second: int, *, has_previous: bool) -> Record:
    """Return the record of a row, with protocol None if it is unknown; raise ValueError if the row is invalid."""
    if len(words) != _COLUMNS_2_0 + has_previous:
        raise ValueError("another number of columns")
    source, source_port = _parse_endpoint(words[1])
    target, target_port = _parse_endpoint(words[2])
    expires = int(words[-1])
    if not 0 <= expires <= GREATEST_INTEGER:
        raise ValueError("a time out of range")
    return {
        "family": "inet",
        "protocol": _PROTOCOLS.get(words[0]),
        "original": _make_direction(source, source_port, target, target_port),
        "reply": _make_direction(target, target_port, None, _parse_hex(words[3], 4)),
        "state": None,
        "expires_seconds": expires / ticks_per_second,
        "status": None,
        "nat": "source",
        "mark": None,
        "zone": None,
        "initial_sequence": _parse_hex(words[4], 8),
        "delta": _parse_signed(words[5]),
        "previous_delta": _parse_signed(words[6]) if has_previous else None,
    }


def _make_direction(source: str, source_port: int, target: str | None, target_port: int) -> Record:
    return {
        "source_address": source,
        "source_port": source_port,
        "destination_address": target,
        "destination_port": target_port,
        "icmp": None,
        "packets": None,
        "bytes": None,
    }


def _parse_endpoint(word: bytes) -> tuple[str, int]:
    """Parse ``C0A8010A:0401`` to address and port; the digits are in network order on every machine."""
    address, _, port = word.partition(b":")
    return inet_ntop(AF_INET, _parse_hex(address, 8).to_bytes(4, "big")), _parse_hex(port, 4)


def _parse_hex(digits: bytes, most: int) -> int:
    number = int(digits, 16)
    if not 0 <= number <= _LARGEST[most]:
        raise ValueError("a number out of range")
    return number


def _parse_signed(digits: bytes) -> int:
    number = int(digits)
    if not -(1 << 31) <= number < 1 << 31:
        raise ValueError("a number out of range")
    return number
