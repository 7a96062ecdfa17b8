"""Record types become schemas, and schemas become checkers that agree, whichever library holds the records to them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.util import find_spec
from types import MappingProxyType
from typing import Annotated, Any, Literal, Optional, TypedDict, Union

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from stand_ins import PATH, CannedSystem, FewPlugins, Thing, feed, fixed, reader, thing

from netstat_core import Query, collect
from netstat_core.errors import PluginError
from netstat_core.host import checker
from netstat_core.host.checker import Checker, check_schemas
from netstat_core.host.discovery import Host
from netstat_core.plugin import Batch, Field, Reader, Same, SocketRecord
from netstat_core.plugin.schema import published_schema, reader_schema

typed_dict: Any = TypedDict
"""To make record types that are only known at run time."""

LIBRARIES = ["jsonschema-rs", "jsonschema"]


class Wheel(TypedDict):
    """One wheel."""

    size: Annotated[float | None, Field("How large", minimum=0)]


class Everything(TypedDict):
    """A record with all a field can be.

    What stands behind the first paragraph is for readers of the code.
    """

    number: Annotated[int, Field("A number", minimum=1, maximum=9)]
    text: Annotated[str, Field("A text", mark="name")]
    maybe: Annotated[int | None, Field("A number or not", minimum=0)]
    old_maybe: Optional[str]  # noqa: UP045 - older spelling, which a third party may use
    either: Union[int, str]  # noqa: UP007 - idem
    either_or_none: int | str | None
    truth: bool
    real: float
    word: Literal["a", "b"]
    only: Literal["one"]
    only_or_none: Annotated[Literal["one"] | None, Field("One or nothing")]
    word_or_none: Literal["a", "b"] | None
    known: Annotated[str, Field("A word of a list", words=("x", "y"))]
    known_or_none: Annotated[str | None, Field("A word of a list or nothing", words=("x", "y"))]
    open_word: Annotated[str, Field("A word or another", words=("x",), pattern=r"^other\([0-9]+\)$")]
    open_word_or_none: Annotated[str | None, Field("A word or another", words=("x",), pattern=r"^other\([0-9]+\)$")]
    names: list[str]
    wheel: Wheel
    spare: Annotated[Wheel | None, Field("Another wheel")]
    wheels: Annotated[list[Wheel], Field("More wheels")]
    counters: dict[str, int | None]
    anything: Any


LARGEST = 2**64 - 1
INTEGER = {"type": "integer", "minimum": -(2**63), "maximum": LARGEST}
EXPECTED: dict[str, Any] = {
    "number": {"type": "integer", "description": "A number", "minimum": 1, "maximum": 9},
    "text": {"type": "string", "description": "A text", "x-netstat-mark": "name"},
    "maybe": {"type": ["integer", "null"], "description": "A number or not", "minimum": 0, "maximum": LARGEST},
    "old_maybe": {"type": ["string", "null"]},
    "either": {"anyOf": [INTEGER, {"type": "string"}]},
    "either_or_none": {"anyOf": [INTEGER, {"type": "string"}, {"type": "null"}]},
    "truth": {"type": "boolean"},
    "real": {"type": "number"},
    "word": {"enum": ["a", "b"]},
    "only": {"const": "one"},
    "only_or_none": {"enum": ["one", None], "description": "One or nothing"},
    "word_or_none": {"enum": ["a", "b", None]},
    "names": {"type": "array", "items": {"type": "string"}},
    "counters": {"type": "object", "additionalProperties": {**INTEGER, "type": ["integer", "null"]}},
    "anything": {},
}
GOOD: dict[str, Any] = {
    "number": 1,
    "text": "t",
    "maybe": None,
    "old_maybe": None,
    "either": 1,
    "either_or_none": None,
    "truth": True,
    "real": 0.5,
    "word": "a",
    "only": "one",
    "only_or_none": None,
    "word_or_none": "b",
    "known": "x",
    "known_or_none": None,
    "open_word": "other(5)",
    "open_word_or_none": None,
    "names": ["n"],
    "wheel": {"size": 1},
    "spare": None,
    "wheels": [{"size": None}],
    "counters": {"c": 1, "d": None},
    "anything": [{}],
}
BAD: dict[str, list[Any]] = {
    "number": [0, 10, "1", 1.5, None, True],
    "text": [5, None, b"t"],
    "maybe": [-1, "", False],
    "old_maybe": [1],
    "either": [None, 1.5],
    "either_or_none": [1.5, []],
    "truth": [0, None, "true"],
    "real": ["1", None, True],
    "word": ["c", None, 1],
    "only": ["two", None],
    "only_or_none": ["two", 0],
    "word_or_none": ["c", False],
    "known": ["z", None, 3],
    "known_or_none": ["z", 0],
    "open_word": ["other", "other(x)", None, 7],
    "open_word_or_none": ["y", 7],
    "names": ["n", [1], None, [None]],
    "wheel": [{}, {"size": -1}, {"size": 1, "colour": 2}, None, []],
    "spare": [{"size": "1"}, 0],
    "wheels": [{"size": 1}, [{"size": 1}, {}]],
    "counters": [{"c": "1"}, [], {"c": {}}],
}

EVERYTHING = reader(feed(fixed()), record=Everything, kind="every.thing", version=3)


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run with each of the two libraries; without jsonschema-rs its import fails."""
    name: str = request.param
    if name == "jsonschema":
        monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    elif find_spec("jsonschema_rs") is None:
        pytest.skip("jsonschema-rs is not installed")
    return name


