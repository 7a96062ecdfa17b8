"""Plugins, the readers and formats they offer, and the reasons why they cannot be used."""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from netstat_core.errors import PluginError
from netstat_core.escape import to_one_line
from netstat_core.host import interrupts
from netstat_core.host.entry_points import EntryPoint
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Sink
from netstat_core.query import Query

SOURCE = "plugin "
"""Prefix of the source of a gap about a plugin; the plugin's label follows."""

OWN_DISTRIBUTION = "netstat-core"
OWN_PACKAGE = "netstat_core."

TEXT = "text"
"""The reserved format name: the text of the dialect."""


class Limits(NamedTuple):
    """Limits of each reader of a plugin in a report.

    ``seconds`` is the time its parser runs; 0 removes all limits. ``rows`` are records, ``size`` is the number of
    characters of records as text, ``remarks`` are gaps and traits.
    """

    seconds: float = 30.0
    rows: int = 1_000_000
    size: int = 1 << 29
    problems: int = 100_000
    remarks: int = 1000


class Plugin(NamedTuple):
    """A plugin, identified by its entry point.

    ``is_own`` is true for built-in plugins, ``is_namesake`` if another plugin has the same name.
    """

    entry: EntryPoint
    is_own: bool = False
    is_namesake: bool = False

    @property
    def name(self) -> str:
        """The name of the entry point."""
        return self.entry.name

    @property
    def label(self) -> str:
        """The name in messages, with the distribution if the name alone is ambiguous."""
        return f"{to_one_line(self.name)} of {self.distribution}" if self.is_namesake else to_one_line(self.name)

    @property
    def owner(self) -> str:
        """The name in messages about a clash with another plugin."""
        name = to_one_line(self.name)
        return f"the built-in plugin {name}" if self.is_own else f"plugin {name} of {self.distribution}"

    @property
    def distribution(self) -> str:
        """The name of its distribution. Not cached at discovery, since parsing metadata is slow."""
        return distribution_name(self.entry)

    @property
    def origin(self) -> str:
        """The name and version of its distribution."""
        name = self.distribution
        with suppress(Exception):  # damaged metadata
            return to_one_line(f"{name} {self.entry.dist.version}" if self.entry.dist else name)
        return name


def distribution_name(entry: EntryPoint) -> str:
    """Return the name of the distribution of an entry point, ``unknown`` if there is none."""
    with suppress(Exception):  # damaged metadata
        if entry.dist and isinstance(entry.dist.name, str):
            return to_one_line(entry.dist.name)
    return "unknown"


class Broken(NamedTuple):
    """A plugin that cannot be used, or a part of it, and the reason in one line.

    ``claims`` are the names by which a request may refer to what is lost: families, tables, kinds or formats.
    """

    plugin: Plugin
    reason: str
    claims: frozenset[str] = frozenset()

    @property
    def source(self) -> str:
        """The name of the plugin as the source of a gap."""
        return SOURCE + self.plugin.label

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"


class Offer(NamedTuple):
    """A reader and the plugin that provides it."""

    reader: Reader
    plugin: Plugin

    @property
    def names(self) -> frozenset[str]:
        """The names by which a request can refer to the reader."""
        return frozenset({self.reader.name, self.reader.table, *self.reader.families, *self.reader.protocols})

    def may_refuse(self, query: Query) -> bool:
        """True if it may refuse the whole query: it is built in, or was requested by name."""
        return self.plugin.is_own or not self.names.isdisjoint(query.required)


class FormatOffer(NamedTuple):
    """An output format and the plugin that provides it."""

    sink: Sink
    plugin: Plugin


def list_kinds(reader: Reader) -> list[str]:
    """Return the kinds of a reader's records and of its changes."""
    return [reader.kind, reader.change.reader.kind] if reader.change else [reader.kind]


def identify_plugins(entries: Iterable[EntryPoint]) -> list[Plugin]:
    """Return the plugins of entry points in the order in which they take names: built-in plugins first."""
    entries = sorted(entries, key=lambda entry: entry.name)
    own = _own_distribution(entries)
    plugins = [Plugin(entry, is_own=_belongs_to(entry, own)) for entry in entries]
    others = [plugin for plugin in plugins if not plugin.is_own]
    if len(others) > 1:
        others.sort(key=lambda plugin: (plugin.distribution, plugin.name))
    return [*(plugin for plugin in plugins if plugin.is_own), *others]


def _own_distribution(entries: Collection[EntryPoint]) -> object:
    """Return the distribution of this package. Metadata is read only if several have modules of ``netstat_core``."""
    candidates = {id(entry.dist): entry for entry in entries if entry.value.startswith(OWN_PACKAGE) and entry.dist}
    if len(candidates) > 1:
        candidates = {key: entry for key, entry in candidates.items() if distribution_name(entry) == OWN_DISTRIBUTION}
    return next((entry.dist for entry in candidates.values()), None)


def _belongs_to(entry: EntryPoint, own: object) -> bool:
    """True if an entry point belongs to this package's distribution, or without any to a module of this package."""
    return entry.dist is own if entry.dist else entry.value.startswith(OWN_PACKAGE)


def drop_namesakes(plugins: Iterable[Plugin]) -> tuple[list[Plugin], list[Broken]]:
    """Return the plugins with unique names, and as broken those whose name an earlier plugin has."""
    owners: dict[str, Plugin] = {}
    late: list[Broken] = []
    for plugin in plugins:
        owner = owners.setdefault(plugin.name, plugin)
        if owner is not plugin:
            namesake = plugin._replace(is_namesake=True)
            reason = f"entry point {namesake.name!r}: {owner.owner} has this name"
            late.append(Broken(namesake, reason, frozenset({namesake.name})))
    return list(owners.values()), late


def describe_error(error: BaseException) -> str:
    """Return one line for an exception of a plugin: the message of a PluginError, class and message of others."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a plugin's code
        text = ""
    if isinstance(error, PluginError):
        return to_one_line(text)
    return to_one_line(f"{type(error).__name__}: {text}" if text.strip() else type(error).__name__)


@contextmanager
def guard_plugin_code() -> Iterator[None]:
    """Context in which code of a plugin runs: turns SystemExit and the like into PluginError, except SIGINT."""
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and not interrupts.is_forged():
            raise
        raise PluginError(describe_error(error)) from error
