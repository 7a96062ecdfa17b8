"""Name clashes between plugins: the name of a reader, kind, family or format belongs to one plugin.

Built-in plugins come first, then others by distribution and name. A later plugin loses the reader or format that
clashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from netstat_core.host.plugins import TEXT, FormatOffer, Offer, Plugin, list_kinds
from netstat_core.plugin.readers import Reader

VALID_NAME = re.compile(r"[a-z0-9_][a-z0-9_.+-]*", re.ASCII | re.IGNORECASE)
"""The names that a kind, family, protocol or format can have."""

Triple = tuple[str, str, str]
"""A table, a family and one of its protocols, "" if it has none."""


class Names:
    """The names that readers have taken so far. Built-in readers take theirs first, and may share names."""

    def __init__(self, own: Iterable[Offer]) -> None:
        self._readers: dict[str, Plugin] = {}
        self._kinds: dict[str, Plugin] = {}
        self._served: dict[Triple, Offer] = {}
        for offer in own:
            self.take(offer)

    def take(self, offer: Offer) -> None:
        """Register a reader as the owner of those of its names that are free."""
        self._readers.setdefault(offer.reader.name, offer.plugin)
        for kind in list_kinds(offer.reader):
            self._kinds.setdefault(kind, offer.plugin)
        for triple in _list_triples(offer.reader):
            self._served.setdefault(triple, offer)

    def find_clash(self, offer: Offer) -> str | None:
        """Return the first field of a reader with a taken name, and the owner; None if all names are free."""
        reader = offer.reader
        if reader.name in self._readers:
            return f"name: {self._readers[reader.name].owner} has a reader of this name"
        for kind in list_kinds(reader):
            owner = self._kinds.get(kind, offer.plugin)
            if owner != offer.plugin:
                return f"kind: {kind!r} is a kind of {owner.owner}"
        for triple in _list_triples(reader):
            if triple in self._served:
                return _describe_clash(triple, self._served[triple])
        return None


def _list_triples(reader: Reader) -> Iterator[Triple]:
    return ((reader.table, family, protocol) for family in reader.families for protocol in reader.protocols or ("",))


def _describe_clash(triple: Triple, owner: Offer) -> str:
    table, family, protocol = triple
    what = f"{protocol!r} of {family!r}" if protocol else repr(family)
    return f"families: reader {owner.reader.name!r} of {owner.plugin.owner} reads {what} in table {table!r}"


def find_format_clash(offer: FormatOffer, taken: dict[str, FormatOffer]) -> str | None:
    """Return why a format cannot have its name, None if it can."""
    name = offer.sink.name
    if not VALID_NAME.fullmatch(name):
        return f"name: {name!r} is not a valid name: use letters, digits and _ . + -"
    if name == TEXT:
        return "name: it is reserved for the text of the dialect"
    return f"name: {taken[name].plugin.owner} has a format of this name" if name in taken else None
