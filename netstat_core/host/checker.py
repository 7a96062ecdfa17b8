"""Records held against their schema, a batch at a time."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from netstat_core.errors import PluginError, SchemaViolation
from netstat_core.escape import escape, one_line
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import GREATEST_INTEGER, LEAST_INTEGER, Record
from netstat_core.plugin.schema import Schema, reader_schema, schema_of

Validity = Callable[[Any], bool]

LONGEST_SHOWN = 200
"""Bytes of a rejected value that a report quotes."""

_MOST_EXPLAINED = 100
"""Records of one reader whose mismatch is looked into; each takes a millisecond."""


class Checker:
    """Holds batches of records against one reader's schema, with jsonschema-rs where it is installed.

    Of what a running kernel told, the numbers that it has 64 bits for need not be compared: ``is_live``.
    """

    def __init__(self, reader: Reader, *, is_live: bool = False) -> None:
        declared = reader_schema(reader)
        self._schema = _of_declared_families(declared, reader)
        self._reader = reader
        if isinstance(reader.record, Mapping):
            self._batch = _validity(_many(self._schema))
        elif self._schema is declared:
            self._batch = _validity_of(reader.record, is_live)
        else:
            self._batch = _validity(_many(_quickened(self._schema)))
        self._single: Validity | None = None
        self._explained = 0

    def check(self, records: list[Record], feed: str, plugin: str) -> tuple[list[Record], list[SchemaViolation]]:
        """The records that match, and for each of the others why it does not; order is kept."""
        try:
            if self._batch(records):
                return records, []
        except (ValueError, TypeError):
            pass
        return self._one_by_one(records, f"plugin {plugin}, reader {self._reader.name}, feed {feed}")

    def _one_by_one(self, records: list[Record], origin: str) -> tuple[list[Record], list[SchemaViolation]]:
        if self._single is None:
            self._single = _validity(self._schema)
        good: list[Record] = []
        violations = []
        for record in records:
            try:
                fits = self._single(record)
            except (ValueError, TypeError):
                fits = False
            if fits:
                good.append(record)
            else:
                violations.append(SchemaViolation(f"{origin}, kind {self._reader.kind}: {self._explain(record)}"))
        return good, violations

    def _explain(self, record: Record) -> str:
        from jsonschema import Draft202012Validator  # noqa: PLC0415 - 60 ms that only a broken plugin pays
        from jsonschema.exceptions import best_match  # noqa: PLC0415

        self._explained += 1
        if self._explained > _MOST_EXPLAINED:
            return "as others before"
        error = best_match(Draft202012Validator(self._schema).iter_errors(record))
        if error is None:
            return "a value that is no plain data"
        where = ".".join(str(step) for step in error.absolute_path) or "record"
        value = escape(_shown(error.instance).encode("utf-8", "backslashreplace")[:LONGEST_SHOWN])
        return f"field {where}: {error.validator} {_brief(error.validator_value)} does not hold for {value}"


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # Python writes no integers of thousands of digits
        return "a number without end"


@functools.cache
def _validity_of(record: type, is_live: bool) -> Validity:  # noqa: FBT001 - a key of the cache
    """Whether a list of records of a type is valid; several readers share a type."""
    quick = _quickened(schema_of(record))
    return _validity(_many(_unbounded(quick) if is_live else quick))


def _of_declared_families(schema: Schema, reader: Reader) -> Schema:
    """A schema of sockets whose family is one that the reader declares, where the record's type does not say it."""
    family = schema.get("properties", {}).get("family")
    if reader.table != "sockets" or not reader.families or not family or {"enum", "const"} & set(family):
        return schema
    narrowed = {**family, "enum": [*reader.families]}
    return {**schema, "properties": {**schema["properties"], "family": narrowed}}


def _many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _quickened(schema: Any) -> Any:
    """An equivalent schema that is checked faster, of one derived from a type: it has no references and no patterns.

    Where an object allows no further properties and requires all it has, it is enough to count them.
    """
    if not isinstance(schema, dict):
        return [_quickened(one) for one in schema] if isinstance(schema, list) else schema
    quick = {key: value if key in _VALUES else _quickened(value) for key, value in schema.items() if key[0] != "$"}
    properties = quick.get("properties", {})
    if quick.get("additionalProperties") is False and set(quick.get("required", ())) == set(properties):
        del quick["required"]
        quick["minProperties"] = len(properties)
    return quick


def _unbounded(schema: Any) -> Any:
    """A schema without the bounds that all numbers have."""
    if not isinstance(schema, dict):
        return [_unbounded(one) for one in schema] if isinstance(schema, list) else schema
    bounds = {"minimum": LEAST_INTEGER, "maximum": GREATEST_INTEGER}
    rest = {key: value for key, value in schema.items() if key not in bounds or value != bounds[key]}
    return {key: value if key in _VALUES else _unbounded(value) for key, value in rest.items()}


_VALUES = frozenset({"const", "enum", "required", "description"})
"""Keywords whose value is no schema."""


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."


def _validity(schema: Schema) -> Validity:
    """A fast answer to whether a value matches; raises PluginError for what is no schema."""
    try:
        import jsonschema_rs  # noqa: PLC0415 - optional: not built for every machine
    except ImportError:
        return _slow_validity(schema)
    try:
        valid: Validity = jsonschema_rs.validator_for(schema).is_valid
    except ValueError as error:
        raise PluginError(f"not a JSON Schema: {one_line(str(error))}") from error
    return valid


def check_schema(schema: Schema) -> None:
    """Raise PluginError, in one line, for what is no schema."""
    _validity(schema)


def _slow_validity(schema: Schema) -> Validity:
    from jsonschema import Draft202012Validator, SchemaError, validators  # noqa: PLC0415 - only without jsonschema-rs

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise PluginError(f"not a JSON Schema: {one_line(str(error.message))}") from error
    strict = Draft202012Validator.TYPE_CHECKER.redefine_many(_TYPES)
    kind = validators.extend(Draft202012Validator, type_checker=strict)  # type: ignore[no-untyped-call]
    valid: Validity = kind(schema).is_valid
    return valid


def _is_number(_checker: Any, value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


_TYPES: dict[str, Callable[[Any, Any], bool]] = {
    "number": _is_number,
    "array": lambda _checker, value: isinstance(value, (list, tuple)),
    "object": lambda _checker, value: isinstance(value, dict) and all(isinstance(name, str) for name in value),
}
"""What a JSON text can hold, as jsonschema-rs sees it: no NaN, no key that is not text."""


def check_schemas(readers: Sequence[Reader]) -> Iterator[tuple[Reader, str]]:
    """The readers whose schema does not hold against the meta-schema, each with the reason."""
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415

    for reader in readers:
        try:
            Draft202012Validator.check_schema(reader_schema(reader))
        except SchemaError as error:
            yield reader, one_line(error.message)
        except Exception as error:  # noqa: BLE001 - annotations and schemas are a stranger's
            yield reader, one_line(str(error))
