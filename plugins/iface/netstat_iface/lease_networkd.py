"""Leases of systemd-networkd, and the older ones of NetworkManager's own client: a text, or JSON.

The file has the index of the interface as its name::

    # This is private data. Do not parse.
    ADDRESS=192.0.2.50
    SERVER_ADDRESS=192.0.2.1
    T1=30min
    T2=52min 30s
    LIFETIME=1h

Earlier versions write ``T1=1800``. The latest write an object, which also says when the lease was granted::

    {"Address":[192,0,2,50],"AddressString":"192.0.2.50","T1":"30min","Lifetime":"1h",
     "Timestamp_realtime":"Wed 2024-05-15 09:56:40.123456 UTC"}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from json import loads
from socket import AF_INET, inet_ntop, inet_pton
from typing import Any

from netstat_core.plugin import Gap, Problem, TextFile
from netstat_iface.lease import ENDLESS, Found, parse_utc

CLIENT = "networkd"
PATTERN = "/run/systemd/netif/leases/*"

_INDEX = re.compile(r"[1-9][0-9]{0,9}")
_FIRST_LINE = re.compile(rb"# This is private data\. Do not parse\.\n")
_ROW = re.compile(rb"([A-Z][A-Z0-9_]*)=(.*)")
_ADDRESS, _SERVER, _LIFETIME = "ADDRESS", "SERVER_ADDRESS", "LIFETIME"
_USED = (_ADDRESS, _SERVER, "T1", "T2", _LIFETIME)
_LARGEST = 1 << 20
"""Bytes of an object that are decoded."""

_SPAN = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,9}))?(us|ms|s|min|h|d|w|month|y)")
_UNITS = {
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1,
    "min": 60,
    "h": 3600,
    "d": 86400,
    "w": 604800,
    "month": 2629800,
    "y": 31557600,
}
"""Seconds of the units of systemd.time(7): a month is a twelfth of 365.25 days."""

_STAMP = re.compile(
    r"(?:[A-Z][a-z]{2} )?([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?(?: UTC|Z)"
)


def parse(path: str, content: bytes, modified: int | None) -> Iterator[Found | Problem | Gap]:
    """Yield the lease of a file named by the index of an interface; any other file is none."""
    name = path.rpartition("/")[2]
    if _INDEX.fullmatch(name):
        parse_form = _parse_object if content.startswith(b"{") else parse_text
        for piece in parse_form(path, content):
            if isinstance(piece, Found):
                started = modified if piece.started is None else piece.started
                yield piece._replace(client=CLIENT, number=int(name), started=started)
            else:
                yield piece


def parse_text(path: str, content: bytes) -> Iterator[Found | Problem | Gap]:
    """Yield the lease in lines with a key and a value; its client is to be filled in."""
    text = TextFile(path, content, first_row=_FIRST_LINE, may_be_empty=False)
    values: dict[str, str] = {}
    for number, line in text.rows():
        match = _ROW.fullmatch(line)
        if match and match[1].decode() in _USED:
            values[match[1].decode()] = match[2].decode("utf-8", "replace")
        elif line and not match and not line.startswith(b"#"):
            yield text.problem("a row needs a key, an equals sign and a value", line, number)
    yield from _parse_values(path, values)
    yield from text.gaps


def _parse_values(path: str, values: Mapping[str, str]) -> Iterator[Found | Problem]:
    found = Found("")
    for key, value in values.items():
        try:
            found = _add_value(found, key, value)
        except (ValueError, OSError):
            yield Problem(path, f"not a value of {key}", value.encode("utf-8", "replace"))
    if found.address is None:
        yield Problem(path, "a lease needs an address")
    else:
        yield found


def _add_value(found: Found, key: str, value: str) -> Found:
    """Return a lease with a value. Raises ValueError or OSError for a wrong one."""
    if key == _ADDRESS:
        return found._replace(address=inet_ntop(AF_INET, inet_pton(AF_INET, value)))
    if key == _SERVER:
        return found._replace(server=inet_ntop(AF_INET, inet_pton(AF_INET, value)))
    seconds = parse_span(value)
    if key == _LIFETIME:
        return found._replace(endless=True) if seconds is None else found._replace(length=seconds)
    return found._replace(first=seconds) if key == "T1" else found._replace(second=seconds)


def parse_span(text: str) -> float | None:
    """Return the seconds of a time span such as ``52min 30s`` or ``1800``; None for ever. Raises ValueError.

    >>> parse_span("52min 30s")
    3150
    """
    if text == "infinity":
        return None
    if text.isascii() and text.isdigit() and len(text) <= 15:  # noqa: PLR2004 - of an exact number
        return None if int(text) >= ENDLESS else int(text)
    parts = [_SPAN.fullmatch(part) for part in text.split(" ")]
    total: float = 0
    for part in parts:
        if part is None:
            raise ValueError("not a time span")
        number = float(f"{part[1]}.{part[2]}") if part[2] else int(part[1])
        total += number * _UNITS[part[3]]
    return total


def _parse_object(path: str, content: bytes) -> Iterator[Found | Problem]:
    try:
        values = loads(content) if len(content) <= _LARGEST else None
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        yield Problem(path, "not an object in JSON", content[:_LARGEST])
        return
    named = {
        _ADDRESS: _find_address(values, "Address"),
        _SERVER: _find_address(values, "Server_Address"),
        **{key: values.get(name) for key, name in (("T1", "T1"), ("T2", "T2"), (_LIFETIME, "Lifetime"))},
    }
    stamp = values.get("Timestamp_realtime")
    for piece in _parse_values(path, {key: str(value) for key, value in named.items() if value is not None}):
        if isinstance(piece, Found) and isinstance(stamp, str):
            yield piece._replace(started=_parse_stamp(stamp))
        else:
            yield piece


def _find_address(values: Mapping[str, Any], key: str) -> str | None:
    """Return an address of an object, which has it as text, as a list of bytes, or both."""
    value = values.get(f"{key}String", values.get(key))
    return ".".join(map(str, value)) if isinstance(value, list) else value if isinstance(value, str) else None


def _parse_stamp(text: str) -> float | None:
    """Return the seconds of ``Wed 2024-05-15 09:56:40.123456 UTC``; None for a time in a zone that is only named."""
    match = _STAMP.fullmatch(text)
    try:
        return parse_utc(f"{match[1]} {match[2]}", "%Y-%m-%d %H:%M:%S") if match else None
    except ValueError:
        return None
