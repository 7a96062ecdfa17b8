"""Targets for what is written to be checked before it is used: filters of records, and plans of captures."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from feed_targets import _systems
from mutations import mutate_json
from targets import Fault, Target
from trees import Trees

from netstat_core.errors import UsageError
from netstat_core.facts.query import preset_query
from netstat_core.host.discovery import Host
from netstat_core.plugin.schema import published_schema
from netstat_core.query import PRESETS, PROCESSES, Query
from netstat_core.report.plan import plan
from netstat_core.report.run import collect
from netstat_core.system import capture
from netstat_core.where import Where

PAGE = Path(__file__).resolve().parents[2] / "docs/filters.md"
_ROOTS = re.compile(
    r"/proc/(?:(?:self|[0-9]+)/)?net/|/proc/sys/net/|/sys/class/net/|/proc/sys/kernel/osrelease\Z|/proc/stat\Z"
)
_SECRETS = ("stable_secret", "tcp_fastopen_key")


def language_targets() -> Iterator[Target]:
    """Yield the targets of filters and plans."""
    where = _Filter()
    yield Target("where", "language", where.run, where.seeds)
    yield Target("plan", "language", _check, lambda _: _plans(), mutate_json)


class _Filter:
    """Compiles an expression for all kinds of records, and applies it to some of them."""

    def __init__(self) -> None:
        self._records: list[dict[str, Any]] = []

    def seeds(self, trees: Trees) -> list[bytes]:
        """Return the expressions of the page about filters; some records of fixtures are read along."""
        for system in _systems(trees)[:6]:
            report = collect(Query(tables=("sockets", "routes", "interfaces"), owners=(PROCESSES,)), system)
            self._records += [record for records in report["tables"].values() for record in records[:3]]
        found = re.findall(r"`([^`\n]*[=<>(][^`\n]*)`", PAGE.read_text("utf-8"))
        return [text.encode() for text in dict.fromkeys(found)]

    def run(self, data: bytes) -> None:
        """Refuse an expression with UsageError, or give a truth for each record."""
        text = data.decode("utf-8", "surrogateescape")
        for schemas in (_schemas(), {}):
            try:
                where = Where(text, schemas, whole=bool(schemas))
                for record in self._records:
                    if where.rule(record["kind"] if schemas else "")(record) not in (True, False):
                        raise Fault("neither true nor false")
            except UsageError:
                continue


@cache
def _schemas() -> dict[str, Any]:
    return {kind: published_schema(reader) for kind, reader in Host().kinds().items()}


def _plans() -> list[bytes]:
    host = Host()
    plans = [plan(preset_query(host, name), host) for name in PRESETS]
    short = [{**each, "sources": each["sources"][start : start + 12]} for each in plans for start in (0, 24, 48)]
    return [json.dumps(each).encode() for each in short]


def _check(data: bytes) -> None:
    try:
        asked = json.loads(data)
        capture.check(asked)
    except (ValueError, RecursionError):  # Refused is a ValueError
        return
    for source in asked["sources"]:
        path = source.get("path")
        if path is not None and (
            os.path.normpath(path) != path
            or not _ROOTS.match(path)
            or path.endswith(_SECRETS)
            or not path.isprintable()
        ):
            raise Fault(f"a plan may read {path!r}")
