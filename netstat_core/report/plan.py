"""Turn a query into a plan: the data that tells ``capture.py`` what to read, here or on another machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from netstat_core.errors import Refused
from netstat_core.host.allowed import check_needs, plan_entry
from netstat_core.host.discovery import Host, Offer
from netstat_core.host.plugins import describe_error, guard_plugin_code
from netstat_core.owners import control_groups
from netstat_core.plugin.asked import Asked
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sources import REQUIRED, File, Need, NetlinkDump, Source
from netstat_core.plugin.text import Style
from netstat_core.query import ARGUMENTS, CONTEXTS, DETAILS, PROCESSES, Query
from netstat_core.report.selection import Demand, Demands, asked_of, demand_all, feeds_in_order, preferred_feed, select
from netstat_core.system import capture

EVERYTHING = Query(tables=(), owners=(PROCESSES, DETAILS), bound=True)
"""All tables and all sockets with their owners, without the arguments of processes."""

_OF_PROCESS = ("cmdline", "comm", "status")
_CONTEXT = "attr/current"


def demand_text(reader: Reader, query: Query) -> Demand | None:
    """Return the demand of the layouts of a reader in their default style, None if it has none for the query."""
    style = Style(query)
    needs = [layout.needs(style) for layout in reader.layouts.values() if layout.is_used(query)]
    feeds = [layout.feed(query) for layout in reader.layouts.values() if layout.feed]
    return Demand(frozenset().union(*needs), next(iter(feeds), None)) if needs else None


def plan(query: Query, host: Host | None = None, *outputs: Demands, records: Demands = demand_all) -> dict[str, Any]:
    """Return a plan for all that a replay of the query may need, as data for JSON.

    The capture then suffices for ``records``, the demand of every structured format, and for ``outputs``, by default
    the usual text. Sources that readers fall back on are read only if the preferred ones fail (``unless``). A query
    for all tables is extended to all routing tables and the tables that are read on request. Raises UsageError for an
    unknown table, family or protocol.
    """
    host = host or Host()
    on_request = _list_on_request(host)
    offers = {offer.reader: offer for variant in _variants(query, on_request) for offer in select(variant, host)}
    by_position = sorted(offers.values(), key=lambda offer: (not offer.plugin.is_own, offer.reader.position))
    demands = (records, *(outputs or (demand_text,)))
    readers = [offer.reader for offer in by_position if _can_be_read(offer, query, host, demands)]
    planned = _PlannedSources(demands, on_request)
    for reader in readers:
        planned.add(reader, query)
    if DETAILS in query.owners:
        planned.primary[File(control_groups.BOOT_FILE)] = None
    owned = [reader for reader in readers if reader.inode_field]
    owners = "all" if any(_lacks_inode_position(reader, query, demands) for reader in owned) else "wanted"
    return {
        "version": capture.VERSION,
        "byte_order": sys.byteorder,
        "sources": list(_merge(planned)),
        "owners": owners if query.owners and owned else None,
        "descriptors": DETAILS in query.owners,
        "processes": sorted(_process_files(query)),
        "arguments": ARGUMENTS in query.owners,
        "users": True,
        **_namespaces(query),
    }


def _can_be_read(offer: Offer, query: Query, host: Host, demands: Sequence[Demands]) -> bool:
    """True if a capture can read the sources of a reader; a plugin's reader with other sources is refused."""
    if offer.plugin.is_own:
        return True
    try:
        with guard_plugin_code(), host.watch.track(offer.plugin.label):
            planned = _PlannedSources(demands, _list_on_request(host))
            planned.add(offer.reader, query)
            check_needs(offer.reader.feeds[0].name, map(Need, (*planned.primary, *planned.fallback)))
    except Exception as error:
        if isinstance(error, Refused) and offer.may_refuse(query):
            raise
        host.refuse(offer, describe_error(error))
        return False
    return True


def _namespaces(query: Query) -> dict[str, Any]:
    """Return the keys of a plan for the network namespaces that are read besides the capture's own."""
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


