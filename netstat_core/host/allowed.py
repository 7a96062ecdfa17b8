"""What plugins may read: sources that a capture would read too, by its own list."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from netstat_core.errors import PluginError, Refused
from netstat_core.host.plugins import contained, described
from netstat_core.plugin.asked import Asked
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.sources import Directory, File, Need, NetlinkDump, Source
from netstat_core.system import capture

MOST_SOURCES = 256
"""Inputs of one feed at the most: a capture of many plugins has room for those of each."""


def plan_entry(source: Source) -> dict[str, Any]:
    """A source as plans have it."""
    if isinstance(source, Directory):
        return {"path": source.pattern}
    if isinstance(source, File):
        kept = [source.keep.column, list(source.keep.values)] if source.keep else None
        places = {"inode": source.inode_column, "uid": source.uid_column, "keep": kept}
        return {"path": source.path} | _told(places)
    wish = {"name": source.name, "protocol": source.protocol, "type": source.type, "body": source.body.hex()}
    flags = {"strict": source.strict or None, "restart": source.restart or None}
    kept = [source.keep[0], [f"{byte:02x}" for byte in source.keep[1]]] if source.keep else None
    return wish | _told({**flags, "inode": source.inode_at, "uid": source.uid_at, "keep": kept})


def _told(places: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in places.items() if value is not None}


def needs_of(feed: Feed, asked: Asked) -> list[Need | None]:
    """What a feed of others needs; what its own code raises beside the contract is a PluginError too."""
    try:
        with contained():
            return checked_needs(feed.name, feed.needs(asked))
    except (Refused, PluginError):
        raise
    except Exception as error:
        raise PluginError(f"feed {feed.name!r}: inputs: {described(error)}") from error


def checked_needs(feed: str, needs: Iterable[Any]) -> list[Need | None]:
    """What a feed needs; raises PluginError for what is no source, and for what no capture reads."""
    found = list(islice(needs, MOST_SOURCES + 1))
    if len(found) > MOST_SOURCES:
        raise PluginError(f"feed {feed!r}: inputs: more than {MOST_SOURCES}")
    for need in found:
        if need is not None and not isinstance(need, Need):
            raise PluginError(f"feed {feed!r}: inputs: gave {type(need).__name__}, which is no source")
        if need is not None and (reason := _refusal(need.source)):
            raise PluginError(f"feed {feed!r}: inputs: {reason}")
    return found


def _refusal(source: Any) -> str | None:
    """Why a source is not read."""
    if not isinstance(source, (File, Directory, NetlinkDump)):
        return f"gave {type(source).__name__}, which is no source"
    try:
        capture.check({"version": capture.VERSION, "sources": [plan_entry(source)]})
    except (capture.Refused, TypeError, ValueError, AttributeError) as error:
        return f"{source.name!r} is not read by captures: {error}"
    return None
