"""Limits of time and output for the readers of plugins, checked whenever a parser yields.

A parser that never yields cannot be stopped inside a process.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from netstat_core.host.plugins import SOURCE, Limits, Offer, guard_plugin_code
from netstat_core.host.watch import Watch
from netstat_core.host.yielded import check_item
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.feeds import Feed, Parsed
from netstat_core.plugin.outcomes import Gap, Problem

_END: Any = object()


class Budget:
    """What one reader of a plugin has used in a report, in all network namespaces together."""

    def __init__(self, offer: Offer, limits: Limits, watch: Watch) -> None:
        self._reader = offer.reader.name
        self._plugin = offer.plugin.label
        self._limits = limits
        self._watch = watch
        self._used = dict.fromkeys(limits._fields, 0.0)

    def run_parser(self, feed: Feed, about: Any, contents: Sequence[Any]) -> Iterator[Parsed]:
        """Yield what a feed's parser yields, until a limit is exceeded; a gap then replaces the rest."""
        if (gap := self._find_exceeded()) is not None:
            yield gap
            return
        items = iter(self._run_step(lambda: feed.parsed(about, contents)))
        try:
            while (item := self._run_step(lambda: next(items, _END))) is not _END:
                yield self._count(item)
                if (gap := self._find_exceeded()) is not None:
                    yield gap
                    return
        finally:
            _close_parser(items)

    def _run_step(self, step: Any) -> Any:
        """Return the result of one step of the parser, and count its time, but not that of the consumer."""
        self._watch.begin(f"{SOURCE}{self._plugin}, reader {self._reader!r}")
        started = time.perf_counter()
        try:
            with guard_plugin_code():
                return step()
        finally:
            self._used["seconds"] += time.perf_counter() - started
            self._watch.end()

    def _count(self, item: Any) -> Any:
        """Count an item and return it; a list of records is cut to the records that are left."""
        if isinstance(item, dict):
            self._count_records([item])
            return item
        if isinstance(item, list):
            left = self._limits.rows - int(self._used["rows"]) if self._limits.seconds else len(item)
            self._count_records(item)
            return item[:left]
        if isinstance(item, Batch):
            left = self._limits.rows - int(self._used["rows"]) if self._limits.seconds else len(item)
            self._count_records(item.read_only())
            return item[:left]
        if isinstance(item, Problem):
            self._used["problems"] += 1
        else:
            self._used["remarks"] += 1
        return check_item(item)

    def _count_records(self, records: Sequence[Any]) -> None:
        self._used["rows"] += len(records) or 1  # an empty list counts too, or a parser could yield them forever
        self._used["size"] += sum(map(len, map(str, records)))

    def _find_exceeded(self) -> Gap | None:
        """Return the gap for the first exceeded limit, None if there is none."""
        if not self._limits.seconds:
            return None
        for what, limit in self._limits._asdict().items():
            if self._used[what] > limit:
                detail = f"reader {self._reader!r}: more than {limit:g} {_UNITS[what]}; the rest was not read"
                return Gap("truncated", SOURCE + self._plugin, detail, about="plugin")
        return None


def _close_parser(items: Any) -> None:
    """Close a parser that is a generator. One that refuses to close is kept alive by a reference.

    Otherwise Python would close it again when it is collected, at exit at the latest, and print a traceback.
    """
    try:
        with guard_plugin_code():
            getattr(items, "close", bool)()
    except Exception:  # noqa: BLE001 - a plugin's code
        import ctypes  # noqa: PLC0415 - rarely needed

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(items))


_UNITS = {
    "seconds": "seconds of parser time",
    "rows": "records",
    "size": "characters of records",
    "problems": "problems",
    "remarks": "gaps and traits",
}
