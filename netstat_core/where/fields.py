"""What the schema of a record says about its fields: their types, words, bounds, and the fields inside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import AF_INET6, inet_ntop
from typing import Any

from netstat_core.plugin.schema import MARK, Schema
from netstat_core.where.expression import Scalar, is_number, write_literal

ANY: Schema = {}
"""The schema of a value that may be anything."""

TEXT, NUMBER, BOOLEAN, LIST, OBJECT, NULL = "text", "number", "true or false", "list", "object", "null"
"""The types of values, as messages call them."""

_TYPES = {
    "string": TEXT,
    "integer": NUMBER,
    "number": NUMBER,
    "boolean": BOOLEAN,
    "array": LIST,
    "object": OBJECT,
    "null": NULL,
}


class Refusal(Exception):
    """A part of an expression that cannot mean anything for a kind of records.

    ``lacks`` is the field that the kind does not have; ``words`` are those of an enumeration that has not ``value``.
    """

    def __init__(self, message: str, *, lacks: str | None = None, value: str = "", words: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.lacks = lacks
        self.value = value
        self.words = list(dict.fromkeys(words))


def alternatives(schema: Schema) -> list[Schema]:
    """Return the schemas that a value may follow."""
    return [part for inner in schema["anyOf"] for part in alternatives(inner)] if "anyOf" in schema else [schema]


def types_of(schema: Schema) -> frozenset[str]:
    """Return the types of the values, with ``null``; none if they may be anything."""
    found: set[str] = set()
    for part in alternatives(schema):
        kinds = part.get("type", ())
        words = part["enum"] if "enum" in part else [part["const"]] if "const" in part else None
        if words is not None:
            found |= {type_of(word) for word in words}
        elif kinds:
            found |= {_TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)}
        else:
            return frozenset()
    return frozenset(found)


def type_of(value: Any) -> str:
    """Return the type of a value of a record."""
    if value is None or isinstance(value, bool):
        return NULL if value is None else BOOLEAN
    if isinstance(value, str):
        return TEXT
    return NUMBER if is_number(value) else LIST if isinstance(value, (list, tuple)) else OBJECT


def literal_schema(value: Scalar) -> Schema:
    """Return the schema that only this constant follows."""
    return {"const": value}


def words_of(schema: Schema) -> list[str]:
    """Return the words of an enumeration; none for other fields."""
    return [
        word
        for part in alternatives(schema)
        for word in part.get("enum", [part["const"]] if "const" in part else [])
        if isinstance(word, str)
    ]


def items_of(schema: Schema) -> Schema:
    """Return the schema of the items of a list."""
    items = [part["items"] for part in alternatives(schema) if "items" in part]
    return items[0] if len(items) == 1 else {"anyOf": items} if items else ANY


def properties_of(schema: Schema) -> dict[str, tuple[Schema, bool]]:
    """Return the schemas of the fields of an object, each with whether every object has it."""
    return {
        name: (field, name in part.get("required", ()))
        for part in alternatives(schema)
        for name, field in part.get("properties", {}).items()
    }


def further_fields(schema: Schema) -> Schema | None:
    """Return the schema of the fields that are not named, such as counters; None if there are no others."""
    for part in alternatives(schema):
        further = part.get("additionalProperties")
        if isinstance(further, dict):
            return further
        if not part or (further is not False and part.get("type") == "object" and "properties" not in part):
            return ANY
    return None


def is_address(schema: Schema) -> bool:
    """Return whether a field holds a network address; a prefix, ADDRESS/LENGTH, is none."""
    return schema.get(MARK) == "address"


def describe_impossible(path: str, field: Schema, value: Scalar, record: Schema) -> Refusal | None:
    """Return why a field of a record never equals a constant of a type that it has; None if it may."""
    if isinstance(value, str) and not is_address(field):
        return _refuse_word(path, field, value)
    message = None
    if is_number(value):
        message = _describe_bounds(path, field, value)
    elif isinstance(value, str):
        message = _describe_address(path, value, record)
    return Refusal(message) if message else None


def _describe_bounds(path: str, field: Schema, value: float) -> str | None:
    bounded = [part for part in alternatives(field) if "minimum" in part or "maximum" in part]
    if len(bounded) != 1:
        return None
    least, most = (bounded[0].get(bound) for bound in ("minimum", "maximum"))
    if (least is None or least <= value) and (most is None or value <= most):
        return None
    bounds = f"{least} or more" if most is None else f"{most} or less" if least is None else f"{least} to {most}"
    return f"{path} is never {value}; it is {bounds}"


def _refuse_word(path: str, field: Schema, value: str) -> Refusal | None:
    words = words_of(field)
    patterns = [part["pattern"] for part in alternatives(field) if "pattern" in part]
    if not words or value in words or any(re.search(pattern, value) for pattern in patterns):
        return None
    return Refusal(f"{path} is never {write_literal(value)}", value=value, words=words)


def describe_words(refusals: Iterable[Refusal]) -> str:
    """Return the words of refusals, which are listed for one value, and first the one that was probably meant."""
    refusals = list(refusals)
    words = list(dict.fromkeys(word for refusal in refusals for word in refusal.words))
    lowered = {word.lower(): word for word in words}
    close = get_close_matches(refusals[0].value.lower(), lowered, 1)
    return f"{f' (did you mean {lowered[close[0]]}?)' if close else ''}; it is one of {', '.join(words)}"


def _describe_address(path: str, value: str, record: Schema) -> str | None:
    if "/" in value:
        return f"{path} is an address and never {write_literal(value)}; write {suggest_prefix(path, value)}"
    try:
        address = ip_address(value)
    except ValueError:
        return f"{path} is an IP address and never {write_literal(value)}" if _is_internet(record) else None
    canonical = _write_address(address, unmap="v4_mapped" in properties_of(record))
    if canonical == value:
        return None
    return f"{path} is never {write_literal(value)}; this address is written {write_literal(canonical)}"


def _write_address(address: IPv4Address | IPv6Address, *, unmap: bool) -> str:
    """Return an address as records have it: as inet_ntop writes it, with ``unmap`` as IPv4 if it is mapped."""
    if isinstance(address, IPv4Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped) if unmap and mapped else inet_ntop(AF_INET6, address.packed)


def _is_internet(record: Schema) -> bool:
    """Return whether the addresses of a record are those of IPv4 and IPv6 alone, by the words of its family."""
    family = properties_of(record).get("family")
    return family is not None and {"inet", "inet6"}.issuperset(words_of(family[0]) or ["?"])


def suggest_prefix(path: str, prefix: str) -> str:
    """Return the expression for addresses in a prefix."""
    return f"in_prefix({path}, {write_literal(prefix)})"


_SMALL = {"None": "null", "nil": "null", "NULL": "null", "True": "true", "False": "false"}


def describe_unknown(name: str, known: Iterable[str], *, inside: str = "") -> str:
    """Return the message for a field that does not exist, with the name that was probably meant."""
    if name in _SMALL:
        return f"unknown field {name}; did you mean {_SMALL[name]}?"
    names = sorted(known)
    close = get_close_matches(name, names, 1)
    hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(names)}"
    return f"unknown field {name}{inside and f' of {inside}'}; {hint}"


def walk_texts(schema: Schema) -> Iterator[str]:
    """Yield the names of the fields of an object that hold text, ``name`` first."""
    fields = properties_of(schema)
    for name in sorted(fields, key=lambda name: name != "name"):
        if TEXT in types_of(fields[name][0]):
            yield name
