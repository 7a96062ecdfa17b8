"""Functions of modules that are imported when they are first called: a listing needs few of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def later(module: str, name: str) -> Callable[..., Any]:
    """The function of a module, named whole."""

    def call(*arguments: Any, **named: Any) -> Any:
        return getattr(import_module(module), name)(*arguments, **named)

    return call


def parser(module: str, name: str = "parse") -> Callable[..., Any]:
    """The parser of a module, which has nothing to say where it is given nothing."""
    function = later(module, name)
    return lambda about, *contents: function(about, *contents) if contents else ()
