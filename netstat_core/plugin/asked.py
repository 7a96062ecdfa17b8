"""What a parser may know besides the content it is given."""

from __future__ import annotations

from typing import NamedTuple

from netstat_core.query import Query


class About(NamedTuple):
    """What a parser may know besides the content: the query and the machine the content came from.

    ``order`` is the prefix for :mod:`struct` formats, ``<`` or ``>``; ``ticks_per_second`` is USER_HZ.
    """

    query: Query
    byte_order: str = "little"
    ticks_per_second: int = 100
    kernel_release: str = ""

    @property
    def order(self) -> str:
        """The struct prefix for numbers in this machine's own order."""
        return "<" if self.byte_order == "little" else ">"

    @property
    def kernel_version(self) -> tuple[int, ...]:
        """Leading numbers of the kernel release: ``(6, 1)`` for ``6.1.0-55-amd64``; empty where unknown."""
        numbers: list[int] = []
        for part in self.kernel_release.replace("-", ".").split(".")[:2]:
            if not part.isdigit():
                break
            numbers.append(int(part))
        return tuple(numbers)
