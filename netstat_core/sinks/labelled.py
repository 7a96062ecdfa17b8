"""Add the name of the machine and the time of reading to every record, so that reports can be put together."""

from __future__ import annotations

from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.sinks import Head, Rendering, Tail


class LabelledRendering(Rendering):
    """Passes a report on to another rendering, with the fields of ``LabelFields`` in every record and in the head."""

    def __init__(self, inner: Rendering, host: str) -> None:
        self._inner = inner
        self._host = host

    def begin(self, head: Head) -> None:
        """Begin the report, with the name of the machine."""
        self._captured_at = head.captured_at
        self._inner.begin(head._replace(host=self._host))

    def enter(self, namespace: NetworkNamespace | None) -> None:
        """Pass a network namespace on."""
        self._inner.enter(namespace)

    def trait(self, reader: Reader, trait: Trait) -> None:
        """Pass a trait on."""
        self._inner.trait(reader, trait)

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Pass records on with the name and the time."""
        named = batch.with_field("host", value=self._host)
        self._inner.batch(reader, named.with_field("captured_at", value=self._captured_at))

    def problem(self, reader: Reader | None, trouble: Problem | Gap) -> None:
        """Pass a problem or gap on."""
        self._inner.problem(reader, trouble)

    def end(self, tail: Tail) -> None:
        """Pass the tail on."""
        self._inner.end(tail)
