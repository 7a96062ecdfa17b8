"""Facts, as the Ansible collection returns them: as a module's result, or alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, BinaryIO

from netstat_core.facts.builder import FactsBuilder
from netstat_core.facts.query import query_for
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Head, Rendering, Tail
from netstat_core.query import ARGUMENTS, CONTEXTS, DETAILS, Query
from netstat_core.sinks.json import encode


def default_query(readers: Collection[Reader], query: Query) -> Query:
    """All bounded facts, of what a command line says that selects no display."""
    asked = query_for(
        readers,
        where=query.where,
        netns=query.network_namespaces,
        all_netns=query.all_network_namespaces,
        who=DETAILS in query.owners,
        arguments=ARGUMENTS in query.owners,
    )
    source = asked.source if query.source == "auto" else query.source
    contexts = (CONTEXTS,) if CONTEXTS in query.owners else ()
    return asked._replace(source=source, namespace_limit=query.namespace_limit, owners=(*asked.owners, *contexts))


class LocalFactsRendering(Rendering):
    """One line of JSON: the facts. Nothing is written before the report has ended."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def begin(self, head: Head) -> None:
        """The report starts."""
        self._builder = FactsBuilder(head)

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Records become facts."""
        self._builder.add(reader, batch)

    def end(self, tail: Tail) -> None:
        """The facts."""
        self._out.write(encode(self._wrapped(self._builder.finish(tail))) + b"\n")

    def _wrapped(self, facts: dict[str, Any]) -> dict[str, Any]:
        return facts


class FactsRendering(LocalFactsRendering):
    """One line of JSON: the result of a module that gathers facts and changes nothing."""

    def _wrapped(self, facts: dict[str, Any]) -> dict[str, Any]:
        return {"ansible_facts": {"netstat": facts}, "changed": False}
