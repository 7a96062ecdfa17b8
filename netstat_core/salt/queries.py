"""Make queries from arguments as Salt passes them: numbers, lists or comma-separated strings."""

from __future__ import annotations

from typing import Any

from netstat_core.errors import UsageError
from netstat_core.facts.query import facts_query, preset_query
from netstat_core.host.discovery import Host
from netstat_core.query import Query
from netstat_core.report.plan import EVERYTHING


def make_query(host: Host, options: dict[str, Any]) -> Query:
    """Make the query of a function from its arguments. Raises UsageError for arguments of the wrong form."""
    lists = {name: _split(options.get(name)) for name in ("tables", "families", "protocols", "netns")}
    all_netns = lists["netns"] == ["all"]
    return facts_query(
        host,
        **(lists | ({"netns": []} if all_netns else {})),
        all_netns=all_netns,
        sockets=str(options.get("sockets", "listening")),
        where=to_text(options.get("where")),
        owners=bool(options.get("owners", True)),
        who=bool(options.get("who")),
        arguments=bool(options.get("arguments")),
    )


def make_capture_query(host: Host, options: dict[str, Any], preset: str | None) -> Query:
    """Make the query of a capture: of a preset, of what the options select, or of everything if they select nothing."""
    query = make_query(host, options)
    if options["sockets"] != "all" or any(options[name] for name in ("tables", "protocols", "families")):
        if preset is not None:
            raise UsageError("preset does not go with tables, protocols, families and sockets")
        return query
    chosen = EVERYTHING if preset is None else preset_query(host, str(preset))
    owners = tuple(dict.fromkeys((*chosen.owners, *query.owners))) if query.owners else ()
    return chosen._replace(
        owners=owners,
        network_namespaces=query.network_namespaces,
        all_network_namespaces=query.all_network_namespaces,
    )


def to_text(value: Any) -> str | None:
    """Return a value as text, None as None: Salt makes numbers of what looks like one."""
    return None if value is None else str(value)


def _split(names: Any) -> list[str]:
    if isinstance(names, (list, tuple)):
        return [str(name) for name in names]
    return [name.strip() for name in str(names or "").split(",") if name.strip()]
