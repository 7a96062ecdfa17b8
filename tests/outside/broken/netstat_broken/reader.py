"""A plugin whose reader is no Reader."""

from __future__ import annotations

from collections.abc import Iterable

from netstat_core.plugin import hookimpl

API = 0


@hookimpl
def netstat_readers() -> Iterable[object]:
    """A dict with a reader's name, which is not enough."""
    return [{"name": "toy"}]
