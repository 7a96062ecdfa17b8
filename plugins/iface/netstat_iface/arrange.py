"""Which interfaces were asked for, in which order they come, and where alias names stand between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from errno import ENODEV

from netstat_core.plugin import Gap, Query, Record, Trait, escape, unescape

ALIASES = "aliases"
"""The trait that tells behind which interface which alias names are shown."""

_NO_ALIAS = -1
_LONGEST_NUMBER, _LARGEST_NUMBER = 20, (1 << 63) - 1

Key = tuple[bytes, int, bytes, int, bytes]


def sort_key(name: str) -> Key:
    """Where netstat sorts a name: what stands before a number at its end, that number, and then an alias's number.

    Numbers behind 2**31 count as the C type they overflow.
    """
    raw = unescape(name)
    owner, colon, digits = raw.rpartition(b":")
    if not colon or not digits.isdigit():
        owner, alias = raw, _NO_ALIAS
    else:
        alias = _as_int(digits)
    prefix = owner.rstrip(b"0123456789")
    return prefix, _as_int(owner[len(prefix) :]), owner, alias, raw


def _as_int(digits: bytes) -> int:
    number = min(int(digits[:_LONGEST_NUMBER] or b"0"), _LARGEST_NUMBER)
    return ((number + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


def asked_names(query: Query) -> frozenset[str]:
    """The interfaces asked for by name, as records have names; empty for all."""
    return frozenset(escape(name.encode("utf-8", "surrogateescape")) for name in query.interfaces)


def is_shown(record: Record, query: Query) -> bool:
    """Whether text shows an interface: it is up, or -a was given, or it was asked for by name."""
    return query.show == "all" or bool(query.interfaces) or record["flags"] is None or "up" in record["flags"]


def alias_names(record: Record) -> list[str]:
    """The labels of an interface's addresses that are not its own name, in the kernel's order."""
    labels = (address["label"] for address in record["addresses"] or ())
    return list(dict.fromkeys(label for label in labels if label not in (None, record["name"])))


def names_of(record: Record) -> set[str]:
    """All names by which an interface can be asked for."""
    return {record["name"], *(record["alternative_names"] or ()), *alias_names(record)}


def arranged(query: Query, records: Iterable[Record]) -> Iterator[Record | Trait | Gap]:
    """The interfaces asked for in netstat's order, with what text needs to put aliases between them.

    A name that no interface has gives a gap.
    """
    asked = asked_names(query)
    found = [(record, names_of(record)) for record in records] if asked else [(record, set()) for record in records]
    chosen = [record for record, names in found if not asked or names & asked]
    chosen.sort(key=lambda record: sort_key(record["name"]))
    yield Trait(ALIASES, alias_places([record for record in chosen if is_shown(record, query)]))
    yield from chosen
    for name in sorted(asked.difference(*(names for _, names in found))):
        yield Gap("not_in_kernel", name, "Device not found", errno=ENODEV)


def alias_places(records: list[Record]) -> dict[str, list[str]]:
    """Behind which interface each alias name is shown, for interfaces in order; never before its own."""
    own = {record["name"] for record in records}
    aliases = [(alias, record["name"]) for record in records for alias in alias_names(record) if alias not in own]
    if not aliases:
        return {}
    rows = [(sort_key(name), name, owner) for name, owner in [*((name, name) for name in own), *aliases]]
    places: dict[str, list[str]] = {}
    seen: set[str] = set()
    last = ""
    for _, name, owner in sorted(rows):
        if name == owner:
            last = name
            seen.add(name)
        else:
            places.setdefault(last if owner in seen else owner, []).append(name)
    return places
