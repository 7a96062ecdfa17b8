"""Record types to JSON Schema (draft 2020-12): what a kind of record looks like, derived from its declaration."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from netstat_core.errors import PluginError
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import GREATEST_INTEGER, LEAST_INTEGER, Field, HostFields, OwnedFields

Schema = dict[str, Any]
Path = tuple[str, ...]
"""The names on the way to a field; through lists without a step of its own."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MARK = "x-netstat-mark"
"""The keyword of a schema that says what a value identifies."""

_PLAIN = {int: "integer", str: "string", bool: "boolean", float: "number", type(None): "null"}


def reader_schema(reader: Reader) -> Schema:
    """The closed schema that the host holds a reader's records against, without the fields the host fills."""
    if isinstance(reader.record, Mapping):
        return {"$schema": DIALECT, "$id": identifier(reader), **reader.record}
    try:
        return {"$schema": DIALECT, "$id": identifier(reader), **schema_of(reader.record)}
    except (TypeError, NameError) as error:
        raise PluginError(f"reader {reader.name}: no schema can be made from its record type: {error}") from error


def named_schema(name: str, structure: type) -> Schema:
    """The closed schema of a structure that is no record, declared as records are."""
    return {"$schema": DIALECT, "$id": name, **schema_of(structure)}


def identifier(reader: Reader) -> str:
    """The name of a kind's schema, which changes when a field is removed, renamed, retyped or narrowed."""
    return f"urn:netstat:{reader.kind}:{reader.version}"


def published_schema(reader: Reader) -> Schema:
    """The schema for readers of reports: with the host's fields, open for fields that later versions add."""
    closed = reader_schema(reader)
    properties = {"kind": {"const": reader.kind, "description": "What this record describes"}}
    properties |= closed.get("properties", {})
    properties |= schema_of(OwnedFields if reader.inode_field else HostFields)["properties"]
    return opened({**closed, "properties": properties, "required": list(properties)})


def opened(closed: Schema) -> Schema:
    """A schema that lets later versions add fields."""
    return {key: value for key, value in closed.items() if key != "additionalProperties"}


@functools.cache
def schema_of(record: Any) -> Schema:
    """The closed schema of a TypedDict. Raises TypeError or NameError for what is none, or cannot be evaluated."""
    if not is_typeddict(record):
        raise TypeError(f"{record!r} is not a TypedDict")
    hints = get_type_hints(record, include_extras=True)
    properties = {name: _of(hint) for name, hint in hints.items()}
    schema: Schema = {"type": "object"}
    if record.__doc__ and not record.__doc__.startswith("dict("):
        schema["description"] = record.__doc__.strip().split("\n\n")[0]
    required = [name for name in properties if name in record.__required_keys__]
    return {**schema, "properties": properties, "required": required, "additionalProperties": False}


def _of(hint: Any) -> Schema:
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *notes = get_args(hint)
        return functools.reduce(_annotate, (note for note in notes if isinstance(note, Field)), _of(inner))
    if origin in (types.UnionType, Union):
        return _of_union(get_args(hint))
    if origin is Literal:
        words = list(get_args(hint))
        return {"const": words[0]} if len(words) == 1 else {"enum": words}
    if origin is list:
        return {"type": "array", "items": _of(get_args(hint)[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(get_args(hint)[1])}
    return _of_class(hint)


def _of_class(hint: Any) -> Schema:
    if hint is Any:
        return {}
    if hint is int:
        return {"type": "integer", "minimum": LEAST_INTEGER, "maximum": GREATEST_INTEGER}
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    return schema_of(hint)


def _of_union(members: Sequence[Any]) -> Schema:
    schemas = [_of(member) for member in members]
    rest = [schema for schema in schemas if schema != {"type": "null"}]
    if len(rest) == 1 and len(schemas) > 1:
        return _nullable(rest[0])
    return {"anyOf": schemas}


def _nullable(schema: Schema) -> Schema:
    if "enum" in schema or "const" in schema:
        words = schema.get("enum", [schema.get("const")])
        return {**{key: value for key, value in schema.items() if key != "const"}, "enum": [*words, None]}
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _annotate(schema: Schema, field: Field) -> Schema:
    schema = _present(schema) if field.never_null else schema
    added: Schema = {"description": field.meaning}
    if field.minimum is not None:
        added["minimum"] = field.minimum
    if field.maximum is not None:
        added["maximum"] = field.maximum
    if field.words:
        added |= _enumeration(schema, field)
    if field.mark is not None:
        added[MARK] = field.mark
    return {**schema, **added}


def _present(schema: Schema) -> Schema:
    """The schema of what ``_nullable`` made nullable."""
    types = [one for one in schema["type"] if one != "null"]
    return {**schema, "type": types[0] if len(types) == 1 else types}


def _enumeration(schema: Schema, field: Field) -> Schema:
    nothing = [None] if "null" in schema.get("type", ()) else []
    if field.pattern is None:
        return {"enum": [*field.words, *nothing]}
    return {"anyOf": [{"enum": [*field.words, *nothing]}, {"type": "string", "pattern": field.pattern}]}


def marked_fields(schema: Schema, at: Path = ()) -> Iterator[tuple[Path, str]]:
    """The path of each field that bears a mark, and the mark; what is below a marked field is part of it."""
    mark = schema.get(MARK) or schema.get("items", {}).get(MARK)
    if mark:
        yield at, mark
        return
    for part in (schema, *schema.get("anyOf", ())):
        for inner in (part, part.get("items", {})):
            for name, field in inner.get("properties", {}).items():
                yield from marked_fields(field, (*at, name))
