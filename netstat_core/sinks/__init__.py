"""The built-in formats ``json`` and ``ndjson``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from netstat_core.plugin.hooks import hookimpl
from netstat_core.plugin.sinks import Rendering, Sink

API = 0


def _make_json(out: BinaryIO) -> Rendering:
    from netstat_core.sinks.json import JsonRendering  # noqa: PLC0415 - load the encoder only if it is used

    return JsonRendering(out)


def _make_ndjson(out: BinaryIO) -> Rendering:
    from netstat_core.sinks.json import NdjsonRendering  # noqa: PLC0415

    return NdjsonRendering(out)


@hookimpl
def netstat_sinks() -> Iterable[Sink]:
    """Declare the formats ``json`` (one document) and ``ndjson`` (one record per line)."""
    return [
        Sink("json", meaning="one JSON report", make=_make_json),
        Sink(
            "ndjson",
            meaning="one record per line, the rest of the report on the last line",
            make=_make_ndjson,
            alone=True,
        ),
    ]
