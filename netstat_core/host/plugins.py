"""Plugins by their entry points, what they offer, and what is wrong with them in one line each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import EntryPoint
from typing import NamedTuple

from netstat_core.errors import PluginError
from netstat_core.escape import one_line
from netstat_core.host import interrupts
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Sink
from netstat_core.query import Query

SOURCE = "plugin "
"""What the source of a gap begins with that tells of a plugin; its label follows."""


OWN_DISTRIBUTION = "netstat-core"
OWN_PACKAGE = "netstat_core."

TEXT = "text"
"""The format that no plugin can have: it is the dialect's own page."""


class Limits(NamedTuple):
    """The bounds of each reader of a plugin in a report; ``seconds`` count while its parser runs, 0 lifts all bounds.

    ``size`` bounds the characters of records as text, ``remarks`` what is neither a record nor a problem.
    """

    seconds: float = 30.0
    rows: int = 1_000_000
    size: int = 1 << 29
    problems: int = 100_000
    remarks: int = 1000


class Plugin(NamedTuple):
    """A plugin by its entry point.

    ``is_own`` says that the distribution of this program brought it, ``is_namesake`` that another has its name.
    """

    entry: EntryPoint
    is_own: bool = False
    is_namesake: bool = False

    @property
    def name(self) -> str:
        """The entry point's name, by which a plugin is blocked."""
        return self.entry.name

    @property
    def label(self) -> str:
        """How messages call it: by its name, where that is not enough by its distribution too."""
        return f"{one_line(self.name)} of {self.distribution}" if self.is_namesake else one_line(self.name)

    @property
    def owner(self) -> str:
        """How messages call it where another plugin clashes with it."""
        name = one_line(self.name)
        return f"the built-in plugin {name}" if self.is_own else f"plugin {name} of {self.distribution}"

    @property
    def distribution(self) -> str:
        """The name of the distribution that brought it; read when asked for, since parsing metadata is slow."""
        return distribution_of(self.entry)

    @property
    def origin(self) -> str:
        """The distribution that brought it, and its version."""
        name = self.distribution
        with suppress(Exception):  # metadata that somebody damaged
            return one_line(f"{name} {self.entry.dist.version}" if self.entry.dist else name)
        return name


def distribution_of(entry: EntryPoint) -> str:
    """The name of the distribution that an entry point belongs to."""
    with suppress(Exception):  # metadata that somebody damaged
        if entry.dist and isinstance(entry.dist.name, str):
            return one_line(entry.dist.name)
    return "unknown"


class Broken(NamedTuple):
    """A plugin that cannot be used, or a part of it, and why, in one line.

    ``claims`` are the names by which somebody may have asked for what is lost: its families, tables, kinds or formats.
    """

    plugin: Plugin
    reason: str
    claims: frozenset[str] = frozenset()

    @property
    def source(self) -> str:
        """The plugin as the source of a gap."""
        return SOURCE + self.plugin.label

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"


class Offer(NamedTuple):
    """A reader and the plugin it came from."""

    reader: Reader
    plugin: Plugin

    @property
    def names(self) -> frozenset[str]:
        """The names by which the reader is asked for."""
        return frozenset({self.reader.name, self.reader.table, *self.reader.families, *self.reader.protocols})

    def may_refuse(self, query: Query) -> bool:
        """Whether it may refuse the whole query: a reader of this program's own, or one that was asked for by name."""
        return self.plugin.is_own or not self.names.isdisjoint(query.required)


class FormatOffer(NamedTuple):
    """An output format and the plugin it came from."""

    sink: Sink
    plugin: Plugin


def identified(entries: Iterable[EntryPoint]) -> list[Plugin]:
    """The plugins of some entry points, in the order in which names are given away."""
    entries = sorted(entries, key=lambda entry: entry.name)
    own = _own_distribution(entries)
    plugins = [Plugin(entry, is_own=_is_of(entry, own)) for entry in entries]
    strangers = [plugin for plugin in plugins if not plugin.is_own]
    if len(strangers) > 1:
        strangers.sort(key=lambda plugin: (plugin.distribution, plugin.name))
    return [*(plugin for plugin in plugins if plugin.is_own), *strangers]


def _own_distribution(entries: Collection[EntryPoint]) -> object:
    """The distribution of this package, found without reading the metadata of any unless several claim to be it."""
    claiming = {id(entry.dist): entry for entry in entries if entry.value.startswith(OWN_PACKAGE) and entry.dist}
    if len(claiming) > 1:
        claiming = {key: entry for key, entry in claiming.items() if distribution_of(entry) == OWN_DISTRIBUTION}
    return next((entry.dist for entry in claiming.values()), None)


def _is_of(entry: EntryPoint, own: object) -> bool:
    """Whether an entry is of this package's distribution; without any distribution its module tells."""
    return entry.dist is own if entry.dist else entry.value.startswith(OWN_PACKAGE)


def without_namesakes(plugins: Iterable[Plugin]) -> tuple[list[Plugin], list[Broken]]:
    """The plugins whose name is theirs, and those that come too late for it."""
    owners: dict[str, Plugin] = {}
    late: list[Broken] = []
    for plugin in plugins:
        owner = owners.setdefault(plugin.name, plugin)
        if owner is not plugin:
            namesake = plugin._replace(is_namesake=True)
            reason = f"entry point {namesake.name!r}: {owner.owner} has this name"
            late.append(Broken(namesake, reason, frozenset({namesake.name})))
    return list(owners.values()), late


def described(error: BaseException) -> str:
    """An exception of a stranger in one line: a declaration's own words, or the kind and the text of any other."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a stranger's code
        text = ""
    if isinstance(error, PluginError):
        return one_line(text)
    return one_line(f"{type(error).__name__}: {text}" if text.strip() else type(error).__name__)


@contextmanager
def contained() -> Iterator[None]:
    """A stranger's code is run here: it cannot leave the program by what is no Exception, but for an interrupt."""
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and not interrupts.is_forged():
            raise
        raise PluginError(described(error)) from error
