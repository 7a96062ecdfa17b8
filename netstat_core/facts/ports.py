"""The facts of the Ansible module ``community.general.listen_ports_facts``, for playbooks written for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from netstat_core.facts.sanitise import safe
from netstat_core.plugin.records import Process, Record

_TABLES = ("listening", "unix_listening")
FACTS = {"tcp": "tcp_listen", "udp": "udp_listen"}
_NOBODY = {"pid": 0, "name": "", "uid": None, "started_at": None}


def listen_ports(
    sockets: Iterable[Record], user: Callable[[int], str], covered: Collection[str] = tuple(FACTS)
) -> dict[str, list[dict[str, Any]]]:
    """Return ``tcp_listen`` and ``udp_listen``: one row for each process that listens on an address and port.

    ``covered`` are the protocols that were read completely; a list that may be empty only because its protocol was not
    read is left out.

    Pass records of kind ``inet.socket`` (others are ignored), and a function from a user id to a name. A socket whose
    processes are unknown has one row with pid 0 and an empty name. ``stime`` is UTC; it is empty unless the records
    hold the start of processes, as those of a query with DETAILS do.
    """
    facts: dict[str, list[dict[str, Any]]] = {name: [] for name in FACTS.values()}
    seen = set()
    for socket in sockets:
        if socket["kind"] != "inet.socket" or not socket["listening"] or socket["protocol"] not in FACTS:
            continue
        for row in _make_rows(socket, user):
            if tuple(row.values()) not in seen:
                seen.add(tuple(row.values()))
                facts[FACTS[socket["protocol"]]].append(row)
    return {name: facts[name] for protocol, name in FACTS.items() if facts[name] or protocol in covered}


def drop_details(facts: dict[str, Any], *, arguments: bool) -> None:
    """Remove from facts the details of processes, which were read for ``stime`` alone.

    With ``arguments``, which are in the same list, its processes keep the fields that every process has.
    """
    places = [facts, *facts.get("namespaces", {}).values()]
    for entry in (entry for place in places for table in _TABLES for entry in place.get(table, {}).values()):
        owners = entry.pop("owners", ())
        if arguments:
            entry["owners"] = [{key: process[key] for key in Process.__annotations__} for process in owners]


def _make_rows(socket: Record, user: Callable[[int], str]) -> Iterator[dict[str, Any]]:
    for process in socket["processes"] or [_NOBODY]:
        uid = process["uid"]
        row = {
            "address": f"::ffff:{socket['local_address']}" if socket["v4_mapped"] else socket["local_address"],
            "port": socket["local_port"],
            "protocol": socket["protocol"],
            "name": process["name"] or "",
            "pid": process["pid"],
            "user": "" if uid is None else user(uid),
            "stime": _format_start(process.get("started_at")),
        }
        yield safe(row)


def _format_start(started_at: str | None) -> str:
    """Format an ISO 8601 time as ``ps -o lstart`` does, such as ``Sat Nov 21 09:05:03 2026``."""
    return (
        datetime.fromisoformat(started_at.replace("Z", "+00:00")).strftime("%a %b %e %H:%M:%S %Y") if started_at else ""
    )
