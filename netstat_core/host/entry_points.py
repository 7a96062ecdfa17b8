"""Entry points of the installed distributions, read from their folders: importing importlib.metadata takes longer.

What a start needs is the file ``entry_points.txt`` of each distribution on ``sys.path``. ``importlib.metadata`` does
the rest: it finds distributions where not every place on ``sys.path`` is a folder (archives, eggs, finders of other
packages), and it reads the names and versions of distributions, which few runs show.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from importlib.machinery import PathFinder
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import Distribution

GROUP = "netstat.plugins"
DIALECTS = "netstat.dialects"
"""The entry point group of dialects; the module of each defines ``DIALECT``."""

_GROUPS = (GROUP, DIALECTS)

_FILE = "entry_points.txt"
_FOLDERS = (".dist-info", ".egg-info")


class EntryPoint:
    """A line of a file ``entry_points.txt``: ``name = value`` in the section of a group.

    ``value`` is ``module`` or ``module:attribute``, perhaps with ``[extras]``. ``dist`` is the distribution, None if
    there is none.
    """

    __slots__ = ("dist", "group", "name", "value")

    def __init__(self, name: str, value: str, group: str, dist: Folder | Distribution | None = None) -> None:
        self.name = name
        self.value = value
        self.group = group
        self.dist = dist

    @property
    def module(self) -> str:
        """The name of the module; empty if the value names none."""
        module, _attributes = self._split()
        return module

    def _split(self) -> tuple[str, list[str]]:
        """Return the names of the module, empty if the value has another form, and of the attributes to follow."""
        named, bracket, extras = self.value.partition("[")
        module, colon, attribute = (part.strip() for part in named.partition(":"))
        is_whole = not bracket or extras.rstrip().endswith("]")
        if not is_whole or not _is_dotted(module) or (colon and not _is_dotted(attribute)):
            return "", []
        return module, [part for part in attribute.split(".") if part]

    def load(self) -> Any:
        """Import the module; return it, or its attribute."""
        module, attributes = self._split()
        loaded = import_module(module)
        return attrgetter(".".join(attributes))(loaded) if attributes else loaded


class Folder:
    """The metadata folder of an installed distribution; its name and version are read when they are asked for."""

    def __init__(self, path: str) -> None:
        self.path = path

    @cached_property
    def _distribution(self) -> Distribution:
        from importlib.metadata import Distribution  # noqa: PLC0415 - few runs show names of distributions

        return Distribution.at(self.path)

    @property
    def name(self) -> str:
        """The name, as the metadata tell it."""
        return self._distribution.name

    @property
    def version(self) -> str:
        """The version."""
        return self._distribution.version


class _Unusual(Exception):
    """Not every place on the path is a folder whose distributions have the names of their own folders."""


def read_entry_points() -> list[EntryPoint]:
    """Return the entry points of the groups of this project in the order of ``sys.path``.

    Of several distributions with one name the first counts, as for importlib.metadata. A file that is damaged costs no
    more than what it says: its entry points name no module.
    """
    try:
        return [entry for folder in _find_folders() for entry in _read_folder(folder)]
    except _Unusual:
        return list(_ask_finders())


def _find_folders() -> Iterator[str]:
    """Yield the metadata folders of distributions. Raises _Unusual if they may also be somewhere else."""
    finders = [finder for finder in sys.meta_path if getattr(finder, "find_distributions", None) is not None]
    if finders != [PathFinder]:
        raise _Unusual
    seen: set[str] = set()
    for place in sys.path:
        for child in _list_place(place):
            lowered = child.lower()
            if lowered.endswith(_FOLDERS):
                name = _name_of(child)
                if name not in seen:
                    seen.add(name)
                    yield os.path.join(place, child)


def _list_place(place: object) -> list[str]:
    """Return the names in a folder of ``sys.path``, none if it does not exist."""
    if not isinstance(place, str) or place.lower().endswith(".egg"):
        raise _Unusual
    try:
        return os.listdir(place or ".")
    except NotADirectoryError as error:  # an archive
        raise _Unusual from error
    except (OSError, ValueError):
        return []


def _name_of(folder: str) -> str:
    """Return the normalized name of the distribution whose metadata is in a folder."""
    stem, kind = os.path.splitext(folder)
    name = stem.partition("-")[0]
    if kind not in _FOLDERS or not name:  # only its metadata has its name
        raise _Unusual
    return _normalize(name)


def _normalize(name: str) -> str:
    """Return the form in which names of distributions are compared.

    >>> _normalize("Foo.-Bar")
    'foo_bar'
    """
    name = name.lower().replace(".", "_").replace("-", "_")
    while "__" in name:
        name = name.replace("__", "_")
    return name


def _is_dotted(text: str) -> bool:
    """True if text consists of letters, digits, underscores and dots, as the name of a module does."""
    return text.replace(".", "").replace("_", "0").isalnum()


def _read_folder(path: str) -> Iterator[EntryPoint]:
    """Yield the entry points of the distribution whose metadata is in a folder, or that a file describes."""
    try:
        with open(os.path.join(path, _FILE), "rb") as file:
            content = file.read()
    except OSError:  # most distributions have none
        return
    if any(group.encode() in content for group in _GROUPS):
        yield from _parse(content.decode("utf-8", "surrogateescape"), Folder(path))


def _parse(text: str, dist: Folder) -> Iterator[EntryPoint]:
    """Yield what a file ``entry_points.txt`` lists: sections of lines ``name = value``, and comments.

    ::

        [netstat.plugins]
        inet = netstat_inet
    """
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line.strip("[]")
        elif line and not line.startswith("#") and group in _GROUPS:
            name, _, value = line.partition("=")
            yield EntryPoint(name.strip(), value.strip(), group, dist)


def _ask_finders() -> Iterator[EntryPoint]:
    """Yield the entry points of all distributions that the finders of this process know."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - few installations need it

    try:
        installed: Any = entry_points()
        found = [entry for group in _GROUPS for entry in installed.select(group=group)]
    except Exception:  # noqa: BLE001 - a damaged file of any distribution
        found = list(_skip_damaged())
    for entry in found:
        yield EntryPoint(entry.name, entry.value, entry.group, entry.dist)


def _skip_damaged() -> Iterator[Any]:
    """Yield the entry points of the distributions that importlib.metadata can read."""
    from importlib.metadata import distributions  # noqa: PLC0415 - few installations need it

    found: list[Any] = []
    for place in sys.path:
        with suppress(Exception):
            found += distributions(path=[place])
    seen: set[str] = set()
    for dist in found:
        with suppress(Exception):
            name = _normalize(dist.name)
            if name not in seen:
                seen.add(name)
                yield from [entry for entry in dist.entry_points if entry.group in _GROUPS]
