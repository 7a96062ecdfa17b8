"""Finding plugins, loading each under guard, and asking them for readers and sinks.

One plugin that cannot be loaded, or that declares nonsense, is told in one line and leaves the others working.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Collection, Iterable
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any, NamedTuple

import pluggy

from netstat_core.plugin import hooks
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Sink

GROUP = "netstat.plugins"
BLOCK_VARIABLE = "NETSTAT_PLUGINS_BLOCK"

TEXT = "text"
"""The format that no plugin can have: it is the dialect's own page."""


class Plugin(NamedTuple):
    """A plugin by its entry point."""

    entry: EntryPoint

    @property
    def name(self) -> str:
        """The entry point's name, by which a plugin is blocked."""
        return self.entry.name

    @property
    def origin(self) -> str:
        """The distribution that brought it, and its version; read when asked for, since parsing metadata is slow."""
        distribution = self.entry.dist
        return f"{distribution.name} {distribution.version}" if distribution else "unknown"


class Broken(NamedTuple):
    """A plugin that cannot be used, and why, in one line."""

    plugin: Plugin
    reason: str

    def __str__(self) -> str:
        return f"plugin {self.plugin.name} is broken: {self.reason}"


class Offer(NamedTuple):
    """A reader and the plugin it came from."""

    reader: Reader
    plugin: Plugin


class FormatOffer(NamedTuple):
    """An output format and the plugin it came from."""

    sink: Sink
    plugin: Plugin


class Host:
    """The plugins of this installation; ``blocked`` names some to be left alone."""

    def __init__(self, blocked: Collection[str] = ()) -> None:
        self.plugins: list[Plugin] = []
        self.broken: list[Broken] = []
        self.blocked = {*blocked, *filter(None, os.environ.get(BLOCK_VARIABLE, "").split(","))}
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        found = [entry for entry in entries(GROUP) if entry.name not in self.blocked]
        self._formats = [entry for entry in found if _is_own(entry)]
        self._load_all([entry for entry in found if entry not in self._formats])

    def offers(self, tables: Collection[str] = (), families: Collection[str] = ()) -> list[Offer]:
        """The readers for some tables and families (empty: all), by position."""
        found: list[Offer] = []
        for plugin in list(self.plugins):
            answers = self._ask(plugin, "netstat_readers", tables=tables, families=families)
            found += [Offer(reader, plugin) for reader in answers if self._is_reader(plugin, reader, found)]
        wanted = [offer for offer in found if not tables or offer.reader.table in tables]
        return sorted(wanted, key=lambda offer: offer.reader.position)

    def kinds(self) -> dict[str, Reader]:
        """For each kind of record a reader that makes it, changes included."""
        readers = [offer.reader for offer in self.offers()]
        changes = [reader.change.reader for reader in readers if reader.change]
        return {reader.kind: reader for reader in (*readers, *changes)}

    def sinks(self) -> dict[str, Sink]:
        """The output formats by name."""
        return {offer.sink.name: offer.sink for offer in self.formats()}

    def formats(self) -> list[FormatOffer]:
        """The output formats, each name once; one of this package's own cannot be taken over."""
        self._load_all(self._formats)
        self._formats = []
        found: dict[str, FormatOffer] = {}
        for plugin in sorted(self.plugins, key=lambda plugin: not _is_own(plugin.entry)):
            for sink in self._ask(plugin, "netstat_sinks"):
                if not isinstance(sink, Sink):
                    self._give_up(plugin, f"netstat_sinks gave {type(sink).__name__}, not a Sink")
                elif sink.name != TEXT:
                    found.setdefault(sink.name, FormatOffer(sink, plugin))
        return list(found.values())

    def _load_all(self, entries: Iterable[EntryPoint]) -> None:
        for entry in entries:
            self._load(entry)
        self._drop_pending()

    def _load(self, entry: EntryPoint) -> None:
        plugin = Plugin(entry)
        try:
            loaded = entry.load()
            reason = _refusal(sys.modules[entry.module])
            if reason is None:
                self._manager.register(loaded, entry.name)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a stranger's import may raise
            reason = _one_line(error)
        if reason is None:
            self.plugins.append(plugin)
        else:
            self.broken.append(Broken(plugin, reason))

    def _drop_pending(self) -> None:
        while True:
            try:
                self._manager.check_pending()
            except pluggy.PluginValidationError as error:
                name = self._manager.get_name(error.plugin)
                self._give_up(next(one for one in self.plugins if one.name == name), _one_line(error))
            else:
                return

    def _ask(self, plugin: Plugin, hook: str, **wanted: Any) -> list[Any]:
        others = [module for name, module in self._manager.list_name_plugin() if name != plugin.name]
        try:
            answers = self._manager.subset_hook_caller(hook, others)(**wanted)
            return [one for answer in answers for one in answer]
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's code
            self._give_up(plugin, f"{hook}: {_one_line(error)}")
            return []

    def _is_reader(self, plugin: Plugin, reader: Any, found: Iterable[Offer]) -> bool:
        if not isinstance(reader, Reader):
            self._give_up(plugin, f"netstat_readers gave {type(reader).__name__}, not a Reader")
            return False
        taken = next((offer for offer in found if offer.reader.name == reader.name), None)
        if taken is not None:
            self._give_up(plugin, f"its reader {reader.name} exists already in plugin {taken.plugin.name}")
        return taken is None

    def _give_up(self, plugin: Plugin, reason: str) -> None:
        self._manager.unregister(name=plugin.name)
        self.plugins.remove(plugin)
        self.broken.append(Broken(plugin, reason))


def entries(group: str) -> list[EntryPoint]:
    """The entry points of a group by name, each name once: this package's own first, then as they are found."""
    seen: dict[str, EntryPoint] = {}
    for entry in sorted(_all_entries(tuple(sys.path)).select(group=group), key=lambda entry: not _is_own(entry)):
        seen.setdefault(entry.name, entry)
    return sorted(seen.values(), key=lambda entry: entry.name)


@functools.cache
def _all_entries(_path: tuple[str, ...]) -> Any:
    """All entry points, by group, of what is installed below a path: a file of every distribution is read for them."""
    return entry_points()


def _is_own(entry: EntryPoint) -> bool:
    """Whether an entry brings a part of this package itself."""
    return entry.value.startswith("netstat_core.")


def _refusal(module: ModuleType) -> str | None:
    """Why a plugin is not used that was written for another contract, or does not say for which."""
    stated: object = getattr(module, "API", None)
    if stated is None:
        return "states no API"
    if type(stated) is int and stated == hooks.API:
        return None
    return f"speaks API {' '.join(repr(stated).split()):.40}, this host {hooks.API}"


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
