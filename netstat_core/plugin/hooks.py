"""The hooks a plugin may implement, and the marker to do it with."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from netstat_core.plugin.readers import Reader
    from netstat_core.plugin.sinks import Sink

PROJECT = "netstat"

API = 0
"""The number of this contract. The module that an entry point names states for which one it was written: ``API = 0``.

It goes up when plugins written for the number before would no longer work.
"""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Decorates a plugin's implementation of a hook."""


@hookspec
def netstat_readers(tables: Collection[str], families: Collection[str]) -> Iterable[Reader]:  # type: ignore[empty-body]
    """The readers this plugin has for some tables and address families; empty means all.

    It may return more than was asked for: the host selects. What it is told allows it to import less. An
    implementation that does not care takes only the arguments it uses.
    """


@hookspec
def netstat_sinks() -> Iterable[Sink]:  # type: ignore[empty-body]
    """The output formats this plugin adds."""
