"""``-f KEY:VALUE``: what is refused, and which routes match."""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from netstat_core.errors import NetstatError

KEYS = ("af", "inif", "outif", "src", "dst", "flags")
LETTERS = frozenset("ABDGHLUMS")
"""The letters of ``flags:``."""

_FAMILIES = {"inet": "inet", "inet6": "inet6", "unix": "unix", 2: "inet", 10: "inet6", 1: "unix"}
"""Families by name, and by Linux's number."""

_NUMBER = re.compile(r"(-?)(0[xX][0-9a-fA-F]{1,16}|0[0-7]{,22}|[1-9][0-9]{,18})", re.ASCII)
_INET_BITS, _INET6_BITS = 32, 128

Address = IPv4Address | IPv6Address


class Mistake(NetstatError):
    """An error in the options that SunOS has words for, which are printed as they are; status 1."""

    is_whole = True


class Filter(NamedTuple):
    """One ``-f``: a key, ``af`` where none is given, and its value, checked.

    ``addresses`` are those of ``dst`` and ``src``, ``mask`` the prefix length behind them; None for no mask.
    """

    key: str
    value: str
    addresses: tuple[Address, ...] = ()
    mask: int | None = None


class Row(NamedTuple):
    """A row of the routing table, as filters see it; a route of several next hops has several."""

    family: str
    destination: Address
    prefix_length: int
    interface: str | None
    letters: str


def parse_number(text: str) -> int | None:
    """Parse an integer in C's notation, None if it is none.

    >>> parse_number("0x10"), parse_number("010"), parse_number("-1"), parse_number("hme0")
    (16, 8, -1, None)
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, digits = match.groups()
    base = 16 if digits[:2].lower() == "0x" else 8 if digits[0] == "0" else 10
    return int(sign + digits, base)


def find_family(value: str) -> str | None:
    """Return the family that a value of ``af`` names; None for a number that Linux uses for none of the three."""
    number = parse_number(value)
    return _FAMILIES.get(value if number is None else number)


def parse_filter(argument: str) -> Filter:
    """Check an argument of ``-f``. Raises Mistake; host names are looked up where the program runs."""
    key, colon, value = argument.partition(":")
    if not colon:
        key, value = "af", argument
    if key not in KEYS:
        raise Mistake(f"{argument}: unknown filter keyword")
    if key == "af" and value not in _FAMILIES and parse_number(value) is None:
        raise Mistake(f"{value}: unknown address family.")
    if key == "flags":
        _check_letters(value)
    if key in ("src", "dst") and value not in ("any", "none"):
        addresses, mask = _parse_network(value)
        return Filter(key, value, addresses, mask)
    return Filter(key, value)


def _check_letters(value: str) -> None:
    letters = value[1:] if value[:1] in ("+", "-") else value
    if not letters:
        raise Mistake("missing flag list")
    wrong = next((letter for letter in letters if letter not in LETTERS), None)
    if wrong is not None:
        raise Mistake(f"{wrong}: illegal flag")


def _parse_network(value: str) -> tuple[tuple[Address, ...], int | None]:
    """Return all addresses of a host, and the length of the mask behind it."""
    host, slash, mask = value.rpartition("/") if "/" in value else (value, "", "")
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = tuple(dict.fromkeys(ip_address(entry[4][0]) for entry in found))
    except (OSError, ValueError) as error:  # ValueError for names that IDNA refuses, and for zones
        raise Mistake(f"{host}: invalid or unknown host address") from error
    if not slash:
        return addresses, None
    return addresses, _parse_mask(mask, addresses[0].max_prefixlen)


def _parse_mask(mask: str, bits: int) -> int:
    """Return a prefix length, given as a number or as a mask in the notation of IPv6.

    A mask that is not contiguous, or that for IPv4 does not begin with 96 one bits, matches nothing: it is longer than
    every prefix.
    """
    length = parse_number(mask)
    if length is not None:
        if not 0 <= length < bits:
            raise Mistake(f"{length}: not in range 0 to {bits - 1}")
        return length
    try:
        number = int(IPv6Address(mask))
    except ValueError as error:
        raise Mistake(f"{mask}: illegal mask format") from error
    ones = number.bit_count()
    is_contiguous = number == ((1 << ones) - 1) << (_INET6_BITS - ones)
    length = ones - (_INET6_BITS - bits)
    return length if is_contiguous and length >= 0 else _INET6_BITS + 1


def list_names(filters: Sequence[Filter]) -> list[str]:
    """Return the names of interfaces in the filters ``outif`` and ``inif``."""
    values = [each.value for each in filters if each.key in ("outif", "inif")]
    return [value for value in values if value not in ("any", "none") and not _find_index(value)]


def list_indexes(filters: Sequence[Filter]) -> list[str]:
    """Return the indexes of interfaces in the filter ``outif``."""
    return [each.value for each in filters if each.key == "outif" and _find_index(each.value)]


def check_interfaces(filters: Sequence[Filter], names: Collection[str]) -> None:
    """Raise Mistake for the first name of ``outif`` or ``inif`` that the machine that is shown does not have."""
    for name in list_names(filters):
        if name not in names:
            raise Mistake(f"{name}: {os.strerror(errno.ENODEV)}")


def _find_index(value: str) -> int | None:
    """Return the interface index that a value is, which is positive; None for a name."""
    number = parse_number(value)
    return number if number is not None and number > 0 else None


def make_rule(filters: Sequence[Filter], interfaces: Mapping[str, int]) -> Callable[[Row], bool]:
    """Return the rule by which rows are shown: of each key that is given, one filter must match.

    ``interfaces`` has the indexes of the interfaces by name.
    """
    names = {index: name for name, index in interfaces.items()}
    tests: dict[str, list[Callable[[Row], bool]]] = {}
    for each in filters:
        tests.setdefault(each.key, []).append(_make_test(each, names))
    return lambda row: all(any(test(row) for test in alternatives) for alternatives in tests.values())


def _make_test(given: Filter, names: Mapping[int, str]) -> Callable[[Row], bool]:
    key, value = given.key, given.value
    if key == "af":
        family = find_family(value)
        return lambda row: row.family == family
    if key in ("inif", "src"):  # Linux has no routes by incoming interface, nor IPv4 routes by source
        return (lambda _row: value == "none") if value in ("any", "none") or key == "inif" else _match_source(given)
    if key == "outif":
        return _match_interface(value, names)
    return _match_flags(value) if key == "flags" else _match_destination(given)


def _match_source(given: Filter) -> Callable[[Row], bool]:
    """Return the test of ``src:ADDRESS``: the source of every route is the unspecified address, a host's."""

    def test(row: Row) -> bool:
        own = (IPv4Address if row.family == "inet" else IPv6Address)(0)
        return _is_within(given, own, own.max_prefixlen)

    return test


