"""Import modules when their functions are first called; a listing needs few of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def import_later(module: str, name: str) -> Callable[..., Any]:
    """Return a function that imports ``module`` (full name), and calls its function ``name``."""

    def call(*arguments: Any, **named: Any) -> Any:
        return getattr(import_module(module), name)(*arguments, **named)

    return call


def make_parser(module: str, name: str = "parse") -> Callable[..., Any]:
    """Return the parser ``name`` of ``module``; called without inputs, it yields nothing and imports nothing."""
    function = import_later(module, name)
    return lambda about, *contents: function(about, *contents) if contents else ()
