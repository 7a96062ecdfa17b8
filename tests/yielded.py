"""What parsers yield, for tests that look at single records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netstat_core.plugin import Batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netstat_core.plugin import Parsed


def one_by_one(parsed: Iterable[Parsed]) -> Iterator[Any]:
    """Yield what a parser yields, with the records of a batch one by one."""
    for item in parsed:
        yield from item if isinstance(item, Batch) else (item,)
