"""A bounded cache of computed values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

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