def _list_on_request(host: Host) -> Sequence[str]:
    """Return the tables that are read only if they are named, of the plugins in use."""
    return [*dict.fromkeys(offer.reader.table for offer in host.offers() if offer.reader.on_request)]


def _variants(query: Query, on_request: Sequence[str]) -> Iterator[Query]:
    """Yield the query, and the further queries that a replay of its capture may run."""
    yield query
    if not query.tables:
        yield query._replace(route_table="all")
        yield from (query._replace(tables=(table,)) for table in on_request)
    elif query.route_table == "all":  # text reads the main table alone from another source
        yield query._replace(route_table=None)


class _PlannedSources:
    """The sources of some readers: ``primary`` those of the preferred feeds, ``fallback`` the others.

    ``fallback`` maps a source to the names of the primary sources whose failure makes it necessary. ``on_request`` are
    the tables that a query for all leaves out.
    """

    def __init__(self, demands: Sequence[Demands], on_request: Sequence[str]) -> None:
        self._demands = demands
        self._on_request = on_request
        self.primary: dict[Source, None] = {}
        self.fallback: dict[Source, dict[str, None]] = {}

    def add(self, reader: Reader, query: Query) -> None:
        """Add all sources of a reader that any output needs."""
        for variant in _variants(query, self._on_request):
            for demand in filter(None, (demands(reader, variant) for demands in self._demands)):
                self._add_feeds(reader, variant, demand)

    def _add_feeds(self, reader: Reader, query: Query, demand: Demand) -> None:
        asked = asked_of(query, demand.fields)
        feeds = feeds_in_order(reader, asked, preferred_feed(query, demand))
        first, *others = [needs for feed in feeds if (needs := _feed_needs(feed, asked))] or [[]]
        self.primary.update(dict.fromkeys(source for need in first for source in _with_signs(need)))
        needed = [need.source.name for need in first if need.absence == REQUIRED]
        for source in chain.from_iterable(map(_with_signs, chain.from_iterable(others))):
            self.fallback.setdefault(source, {}).update(dict.fromkeys(needed))


def _with_signs(need: Need) -> list[Source]:
    """Return the source of a need behind the files that may show that it is empty, which are read before it."""
    return [*(sign.file for sign in need.signs), need.source]


def _feed_needs(feed: Feed, asked: Asked) -> list[Need]:
    return [need for need in feed.needs(asked) if need is not None]


def _lacks_inode_position(reader: Reader, query: Query, demands: Sequence[Demands]) -> bool:
    """True if no source of the reader declares where inodes stand, so the capture must keep every owner."""
    planned = _PlannedSources(demands, ())
    planned.add(reader, query)
    return all(_inode_position(source) is None for source in (*planned.primary, *planned.fallback))


def _inode_position(source: Source) -> int | None:
    if isinstance(source, NetlinkDump):
        return source.inode_at
    return source.inode_column if isinstance(source, File) else None


def _merge(planned: _PlannedSources) -> Iterator[dict[str, Any]]:
    """Yield the plan entry of each path and request once; a dump is left out if the plan has a wider one."""
    merged: dict[Any, dict[str, Any]] = {}
    sources = [*planned.primary, *planned.fallback]
    dumps = [source for source in sources if isinstance(source, NetlinkDump)]
    all_dumps = {(dump.name, dump.body) for dump in dumps}
    primary_dumps = {(dump.name, dump.body) for dump in dumps if dump in planned.primary}
    wider = {
        dump.name: next(name for name, body in dump.wider if (name, body) in all_dumps)
        for dump in dumps
        if all_dumps.intersection(dump.wider)
    }
    for source in sources:
        entry = plan_entry(source)
        if source not in planned.primary:
            entry["unless"] = [wider.get(name, name) for name in planned.fallback[source]]
        if not isinstance(source, NetlinkDump):
            first = merged.setdefault(entry["path"], entry)
            if first.get("keep") != entry.get("keep"):
                first.pop("keep", None)
            first.update({"dated": True} if "dated" in entry else {})
        elif not (primary_dumps if source in planned.primary else all_dumps).intersection(source.wider):
            merged.setdefault((source.name, source.body), entry)
    return iter(merged.values())
