"""Which readers a query asks for, in which order, and by which feeds each is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from netstat_core.errors import Refused, UsageError
from netstat_core.host.discovery import Host, Offer
from netstat_core.host.plugins import Plugin, contained
from netstat_core.plugin.asked import Asked
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sources import Need
from netstat_core.query import Query
from netstat_core.report.ledger import failure


class Demand(NamedTuple):
    """What an output takes of a reader: fields, None for all, and the feed it prefers where the query names none."""

    fields: frozenset[str] | None = None
    feed: str | None = None


Demands = Callable[[Reader, Query], "Demand | None"]
"""What an output takes of a reader for a query; None where it takes nothing, and the reader need not be read."""


def demand_all(_reader: Reader, _query: Query) -> Demand:
    """All that there is."""
    return Demand()


class Prepared(NamedTuple):
    """A reader with what it is asked for, and the feeds that serve that, best first, with what each needs.

    ``broken`` says that its declarations cannot be used.
    """

    offer: Offer
    asked: Asked
    feeds: Sequence[tuple[Feed, list[Need | None]]] = ()
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


def unread(query: Query, offers: Sequence[Offer]) -> Iterator[Gap]:
    """What was asked for by name and no reader has: that nothing is shown of it says nothing."""
    tables = ", ".join(query.tables) or "any table"
    families = {family for offer in offers for family in offer.reader.families}
    for family in query.families:
        if family not in families:
            yield Gap("no_reader", family, f"no reader of {tables} reads this address family", about="table")


def prepare(offer: Offer, query: Query, demands: Demands, also: frozenset[str]) -> Prepared | None:
    """Ask a reader's feeds for their sources; ``also`` are fields that the host needs besides the output.

    None where the output takes nothing of the reader. Raises Refused, which a feed says of a query that cannot be
    served; whatever else goes wrong costs this reader only.
    """
    reader, asked, field = offer.reader, asked_of(query), "layout: needs: "
    try:
        with contained():
            demand = demands(reader, query)
            if demand is None:
                return None
            if demand.fields is not None:
                asked = asked._replace(fields=demand.fields | also)
            field = ""
            in_order = feeds_in_order(reader, asked, preferred_feed(query, demand))
            feeds = [(feed, _needs(feed, asked, offer.plugin)) for feed in in_order]
    except Exception as error:
        if isinstance(error, Refused) and offer.may_refuse(query):
            raise
        what = f"reader {reader.name!r}: {field}".removesuffix(": ")
        return Prepared(offer, asked, broken=failure(offer.plugin.label, what, error))
    return Prepared(offer, asked, feeds)


def _needs(feed: Feed, asked: Asked, plugin: Plugin) -> list[Need | None]:
    if plugin.is_own:
        return feed.needs(asked)
    from netstat_core.host.allowed import needs_of  # noqa: PLC0415 - where there are plugins of others

    return needs_of(feed, asked)


def asked_of(query: Query, fields: frozenset[str] | None = None) -> Asked:
    """What readers see of a query."""
    return Asked(
        families=query.families,
        protocols=query.protocols,
        show=query.show,
        route_table=query.route_table,
        default_routes=query.default_routes,
        interfaces=query.interfaces,
        fields=fields,
    )


def preferred_feed(query: Query, demand: Demand) -> str | None:
    """The name of the feed that is preferred."""
    return demand.feed if query.source == "auto" else query.source


def feeds_in_order(reader: Reader, asked: Asked, preferred: str | None) -> list[Feed]:
    """The feeds that serve what was asked for: the preferred one, those that lack nothing needed, then as declared.

    Who prefers procfs gets files only, wherever there are any: behind the oldest interface there is nothing to fall
    back on. Netlink is preferred where the kernel has it, and gives way to files where it has not.
    """
    serving = [feed for feed in reader.feeds if feed.serves is None or feed.serves(asked)]
    files = [feed for feed in serving if feed.name == preferred == "procfs"]

    def rank(feed: Feed) -> tuple[bool, bool]:
        lacking = feed.lacks if asked.fields is None else feed.lacks & asked.fields
        return preferred not in (None, feed.name), bool(lacking)

    return sorted(files or serving, key=rank)


def shown_by_default(reader: Reader, query: Query) -> Callable[[Record], bool] | None:
    """What a reader's own rule leaves of its records: what listens, what does not, or all."""
    listens = reader.listens
    if listens is None or query.show == "all":
        return None
    servers = query.show == "listening"
    return lambda record: bool(listens(record)) is servers


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
                host.refuse_broken(name)
                raise UsageError(f"unknown {what} {name!r}; known: {', '.join(sorted(known[what]))}")
