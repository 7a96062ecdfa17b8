"""Discovery: find plugins by entry points, load them, and call their hooks for readers and sinks.

A plugin that cannot be loaded, or whose declarations are invalid, is reported in one line; the others keep working.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING, Any

from netstat_core.errors import PluginError
from netstat_core.host.entry_points import DIALECTS, GROUP, EntryPoint, read_entry_points
from netstat_core.host.plugins import (
    OWN_PACKAGE,
    TEXT,
    Broken,
    FormatOffer,
    Limits,
    Offer,
    Plugin,
    describe_error,
    distribution_name,
    drop_namesakes,
    guard_plugin_code,
    identify_plugins,
    list_kinds,
)
from netstat_core.host.watch import Watch, observe_plugin
from netstat_core.plugin.hooks import API, READERS, SINKS
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Sink

if TYPE_CHECKING:
    from netstat_core.host.hook_calls import HookCalls

__all__ = [
    "BLOCK_VARIABLE",
    "DIALECTS",
    "GROUP",
    "TEXT",
    "Broken",
    "FormatOffer",
    "Host",
    "Offer",
    "Plugin",
    "list_entry_points",
]

BLOCK_VARIABLE = "NETSTAT_PLUGINS_BLOCK"

MAX_ITEMS = 500
"""Maximum number of readers or formats of a plugin, and of remarks in all."""


class Host:
    """The plugins of this installation. They are found and loaded when a host is created.

    ``blocked`` names plugins to ignore, as NAME or DISTRIBUTION:NAME, besides those of the environment variable
    NETSTAT_PLUGINS_BLOCK. ``watch`` reports plugins that take long.

    ``plugins`` are those in use, ``left_out`` those that are ignored; ``broken`` are plugins, readers and formats that
    cannot be used; ``remarks`` are warnings about plugins, a line each. ``limits`` are those of each reader of a
    plugin.
    """

    limits = Limits()
    watch = Watch()
    left_out: Sequence[Plugin] = ()

    def __init__(self, blocked: Collection[str] = (), watch: Watch | None = None) -> None:
        self.plugins: list[Plugin] = []
        self.broken: list[Broken] = []
        self.remarks: list[str] = []
        self.blocked = {*blocked, *filter(None, os.environ.get(BLOCK_VARIABLE, "").split(","))}
        self.watch = watch or self.watch
        self._all_offers: list[Offer] | None = None
        self._modules: dict[str, ModuleType] = {}
        found = identify_plugins(_select_entry_points(GROUP))
        self.left_out = [plugin for plugin in found if not self._is_used(plugin.entry)]
        plugins, namesakes = drop_namesakes(plugin for plugin in found if self._is_used(plugin.entry))
        self.broken += namesakes
        self._formats = [plugin for plugin in plugins if plugin.is_own and plugin.entry.value.startswith(OWN_PACKAGE)]
        self._load_all(plugin for plugin in plugins if plugin not in self._formats)

    def offers(self, tables: Collection[str] = (), families: Collection[str] = ()) -> list[Offer]:
        """Return the readers for some tables and families (empty means all), ordered by position.

        Readers of plugins that are not built in are validated. If one of them is selected, the readers of all plugins
        are loaded to find name clashes.
        """
        offers = self._all_offers
        if offers is None:
            offers, is_complete = self._collect_offers(tables, families), not tables and not families
            if not is_complete and any(
                _is_wanted(offer, tables, families) for offer in offers if not offer.plugin.is_own
            ):
                offers, is_complete = self._collect_offers((), ()), True
            if is_complete and any(not offer.plugin.is_own for offer in offers):
                self._all_offers = offers
        selected = [offer for offer in offers if not tables or offer.reader.table in tables]
        return sorted(selected, key=lambda offer: offer.reader.position)

    def left_out_offers(self, tables: Collection[str] = (), families: Collection[str] = ()) -> list[Offer]:
        """Return the readers of built-in plugins that are ignored; what others would read is unknown."""
        offers: list[Offer] = []
        for plugin in self.left_out:
            if plugin.is_own:
                readers = _call_own(plugin.entry.load(), READERS, tables=tables, families=families)
                offers += [Offer(reader, plugin) for reader in readers]
        return [offer for offer in offers if not tables or offer.reader.table in tables]

    def kinds(self) -> dict[str, Reader]:
        """Return a reader for each kind of record, including kinds of changes."""
        readers = [offer.reader for offer in self.offers()]
        changes = [reader.change.reader for reader in readers if reader.change]
        return {reader.kind: reader for reader in (*readers, *changes)}

    def sinks(self) -> dict[str, Sink]:
        """Return the output formats by name."""
        return {offer.sink.name: offer.sink for offer in self.formats()}

    def formats(self) -> list[FormatOffer]:
        """Return the output formats, one for each name. Names of built-in formats cannot be taken over."""
        self._load_all(self._formats)
        self._formats = []
        formats: dict[str, FormatOffer] = {}
        for plugin in sorted(self.plugins, key=lambda plugin: not plugin.is_own):
            for sink in self._call_hook(plugin, SINKS, Sink):
                offer = FormatOffer(sink, plugin)
                if plugin.is_own or self._is_free(offer, formats):
                    formats[sink.name] = offer
        return list(formats.values())

    def _is_free(self, offer: FormatOffer, taken: dict[str, FormatOffer]) -> bool:
        """True if a format of a plugin can have its name; otherwise record the clash."""
        from netstat_core.host.clashes import find_format_clash  # noqa: PLC0415 - only for formats of plugins

        clash = find_format_clash(offer, taken)
        if clash is not None:
            self.record_fault(offer.plugin, f"format {offer.sink.name!r}: {clash}", offer.sink.name)
        return clash is None

    def record_fault(self, plugin: Plugin, reason: str, *claims: str) -> None:
        """Record why a plugin, or a part of it, cannot be used; ``claims`` are the names that are lost with it."""
        broken = Broken(plugin, reason, frozenset(claims))
        if broken not in self.broken:
            self.broken.append(broken)

    def refuse(self, offer: Offer, reason: str) -> None:
        """Record why a reader cannot be used."""
        reader = offer.reader
        claims = (reader.name, reader.table, *reader.families, *list_kinds(reader))
        self.record_fault(offer.plugin, f"reader {reader.name!r}: {reason}", *claims)

    def refuse_broken(self, name: str) -> None:
        """Raise PluginError if a name belongs to something that a broken plugin would have provided."""
        for broken in self.broken:
            if name in broken.claims:
                raise PluginError(str(broken))

    def _remark(self, remark: str) -> None:
        if remark not in self.remarks and len(self.remarks) < MAX_ITEMS:
            self.remarks.append(remark)

    def _is_used(self, entry: EntryPoint) -> bool:
        if entry.name in self.blocked:
            return False
        is_named = any(":" in name for name in self.blocked)
        return not is_named or f"{distribution_name(entry)}:{entry.name}" not in self.blocked

    def _load_all(self, plugins: Iterable[Plugin]) -> None:
        for plugin in plugins:
            self._load(plugin)
        others = [plugin for plugin in self.plugins if not plugin.is_own]
        if others:
            self._drop_unknown_hooks()
        for plugin in others:
            if plugin in self.plugins and (reason := self._hook_calls.find_missing(plugin.name)):
                self._break(plugin, reason)

    def _load(self, plugin: Plugin) -> None:
        entry = plugin.entry
        try:
            loaded = entry.load() if plugin.is_own else self._import(plugin)
            reason = _find_api_mismatch(sys.modules[entry.module])
            if reason is None and plugin.is_own:
                self._modules[plugin.name] = loaded
            elif reason is None:
                self._hook_calls.register(loaded, plugin.name)
        except Exception as error:  # noqa: BLE001 - a plugin's import may raise anything
            reason = describe_error(error)
        if reason is None:
            self.plugins.append(plugin)
        else:
            self._break(plugin, reason)

    def _import(self, plugin: Plugin) -> Any:
        if not plugin.entry.module:
            raise PluginError(f"entry point {plugin.name!r}: {plugin.entry.value!r} does not name a module")
        own = [other.entry.module for other in self.plugins if other.is_own]
        if plugin.entry.value.startswith(OWN_PACKAGE) or plugin.entry.module in own:
            raise PluginError(f"entry point {plugin.name!r}: {plugin.entry.value!r} is a module of netstat-core")
        with observe_plugin(self.watch, f"plugin {plugin.label}", "its import", self._remark), guard_plugin_code():
            return plugin.entry.load()

    @functools.cached_property
    def _hook_calls(self) -> HookCalls:
        """The hooks of the plugins that are not built in."""
        from netstat_core.host.hook_calls import HookCalls  # noqa: PLC0415 - imports pluggy

        return HookCalls()

    def _drop_unknown_hooks(self) -> None:
        while (found := self._hook_calls.find_unknown()) is not None:
            name, error = found
            self._give_up(next(plugin for plugin in self.plugins if plugin.name == name), describe_error(error))

    def _collect_offers(self, tables: Collection[str], families: Collection[str]) -> list[Offer]:
        """Call all plugins for readers of some tables and families; return those that can be used."""
        arguments = {"tables": tables, "families": families}
        answers = [(plugin, self._call_hook(plugin, READERS, Reader, **arguments)) for plugin in list(self.plugins)]
        offers = [Offer(reader, plugin) for plugin, readers in answers for reader in readers]
        own = [offer for offer in offers if offer.plugin.is_own]
        return own if len(own) == len(offers) else [*own, *self._select_usable(own, offers)]

    def _select_usable(self, own: Iterable[Offer], offers: Iterable[Offer]) -> Iterator[Offer]:
        """Yield the readers of plugins that are valid and whose names are free; record why the others are not."""
        from netstat_core.host.checks import find_fault  # noqa: PLC0415
        from netstat_core.host.clashes import Names  # noqa: PLC0415 - only for readers of plugins

        names = Names(own)
        for offer in offers:
            if offer.plugin.is_own:
                continue
            reason = find_fault(offer.reader, find_dialect_meaning) or names.find_clash(offer)
            if reason is None:
                names.take(offer)
                yield offer
            else:
                self.refuse(offer, reason)

    def _call_hook(self, plugin: Plugin, hook: str, kind: type, **arguments: Any) -> list[Any]:
        """Return the objects of class ``kind`` that a plugin's hook returns; on any error record it as broken."""
        try:
            if plugin.is_own:
                return _call_own(self._modules[plugin.name], hook, **arguments)
            call = self._hook_calls.caller(plugin.name, hook)
            if call is None:
                return []
            with observe_plugin(self.watch, f"plugin {plugin.label}", hook, self._remark), guard_plugin_code():
                return _check_answers(call(**arguments), kind)
        except Exception as error:  # noqa: BLE001 - a plugin's code
            if hook == READERS:
                self._give_up(plugin, f"{hook}: {describe_error(error)}")
            else:
                self._break(plugin, f"{hook}: {describe_error(error)}")
            return []

    def _give_up(self, plugin: Plugin, reason: str) -> None:
        if plugin in self.plugins:
            self._hook_calls.unregister(plugin.name)
            self.plugins.remove(plugin)
        self._break(plugin, reason)

    def _break(self, plugin: Plugin, reason: str) -> None:
        """Record a plugin as lost. What it would have provided can only be guessed from its name."""
        self.record_fault(plugin, reason, plugin.name, plugin.name.replace("-", "_"))


