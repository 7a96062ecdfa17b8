"""Compile an expression for the records of one kind: check its names, types and words, and write it in Python.

An expression about something unknown is neither true nor false. Each condition is therefore compiled twice, into code
that is true if the condition certainly holds, and into code that is true if it certainly does not. ``!`` swaps the two.
So no record makes an expression raise, and what is unknown never decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from netstat_core.plugin.schema import Schema
from netstat_core.where import fields, functions
from netstat_core.where.expression import Binary, Call, Index, Listed, Literal, Logic, Member, Name, Node, Unary, write
from netstat_core.where.fields import ANY, BOOLEAN, LIST, NULL, NUMBER, OBJECT, TEXT, Refusal

Rule = Callable[[Mapping[str, Any]], bool]
"""True if a record is kept."""


class Truth(NamedTuple):
    """Code for a condition: that it holds, and that it does not. Neither is true if that is unknown."""

    holds: str
    fails: str


class Value(NamedTuple):
    """Code for a value that follows ``schema``; it is known if all conditions in ``known`` hold."""

    code: str
    schema: Schema
    path: str
    known: tuple[str, ...] = ()


UNKNOWN = Truth("False", "False")
_RECORD = "record"
_LARGEST = 1_000_000
"""Characters of the code for any part of an expression."""

_CLASSES = {TEXT: "str", NUMBER: "(int, float)", LIST: "list", OBJECT: "dict"}
_BUILTINS = {used.__name__: used for used in (len, any, all, sum, isinstance, range, str, int, float, list, dict, bool)}


def join_all(conditions: Iterable[str]) -> str:
    """Return code for the conjunction of conditions."""
    parts = [part for part in dict.fromkeys(conditions) if part != "True"]
    return "False" if "False" in parts else _join(" and ", parts, "True")


def join_any(conditions: Iterable[str]) -> str:
    """Return code for the disjunction of conditions."""
    parts = [part for part in dict.fromkeys(conditions) if part != "False"]
    return "True" if "True" in parts else _join(" or ", parts, "False")


def _join(word: str, parts: list[str], empty: str) -> str:
    return f"({word.join(parts)})" if len(parts) > 1 else parts[0] if parts else empty


def decide(known: Iterable[str], code: str) -> Truth:
    """Return the truth of code that decides once some conditions hold."""
    known = tuple(known)
    return Truth(join_all([*known, f"({code})"]), join_all([*known, f"(not ({code}))"]))


class Compiler:
    """Compiles one expression for one schema.

    ``conditions`` and ``functions`` compile comparisons and calls, by the operator or name. ``whole`` says that every
    record has all required fields. ``verdicts`` holds for each checked part of the source, by its position, why it was
    refused, or None. ``used`` are the paths of the fields, such as ``processes.unit``.
    """

    def __init__(
        self,
        schema: Schema,
        conditions: Mapping[str, Callable[[Compiler, Any], Truth]],
        values: Mapping[str, Callable[[Compiler, Any], Value]],
        *,
        whole: bool,
    ) -> None:
        self.schema = schema
        self.variables: dict[str, Value] = {}
        self.loops = 0
        self.verdicts: dict[int, Refusal | None] = {}
        self.used: set[str] = set()
        self._conditions, self._values = conditions, values
        self._whole = whole
        self._constants: dict[str, Any] = {}

    def compile(self, node: Node) -> Rule | None:
        """Return the function that says whether the expression holds for a record; None if it never does.

        Raises MemoryError, SyntaxError or RecursionError if the code is too large, for its limit or for Python.
        """
        code = self.condition(node).holds
        if code == "False":
            return None
        names = {"__builtins__": {}, **_BUILTINS, **self._constants}
        rule: Rule = eval(f"lambda {_RECORD}: {code}", names)  # noqa: S307 - the code is made here; what the user wrote is in it as constants by repr alone
        return rule

    def keep(self, constant: object) -> str:
        """Return the name by which the code reaches a constant."""
        name = f"constant{len(self._constants)}"
        self._constants[name] = constant
        return name

    def refuse(self, at: int, refusal: Refusal | None) -> None:
        """Note for a part of the source why it is refused, or that it is not, and go on."""
        self.verdicts[at] = refusal

    def condition(self, node: Node) -> Truth:
        """Compile what is true or false. A refused term is noted, and unknown."""
        truth = self._condition(node)
        _check_size(truth)
        return truth

    def _condition(self, node: Node) -> Truth:
        if isinstance(node, Logic):
            terms = [self.condition(term) for term in node.terms]
            holds, fails = [term.holds for term in terms], [term.fails for term in terms]
            if node.operator == "&&":
                return Truth(join_all(holds), join_any(fails))
            return Truth(join_any(holds), join_all(fails))
        if isinstance(node, Unary) and node.operator == "!":
            inner = self.condition(node.operand)
            return Truth(inner.fails, inner.holds)
        try:
            truth = self._term(node)
        except Refusal as refusal:
            self.verdicts[node.at] = refusal
            return UNKNOWN
        self.verdicts.setdefault(node.at, None)
        return truth

    def _term(self, node: Node) -> Truth:
        key = node.operator if isinstance(node, Binary) else node.name if isinstance(node, Call) else ""
        if key in self._conditions:
            return self._conditions[key](self, node)
        if isinstance(node, Literal) and isinstance(node.value, bool):
            return Truth(str(node.value), str(not node.value))
        value = self.value(node)
        types = fields.types_of(value.schema)
        if types and BOOLEAN not in types:
            raise Refusal(f"{value.path} is {describe_types(value)} and not a condition; compare it with something")
        return Truth(*(join_all([*value.known, f"{value.code} is {truth}"]) for truth in (True, False)))

    def value(self, node: Node) -> Value:
        """Compile what has a value. Raises Refusal if it has none for this kind."""
        value = self._value(node)
        _check_size([value.code, *value.known])
        return value

    def _value(self, node: Node) -> Value:
        if isinstance(node, Literal):
            return Value(repr(node.value), fields.literal_schema(node.value), write(node))
        if isinstance(node, Name):
            return self._name(node)
        if isinstance(node, Member):
            return self.select(self._require_object(self.value(node.container), node.name), node.name)
        if isinstance(node, (Index, Listed)):
            return self._index(node) if isinstance(node, Index) else self._list(node)
        return self._operation(node)

    def _operation(self, node: Node) -> Value:
        key = node.name if isinstance(node, Call) else getattr(node, "operator", "")
        if key in self._values:
            return self._values[key](self, node)
        if isinstance(node, Call) and key not in self._conditions:
            raise Refusal(functions.describe_unknown_function(key, [*self._conditions, *self._values]))
        truth = self.condition(node)
        return Value(truth.holds, {"type": "boolean"}, "a condition", (join_any(truth),))

    def _name(self, node: Name) -> Value:
        if node.name in self.variables:
            return self.variables[node.name]
        known = fields.properties_of(self.schema)
        schema, required = known.get(node.name, (fields.further_fields(self.schema), False))
        if schema is None:
            raise Refusal(fields.describe_unknown(node.name, known), lacks=node.name)
        self.used.add(node.name)
        present = () if required and self._whole else (f"{node.name!r} in {_RECORD}",)
        return Value(f"{_RECORD}[{node.name!r}]", schema, node.name, present)

    def _require_object(self, value: Value, name: str) -> Value:
        types = fields.types_of(value.schema)
        if LIST in types:
            hint = "size(...)" if name in ("length", "size") else f".exists(x, x.{name} == ...)"
            written = f"size({value.path})" if name in ("length", "size") else f"{value.path}{hint}"
            raise Refusal(f"{value.path} is a list and has no field {name}; write {written}")
        if types and OBJECT not in types:
            raise Refusal(f"{value.path} is {describe_types(value)} and has no field {name}")
        return self.require(value, OBJECT)

    def select(self, container: Value, name: str) -> Value:
        """Return a field of an object."""
        known = fields.properties_of(container.schema)
        schema, required = known.get(name, (fields.further_fields(container.schema), False))
        if schema is None:
            raise Refusal(fields.describe_unknown(name, known, inside=container.path))
        path = f"{container.path}.{name}"
        self.used.add(path.replace("[...]", ""))
        present = () if required and self._whole else (f"{name!r} in {container.code}",)
        return Value(f"{container.code}[{name!r}]", schema, path, (*container.known, *present))

    def _index(self, node: Index) -> Value:
        container = self.value(node.container)
        if isinstance(node.key, Literal) and isinstance(node.key.value, str):
            return self.select(self._require_object(container, node.key.value), node.key.value)
        index = self.require(self.value(node.key), NUMBER)
        container = self.require(container, LIST)
        known = (*container.known, *index.known, f"{index.code} in range(len({container.code}))")
        return Value(
            f"{container.code}[int({index.code})]", fields.items_of(container.schema), f"{container.path}[...]", known
        )

    def _list(self, node: Listed) -> Value:
        items = [self.value(item) for item in node.items]
        schema = {"type": "array", "items": {"anyOf": [item.schema for item in items]} if items else ANY}
        code = f"[{', '.join(item.code for item in items)}]"
        return Value(code, schema, "a list", tuple(known for item in items for known in item.known))

    def require(self, value: Value, kind: str) -> Value:
        """Return a value that is known to be of a type. Raises Refusal if it never is."""
        types = fields.types_of(value.schema)
        if types and kind not in types:
            raise Refusal(f"{value.path} is {describe_types(value)} and not {article(kind)}")
        if types == {kind}:
            return value
        if types == {kind, NULL}:
            return value._replace(known=(*value.known, f"{value.code} is not None"))
        number = f" and not isinstance({value.code}, bool)" if kind == NUMBER else ""
        return value._replace(known=(*value.known, f"(isinstance({value.code}, {_CLASSES[kind]}){number})"))


def _check_size(code: Iterable[str]) -> None:
    if sum(map(len, code)) > _LARGEST:
        raise MemoryError


def article(kind: str) -> str:
    """Return the name of a type with its article."""
    return {TEXT: "text", NULL: "null", BOOLEAN: "true or false", OBJECT: "an object"}.get(kind, f"a {kind}")


def describe_types(value: Value) -> str:
    """Return what a value is, for messages."""
    return " or ".join(article(kind) for kind in sorted(fields.types_of(value.schema) - {NULL})) or "null"
