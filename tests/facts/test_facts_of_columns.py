"""Facts from batches of columns: the same as from batches of records, of which few are made."""

from __future__ import annotations

from typing import Any

import pytest
from trees import Trees, fixture_names

from netstat_core.facts.builder import FactsBuilder
from netstat_core.facts.gather import demand
from netstat_core.facts.query import facts_query
from netstat_core.facts.sanitise import MOST_RECORDS
from netstat_core.host.discovery import Host
from netstat_core.plugin import batches
from netstat_core.plugin.batches import Batch, Same
from netstat_core.report.run import Ended, Read, Run
from netstat_core.system.snapshot import SnapshotSystem

HOST = Host()
TABLES = ("sockets", "routes", "neighbours", "interfaces", "groups", "statistics", "rules")


def transpose(batch: Batch) -> Batch:
    """Return a batch of columns with the same records; the batch itself if its records differ in their fields."""
    rows = batch.rows()
    if len({tuple(row) for row in rows}) != 1:
        return batch
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    return Batch.of_columns(
        {
            name: Same(column[0]) if column.count(column[0]) == len(column) else column
            for name, column in columns.items()
        },
        len(rows),
    )


def build(tree: Any, shown: str, form: Any) -> tuple[dict[str, Any], int]:
    """Return the facts of a snapshot whose batches were brought into a form, and how many records these had."""
    query = facts_query(HOST, sockets=shown, tables=TABLES)
    run = Run(query, SnapshotSystem(tree), HOST, demands=demand)
    builder = FactsBuilder(run.head)
    seen = 0
    for event in run:
        if isinstance(event, Read):
            seen += len(builder.add(event.reader, form(event.batch)))
        elif isinstance(event, Ended):
            return builder.finish(event.tail), seen
    raise AssertionError("the report has no end")


@pytest.mark.parametrize("shown", ["listening", "all"])
@pytest.mark.parametrize("name", fixture_names("captures"))
def test_the_form_of_batches_does_not_matter(trees: Trees, name: str, shown: str) -> None:
    """Every capture gives the same facts from columns as from records, and the same records are shown."""
    assert build(trees[name], shown, transpose) == build(trees[name], shown, lambda batch: batch)


@pytest.mark.parametrize(
    ("name", "table", "field", "value", "other", "listed"),
    [
        ("captures/tcp-a-6.18", "sockets", "listening", True, False, 0),
        ("captures/routes-a-6.1", "routes", "prefix_length", 0, 24, MOST_RECORDS),
    ],
)
def test_few_records_are_made(  # noqa: PLR0913, PLR0917 - a table and what is wanted of it
    trees: Trees,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    table: str,
    field: str,
    value: Any,
    other: Any,
    listed: int,
) -> None:
    """Of columns no record is made of a connection; of routes those of default routes, and those that are listed."""
    run = Run(facts_query(HOST, sockets="all", tables=[table]), SnapshotSystem(trees[name]), HOST, demands=demand)
    found = ((reader, batch) for reader, batch in run.batches() if reader.table == table)
    reader, batch = next((reader, batch) for reader, batch in found if value in batch.column(field))
    columns: dict[str, Any] = {key: Same(item) for key, item in next(r for r in batch if r[field] == value).items()}
    columns[field] = [value] * 3 + [other] * 4997
    made = []
    rows = batches._Columns.rows

    def count(store: Any) -> Any:
        made.append(len(store))
        return rows(store)

    monkeypatch.setattr(batches._Columns, "rows", count)
    FactsBuilder(run.head).add(reader, Batch.of_columns(columns, 5000))
    assert sum(made) == 3 + listed
