"""Sources that plugins may read: those on the list of captures, which bounds what leaves a machine."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from netstat_core.errors import PluginError, Refused
from netstat_core.host.plugins import describe_error, guard_plugin_code
from netstat_core.plugin.asked import Asked
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.sources import Directory, File, Need, NetlinkDump, Source
from netstat_core.system import capture

MOST_SOURCES = 256
"""Maximum number of inputs of a feed, so that a capture has room for those of many plugins."""


def plan_entry(source: Source) -> dict[str, Any]:
    """Return a source as an entry of a capture plan, see :mod:`netstat_core.system.capture`."""
    if isinstance(source, Directory):
        return {"path": source.pattern} | _drop_unset({"dated": source.dated or None})
    if isinstance(source, File):
        keep = [source.keep.column, list(source.keep.values)] if source.keep else None
        columns = {"inode": source.inode_column, "uid": source.uid_column, "keep": keep}
        return {"path": source.path} | _drop_unset(columns)
    request = {"name": source.name, "protocol": source.protocol, "type": source.type, "body": source.body.hex()}
    flags = {"strict": source.strict or None, "restart": source.restart or None}
    keep = [source.keep[0], [f"{byte:02x}" for byte in source.keep[1]]] if source.keep else None
    return request | _drop_unset({**flags, "inode": source.inode_at, "uid": source.uid_at, "keep": keep})


def _drop_unset(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if value is not None}


def resolve_needs(feed: Feed, asked: Asked) -> list[Need | None]:
    """Return what a plugin's feed needs for a request, one entry for each input.

    Raises Refused if it cannot serve the request, and PluginError for all other errors of the plugin's code.
    """
    try:
        with guard_plugin_code():
            return check_needs(feed.name, feed.needs(asked))
    except (Refused, PluginError):
        raise
    except Exception as error:
        raise PluginError(f"feed {feed.name!r}: inputs: {describe_error(error)}") from error


def check_needs(feed: str, needs: Iterable[Any]) -> list[Need | None]:
    """Return the needs of a feed as a list. Raises PluginError for one that is not a source, or not allowed."""
    checked = list(islice(needs, MOST_SOURCES + 1))
    if len(checked) > MOST_SOURCES:
        raise PluginError(f"feed {feed!r}: inputs: more than {MOST_SOURCES}")
    for need in checked:
        if need is not None and not isinstance(need, Need):
            raise PluginError(f"feed {feed!r}: inputs: gave {type(need).__name__}, which is not a source")
        if need is not None and (reason := _find_reason(need)):
            raise PluginError(f"feed {feed!r}: inputs: {reason}")
    return checked


def _find_reason(need: Need) -> str | None:
    """Return why a source, or a sign that it is empty, may not be read; None if they may."""
    if need.signs and not isinstance(need.source, NetlinkDump):
        return f"{need.source.name!r} is no dump, which alone may have signs that it is empty"
    reasons = map(_find_refusal, [need.source, *(sign.file for sign in need.signs)])
    return next(filter(None, reasons), None)


def _find_refusal(source: Any) -> str | None:
    """Return why a source may not be read, None if it may."""
    if not isinstance(source, (File, Directory, NetlinkDump)):
        return f"gave {type(source).__name__}, which is not a source"
    try:
        capture.check({"version": capture.VERSION, "sources": [plan_entry(source)]})
    except (capture.Refused, TypeError, ValueError, AttributeError) as error:
        return f"captures cannot read {source.name!r}: {error}"
    return None
