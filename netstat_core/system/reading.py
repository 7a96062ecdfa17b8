"""Limits of what a replay reads from a snapshot: how much in all, and lines that no kernel writes."""

from __future__ import annotations

import re

from netstat_core.errors import SnapshotError
from netstat_core.system import capture
from netstat_core.system.stores import Store
from netstat_core.system.unpacking import MOST_BYTES

LONGEST_LINE = 1 << 18
"""Limit of a line, in bytes; the longest of the kernel is that of the interrupts in /proc/stat."""

LONGEST_WORD = 3500
"""Limit of a word; int() refuses numbers of more than 4300 digits (sys.get_int_max_str_digits)."""

MOST_READINGS = 16
"""How often a report may read the contents of a snapshot, on average."""

_ALWAYS = 1 << 26
_LEAST = 64
_WORD = re.compile(rb"\S+")


class MeteredStore:
    """A store that counts what a report reads from it, in all network namespaces together.

    The time of a report is then linear in what the snapshot holds, even if links or the description lead thousands of
    namespaces to the same files.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reset()

    @property
    def size(self) -> int:
        """The size of the store."""
        return self._store.size

    def reset(self) -> None:
        """Begin another report."""
        self._known: set[str] = set()
        self._held = self._store.size
        self._read = 0

    def read(self, path: str) -> bytes:
        """Return the content of a file. Raises SnapshotError beyond what a report may read."""
        content = self._store.read(path)
        size = len(content) + _LEAST
        self._read += size
        if not self._store.size and path not in self._known:
            self._known.add(path)
            self._held += size
            if self._held > MOST_BYTES + len(self._known) * _LEAST:
                raise SnapshotError("the snapshot holds more than one may")
        if self._read > _ALWAYS + MOST_READINGS * self._held:
            raise SnapshotError("the snapshot leads to the same contents again and again")
        return content

    def find_paths(self, pattern: str) -> list[str]:
        """Return the paths that match a pattern."""
        return self._store.find_paths(pattern)

    def read_link(self, path: str) -> str:
        """Return the target of a link."""
        return self._store.read_link(path)

    def find_time(self, path: str) -> int | None:
        """Return when a file was last modified."""
        return self._store.find_time(path)

    def find_owners(self) -> capture.Owners:
        """Return the owners found in the links."""
        return self._store.find_owners()


def has_endless_line(content: bytes) -> bool:
    """True if a line or one of its words is too long."""
    start = 0
    while len(content) - start > LONGEST_WORD:
        end = content.rfind(b"\n", start, start + LONGEST_WORD)
        if end < 0:
            end = content.find(b"\n", start)
            end = len(content) if end < 0 else end
            if end - start > LONGEST_LINE:
                return True
            if any(word.end() - word.start() > LONGEST_WORD for word in _WORD.finditer(content, start, end)):
                return True
        start = end + 1
    return False
