"""What changed between two sets of facts, of what does not change by itself.

A baseline is a question: all that it covers has to be covered by the facts it is held against, or there is no answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from netstat_core.answers.identity import HOLDERS, PARTS, Holders, Part
from netstat_core.answers.listening import NotSeen, Place, brief, checked_facts, mapping_at, reasons
from netstat_core.errors import UsageError

Drift = dict[str, Any]
Entries = dict[str, dict[str, Any]]
"""Fields by key."""

_PROCESSES = "processes"
_HOLDERS_BY_ADDRESS = "processes_by_address"
NAMESPACES = "namespaces"
CHOICES = (*(part.name for part in PARTS), NAMESPACES)
"""The parts that can be chosen."""


def drift(facts: Any, baseline: Any, parts: Collection[str] | None = None, ignore: Collection[str] = ()) -> Drift:
    """What of a baseline's facts changed: ``same``, ``added``, ``removed``, ``changed`` and ``not_compared``.

    The differences are by part and key; ``changed`` has ``before`` and ``now`` of each field. ``parts`` chooses among
    CHOICES; without it all that the baseline holds is compared. ``ignore`` are patterns of ``part/key`` and
    ``part/key/field``, such as ``listening/udp/*`` or ``interfaces/veth*``.

    What only the facts cover is named in ``not_compared``. Raises NotSeen where the facts do not cover what the
    baseline does, or the baseline lacks a part that was chosen; UsageError for what are no facts and no parts.
    """
    chosen = CHOICES if parts is None else _chosen(parts)
    comparison = _Comparison(chosen, frozenset() if parts is None else frozenset(chosen), _patterns(ignore))
    comparison.machines(checked_facts(baseline, "baseline"), checked_facts(facts))
    return comparison.result()


def _chosen(parts: Collection[str]) -> tuple[str, ...]:
    names = _texts(parts, "parts")
    for name in names:
        if name not in CHOICES:
            raise UsageError(f"drift cannot compare {brief(name)}; it can {', '.join(CHOICES)}")
    if not names:
        raise UsageError("drift was told to compare no parts")
    return names


def _patterns(ignore: Collection[str]) -> tuple[str, ...]:
    patterns = _texts(ignore, "ignore")
    for pattern in patterns:
        first = pattern.partition("/")[0]
        if not any(fnmatchcase(name, first) for name in CHOICES):
            raise UsageError(f"a pattern to ignore begins with a part ({', '.join(CHOICES)}), not as {brief(pattern)}")
    return patterns


def _texts(given: Any, what: str) -> tuple[str, ...]:
    """A list of texts, or one."""
    texts = (given,) if isinstance(given, str) else given
    if not isinstance(texts, Collection) or not all(isinstance(one, str) for one in texts):
        raise UsageError(f"{what} of a drift is a list of texts, not {brief(given)}")
    return tuple(texts)


class _Comparison:
    """The differences of two places and of the namespaces in them, as they are found."""

    def __init__(self, chosen: Collection[str], demanded: Collection[str], ignored: Collection[str]) -> None:
        self._chosen = chosen
        self._demanded = demanded
        self._ignored = ignored
        self._found: dict[str, dict[str, Entries]] = {"added": {}, "removed": {}, "changed": {}}
        self._not_compared: list[str] = []
        self._has_compared = False

    def result(self) -> Drift:
        """All that was found; NotSeen where there was nothing to find anything in."""
        if not self._has_compared:
            raise NotSeen(f"the baseline covers none of {', '.join(self._chosen)}: nothing could be compared")
        return {"same": not any(self._found.values()), **self._found, "not_compared": self._not_compared}

    def machines(self, before: Place, now: Place) -> None:
        """Compare two machines."""
        self._places(before, now)
        if NAMESPACES in self._chosen:
            self._namespaces(before, now)

    def _places(self, before: Place, now: Place, path: str = "") -> None:
        was, is_ = (one["covers"].get("where") for one in (before, now))
        if was != is_:
            raise NotSeen(f"the baseline was gathered with where {brief(was)}, and the facts with {brief(is_)}")
        for part in PARTS:
            if part.name in self._chosen:
                self._part(part, before, now, path + part.name)

    def _part(self, part: Part, before: Place, now: Place, name: str) -> None:
        units = self._units(part, before, now, name)
        if units:
            self._has_compared = True
            is_blind = self._is_blind(part, before, now, name)
            self._entries(name, *(_entries_of(part, place, units, is_blind) for place in (before, now)))

    def _units(self, part: Part, before: Place, now: Place, name: str) -> set[str]:
        """What of a part is compared: all that the baseline covers, and so the facts have to."""
        wanted, covered = part.units(before), part.units(now)
        if missing := wanted - covered:
            raise NotSeen(f"the facts do not cover {_what(name, missing)}, as the baseline does{reasons(now)}")
        if not wanted and name in self._demanded:
            raise NotSeen(f"the baseline does not cover {name}{reasons(before)}")
        if extra := covered - wanted:
            self._not_compared.append(f"{_what(name, extra)}: the baseline does not cover this")
        return wanted

    def _is_blind(self, part: Part, before: Place, now: Place, name: str) -> bool:
        """Whether processes cannot be compared."""
        seen = [one["covers"].get("owners") == "all" for one in (before, now)]
        if not part.has_owners or all(seen):
            return False
        if seen[0]:
            raise NotSeen(
                f"the facts do not tell all processes, as the baseline does; gather as root (become){reasons(now)}"
            )
        self._not_compared.append(f"{_PROCESSES} of {name}: the baseline does not tell all of them")
        return True

    def _entries(self, name: str, before: Entries, now: Entries) -> None:
        for key in sorted({*before, *now}):
            if self._is_ignored(f"{name}/{key}"):
                continue
            if key not in now:
                self._found["removed"].setdefault(name, {})[key] = _shown(before[key])
            elif key not in before:
                self._found["added"].setdefault(name, {})[key] = _shown(now[key])
            elif changes := dict(self._changes(f"{name}/{key}", before[key], now[key])):
                self._found["changed"].setdefault(name, {})[key] = changes

    def _changes(self, path: str, before: dict[str, Any], now: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """The fields that both sides know, and that differ."""
        for field, value in before.items():
            if field in now and field != HOLDERS and now[field] != value and not self._is_ignored(f"{path}/{field}"):
                yield field, {"before": value, "now": now[field]}
        if HOLDERS in before and HOLDERS in now and not self._is_ignored(f"{path}/{_PROCESSES}"):
            yield from self._changed_holders(path, before[HOLDERS], now[HOLDERS])

    def _changed_holders(self, path: str, before: Holders, now: Holders) -> Iterator[tuple[str, Any]]:
        """Who holds the entry now, or each of its addresses; NotSeen where only the baseline knows.

        Addresses that only one side has are told as such, whoever holds them.
        """
        was, is_ = _names(before), _names(now)
        both = [address for address in before if address in now]
        if any(before[one] is not None and now[one] is None for one in both):
            raise NotSeen(f"the facts do not tell who holds {brief(path)}, as the baseline does")
        if was is None or is_ is None:
            blind = "baseline does" if was is None else "facts do"
            self._not_compared.append(f"{_PROCESSES} of {path}: the {blind} not tell all of them")
        if was is not None and is_ is not None and was != is_:
            yield _PROCESSES, {"before": was, "now": is_}
        elif changed := [one for one in both if before[one] is not None and before[one] != now[one]]:
            yield _HOLDERS_BY_ADDRESS, {"before": _by_address(before, changed), "now": _by_address(now, changed)}

    def _is_ignored(self, path: str) -> bool:
        return any(fnmatchcase(path, pattern) for pattern in self._ignored)

    def _namespaces(self, before: Place, now: Place) -> None:
        if NAMESPACES not in before:
            if NAMESPACES in self._demanded:
                raise NotSeen("the baseline does not cover namespaces")
            self._not_compared += ["namespaces: the baseline does not cover them"] if NAMESPACES in now else []
            return
        if NAMESPACES not in now:
            raise NotSeen("the facts do not cover namespaces, as the baseline does; gather with netns")
        self._has_compared = True
        olds, news = _named(before), _named(now)
        if len(olds) < len(_inner(before)) or len(news) < len(_inner(now)):
            self._not_compared.append("namespaces without names, whose numbers are new with every start")
        self._named(olds, news, before, now)

    def _named(self, olds: dict[str, Place], news: dict[str, Place], before: Place, now: Place) -> None:
        """Those that both sides have; the others have come or gone if that side looked at all there are."""
        gone, come = (sorted(one.keys() - other) for one, other in ((olds, news), (news, olds)))
        if gone and not _has_all(now):
            raise NotSeen(f"namespace {gone[0]} of the baseline is not among those that were gathered")
        if come and not _has_all(before):
            self._not_compared += [f"namespace {name}: the baseline does not cover it" for name in come]
            come = []
        self._entries(NAMESPACES, {name: {} for name in gone}, {name: {} for name in come})
        for name in sorted(olds.keys() & news):
            self._places(olds[name], news[name], f"{NAMESPACES}/{name}/")


def _what(name: str, units: Collection[str]) -> str:
    part = name.rpartition("/")[2]
    return name if part in units else f"{name} of {', '.join(sorted(units))}"


def _entries_of(part: Part, place: Place, units: Collection[str], is_blind: bool) -> Entries:  # noqa: FBT001 - goes along
    """The entries to compare; one whose key is there already is numbered, as routes of the same destination may be."""
    entries: Entries = {}
    times: Counter[str] = Counter()
    for unit, key, fields in part.entries(place):
        if unit in units:
            times[key] += 1
            name = key if times[key] == 1 else f"{key} ({times[key]})"
            entries[name] = {field: value for field, value in fields.items() if not (is_blind and field == HOLDERS)}
    return entries


def _shown(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of an entry that only one side has."""
    names = _names(fields[HOLDERS]) if HOLDERS in fields else None
    rest = {field: value for field, value in fields.items() if field != HOLDERS}
    return rest if names is None else {**rest, _PROCESSES: names}


def _names(holders: Holders) -> list[str] | None:
    """The names of all processes of an entry; None where not all were seen."""
    known = [names for names in holders.values() if names is not None]
    return sorted(frozenset[str]().union(*known)) if len(known) == len(holders) else None


def _by_address(holders: Holders, addresses: list[str]) -> dict[str, list[str]]:
    return {address: sorted(holders[address] or ()) for address in addresses}


def _named(place: Place) -> dict[str, Place]:
    """The namespaces with names; the numbers of the others are new with every start."""
    found = {str(name): checked_facts(one, f"facts of {brief(name)}") for name, one in _inner(place).items()}
    return {name: one for name, one in found.items() if _has_name(one)}


def _inner(place: Place) -> Mapping[str, Any]:
    return mapping_at(place, NAMESPACES)


def _has_name(place: Place) -> bool:
    told = place.get("network_namespace")
    return isinstance(told, Mapping) and told.get("name") is not None


def _has_all(place: Place) -> bool:
    return bool(place["covers"].get(NAMESPACES) == "all")
