"""Compile comparisons and calculations, and refuse those that cannot mean anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netstat_core.where import fields, functions
from netstat_core.where.compiler import Compiler, Truth, Value, decide, describe_types
from netstat_core.where.expression import Binary, Listed, Literal, Node, Unary, write, write_literal
from netstat_core.where.fields import LIST, NULL, NUMBER, OBJECT, TEXT, Refusal


def compile_equality(compiler: Compiler, node: Binary) -> Truth:
    """Compile ``==`` and ``!=``. Null equals null alone, which is known; a field that is absent is unknown."""
    left, right = compiler.value(node.left), compiler.value(node.right)
    _check_types(left, right)
    _check_constant(compiler, left, node.right)
    _check_constant(compiler, right, node.left)
    truth = decide([*left.known, *right.known], f"{left.code} == {right.code}")
    return truth if node.operator == "==" else Truth(truth.fails, truth.holds)


def _check_types(left: Value, right: Value) -> None:
    kinds = fields.types_of(left.schema), fields.types_of(right.schema)
    if all(kinds) and {NULL} not in kinds and not (kinds[0] & kinds[1]) - {NULL}:
        raise Refusal(_describe_difference(left, right))


def _describe_difference(left: Value, right: Value) -> str:
    if "const" in left.schema and "const" not in right.schema:
        left, right = right, left
    message = f"{left.path} is {describe_types(left)} and cannot be compared with {describe_types(right)}"
    constant = right.schema.get("const")
    if isinstance(constant, str):
        message = f"{left.path} is {describe_types(left)} and cannot equal the text {write_literal(constant)}"
        if NUMBER in fields.types_of(left.schema) and constant.isdecimal():
            return f"{message}; write it without quotes"
    if LIST in fields.types_of(left.schema) and constant is not None:
        return f"{message}; {_suggest_search(left, right)}"
    return message


def _check_constant(compiler: Compiler, field: Value, node: Node) -> None:
    """Refuse constants that a field never equals; each is noted by itself, since another kind may have it."""
    if isinstance(node, Literal):
        compiler.refuse(node.at, fields.describe_impossible(field.path, field.schema, node.value, compiler.schema))
    elif isinstance(node, Listed) and LIST in fields.types_of(field.schema):
        items = field._replace(schema=fields.items_of(field.schema), path=f"an item of {field.path}")
        for item in node.items:
            _check_constant(compiler, items, item)


def compile_order(compiler: Compiler, node: Binary) -> Truth:
    """Compile ``<``, ``<=``, ``>`` and ``>=`` of numbers or texts. Null has no order, which makes them unknown."""
    left, right = compiler.value(node.left), compiler.value(node.right)
    for side in (left, right):
        _refuse_unordered(side)
    kinds = fields.types_of(left.schema) or fields.types_of(right.schema)
    if not kinds:
        known = [*left.known, *right.known, f"{compiler.keep(functions.are_ordered)}({left.code}, {right.code})"]
        return decide(known, f"{left.code} {node.operator} {right.code}")
    kind = NUMBER if NUMBER in kinds else TEXT
    if any(fields.types_of(side.schema) and kind not in fields.types_of(side.schema) for side in (left, right)):
        raise Refusal(_describe_difference(left, right))
    left, right = compiler.require(left, kind), compiler.require(right, kind)
    return decide([*left.known, *right.known], f"{left.code} {node.operator} {right.code}")


def _refuse_unordered(side: Value) -> None:
    if fields.is_address(side.schema):
        hint = fields.suggest_prefix(side.path, "10.0.0.0/8")
        raise Refusal(f"{side.path} is an address and has no order; compare it by == or {hint}")
    if fields.words_of(side.schema) and "const" not in side.schema:
        raise Refusal(f"{side.path} is a word and has no order; compare it by == or !=")


def compile_membership(compiler: Compiler, node: Binary) -> Truth:
    """Compile ``in``: an item of a list, or the name of a field of an object."""
    item, container = compiler.value(node.left), compiler.value(node.right)
    types = fields.types_of(container.schema)
    if types and LIST not in types and OBJECT not in types:
        raise Refusal(_describe_no_list(item, container))
    if types and LIST not in types:
        item, container = compiler.require(item, TEXT), compiler.require(container, OBJECT)
    else:
        container = compiler.require(container, LIST)
        _check_items(compiler, item, container, node)
    code = container.code
    if isinstance(node.right, Listed) and all(isinstance(member, Literal) for member in node.right.items):
        code = compiler.keep([member.value for member in node.right.items if isinstance(member, Literal)])
    return decide([*item.known, *container.known], f"{item.code} in {code}")


def _check_items(compiler: Compiler, item: Value, container: Value, node: Binary) -> None:
    if isinstance(node.right, Listed):
        for member in node.right.items:
            _check_types(item, compiler.value(member))
            _check_constant(compiler, item, member)
        return
    inner = container._replace(schema=fields.items_of(container.schema), path=f"an item of {container.path}")
    types = fields.types_of(inner.schema)
    if OBJECT in types and OBJECT not in (fields.types_of(item.schema) or types):
        raise Refusal(f"{container.path} holds objects; {_suggest_search(container, item)}")
    _check_types(inner, item)
    _check_constant(compiler, inner, node.left)


def _suggest_search(container: Value, item: Value) -> str:
    """Return the hint for those who look for a constant in a list."""
    items = fields.items_of(container.schema)
    if OBJECT not in fields.types_of(items):
        return f"write {item.path} in {container.path}"
    name = next(fields.walk_texts(items), "name")
    variable = container.path.rpartition(".")[2][0]
    return f"write {container.path}.exists({variable}, {variable}.{name} == {item.path})"


def _describe_no_list(item: Value, container: Value) -> str:
    constant = container.schema.get("const")
    if isinstance(constant, str) and (fields.is_address(item.schema) or "/" in constant):
        return f"{write_literal(constant)} is no list; write {fields.suggest_prefix(item.path, constant)}"
    if TEXT in fields.types_of(container.schema):
        return f"{container.path} is text and no list; write {container.path}.contains({item.path})"
    return f"{container.path} is {describe_types(container)} and no list"


def compile_calculation(compiler: Compiler, node: Binary) -> Value:
    """Compile ``+``, ``-``, ``*``, ``/`` and ``%`` of numbers. What is divided by zero is unknown."""
    left, right = (compiler.require(compiler.value(side), NUMBER) for side in (node.left, node.right))
    known = (*left.known, *right.known)
    code = f"({left.code} {node.operator} {right.code})"
    if node.operator in ("/", "%"):
        if write(node.right) == "0":
            raise Refusal("nothing can be divided by 0")
        divide = compiler.keep(functions.quotient if node.operator == "/" else functions.remainder)
        code = f"{divide}({left.code}, {right.code})"
        known = (*known, f"{right.code} != 0")
    return Value(code, {"type": "number"}, "a calculation", known)


def compile_sign(compiler: Compiler, node: Unary | Binary) -> Value:
    """Compile ``-``, between two numbers or before one."""
    if isinstance(node, Binary):
        return compile_calculation(compiler, node)
    operand = compiler.require(compiler.value(node.operand), NUMBER)
    return Value(f"(-{operand.code})", {"type": "number"}, "a calculation", operand.known)


COMPARISONS: dict[str, Callable[[Compiler, Binary], Truth]] = {
    **dict.fromkeys(("==", "!="), compile_equality),
    **dict.fromkeys(("<", "<=", ">", ">="), compile_order),
    "in": compile_membership,
}
"""How comparisons are compiled."""

CALCULATIONS: dict[str, Callable[[Compiler, Any], Value]] = {
    **dict.fromkeys(("+", "*", "/", "%"), compile_calculation),
    "-": compile_sign,
}
"""How calculations are compiled."""
