"""Filters on records: ``--where EXPRESSION``, in the language of the rule-engine library.

For example ``protocol == 'tcp' and local_port < 1024``. A dot selects a field of an object (``timer.kind``), ``=~``
matches a regular expression, and ``null`` is a value. A record whose values cannot be compared does not match.
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
    """A filter expression, checked against the schemas of the readers it is applied to.

    Raises UsageError for a syntax error, for a field that no reader has, and for a comparison with a word that a field
    never holds. ``fields`` holds the names of the fields that the expression uses.
    """

    def __init__(self, expression: str, readers: Iterable[Reader]) -> None:
        self.fields = frozenset(_find_symbols(expression))
        self._rules: dict[str, rule_engine.Rule] = {}
        schemas = {reader.name: published_schema(reader) for reader in readers}
        able = {name: schema for name, schema in schemas.items() if self.fields <= set(schema["properties"])}
        if schemas and not able:
            raise UsageError(
                _describe_unknown(
                    self.fields, {field for schema in schemas.values() for field in schema["properties"]}
                ),
                field="where",
            )
        refusals = []
        for name, schema in able.items():
            try:
                self._rules[name] = _compile(expression, schema)
            except _ImpossibleComparison as error:  # another kind may have a field of this name with this word
                refusals.append(error)
        if refusals and not self._rules:
            raise UsageError(_describe_refusals(refusals), field="where")

    def predicate(self, reader: Reader) -> Callable[[Record], bool]:
        """Return the function that tests the records of a reader; it rejects all if the reader lacks a field."""
        rule = self._rules.get(reader.name)
        if rule is None:
            return lambda _record: False
        evaluate = rule.matches

        def matches(record: Record) -> bool:
            try:
                return bool(evaluate(record))
            except errors.EvaluationError:  # null cannot be ordered and has no fields
                return False

        return matches


class _ImpossibleComparison(Exception):
    """A field is compared with a text that it never holds; ``words`` are its words, ``types`` its JSON types."""

    def __init__(self, field: str, value: str, words: list[str], types: list[str]) -> None:
        super().__init__(field, value)
        self.field, self.value, self.words, self.types = field, value, words, types


def _describe_refusals(refusals: list[_ImpossibleComparison]) -> str:
    first = refusals[0]
    words = dict.fromkeys(word for refusal in refusals if refusal.field == first.field for word in refusal.words)
    if words:
        return f"{first.field} is never {first.value!r}; it is one of {', '.join(words)}"
    return f"{first.field} is of type {' or '.join(first.types)} and cannot equal the text {first.value!r}"


def _find_symbols(expression: str) -> set[str]:
    context = rule_engine.Context()
    try:
        rule_engine.Rule(expression, context=context)
    except errors.RuleSyntaxError as error:
        raise UsageError(_describe_syntax_error(expression, error), field="where") from error
    except errors.EngineError as error:
        raise UsageError(str(error.message), field="where") from error
    return set(context.symbols)


def _describe_syntax_error(expression: str, error: errors.RuleSyntaxError) -> str:
    if error.token is None:
        return f"the expression ends too early: {expression}"
    at = error.token.lexpos
    return f"syntax error at character {at + 1}: {expression[at:]}"


def _compile(expression: str, schema: Schema) -> rule_engine.Rule:
    fields = schema["properties"]
    types = {name: _data_type(field) for name, field in fields.items()}
    context = rule_engine.Context(type_resolver=rule_engine.type_resolver_from_dict(types))
    try:
        rule = rule_engine.Rule(expression, context=context)
    except errors.EngineError as error:
        raise UsageError(str(error.message), field="where") from error
    for field, value in _find_comparisons(rule.statement.expression):
        _check_word(field, _field_at(schema, field.split(".")), value)
    return rule


def _data_type(field: Schema) -> Any:
    kinds = [kind for kind in _kinds(field) if kind != "null"]
    return _TYPES.get(kinds[0], DataType.UNDEFINED) if len(kinds) == 1 else DataType.UNDEFINED


def _kinds(field: Schema) -> list[str]:
    """Return the JSON types of a field."""
    if "anyOf" in field:
        return sorted({kind for part in field["anyOf"] for kind in _kinds(part)})
    words = field.get("enum", [field["const"]] if "const" in field else [])
    if words:
        return sorted({"null" if word is None else "string" for word in words})
    kind = field.get("type", [])
    return kind if isinstance(kind, list) else [kind]


def _words(field: Schema) -> tuple[list[str], bool]:
    """Return the words of an enumeration, none for other fields, and whether further words are possible."""
    parts = field.get("anyOf", [field])
    words = [word for part in parts for word in part.get("enum", [part["const"]] if "const" in part else [])]
    return [word for word in words if word is not None], any("pattern" in part for part in parts)


def _check_word(name: str, field: Schema, value: Any) -> None:
    if not isinstance(value, str):
        return
    kinds = _kinds(field)
    if kinds and "string" not in kinds:
        raise _ImpossibleComparison(name, value, [], kinds)
    words, is_open = _words(field)
    if words and value not in words and not (is_open and "(" in value):
        raise _ImpossibleComparison(name, value, words, kinds)


def _field_at(schema: Schema, path: list[str]) -> Schema:
    """Return the schema at a path of field names. Raises UsageError for a name that does not exist."""
    field = schema
    for step in path:
        parts = {
            name: value
            for part in (field, *field.get("anyOf", ()))
            for name, value in part.get("properties", {}).items()
        }
        if step not in parts:
            if not parts:
                return {}
            raise UsageError(_describe_unknown({step}, set(parts)), field="where")
        field = parts[step]
    return field


def _find_comparisons(expression: Any) -> Iterator[tuple[str, Any]]:
    """Yield the fields of an expression, by their dotted path, with the literals they are compared with."""
    if isinstance(expression, ast.ComparisonExpression):
        for side, other in ((expression.left, expression.right), (expression.right, expression.left)):
            if _path(side):
                yield _path(side), getattr(other, "value", None)
    elif isinstance(expression, ast.ContainsExpression) and isinstance(expression.container, ast.ArrayExpression):
        for member in getattr(expression.container, "value", ()):
            yield _path(expression.member), getattr(member, "value", None)
    elif _path(expression):
        yield _path(expression), None
        return
    for child in _children(expression):
        yield from _find_comparisons(child)


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


def _describe_unknown(names: Iterable[str], known: set[str]) -> str:
    missing = sorted(set(names) - known)
    close = [match for name in missing for match in get_close_matches(name, sorted(known), 1)]
    hint = f"; did you mean {', '.join(close)}?" if close else f"; known: {', '.join(sorted(known))}"
    if not missing:
        return f"no kind of record has all of {', '.join(sorted(names))}"
    return f"unknown field {', '.join(missing)}{hint}"
