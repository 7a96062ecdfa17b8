"""Expressions as trees: the nodes of a filter, in the syntax of the Common Expression Language (CEL)."""

from __future__ import annotations

from typing import NamedTuple, TypeGuard

Scalar = str | int | float | bool | None


class Literal(NamedTuple):
    """A constant. ``at`` is in each node the position in the source by which errors are told."""

    value: Scalar
    at: int


class Listed(NamedTuple):
    """A list in brackets."""

    items: tuple[Node, ...]
    at: int


class Name(NamedTuple):
    """A field of the record, or the variable of a macro."""

    name: str
    at: int


class Member(NamedTuple):
    """A field of an object: ``timer.kind``."""

    container: Node
    name: str
    at: int


class Index(NamedTuple):
    """An item of a list, or a field of an object whose name is no word: ``processes[0]``, ``counters['a b']``."""

    container: Node
    key: Node
    at: int


class Call(NamedTuple):
    """A function, a method or a macro; ``receiver`` is what stands before the dot."""

    name: str
    receiver: Node | None
    arguments: tuple[Node, ...]
    at: int


class Unary(NamedTuple):
    """``!`` or ``-``."""

    operator: str
    operand: Node
    at: int


class Binary(NamedTuple):
    """A comparison or a calculation."""

    operator: str
    left: Node
    right: Node
    at: int


class Logic(NamedTuple):
    """``&&`` or ``||`` of two or more terms: one node, so that thousands of terms are not nested."""

    operator: str
    terms: list[Node]
    at: int


Node = Literal | Listed | Name | Member | Index | Call | Unary | Binary | Logic


def write(node: Node) -> str:
    """Return a path or a literal as it is written in a source, for messages; other nodes as dots."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Member):
        return f"{write(node.container)}.{node.name}"
    if isinstance(node, Index):
        return f"{write(node.container)}[{write(node.key)}]"
    if isinstance(node, Literal):
        return write_literal(node.value)
    return "(...)"


_LONGEST = 100


def write_literal(value: Scalar) -> str:
    """Return a constant as a source has it, in one line and not too long.

    >>> print(write_literal("it's"), write_literal(None), write_literal(1.5))
    "it's" null 1.5
    """
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else value[:_LONGEST] + "...")
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether a value is a number; true and false are none, other than in Python."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