def verdict(checked: Checker, record: Any) -> bool:
    """Whether a checker lets a record pass."""
    good, violations = checked.check([record], "feed", "plugin")
    assert len(good) + len(violations) == 1
    return bool(good)


@pytest.mark.parametrize("field", EXPECTED)
def test_each_construct_has_its_schema(field: str) -> None:
    """Every type a field can be annotated with becomes the schema that says the same."""
    assert reader_schema(EVERYTHING)["properties"][field] == EXPECTED[field]


def test_enumerations_may_be_open() -> None:
    """Words alone are an enumeration; with a pattern other words of its shape pass too."""
    fields = reader_schema(EVERYTHING)["properties"]
    assert fields["known"]["enum"] == ["x", "y"]
    assert fields["known_or_none"]["enum"] == ["x", "y", None]
    alternatives = [{"enum": ["x", None]}, {"type": "string", "pattern": r"^other\([0-9]+\)$"}]
    assert fields["open_word_or_none"]["anyOf"] == alternatives


def test_nested_records_are_closed_objects() -> None:
    """A TypedDict within a record is an object with its own required fields; a nullable one may be null too."""
    wheel = {
        "type": "object",
        "description": "One wheel.",
        "properties": {"size": {"type": ["number", "null"], "description": "How large", "minimum": 0}},
        "required": ["size"],
        "additionalProperties": False,
    }
    fields = reader_schema(EVERYTHING)["properties"]
    assert fields["wheel"] == wheel
    assert fields["wheels"] == {"type": "array", "items": wheel, "description": "More wheels"}
    assert fields["spare"] == {**wheel, "type": ["object", "null"], "description": "Another wheel"}


def test_the_record_itself() -> None:
    """A kind's schema bears its name and version, describes the record, requires all fields and allows no others."""
    made = reader_schema(EVERYTHING)
    assert made["$id"] == "urn:netstat:every.thing:3"
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert made["description"] == "A record with all a field can be."
    assert list(made["properties"]) == made["required"] == list(Everything.__annotations__)
    assert made["additionalProperties"] is False
    Draft202012Validator.check_schema(made)


def test_published_schemas_are_open_and_whole() -> None:
    """The published schema adds what the host fills in, and lets later versions add fields."""
    made = published_schema(EVERYTHING)
    assert "additionalProperties" not in made
    assert made["properties"]["kind"]["const"] == "every.thing"
    assert {"kind", "network_namespace", *GOOD} == set(made["required"]) == set(made["properties"])
    owned = published_schema(EVERYTHING.replace(inode_field="number"))
    assert set(owned["required"]) - set(made["required"]) == {"processes"}
    Draft202012Validator.check_schema(owned)
    whole = {"kind": "every.thing", "network_namespace": None, **GOOD, "later": 1}
    assert Draft202012Validator(made).is_valid(whole)
    assert not Draft202012Validator(made).is_valid({**whole, "kind": "other"})


