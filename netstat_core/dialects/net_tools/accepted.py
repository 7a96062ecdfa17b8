"""Families that netstat merely accepts: where a plugin of others reads them, they are shown like any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from netstat_core.dialects import Added

ACCEPTED = ("ash", "bluetooth", "ec")
"""Families of which netstat knows the name, and shows no sockets."""

BLUETOOTH = ("l2cap", "rfcomm")
"""The protocols of the family bluetooth, each an option."""


def provided(families: Sequence[str], given: Counter[str], added: Callable[[], Added]) -> Added:
    """The tables of those accepted families that are asked for, where plugins read them; asks only for these."""
    named = {*families, *(["bluetooth"] if any(given[name] for name in BLUETOOTH) else [])}
    if named.isdisjoint(ACCEPTED):
        return {}
    found = added()
    return {family: found[family] for family in named.intersection(ACCEPTED) if found.get(family)}


def sockets_of(families: Sequence[str], given: Counter[str], added: Added) -> list[str]:
    """The accepted families whose sockets are shown: those named, and bluetooth for its protocols."""
    named = [*families, *(["bluetooth"] if any(given[name] for name in BLUETOOTH) else [])]
    return [name for name in dict.fromkeys(named) if "sockets" in added.get(name, ())]


def protocols_of(families: Collection[str], given: Counter[str], *, is_selecting: bool) -> list[str]:
    """The protocols of bluetooth that are asked for, where its sockets are shown; all where others are selected."""
    if "bluetooth" not in families:
        return []
    return [name for name in BLUETOOTH if given[name] or (is_selecting and not any(given[one] for one in BLUETOOTH))]
