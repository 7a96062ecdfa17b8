"""Records that follow a schema, and expressions about them with what plain Python says of each."""

from __future__ import annotations

import json
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, NamedTuple

from hypothesis import strategies as st

from netstat_core.plugin.schema import MARK, Schema

UNKNOWN = object()
"""What a path leads to if a part of it is null or absent."""

Answer = bool | None
"""What is known of a condition; None if it is unknown."""


class Drawn(NamedTuple):
    """An expression, and what it says of a scope: the record as ``""``, and the variables of macros."""

    text: str
    answer: Callable[[dict[str, Any]], Answer]


class Field(NamedTuple):
    """A value in a record: how it is written, what it follows, and where it is."""

    text: str
    schema: Schema
    read: Callable[[dict[str, Any]], Any]


def alternatives(schema: Schema) -> list[Schema]:
    """Return what a value may follow."""
    return schema.get("anyOf", [schema])


def scalars(schema: Schema) -> st.SearchStrategy[Any]:
    """Make values of a field that is no list and no object, without null."""
    return st.one_of([made for part in alternatives(schema) for made in _scalars_of(part, schema)] or [st.nothing()])


def _scalars_of(part: Schema, schema: Schema) -> list[st.SearchStrategy[Any]]:
    words = part.get("enum", [part["const"]] if "const" in part else None)
    if words is not None:
        return [st.sampled_from([word for word in words if word is not None])]
    if "pattern" in part:
        return []
    if schema.get(MARK) in ("address", "prefix"):
        return [st.ip_addresses().filter(is_plain).map(str)]
    bounds = {"min_value": part.get("minimum", -9), "max_value": min(part.get("maximum", 9999), (1 << 63) - 1)}
    made = {
        "integer": st.integers(bounds["min_value"], bounds["max_value"]) | st.integers(max(bounds["min_value"], 0), 3),
        "number": st.floats(part.get("minimum", -9), 99, allow_nan=False, width=32) | st.integers(0, 3),
        "boolean": st.booleans(),
        "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=3) | st.sampled_from(["a", "b/c"]),
    }
    kinds = part.get("type", [])
    return [made[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind in made]


def is_plain(address: Any) -> bool:
    """Return whether an address is written alike by everyone."""
    return str(ip_address(address)) == str(address) and getattr(address, "ipv4_mapped", None) is None


def values(schema: Schema, *, nulls: bool) -> st.SearchStrategy[Any]:
    """Make values that follow a schema; without ``nulls`` everything is there."""
    made: list[st.SearchStrategy[Any]] = []
    for part in alternatives(schema):
        kinds = part.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if "array" in kinds:
            made.append(st.lists(values(part["items"], nulls=nulls), max_size=3))
        if "object" in kinds:
            made.append(objects(part, nulls=nulls))
        if nulls and ("null" in kinds or None in part.get("enum", ())):
            made.append(st.none())
    rest = scalars(schema)
    return st.one_of([*made, *([] if rest.is_empty else [rest])])


def objects(schema: Schema, *, nulls: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Make objects; those that nothing requires are absent from some, with ``nulls``."""
    fields = {name: values(field, nulls=nulls) for name, field in schema.get("properties", {}).items()}
    if not fields:
        further = schema.get("additionalProperties")
        return st.dictionaries(st.sampled_from("ab"), values(further, nulls=nulls) if further else st.integers())
    required = schema["required"] if nulls else fields
    return st.fixed_dictionaries(
        {name: fields[name] for name in fields if name in required},
        optional={name: fields[name] for name in fields if name not in required},
    )


def write(value: Any) -> str:
    """Write a constant."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\x7f")


def conditions(schema: Schema, *, depth: int = 2) -> st.SearchStrategy[Drawn]:
    """Make expressions about the records of a schema."""
    return _combine(st.deferred(lambda: _about_object(Field("", schema, lambda scope: scope[""]), depth)))


def _combine(terms: st.SearchStrategy[Drawn]) -> st.SearchStrategy[Drawn]:
    return st.recursive(
        terms,
        lambda inner: st.one_of(
            inner.map(lambda one: Drawn(f"!({one.text})", lambda scope: negate(one.answer(scope)))),
            st.tuples(inner, inner).map(lambda two: _join("&&", *two)),
            st.tuples(inner, inner).map(lambda two: _join("||", *two)),
        ),
        max_leaves=4,
    )


def _join(operator: str, left: Drawn, right: Drawn) -> Drawn:
    decisive = operator == "||"
    return Drawn(
        f"({left.text}) && ({right.text})" if operator == "&&" else f"{left.text} || {right.text}",
        lambda scope: decide([left.answer(scope), right.answer(scope)], decisive=decisive),
    )


def negate(answer: Answer) -> Answer:
    """Return the opposite of what is known."""
    return None if answer is None else not answer


def decide(answers: list[Answer], *, decisive: bool) -> Answer:
    """Return the decisive answer if it is among some, else unknown if that is, else the opposite."""
    return decisive if decisive in answers else None if None in answers else not decisive


def _about_object(holder: Field, depth: int) -> st.SearchStrategy[Drawn]:
    parts = [part for part in alternatives(holder.schema) if "properties" in part]
    fields = [_member(holder, name, field) for part in parts for name, field in part["properties"].items()]
    return st.sampled_from(fields).flatmap(lambda field: _about(field, depth))


def _member(holder: Field, name: str, schema: Schema) -> Field:
    def read(scope: dict[str, Any]) -> Any:
        value = holder.read(scope)
        return value[name] if isinstance(value, dict) and name in value else UNKNOWN

    return Field(f"{holder.text}.{name}" if holder.text else name, schema, read)


def _about(field: Field, depth: int) -> st.SearchStrategy[Drawn]:
    made: list[st.SearchStrategy[Drawn]] = []
    for part in alternatives(field.schema):
        if "properties" in part:
            made.append(_about_object(field._replace(schema=part), depth))
        if "items" in part:
            made += _about_list(field, part["items"], depth)
    if not scalars(field.schema).is_empty:
        made += _about_scalar(field)
    null = st.just(Drawn(f"{field.text} == null", known(field, lambda value: value is None)))
    return st.one_of([*made, null])


def known(field: Field, test: Callable[[Any], bool], *, nulls: bool = True) -> Callable[[dict[str, Any]], Answer]:
    """Return a test of a field that is unknown if the field is, or if it is null and ``nulls`` is not set."""

    def answer(scope: dict[str, Any]) -> Answer:
        value = field.read(scope)
        return None if value is UNKNOWN or (value is None and not nulls) else test(value)

    return answer


def _about_scalar(field: Field) -> list[st.SearchStrategy[Drawn]]:
    constants = scalars(field.schema)
    made = [
        constants.map(lambda x: Drawn(f"{field.text} == {write(x)}", known(field, lambda value: value == x))),
        constants.map(lambda x: Drawn(f"{write(x)} != {field.text}", known(field, lambda value: value != x))),
        st.lists(constants, min_size=1, max_size=3).map(
            lambda some: Drawn(f"{field.text} in {write(some)}", known(field, lambda value: value in some))
        ),
    ]
    if ordered(field.schema):
        made += [
            constants.map(lambda x: Drawn(f"{field.text} < {write(x)}", known(field, lambda v: v < x, nulls=False))),
            constants.map(lambda x: Drawn(f"{write(x)} <= {field.text}", known(field, lambda v: x <= v, nulls=False))),
        ]
    return made


def ordered(schema: Schema) -> bool:
    """Return whether values of a field have an order: numbers, and texts that are neither words nor addresses."""
    kinds = {kind for part in alternatives(schema) for kind in _kinds(part)} - {"null"}
    return kinds <= {"integer", "number", "string"} and bool(kinds) and schema.get(MARK) != "address"


def _kinds(part: Schema) -> list[str]:
    if "enum" in part or "const" in part or "pattern" in part:
        return ["word"]
    kinds = part.get("type", [])
    return [kinds] if isinstance(kinds, str) else kinds


def _about_list(field: Field, items: Schema, depth: int) -> list[st.SearchStrategy[Drawn]]:
    size = st.integers(0, 2).map(
        lambda n: Drawn(f"size({field.text}) > {n}", known(field, lambda value: len(value) > n, nulls=False))
    )
    made = [size]
    if depth > 0:
        variable = f"v{depth}"
        item = Field(variable, items, lambda scope: scope[variable])
        made += [
            _about(item, depth - 1).map(lambda one, name=name: _loop(field, variable, name, one)) for name in _LOOPS
        ]
    return made


_LOOPS = {"exists": True, "all": False}


def _loop(field: Field, variable: str, name: str, body: Drawn) -> Drawn:
    def answer(scope: dict[str, Any]) -> Answer:
        found = field.read(scope)
        if found is UNKNOWN or found is None:
            return None
        return decide([body.answer({**scope, variable: item}) for item in found], decisive=_LOOPS[name])

    return Drawn(f"{field.text}.{name}({variable}, {body.text})", answer)