def test_every_installed_kind_has_a_schema() -> None:
    """All fields of all built-in kinds are described, and all schemas hold against the meta-schema."""
    readers = [offer.reader for offer in Host().offers() if offer.plugin.name == "inet"]
    assert len(readers) == 6
    assert list(check_schemas(readers)) == []
    for one in readers:
        fields = published_schema(one)["properties"]
        assert [name for name, field in fields.items() if not field.get("description")] == []


def test_a_third_party_may_bring_a_schema(library: str) -> None:
    """A reader may declare JSON Schema in a TypedDict's place, references and all; it is held to it as written."""
    brought = {
        "type": "object",
        "properties": {"name": {"$ref": "#/$defs/short"}, "number": {"type": "integer"}},
        "patternProperties": {"^x-": {"type": "string"}},
        "required": ["name", "number"],
        "additionalProperties": False,
        "$defs": {"short": {"type": "string", "maxLength": 3}},
    }
    checked = Checker(reader(feed(fixed()), record=MappingProxyType(brought)))
    assert verdict(checked, {"name": "abc", "number": 1})
    assert verdict(checked, {"name": "abc", "number": 1, "x-more": "y"})
    assert not verdict(checked, {"name": "abcd", "number": 1})
    assert not verdict(checked, {"name": "abc", "x-more": "y"})


NOT_SCHEMAS: dict[str, Any] = {
    "no schema": {"type": "no such type"},
    "no TypedDict": int,
    "an unknown name": typed_dict("Odd", {"field": "NoSuchName"}),
}


@pytest.mark.parametrize("name", NOT_SCHEMAS)
def test_what_is_no_schema_is_the_plugins_fault(name: str, library: str) -> None:
    """A record type that no schema can be made from is refused with a reason, and listed by the check of schemas."""
    broken = reader(feed(fixed()), record=NOT_SCHEMAS[name])
    with pytest.raises(PluginError):
        Checker(broken)
    assert [one for one, _ in check_schemas([EVERYTHING, broken])] == [broken]


def test_good_records_pass(library: str) -> None:
    """A record of the right shape passes, as the same object, in its place."""
    records = [dict(GOOD) for _ in range(3)]
    good, violations = Checker(EVERYTHING).check(records, "feed", "plugin")
    assert good is records
    assert violations == []


@pytest.mark.parametrize("field", BAD)
def test_bad_values_are_rejected(field: str, library: str) -> None:
    """Each wrong value of each field is rejected, also between records that are right."""
    checked = Checker(EVERYTHING)
    for value in BAD[field]:
        before, after = dict(GOOD), dict(GOOD)
        good, violations = checked.check([before, {**GOOD, field: value}, after], "feed", "plugin")
        assert ([id(one) for one in good], len(violations)) == ([id(before), id(after)], 1), value


@pytest.mark.parametrize("field", GOOD)
def test_fields_are_required_and_no_others_allowed(field: str, library: str) -> None:
    """A record that lacks a field is rejected, even if it has another in its place."""
    checked = Checker(EVERYTHING)
    lacking = {name: value for name, value in GOOD.items() if name != field}
    assert not verdict(checked, lacking)
    assert not verdict(checked, {**lacking, "other": 1})
    assert not verdict(checked, {**GOOD, "other": 1})


NO_DATA: dict[str, list[Any]] = {
    "text": [b"bytes", object()],
    "real": [float("nan"), float("inf"), 1j, ...],
    "names": [{"n"}, [b"n"]],
    "counters": [{1: 2}, {"c": float("nan")}, {"c": b"1"}],
    "wheel": [{"size": float("-inf")}],
}


@pytest.mark.parametrize("field", NO_DATA)
def test_what_json_cannot_hold_is_rejected(field: str, library: str) -> None:
    """A value that no JSON text can hold is rejected and does not end the run."""
    for value in NO_DATA[field]:
        assert not verdict(Checker(EVERYTHING), {**GOOD, field: value}), value


def test_rejections_name_everything(library: str) -> None:
    """A rejection names plugin, reader, feed, kind, field and value, the value escaped and cut to 200 bytes."""
    value = "\x1b[31m" + "é" * 500
    _, (violation,) = Checker(EVERYTHING).check([{**GOOD, "wheel": {"size": value}}], "the_feed", "the_plugin")
    text = str(violation)
    assert text.startswith("plugin the_plugin, reader things, feed the_feed, kind every.thing: field wheel.size: type ")
    assert text.isprintable()
    shown = text.partition(" for ")[2]
    assert 90 < shown.count("é") <= 100


