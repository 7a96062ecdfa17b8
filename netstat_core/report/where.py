"""Filters on records: ``--where EXPRESSION``, in the language of the rule-engine library.

``protocol == 'tcp' and local_port < 1024``; a field of an object is reached with a dot (``timer.kind``), a regular
expression matches with ``=~``, and ``null`` is a value. What compares with nothing matches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Any

import rule_engine
from rule_engine import DataType, ast, errors

from netstat_core.errors import UsageError
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.schema import Schema, published_schema

_TYPES = {
    "string": DataType.STRING,
    "integer": DataType.FLOAT,
    "number": DataType.FLOAT,
    "boolean": DataType.BOOLEAN,
    "array": DataType.ARRAY(DataType.UNDEFINED),
    "object": DataType.MAPPING(DataType.STRING, DataType.UNDEFINED),
}


class Where:
    """One expression, checked against the schemas of the readers it is to be applied to.

    Raises UsageError for what is no expression, for a field that no reader has, and for a comparison with a word that
    a field never holds. ``fields`` are those it looks at.
    """

    def __init__(self, expression: str, readers: Iterable[Reader]) -> None:
        self.fields = frozenset(_symbols(expression))
        self._rules: dict[str, rule_engine.Rule] = {}
        schemas = {reader.name: published_schema(reader) for reader in readers}
        able = {name: schema for name, schema in schemas.items() if self.fields <= set(schema["properties"])}
        if schemas and not able:
            raise UsageError(
                _unknown(self.fields, {field for one in schemas.values() for field in one["properties"]}), field="where"
            )
        refusals = []
        for name, schema in able.items():
            try:
                self._rules[name] = _compiled(expression, schema)
            except _NeverHolds as error:  # a word of another kind's field of this name, perhaps
                refusals.append(error)
        if refusals and not self._rules:
            raise UsageError(_merged(refusals), field="where")

    def predicate(self, reader: Reader) -> Callable[[Record], bool]:
        """What tells whether a record of a reader matches; none does where the reader lacks a field."""
        rule = self._rules.get(reader.name)
        if rule is None:
            return lambda _record: False
        evaluate = rule.matches

        def matches(record: Record) -> bool:
            try:
                return bool(evaluate(record))
            except errors.EvaluationError:  # null has no order and no parts
                return False

        return matches


class _NeverHolds(Exception):
    """A field is compared with a text that it never holds; ``words`` are those it does, or its types."""

    def __init__(self, field: str, value: str, words: list[str], types: list[str]) -> None:
        super().__init__(field, value)
        self.field, self.value, self.words, self.types = field, value, words, types


def _merged(refusals: list[_NeverHolds]) -> str:
    first = refusals[0]
    words = dict.fromkeys(word for one in refusals if one.field == first.field for word in one.words)
    if words:
        return f"{first.field} is never {first.value!r}; it is one of {', '.join(words)}"
    return f"{first.field} is of type {' or '.join(first.types)}, and never the text {first.value!r}"


def _symbols(expression: str) -> set[str]:
    context = rule_engine.Context()
    try:
        rule_engine.Rule(expression, context=context)
    except errors.RuleSyntaxError as error:
        raise UsageError(_misread(expression, error), field="where") from error
    except errors.EngineError as error:
        raise UsageError(str(error.message), field="where") from error
    return set(context.symbols)


def _misread(expression: str, error: errors.RuleSyntaxError) -> str:
    if error.token is None:
        return f"the expression ends too early: {expression}"
    at = error.token.lexpos
    return f"cannot read this from character {at + 1} on: {expression[at:]}"


def _compiled(expression: str, schema: Schema) -> rule_engine.Rule:
    fields = schema["properties"]
    types = {name: _data_type(field) for name, field in fields.items()}
    context = rule_engine.Context(type_resolver=rule_engine.type_resolver_from_dict(types))
    try:
        rule = rule_engine.Rule(expression, context=context)
    except errors.EngineError as error:
        raise UsageError(str(error.message), field="where") from error
    for field, value in _comparisons(rule.statement.expression):
        _check_word(field, _field_at(schema, field.split(".")), value)
    return rule


def _data_type(field: Schema) -> Any:
    kinds = [kind for kind in _kinds(field) if kind != "null"]
    return _TYPES.get(kinds[0], DataType.UNDEFINED) if len(kinds) == 1 else DataType.UNDEFINED


def _kinds(field: Schema) -> list[str]:
    """The JSON types a field may have."""
    if "anyOf" in field:
        return sorted({kind for part in field["anyOf"] for kind in _kinds(part)})
    words = field.get("enum", [field["const"]] if "const" in field else [])
    if words:
        return sorted({"null" if word is None else "string" for word in words})
    kind = field.get("type", [])
    return kind if isinstance(kind, list) else [kind]


def _words(field: Schema) -> tuple[list[str], bool]:
    """The words of an enumeration and whether there can be others; none where the field is not one."""
    parts = field.get("anyOf", [field])
    words = [word for part in parts for word in part.get("enum", [part["const"]] if "const" in part else [])]
    return [word for word in words if word is not None], any("pattern" in part for part in parts)


def _check_word(name: str, field: Schema, value: Any) -> None:
    if not isinstance(value, str):
        return
    kinds = _kinds(field)
    if kinds and "string" not in kinds:
        raise _NeverHolds(name, value, [], kinds)
    words, is_open = _words(field)
    if words and value not in words and not (is_open and "(" in value):
        raise _NeverHolds(name, value, words, kinds)


def _field_at(schema: Schema, path: list[str]) -> Schema:
    """The schema of a field or of a part of one; raises UsageError for a part that does not exist."""
    field = schema
    for step in path:
        parts = {
            name: one for part in (field, *field.get("anyOf", ())) for name, one in part.get("properties", {}).items()
        }
        if step not in parts:
            if not parts:
                return {}
            raise UsageError(_unknown({step}, set(parts)), field="where")
        field = parts[step]
    return field


def _comparisons(expression: Any) -> Iterator[tuple[str, Any]]:
    """Fields, by their dotted path, and the literals they are compared with."""
    if isinstance(expression, ast.ComparisonExpression):
        for one, other in ((expression.left, expression.right), (expression.right, expression.left)):
            if _path(one):
                yield _path(one), getattr(other, "value", None)
    elif isinstance(expression, ast.ContainsExpression) and isinstance(expression.container, ast.ArrayExpression):
        for member in getattr(expression.container, "value", ()):
            yield _path(expression.member), getattr(member, "value", None)
    elif _path(expression):
        yield _path(expression), None
        return
    for child in _children(expression):
        yield from _comparisons(child)


def _path(expression: Any) -> str:
    if isinstance(expression, ast.SymbolExpression):
        return str(expression.name)
    if isinstance(expression, ast.GetAttributeExpression):
        parent = _path(expression.object)
        return f"{parent}.{expression.name}" if parent else ""
    return ""


def _children(expression: Any) -> Iterator[Any]:
    names = {name for cls in type(expression).__mro__ for name in getattr(cls, "__slots__", ())}
    for name in sorted(names | set(getattr(expression, "__dict__", ()))):
        value = getattr(expression, name, None)
        if isinstance(value, ast.ExpressionBase):
            yield value


def _unknown(names: Iterable[str], known: set[str]) -> str:
    missing = sorted(set(names) - known)
    close = [match for name in missing for match in get_close_matches(name, sorted(known), 1)]
    hint = f"; did you mean {', '.join(close)}?" if close else f"; known: {', '.join(sorted(known))}"
    if not missing:
        return f"no kind has all of {', '.join(sorted(names))}"
    return f"unknown field {', '.join(missing)}{hint}"
