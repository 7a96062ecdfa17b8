"""Families whose names netstat accepts without showing sockets; a plugin that reads them makes them available."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from netstat_core.dialects import Added

ACCEPTED = ("ash", "bluetooth", "ec")
"""Families that netstat accepts after -A and shows no sockets of."""

BLUETOOTH = ("l2cap", "rfcomm")
"""The protocols of the family bluetooth, each an option."""


def find_provided(families: Sequence[str], given: Counter[str], added: Callable[[], Added]) -> Added:
    """Return the tables that plugins read for the accepted families in use, by family.

    ``families`` are those on the command line, ``given`` counts its options. ``added`` returns what plugins add; it is
    called only if an accepted family is in use, because it loads the plugins.
    """
    named = {*families, *(["bluetooth"] if any(given[name] for name in BLUETOOTH) else [])}
    if named.isdisjoint(ACCEPTED):
        return {}
    tables = added()
    return {family: tables[family] for family in named.intersection(ACCEPTED) if tables.get(family)}


def find_families(families: Sequence[str], given: Counter[str], added: Added) -> list[str]:
    """Return the accepted families whose sockets are shown: those named, and bluetooth if a protocol of it is."""
    named = [*families, *(["bluetooth"] if any(given[name] for name in BLUETOOTH) else [])]
    return [name for name in dict.fromkeys(named) if "sockets" in added.get(name, ())]


def find_protocols(families: Collection[str], given: Counter[str], *, is_selecting: bool) -> list[str]:
    """Return the Bluetooth protocols to show: those given as options, or all if other protocols are selected."""
    if "bluetooth" not in families:
        return []
    is_narrowed = any(given[name] for name in BLUETOOTH)
    return [name for name in BLUETOOTH if given[name] or (is_selecting and not is_narrowed)]