def _call_own(module: ModuleType, hook: str, **arguments: Any) -> list[Any]:
    """Return what the hook of a built-in plugin returns for those arguments that it has; nothing if it has no hook."""
    function: Callable[..., Iterable[Any]] | None = getattr(module, hook, None)
    if function is None:
        return []
    taken = function.__code__.co_varnames[: function.__code__.co_argcount]
    return list(function(**{name: value for name, value in arguments.items() if name in taken}))


def _check_answers(answers: Any, kind: type) -> list[Any]:
    """Return the answers to a hook as one list. Raises PluginError if they are not iterables of ``kind``."""
    if not answers:
        raise PluginError(f"returned None instead of a list of {kind.__name__} objects")
    items: list[Any] = []
    for answer in answers:
        if not isinstance(answer, Iterable):
            raise PluginError(f"returned a {type(answer).__name__} instead of a list of {kind.__name__} objects")
        items += islice(answer, MAX_ITEMS + 1 - len(items))
    if len(items) > MAX_ITEMS:
        raise PluginError(f"returned more than {MAX_ITEMS} {kind.__name__} objects")
    for item in items:
        if not isinstance(item, kind):
            raise PluginError(f"returned {type(item).__name__} among {kind.__name__} objects")
    return items


def _is_wanted(offer: Offer, tables: Collection[str], families: Collection[str]) -> bool:
    reader = offer.reader
    return (not tables or reader.table in tables) and (not families or not {*families}.isdisjoint(reader.families))


