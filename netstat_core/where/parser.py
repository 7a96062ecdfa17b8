"""Parse the source of an expression into a tree, by the precedence of the Common Expression Language."""

from __future__ import annotations

from netstat_core.errors import UsageError
from netstat_core.where.expression import (
    Binary,
    Call,
    Index,
    Listed,
    Literal,
    Logic,
    Member,
    Name,
    Node,
    Unary,
    is_number,
)
from netstat_core.where.tokens import Token, fail, tokenize

DEEPEST = 32
"""Parentheses, operators and calls that may stand inside each other."""

_LEVELS = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%"), 5),
}


def parse(source: str) -> Node:
    """Return the tree of a source. Raises UsageError for a syntax error, and for nesting deeper than DEEPEST."""
    return _Parser(source).parse()


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = tokenize(source)
        self._next = 0
        self._depth = 0

    def parse(self) -> Node:
        node = self._binary(1)
        if self._peek().kind != "end":
            raise self._fail()
        return node

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._peek()
        self._next += 1
        return token

    def _skip(self, text: str) -> bool:
        """Take an operator if it comes next."""
        found = self._peek().kind == "operator" and self._peek().text == text
        self._next += found
        return found

    def _expect(self, text: str) -> None:
        if not self._skip(text):
            raise self._fail(f"{text} is missing")

    def _fail(self, detail: str = "") -> UsageError:
        return fail(self._source, self._peek().at, detail)

    def _deepen(self, levels: int = 1) -> None:
        self._depth += levels
        if self._depth > DEEPEST:
            raise UsageError(f"the expression is nested, or calculates, more than {DEEPEST} levels deep", field="where")

    def _binary(self, least: int) -> Node:
        """Parse operators of level ``least`` and above."""
        self._deepen()
        node, chained = self._unary(), 0
        while (level := self._level()) >= least:
            operator = self._take()
            right = self._binary(level + 1)
            if operator.text in ("&&", "||"):
                node = _join(operator, node, right)
                continue
            chained += 1
            self._deepen()
            node = Binary(operator.text, node, right, operator.at)
        self._depth -= chained + 1
        return node

    def _level(self) -> int:
        token = self._peek()
        return _LEVELS.get(token.text, 0) if token.kind == "operator" or token.text == "in" else 0

    def _unary(self) -> Node:
        token = self._peek()
        if not (self._skip("!") or self._skip("-")):
            return self._postfix()
        self._deepen()
        operand = self._unary()
        self._depth -= 1
        if token.text == "-" and isinstance(operand, Literal) and is_number(operand.value):
            return Literal(-operand.value, token.at)
        return Unary(token.text, operand, token.at)

    def _postfix(self) -> Node:
        node, chained = self._primary(), 0
        while self._peek().kind == "operator" and self._peek().text in (".", "["):
            chained += 1
            self._deepen()
            token = self._take()
            if token.text == "[":
                node = Index(node, self._binary(1), token.at)
                self._expect("]")
            else:
                node = self._member(node)
        self._depth -= chained
        return node

    def _member(self, container: Node) -> Node:
        token = self._take()
        if token.kind != "name":
            self._next -= 1
            raise self._fail("the name of a field is missing")
        if self._skip("("):
            return Call(token.text, container, self._items(")"), token.at)
        return Member(container, token.text, token.at)

    def _primary(self) -> Node:
        token = self._take()
        if token.kind == "literal":
            return Literal(token.value, token.at)
        if token.kind == "name" and token.text != "in":
            if self._skip("("):
                return Call(token.text, None, self._items(")"), token.at)
            return Name(token.text, token.at)
        if token.kind == "operator" and token.text == "(":
            node = self._binary(1)
            self._expect(")")
            return node
        if token.kind == "operator" and token.text == "[":
            return Listed(self._items("]"), token.at)
        self._next -= 1
        raise self._fail()

    def _items(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._skip(end):
            if items:
                self._expect(",")
                if end == "]" and self._skip(end):  # CEL allows a comma behind the last item
                    break
            items.append(self._binary(1))
        return tuple(items)


def _join(operator: Token, left: Node, right: Node) -> Logic:
    """Join two terms; a chain of one operator becomes one node."""
    if isinstance(left, Logic) and left.operator == operator.text:
        left.terms.append(right)
        return left
    return Logic(operator.text, [left, right], operator.at)
