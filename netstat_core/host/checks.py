"""Validation of the readers that plugins declare, before anything is read.

Built-in plugins are validated by tests instead, since this takes time at every start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from netstat_core.errors import PluginError, Refused
from netstat_core.host.allowed import resolve_needs
from netstat_core.host.checker import check_schema
from netstat_core.host.clashes import VALID_NAME
from netstat_core.host.plugins import describe_error, guard_plugin_code
from netstat_core.plugin.asked import Asked
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import LabelFields, OwnedFields
from netstat_core.plugin.schema import Schema, reader_schema
from netstat_core.plugin.text import Layout

_TABLE = re.compile(r"[a-z0-9_]+", re.ASCII | re.IGNORECASE)
_EVERY_TABLE = "all"
_GIVEN_BY_HOST = frozenset({"kind", *OwnedFields.__required_keys__, *LabelFields.__required_keys__})

Meaning = Callable[[str], "str | None"]
"""Returns what a word already means as an option or as an alias of a family; None if it is free."""


def find_fault(reader: Reader, meaning: Meaning) -> str | None:
    """Return the first invalid field of a reader and the reason: ``feeds: must not be empty``. None if valid."""
    try:
        with guard_plugin_code():
            return next(_find_faults(reader, meaning), None)
    except Exception as error:  # noqa: BLE001 - a plugin's declaration
        return f"declaration: {describe_error(error)}"


def _find_faults(reader: Reader, meaning: Meaning) -> Iterator[str]:
    yield from _check_names(reader)
    yield from (f"families: {name!r} is {taken}" for name in reader.families if (taken := meaning(name)))
    yield from _check_items(reader)
    yield from _check_record(reader)
    if reader.change:
        changes = reader.change.reader
        yield from (f"change: {fault}" for fault in (*_check_names(changes), *_check_record(changes)))
    yield from _check_sources(reader)


def _check_names(reader: Reader) -> Iterator[str]:
    if not reader.name.isprintable() or not reader.name.strip():
        yield f"name: {reader.name!r} is not a valid name"
    if not _TABLE.fullmatch(reader.table):
        yield f"table: {reader.table!r} is not a valid name: use letters, digits and _"
    elif reader.table == _EVERY_TABLE:
        yield f"table: {reader.table!r} stands for every table"
    words = ("kind", (reader.kind,)), ("families", reader.families), ("protocols", reader.protocols)
    for field, names in words:
        for name in names:
            if not isinstance(name, str) or not VALID_NAME.fullmatch(name):
                yield f"{field}: {name!r} is not a valid name: use letters, digits and _ . + -"


def _check_items(reader: Reader) -> Iterator[str]:
    """Check the items of tuples and mappings, whose own type was checked when the reader was created."""
    if not reader.feeds:
        yield "feeds: must not be empty"
    items: Iterable[tuple[str, type, Iterable[Any]]] = (
        ("feeds", Feed, reader.feeds),
        ("layouts", Layout, reader.layouts.values()),
    )
    for field, kind, given in items:
        wrong = [type(item).__name__ for item in given if not isinstance(item, kind)]
        yield from (f"{field}: {name} is not a {kind.__name__}" for name in wrong)


def _check_record(reader: Reader) -> Iterator[str]:
    """Check the schema of a reader's records, and that it has the fields that the reader names."""
    try:
        schema = reader_schema(reader)
        check_schema(schema)
    except Exception as error:  # noqa: BLE001 - annotations are a plugin's code
        yield f"record: {describe_error(error).removeprefix(f'reader {reader.name}: ')}"
        return
    fields = schema.get("properties", {})
    yield from (
        f"record: {name!r} is a field that the host adds" for name in sorted(_GIVEN_BY_HOST.intersection(fields))
    )
    listening = [reader.listening] if isinstance(reader.listening, str) else []
    for field, names in (("inode_field", [reader.inode_field] * bool(reader.inode_field)), ("listening", listening)):
        yield from (f"{field}: its records have no field {name!r}" for name in names if not _may_have(schema, name))


def _may_have(schema: Schema, field: Any) -> bool:
    """True if records of a schema can have a field."""
    properties = schema.get("properties", {})
    return field in properties or (not properties and schema.get("additionalProperties", True) is not False)


def _check_sources(reader: Reader) -> Iterator[str]:
    """Check the sources that feeds read for a default request; others are checked when a request needs them."""
    for feed in reader.feeds:
        try:
            resolve_needs(feed, Asked())
        except Refused:  # the feed does not serve a default request
            continue
        except PluginError as error:
            yield str(error)
