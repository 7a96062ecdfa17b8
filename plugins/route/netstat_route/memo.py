"""A bounded cache of computed values.

Most routes of a large table differ in their destination only. A record is then a copy of a template with another
destination, and its line of text a destination and a cached remainder.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, Generic, TypeVar

from netstat_core.plugin import Record

_MOST = 4096
"""Most values kept; the cache is emptied beyond, to bound memory if all keys differ."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Memo(dict[Key, Value], Generic[Key, Value]):
    """Cache of the values that ``make`` returns by key."""

    def __init__(self, make: Callable[[Key], Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Key) -> Value:
        """Make the value and cache it; exceptions of ``make`` are raised to the caller."""
        value = self._make(key)
        if len(self) >= _MOST:
            self.clear()
        self[key] = value
        return value


class Nested(dict[str, Any]):
    """A template record with next hops or metrics, whose copies must not share these lists and dicts."""

    def copy(self) -> Record:
        """Return a deep copy."""
        return {name: deepcopy(value) for name, value in self.items()}
