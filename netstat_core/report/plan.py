"""From a query to a plan: the data that ``capture.py`` is given, here or on another machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from netstat_core.errors import Refused
from netstat_core.host.allowed import checked_needs, plan_entry
from netstat_core.host.discovery import Host, Offer
from netstat_core.host.plugins import contained, described
from netstat_core.owners import control_groups
from netstat_core.plugin.asked import Asked
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sources import REQUIRED, File, Need, NetlinkDump, Source
from netstat_core.plugin.text import Style
from netstat_core.query import ARGUMENTS, CONTEXTS, DETAILS, PROCESSES, ROUTE_CACHE, Query
from netstat_core.report.selection import Demand, Demands, asked_of, demand_all, feeds_in_order, preferred_feed, select
from netstat_core.system import capture

EVERYTHING = Query(tables=(), owners=(PROCESSES, DETAILS))
"""All tables, all sockets, and who holds them, without the arguments of processes."""

_OF_PROCESS = ("cmdline", "comm", "status")
_CONTEXT = "attr/current"


def demand_text(reader: Reader, query: Query) -> Demand | None:
    """What the layouts that a reader brings take, as they look where no option changes that."""
    style = Style(query)
    needs = [layout.needs(style) for layout in reader.layouts.values() if layout.is_used(query)]
    feeds = [layout.feed(query) for layout in reader.layouts.values() if layout.feed]
    return Demand(frozenset().union(*needs), next(iter(feeds), None)) if needs else None


def plan(query: Query, host: Host | None = None, *outputs: Demands, records: Demands = demand_all) -> dict[str, Any]:
    """The plan that reads all a replay of the query may need, as plain data.

    The sources that readers fall back on are read only where what they prefer fails (``unless``).

    What is recorded suffices for ``records``, which is every structured format, and for ``outputs``, where none are
    given for the usual text. A query for all tables is extended to all routing tables and the route cache. Raises
    UsageError for a query that names nothing known.
    """
    host = host or Host()
    offers = {offer.reader: offer for variant in _variants(query) for offer in select(variant, host)}
    by_position = sorted(offers.values(), key=lambda offer: (not offer.plugin.is_own, offer.reader.position))
    demands = (records, *(outputs or (demand_text,)))
    readers = [offer.reader for offer in by_position if _can_be_read(offer, query, host, demands)]
    wishes = _Wishes(demands)
    for reader in readers:
        wishes.add(reader, query)
    if DETAILS in query.owners:
        wishes.first[File(control_groups.BOOT_FILE)] = None
    owned = [reader for reader in readers if reader.inode_field]
    owners = "all" if any(_hides_inodes(reader, query, demands) for reader in owned) else "wanted"
    return {
        "version": capture.VERSION,
        "byte_order": sys.byteorder,
        "sources": list(_merged(wishes)),
        "owners": owners if query.owners and owned else None,
        "descriptors": DETAILS in query.owners,
        "processes": sorted(_process_files(query)),
        "arguments": ARGUMENTS in query.owners,
        "users": True,
        **_namespaces(query),
    }


def _can_be_read(offer: Offer, query: Query, host: Host, demands: Sequence[Demands]) -> bool:
    """Whether a capture can read for a reader; what it cannot read for one of others costs that reader only."""
    if offer.plugin.is_own:
        return True
    try:
        with contained(), host.watch.over(offer.plugin.label):
            wishes = _Wishes(demands)
            wishes.add(offer.reader, query)
            checked_needs(offer.reader.feeds[0].name, map(Need, (*wishes.first, *wishes.instead)))
    except Exception as error:
        if isinstance(error, Refused) and offer.may_refuse(query):
            raise
        host.refuse(offer, described(error))
        return False
    return True


def _namespaces(query: Query) -> dict[str, Any]:
    """Which namespaces are read besides the capture's own."""
    selectors = ["all"] if query.all_network_namespaces else list(query.network_namespaces)
    return {"namespaces": selectors, "namespace_limit": query.namespace_limit} if selectors else {}


def _process_files(query: Query) -> set[str]:
    if not query.owners:
        return set()
    return {
        *_OF_PROCESS,
        *((_CONTEXT,) if CONTEXTS in query.owners else ()),
        *(control_groups.FILES if DETAILS in query.owners else ()),
    }


def _variants(query: Query) -> Iterator[Query]:
    """The queries that a replay may put to the capture of this one."""
    yield query
    if not query.tables:
        yield query._replace(route_table="all")
        yield query._replace(tables=(ROUTE_CACHE,))


class _Wishes:
    """The sources of some readers: those of the feeds that a replay takes, and the others for when those fail."""

    def __init__(self, demands: Sequence[Demands]) -> None:
        self._demands = demands
        self.first: dict[Source, None] = {}
        self.instead: dict[Source, dict[str, None]] = {}

    def add(self, reader: Reader, query: Query) -> None:
        """All sources of a reader, as each output needs them."""
        for variant in _variants(query):
            for demand in filter(None, (each(reader, variant) for each in self._demands)):
                self._add_feeds(reader, variant, demand)

    def _add_feeds(self, reader: Reader, query: Query, demand: Demand) -> None:
        asked = asked_of(query, demand.fields)
        feeds = feeds_in_order(reader, asked, preferred_feed(query, demand))
        first, *others = [needs for feed in feeds if (needs := _of_feed(feed, asked))] or [[]]
        self.first.update(dict.fromkeys(need.source for need in first))
        needed = [need.source.name for need in first if need.absence == REQUIRED]
        for need in chain.from_iterable(others):
            self.instead.setdefault(need.source, {}).update(dict.fromkeys(needed))


def _of_feed(feed: Feed, asked: Asked) -> list[Need]:
    return [need for need in feed.needs(asked) if need is not None]


def _hides_inodes(reader: Reader, query: Query, demands: Sequence[Demands]) -> bool:
    """True if no source of the reader declares where inodes stand, so the capture must keep every owner."""
    wishes = _Wishes(demands)
    wishes.add(reader, query)
    return all(_inode_place(source) is None for source in (*wishes.first, *wishes.instead))


def _inode_place(source: Source) -> int | None:
    if isinstance(source, NetlinkDump):
        return source.inode_at
    return source.inode_column if isinstance(source, File) else None


def _merged(wishes: _Wishes) -> Iterator[dict[str, Any]]:
    """Each path and request once; a dump is left out where a wider one is there."""
    merged: dict[Any, dict[str, Any]] = {}
    sources = [*wishes.first, *wishes.instead]
    wanted = {(one.name, one.body) for one in wishes.first if isinstance(one, NetlinkDump)}
    known = wanted.union((one.name, one.body) for one in wishes.instead if isinstance(one, NetlinkDump))
    wider = {
        one.name: next(name for name, body in one.wider if (name, body) in known)
        for one in sources
        if isinstance(one, NetlinkDump) and known.intersection(one.wider)
    }
    for source in sources:
        wish = plan_entry(source)
        if source not in wishes.first:
            wish["unless"] = [wider.get(name, name) for name in wishes.instead[source]]
        if not isinstance(source, NetlinkDump):
            first = merged.setdefault(wish["path"], wish)
            if first.get("keep") != wish.get("keep"):
                first.pop("keep", None)
        elif not (wanted if source in wishes.first else known).intersection(source.wider):
            merged.setdefault((source.name, source.body), wish)
    return iter(merged.values())