def find_dialect_meaning(name: str) -> str | None:
    """Return what a word already means in a built-in dialect, None if a family can have it as its name."""
    for entry in list_entry_points(DIALECTS):
        if entry.value.startswith(OWN_PACKAGE):
            meaning: str | None = entry.load().DIALECT.meaning(name)
            if meaning is not None:
                return meaning
    return None


def list_entry_points(group: str) -> list[EntryPoint]:
    """Return the entry points of a group, sorted by name. Of several with one name, a built-in one is preferred."""
    seen: dict[str, EntryPoint] = {}
    for entry in sorted(_select_entry_points(group), key=lambda entry: not entry.value.startswith(OWN_PACKAGE)):
        seen.setdefault(entry.name, entry)
    return sorted(seen.values(), key=lambda entry: entry.name)


def _select_entry_points(group: str) -> list[EntryPoint]:
    """Return all entry points of a group, in the order of discovery."""
    return [entry for entry in _load_entry_points(tuple(sys.path)) if entry.group == group]


@functools.cache
def _load_entry_points(_path: tuple[str, ...]) -> list[EntryPoint]:
    """Return all entry points of this project's groups. Cached, since this reads all folders on ``sys.path``."""
    return read_entry_points()


def _find_api_mismatch(module: ModuleType) -> str | None:
    """Return why a plugin's contract version is not supported, None if it is."""
    stated: object = getattr(module, "API", None)
    if stated is None:
        return "does not state its API"
    if type(stated) is int and stated == API:
        return None
    return f"is written for API {' '.join(repr(stated).split()):.40}, but this host supports API {API}"
