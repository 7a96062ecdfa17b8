"""Who owns a name: of the readers, kinds, families and formats that plugins bring, each has one owner.

The built-in plugins come first, then those of others by distribution and name. Who comes later loses what clashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from netstat_core.host.plugins import TEXT, FormatOffer, Offer, Plugin
from netstat_core.plugin.readers import Reader

_FORMAT = re.compile(r"[a-z0-9_][a-z0-9_.+-]*", re.ASCII | re.IGNORECASE)

Triple = tuple[str, str, str]
"""A table, a family, and a protocol of it, "" where there is none."""


class Names:
    """The names that readers have taken so far; the built-in ones take theirs first, whatever they share."""

    def __init__(self, own: Iterable[Offer]) -> None:
        self._readers: dict[str, Plugin] = {}
        self._kinds: dict[str, Plugin] = {}
        self._read: dict[Triple, Offer] = {}
        for offer in own:
            self.take(offer)

    def take(self, offer: Offer) -> None:
        """Give a reader the names that are still free."""
        self._readers.setdefault(offer.reader.name, offer.plugin)
        for kind in kinds_of(offer.reader):
            self._kinds.setdefault(kind, offer.plugin)
        for triple in _triples(offer.reader):
            self._read.setdefault(triple, offer)

    def clash(self, offer: Offer) -> str | None:
        """The field of a reader that holds another's name, and whose it is."""
        reader = offer.reader
        if reader.name in self._readers:
            return f"name: {self._readers[reader.name].owner} has a reader of this name"
        for kind in kinds_of(reader):
            owner = self._kinds.get(kind, offer.plugin)
            if owner != offer.plugin:
                return f"kind: {kind!r} is a kind of {owner.owner}"
        for triple in _triples(reader):
            if triple in self._read:
                return _taken(triple, self._read[triple])
        return None


def kinds_of(reader: Reader) -> list[str]:
    """The kinds of a reader's records, and of its changes."""
    return [reader.kind, reader.change.reader.kind] if reader.change else [reader.kind]


def _triples(reader: Reader) -> Iterator[Triple]:
    return ((reader.table, family, one) for family in reader.families for one in reader.protocols or ("",))


def _taken(triple: Triple, owner: Offer) -> str:
    table, family, protocol = triple
    what = f"{protocol!r} of {family!r}" if protocol else repr(family)
    return f"families: reader {owner.reader.name!r} of {owner.plugin.owner} reads {what} in table {table!r}"


def format_clash(offer: FormatOffer, taken: dict[str, FormatOffer]) -> str | None:
    """Why a format cannot have its name."""
    name = offer.sink.name
    if not _FORMAT.fullmatch(name):
        return f"name: {name!r} is no name: it needs letters, digits and any of _ . + -"
    if name == TEXT:
        return "name: it is the page of the dialect"
    return f"name: {taken[name].plugin.owner} has a format of this name" if name in taken else None
