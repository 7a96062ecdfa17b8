"""A reader that is asked for one field fills it as in the whole record: no field depends on another being asked for."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from trees import FIXTURES, fixture_names

from netstat_core import Query
from netstat_core.host.discovery import Host
from netstat_core.query import PROCESSES
from netstat_core.report.run import Run
from netstat_core.report.selection import Demand
from netstat_core.system.snapshot import SnapshotSystem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from trees import Trees

    from netstat_core.plugin import Reader

PACKED = sorted(path.stem for path in (FIXTURES / "netlink").glob("*.txt"))
FOLDERS = [*fixture_names("captures"), "examples/masq", "examples/route", "examples/route20"]

MISSING = "missing"

Columns = dict[str, dict[str, list[Any]]]
"""The values of all records by reader and field."""


@cache
def host() -> Host:
    """Return the plugins, which are loaded once."""
    return Host()


def read(path: Path, demand: Callable[[Reader], Demand | None]) -> Columns:
    """Return what the readers give of a capture."""
    tables = tuple(dict.fromkeys(offer.reader.table for offer in host().offers()))
    query = Query(tables=tables, route_table="all", show="all", owners=(PROCESSES,))
    columns: Columns = defaultdict(lambda: defaultdict(list))
    for reader, batch in Run(
        query, SnapshotSystem(str(path)), host(), demands=lambda reader, _query: demand(reader)
    ).batches():
        for record in batch:
            for name in reader.record.__annotations__:
                columns[reader.name][name].append(record.get(name, MISSING))
    return columns


def check(path: Path) -> None:
    """Ask for each field alone that has a value anywhere in the capture, and compare."""
    whole = read(path, lambda _reader: Demand())
    known = {
        reader: {name for name, values in fields.items() if any(value not in (None, []) for value in values)}
        for reader, fields in whole.items()
    }
    different = set()
    for field in sorted(set().union(*known.values())):
        asking = {reader for reader, names in known.items() if field in names}
        alone = read(path, lambda reader: Demand(frozenset({field})) if reader.name in asking else None)  # noqa: B023
        different |= {f"{name}.{field}" for name in asking if alone[name][field] != whole[name][field]}
    assert not different, sorted(different)


@pytest.mark.parametrize("name", PACKED)
def test_each_field_of_packed_captures(name: str) -> None:
    """Replies of netlink give each field without the others."""
    check(FIXTURES / f"netlink/{name}.txt")


@pytest.mark.parametrize("name", FOLDERS)
def test_each_field_of_files(name: str, trees: Trees) -> None:
    """Files give each field without the others."""
    check(trees[name])
