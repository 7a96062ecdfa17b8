"""What parsers of plugins yield besides records, held against the contract: it becomes a part of every report."""

from __future__ import annotations

from typing import Any

from netstat_core.errors import PluginError
from netstat_core.plugin.outcomes import Gap, Problem, Trait

_FIELDS: dict[type, dict[str, tuple[type, ...]]] = {
    Problem: {
        "source": (str,),
        "reason": (str,),
        "raw": (bytes,),
        "line": (int, type(None)),
        "code": (str,),
        "field": (str, type(None)),
    },
    Gap: {"reason": (str,), "source": (str,), "detail": (str,), "errno": (int,), "count": (int, type(None))},
    Trait: {"name": (str,)},
}
_REASONS = frozenset(
    {"not_in_kernel", "permission", "raced", "broken_plugin", "rejected", "truncated", "narrower_capture", "unreadable"}
)
_OF_READERS = ("source", "table")
"""What gaps of parsers may be about; all else is the host's to tell."""


def checked(item: Any) -> Any:
    """A problem, gap or trait as a report can have it; raises PluginError for one whose fields are not plain.

    A gap is about its own reader: what else was missed is the host's to tell.
    """
    if type(item) not in _FIELDS:
        raise PluginError(f"gave {type(item).__name__}, which is no record")
    for field, kinds in _FIELDS[type(item)].items():
        if not isinstance(getattr(item, field), kinds):
            raise PluginError(f"gave a {type(item).__name__} with {field} {getattr(item, field)!r:.40}")
    if not isinstance(item, Gap):
        return item
    if item.reason not in _REASONS:
        raise PluginError(f"gave a Gap with reason {item.reason!r:.40}")
    about = item.about if item.about in _OF_READERS else "source"
    return item.replace(about=about, table=None, reader=None, attempts=(), selector=None, network_namespace=None)
