"""Select the readers of a query, order them, and choose the feeds of each."""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from netstat_core.errors import Refused, UsageError
from netstat_core.host.discovery import Host, Offer
from netstat_core.host.plugins import SOURCE, Plugin, guard_plugin_code
from netstat_core.plugin.asked import Asked
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sources import Need
from netstat_core.query import Query
from netstat_core.report.ledger import failure_gap


class Demand(NamedTuple):
    """The fields an output needs of a reader, None for all, and the feed it prefers if the query names no source.

    Readers of a lower ``order`` are read first; those of one order by their position.
    """

    fields: frozenset[str] | None = None
    feed: str | None = None
    order: int = 0


Demands = Callable[[Reader, Query], "Demand | None"]
"""Return the demand of an output for a reader, None if the reader need not be read."""


def demand_all(_reader: Reader, _query: Query) -> Demand:
    """Demand all fields, from the feed that comes first."""
    return Demand()


def ignore_preferred_feeds(demands: Demands) -> Demands:
    """Return demands without the feeds that text prefers: without /proc, any other feed shows more than none."""

    def demand(reader: Reader, query: Query) -> Demand | None:
        wanted = demands(reader, query)
        return wanted and wanted._replace(feed=None)

    return demand


class Prepared(NamedTuple):
    """A reader with its part of the query, and the feeds that serve it, best first, with the needs of each.

    ``broken`` is the gap of a reader whose declarations raised; it has no feeds.
    """

    offer: Offer
    asked: Asked
    feeds: Sequence[tuple[Feed, list[Need | None]]] = ()
    broken: Gap | None = None
    order: int = 0


def select(query: Query, host: Host, *, by_table: bool = False, families: Sequence[str] = ()) -> list[Offer]:
    """Return the offers of the readers that a query selects, ordered by position.

    ``by_table`` keeps the readers of a table together. ``families`` orders them by address family first. Raises
    UsageError for an unknown table, family or protocol.
    """
    offers = host.offers(query.tables, query.families)
    chosen = [offer for offer in offers if includes(query, offer.reader)]
    if not query.tables:
        chosen = [offer for offer in chosen if not offer.reader.on_request]
    if not chosen or not {*query.tables} <= {offer.reader.table for offer in (*offers, *_left_out(query, host))}:
        _refuse_unknown(query, host)
    if families:
        chosen.sort(key=lambda offer: _first_position(offer.reader.families, families))
    if by_table:
        order = [*query.tables, *(offer.reader.table for offer in chosen)]
        chosen.sort(key=lambda offer: order.index(offer.reader.table))
    return chosen


def includes(query: Query, reader: Reader) -> bool:
    """Return whether a query selects a reader, going by its families and protocols."""
    return query.includes(reader.families, reader.protocols, reader.socket_protocols)


def unread_gaps(query: Query, host: Host, offers: Sequence[Offer]) -> Iterator[Gap]:
    """Yield a gap for what ignored plugins would read, and for each requested family that no selected reader reads."""
    yield from _left_out_gaps(query, host)
    tables = ", ".join(query.tables) or "any table"
    families = {family for offer in offers for family in offer.reader.families}
    for family in query.families:
        if family not in families:
            yield Gap("no_reader", family, f"no reader of {tables} reads this address family", about="table")


def _left_out_gaps(query: Query, host: Host) -> Iterator[Gap]:
    """Yield a gap for each plugin that is ignored, and table of the query that it reads."""
    tables: dict[tuple[str, str | None], list[str]] = {}
    for plugin in host.left_out:
        if not plugin.is_own:  # what it reads is not known
            tables[plugin.label, None] = []
    for offer in _left_out(query, host):
        tables.setdefault((offer.plugin.label, offer.reader.table), []).append(offer.reader.name)
    for (label, table), readers in tables.items():
        names = f", and with it {', '.join(readers)}" if readers else ""
        yield Gap("no_reader", SOURCE + label, f"was left out{names}", about="plugin", table=table)