def test_rejections_are_entries_of_completeness() -> None:
    """A rejected record is missing, the others are there, and completeness says why; only then is anything counted."""
    source = {"/proc/net/things": b""}
    parse = fixed(thing(1), thing(-5), thing(2), {"name": None}, thing(3))
    report = collect(Query(tables=("things",)), CannedSystem(source), FewPlugins(reader(feed(parse))))
    assert [record["number"] for record in report["tables"]["things"]] == [1, 2, 3]
    entries = report["completeness"]
    assert [(entry["reason"], entry["table"], entry["reader"]) for entry in entries] == [
        ("rejected", "things", "things")
    ] * 2
    assert "plugin stand_in, reader things, feed procfs, kind thing: field number" in entries[0]["detail"]
    assert "-5" in entries[0]["detail"]
    json.dumps(report)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
field_values = st.sampled_from([*GOOD.items(), *((name, bad) for name, values in BAD.items() for bad in values)])
nearly_good = st.lists(field_values, max_size=3).map(lambda changes: {**GOOD, **dict(changes)})
cut = st.tuples(nearly_good, st.sets(st.sampled_from(sorted(GOOD)), max_size=1)).map(
    lambda made: {name: value for name, value in made[0].items() if name not in made[1]}
)


@pytest.fixture(scope="module")
def both() -> tuple[Checker, Checker]:
    """Make the same checker with and without jsonschema-rs."""
    pytest.importorskip("jsonschema_rs")
    fast = Checker(EVERYTHING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "jsonschema_rs", None)
        slow = Checker(EVERYTHING)
        verdict(slow, {})
        slow.check_batch(batch_by_column([GOOD]), "feed", "plugin")
    verdict(fast, {})
    return fast, slow


@settings(deadline=None, max_examples=60)
@given(records=st.lists(nearly_good | cut | st.dictionaries(st.sampled_from(sorted(GOOD)), plain), max_size=4))
def test_both_libraries_agree(records: list[Any], both: tuple[Checker, Checker]) -> None:
    """Whatever the records, jsonschema-rs, jsonschema and the schema as published by itself let the same ones pass."""
    fast, slow = both
    authority = Draft202012Validator(reader_schema(EVERYTHING))
    expected = [record for record in records if authority.is_valid(record)]
    assert fast.check(records, "feed", "plugin")[0] == expected
    assert slow.check(records, "feed", "plugin")[0] == expected


def batch_by_column(records: list[dict[str, Any]]) -> Batch:
    """Make a batch of the columns of records with the same fields; a single record gives columns of equal values."""
    names = records[0] if records else {}
    columns = {name: [record[name] for record in records] for name in names}
    return Batch.of_columns(
        {name: Same(values[0]) if len(values) == 1 else values for name, values in columns.items()}, len(records)
    )


uniform = st.sets(st.sampled_from(sorted(GOOD)), max_size=1).flatmap(
    lambda lacking: st.lists(
        nearly_good.map(lambda made: {name: made[name] for name in sorted(made) if name not in lacking}), max_size=3
    )
)


@settings(deadline=None, max_examples=60)
@given(records=uniform, surplus=st.booleans())
def test_columns_are_checked_as_records_are(
    records: list[dict[str, Any]], both: tuple[Checker, Checker], *, surplus: bool
) -> None:
    """A batch of columns keeps and loses the same records as those records as dicts, with and without jsonschema-rs."""
    records = [{**record, "surplus": 1} for record in records] if surplus else records
    for one in both:
        good, violations = one.check(records, "feed", "plugin")
        kept, told = one.check_batch(batch_by_column(records), "feed", "plugin")
        assert (kept.rows(), len(told)) == (good, len(violations))


Made = Callable[[], Reader]
leaf_types = st.sampled_from(
    [int, str, bool, float, None, Literal["a"], Literal["a", "b"], int | None, list[int], Wheel]
)


