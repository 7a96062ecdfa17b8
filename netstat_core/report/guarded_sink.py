"""Run the formats of plugins; whatever their code raises becomes a PluginError that names the format."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection
from typing import Any, BinaryIO, TypeVar

from netstat_core.errors import PluginError
from netstat_core.host.plugins import SOURCE, FormatOffer, describe_error, guard_plugin_code
from netstat_core.host.watch import Watch
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.sinks import Head, Rendering, Tail
from netstat_core.query import Query

Given = TypeVar("Given")


def default_query(offer: FormatOffer, readers: Collection[Reader], query: Query, watch: Watch) -> Query:
    """Return the query that a format runs if the user selected nothing. Raises PluginError."""
    asked: Query = _Guard(offer, io.BytesIO(), watch).call("asks", Query, offer.sink.asks, readers, query)
    return asked


class _Output(io.BufferedIOBase):
    """An output that a format cannot close; ``failed`` is the OSError of the output itself, not the format's fault."""

    def __init__(self, out: BinaryIO, watch: Watch, name: str) -> None:
        self._out = out
        self._watch = watch
        self._name = name
        self.failed: OSError | None = None

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, content: Any) -> int:
        """Write bytes. Raises TypeError for str."""
        if isinstance(content, str):
            raise TypeError("bytes are written, not str")
        return self._forward(lambda: self._out.write(content))

    def flush(self) -> None:
        """Flush the output, unless it is closed: this object may be collected, and then flushed, later than that."""
        if not self.closed and not self._out.closed:
            self._forward(self._out.flush)

    def _forward(self, step: Callable[[], Given]) -> Given:
        self._watch.end()  # time spent waiting for the output is not the format's
        try:
            return step()
        except OSError as error:
            self.failed = error
            raise
        finally:
            self._watch.begin(self._name)


class _Guard:
    """Calls the code of one format, under watch."""

    def __init__(self, offer: FormatOffer, out: BinaryIO, watch: Watch) -> None:
        self._name = f"{SOURCE}{offer.plugin.label}: format {offer.sink.name!r}"
        self._watch = watch
        self.out = _Output(out, watch, self._name)

    def call(self, field: str, kind: type | None, code: Any, *arguments: Any) -> Any:
        """Return the result of ``code``.

        Raises PluginError, which names the format and ``field``, if it raises or returns anything but ``kind``.
        """
        try:
            with self._watch.track(self._name), guard_plugin_code():
                result = code(*arguments)
        except Exception as error:
            if error is self.out.failed:
                raise
            raise PluginError(f"{self._name}: {field}: {describe_error(error)}") from error
        if kind is not None and not isinstance(result, kind):
            raise PluginError(f"{self._name}: {field}: gave {type(result).__name__}, not {kind.__name__}")
        return result


class GuardedRendering(Rendering):
    """Passes a report on to the format of a plugin."""

    def __init__(self, offer: FormatOffer, out: BinaryIO, watch: Watch) -> None:
        guard = _Guard(offer, out, watch)
        self._call = guard.call
        self._rendering: Rendering = guard.call("make", Rendering, offer.sink.make, guard.out)

    def begin(self, head: Head) -> None:
        """Pass on the head."""
        self._call("begin", None, self._rendering.begin, head)

    def enter(self, namespace: NetworkNamespace | None) -> None:
        """Pass on the namespace of what follows."""
        self._call("enter", None, self._rendering.enter, namespace)

    def trait(self, reader: Reader, trait: Trait) -> None:
        """Pass on a trait."""
        self._call("trait", None, self._rendering.trait, reader, trait)

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Pass on a batch of records."""
        self._call("batch", None, self._rendering.batch, reader, batch)

    def problem(self, reader: Reader | None, trouble: Problem | Gap) -> None:
        """Pass on a problem or gap."""
        self._call("problem", None, self._rendering.problem, reader, trouble)

    def end(self, tail: Tail) -> None:
        """Pass on the tail."""
        self._call("end", None, self._rendering.end, tail)
