"""Select interfaces by the names asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from errno import ENODEV

from netstat_core.plugin import Batch, Gap, Record, escape


def parse_names(interfaces: Iterable[str]) -> frozenset[str]:
    """Return the names asked for in the escaped form of records."""
    return frozenset(escape(name.encode("utf-8", "surrogateescape")) for name in interfaces)


def list_aliases(name: str, addresses: Iterable[Record]) -> list[str]:
    """Return the labels of addresses that are not the name of the interface, in the kernel's order, each once."""
    labels = (address["label"] for address in addresses)
    return list(dict.fromkeys(label for label in labels if label not in (None, name)))


def list_names(record: Record) -> set[str]:
    """Return all names that select an interface: its own, alternative ones and aliases."""
    return {record["name"], *(record["alternative_names"] or ()), *(record["aliases"] or ())}


def select_interfaces(interfaces: Iterable[str], batch: Batch) -> Iterator[Batch | Gap]:
    """Yield the interfaces asked for, all if no names were given; a gap for each name that no interface has."""
    asked = parse_names(interfaces)
    if not asked:
        yield batch
        return
    names = [list_names(record) for record in batch.read_only()]
    yield batch.kept(map(asked.intersection, names))
    for name in sorted(asked.difference(*names)):
        yield Gap("not_in_kernel", name, "Device not found", errno=ENODEV)
