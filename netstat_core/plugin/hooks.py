"""The hooks that a plugin may implement, and the decorator that marks an implementation."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from netstat_core.plugin.readers import Reader
    from netstat_core.plugin.sinks import Sink

PROJECT = "netstat"

API = 0
"""Version of the plugin contract.

The module that an entry point names must state the version it is written for: ``API = 0``. It
increases when plugins written for the previous version stop working.
"""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Decorator for a plugin's implementation of a hook."""


@hookspec
def netstat_readers(tables: Collection[str], families: Collection[str]) -> Iterable[Reader]:  # type: ignore[empty-body]
    """Return the readers of this plugin for some tables and address families; an empty collection means all.

    The arguments only help to import less: the host ignores readers that it did not ask for. An implementation may
    omit arguments that it does not use.
    """


@hookspec
def netstat_sinks() -> Iterable[Sink]:  # type: ignore[empty-body]
    """Return the output formats that this plugin adds."""
