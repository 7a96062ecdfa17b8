"""The built-in formats of reports as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from netstat_core.plugin.hooks import hookimpl
from netstat_core.plugin.sinks import Rendering, Sink

API = 0


def _json(out: BinaryIO) -> Rendering:
    from netstat_core.sinks.json import JsonRendering  # noqa: PLC0415 - its encoder is loaded for those who use it

    return JsonRendering(out)


def _ndjson(out: BinaryIO) -> Rendering:
    from netstat_core.sinks.json import NdjsonRendering  # noqa: PLC0415

    return NdjsonRendering(out)


@hookimpl
def netstat_sinks() -> Iterable[Sink]:
    """JSON as one document, and as lines."""
    return [
        Sink("json", meaning="one JSON report", make=_json),
        Sink("ndjson", meaning="a record a line, the rest of the report on the last", make=_ndjson),
    ]
