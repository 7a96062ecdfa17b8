"""What the readers of plugins may use: looked at whenever a parser has yielded, so that one that does not end is left.

A parser that never yields cannot be stopped inside a process.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from netstat_core.host.plugins import SOURCE, Limits, Offer, contained
from netstat_core.host.watch import Watch
from netstat_core.host.yielded import checked
from netstat_core.plugin.feeds import Feed, Parsed
from netstat_core.plugin.outcomes import Gap, Problem

_END: Any = object()


class Budget:
    """What one reader of a plugin has used in a report, in all the places where it was read."""

    def __init__(self, offer: Offer, limits: Limits, watch: Watch) -> None:
        self._reader = offer.reader.name
        self._plugin = offer.plugin.label
        self._limits = limits
        self._watch = watch
        self._used = dict.fromkeys(limits._fields, 0.0)

    def parsed(self, feed: Feed, about: Any, contents: Sequence[Any]) -> Iterator[Parsed]:
        """What a feed's parser yields, until the budget is used up: a gap then takes the place of the rest."""
        if (spent := self._spent()) is not None:
            yield spent
            return
        items = iter(self._taken(lambda: feed.parsed(about, contents)))
        try:
            while (item := self._taken(lambda: next(items, _END))) is not _END:
                yield self._counted(item)
                if (spent := self._spent()) is not None:
                    yield spent
                    return
        finally:
            _leave(items)

    def _taken(self, step: Any) -> Any:
        """What a step of the parser gives; its time is counted, and no more than that of whoever takes the records."""
        self._watch.begin(f"{SOURCE}{self._plugin}, reader {self._reader!r}")
        started = time.perf_counter()
        try:
            with contained():
                return step()
        finally:
            self._used["seconds"] += time.perf_counter() - started
            self._watch.end()

    def _counted(self, item: Any) -> Any:
        """An item, a list of records cut to what is left."""
        if isinstance(item, dict):
            self._add([item])
            return item
        if isinstance(item, list):
            left = self._limits.rows - int(self._used["rows"]) if self._limits.seconds else len(item)
            self._add(item)
            return item[:left]
        if isinstance(item, Problem):
            self._used["problems"] += 1
        else:
            self._used["remarks"] += 1
        return checked(item)

    def _add(self, records: list[Any]) -> None:
        self._used["rows"] += len(records) or 1  # an empty list is a step too, and there may be no end of them
        self._used["size"] += sum(map(len, map(str, records)))

    def _spent(self) -> Gap | None:
        """The gap that is left where a bound is passed."""
        if not self._limits.seconds:
            return None
        for what, limit in self._limits._asdict().items():
            if self._used[what] > limit:
                words = f"reader {self._reader!r}: more than {limit:g} {_WORDS[what]}; the rest was not read"
                return Gap("truncated", SOURCE + self._plugin, words, about="plugin")
        return None


def _leave(items: Any) -> None:
    """Close a parser that is a generator; one that does not let itself be closed stays in memory as it is.

    Python would try again whenever it is collected, the last time at its own end, and print a traceback.
    """
    try:
        with contained():
            getattr(items, "close", bool)()
    except Exception:  # noqa: BLE001 - a stranger's code
        import ctypes  # noqa: PLC0415 - hardly ever needed

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(items))


_WORDS = {
    "seconds": "seconds of its parser",
    "rows": "records",
    "size": "characters of records",
    "problems": "problems",
    "remarks": "gaps and traits",
}
