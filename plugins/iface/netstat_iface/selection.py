"""Which interfaces were asked for by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from errno import ENODEV

from netstat_core.plugin import Gap, Record, escape


def asked_names(interfaces: Iterable[str]) -> frozenset[str]:
    """The names asked for, as records have names."""
    return frozenset(escape(name.encode("utf-8", "surrogateescape")) for name in interfaces)


def alias_names(record: Record) -> list[str]:
    """The labels of an interface's addresses that are not its own name, in the kernel's order."""
    labels = (address["label"] for address in record["addresses"] or ())
    return list(dict.fromkeys(label for label in labels if label not in (None, record["name"])))


def names_of(record: Record) -> set[str]:
    """All names by which an interface can be asked for."""
    return {record["name"], *(record["alternative_names"] or ()), *alias_names(record)}


def selected(interfaces: Iterable[str], records: Iterable[Record]) -> Iterator[Record | Gap]:
    """The interfaces asked for, all of them where none were; a name that no interface has gives a gap."""
    asked = asked_names(interfaces)
    if not asked:
        yield from records
        return
    known: set[str] = set()
    for record in records:
        names = names_of(record)
        known |= names
        if names & asked:
            yield record
    for name in sorted(asked - known):
        yield Gap("not_in_kernel", name, "Device not found", errno=ENODEV)
