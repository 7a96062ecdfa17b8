"""Filters on records: expressions such as ``state == 'LISTEN' && local_port < 1024``.

The language is a part of the Common Expression Language (CEL), with ``in_prefix`` for addresses; docs/command-line.md
describes it. Expressions are checked against the schemas of the records before any record is read. They are compiled to
Python, since what is unknown in a record must never decide, which no evaluator of plain CEL can promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from netstat_core.errors import FilterFailed, UsageError
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import DescribedProcess
from netstat_core.plugin.schema import Schema, published_schema
from netstat_core.query import CONTEXTS, DETAILS, EXTRA_FIELDS, Query
from netstat_core.where.calls import CALLED_CONDITIONS, CALLED_VALUES
from netstat_core.where.comparisons import CALCULATIONS, COMPARISONS
from netstat_core.where.compiler import Compiler, Rule, Truth
from netstat_core.where.expression import Node
from netstat_core.where.fields import ANY, Refusal, describe_unknown, describe_words, properties_of
from netstat_core.where.parser import parse


class Where:
    """A filter expression, checked against the schemas of the kinds of records that it is applied to.

    ``schemas`` are published schemas by kind; without any, the fields of records are not checked. ``whole`` says that
    each record has all fields that its schema requires; without it, a field that a record lacks is unknown.

    ``fields`` are the fields of records that the expression uses, ``paths`` these and the fields inside them, such as
    ``processes.unit``.

    Raises UsageError for a syntax error, for a field that no kind has, and for a comparison that can hold for none.
    """

    def __init__(self, expression: str, schemas: Mapping[str, Schema], *, whole: bool = False) -> None:
        self.expression = expression
        self._tree = parse(expression)
        self._rules: dict[str, Rule | None] = {}
        compilers = []
        for kind, schema in (schemas or {"": ANY}).items():
            compiler = Compiler(schema, _CONDITIONS, _VALUES, whole=whole)
            self._rules[kind] = _compile(compiler, self._tree)
            compilers.append(compiler)
        _raise_refusals(compilers)
        if not any(self._rules.values()) and (lacking := _find_lacking(compilers)):
            raise UsageError(f"no kind of record has all of {', '.join(lacking)}", field="where")
        self.paths = frozenset(path for compiler in compilers for path in compiler.used)
        self.fields = frozenset(path for path in self.paths if "." not in path)

    @classmethod
    def for_query(cls, query: Query, readers: Iterable[Reader]) -> Where:
        """Return the filter of a query for the records that these readers yield.

        Raises UsageError, too, for fields of processes and of tcp_info that the query does not ask for.
        """
        schemas = {_name_schema(reader): published_schema(reader) for reader in readers}
        where = cls(query.where or "true", schemas, whole=True)
        for path in sorted(where.paths & _ASKED_FOR.keys()):
            word = _ASKED_FOR[path]
            if word not in query.owners:
                option = "who" if word == DETAILS else "context"
                raise UsageError(f"{path} is read only with {option}", field="where")
        for path in sorted(where.paths):
            field = path.partition(".")[0]
            if field in EXTRA_FIELDS and field not in query.extra_fields:
                raise UsageError(f"{path} is read {EXTRA_FIELDS[field]}", field="where")
        return where

    def rule(self, kind: str = "") -> Rule:
        """Return the function that says whether a record of a kind is kept.

        It raises FilterFailed if the expression cannot be evaluated for a record, which with records that follow their
        schema happens only if numbers are multiplied beyond what a float holds.
        """
        rule = self._rules[kind]
        return _guard(rule) if rule else _reject

    def rule_of(self, reader: Reader) -> Rule:
        """Return the rule for the records of a reader that the filter was made for."""
        return self.rule(_name_schema(reader))


_ASKED_FOR = {
    f"processes.{name}": CONTEXTS if name == "context" else DETAILS for name in DescribedProcess.__optional_keys__
}
"""The words of ``Query.owners`` by the fields that are read for them."""

_CONDITIONS: Mapping[str, Callable[[Compiler, Any], Truth]] = {**COMPARISONS, **CALLED_CONDITIONS}
_VALUES = {**CALCULATIONS, **CALLED_VALUES}


def _name_schema(reader: Reader) -> str:
    """Return the key of a reader's schema; readers of one kind share it if the host adds the same fields."""
    return f"{reader.kind} {reader.inode_field is not None}"


def _reject(_record: Mapping[str, Any]) -> bool:
    return False


def _guard(rule: Rule) -> Rule:
    def keep(record: Mapping[str, Any]) -> bool:
        try:
            return rule(record)
        except Exception as error:
            raise FilterFailed(f"the expression cannot be evaluated for a record: {error}", field="where") from error

    return keep


def _compile(compiler: Compiler, tree: Node) -> Rule | None:
    try:
        return compiler.compile(tree)
    except (SyntaxError, MemoryError, RecursionError, OverflowError):
        raise UsageError("the expression is too complex", field="where") from None


def _raise_refusals(compilers: list[Compiler]) -> None:
    """Raise UsageError for the first part of the source that every kind for which it was checked refuses."""
    for at in sorted({at for compiler in compilers for at in compiler.verdicts}):
        verdicts = [compiler.verdicts[at] for compiler in compilers if at in compiler.verdicts]
        refusals = [verdict for verdict in verdicts if verdict is not None]
        if len(refusals) == len(verdicts):
            raise UsageError(_describe(refusals, compilers), field="where")


def _describe(refusals: list[Refusal], compilers: list[Compiler]) -> str:
    """Return the message for a part that is refused: what is wrong with it, rather than that other kinds lack it."""
    wrong = [refusal for refusal in refusals if refusal.lacks is None]
    if wrong:
        same = [refusal for refusal in wrong if refusal.words and refusal.message == wrong[0].message]
        return f"{wrong[0].message}{describe_words(same) if same else ''}"
    names = sorted({str(refusal.lacks) for refusal in refusals})
    known = {name for compiler in compilers for name in properties_of(compiler.schema)}
    unknown = [name for name in names if name not in known]
    return describe_unknown(unknown[0], known) if unknown else f"no kind of record has all of {', '.join(names)}"


def _find_lacking(compilers: list[Compiler]) -> list[str]:
    verdicts = (verdict for compiler in compilers for verdict in compiler.verdicts.values())
    return sorted({verdict.lacks for verdict in verdicts if verdict is not None and verdict.lacks})
