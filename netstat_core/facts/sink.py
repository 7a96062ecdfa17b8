"""Write facts as JSON: as the result of an Ansible module, or alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, BinaryIO

from netstat_core.facts.builder import FactsBuilder
from netstat_core.facts.query import make_query
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Head, Rendering, Tail
from netstat_core.query import ARGUMENTS, CONTEXTS, DETAILS, Query
from netstat_core.sinks.json import encode


def default_query(readers: Collection[Reader], query: Query) -> Query:
    """Return the query for facts of a command line that selects no display, with its other options applied."""
    facts_query = make_query(
        readers,
        where=query.where,
        netns=query.network_namespaces,
        all_netns=query.all_network_namespaces,
        who=DETAILS in query.owners,
        arguments=ARGUMENTS in query.owners,
    )
    contexts = (CONTEXTS,) if CONTEXTS in query.owners else ()
    return facts_query._replace(
        source=facts_query.source if query.source == "auto" else query.source,
        namespace_limit=query.namespace_limit,
        owners=(*facts_query.owners, *contexts),
    )


class LocalFactsRendering(Rendering):
    """Writes the facts as one line of JSON at the end of the report."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def begin(self, head: Head) -> None:
        """Start the facts of a report."""
        self._builder = FactsBuilder(head)

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Add records to the facts."""
        self._builder.add(reader, batch)

    def end(self, tail: Tail) -> None:
        """Write the facts."""
        self._out.write(encode(self._wrap(self._builder.finish(tail))) + b"\n")

    def _wrap(self, facts: dict[str, Any]) -> dict[str, Any]:
        return facts


class FactsRendering(LocalFactsRendering):
    """Writes the facts as the result of an Ansible module: one line of JSON with ``ansible_facts``."""

    def _wrap(self, facts: dict[str, Any]) -> dict[str, Any]:
        return {"ansible_facts": {"netstat": facts}, "changed": False}
