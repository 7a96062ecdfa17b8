"""What each counter means, in which unit it counts, and where that is laid down: data files beside this module."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from netstat_core.plugin import Explanation

_FILES = ("ip.tsv", "icmp.tsv", "transport.tsv", "tcpext.tsv", "mptcp.tsv", "system.tsv")
_COLUMNS = 6

_LIKE_UDP = {
    "UdpLite": ("", "UDP-Lite (RFC 5097): "),
    "Udp6": ("Udp6", "UDP over IPv6: "),
    "UdpLite6": ("UdpLite6", "UDP-Lite over IPv6: "),
}
"""Sections that count what Udp does: how their names begin, and what their meanings say first."""

_NUMBERED = re.compile(r"(.*Type)([0-9]+)", re.IGNORECASE)
"""ICMP messages by type: one entry, ``InType#``, stands for all numbers."""


def explanations(name: str) -> tuple[Explanation, ...]:
    """All explanations that fit a name.

    A name is the kernel's (``TCPTimeouts``), one with its section (``TcpExt.TCPTimeouts``) or as nstat writes it
    (``TcpExtTCPTimeouts``). What fits to the letter comes before what differs in upper and lower case.
    """
    wanted = _NUMBERED.sub(r"\1#", name)
    found = _entries_by_name().get(wanted.casefold(), ())
    ordered = sorted(found, key=lambda one: wanted not in (one.name, *_long_names(one)))
    number = _NUMBERED.fullmatch(name)
    return tuple(_of_type(one, int(number[2])) if number and "#" in one.name else one for one in ordered)


def lookup(section: str, name: str) -> Explanation | None:
    """The explanation of a counter of one section, by its exact name."""
    number = _NUMBERED.fullmatch(name)
    entry = _entries().get((section, name)) or (_entries().get((section, f"{number[1]}#")) if number else None)
    return _of_type(entry, int(number[2])) if entry and number else entry


def _of_type(entry: Explanation, number: int) -> Explanation:
    name = _types().get((entry.section, number))
    meaning = entry.meaning.replace("#", str(number)).replace("{type}", f" ({name})" if name else "")
    return entry.replace(name=entry.name.replace("#", str(number)), meaning=meaning)


def _long_names(entry: Explanation) -> tuple[str, str]:
    return f"{entry.section}.{entry.name}", f"{entry.section}{entry.name}"


@cache
def _entries_by_name() -> dict[str, list[Explanation]]:
    by_name: dict[str, list[Explanation]] = {}
    for entry in _entries().values():
        for name in {one.casefold() for one in (entry.name, *_long_names(entry))}:
            by_name.setdefault(name, []).append(entry)
    return by_name


@cache
def _entries() -> dict[tuple[str, str], Explanation]:
    entries = {}
    for file in _FILES:
        for section, name, kind, unit, source, meaning in _rows(file, _COLUMNS):
            entries[section, name] = Explanation(
                section=section, name=name, meaning=meaning, unit=unit, source=source, gauge=kind == "gauge"
            )
    udp = [entry for entry in entries.values() if entry.section == "Udp"]
    for section, (prefix, before) in _LIKE_UDP.items():
        for entry in udp:
            name = prefix + entry.name
            entries[section, name] = entry.replace(section=section, name=name, meaning=before + entry.meaning)
    return entries


@cache
def _types() -> dict[tuple[str, int], str]:
    return {(section, int(number)): name for section, number, name in _rows("icmp_types.tsv", 3)}


def _rows(file: str, columns: int) -> Iterator[list[str]]:
    """The rows of a data file, below its line of headings."""
    for line in files(__package__).joinpath(file).read_text("utf-8").splitlines()[1:]:
        row = line.split("\t")
        if len(row) != columns:
            raise ValueError(f"{file}: {len(row)} columns: {line}")
        yield row
