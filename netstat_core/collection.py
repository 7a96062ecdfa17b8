"""Everything that the Ansible collection imports from this package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from netstat_core.answers.diff import drift
from netstat_core.answers.listening import NotSeen, closed_on, listening_on, quote
from netstat_core.errors import NetstatError
from netstat_core.facts.gather import gather, plan_facts
from netstat_core.facts.ports import drop_details, listen_ports
from netstat_core.facts.query import facts_query, format_error
from netstat_core.facts.sanitise import safe_text
from netstat_core.host.checker import Checker
from netstat_core.host.discovery import Host
from netstat_core.plugin import Query
from netstat_core.system.archive import unpack_text
from netstat_core.system.snapshot import SnapshotSystem

if TYPE_CHECKING:
    from netstat_core.where.records import Fields

__all__ = [
    "Host",
    "NetstatError",
    "NotSeen",
    "Query",
    "SnapshotSystem",
    "closed_on",
    "drift",
    "drop_details",
    "facts_query",
    "format_error",
    "gather",
    "listen_ports",
    "listening_on",
    "plan_facts",
    "preload_host",
    "quote",
    "safe_text",
    "unpack_text",
    "where",
]


def preload_host() -> Host:
    """Return a host that has compiled the schemas of readers and made a plan, which processes forked later inherit."""
    host = Host()
    for offer in host.offers():
        with suppress(NetstatError):  # a broken plugin: facts report it
            Checker(offer.reader).compile_ahead()
    with suppress(NetstatError):
        plan_facts(facts_query(host), host)
    return host


def where(
    expression: str, records: Sequence[Fields], plain: Callable[[Any], Any] = lambda value: value
) -> list[Fields]:
    """Return the records for which an expression holds; ``plain`` converts values of fields to built-in types.

    Raises UsageError if the expression is invalid for these kinds of records.
    """
    from netstat_core.where.records import select_records  # noqa: PLC0415 - loaded only to filter

    return select_records(expression, records, Host().kinds(), plain)
