"""Pass the events of a report to a rendering."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from netstat_core.errors import NetstatError
from netstat_core.escape import to_one_line
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Rendering
from netstat_core.report.ledger import failure_gap
from netstat_core.report.run import Ended, Entered, Event, Noted, Read, Run, Started, TraitRead

LAYOUT = "layout"


def drain(run: Run, rendering: Rendering, what: str = LAYOUT) -> Iterator[Event]:
    """Pass each event of a report to a rendering, then yield it.

    If rendering a reader's records raises, the rest of that reader is skipped and the report gets a gap that blames
    ``what`` (its layout) of its plugin. NetstatError is passed on, among it the PluginError of a plugin's format, and
    MemoryError; before that the rendering is ended with a gap, so that no document is left without its end.
    """
    broken: set[str] = set()
    has_begun = has_ended = False
    try:
        for event in run:
            has_ended = isinstance(event, Ended)
            yield from _pass_on(event, run, rendering, what, broken)
            has_begun = True
    except (NetstatError, MemoryError) as error:
        if has_begun and not has_ended:
            _close(run, rendering, error)
        raise


def _close(run: Run, rendering: Rendering, error: Exception) -> None:
    """End a rendering with a gap that says why it ends early; a format that has failed may fail again."""
    gap = Gap("unreadable", "report", to_one_line(str(error) or "out of memory"), about="report")
    run.ledger.note(gap)
    with suppress(NetstatError, MemoryError):
        rendering.problem(None, gap)
        rendering.end(run.make_tail())


def _pass_on(event: Event, run: Run, rendering: Rendering, what: str, broken: set[str]) -> Iterator[Event]:
    """Render and yield an event; ``broken`` holds the readers whose rendering has failed, and is extended here."""
    reader = event.reader if isinstance(event, (Read, TraitRead, Noted)) else None
    if reader is None:
        _render(event, rendering)
    elif reader.name in broken:
        if not isinstance(event, Noted):
            return
    else:
        try:
            _render(event, rendering)
        except (OSError, NetstatError, KeyboardInterrupt, GeneratorExit):  # output closed, or already reported
            raise
        except BaseException as error:  # noqa: BLE001 - layouts of plugins may raise anything
            broken.add(reader.name)
            yield _note_failure(run, reader, what, error)
    yield event


def _render(event: Event, rendering: Rendering) -> None:
    match event:
        case Started(head):
            rendering.begin(head)
        case Entered(namespace):
            rendering.enter(namespace)
        case TraitRead(reader, trait):
            rendering.trait(reader, trait)
        case Read(reader, batch):
            rendering.batch(reader, batch)
        case Noted(reader, trouble):
            rendering.problem(reader, trouble)
        case Ended(tail):
            rendering.end(tail)


def _note_failure(run: Run, reader: Reader, what: str, error: BaseException) -> Noted:
    gap = failure_gap(run.offer_of(reader).plugin.label, f"reader {reader.name!r}: {what}", error)
    return Noted(reader, run.ledger.note(gap, reader))
