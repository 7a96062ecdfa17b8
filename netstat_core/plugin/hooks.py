"""The hooks that a plugin may implement, and the decorator that marks an implementation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from netstat_core.plugin.readers import Reader
    from netstat_core.plugin.sinks import Sink

PROJECT = "netstat"

API = 0
"""Version of the plugin contract.

The module that an entry point names must state the version it is written for: ``API = 0``. It
increases when plugins written for the previous version stop working.
"""

READERS, SINKS = NAMES = "netstat_readers", "netstat_sinks"

MARK = "netstat_hook"
"""The attribute that :func:`hookimpl` sets."""

_Function = TypeVar("_Function", bound=Callable[..., object])


@overload
def hookimpl(function: _Function, /) -> _Function: ...
@overload
def hookimpl(**options: Any) -> Callable[[_Function], _Function]: ...
def hookimpl(function: Any = None, /, **options: Any) -> Any:
    """Mark a plugin's implementation of a hook: ``@hookimpl``, or ``@hookimpl(...)`` with options of pluggy's.

    Without options pluggy is not imported, which takes a tenth of a short run and is needed for other plugins alone.
    """
    if function is None or options:
        import pluggy  # noqa: PLC0415 - see above

        return pluggy.HookimplMarker(PROJECT)(function, **options)
    setattr(function, MARK, True)
    return function


def netstat_readers(tables: Collection[str], families: Collection[str]) -> Iterable[Reader]:  # type: ignore[empty-body]
    """Return the readers of this plugin for some tables and address families; an empty collection means all.

    The arguments only help to import less: the host ignores readers that it did not ask for. An implementation may
    omit arguments that it does not use.
    """


def netstat_sinks() -> Iterable[Sink]:  # type: ignore[empty-body]
    """Return the output formats that this plugin adds."""