def _left_out(query: Query, host: Host) -> list[Offer]:
    """Return the readers of built-in plugins that the query would select if these were not ignored."""
    offers = host.left_out_offers(query.tables, query.families) if host.left_out else []
    return [
        offer for offer in offers if includes(query, offer.reader) and (query.tables or not offer.reader.on_request)
    ]


def prepare(offer: Offer, query: Query, demands: Demands, also: frozenset[str]) -> Prepared | None:
    """Ask the feeds of a reader for their needs; return None if the reader has nothing to read.

    That is so if the output demands nothing of it, or if its feeds need no source for this query.

    ``also`` names fields that the host needs besides those the output demands. Raises Refused if a feed refuses the
    query. Any other exception is returned as ``broken``.
    """
    reader, asked, field = offer.reader, asked_of(query), "layout: needs: "
    try:
        with guard_plugin_code():
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
        return Prepared(offer, asked, broken=failure_gap(offer.plugin.label, what, error))
    if feeds and all(need is None for _, needs in feeds for need in needs):
        return None
    return Prepared(offer, asked, feeds, order=demand.order)


def _needs(feed: Feed, asked: Asked, plugin: Plugin) -> list[Need | None]:
    if plugin.is_own:
        return feed.needs(asked)
    from netstat_core.host.allowed import resolve_needs  # noqa: PLC0415 - needed for plugins only

    return resolve_needs(feed, asked)


def asked_of(query: Query, fields: frozenset[str] | None = None) -> Asked:
    """Return the part of a query that readers see."""
    return Asked(
        families=query.families,
        protocols=query.protocols,
        show=query.show,
        route_table=query.route_table,
        default_routes=query.default_routes,
        interfaces=query.interfaces,
        fields=fields,
        extra_fields=query.extra_fields,
        bound=query.bound,
    )


def preferred_feed(query: Query, demand: Demand) -> str | None:
    """Return the name of the preferred feed: the query's ``source``, unless that is ``auto``."""
    return demand.feed if query.source == "auto" else query.source


def feeds_in_order(reader: Reader, asked: Asked, preferred: str | None) -> list[Feed]:
    """Return the feeds that serve a query: the preferred one, those that have all demanded fields, then the others.

    A preference for ``procfs`` excludes all other feeds if the reader has that one. A preference for another feed
    keeps the rest to fall back on, such as files if the kernel has no netlink interface.
    """
    serving = [feed for feed in reader.feeds if feed.serves is None or feed.serves(asked)]
    files = [feed for feed in serving if feed.name == preferred == "procfs"]

    def rank(feed: Feed) -> tuple[bool, bool]:
        lacking = feed.lacks if asked.fields is None else feed.lacks & asked.fields
        return preferred not in (None, feed.name), bool(lacking)

    return sorted(files or serving, key=rank)


def default_shown_rule(reader: Reader, query: Query) -> Callable[[Record], bool] | None:
    """Return the rule for the query's ``show`` by the reader's own ``listens``; None shows all records."""
    listens = reader.listens
    if listens is None or query.show == "all":
        return None
    servers = query.show == "listening"
    return lambda record: bool(listens(record)) is servers


def _first_position(names: Iterable[str], wanted: Sequence[str]) -> int:
    """Return the smallest index in ``wanted`` of any of the names, 0 if none is there."""
    return min((wanted.index(name) for name in names if name in wanted), default=0)


def _refuse_unknown(query: Query, host: Host) -> None:
    readers = [offer.reader for offer in host.offers()]
    known = {
        "table": {reader.table for reader in readers},
        "family": {family for reader in readers for family in reader.families},
        "protocol": {name for reader in readers for name in (*reader.protocols, *reader.socket_protocols)},
    }
    for what, asked in (("table", query.tables), ("family", query.families), ("protocol", query.protocols)):
        for name in asked:
            if name not in known[what]:
                host.refuse_broken(name)
                raise UsageError(f"unknown {what} {name!r}; known: {', '.join(sorted(known[what]))}")
