"""netstat-core: the kernel's network state as records and as netstat's text.

These are the names that callers may rely on; each is loaded when it is first used. What plugins need is in
:mod:`netstat_core.plugin`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netstat_core.errors import (
        NetstatError,
        PluginError,
        SchemaViolation,
        SnapshotError,
        SourceError,
        UsageError,
    )
    from netstat_core.query import Query
    from netstat_core.report.run import collect, open_report
    from netstat_core.version import __version__

__all__ = [
    "NetstatError",
    "PluginError",
    "Query",
    "SchemaViolation",
    "SnapshotError",
    "SourceError",
    "UsageError",
    "__version__",
    "collect",
    "open_report",
]

_HOMES = {
    "NetstatError": "errors",
    "PluginError": "errors",
    "Query": "query",
    "SchemaViolation": "errors",
    "SnapshotError": "errors",
    "SourceError": "errors",
    "UsageError": "errors",
    "__version__": "version",
    "collect": "report.run",
    "open_report": "report.run",
}
"""The module that each name is taken from."""


def __getattr__(name: str) -> Any:
    """Load a name from its module when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - nothing is imported before a name is

    value = globals()[name] = getattr(import_module(f"netstat_core.{_HOMES[name]}"), name)
    return value
