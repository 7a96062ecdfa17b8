"""Everything that the Ansible collection imports from this package."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from netstat_core.answers.diff import drift
from netstat_core.answers.listening import NotSeen, closed_on, listening_on, quote
from netstat_core.errors import NetstatError
from netstat_core.facts.gather import gather, plan_facts
from netstat_core.facts.ports import listen_ports
from netstat_core.facts.query import facts_query, format_error
from netstat_core.facts.sanitise import safe_text
from netstat_core.host.checker import Checker
from netstat_core.host.discovery import Host
from netstat_core.plugin import Query, Reader
from netstat_core.system.archive import unpack_text
from netstat_core.system.snapshot import SnapshotSystem

if TYPE_CHECKING:
    from netstat_core.report.where import Where

__all__ = [
    "Host",
    "NetstatError",
    "NotSeen",
    "Query",
    "SnapshotSystem",
    "closed_on",
    "drift",
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
    """Return a host with the schemas of all readers compiled, which processes forked later inherit."""
    host = Host()
    for offer in host.offers():
        with suppress(NetstatError):  # a broken plugin: facts report it
            Checker(offer.reader)
    return host


def where(expression: str, readers: Iterable[Reader]) -> Where:
    """Return the filter on the readers' records that an expression describes. Raises UsageError if it is invalid."""
    from netstat_core.report.where import Where  # noqa: PLC0415 - its library is loaded only to filter

    return Where(expression, readers)
