"""JSON Schema (draft 2020-12) of record types, generated from their declarations."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from netstat_core.errors import PluginError
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import GREATEST_INTEGER, LEAST_INTEGER, Field, HostFields, LabelFields, OwnedFields

Schema = dict[str, Any]
Path = tuple[str, ...]
"""The field names that lead to a nested field; items of a list add no step."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MARK = "x-netstat-mark"
"""The schema keyword for ``Field.mark``, which says what a value identifies."""

WORD = "word"
"""The mark of texts that identify nothing."""

_PLAIN = {int: "integer", str: "string", bool: "boolean", float: "number", type(None): "null"}


def reader_schema(reader: Reader) -> Schema:
    """Return the closed schema that the host validates a reader's records with, without the fields that the host adds.

    Raises PluginError if the record type has no schema.
    """
    if isinstance(reader.record, Mapping):
        return {"$schema": DIALECT, "$id": schema_id(reader), **reader.record}
    try:
        return {"$schema": DIALECT, "$id": schema_id(reader), **schema_of(reader.record)}
    except (TypeError, NameError) as error:
        raise PluginError(f"reader {reader.name}: no schema can be made from its record type: {error}") from error


def named_schema(name: str, structure: type) -> Schema:
    """Return the closed schema of a TypedDict that is not a record; ``name`` is its ``$id``."""
    return {"$schema": DIALECT, "$id": name, **schema_of(structure)}


def schema_id(reader: Reader) -> str:
    """Return the ``$id`` of a kind's schema. It changes if a field is removed, renamed, retyped or narrowed."""
    return f"urn:netstat:{reader.kind}:{reader.version}"


def published_schema(reader: Reader) -> Schema:
    """Return the schema for consumers of reports: with the fields that the host adds, and open to additional fields."""
    closed = reader_schema(reader)
    properties = {"kind": {"const": reader.kind, "description": "What this record describes"}}
    properties |= closed.get("properties", {})
    properties |= schema_of(OwnedFields if reader.inode_field else HostFields)["properties"]
    return allow_additional_fields({**closed, "properties": properties, "required": list(properties)})


def labelled_schema(reader: Reader) -> Schema:
    """Return the published schema with the optional fields that ``--host`` adds, for programs that read reports."""
    published = published_schema(reader)
    return {**published, "properties": published["properties"] | schema_of(LabelFields)["properties"]}


def allow_additional_fields(closed: Schema) -> Schema:
    """Return a copy of a closed schema that accepts additional fields, which later versions may add."""
    return {key: value for key, value in closed.items() if key != "additionalProperties"}


@functools.cache
def schema_of(record: Any) -> Schema:
    """Return the closed schema of a TypedDict. Raises TypeError if it is not one, NameError if a hint is undefined."""
    if not is_typeddict(record):
        raise TypeError(f"{record!r} is not a TypedDict")
    hints = get_type_hints(record, include_extras=True)
    properties = {name: _convert(hint) for name, hint in hints.items()}
    schema: Schema = {"type": "object"}
    if record.__doc__ and not record.__doc__.startswith("dict("):
        schema["description"] = record.__doc__.strip().split("\n\n")[0]
    required = [name for name in properties if name in record.__required_keys__]
    return {**schema, "properties": properties, "required": required, "additionalProperties": False}


def _convert(hint: Any) -> Schema:
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *notes = get_args(hint)
        return functools.reduce(_annotate, (note for note in notes if isinstance(note, Field)), _convert(inner))
    if origin in (types.UnionType, Union):
        return _convert_union(get_args(hint))
    if origin is Literal:
        words = list(get_args(hint))
        return {"const": words[0]} if len(words) == 1 else {"enum": words}
    if origin is list:
        return {"type": "array", "items": _convert(get_args(hint)[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _convert(get_args(hint)[1])}
    return _convert_class(hint)


def _convert_class(hint: Any) -> Schema:
    if hint is Any:
        return {}
    if hint is int:
        return {"type": "integer", "minimum": LEAST_INTEGER, "maximum": GREATEST_INTEGER}
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    return schema_of(hint)


def _convert_union(members: Sequence[Any]) -> Schema:
    schemas = [_convert(member) for member in members]
    rest = [schema for schema in schemas if schema != {"type": "null"}]
    if len(rest) == 1 and len(schemas) > 1:
        return _allow_null(rest[0])
    return {"anyOf": schemas}


def _allow_null(schema: Schema) -> Schema:
    if "enum" in schema or "const" in schema:
        words = schema.get("enum", [schema.get("const")])
        return {**{key: value for key, value in schema.items() if key != "const"}, "enum": [*words, None]}
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _annotate(schema: Schema, field: Field) -> Schema:
    schema = _exclude_null(schema) if field.never_null else schema
    keywords: Schema = {"description": field.meaning}
    if field.minimum is not None:
        keywords["minimum"] = field.minimum
    if field.maximum is not None:
        keywords["maximum"] = field.maximum
    if field.words:
        keywords |= _list_words(schema, field)
    if field.mark is not None:
        keywords[MARK] = field.mark
    return {**schema, **keywords}


def _exclude_null(schema: Schema) -> Schema:
    """Undo ``_allow_null``."""
    types = [name for name in schema["type"] if name != "null"]
    return {**schema, "type": types[0] if len(types) == 1 else types}


def _list_words(schema: Schema, field: Field) -> Schema:
    null = [None] if "null" in schema.get("type", ()) else []
    if field.pattern is None:
        return {"enum": [*field.words, *null]}
    return {"anyOf": [{"enum": [*field.words, *null]}, {"type": "string", "pattern": field.pattern}]}


def marked_fields(schema: Schema, at: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the path and the mark of each field that has one; fields inside a marked field belong to it."""
    mark = schema.get(MARK) or schema.get("items", {}).get(MARK)
    if mark:
        yield at, mark
        return
    for part in (schema, *schema.get("anyOf", ())):
        for inner in (part, part.get("items", {})):
            for name, field in inner.get("properties", {}).items():
                yield from marked_fields(field, (*at, name))
