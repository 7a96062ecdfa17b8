"""The one door through which the Ansible collection comes: all that it takes from this package."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from netstat_core.answers.diff import drift
from netstat_core.answers.listening import brief, listening_on
from netstat_core.errors import NetstatError
from netstat_core.facts.gather import gather, plan_facts
from netstat_core.facts.ports import listen_ports
from netstat_core.facts.query import facts_query, worded
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
    "Query",
    "SnapshotSystem",
    "brief",
    "drift",
    "facts_query",
    "gather",
    "listen_ports",
    "listening_on",
    "plan_facts",
    "safe_text",
    "unpack_text",
    "warmed_host",
    "where",
    "worded",
]


def warmed_host() -> Host:
    """A host with the schemas of all readers made, so that processes forked later need not make them again."""
    host = Host()
    for offer in host.offers():
        with suppress(NetstatError):  # a broken plugin, which facts tell of
            Checker(offer.reader)
    return host


def where(expression: str, readers: Iterable[Reader]) -> Where:
    """A filter on the records of some readers; raises UsageError for what is none."""
    from netstat_core.report.where import Where  # noqa: PLC0415 - its library is loaded for those who filter

    return Where(expression, readers)
