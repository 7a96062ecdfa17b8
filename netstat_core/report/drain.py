"""Feeding a rendering with a report, event by event."""

from __future__ import annotations

from collections.abc import Iterator

from netstat_core.errors import NetstatError
from netstat_core.plugin.sinks import Rendering
from netstat_core.report.ledger import failure
from netstat_core.report.run import Ended, Entered, Event, Noted, Read, Run, Started, Told


def drain(run: Run, rendering: Rendering) -> Iterator[Event]:
    """Feed a rendering with a report; yields each event after it was rendered, so that a caller can add to it.

    A layout that raises costs the rest of its reader's rows, and is told as a broken plugin.
    """
    broken: set[str] = set()
    for event in run:
        if isinstance(event, Read):
            if event.reader.name in broken:
                continue
            try:
                rendering.batch(event.reader, event.batch)
            except (OSError, NetstatError):  # the output went away, or somebody knows what is wrong
                raise
            except Exception as error:  # noqa: BLE001 - a stranger's layout
                broken.add(event.reader.name)
                yield _failed(run, event, error)
        else:
            _render(event, rendering)
        yield event


def _render(event: Event, rendering: Rendering) -> None:
    match event:
        case Started(head):
            rendering.begin(head)
        case Entered(namespace):
            rendering.enter(namespace)
        case Told(reader, trait):
            rendering.trait(reader, trait)
        case Noted(reader, trouble):
            rendering.problem(reader, trouble)
        case Ended(tail):
            rendering.end(tail)


def _failed(run: Run, event: Read, error: Exception) -> Noted:
    reader = event.reader
    plugin = next((offer.plugin.name for offer in run.offers if offer.reader.table == reader.table), reader.name)
    return Noted(reader, run.ledger.note(failure(plugin, f"the text of {reader.name}", error), reader))
