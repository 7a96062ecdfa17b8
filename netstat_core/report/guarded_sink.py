"""Formats of plugins: whatever their code does, it is told as their failure, and never as that of a reader."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection
from typing import Any, BinaryIO, TypeVar

from netstat_core.errors import PluginError
from netstat_core.host.plugins import SOURCE, FormatOffer, contained, described
from netstat_core.host.watch import Watch
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.sinks import Head, Rendering, Tail
from netstat_core.query import Query

Given = TypeVar("Given")


def default_query(offer: FormatOffer, readers: Collection[Reader], query: Query, watch: Watch) -> Query:
    """The query that a format asks where nothing was selected."""
    asked: Query = _Guard(offer, io.BytesIO(), watch).called("asks", Query, offer.sink.asks, readers, query)
    return asked


class _Output(io.BufferedIOBase):
    """An output that a format cannot close. ``failed`` is the error of the output itself, no fault of a format."""

    def __init__(self, out: BinaryIO, watch: Watch, name: str) -> None:
        self._out = out
        self._watch = watch
        self._name = name
        self.failed: OSError | None = None

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, content: Any) -> int:
        """Write bytes."""
        if isinstance(content, str):
            raise TypeError("bytes are written, not str")
        return self._passed(lambda: self._out.write(content))

    def flush(self) -> None:
        """Pass on what was written so far."""
        if not self.closed:
            self._passed(self._out.flush)

    def _passed(self, step: Callable[[], Given]) -> Given:
        self._watch.end()  # who reads the output takes the time he wants
        try:
            return step()
        except OSError as error:
            self.failed = error
            raise
        finally:
            self._watch.begin(self._name)


class _Guard:
    """Calls the code of one format."""

    def __init__(self, offer: FormatOffer, out: BinaryIO, watch: Watch) -> None:
        self._name = f"{SOURCE}{offer.plugin.label}: format {offer.sink.name!r}"
        self._watch = watch
        self.out = _Output(out, watch, self._name)

    def called(self, field: str, kind: type | None, code: Any, *arguments: Any) -> Any:
        """What the code gives; raises PluginError, which names the format and the field, where it fails."""
        try:
            with self._watch.over(self._name), contained():
                made = code(*arguments)
        except Exception as error:
            if error is self.out.failed:
                raise
            raise PluginError(f"{self._name}: {field}: {described(error)}") from error
        if kind is not None and not isinstance(made, kind):
            raise PluginError(f"{self._name}: {field}: gave {type(made).__name__}, and no {kind.__name__}")
        return made


class GuardedRendering(Rendering):
    """Passes a report on to a format of others."""

    def __init__(self, offer: FormatOffer, out: BinaryIO, watch: Watch) -> None:
        guard = _Guard(offer, out, watch)
        self._call = guard.called
        self._to: Rendering = guard.called("make", Rendering, offer.sink.make, guard.out)

    def begin(self, head: Head) -> None:
        """The report starts."""
        self._call("begin", None, self._to.begin, head)

    def enter(self, namespace: NetworkNamespace | None) -> None:
        """What follows is of this namespace."""
        self._call("enter", None, self._to.enter, namespace)

    def trait(self, reader: Reader, trait: Trait) -> None:
        """A reader's source told something that no record holds."""
        self._call("trait", None, self._to.trait, reader, trait)

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Records of a reader, in order."""
        self._call("batch", None, self._to.batch, reader, batch)

    def problem(self, reader: Reader | None, trouble: Problem | Gap) -> None:
        """Something was wrong at this point of the stream."""
        self._call("problem", None, self._to.problem, reader, trouble)

    def end(self, tail: Tail) -> None:
        """The report is complete."""
        self._call("end", None, self._to.end, tail)
