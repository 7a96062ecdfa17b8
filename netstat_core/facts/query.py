"""Make the query for facts from the options of the Ansible collection, Salt and callers in Python."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from netstat_core.errors import UsageError
from netstat_core.plugin.readers import Reader
from netstat_core.query import ARGUMENTS, DETAILS, PRESETS, PROCESSES, Query
from netstat_core.report.selection import includes

if TYPE_CHECKING:
    from netstat_core.host.discovery import Host

ON_REQUEST = ("routes", "neighbours", "masquerade", "multicast_routes", "memory")
"""Tables that are read only if named: their size is unbounded, or few callers want them."""

DEFAULT_ROUTE = "default_route"
"""Pseudo-table: the default routes only."""

READ_ALONG = {"sockets": "local_ports", "routes": "rules"}
"""Tables that decide what those of another table mean: which ports are assigned, and which routing table counts."""

ALL_TABLES = "all"
"""The ``route_table`` of the table ``routes``: only all routing tables together show that there is no route."""

SOCKETS = ("listening", "all")

_OF_SOCKETS = frozenset({"state", "listening", "inode", "processes", "network_namespace"})
NEEDS = {
    "inet.socket": _OF_SOCKETS
    | {"family", "protocol", "local_address", "local_port", "local_addresses", "uid", "v4_mapped", "v6_only"}
    | {"ip_protocol", "interface"},
    "unix.socket": _OF_SOCKETS | {"path", "abstract", "type"},
}
"""Fields of socket records that facts need if the records themselves are not returned."""


def needed_fields(reader: Reader, query: Query) -> frozenset[str] | None:
    """Return the record fields of a reader that facts are built from; None if they need all of them."""
    return NEEDS.get(reader.kind) if query.show == "listening" else None


OPTION_OF = {"network_namespaces": "netns"}
"""Options by the query field they set, if its name differs."""


def format_error(error: Exception) -> str:
    """Return the message of an error, preceded by the option of :func:`facts_query` that it is about."""
    if isinstance(error, UsageError) and error.field:
        return f"{OPTION_OF.get(error.field, error.field)}: {error.message}"
    return str(error)


def facts_query(host: Host, **options: Any) -> Query:
    """Make a query for facts from the readers of a host; see :func:`make_query` for the options and errors.

    The readers of plugins that are left out are selected too, so that the report can say what is missing.
    """
    return make_query([offer.reader for offer in (*host.offers(), *host.left_out_offers())], **options)


def preset_query(host: Host, name: str, **options: Any) -> Query:
    """Make the query of a preset; see :func:`make_query` for the options. Raises UsageError for an unknown preset."""
    preset = PRESETS.get(name)
    if preset is None:
        raise UsageError(f"unknown preset {name!r}; known: {', '.join(PRESETS)}")
    given = {**options, "sockets": preset.show, "who": preset.details and options.get("owners", True)}
    query = facts_query(host, **given)
    if preset.tables:
        query = facts_query(host, **given, tables=tuple(dict.fromkeys((*query.tables, *preset.tables))))
    return query._replace(source=Query().source)  # what text prefers is captured too


def make_query(  # noqa: PLR0913 - one keyword for each option of the facts
    readers: Collection[Reader],
    *,
    sockets: str = "listening",
    families: Sequence[str] = (),
    protocols: Sequence[str] = (),
    tables: Sequence[str] = (),
    where: str | None = None,
    netns: Sequence[str] = (),
    all_netns: bool = False,
    owners: bool = True,
    who: bool = False,
    arguments: bool = False,
) -> Query:
    """Make the query that selects the facts described by the options.

    ``sockets`` is ``listening`` or ``all``. ``families``, ``protocols`` and ``tables`` are names; none selects all,
    of tables all but ON_REQUEST. ``where`` is an expression that records must match. ``netns`` names other network
    namespaces, ``all_netns`` selects all. ``owners`` is whether to find the processes that hold sockets, for which all
    descriptors of the machine are searched; ``who`` adds details of them, ``arguments`` their full command lines.

    Raises UsageError for unknown names, for an invalid expression, and for what needs ``owners`` without it.
    """
    if sockets not in SOCKETS:
        raise UsageError(f"sockets must be one of {', '.join(SOCKETS)}, not {sockets!r}")
    if not owners and (who or arguments):
        raise UsageError("who and arguments describe processes, which are not searched for", "owners")
    query = Query(
        families=tuple(families),
        protocols=tuple(protocols),
        show=sockets,
        required=frozenset(families),
        owners=(PROCESSES, *([DETAILS] if who else []), *([ARGUMENTS] if arguments else [])) if owners else (),
        where=where,
        network_namespaces=tuple(netns),
        all_network_namespaces=all_netns,
        source="netlink",
        bound=sockets == "all",
    )
    selected = _select_tables(query, readers, tables)
    read = tuple(dict.fromkeys("routes" if table == DEFAULT_ROUTE else table for table in selected))
    _check_where(query, [reader for reader in readers if includes(query, reader) and reader.table in read])
    known = {reader.table for reader in readers if includes(query, reader)}
    along = [READ_ALONG[table] for table in read if READ_ALONG.get(table) in known.difference(read)]
    return query._replace(
        tables=(*read, *along),
        default_routes=DEFAULT_ROUTE in selected and "routes" not in selected,
        route_table=ALL_TABLES if "routes" in selected else None,
    )


def _check_where(query: Query, readers: Collection[Reader]) -> None:
    """Raise UsageError for an expression that is invalid, or about processes if no owners are asked for."""
    if query.where is None:
        return
    from netstat_core.where import Where  # noqa: PLC0415 - needed by those who filter

    if "processes" in Where.for_query(query, readers).fields and not query.owners:
        raise UsageError("the expression is about processes, which are not searched for without owners", "where")


def _select_tables(query: Query, readers: Collection[Reader], tables: Sequence[str]) -> list[str]:
    """Return the tables to read. Raises UsageError for names that no reader has."""
    _check_names("family", query.families, {family for reader in readers for family in reader.families})
    _check_names(
        "protocol",
        query.protocols,
        {name for reader in readers for name in (*reader.protocols, *reader.socket_protocols)},
    )
    _check_names("table", tables, {DEFAULT_ROUTE, *(reader.table for reader in readers)})
    serving = {reader.table for reader in readers if includes(query, reader)}
    serving |= {DEFAULT_ROUTE} if "routes" in serving else set()
    missing = [table for table in tables if table not in serving]
    if missing:
        raise UsageError(f"table {missing[0]!r} has no records of the selected families and protocols")
    ordered = dict.fromkeys([*(reader.table for reader in readers if not reader.on_request), DEFAULT_ROUTE])
    return list(tables) or [table for table in ordered if table in serving and table not in ON_REQUEST]


def _check_names(what: str, names: Sequence[str], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise UsageError(f"unknown {what} {name!r}; known: {', '.join(sorted(known))}")
