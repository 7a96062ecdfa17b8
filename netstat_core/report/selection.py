"""Which readers a query asks for, in which order, and by which feeds each is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from netstat_core.errors import Refused, SourceError, UsageError
from netstat_core.host.discovery import Host, Offer
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.readers import Feed, Reader
from netstat_core.plugin.sources import Source
from netstat_core.query import Query
from netstat_core.report.ledger import failure

Needs = Callable[[Reader], "frozenset[str] | None"]
"""The fields that an output takes of a reader's records; None for all."""


def needs_of(query: Query) -> Needs:
    """What a query itself says that its output takes."""
    return lambda reader: query.needs.get(reader.kind)


class Prepared(NamedTuple):
    """A reader with what it is asked for: its feeds, best first, each with its sources or why it does not serve.

    ``broken`` says that its declarations cannot be used.
    """

    offer: Offer
    query: Query
    feeds: Sequence[tuple[Feed, list[Source | None] | SourceError]] = ()
    broken: Gap | None = None


def select(query: Query, host: Host, *, by_table: bool = False, families: Sequence[str] = ()) -> list[Offer]:
    """The readers a query asks for, by position; ``by_table`` keeps those of a table together.

    Where ``families`` are named, their readers come in that order.

    Raises UsageError for a query that names nothing known.
    """
    offers = host.offers(query.tables, query.families)
    chosen = [offer for offer in offers if query.includes(offer.reader.families, offer.reader.protocols)]
    if not query.tables:
        chosen = [offer for offer in chosen if not offer.reader.on_request]
    if not chosen or not {*query.tables} <= {offer.reader.table for offer in offers}:
        _refuse_unknown(query, host)
    if families:
        chosen.sort(key=lambda offer: _first(offer.reader.families, families))
    if by_table:
        order = [*query.tables, *(offer.reader.table for offer in chosen)]
        chosen.sort(key=lambda offer: order.index(offer.reader.table))
    return chosen


def prepare(offer: Offer, query: Query, needs: Needs, also: frozenset[str]) -> Prepared:
    """Ask a reader's feeds for their sources; ``also`` are fields that the host needs besides the output.

    Raises Refused, which a feed says of a query that cannot be served; whatever else goes wrong costs this reader only.
    """
    reader = offer.reader
    try:
        needed = needs(reader)
        if needed is not None:
            query = query._replace(fields=needed | also)
        feeds = [(feed, _sources(feed, query)) for feed in feeds_in_order(reader, query)]
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001 - a stranger's code
        return Prepared(offer, query, broken=failure(offer.plugin.name, f"reader {reader.name}", error))
    return Prepared(offer, query, feeds)


def _sources(feed: Feed, query: Query) -> list[Source | None] | SourceError:
    try:
        return list(feed.sources(query))
    except SourceError as error:  # this feed does not serve such a query
        return error


def feeds_in_order(reader: Reader, query: Query) -> list[Feed]:
    """A reader's feeds, best first: the preferred source's, then those that lack nothing needed, then as declared.

    Who prefers procfs gets files only, wherever there are any: behind the oldest interface there is nothing to fall
    back on. Netlink is preferred where the kernel has it, and gives way to files where it has not.
    """
    files = [feed for feed in reader.feeds if feed.name == query.source == "procfs"]

    def rank(feed: Feed) -> tuple[bool, bool]:
        lacking = feed.lacks if query.fields is None else feed.lacks & query.fields
        return query.source not in ("auto", feed.name), bool(lacking)

    return sorted(files or reader.feeds, key=rank)


def _first(names: Iterable[str], wanted: Sequence[str]) -> int:
    """How far back the first of some names stands among those asked for."""
    return min((wanted.index(name) for name in names if name in wanted), default=0)


def _refuse_unknown(query: Query, host: Host) -> None:
    readers = [offer.reader for offer in host.offers()]
    known = {
        "table": {reader.table for reader in readers},
        "family": {family for reader in readers for family in reader.families},
        "protocol": {protocol for reader in readers for protocol in reader.protocols},
    }
    for what, asked in (("table", query.tables), ("family", query.families), ("protocol", query.protocols)):
        for name in asked:
            if name not in known[what]:
                raise UsageError(f"unknown {what} {name!r}; known: {', '.join(sorted(known[what]))}")
