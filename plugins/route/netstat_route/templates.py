"""Routes that differ in their destination only.

Most routes of a large table share everything but the destination: they go to one of few gateways. A template is the
record of such routes with any destination. It is made once from the bytes around the destination, and a batch of
routes is a column of destinations next to the values of templates::

    v0 00010A0A 0100000A 0003 0 0 20 00FFFFFF 0 0 0        key (v0, 0100000A 0003 ...), destination 00010A0A
    v0 00020A0A 0100000A 0003 0 0 20 00FFFFFF 0 0 0        the same key, destination 00020A0A
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import Any, Generic

from netstat_core.plugin import Batch, Record, Same
from netstat_route.memo import Key, Memo

DESTINATION = "destination"


class Templates(Generic[Key]):
    """Makes routes from keys and destinations.

    ``make`` returns the template for a key, None for routes that are not shown. All templates have the same fields,
    among them ``destination`` with any value.
    """

    def __init__(self, make: Callable[[Key], Record | None]) -> None:
        self._make = make
        self._made: Memo[Key, Record | None] = Memo(self._make_template)
        self._first: Record = {}
        self._varying: set[str] = set()
        """Fields whose values are not those of the first template in all templates made so far."""

    def _make_template(self, key: Key) -> Record | None:
        template = self._make(key)
        if template is not None:
            self._first = self._first or template
            self._varying.update(name for name, value in template.items() if value != self._first[name])
        return template

    def record(self, key: Key, destination: str) -> Record | None:
        """Return a route; None if it is not shown. Raise what ``make`` raises."""
        template = self._made[key]
        return template and {**template, DESTINATION: destination}

    def batch(self, keys: Iterable[Key], destinations: Sequence[str]) -> Batch:
        """Return the routes that are shown of those with these keys and destinations. Raise what ``make`` raises."""
        templates = [*map(self._made.__getitem__, keys)]
        if not all(templates):
            destinations = [*compress(destinations, templates)]
        shown: list[Record] = [*filter(None, templates)]
        varying = self._varying
        columns: dict[str, Sequence[Any] | Same] = {
            name: [template[name] for template in shown] if name in varying else Same(value)
            for name, value in self._first.items()
        }
        columns[DESTINATION] = destinations
        return Batch.of_columns(columns, len(shown)) if shown else Batch()
