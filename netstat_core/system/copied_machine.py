"""Describe a machine by copies of its files: those of a sosreport, and of /proc. Their contents are untrusted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from netstat_core.system.byte_order import RELEASE, UNAME, ByteOrder, find_byte_order, order_of_machine
from netstat_core.system.stores import Store

_UNAME = ("uname", "sos_commands/kernel/uname_-a", "sos_commands/general/uname_-a", "sos_commands/host/uname_-a")
_HOSTNAME = ("hostname", "sos_commands/host/hostname", "sos_commands/general/hostname")
_DATE = (
    *("date", "sos_commands/date/date", "sos_commands/date/date_--utc", "sos_commands/general/date"),
    *("sos_commands/systemd/timedatectl", "sos_commands/general/timedatectl"),
)
FILES = frozenset({*_UNAME, *_HOSTNAME, *_DATE})
"""Files of a sosreport that say which machine it is of, and when it was made, below the sosreport's folder."""

_LARGEST = 1 << 12
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_RELEASE = re.compile(r"[0-9]+\.[0-9][A-Za-z0-9._+~-]{0,60}")


def describe_copy(store: Store) -> dict[str, Any]:
    """Return what is known of a machine, with the keys of a capture's description, and how the byte order is known.

    What the files do not say, or say in another form than such files have, is None.
    """
    uname = next(_first_lines(store, *_UNAME), "").split()
    uname = uname if uname[:1] == ["Linux"] else []
    version = next(_first_lines(store, "proc/version"), "").split()
    hostnames = (*_first_lines(store, *_HOSTNAME, "proc/sys/kernel/hostname", "etc/hostname"), *uname[1:2])
    releases = (*uname[2:3], *_first_lines(store, "proc/sys/kernel/osrelease"), *version[2:3])
    release = next(filter(_RELEASE.fullmatch, releases), None)
    lines = (line for path in _DATE for line in _find_lines(store, path))
    byte_order = find_byte_order(store, _find_order(uname[4:], release))
    return {
        "hostname": next(filter(_NAME.fullmatch, hostnames), None),
        "kernel_release": release,
        "captured_at": next(filter(None, map(parse_date, lines)), None),
        "byte_order": byte_order.order,
        "byte_order_from": byte_order.known_from,
    }


def _find_lines(store: Store, path: str) -> list[str]:
    """Return the first lines of a file that are not empty, none if it cannot be read."""
    try:
        content = store.read(f"/{path}")[:_LARGEST]
    except OSError:
        return []
    return list(filter(None, map(str.strip, content.decode("utf-8", "replace").splitlines())))


def _first_lines(store: Store, *paths: str) -> Iterator[str]:
    for path in paths:
        yield from _find_lines(store, path)[:1]


def _find_order(words: list[str], release: str | None) -> ByteOrder | None:
    """Return the byte order of the machine named at the end of ``uname -a``, or in the kernel's release."""
    for name in reversed(words):
        if order := order_of_machine(name):
            return ByteOrder(order, UNAME)
    for name in re.split(r"[.-]", release or "")[2:]:
        if order := order_of_machine(name):
            return ByteOrder(order, RELEASE)
    return None


_TOKEN = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}:[0-9]{2}:[0-9]{2}|[+-][0-9]{2}(?::?[0-9]{2})?|[A-Za-z]+|[0-9]+"
)
_LONGEST_LINE = 100
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOURS = (
    "UTC+0 UCT+0 GMT+0 WET+0 WEST+1 BST+1 CET+1 CEST+2 MET+1 MEST+2 EET+2 EEST+3 SAST+2 CAT+2 EAT+3 WAT+1 EST-5 EDT-4 "
    "MST-7 MDT-6 PDT-7 AKST-9 AKDT-8 HST-10 AST-4 ADT-3 JST+9 HKT+8 WIB+7 AWST+8 AEST+10 AEDT+11 NZST+12 NZDT+13"
)
_ZONES = {name: timedelta(hours=int(hours)) for name, hours in re.findall(r"([A-Z]+)([+-]\d+)", _HOURS)}
"""Offsets by abbreviation. Those that stand for several offsets (CST, IST, PST) are missing: their time is unknown."""


def parse_date(line: str) -> str | None:
    """Return the time that a line of ``date`` or ``timedatectl`` gives, in UTC and ISO 8601.

    Read are the forms of the usual locales::

        Thu Nov 26 10:11:12 CET 2026
        Thu 26 Nov 2026 10:11:12 AM UTC
        Universal time: Thu 2026-11-26 09:11:12 UTC

    Return None for anything else, and for a time whose zone is missing or ambiguous.
    """
    if len(line) > _LONGEST_LINE:
        return None
    parts: dict[str, str] = {}
    for token in _TOKEN.findall(line):
        parts.setdefault(_classify(token), token)
    try:
        hour, minute, second = map(int, parts["clock"].split(":"))
        if "half" in parts:
            hour = hour % 12 + 12 * (parts["half"] == "PM")
        local = datetime(*_parse_day(parts), hour, minute, second, tzinfo=timezone(_parse_zone(parts["zone"])))
        return local.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    except (KeyError, ValueError, OverflowError):
        return None


def _classify(token: str) -> str:
    """Return which part of a date a token is."""
    if token.isdigit():
        return "year" if len(token) == 4 else "day"  # noqa: PLR2004 - digits of a year
    if ":" in token and token[0].isdigit():
        return "clock"
    if token[0] in "+-" or token in _ZONES:
        return "zone"
    if token in _MONTHS:
        return "month"
    return "half" if token in ("AM", "PM") else "whole_day" if token[0].isdigit() else "word"


def _parse_day(parts: dict[str, str]) -> tuple[int, int, int]:
    if "whole_day" in parts:
        year, month, day = parts["whole_day"].split("-")
        return int(year), int(month), int(day)
    return int(parts["year"]), _MONTHS.index(parts["month"]) + 1, int(parts["day"])


def _parse_zone(word: str) -> timedelta:
    """Return the offset of an abbreviation, or of ``+HH``, ``+HHMM`` or ``+HH:MM``."""
    if word in _ZONES:
        return _ZONES[word]
    digits = word[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if word[0] == "-" else offset
