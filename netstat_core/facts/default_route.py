"""The default route of each IP version: the one that the kernel would choose, or why there is no single answer.

The question is which route a packet takes that this machine sends from an unbound socket to an address without a more
specific route. The kernel goes through the policy rules in order; each names a routing table, of which the usable
default route with the lowest metric counts, and for IPv6 of those the one with the highest router preference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from netstat_core.facts.sanitise import MOST_RECORDS, safe, safe_text
from netstat_core.facts.tables import Part
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head

RULE = "rule"
"""The kind of policy rules."""

_SHOWN = ("type", "gateway", "interface", "metric", "preferred_source", "protocol", "table", "preference", "next_hops")
_OF_HOPS = ("gateway", "interface", "encapsulation", "realms")
_PREFERENCES = {"high": 1, "medium": 0, "low": -1}
_REJECTING = frozenset({"blackhole", "unreachable", "prohibit"})

# Every network namespace has a null route of IPv6, which looks like a default route in /proc/net/ipv6_route:
#
#   00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff
#   00000001 00000000 00200200       lo
#
# (one line; ffffffff is the metric)
_LAST_RESORT = 0xFFFFFFFF

_OWN_RULES = ((0, "local"), (32766, "main"), (32767, "default"))
"""Priority and table of the rules that every kernel starts with; those of IPv6 lack the last one."""

_LONGEST_PARTIAL_PREFIX = 3
"""Prefixes as short as 2000::/3 hold so much of the Internet that a rule for them counts like one for all addresses."""

NEVER, SOMETIMES, ALWAYS = range(3)
"""Whether a rule applies to the packet in question: SOMETIMES depends on its source, mark, user ..."""


class Choice(NamedTuple):
    """What the kernel chooses: a route, nothing, or with ``reason`` set what the choice depends on."""

    route: Record | None = None
    reason: str = ""
    text: str = ""


_NOTHING = Choice()


class DefaultRoute(Part):
    """The default route of each IP version, as the kernel would choose it."""

    table = "default_route"
    DEPENDS = "default_route_depends"
    KINDS = frozenset({"route", RULE})

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._routes: dict[str, dict[str, list[Record]]] = {}
        self._rules: dict[str, list[Record]] = {}

    def add(self, reader: Reader, batch: Batch) -> None:
        """Add routes or rules."""
        if reader.kind != RULE:
            batch = batch.kept(length == 0 for length in batch.column("prefix_length"))
        super().add(reader, batch)

    def _add_record(self, reader: Reader, record: Record) -> None:
        if reader.kind == RULE:
            self._put(self._rules.setdefault(record["family"], []), record, reader)
        elif not _is_null_route(record):
            tables = self._routes.setdefault(record["family"], {})
            self._put(tables.setdefault(record["table"] or "main", []), record, reader)

    def _put(self, records: list[Record], record: Record, reader: Reader) -> None:
        if len(records) < MOST_RECORDS:
            records.append(record)
        else:
            self.left_out += 1
            self.partly.add(reader.name)

    def to_facts(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:  # noqa: ARG002 - see read
        """Return an entry for each IP version whose routes were read, and for those without an answer the reason."""
        readers = [reader for reader in read if reader.kind != RULE]
        families = {family for reader in readers for family in reader.families if self.head.query.serves_family(family)}
        if not families:
            return {}
        choices = {family: self._choose(family) for family in sorted(families)}
        return {
            self.table: {family: choice.route and _select_fields(choice.route) for family, choice in choices.items()},
            self.DEPENDS: {
                family: {"reason": choice.reason, "routes": self._list_usable(family), "text": safe_text(choice.text)}
                for family, choice in choices.items()
                if choice.reason
            },
        }

    def _list_usable(self, family: str) -> list[dict[str, Any]]:
        tables = self._routes.get(family, {}).values()
        return [_select_fields(route) for routes in tables for route in routes if _is_usable(route)][:MOST_RECORDS]

    def _choose(self, family: str) -> Choice:
        rules = self._rules.get(family) or [_make_own_rule(priority, table) for priority, table in _OWN_RULES]
        return choose(rules, self._routes.get(family, {}))


def _is_null_route(route: Record) -> bool:
    return bool(route["metric"] == _LAST_RESORT and route["interface"] == "lo")


def _make_own_rule(priority: int, table: str) -> Record:
    return {"priority": priority, "action": "table", "table": table}


def _is_own_rule(rule: Record) -> bool:
    """Return whether a rule is one that every kernel starts with."""
    return (rule["priority"], rule["table"]) in _OWN_RULES and _applies(rule) == ALWAYS and not _suppresses(rule)


def _select_fields(route: Record) -> dict[str, Any]:
    return {key: safe(route.get(key)) for key in _SHOWN}


def choose(rules: Sequence[Record], tables: Mapping[str, Sequence[Record]]) -> Choice:
    """Return what the kernel chooses by these rules, in their order, from the default routes of each table.

    The rules are gone through backwards: what comes of a rule is known once it is known what comes of those after it.
    """
    after: list[Choice] = [_NOTHING]
    found = {table: _choose_of_table(routes) for table, routes in tables.items()}
    for number in range(len(rules) - 1, -1, -1):
        rule, further = rules[number], after[-1]
        applies = _applies(rule)
        if applies == NEVER:
            after.append(further)
            continue
        choice = _follow(rule, found, further, _find_target(rules, number, after))
        after.append(choice if applies == ALWAYS else _join(choice, further, rule))
    return after[-1]


def _find_target(rules: Sequence[Record], number: int, after: Sequence[Choice]) -> Choice | None:
    """Return what comes of the rule that a rule goes to; None if there is none. The kernel goes forward only."""
    if rules[number]["action"] != "goto":
        return None
    for later in range(number + 1, len(rules)):
        if rules[later]["priority"] == rules[number].get("goto"):
            return after[len(rules) - later]
    return None


def _follow(rule: Record, found: Mapping[str, Choice | None], further: Choice, target: Choice | None) -> Choice:
    """Return what comes of a rule for a packet that it applies to; ``further`` is what comes of the later ones."""
    action = rule["action"]
    if action in _REJECTING:
        return Choice({"type": action})
    if action == "goto":
        return further if target is None else target
    if action not in ("table", "nop"):
        return Choice(reason="rules", text=f"{_describe(rule)} has the unknown action {action}")
    choice = found.get(rule["table"] or "") if action == "table" else None
    if choice is None or rule.get("suppress_prefix_length") is not None:
        return further
    if _suppresses(rule):  # routes over interfaces of a group, which facts do not hold
        return _join(choice, further, rule)
    return choice if choice.route is not None or further.route is None else further


def _suppresses(rule: Mapping[str, Any]) -> bool:
    return any(rule.get(key) is not None for key in ("suppress_prefix_length", "suppress_interface_group"))


def _join(choice: Choice, further: Choice, rule: Record) -> Choice:
    """Return what comes of a rule that applies to some packets only."""
    if choice == further:
        return choice
    return Choice(reason="rules", text=f"{_describe(rule)} leads some packets to another default route than the others")


def _describe(rule: Record) -> str:
    shown = {"source": "from", "mark": "fwmark", "uids": "uidrange", "ip_protocol": "ipproto", "table": "lookup"}
    words = " ".join(f"{word} {rule[key]}" for key, word in shown.items() if isinstance(rule.get(key), (str, int)))
    return f"policy rule {rule['priority']} ({words})" if words else f"policy rule {rule['priority']}"


def _applies(rule: Record) -> int:
    """Return whether a rule applies to a packet that this machine sends from an unbound socket to a distant address."""
    matches = min(_match_selectors(rule), default=ALWAYS)
    return ALWAYS - matches if rule.get("inverted") else matches


def _match_selectors(rule: Record) -> Iterator[int]:
    """Yield for each selector of a rule whether the packet matches it."""
    if rule.get("l3mdev") or rule.get("outgoing_interface") is not None:
        yield NEVER
    if rule.get("incoming_interface") not in (None, "lo"):
        yield NEVER
    if (destination := rule.get("destination")) is not None:
        length = int(destination.rpartition("/")[2])
        yield ALWAYS if not length else SOMETIMES if length <= _LONGEST_PARTIAL_PREFIX else NEVER
    if (source := rule.get("source")) is not None and not source.endswith("/0"):
        yield SOMETIMES
    selectors = ("tos", "mark", "uids", "ip_protocol", "source_ports", "destination_ports", "tunnel_id")
    if rule.get("further_selectors") or any(rule.get(selector) is not None for selector in selectors):
        yield SOMETIMES


class Rules(Part):
    """Policy rules as records; none if they are those that every kernel starts with."""

    table = "rules"

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._rules: dict[str, list[Record]] = {}
        self._taken = 0

    def _add_record(self, reader: Reader, record: Record) -> None:
        if self._taken >= MOST_RECORDS:
            self.left_out += 1
            self.partly.add(reader.name)
            return
        self._taken += 1
        self._rules.setdefault(record["family"], []).append(record)

    def to_facts(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:
        """Return the rules; nothing if those of an IP version could not be read."""
        listed = [rules for rules in self._rules.values() if not _are_own(rules)]
        return {} if lacking or not read else {self.table: [safe(rule) for rules in listed for rule in rules]}


def _are_own(rules: Sequence[Record]) -> bool:
    """Return whether these are the rules that every kernel starts with: all of them, and no others."""
    tables = [rule["table"] for rule in rules]
    return all(map(_is_own_rule, rules)) and len({*tables}) == len(tables) and {"local", "main"} <= {*tables}


def _choose_of_table(routes: Iterable[Record]) -> Choice | None:
    """Return the choice among the default routes of one table; None if the next rule decides."""
    usable = [route for route in routes if _is_usable(route)]
    for_all = sorted((route for route in usable if not _depends_on(route)), key=_rank)
    if for_all:
        best = [route for route in for_all if _rank(route) == _rank(for_all[0])]
        return None if best[0]["type"] == "throw" else Choice(_merge_equal(best))
    for route in usable:
        return Choice(reason=_depends_on(route), text=f"there are default routes only for some packets, {_tell(route)}")
    return None


def _rank(route: Record) -> tuple[int, int]:
    return route["metric"] or 0, -_PREFERENCES.get(route["preference"] or "medium", 0)


def _depends_on(route: Record) -> str:
    """Return what a route depends on besides the destination; empty if on nothing."""
    return "source" if route["source"] else "tos" if route["tos"] else ""


def _tell(route: Record) -> str:
    return f"such as from {route['source']}" if route["source"] else f"such as of type of service {route['tos']}"


def _is_usable(route: Record) -> bool:
    """Return whether the kernel would use a route: it has not expired, and not all of its next hops are dead.

    Netlink calls a next hop dead, too, whose link is down where ignore_routes_with_linkdown is set.
    """
    hops = route["next_hops"]
    if hops:
        return not all(map(_is_dead, hops))
    return not _is_dead({"flags": route["next_hop_flags"]}) and route["expires_seconds"] != 0


def _is_dead(hop: Mapping[str, Any]) -> bool:
    return "dead" in (hop["flags"] or ())


def _merge_equal(routes: list[Record]) -> Record:
    """Return equally good routes as one with several next hops, of which the first one that is alive stands for all.

    The kernel distributes packets among the next hops of a route. Among equal routes it prefers one whose gateway it
    has reached lately. /proc/net/ipv6_route has a row for each next hop of a route, which look like equal routes.
    """
    first = routes[0]
    equal = [route for route in routes if route["gateway"] is not None and not route["next_hops"]]
    if first in equal and len(equal) > 1:
        hops = [
            {**{key: route[key] for key in _OF_HOPS}, "weight": 1, "flags": route["next_hop_flags"] or []}
            for route in equal
        ]
        return {**first, "next_hops": hops}
    if not first["next_hops"]:
        return first
    alive = next(hop for hop in first["next_hops"] if not _is_dead(hop))
    return {**first, **{key: alive[key] for key in _OF_HOPS}}
