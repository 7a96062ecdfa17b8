"""Filter records of any origin: of several kinds, from facts or saved JSON, with or without their kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from netstat_core.errors import UsageError
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.schema import Schema, published_schema
from netstat_core.where import Where

Fields = Mapping[str, Any]

_ADDED = frozenset({"host", "captured_at"})
"""Fields that outputs of several hosts add to records of every kind."""


def select_records(
    expression: str,
    records: Sequence[Fields],
    readers: Mapping[str, Reader],
    plain: Callable[[Any], Any] = lambda value: value,
) -> list[Fields]:
    """Return the records for which an expression holds, in their order.

    ``readers`` are those of all kinds. A record without ``kind`` is checked as the kinds that have all of its
    fields; if there are none, the fields that such records have can be used. ``plain`` converts values of fields to
    built-in types.

    Raises UsageError for an invalid expression, and for a record of an unknown kind.
    """
    kinds = _Kinds(readers)
    found = [kinds.find(record) for record in records]
    schemas = {kind: kinds.schemas[kind] for kind in {kind for some in found for kind in some} or readers}
    strangers = [record for record, some in zip(records, found, strict=True) if not some]
    if strangers:
        schemas[""] = _schema_of(strangers)
    where = Where(expression, schemas)
    rules = {kind: where.rule(kind) for kind in schemas}

    def holds(record: Fields, some: Iterable[str]) -> bool:
        values = {name: plain(record[name]) for name in where.fields & record.keys()}
        return any(rules[kind](values) for kind in some)

    return [record for record, some in zip(records, found, strict=True) if holds(record, some or [""])]


class _Kinds:
    """Finds the kinds that records may be of."""

    def __init__(self, readers: Mapping[str, Reader]) -> None:
        self.schemas = {kind: published_schema(reader) for kind, reader in readers.items()}
        self._by_fields: dict[frozenset[str], list[str]] = {}

    def find(self, record: Fields) -> list[str]:
        """Return the kind that a record names, or those that have all of its fields."""
        kind = record.get("kind")
        if isinstance(kind, str):
            if kind not in self.schemas:
                raise UsageError(f"no installed plugin reads records of kind {kind}", field="where")
            return [kind]
        names = frozenset(record.keys() - _ADDED)
        if names not in self._by_fields:
            kinds = [kind for kind, schema in self.schemas.items() if names <= schema["properties"].keys()]
            self._by_fields[names] = kinds
        return self._by_fields[names]


def _schema_of(records: Iterable[Fields]) -> Schema:
    """Return a schema that has the fields of some records, of any type."""
    return {"type": "object", "properties": {name: {} for record in records for name in record}}
