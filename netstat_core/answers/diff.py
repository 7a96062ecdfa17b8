"""Compare facts with a baseline, without the values that change by themselves.

The facts must cover everything that the baseline covers; otherwise the comparison fails.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from netstat_core.answers.identity import HOLDERS, PARTS, Holders, Part
from netstat_core.answers.listening import (
    NotSeen,
    Place,
    check_facts,
    explain_owners,
    format_reasons,
    get_mapping,
    quote,
)
from netstat_core.errors import UsageError

Drift = dict[str, Any]
Entries = dict[str, dict[str, Any]]
"""The fields of each entry, by the entry's key."""

_PROCESSES = "processes"
_HOLDERS_BY_ADDRESS = "processes_by_address"
_PORT_IN_PATH = re.compile(r"\A((?:namespaces/[^/]+/)?listening)/([^/]+)/([^/]+)")
NAMESPACES = "namespaces"
CHOICES = (*(part.name for part in PARTS), NAMESPACES)
"""The parts of facts that can be compared."""


def drift(facts: Any, baseline: Any, parts: Collection[str] | None = None, ignore: Collection[str] = ()) -> Drift:
    """Compare facts with a baseline and return the differences.

    ``parts`` are names from CHOICES; by default all parts that the baseline covers are compared. ``ignore`` are
    shell-style patterns of ``part/key`` or ``part/key/field``, such as ``listening/udp/*`` or ``interfaces/veth*``;
    ports may be written ``22/tcp`` too.

    The result has ``same`` (bool), ``added`` and ``removed`` (entries by part and key), ``changed`` (fields by part and
    key, each with ``before`` and ``now``) and ``not_compared`` (a list of descriptions).

    Raises NotSeen if the facts do not cover what the baseline covers, or if the baseline lacks a part in ``parts``;
    UsageError for arguments that are not facts, parts or patterns.
    """
    chosen = CHOICES if parts is None else _check_parts(parts)
    comparison = _Comparison(chosen, frozenset() if parts is None else frozenset(chosen), _check_patterns(ignore))
    comparison.compare_machines(check_facts(baseline, "baseline"), check_facts(facts))
    return comparison.result()


def _check_parts(parts: Collection[str]) -> tuple[str, ...]:
    names = _to_texts(parts, "parts")
    for name in names:
        if name not in CHOICES:
            raise UsageError(f"drift cannot compare {quote(name)}; parts: {', '.join(CHOICES)}")
    if not names:
        raise UsageError("drift needs at least one part to compare")
    return names


def _check_patterns(ignore: Collection[str]) -> tuple[str, ...]:
    patterns = _to_texts(ignore, "ignore")
    for pattern in patterns:
        first = pattern.partition("/")[0]
        if not any(fnmatchcase(name, first) for name in CHOICES):
            raise UsageError(
                f"a pattern to ignore must begin with a part ({', '.join(CHOICES)}), unlike {quote(pattern)}"
            )
    return patterns


def _to_texts(given: Any, what: str) -> tuple[str, ...]:
    """Return a list of strings, or a single one, as a tuple."""
    texts = (given,) if isinstance(given, str) else given
    if not isinstance(texts, Collection) or not all(isinstance(text, str) for text in texts):
        raise UsageError(f"{what} of drift must be a list of strings, not {quote(given)}")
    return tuple(texts)


