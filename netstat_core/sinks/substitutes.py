"""Substitutes for values that identify a machine, numbered in the order in which the values appear.

Nothing of a value goes into its substitute but its class, so that none can be told back: the number says only how many
others appeared before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import IPv6Address
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Any

from netstat_core.plugin.schema import WORD

_V4_NETWORKS = (0xC00002, 0xC63364, 0xCB0071)
"""The /24 networks for documentation (RFC 5737)."""

_V4_RANGES = ((0xC61200, 1 << 9), (0x0A0000, 1 << 16), (0xF00000, (1 << 20) - (1 << 8)))
"""First /24 network and number of networks of what follows: benchmarks (RFC 2544), 10/8, and the reserved 240/4."""

_V4_GROUPS = ((0xE9FC0000, 1 << 8), (0xEFC00000, 1 << 18))
"""First group and number of groups: for documentation (RFC 6676), and of local scope (RFC 2365)."""

_V4_KNOWN_GROUPS = range(0xE0000000, 0xE0000200)
_V4_LOOPBACK = 0x7F
_V4_LIMITED = 0xFFFFFFFF
_V6_DOCUMENTATION = 0x20010DB8 << 96
_V6_GROUP = 0xFF0E0DB8 << 96
_V6_LINK_LOCAL = 0xFE80 << 112
_V6_MAPPED = 0xFFFF
_V6_MULTICAST = 0xFF
_HOST_BITS = 64
_GROUP_BITS, _MOST_KNOWN_GROUPS = 112, 1 << 16
_HARDWARE = re.compile(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2})+")

Make = Callable[[str], str]


class _Memo(dict[Any, Any]):
    """The substitutes of values with one mark, made when looked up; what is not text, or empty, stands for itself."""

    def __init__(self, make: Make) -> None:
        super().__init__({None: None, "": ""})
        self._make = make

    def __missing__(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        made = self[value] = self._make(value)
        return made


class Substitutes:
    """Assigns a substitute to each value, the same to equal values of one mark."""

    def __init__(self) -> None:
        self._numbers: dict[Any, dict[Any, int]] = {}
        address, name = _Memo(self._replace_address), _Memo(self._numbered("name"))
        self._by_mark = {
            "address": address,
            "prefix": address,
            "hardware_address": _Memo(self._replace_hardware_address),
            "interface": _Memo(self._numbered("interface", "if")),
            "path": _Memo(lambda path: f"{'/' if path.startswith('/') else ''}path{self._number('path', path)}"),
            "name": name,
            WORD: _Memo(str),
        }
        self._by_mark["interface"]["lo"] = "lo"
        self._memos = [memo for mark, memo in self._by_mark.items() if mark not in ("prefix", WORD)]

    def of_mark(self, mark: str) -> dict[Any, Any]:
        """Return the substitutes of values with a mark, made as they are looked up; marks without rules count as names.

        Lists and objects cannot be looked up.
        """
        return self._by_mark.get(mark) or self._by_mark["name"]

    def of(self, mark: str, value: Any) -> Any:
        """Return the substitute of a text with a mark; the value itself if it is not text."""
        return self.of_mark(mark)[value]

    def find(self, text: str) -> str | None:
        """Return the substitute that a text was given under any mark, None if it has none."""
        return next((memo[text] for memo in self._memos if text in memo), None)

    def find_address(self, text: str) -> str | None:
        """Return a substitute for a network address or a hardware address, None for other text."""
        if _HARDWARE.fullmatch(text):
            return self.of("hardware_address", text)  # type: ignore[no-any-return]
        is_address = _parse_address(text.partition("/")[0].partition("%")[0]) is not None
        return self.of("address", text) if is_address else None

    def _numbered(self, kind: str, prefix: str | None = None) -> Make:
        return lambda value: f"{prefix or kind}{self._number(kind, value)}"

    def _number(self, kind: Any, value: Any) -> int:
        numbers = self._numbers.setdefault(kind, {})
        return numbers.setdefault(value, len(numbers) + 1)

    def _replace_address(self, text: str) -> str:
        """Replace the address and the interface of ``ADDRESS%INTERFACE/LENGTH``; the last two may be absent."""
        place, slash, length = text.partition("/")
        bare, percent, scope = place.partition("%")
        raw = _parse_address(bare)
        if raw is None or (slash and not (length.isascii() and length.isdigit())):
            if _HARDWARE.fullmatch(text):
                return self._replace_hardware_address(text)
            return f"address{self._number('other', text)}"
        made = self._replace_v4(raw) if len(raw) == 4 else self._replace_v6(raw)  # noqa: PLR2004 - octets
        return f"{made}{percent}{self.of('interface', scope)}{slash}{length}"

    def _replace_v4(self, raw: bytes) -> str:
        """Replace the /24 network of an address, and its host in this network; host 0, the network itself, is kept."""
        number = int.from_bytes(raw, "big")
        if number in (0, _V4_LIMITED) or raw[0] == _V4_LOOPBACK or number in _V4_KNOWN_GROUPS:
            return inet_ntop(AF_INET, raw)
        if raw[0] >> 4 == 0xE:  # noqa: PLR2004 - class D
            group = _place(self._number("group", number) - 1, _V4_GROUPS)
            return f"group{self._number('group', number)}" if group is None else _show_v4(group)
        network = self._number("network", number >> 8)
        made = _place(network - 1, (*((one, 1) for one in _V4_NETWORKS), *_V4_RANGES))
        host = self._number(("hosts", network), number & 0xFF) if number & 0xFF else 0
        return f"network{network}.{host}" if made is None else _show_v4(made << 8 | host)

    def _replace_v6(self, raw: bytes) -> str:
        """Replace the /64 network and the interface identifier of an address; identifier 0 is kept."""
        number = int.from_bytes(raw, "big")
        if number >> 32 == _V6_MAPPED:
            return f"::ffff:{self._replace_v4(raw[12:])}"
        if number <= 1:  # unspecified, loopback
            return inet_ntop(AF_INET6, raw)
        if raw[0] == _V6_MULTICAST:
            is_known = not raw[1] >> 4 and number & ((1 << _GROUP_BITS) - 1) < _MOST_KNOWN_GROUPS
            return str(IPv6Address(number if is_known else _V6_GROUP | self._number("group6", number)))
        host = self._number("host", number) if number & ((1 << _HOST_BITS) - 1) else 0
        if number >> 118 == _V6_LINK_LOCAL >> 118:  # fe80::/10
            return _show_v6(_V6_LINK_LOCAL | (host or self._number_rest(number)))
        return _show_v6(_V6_DOCUMENTATION | self._number("network6", number >> _HOST_BITS) << _HOST_BITS | host)

    def _number_rest(self, number: int) -> int:
        """Return a number for a link-local network that is not fe80::/64, 0 for that."""
        return 0 if number == _V6_LINK_LOCAL else self._number("host", number)

    def _replace_hardware_address(self, text: str) -> str:
        """Return a locally administered address of the same length; addresses of all zeros or all ones are kept."""
        digits = re.sub(r"[:-]", "", text)
        if set(digits) <= {"0"} or set(digits.lower()) <= {"f"}:
            return text
        octets = len(digits) // 2
        number = self._number("hardware", text.lower())
        if not _HARDWARE.fullmatch(text) or number >= 1 << 8 * (octets - 1):
            return f"hardware{number}"
        return bytes([0x02 | int(digits[:2], 16) & 1, *number.to_bytes(octets - 1, "big")]).hex(":")


def _place(index: int, ranges: Iterable[tuple[int, int]]) -> int | None:
    """Return the member with an index of ranges (first, count) taken one after the other, None behind the last."""
    for first, count in ranges:
        if index < count:
            return first + index
        index -= count
    return None


def _parse_address(text: str) -> bytes | None:
    for family in (AF_INET, AF_INET6):
        try:
            return inet_pton(family, text)
        except (OSError, ValueError):
            continue
    return None


def _show_v4(number: int) -> str:
    return inet_ntop(AF_INET, number.to_bytes(4, "big"))


def _show_v6(number: int) -> str:
    return inet_ntop(AF_INET6, number.to_bytes(16, "big"))
