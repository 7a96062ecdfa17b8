"""The facts of Ansible's ``listen_ports_facts``, for playbooks that were written for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from netstat_core.facts.sanitise import safe
from netstat_core.plugin.records import Record

FACTS = {"tcp": "tcp_listen", "udp": "udp_listen"}
_NOBODY = {"pid": 0, "name": "", "uid": None, "started_at": None}


def listen_ports(sockets: Iterable[Record], user: Callable[[int], str]) -> dict[str, list[dict[str, Any]]]:
    """``tcp_listen`` and ``udp_listen``: a row for each process that listens on an address and port.

    A socket whose processes are not known has one row, with pid 0 and without a name. ``stime`` is UTC, and empty
    unless records tell when processes started.
    """
    facts: dict[str, list[dict[str, Any]]] = {name: [] for name in FACTS.values()}
    seen = set()
    for socket in sockets:
        if socket["kind"] != "inet.socket" or not socket["listening"] or socket["protocol"] not in FACTS:
            continue
        for row in _rows(socket, user):
            if tuple(row.values()) not in seen:
                seen.add(tuple(row.values()))
                facts[FACTS[socket["protocol"]]].append(row)
    return facts


def _rows(socket: Record, user: Callable[[int], str]) -> Iterator[dict[str, Any]]:
    for process in socket["processes"] or [_NOBODY]:
        uid = process["uid"]
        row = {
            "address": f"::ffff:{socket['local_address']}" if socket["v4_mapped"] else socket["local_address"],
            "port": socket["local_port"],
            "protocol": socket["protocol"],
            "name": process["name"] or "",
            "pid": process["pid"],
            "user": "" if uid is None else user(uid),
            "stime": _as_ps(process.get("started_at")),
        }
        yield safe(row)


def _as_ps(started_at: str | None) -> str:
    """A time as ``ps -o lstart`` writes it."""
    return (
        datetime.fromisoformat(started_at.replace("Z", "+00:00")).strftime("%a %b %e %H:%M:%S %Y") if started_at else ""
    )
