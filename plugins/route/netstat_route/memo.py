"""What is worked out once and kept.

The routes of a large table differ in little but their destination: a record is then a copy and one address, and its
line the address and a text that exists already.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, Generic, TypeVar

from netstat_core.plugin import Record

_MOST = 4096
"""Values kept, so that memory stays flat where all differ."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Memo(dict[Key, Value], Generic[Key, Value]):
    """Values made when first met."""

    def __init__(self, make: Callable[[Key], Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Key) -> Value:
        """Make and keep; lets through what making raises."""
        value = self._make(key)
        if len(self) >= _MOST:
            self.clear()
        self[key] = value
        return value


class Nested(dict[str, Any]):
    """A record to be copied that holds next hops or metrics, which no two records may share."""

    def copy(self) -> Record:
        """A record of its own all through."""
        return {name: deepcopy(value) for name, value in self.items()}
