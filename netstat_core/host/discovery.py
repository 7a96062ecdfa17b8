"""Finding plugins, loading each under guard, and asking them for readers and sinks.

One plugin that cannot be loaded, or that declares nonsense, is told in one line and leaves the others working.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Collection, Iterable, Iterator
from importlib.metadata import EntryPoint, entry_points
from itertools import islice
from types import ModuleType
from typing import Any

import pluggy

from netstat_core.errors import PluginError
from netstat_core.host.plugins import (
    OWN_PACKAGE,
    TEXT,
    Broken,
    FormatOffer,
    Limits,
    Offer,
    Plugin,
    contained,
    described,
    distribution_of,
    identified,
    without_namesakes,
)
from netstat_core.host.watch import Watch, overheard
from netstat_core.plugin import hooks
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Sink

__all__ = ["BLOCK_VARIABLE", "DIALECTS", "GROUP", "TEXT", "Broken", "FormatOffer", "Host", "Offer", "Plugin", "entries"]

GROUP = "netstat.plugins"
DIALECTS = "netstat.dialects"
"""The entry points of dialects; the module of each has its ``DIALECT``."""

BLOCK_VARIABLE = "NETSTAT_PLUGINS_BLOCK"
READERS, SINKS = "netstat_readers", "netstat_sinks"

MOST_GIVEN = 500
"""Readers or formats of one plugin at the most, and remarks on all."""


class Host:
    """The plugins of this installation; ``blocked`` names some to be left alone, as NAME or DISTRIBUTION:NAME.

    ``broken`` are those that cannot be used, and what cannot be used of others. ``remarks`` are what else is to be told
    of plugins. ``limits`` bound what their readers use, and ``watch`` tells which of them is waited for.
    """

    limits = Limits()
    watch = Watch()

    def __init__(self, blocked: Collection[str] = (), watch: Watch | None = None) -> None:
        self.plugins: list[Plugin] = []
        self.broken: list[Broken] = []
        self.remarks: list[str] = []
        self.blocked = {*blocked, *filter(None, os.environ.get(BLOCK_VARIABLE, "").split(","))}
        self.watch = watch or self.watch
        self._whole: list[Offer] | None = None
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        found, namesakes = without_namesakes(identified(filter(self._is_used, _entries(GROUP))))
        self.broken += namesakes
        self._formats = [plugin for plugin in found if plugin.is_own and plugin.entry.value.startswith(OWN_PACKAGE)]
        self._load_all(plugin for plugin in found if plugin not in self._formats)

    def offers(self, tables: Collection[str] = (), families: Collection[str] = ()) -> list[Offer]:
        """The readers for some tables and families (empty: all), by position.

        Readers of others are held against the rules, and where they are among those that are asked for also against
        all readers of all plugins.
        """
        found = self._whole
        if found is None:
            found, is_whole = self._asked(tables, families), not tables and not families
            if not is_whole and any(_is_wanted(offer, tables, families) for offer in found if not offer.plugin.is_own):
                found, is_whole = self._asked((), ()), True
            if is_whole and any(not offer.plugin.is_own for offer in found):
                self._whole = found
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
        for plugin in sorted(self.plugins, key=lambda plugin: not plugin.is_own):
            for sink in self._ask(plugin, SINKS, Sink):
                offer = FormatOffer(sink, plugin)
                if plugin.is_own or self._is_free(offer, found):
                    found[sink.name] = offer
        return list(found.values())

    def _is_free(self, offer: FormatOffer, taken: dict[str, FormatOffer]) -> bool:
        """Whether a format of others can have its name; else that is a fault."""
        from netstat_core.host.clashes import format_clash  # noqa: PLC0415 - where there are formats of others

        clash = format_clash(offer, taken)
        if clash is not None:
            self.fault(offer.plugin, f"format {offer.sink.name!r}: {clash}", offer.sink.name)
        return clash is None

    def fault(self, plugin: Plugin, reason: str, *claims: str) -> None:
        """Keep what is wrong with a plugin, or a part of it, once; ``claims`` are the names of what is lost."""
        broken = Broken(plugin, reason, frozenset(claims))
        if broken not in self.broken:
            self.broken.append(broken)

    def refuse(self, offer: Offer, reason: str) -> None:
        """Keep what is wrong with a reader, which is not used."""
        reader = offer.reader
        kinds = [one.kind for one in (reader, reader.change and reader.change.reader) if one]
        claims = (reader.name, reader.table, *reader.families, *kinds)
        self.fault(offer.plugin, f"reader {reader.name!r}: {reason}", *claims)

    def refuse_broken(self, name: str) -> None:
        """Raise PluginError where a name is of something that a broken plugin would have given."""
        for broken in self.broken:
            if name in broken.claims:
                raise PluginError(str(broken))

    def _remark(self, remark: str) -> None:
        if remark not in self.remarks and len(self.remarks) < MOST_GIVEN:
            self.remarks.append(remark)

    def _is_used(self, entry: EntryPoint) -> bool:
        if entry.name in self.blocked:
            return False
        is_named = any(":" in name for name in self.blocked)
        return not is_named or f"{distribution_of(entry)}:{entry.name}" not in self.blocked

    def _load_all(self, plugins: Iterable[Plugin]) -> None:
        for plugin in plugins:
            self._load(plugin)
        self._drop_pending()
        for plugin in [plugin for plugin in self.plugins if not plugin.is_own]:
            if forgotten := self._forgotten(plugin):
                self._break(plugin, forgotten)

    def _load(self, plugin: Plugin) -> None:
        entry = plugin.entry
        try:
            loaded = entry.load() if plugin.is_own else self._imported(plugin)
            reason = _refusal(sys.modules[entry.module])
            if reason is None:
                self._manager.register(loaded, entry.name)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's import may raise
            reason = described(error)
        if reason is None:
            self.plugins.append(plugin)
        else:
            self._break(plugin, reason)

    def _imported(self, plugin: Plugin) -> Any:
        if EntryPoint.pattern.match(plugin.entry.value) is None:
            raise PluginError(f"entry point {plugin.name!r}: {plugin.entry.value!r} names no module")
        if plugin.entry.value.startswith(OWN_PACKAGE):
            raise PluginError(f"entry point {plugin.name!r}: {plugin.entry.value!r} is no module of its own")
        with overheard(self.watch, f"plugin {plugin.label}", "its import", self._remark), contained():
            return plugin.entry.load()

    def _forgotten(self, plugin: Plugin) -> str | None:
        """What a module has that looks like a hook and is none, or that it has no hook at all."""
        module = self._manager.get_plugin(plugin.name)
        unmarked = [name for name in (READERS, SINKS) if callable(getattr(module, name, None))]
        unmarked = [name for name in unmarked if self._manager.parse_hookimpl_opts(module, name) is None]
        if unmarked:
            return f"{unmarked[0]}: lacks the decorator @hookimpl"
        return None if self._manager.get_hookcallers(module) else "has no hook: it gives neither readers nor formats"

    def _drop_pending(self) -> None:
        while True:
            try:
                self._manager.check_pending()
            except pluggy.PluginValidationError as error:
                name = self._manager.get_name(error.plugin)
                self._give_up(next(one for one in self.plugins if one.name == name), described(error))
            else:
                return

    def _asked(self, tables: Collection[str], families: Collection[str]) -> list[Offer]:
        """What all plugins give for some tables and families, without the readers that cannot be used."""
        asked = {"tables": tables, "families": families}
        given = [(plugin, self._ask(plugin, READERS, Reader, **asked)) for plugin in list(self.plugins)]
        offers = [Offer(reader, plugin) for plugin, readers in given for reader in readers]
        own = [offer for offer in offers if offer.plugin.is_own]
        return own if len(own) == len(offers) else [*own, *self._usable(own, offers)]

    def _usable(self, own: Iterable[Offer], offers: Iterable[Offer]) -> Iterator[Offer]:
        """The readers of others that keep the rules and whose names are free; the rest is a fault each."""
        from netstat_core.host.checks import fault_of  # noqa: PLC0415
        from netstat_core.host.clashes import Names  # noqa: PLC0415 - where there are plugins of others

        names = Names(own)
        for offer in offers:
            if offer.plugin.is_own:
                continue
            reason = fault_of(offer.reader, meaning_in_dialects) or names.clash(offer)
            if reason is None:
                names.take(offer)
                yield offer
            else:
                self.refuse(offer, reason)

    def _ask(self, plugin: Plugin, hook: str, kind: type, **wanted: Any) -> list[Any]:
        """What a plugin's hook gives; a plugin that gives something else is given up."""
        others = [module for name, module in self._manager.list_name_plugin() if name != plugin.name]
        caller = self._manager.subset_hook_caller(hook, others)
        try:
            if plugin.is_own:
                return [one for answer in caller(**wanted) for one in answer]
            with overheard(self.watch, f"plugin {plugin.label}", hook, self._remark), contained():
                return _listed(caller(**wanted), kind, is_implemented=bool(caller.get_hookimpls()))
        except Exception as error:  # noqa: BLE001 - a stranger's code
            if hook == READERS:
                self._give_up(plugin, f"{hook}: {described(error)}")
            else:
                self._break(plugin, f"{hook}: {described(error)}")
            return []

    def _give_up(self, plugin: Plugin, reason: str) -> None:
        if plugin in self.plugins:
            self._manager.unregister(name=plugin.name)
            self.plugins.remove(plugin)
        self._break(plugin, reason)

    def _break(self, plugin: Plugin, reason: str) -> None:
        """A plugin is lost; what it would have given can only be guessed from its name."""
        self.fault(plugin, reason, plugin.name, plugin.name.replace("-", "_"))