class _Comparison:
    """Collects the differences between two machines and their network namespaces."""

    def __init__(self, chosen: Collection[str], demanded: Collection[str], ignored: Collection[str]) -> None:
        self._chosen = chosen
        self._demanded = demanded
        self._ignored = ignored
        self._found: dict[str, dict[str, Entries]] = {"added": {}, "removed": {}, "changed": {}}
        self._not_compared: list[str] = []
        self._has_compared = False
        self._why_unseen = ""

    def result(self) -> Drift:
        """Return all differences. Raises NotSeen if no part was compared."""
        if not self._has_compared:
            raise NotSeen(f"the baseline covers none of {', '.join(self._chosen)}: nothing could be compared")
        return {"same": not any(self._found.values()), **self._found, "not_compared": self._not_compared}

    def compare_machines(self, before: Place, now: Place) -> None:
        """Compare the facts of two machines."""
        self._compare_places(before, now)
        if NAMESPACES in self._chosen:
            self._compare_namespaces(before, now)

    def _compare_places(self, before: Place, now: Place, path: str = "") -> None:
        was, is_ = (place["covers"].get("where") for place in (before, now))
        if was != is_:
            raise NotSeen(f"the baseline was gathered with where {quote(was)}, and the facts with {quote(is_)}")
        for part in PARTS:
            if part.name in self._chosen:
                self._compare_part(part, before, now, path + part.name)

    def _compare_part(self, part: Part, before: Place, now: Place, name: str) -> None:
        units = self._select_units(part, before, now, name)
        if units:
            self._has_compared = True
            is_blind = self._is_blind(part, before, name)
            self._why_unseen = explain_owners(now)
            self._compare_entries(name, *(_collect_entries(part, place, units, is_blind) for place in (before, now)))

    def _select_units(self, part: Part, before: Place, now: Place, name: str) -> set[str]:
        """Return the units of a part to compare: all that the baseline covers. Raises NotSeen if the facts lack any."""
        wanted, covered = part.units(before), part.units(now)
        if missing := wanted - covered:
            units = _describe_units(name, missing)
            raise NotSeen(f"the facts do not cover {units}, as the baseline does{format_reasons(now)}")
        if not wanted and name in self._demanded:
            raise NotSeen(f"the baseline does not cover {name}{format_reasons(before)}")
        if extra := covered - wanted:
            self._not_compared.append(f"{_describe_units(name, extra)}: the baseline does not cover this")
        return wanted

    def _is_blind(self, part: Part, before: Place, name: str) -> bool:
        """Return whether the baseline shows no process at all; otherwise each entry says whether its own were seen."""
        if not part.has_owners or before["covers"].get("owners") in ("all", "some"):
            return False
        self._not_compared.append(f"{_PROCESSES} of {name}: the baseline does not show them")
        return True

    def _compare_entries(self, name: str, before: Entries, now: Entries) -> None:
        for key in sorted({*before, *now}):
            if self._is_ignored(f"{name}/{key}"):
                continue
            if key not in now:
                self._found["removed"].setdefault(name, {})[key] = _describe(before[key])
            elif key not in before:
                self._found["added"].setdefault(name, {})[key] = _describe(now[key])
            elif changes := dict(self._find_changes(f"{name}/{key}", before[key], now[key])):
                self._found["changed"].setdefault(name, {})[key] = changes

    def _find_changes(self, path: str, before: dict[str, Any], now: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield the fields that both sides have and that differ."""
        for field, value in before.items():
            if field in now and field != HOLDERS and now[field] != value and not self._is_ignored(f"{path}/{field}"):
                yield field, {"before": value, "now": now[field]}
        if HOLDERS in before and HOLDERS in now and not self._is_ignored(f"{path}/{_PROCESSES}"):
            yield from self._compare_holders(path, before[HOLDERS], now[HOLDERS])

    def _compare_holders(self, path: str, before: Holders, now: Holders) -> Iterator[tuple[str, Any]]:
        """Yield the changed processes of an entry, or of its addresses if the entry as a whole has the same ones.

        Addresses that only one side has are differences of the field ``addresses``. Raises NotSeen if only the baseline
        shows the processes of an address.
        """
        was, is_ = _merge_names(before), _merge_names(now)
        both = [address for address in before if address in now]
        if any(before[address] is not None and now[address] is None for address in both):
            raise NotSeen(
                f"the facts do not show which processes hold {quote(path)}, as the baseline does: {self._why_unseen}"
            )
        if was is None or is_ is None:
            blind = "baseline does" if was is None else "facts do"
            self._not_compared.append(f"{_PROCESSES} of {path}: the {blind} not show all of them")
        if was is not None and is_ is not None and was != is_:
            yield _PROCESSES, {"before": was, "now": is_}
        elif changed := [key for key in both if before[key] is not None and before[key] != now[key]]:
            difference = {"before": _select_addresses(before, changed), "now": _select_addresses(now, changed)}
            yield _HOLDERS_BY_ADDRESS, difference

    def _is_ignored(self, path: str) -> bool:
        spellings = {path, _PORT_IN_PATH.sub(r"\1/\3/\2", path)}
        return any(fnmatchcase(spelling, pattern) for spelling in spellings for pattern in self._ignored)

    def _compare_namespaces(self, before: Place, now: Place) -> None:
        if NAMESPACES not in before:
            if NAMESPACES in self._demanded:
                raise NotSeen("the baseline does not cover namespaces")
            self._not_compared += ["namespaces: the baseline does not cover them"] if NAMESPACES in now else []
            return
        if NAMESPACES not in now:
            raise NotSeen("the facts do not cover namespaces, as the baseline does; gather with netns")
        self._has_compared = True
        olds, news = _select_named(before), _select_named(now)
        if len(olds) < len(_get_namespaces(before)) or len(news) < len(_get_namespaces(now)):
            self._not_compared.append("namespaces without names, because their inode numbers change with every boot")
        self._compare_named(olds, news, before, now)

    def _compare_named(self, olds: dict[str, Place], news: dict[str, Place], before: Place, now: Place) -> None:
        """Compare the namespaces that both sides have; the others count only if a side covers all namespaces."""
        gone, come = sorted(olds.keys() - news), sorted(news.keys() - olds)
        if gone and not _has_all(now):
            raise NotSeen(f"namespace {gone[0]} of the baseline was not gathered")
        if come and not _has_all(before):
            self._not_compared += [f"namespace {name}: the baseline does not cover it" for name in come]
            come = []
        self._compare_entries(NAMESPACES, {name: {} for name in gone}, {name: {} for name in come})
        for name in sorted(olds.keys() & news):
            self._compare_places(olds[name], news[name], f"{NAMESPACES}/{name}/")


def _describe_units(name: str, units: Collection[str]) -> str:
    part = name.rpartition("/")[2]
    return name if part in units else f"{name} of {', '.join(sorted(units))}"


def _collect_entries(part: Part, place: Place, units: Collection[str], is_blind: bool) -> Entries:  # noqa: FBT001 - goes along
    """Return the entries of some units; repeated keys are numbered, as two routes may have the same key."""
    entries: Entries = {}
    times: Counter[str] = Counter()
    for unit, key, fields in part.entries(place):
        if unit in units:
            times[key] += 1
            name = key if times[key] == 1 else f"{key} ({times[key]})"
            entries[name] = {field: value for field, value in fields.items() if not (is_blind and field == HOLDERS)}
    return entries


def _describe(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an entry that only one side has, with the names of its processes."""
    names = _merge_names(fields[HOLDERS]) if HOLDERS in fields else None
    rest = {field: value for field, value in fields.items() if field != HOLDERS}
    return rest if names is None else {**rest, _PROCESSES: names}


def _merge_names(holders: Holders) -> list[str] | None:
    """Return the names of all processes of an entry; None if not all were seen."""
    known = [names for names in holders.values() if names is not None]
    return sorted(frozenset[str]().union(*known)) if len(known) == len(holders) else None


def _select_addresses(holders: Holders, addresses: list[str]) -> dict[str, list[str]]:
    return {address: sorted(holders[address] or ()) for address in addresses}


def _select_named(place: Place) -> dict[str, Place]:
    """Return the namespaces with names; the inode numbers of the others change with every boot."""
    namespaces = {
        str(name): check_facts(facts, f"facts of {quote(name)}") for name, facts in _get_namespaces(place).items()
    }
    return {name: facts for name, facts in namespaces.items() if _has_name(facts)}


def _get_namespaces(place: Place) -> Mapping[str, Any]:
    return get_mapping(place, NAMESPACES)


def _has_name(place: Place) -> bool:
    namespace = place.get("network_namespace")
    return isinstance(namespace, Mapping) and namespace.get("name") is not None


def _has_all(place: Place) -> bool:
    return bool(place["covers"].get(NAMESPACES) == "all")
