"""The hooks of plugins that are not built in: pluggy finds, checks, orders and calls their implementations.

Only imported where there are such plugins, since importing pluggy takes a tenth of a short run.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pluggy

from netstat_core.plugin import hooks

_NO_OPTIONS: pluggy.HookimplOpts = {
    "wrapper": False,
    "hookwrapper": False,
    "optionalhook": False,
    "tryfirst": False,
    "trylast": False,
    "specname": None,
}


class _Manager(pluggy.PluginManager):
    """A manager that also finds the functions that this project's decorator marks without the help of pluggy."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        """Return the options of an implementation, None if an attribute of a plugin is none."""
        options = super().parse_hookimpl_opts(plugin, name)
        if options is not None:
            return options
        found = inspect.getattr_static(plugin, name, None)
        function = getattr(found, "__func__", found)  # of a static method or a class method
        is_marked = inspect.isfunction(function) and getattr(function, hooks.MARK, False)
        return _NO_OPTIONS.copy() if is_marked else None


class HookCalls:
    """The implementations of hooks by plugins, each of which is called by itself."""

    def __init__(self) -> None:
        self._manager = _Manager(hooks.PROJECT)
        mark = pluggy.HookspecMarker(hooks.PROJECT)
        for name in hooks.NAMES:
            mark(getattr(hooks, name))
        self._manager.add_hookspecs(hooks)

    def register(self, plugin: object, name: str) -> None:
        """Add a plugin. Raises an exception of pluggy's if an implementation does not fit its hook."""
        self._manager.register(plugin, name)

    def unregister(self, name: str) -> None:
        """Remove a plugin; do nothing if there is none of this name."""
        self._manager.unregister(name=name)

    def find_missing(self, name: str) -> str | None:
        """Return why a plugin implements no hook, or which function lacks the decorator; None if all is well."""
        plugin = self._manager.get_plugin(name)
        unmarked = [hook for hook in hooks.NAMES if callable(getattr(plugin, hook, None))]
        unmarked = [hook for hook in unmarked if self._manager.parse_hookimpl_opts(plugin, hook) is None]
        if unmarked:
            return f"{unmarked[0]}: lacks the decorator @hookimpl"
        if not self._manager.get_hookcallers(plugin):
            return "implements no hook: it has neither readers nor formats"
        return None

    def find_unknown(self) -> tuple[str | None, Exception] | None:
        """Return the name of a plugin that implements a hook that does not exist, and the error; None if none does."""
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            return self._manager.get_name(error.plugin), error
        return None

    def caller(self, name: str, hook: str) -> Callable[..., list[Any]] | None:
        """Return a function that calls a plugin's implementations of a hook, None if it has none."""
        others = [plugin for other, plugin in self._manager.list_name_plugin() if other != name]
        caller = self._manager.subset_hook_caller(hook, others)
        return caller if caller.get_hookimpls() else None
