"""The formats ``facts`` and ``facts-local``: a machine's network as look-up tables for configuration management."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import BinaryIO

from netstat_core.plugin.hooks import hookimpl
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Rendering, Sink
from netstat_core.query import Query

API = 0


def _make_facts(out: BinaryIO) -> Rendering:
    from netstat_core.facts.sink import FactsRendering  # noqa: PLC0415 - loaded for those who use it

    return FactsRendering(out)


def _make_local_facts(out: BinaryIO) -> Rendering:
    from netstat_core.facts.sink import LocalFactsRendering  # noqa: PLC0415

    return LocalFactsRendering(out)


def _make_query(readers: Collection[Reader], query: Query) -> Query:
    from netstat_core.facts.sink import default_query  # noqa: PLC0415

    return default_query(readers, query)


def _needed_fields(reader: Reader, query: Query) -> frozenset[str] | None:
    from netstat_core.facts.query import needed_fields  # noqa: PLC0415

    return needed_fields(reader, query)


@hookimpl
def netstat_sinks() -> Iterable[Sink]:
    """Declare the formats ``facts`` (the result of an Ansible module) and ``facts-local`` (the facts alone)."""
    return [
        Sink(
            "facts",
            meaning="what an Ansible module returns",
            make=_make_facts,
            asks=_make_query,
            takes=_needed_fields,
        ),
        Sink(
            "facts-local",
            meaning="the facts alone, for an executable in /etc/ansible/facts.d",
            make=_make_local_facts,
            asks=_make_query,
            takes=_needed_fields,
        ),
    ]
