"""A plugin that implements a hook which does not exist."""

from __future__ import annotations

from netstat_core.plugin import hookimpl

API = 0


@hookimpl
def netstat_writers() -> list[str]:
    """Nobody will ask for this."""
    return []