@settings(deadline=None, max_examples=40)
@given(
    fields=st.dictionaries(st.from_regex("[a-z]{1,3}", fullmatch=True), leaf_types, min_size=1, max_size=4),
    values=st.lists(plain | st.just({"size": 1}) | st.just("a"), min_size=5, max_size=5),
    surplus=st.booleans(),
)
def test_quickened_schemas_are_equivalent(fields: dict[str, Any], values: list[Any], *, surplus: bool) -> None:
    """Counting fields in place of asking for each gives the same verdict, whatever the record type."""
    names = [*fields, "surplus"] if surplus else list(fields)
    record = dict(zip(names, values, strict=False))
    whole = reader_schema(reader(feed(fixed()), record=typed_dict("Made", fields)))
    quick = checker._simplify(whole)
    assert "required" not in quick
    assert Draft202012Validator(quick).is_valid(record) == Draft202012Validator(whole).is_valid(record)


class Familiar(TypedDict):
    """A socket that says of which family it is."""

    family: Annotated[str, Field("Address family")]


@pytest.mark.parametrize("record", [Familiar, {"type": "object", "properties": {"family": {"type": "string"}}}])
def test_sockets_are_of_a_family_that_is_declared(record: Any) -> None:
    """A socket of another family than its reader answers to is rejected, and the others stay."""
    parse = fixed({"family": "toy"}, {"family": "other"}, {"family": "lego"})
    one = reader(feed(parse), table="sockets", record=record, families=("toy", "lego"), layouts={})
    report = collect(Query(), CannedSystem({PATH: b""}), FewPlugins(one))
    assert [socket["family"] for socket in report["tables"]["sockets"]] == ["toy", "lego"]
    assert [(entry["reason"], "field family" in entry["detail"]) for entry in report["completeness"]] == [
        ("rejected", True)
    ]


def test_a_run_without_jsonschema_rs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where jsonschema-rs is not installed the same records come and the same ones are rejected."""
    query, system = Query(tables=("things",)), CannedSystem({"/proc/net/things": b""})
    things = feed(lambda _about, _content: iter([thing(1), thing(-1)]))
    host = FewPlugins(reader(things, record=Thing))
    with_it = collect(query, system, host)
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    assert collect(query, system, host) == with_it
    assert len(with_it["completeness"]) == 1


def test_numbers_of_the_kernel_have_64_bits() -> None:
    """What a snapshot tells is held against that; of a running kernel it need not be."""
    (good, violations) = Checker(EVERYTHING).check([{**GOOD, "either": 2**64}], "feed", "plugin")
    assert (good, len(violations)) == ([], 1)
    (good, violations) = Checker(EVERYTHING, is_live=True).check([{**GOOD, "either": 2**64}], "feed", "plugin")
    assert (len(good), violations) == (1, [])


class Knock(SocketRecord):
    """A socket that restates what sockets have in common."""

    family: Annotated[str, Field("Its family", words=("door",))]
    state: Annotated[str | None, Field("Its state", words=("open", "shut"), never_null=True)]
    recv_queue: Annotated[int | None, Field("Those who wait", minimum=0, never_null=True)]
    doors: int


def test_kinds_restate_fields_of_sockets() -> None:
    """A kind gives fields that it shares words and a meaning of its own, and says what it never has as null."""
    made = reader_schema(reader(feed(fixed()), record=Knock))["properties"]
    assert list(made) == [*SocketRecord.__annotations__, "doors"]
    assert made["family"] == {"type": "string", "description": "Its family", "enum": ["door"]}
    assert made["state"] == {"type": "string", "description": "Its state", "enum": ["open", "shut"]}
    assert made["recv_queue"] == {**INTEGER, "minimum": 0, "description": "Those who wait"}
    assert made["uid"]["type"] == ["integer", "null"]


def test_sockets_of_all_families_are_alike() -> None:
    """Each built-in kind of sockets has the fields that sockets have in common, of the same types or narrower ones."""
    common = reader_schema(reader(feed(fixed()), record=SocketRecord))["properties"]
    kinds = {one.kind: reader_schema(one)["properties"] for one in Host().kinds().values() if one.table == "sockets"}
    assert len([kind for kind in kinds if kind.endswith(".socket")]) == len(kinds) >= 8
    for kind, fields in kinds.items():
        for name, shared in common.items():
            assert {*_types(fields[name])} <= {*_types(shared)}, (kind, name)


def _types(schema: dict[str, Any]) -> list[str]:
    given = schema["type"]
    return [given] if isinstance(given, str) else given
