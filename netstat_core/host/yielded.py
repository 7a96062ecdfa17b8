"""Validation of the problems, gaps and traits that parsers of plugins yield."""

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
    {"not_in_kernel", "permission", "raced", "broken_plugin", "rejected", "truncated", "narrower_capture"}
    | {"damaged", "unreadable"}
)
_PARSER_SUBJECTS = ("source", "table")
"""What gaps of parsers may be about; the host reports all others."""


def check_item(item: Any) -> Any:
    """Return a problem, gap or trait if its fields have the right types, else raise PluginError.

    A gap loses the fields that only the host fills in.
    """
    if type(item) not in _FIELDS:
        raise PluginError(f"yielded {type(item).__name__}, which is not a record")
    for field, kinds in _FIELDS[type(item)].items():
        if not isinstance(getattr(item, field), kinds):
            raise PluginError(f"yielded a {type(item).__name__} with {field} {getattr(item, field)!r:.40}")
    if not isinstance(item, Gap):
        return item
    if item.reason not in _REASONS:
        raise PluginError(f"yielded a Gap with reason {item.reason!r:.40}")
    about = item.about if item.about in _PARSER_SUBJECTS else "source"
    return item.replace(about=about, table=None, reader=None, attempts=(), selector=None, network_namespace=None)