def _match_interface(value: str, names: Mapping[int, str]) -> Callable[[Row], bool]:
    """Return the test of ``outif``. A name matches its aliases too: ``eth0`` is that of ``eth0:1``."""
    if value in ("any", "none"):
        return lambda row: (not row.interface) is (value == "none")
    index = _find_index(value)
    name = value if index is None else names.get(index)
    return lambda row: bool(row.interface) and name in (row.interface, (row.interface or "").partition(":")[0])


def _match_destination(given: Filter) -> Callable[[Row], bool]:
    if given.value in ("any", "none"):
        return lambda row: (not int(row.destination)) is (given.value == "none")
    return lambda row: _is_within(given, row.destination, row.prefix_length)


def _is_within(given: Filter, own: Address, length: int) -> bool:
    """Return whether a prefix covers one of the addresses; with a mask, whether the masked ones cover the prefix."""
    if given.mask is not None:
        if length < given.mask:
            return False
        length = given.mask
    shift = own.max_prefixlen - length
    return any(one.version == own.version and int(one) >> shift == int(own) >> shift for one in given.addresses)


def _match_flags(value: str) -> Callable[[Row], bool]:
    sign, letters = (value[0], {*value[1:]}) if value[0] in "+-" else ("", {*value})
    if sign == "+":
        return lambda row: letters <= {*row.letters}
    if sign == "-":
        return lambda row: not letters & {*row.letters}
    return lambda row: letters == {*row.letters} & LETTERS
