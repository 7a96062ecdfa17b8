"""Leases of dhclient: a text to which each renewal is appended; see dhclient.leases(5).

::

    lease {
      interface "eth0";
      fixed-address 192.0.2.50;
      option dhcp-lease-time 3600;
      option dhcp-server-identifier 192.0.2.1;
      renew 3 2024/05/15 10:41:12;
      rebind 3 2024/05/15 11:07:59;
      expire 3 2024/05/15 11:15:29;
    }

Times are in UTC behind the number of the weekday; with the setting ``db-time-format local`` they are
``epoch 1715770000; # Wed May 15 12:46:40 2024``. Leases of IPv6 (``lease6``) are passed over.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from socket import AF_INET, inet_ntop, inet_pton
from typing import Any, NamedTuple

from netstat_core.plugin import Problem, escape
from netstat_iface.lease import ENDLESS, Found, parse_utc

CLIENT = "dhclient"
PATTERNS = (
    "/var/lib/dhcp/dhclient*.leases",
    "/var/lib/dhclient/dhclient*.leases",
    "/var/lib/dhclient/dhclient*.lease",
    "/var/lib/NetworkManager/dhclient-*.lease",
)
MOST_INTERFACES = 1 << 12
"""Interfaces of a file whose leases are kept in memory."""

_TOKEN = re.compile(rb'#[^\n]*|"(?:[^"\\]|\\.)*"|[{};]|[^\s{};"]+|"', re.DOTALL)
_MARKS = (b"{", b"}", b";")
_DEPTHS = {b"{": 1, b"}": -1}
_STATEMENTS = ([b"default-duid"], [b"server-duid"], [b"authoring-byte-order"])
_BLOCKS = ([b"lease"], [b"lease6"])
_LINE_END = re.compile(rb"\n")
_LONGEST_SHOWN = 1 << 10
_NEVER = b"never"
_LONGEST_NUMBER = 15


class _Block(NamedTuple):
    """A lease: where it begins, ``lease`` or ``lease6``, and its statements, each with the place where it begins."""

    place: int
    kind: bytes
    statements: list[tuple[int, list[bytes]]]


def parse(path: str, content: bytes) -> Iterator[Found | Problem]:
    """Yield the last lease of each interface, and a problem for each statement that is none."""
    last: dict[str, Found] = {}
    lines = _Lines(path, content)
    for block in _iterate_blocks(lines):
        if isinstance(block, Problem):
            yield block
        elif block.kind == b"lease":
            for piece in _parse_lease(lines, block):
                if isinstance(piece, Problem):
                    yield piece
                elif piece.interface in last or len(last) < MOST_INTERFACES:
                    last[piece.interface or ""] = piece
    if content and not content.endswith(b"\n"):
        yield Problem(path, "ends within a line: only a part of the file")
    yield from last.values()


class _Lines:
    """The lines of a file, to name those of problems; where they begin is found once."""

    def __init__(self, path: str, content: bytes) -> None:
        self.content = content
        self._path = path
        self._starts: list[int] = []

    def make_problem(self, place: int, reason: str) -> Problem:
        """Return the problem at a place, with the number and the start of its line."""
        if not self._starts:
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(self.content))]
        number = bisect_right(self._starts, place)
        start = self._starts[number - 1]
        line = self.content[start : start + _LONGEST_SHOWN].partition(b"\n")[0]
        return Problem(self._path, reason, line, number)


def _iterate_statements(content: bytes) -> Iterator[tuple[int, list[bytes], bytes]]:
    """Yield where each statement begins, its words, and the mark behind it; none behind the last if it is cut off."""
    words: list[bytes] = []
    place = 0
    for token in _TOKEN.finditer(content):
        word = token[0]
        if word.startswith(b"#"):
            continue
        place = place if words else token.start()
        if word in _MARKS:
            yield place, words, word
            words = []
        else:
            words.append(word)
    if words:
        yield place, words, b""


def _iterate_blocks(lines: _Lines) -> Iterator[_Block | Problem]:
    """Yield each whole lease with its statements, and a problem for what else stands there."""
    block, depth = _Block(0, b"", []), 0
    for place, words, mark in _iterate_statements(lines.content):
        if depth:
            if mark == b";" and depth == 1:
                block.statements.append((place, words))
            elif words and mark not in (b"{", b";"):
                yield lines.make_problem(place, "not a statement of a lease")
            depth += _DEPTHS.get(mark, 0)
            if not depth:
                yield block
        elif mark == b"{" and words[:1] in _BLOCKS:
            block, depth = _Block(place, words[0], []), 1
        elif mark != b";" or words[:1] not in _STATEMENTS:
            yield lines.make_problem(place, "neither a lease nor a statement of a lease file")
    if depth:
        yield lines.make_problem(block.place, "a lease is cut off")


def _parse_lease(lines: _Lines, block: _Block) -> Iterator[Found | Problem]:
    found = Found(CLIENT)
    for place, words in block.statements:
        try:
            found = _add_statement(found, words)
        except (ValueError, OSError, IndexError):
            yield lines.make_problem(place, "not a statement as dhclient writes it")
    if found.interface is None or found.address is None:
        yield lines.make_problem(block.place, "a lease needs an interface and an address")
        return
    if found.length is not None and found.expires is not None:
        found = found._replace(started=found.expires - found.length)
    yield found


def _add_statement(found: Found, words: list[bytes]) -> Found:
    """Return a lease with what a statement adds. Raises ValueError, OSError or IndexError for a wrong one."""
    key = b" ".join(words[: 2 if words[:1] == [b"option"] else 1])
    if key not in _KEYS:
        return found
    values = words[key.count(b" ") + 1 :]
    return found._replace(**_KEYS[key](values))


def _unquote(word: bytes) -> bytes:
    if len(word) < 3 or not word.startswith(b'"') or not word.endswith(b'"'):  # noqa: PLR2004 - two quotes and a name
        raise ValueError("not a name in quotes")
    return re.sub(rb"\\(.)", rb"\1", word[1:-1], flags=re.DOTALL)


def _parse_address(word: bytes) -> str:
    return inet_ntop(AF_INET, inet_pton(AF_INET, word.decode("ascii")))


def _parse_number(word: bytes) -> int:
    if not word.isdigit() or len(word) > _LONGEST_NUMBER:
        raise ValueError("not a number")
    return int(word)


def _parse_time(words: list[bytes]) -> float | None:
    """Return the seconds of ``3 2024/05/15 10:41:12`` or ``epoch 1715770000``; None for ``never``."""
    if words == [_NEVER]:
        return None
    if words[0] == b"epoch":
        return _parse_number(words[1])
    _weekday, date, clock = words
    return parse_utc(f"{date.decode('ascii')} {clock.decode('ascii')}", "%Y/%m/%d %H:%M:%S")


def _parse_expiry(words: list[bytes]) -> dict[str, Any]:
    return {"endless": True} if words == [_NEVER] else {"expires": _parse_time(words)}


def _parse_length(words: list[bytes]) -> dict[str, Any]:
    seconds = _parse_number(words[0])
    return {"endless": True} if seconds >= ENDLESS else {"length": seconds}


_KEYS: dict[bytes, Callable[[list[bytes]], dict[str, Any]]] = {
    b"interface": lambda words: {"interface": escape(_unquote(words[0]))},
    b"fixed-address": lambda words: {"address": _parse_address(words[0])},
    b"option dhcp-server-identifier": lambda words: {"server": _parse_address(words[0])},
    b"option dhcp-lease-time": _parse_length,
    b"bootp": lambda _words: {"bootp": True},
    b"renew": lambda words: {"renew": _parse_time(words)},
    b"rebind": lambda words: {"rebind": _parse_time(words)},
    b"expire": _parse_expiry,
}
"""What the statements of a lease that are used say of it; there are many others."""
