"""Compile functions, methods and macros."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from netstat_core.where import fields, functions
from netstat_core.where.compiler import Compiler, Truth, Value, decide, describe_types, join_all, join_any
from netstat_core.where.expression import Call, Index, Literal, Member, Name, Node, write
from netstat_core.where.fields import LIST, OBJECT, TEXT, Refusal

_Compiled = TypeVar("_Compiled")

DEEPEST_LOOPS = 2
"""Macros inside each other: more would take cubic time in the length of a list."""


def _take_receiver(call: Call, form: str, arguments: int) -> Node:
    """Return what a method is called on. Raises Refusal unless the call has the form."""
    if call.receiver is None or len(call.arguments) != arguments:
        raise Refusal(f"{call.name} is written as {form}")
    return call.receiver


def _compile_text_test(compiler: Compiler, call: Call) -> Truth:
    """Compile ``contains``, ``startsWith`` and ``endsWith``."""
    receiver = _take_receiver(call, f"path.{call.name}('...')", 1)
    text, part = (compiler.require(compiler.value(node), TEXT) for node in (receiver, call.arguments[0]))
    constant = part.schema.get("const")
    if fields.is_address(text.schema) and isinstance(constant, str) and "/" in constant:
        hint = fields.suggest_prefix(text.path, constant)
        raise Refusal(f"{text.path} is an address and never has '/' in it; write {hint}")
    tests = {
        "contains": f"{part.code} in {text.code}",
        "startsWith": f"{text.code}.startswith({part.code})",
        "endsWith": f"{text.code}.endswith({part.code})",
    }
    return decide([*text.known, *part.known], tests[call.name])


def _compile_matches(compiler: Compiler, call: Call) -> Truth:
    receiver = _take_receiver(call, "path.matches('regular expression')", 1)
    text, pattern = compiler.require(compiler.value(receiver), TEXT), call.arguments[0]
    if not isinstance(pattern, Literal) or not isinstance(pattern.value, str):
        raise Refusal("matches takes a regular expression in quotes")
    try:
        test = functions.make_pattern(pattern.value)
    except ImportError:
        raise Refusal("matches needs the package jsonschema-rs, which is not installed") from None
    except ValueError:
        raise Refusal(
            f"{write(pattern)} is no regular expression that is matched in linear time"
            " (without look-around and back references, and not too large)"
        ) from None
    return decide(list(text.known), f"{compiler.keep(test)}({text.code})")


def _compile_in_prefix(compiler: Compiler, call: Call) -> Truth:
    """Compile ``in_prefix(address, prefix, ...)``. Of a text that is no IP address it is unknown."""
    if call.receiver is not None or len(call.arguments) < 2:  # noqa: PLR2004 - an address and a prefix
        raise Refusal("in_prefix is written as in_prefix(remote_address, '10.0.0.0/8')")
    address = compiler.value(call.arguments[0])
    if LIST in fields.types_of(address.schema):
        raise Refusal(f"{address.path} is a list; write {address.path}.exists(a, in_prefix(a, ...))")
    address = compiler.require(address, TEXT)
    test = compiler.keep(functions.make_prefix_test([_read_prefix(node) for node in call.arguments[1:]]))
    return Truth(*(join_all([*address.known, f"{test}({address.code}) is {truth}"]) for truth in (True, False)))


def _read_prefix(node: Node) -> functions.Network:
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        raise Refusal("in_prefix takes prefixes in quotes, such as '10.0.0.0/8'")
    try:
        return functions.read_prefix(node.value)
    except ValueError as error:
        raise Refusal(f"{write(node)} is no prefix: {error}") from None


def _compile_size(compiler: Compiler, call: Call) -> Value:
    """Compile ``size(x)`` and ``x.size()``: characters of a text, items of a list, fields of an object."""
    nodes = [*([call.receiver] if call.receiver is not None else []), *call.arguments]
    if len(nodes) != 1:
        raise Refusal("size is written as size(processes)")
    value = compiler.value(nodes[0])
    types = fields.types_of(value.schema)
    kind = next((kind for kind in (LIST, TEXT, OBJECT) if kind in types), None)
    if kind is None and types:
        raise Refusal(f"{value.path} is {describe_types(value)} and has no size")
    if kind is None:
        value = value._replace(known=(*value.known, f"isinstance({value.code}, (list, str, dict))"))
    else:
        value = compiler.require(value, kind)
    return Value(f"len({value.code})", {"type": "integer"}, f"size({value.path})", value.known)


def _compile_has(compiler: Compiler, call: Call) -> Truth:
    """Compile ``has(timer.kind)``: whether a field is there and not null, which is always known."""
    if (
        call.receiver is not None
        or len(call.arguments) != 1
        or not isinstance(call.arguments[0], (Name, Member, Index))
    ):
        raise Refusal("has is written as has(timer.kind)")
    value = compiler.value(call.arguments[0])
    code = join_all([*value.known, f"{value.code} is not None"])
    return Truth(code, f"(not {code})")


class _Loop:
    """A macro: ``processes.exists(p, CONDITION)``. ``head`` is ``for VARIABLE in LIST``."""

    def __init__(self, compiler: Compiler, call: Call) -> None:
        receiver = _take_receiver(call, f"processes.{call.name}(p, p.name == '...')", 2)
        variable, self._body = call.arguments
        if not isinstance(variable, Name):
            raise Refusal(f"{call.name} is written as processes.{call.name}(p, p.name == '...')")
        values = compiler.value(receiver)
        types = fields.types_of(values.schema)
        if types and LIST not in types and OBJECT not in types:
            raise Refusal(f"{values.path} is {describe_types(values)} and no list, and has no {call.name}")
        is_map = bool(types) and LIST not in types
        self.values = compiler.require(values, OBJECT if is_map else LIST)
        self._compiler, self._name = compiler, variable.name
        self.item = Value(
            f"item{compiler.loops}",
            {"type": "string"} if is_map else fields.items_of(values.schema),
            values.path,
        )
        self.head = f"for {self.item.code} in {self.values.code}"

    def enter(self) -> Truth:
        """Compile the condition for an item."""
        return self._inside(self._compiler.condition)

    def enter_value(self) -> Value:
        """Compile the value that is made of an item."""
        return self._inside(self._compiler.value)

    def _inside(self, compile_body: Callable[[Node], _Compiled]) -> _Compiled:
        compiler = self._compiler
        if compiler.loops >= DEEPEST_LOOPS:
            raise Refusal(f"more than {DEEPEST_LOOPS} macros stand inside each other")
        outer = dict(compiler.variables)
        compiler.variables[self._name] = self.item
        compiler.loops += 1
        try:
            return compile_body(self._body)
        finally:
            compiler.variables = outer
            compiler.loops -= 1


def _compile_exists(compiler: Compiler, call: Call) -> Truth:
    """Compile ``exists``: known to hold if one item is known to, and not to hold if no item can."""
    loop = _Loop(compiler, call)
    body = loop.enter()
    known = loop.values.known
    holds, fails = f"any({body.holds} {loop.head})", f"all({body.fails} {loop.head})"
    return Truth(join_all([*known, holds]), join_all([*known, fails]))


def _compile_all(compiler: Compiler, call: Call) -> Truth:
    loop = _Loop(compiler, call)
    body = loop.enter()
    known = loop.values.known
    holds, fails = f"all({body.holds} {loop.head})", f"any({body.fails} {loop.head})"
    return Truth(join_all([*known, holds]), join_all([*known, fails]))


def _compile_exists_one(compiler: Compiler, call: Call) -> Truth:
    loop = _Loop(compiler, call)
    body = loop.enter()
    known = [*loop.values.known, f"all({join_any(body)} {loop.head})"]
    return decide(known, f"sum({body.holds} {loop.head}) == 1")


def _compile_filter(compiler: Compiler, call: Call) -> Value:
    """Compile ``filter``: the items for which a condition holds, known if it is known for all."""
    loop = _Loop(compiler, call)
    body = loop.enter()
    known = (*loop.values.known, f"all({join_any(body)} {loop.head})")
    schema = {"type": "array", "items": loop.item.schema}
    return Value(f"[{loop.item.code} {loop.head} if {body.holds}]", schema, loop.values.path, known)


def _compile_map(compiler: Compiler, call: Call) -> Value:
    """Compile ``map``: a value made of each item, known if all are."""
    loop = _Loop(compiler, call)
    made = loop.enter_value()
    known = (*loop.values.known, f"all({join_all(made.known)} {loop.head})")
    return Value(f"[{made.code} {loop.head}]", {"type": "array", "items": made.schema}, made.path, known)


CALLED_CONDITIONS: dict[str, Callable[[Compiler, Call], Truth]] = {
    **dict.fromkeys(("contains", "startsWith", "endsWith"), _compile_text_test),
    "matches": _compile_matches,
    "in_prefix": _compile_in_prefix,
    "has": _compile_has,
    "exists": _compile_exists,
    "all": _compile_all,
    "exists_one": _compile_exists_one,
}
"""How calls that are true or false are compiled."""

CALLED_VALUES: dict[str, Callable[[Compiler, Call], Value]] = {
    "size": _compile_size,
    "filter": _compile_filter,
    "map": _compile_map,
}
"""How the other calls are compiled."""
