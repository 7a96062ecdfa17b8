"""Declarations of readers held against the rules, before anything is read.

The built-in plugins are not asked at each start: tests hold them against the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from netstat_core.errors import PluginError, Refused
from netstat_core.host.allowed import needs_of
from netstat_core.host.checker import check_schema
from netstat_core.host.plugins import contained, described
from netstat_core.plugin.asked import Asked
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import OwnedFields
from netstat_core.plugin.schema import Schema, reader_schema
from netstat_core.plugin.text import Layout

_TABLE = re.compile(r"[a-z0-9_]+", re.ASCII | re.IGNORECASE)
_WORD = re.compile(r"[a-z0-9_][a-z0-9_.+-]*", re.ASCII | re.IGNORECASE)
_EVERY_TABLE = "all"
_GIVEN_BY_HOST = frozenset({"kind", *OwnedFields.__annotations__, *OwnedFields.__required_keys__})

Meaning = Callable[[str], "str | None"]
"""What a word means already as an option or a family's other name; None where it is free."""


def fault_of(reader: Reader, meaning: Meaning) -> str | None:
    """The first field of a reader that is not as it has to be, and why: ``feeds: there are none``."""
    try:
        with contained():
            return next(_faults(reader, meaning), None)
    except Exception as error:  # noqa: BLE001 - a stranger's declaration
        return f"declaration: {described(error)}"


def _faults(reader: Reader, meaning: Meaning) -> Iterator[str]:
    yield from _wrong_names(reader)
    yield from (f"families: {name!r} is {taken}" for name in reader.families if (taken := meaning(name)))
    yield from _wrong_parts(reader)
    yield from _wrong_record(reader)
    if reader.change:
        changes = reader.change.reader
        yield from (f"change: {fault}" for fault in (*_wrong_names(changes), *_wrong_record(changes)))
    yield from _forbidden_sources(reader)


def _wrong_names(reader: Reader) -> Iterator[str]:
    if not reader.name.isprintable() or not reader.name.strip():
        yield f"name: {reader.name!r} is no name"
    if not _TABLE.fullmatch(reader.table):
        yield f"table: {reader.table!r} is no name: it needs letters, digits and _"
    elif reader.table == _EVERY_TABLE:
        yield f"table: {reader.table!r} stands for every table"
    words = ("kind", (reader.kind,)), ("families", reader.families), ("protocols", reader.protocols)
    for field, names in words:
        for name in names:
            if not isinstance(name, str) or not _WORD.fullmatch(name):
                yield f"{field}: {name!r} is no name: it needs letters, digits and any of _ . + -"


def _wrong_parts(reader: Reader) -> Iterator[str]:
    """What tuples and mappings hold, of which only the outside was looked at when they were given."""
    if not reader.feeds:
        yield "feeds: there are none"
    parts: Iterable[tuple[str, type, Iterable[Any]]] = (
        ("feeds", Feed, reader.feeds),
        ("layouts", Layout, reader.layouts.values()),
    )
    for field, kind, given in parts:
        wrong = [type(one).__name__ for one in given if not isinstance(one, kind)]
        yield from (f"{field}: {name} is no {kind.__name__}" for name in wrong)


def _wrong_record(reader: Reader) -> Iterator[str]:
    """What is wrong with the schema of a reader's records, and with the fields that are named in it."""
    try:
        schema = reader_schema(reader)
        check_schema(schema)
    except Exception as error:  # noqa: BLE001 - annotations are a stranger's code
        yield f"record: {described(error).removeprefix(f'reader {reader.name}: ')}"
        return
    fields = schema.get("properties", {})
    yield from (f"record: the host adds {name!r}" for name in sorted(_GIVEN_BY_HOST.intersection(fields)))
    listening = [reader.listening] if isinstance(reader.listening, str) else []
    for field, names in (("inode_field", [reader.inode_field] * bool(reader.inode_field)), ("listening", listening)):
        yield from (f"{field}: no record has {name!r}" for name in names if not _may_have(schema, name))


def _may_have(schema: Schema, field: Any) -> bool:
    """Whether records of a schema can have a field."""
    properties = schema.get("properties", {})
    return field in properties or (not properties and schema.get("additionalProperties", True) is not False)


def _forbidden_sources(reader: Reader) -> Iterator[str]:
    """What the feeds would read of any query that no capture reads; what depends on the query is looked at then."""
    for feed in reader.feeds:
        try:
            needs_of(feed, Asked())
        except Refused:  # it does not serve such a query
            continue
        except PluginError as error:
            yield str(error)
