"""Expressions say of a record what Python says of it, and whatever somebody writes ends in an answer or an error."""

from __future__ import annotations

from typing import Any

import pytest
from drawn_expressions import conditions, objects
from hypothesis import given, settings
from hypothesis import strategies as st

from netstat_core.errors import UsageError
from netstat_core.host.discovery import Host
from netstat_core.plugin.schema import Schema, published_schema
from netstat_core.where import Where

SCHEMAS = {kind: published_schema(reader) for kind, reader in Host().kinds().items()}
KINDS = st.sampled_from(sorted(SCHEMAS))


@settings(max_examples=200)
@given(data=st.data(), kind=KINDS)
def test_expressions_mean_what_python_says(data: st.DataObject, kind: str) -> None:
    """An expression, and its negation, match the records of which it is certain, and no others."""
    schema = SCHEMAS[kind]
    drawn = data.draw(conditions(schema))
    record = data.draw(objects(schema, nulls=True))
    answer = drawn.answer({"": record})
    for whole in (True, False):
        assert Where(drawn.text, {kind: schema}, whole=whole).rule(kind)(record) == (answer is True)
        assert Where(f"!({drawn.text})", {kind: schema}, whole=whole).rule(kind)(record) == (answer is False)


@settings(max_examples=80)
@given(data=st.data(), kind=KINDS)
def test_absent_fields_are_unknown(data: st.DataObject, kind: str) -> None:
    """A record that has lost fields, as in facts, is matched by what its other fields decide."""
    drawn = data.draw(conditions(SCHEMAS[kind]))
    record = data.draw(objects(SCHEMAS[kind], nulls=True))
    record = {name: value for name, value in record.items() if data.draw(st.booleans())}
    assert Where(drawn.text, SCHEMAS).rule(kind)(record) == (drawn.answer({"": record}) is True)


@settings(max_examples=100)
@given(data=st.data(), kind=KINDS)
def test_cel_says_the_same(data: st.DataObject, kind: str) -> None:
    """Of a record in which nothing is null, expressions say what an implementation of CEL says."""
    cel = pytest.importorskip("cel", reason="the package common-expression-language is not installed")
    drawn = data.draw(conditions(SCHEMAS[kind]))
    record = data.draw(objects(SCHEMAS[kind], nulls=False))
    rule = Where(drawn.text, {kind: SCHEMAS[kind]}, whole=True).rule(kind)
    assert rule(record) == cel.evaluate(drawn.text, record)


def paths(schema: Schema, text: str = "", depth: int = 0) -> list[tuple[str, str]]:
    """Return an expression about each field of a schema as it is written, and with its name misspelt."""
    found = []
    for part in schema.get("anyOf", [schema]):
        for name, field in part.get("properties", {}).items():
            path = f"{text}.{name}" if text else name
            found += [(f"{path} == null", f"{path}x == null"), *paths(field, path, depth)]
        if "items" in part and depth < 2:
            variable = f"v{depth}"
            inner = paths(part["items"], variable, depth + 1)
            found += [tuple(f"{text}.exists({variable}, {one})" for one in pair) for pair in inner]  # type: ignore[misc]
    return found


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_field_can_be_named(kind: str) -> None:
    """Every field of every kind, however deep, is reached by its name, and a misspelt one is an error that names it."""
    schema = {kind: SCHEMAS[kind]}
    found = paths(SCHEMAS[kind])
    assert len(found) > 3
    for expression, misspelt in found:
        Where(expression, schema)
        name = misspelt.rpartition(" == ")[0].rpartition(".")[2].rpartition(" ")[2]
        with pytest.raises(UsageError, match=f"unknown field {name}.*did you mean {name[:-1]}") as raised:
            Where(misspelt, schema)
        assert "\n" not in str(raised.value)


TOKENS = [
    *("local_port", "state", "processes", "timer", "p", "name", "kind", "counters", "size", "exists", "all", "map"),
    *("filter", "has", "in_prefix", "matches", "contains", "in", "&&", "||", "!", "==", "!=", "<", "<=", "+", "-", "*"),
    *("/", "%", "(", ")", "(", ")", "[", "]", ".", ".", ",", "1", "0", "1.5", "'a'", "'10.0.0.0/8'", "null", "true"),
    *(
        "'LISTEN'",
        "0x1f",
        "7u",
        "r'\\d'",
        "'(a'",
        "=",
        "?",
        "{",
        "and",
        "// ",
        "\n",
        "'",
        '"""',
        "\\",
        "\0",
        "\ud800",
        "é",
    ),
]
SOUP = st.lists(st.sampled_from(TOKENS), max_size=14)


def examine(source: str, record: dict[str, Any]) -> None:
    """Compile whatever a source is, and ask it about a record: the only exception is UsageError, in one line."""
    for schemas in ({"inet.socket": SCHEMAS["inet.socket"]}, {"": {}}):
        try:
            rule = Where(source, schemas).rule(*schemas)
        except UsageError as error:
            assert str(error).isprintable()  # noqa: PT017 - the errors that must not be raised are the test
            continue
        assert isinstance(rule(record), bool)


@settings(max_examples=200)
@given(tokens=SOUP, glue=st.sampled_from(["", " "]), data=st.data())
def test_any_tokens_end_in_an_answer_or_one_line(tokens: list[str], glue: str, data: st.DataObject) -> None:
    """Tokens in any order are an expression or a UsageError of one line."""
    examine(glue.join(tokens), data.draw(objects(SCHEMAS["inet.socket"], nulls=True)))


@settings(max_examples=100)
@given(data=st.data(), at=st.integers(0, 60), text=st.text(max_size=2))
def test_any_damage_ends_in_an_answer_or_one_line(data: st.DataObject, at: int, text: str) -> None:
    """An expression with characters replaced is an expression or a UsageError of one line."""
    source = data.draw(conditions(SCHEMAS["inet.socket"])).text
    examine(source[:at] + text + source[at + 1 :], data.draw(objects(SCHEMAS["inet.socket"], nulls=True)))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "10.1.2.3", "LISTEN"]) | st.just(1.5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["kind", "name", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(max_examples=150)
@given(
    tokens=SOUP,
    record=st.dictionaries(st.sampled_from(["local_port", "state", "processes", "timer", "kind"]), ANYTHING),
)
def test_records_of_any_types_end_in_an_answer(tokens: list[str], record: dict[str, Any]) -> None:
    """Without a schema an expression about records of any types is true or not, and raises nothing."""
    try:
        rule = Where(" ".join(tokens), {}).rule()
    except UsageError:
        return
    assert isinstance(rule(record), bool)
