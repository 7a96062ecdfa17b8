"""netstat-core: the kernel's network state as records and as netstat's text.

The names in ``__all__`` are the public API for callers; each is imported when it is first used. Plugins import from
:mod:`netstat_core.plugin` instead.
"""

from __future__ import annotations

TYPE_CHECKING = (
    False  # typing is not imported: ``python -m netstat_core`` runs this before it leaves the working folder
)
if TYPE_CHECKING:
    from typing import Any

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

_MODULES = {
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
"""The module below ``netstat_core`` that defines each name."""


def __getattr__(name: str) -> Any:
    """Import a public name from its module on first access (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - needed on first access only

    value = globals()[name] = getattr(import_module(f"netstat_core.{_MODULES[name]}"), name)
    return value