def _listed(answers: Any, kind: type, *, is_implemented: bool) -> list[Any]:
    """The answers to a hook as one list; raises PluginError for what is none, or holds something else."""
    if is_implemented and not answers:
        raise PluginError(f"returned None, and no list of {kind.__name__} objects")
    found: list[Any] = []
    for answer in answers:
        if not isinstance(answer, Iterable):
            raise PluginError(f"returned a {type(answer).__name__}, and no list of {kind.__name__} objects")
        found += islice(answer, MOST_GIVEN + 1 - len(found))
    if len(found) > MOST_GIVEN:
        raise PluginError(f"gave more than {MOST_GIVEN} {kind.__name__} objects")
    for one in found:
        if not isinstance(one, kind):
            raise PluginError(f"gave {type(one).__name__}, not a {kind.__name__}")
    return found


def _is_wanted(offer: Offer, tables: Collection[str], families: Collection[str]) -> bool:
    reader = offer.reader
    return (not tables or reader.table in tables) and (not families or not {*families}.isdisjoint(reader.families))


def meaning_in_dialects(name: str) -> str | None:
    """What a word means already in one of this package's dialects, so that no family can be called by it."""
    for entry in entries(DIALECTS):
        if entry.value.startswith(OWN_PACKAGE):
            meaning: str | None = entry.load().DIALECT.meaning(name)
            if meaning is not None:
                return meaning
    return None


def entries(group: str) -> list[EntryPoint]:
    """The entry points of a group by name, each name once: this package's own first, then as they are found."""
    seen: dict[str, EntryPoint] = {}
    for entry in sorted(_entries(group), key=lambda entry: not entry.value.startswith(OWN_PACKAGE)):
        seen.setdefault(entry.name, entry)
    return sorted(seen.values(), key=lambda entry: entry.name)


def _entries(group: str) -> Iterable[EntryPoint]:
    """All entry points of a group."""
    found: Iterable[EntryPoint] = _all_entries(tuple(sys.path)).select(group=group)
    return found


@functools.cache
def _all_entries(_path: tuple[str, ...]) -> Any:
    """All entry points, by group, of what is installed below a path: a file of every distribution is read for them."""
    return entry_points()


def _refusal(module: ModuleType) -> str | None:
    """Why a plugin is not used that was written for another contract, or does not say for which."""
    stated: object = getattr(module, "API", None)
    if stated is None:
        return "states no API"
    if type(stated) is int and stated == hooks.API:
        return None
    return f"speaks API {' '.join(repr(stated).split()):.40}, this host {hooks.API}"
