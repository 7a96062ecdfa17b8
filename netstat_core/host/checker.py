"""Validation of records against their schema, a batch at a time."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from netstat_core.errors import PluginError, SchemaViolation
from netstat_core.escape import escape, to_one_line
from netstat_core.plugin.batches import Batch, Column, Same
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import GREATEST_INTEGER, LEAST_INTEGER, Record
from netstat_core.plugin.schema import Schema, reader_schema, schema_of

Validity = Callable[[Any], bool]

LONGEST_SHOWN = 200
"""Maximum number of bytes of a rejected value that a report quotes."""

_MOST_EXPLAINED = 100
"""Maximum number of rejected records of a reader that are explained; each takes a millisecond."""


class Checker:
    """Validates batches of records against one reader's schema, with jsonschema-rs if it is installed.

    ``is_live`` is for records from a running kernel: 64-bit bounds are not checked, since kernel fields have no more.
    """

    def __init__(self, reader: Reader, *, is_live: bool = False) -> None:
        declared = reader_schema(reader)
        self._schema = _restrict_families(declared, reader)
        self._reader = reader
        self._is_restricted = self._schema is not declared
        self._is_live = is_live
        self._rows = _compile(_array_of(self._schema)) if isinstance(reader.record, Mapping) else None
        self._columns: Validity | None = None
        self._single: Validity | None = None
        self._explained = 0

    def compile_ahead(self) -> None:
        """Compile the tests of readers that share a type of records, which processes forked later inherit."""
        if not self._is_restricted and not isinstance(self._reader.record, Mapping):
            self._rows = self._compile(_array_of)
            self._columns = self._compile(_transpose)

    def check_batch(self, batch: Batch, feed: str, plugin: str) -> tuple[Batch, list[SchemaViolation]]:
        """Return a batch of the valid records in order, and a violation for each of the others; as :meth:`check`."""
        columns = batch.read_columns()
        if columns is not None and self._are_valid(columns):
            return batch, []
        records = list(batch.read_only())
        good, violations = self.check(records, feed, plugin)
        return batch if good is records else Batch(good), violations

    def check(self, records: list[Record], feed: str, plugin: str) -> tuple[list[Record], list[SchemaViolation]]:
        """Return the valid records in order, and a violation for each of the others.

        ``feed`` and ``plugin`` are names for the messages.
        """
        if self._rows is None:
            self._rows = self._compile(_array_of)
        try:
            if self._rows(records):
                return records, []
        except (ValueError, TypeError):
            pass
        return self._check_each(records, f"plugin {plugin}, reader {self._reader.name}, feed {feed}")

    def _are_valid(self, columns: dict[str, Column]) -> bool:
        """Return whether the records of columns are valid. False if that is to be seen from records."""
        if isinstance(self._reader.record, Mapping):
            return False
        if self._columns is None:
            self._columns = self._compile(_transpose)
        values = {name: [column.value] if isinstance(column, Same) else column for name, column in columns.items()}
        try:
            return self._columns(values)
        except (ValueError, TypeError):
            return False

    def _compile(self, form: Callable[[Schema], Schema]) -> Validity:
        """Return the test for many records in a form: an array of them, or their columns."""
        if self._is_restricted:
            return _compile(form(_simplify(self._schema)))
        return _compile_type(self._reader.record, self._is_live, form)

    def _check_each(self, records: list[Record], origin: str) -> tuple[list[Record], list[SchemaViolation]]:
        if self._single is None:
            self._single = _compile(self._schema)
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
        from jsonschema import Draft202012Validator  # noqa: PLC0415 - takes 60 ms, needed only for broken plugins
        from jsonschema.exceptions import best_match  # noqa: PLC0415

        self._explained += 1
        if self._explained > _MOST_EXPLAINED:
            return f"not explained, after {_MOST_EXPLAINED} others"
        error = best_match(Draft202012Validator(self._schema).iter_errors(record))
        if error is None:
            return "a value that is not plain data"
        where = ".".join(str(step) for step in error.absolute_path) or "record"
        value = escape(_represent(error.instance).encode("utf-8", "backslashreplace")[:LONGEST_SHOWN])
        return f"field {where}: {error.validator} {_shorten(error.validator_value)} does not hold for {value}"


def _represent(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # int to str is limited to 4300 digits
        return "an integer of thousands of digits"


@functools.cache
def _compile_type(
    record: Any,
    is_live: bool,  # noqa: FBT001 - a key of the cache
    form: Callable[[Schema], Schema],
) -> Validity:
    """Return the test for many records of a type, which readers may share."""
    simple = _simplify(schema_of(record))
    return _compile(form(_drop_bounds(simple) if is_live else simple))


def _restrict_families(schema: Schema, reader: Reader) -> Schema:
    """Restrict the family of socket records to those that the reader declares, unless the record type does."""
    family = schema.get("properties", {}).get("family")
    if reader.table != "sockets" or not reader.families or not family or {"enum", "const"} & set(family):
        return schema
    narrowed = {**family, "enum": [*reader.families]}
    return {**schema, "properties": {**schema["properties"], "family": narrowed}}


def _array_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _transpose(schema: Schema) -> Schema:
    """Return the schema of columns: the object with an array of values in the place of each field."""
    return {**schema, "properties": {name: _array_of(field) for name, field in schema["properties"].items()}}


def _simplify(schema: Any) -> Any:
    """Return an equivalent schema that validates faster. Only for schemas generated from a type, without references.

    If an object requires all its properties and allows no others, it is enough to count them.
    """
    if not isinstance(schema, dict):
        return [_simplify(item) for item in schema] if isinstance(schema, list) else schema
    simple = {key: value if key in _VALUES else _simplify(value) for key, value in schema.items() if key[0] != "$"}
    properties = simple.get("properties", {})
    if simple.get("additionalProperties") is False and set(simple.get("required", ())) == set(properties):
        del simple["required"]
        simple["minProperties"] = len(properties)
    return simple


def _drop_bounds(schema: Any) -> Any:
    """Return a schema without the 64-bit bounds that all integers have."""
    if not isinstance(schema, dict):
        return [_drop_bounds(item) for item in schema] if isinstance(schema, list) else schema
    bounds = {"minimum": LEAST_INTEGER, "maximum": GREATEST_INTEGER}
    rest = {key: value for key, value in schema.items() if key not in bounds or value != bounds[key]}
    return {key: value if key in _VALUES else _drop_bounds(value) for key, value in rest.items()}


_VALUES = frozenset({"const", "enum", "required", "description"})
"""Keywords whose value is not a schema."""


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."


def _compile(schema: Schema) -> Validity:
    """Return a function that is true for values that match. Raises PluginError for an invalid schema."""
    try:
        import jsonschema_rs  # noqa: PLC0415 - optional: not built for every machine
    except ImportError:
        return _compile_slowly(schema)
    try:
        valid: Validity = jsonschema_rs.validator_for(schema).is_valid
    except ValueError as error:
        raise PluginError(f"not a JSON Schema: {to_one_line(str(error))}") from error
    return valid


def check_schema(schema: Schema) -> None:
    """Raise PluginError, with a message of one line, for an invalid schema."""
    _compile(schema)


def _compile_slowly(schema: Schema) -> Validity:
    from jsonschema import Draft202012Validator, SchemaError, validators  # noqa: PLC0415 - only without jsonschema-rs

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise PluginError(f"not a JSON Schema: {to_one_line(str(error.message))}") from error
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
"""Types as jsonschema-rs defines them: numbers without NaN and infinity, objects with string keys only."""


def check_schemas(readers: Sequence[Reader]) -> Iterator[tuple[Reader, str]]:
    """Yield the readers whose schema is invalid by the meta-schema, each with the reason."""
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415

    for reader in readers:
        try:
            Draft202012Validator.check_schema(reader_schema(reader))
        except SchemaError as error:
            yield reader, to_one_line(error.message)
        except Exception as error:  # noqa: BLE001 - annotations and schemas are a plugin's
            yield reader, to_one_line(str(error))
