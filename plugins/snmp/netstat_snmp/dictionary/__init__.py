"""The dictionary of counters: meaning, unit and source of each, from the TSV files beside this module."""

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
"""Sections with the counters of Udp: the prefix of their names, and the prefix of their meanings."""

_NUMBERED = re.compile(r"(.*Type)([0-9]+)", re.IGNORECASE)
"""Counters of ICMP messages by type: one entry, ``InType#``, stands for all numbers."""


def find_explanations(name: str) -> tuple[Explanation, ...]:
    """Return the explanations of all counters with this name, exact matches before those that differ in case.

    ``name`` is the kernel's name (``TCPTimeouts``), the name with its section (``TcpExt.TCPTimeouts``), or the name as
    nstat writes it (``TcpExtTCPTimeouts``).
    """
    wanted = _NUMBERED.sub(r"\1#", name)
    matching = _index_entries().get(wanted.casefold(), ())
    ordered = sorted(matching, key=lambda entry: wanted not in (entry.name, *_long_names(entry)))
    number = _NUMBERED.fullmatch(name)
    return tuple(_for_icmp_type(entry, int(number[2])) if number and "#" in entry.name else entry for entry in ordered)


def lookup(section: str, name: str) -> Explanation | None:
    """Return the explanation of a counter by its section and exact name, or None if there is none."""
    number = _NUMBERED.fullmatch(name)
    entry = _read_entries().get((section, name)) or (
        _read_entries().get((section, f"{number[1]}#")) if number else None
    )
    return _for_icmp_type(entry, int(number[2])) if entry and number else entry


def _for_icmp_type(entry: Explanation, number: int) -> Explanation:
    name = _icmp_types().get((entry.section, number))
    meaning = entry.meaning.replace("#", str(number)).replace("{type}", f" ({name})" if name else "")
    return entry.replace(name=entry.name.replace("#", str(number)), meaning=meaning)


def _long_names(entry: Explanation) -> tuple[str, str]:
    return f"{entry.section}.{entry.name}", f"{entry.section}{entry.name}"


@cache
def _index_entries() -> dict[str, list[Explanation]]:
    by_name: dict[str, list[Explanation]] = {}
    for entry in _read_entries().values():
        for name in {spelling.casefold() for spelling in (entry.name, *_long_names(entry))}:
            by_name.setdefault(name, []).append(entry)
    return by_name


@cache
def _read_entries() -> dict[tuple[str, str], Explanation]:
    entries = {}
    for file in _FILES:
        for section, name, kind, unit, source, meaning in _read_rows(file, _COLUMNS):
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
def _icmp_types() -> dict[tuple[str, int], str]:
    return {(section, int(number)): name for section, number, name in _read_rows("icmp_types.tsv", 3)}


def _read_rows(file: str, columns: int) -> Iterator[list[str]]:
    """Yield the rows of a TSV file without its heading; raise ValueError for a row with another number of columns."""
    for line in files(__package__).joinpath(file).read_text("utf-8").splitlines()[1:]:
        row = line.split("\t")
        if len(row) != columns:
            raise ValueError(f"{file}: {len(row)} columns: {line}")
        yield row
