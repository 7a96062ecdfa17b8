"""What facts are made from: the query behind their options."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from netstat_core.errors import UsageError
from netstat_core.plugin.readers import Reader
from netstat_core.query import ARGUMENTS, DETAILS, PROCESSES, Query

if TYPE_CHECKING:
    from netstat_core.host.discovery import Host

ON_REQUEST = ("routes", "neighbours", "masquerade", "multicast_routes", "memory")
"""Tables that are read only where they are named: they have no bound, or few want them."""

DEFAULT_ROUTE = "default_route"
"""In the place of a table: of the routes only those that all the rest goes by."""

ALL_TABLES = "all"
"""Routing tables behind the table ``routes`` of facts: that no route leads somewhere takes a look at all of them."""

SOCKETS = ("listening", "all")

_OF_SOCKETS = frozenset({"state", "listening", "inode", "processes", "network_namespace"})
NEEDS = {
    "inet.socket": _OF_SOCKETS
    | {"family", "protocol", "local_address", "local_port", "local_addresses", "uid", "v4_mapped", "v6_only"}
    | {"ip_protocol"},
    "unix.socket": _OF_SOCKETS | {"path", "abstract", "type"},
}
"""What facts take of sockets that nobody asked to see themselves."""


def takes(reader: Reader, query: Query) -> frozenset[str] | None:
    """The record fields that facts are made of; all of them of what is in the facts itself."""
    return NEEDS.get(reader.kind) if query.show == "listening" else None


OPTION_OF = {"network_namespaces": "netns"}
"""The options of facts by the fields of a query, where they are called otherwise."""


def worded(error: Exception) -> str:
    """An error in the words of tasks and states, whose options make the query."""
    if isinstance(error, UsageError) and error.field:
        return f"{OPTION_OF.get(error.field, error.field)}: {error.message}"
    return str(error)


def facts_query(host: Host, **options: Any) -> Query:
    """The query that gives the facts asked for; :func:`query_for` tells the options. Raises UsageError as it does."""
    return query_for([offer.reader for offer in host.offers()], **options)


def query_for(  # noqa: PLR0913 - one keyword for each option of the facts
    readers: Collection[Reader],
    *,
    sockets: str = "listening",
    families: Sequence[str] = (),
    protocols: Sequence[str] = (),
    tables: Sequence[str] = (),
    where: str | None = None,
    netns: Sequence[str] = (),
    all_netns: bool = False,
    who: bool = False,
    arguments: bool = False,
) -> Query:
    """The query of some readers that gives the facts asked for; no tables stands for all that are bounded.

    Raises UsageError for what names nothing known.
    """
    if sockets not in SOCKETS:
        raise UsageError(f"sockets is one of {' and '.join(SOCKETS)}, not {sockets!r}")
    query = Query(
        families=tuple(families),
        protocols=tuple(protocols),
        show=sockets,
        required=frozenset(families),
        owners=(PROCESSES, *([DETAILS] if who else []), *([ARGUMENTS] if arguments else [])),
        where=where,
        network_namespaces=tuple(netns),
        all_network_namespaces=all_netns,
        source="netlink",
    )
    wanted = _wanted(query, readers, tables)
    read = tuple(dict.fromkeys("routes" if table == DEFAULT_ROUTE else table for table in wanted))
    if where is not None:
        from netstat_core.report.where import Where  # noqa: PLC0415 - its library is loaded for those who filter

        serving = [reader for reader in readers if query.includes(reader.families, reader.protocols)]
        Where(where, [reader for reader in serving if reader.table in read])
    return query._replace(
        tables=read,
        default_routes=DEFAULT_ROUTE in wanted and "routes" not in wanted,
        route_table=ALL_TABLES if "routes" in wanted else None,
    )


def _wanted(query: Query, readers: Collection[Reader], tables: Sequence[str]) -> list[str]:
    """The tables to read; raises UsageError for what nobody has."""
    _check("family", query.families, {one for reader in readers for one in reader.families})
    _check("protocol", query.protocols, {one for reader in readers for one in reader.protocols})
    _check("table", tables, {DEFAULT_ROUTE, *(reader.table for reader in readers)})
    serving = {reader.table for reader in readers if query.includes(reader.families, reader.protocols)}
    serving |= {DEFAULT_ROUTE} if "routes" in serving else set()
    missing = [table for table in tables if table not in serving]
    if missing:
        raise UsageError(f"table {missing[0]!r} has nothing of the families and protocols asked for")
    ordered = dict.fromkeys([*(reader.table for reader in readers if not reader.on_request), DEFAULT_ROUTE])
    return list(tables) or [table for table in ordered if table in serving and table not in ON_REQUEST]


def _check(what: str, names: Sequence[str], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise UsageError(f"unknown {what} {name!r}; known: {', '.join(sorted(known))}")
