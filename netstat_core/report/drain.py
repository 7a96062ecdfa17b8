"""Feeding a rendering with a report, event by event."""

from __future__ import annotations

from collections.abc import Iterator

from netstat_core.errors import NetstatError
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Rendering
from netstat_core.report.ledger import failure
from netstat_core.report.run import Ended, Entered, Event, Noted, Read, Run, Started, Told

LAYOUT = "layout"


def drain(run: Run, rendering: Rendering, what: str = LAYOUT) -> Iterator[Event]:
    """Feed a rendering with a report; yields each event after it was rendered, so that a caller can add to it.

    What raises on what a reader gave costs the rest of that reader, and is told as a failure of its plugin: of its
    layout, or of ``what`` else shows records. A format of others says by a PluginError that it failed itself.
    """
    broken: set[str] = set()
    for event in run:
        reader = event.reader if isinstance(event, (Read, Told, Noted)) else None
        if reader is None:
            _render(event, rendering)
        elif reader.name in broken:
            if not isinstance(event, Noted):
                continue
        else:
            try:
                _render(event, rendering)
            except (OSError, NetstatError, KeyboardInterrupt, GeneratorExit):  # the output went away, or somebody knows
                raise
            except BaseException as error:  # noqa: BLE001 - a stranger's layout
                broken.add(reader.name)
                yield _failed(run, reader, what, error)
        yield event


def _render(event: Event, rendering: Rendering) -> None:
    match event:
        case Started(head):
            rendering.begin(head)
        case Entered(namespace):
            rendering.enter(namespace)
        case Told(reader, trait):
            rendering.trait(reader, trait)
        case Read(reader, batch):
            rendering.batch(reader, batch)
        case Noted(reader, trouble):
            rendering.problem(reader, trouble)
        case Ended(tail):
            rendering.end(tail)


def _failed(run: Run, reader: Reader, what: str, error: BaseException) -> Noted:
    gap = failure(run.offer_of(reader).plugin.label, f"reader {reader.name!r}: {what}", error)
    return Noted(reader, run.ledger.note(gap, reader))
