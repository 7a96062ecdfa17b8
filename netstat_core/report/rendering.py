"""Feeding a rendering with a report, event by event."""

from __future__ import annotations

from collections.abc import Iterable

from netstat_core.errors import NetstatError
from netstat_core.plugin.sinks import Rendering
from netstat_core.report.itinerary import Entered
from netstat_core.report.run import Event, Report


def render(report: Report, rendering: Rendering) -> Iterable[Event]:
    """Feed a rendering with a report; yields each event after it was rendered, so that a caller can add to it.

    A layout that raises costs the rest of its reader's rows, and is told as a broken plugin.
    """
    broken: set[str] = set()
    rendering.begin(report.head)
    for reader, event in report.events():
        if isinstance(event, Entered):
            if hasattr(rendering, "enter"):
                rendering.enter(event.namespace)
        elif not isinstance(event, list):
            rendering.problem(reader, event)
        elif reader is not None and reader.name not in broken:
            try:
                rendering.batch(reader, event)
            except (OSError, NetstatError):  # the output went away, or somebody knows what is wrong
                raise
            except Exception as error:  # noqa: BLE001 - a stranger's layout
                broken.add(reader.name)
                yield reader, report.failed(reader, f"the text of {reader.name}", error)
        yield reader, event
    rendering.end(report.tail())
