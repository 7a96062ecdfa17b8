"""The net-tools dialect: from its options to a query, with netstat's rules of combination."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from itertools import takewhile
from typing import NamedTuple

from netstat_core.dialects.getopt import OPERAND, Getopt, Option
from netstat_core.dialects.net_tools.options import DISPLAYS as DISPLAYS_GROUP
from netstat_core.dialects.net_tools.options import OPTIONS, SELECTION, SOCKETS, option_of
from netstat_core.errors import NetstatError, UsageError
from netstat_core.query import Query

PROTOCOLS = ("tcp", "sctp", "udp", "udplite", "raw")
LEGACY = ("ipx", "ax25", "x25", "netrom", "rose")
BLUETOOTH = ("l2cap", "rfcomm")
DISPLAYS = ("masquerade", "statistics", "routes", "interfaces")
"""By priority; more than one of them is an error."""

OWN_DISPLAYS = ("neighbours", "multicast_routes")
"""Displays that netstat does not have; they are shown after the others."""

SOURCES = ("auto", "netlink", "procfs")
"""What --source prefers."""

FAMILY_NAMES = {
    **{name: name for name in ("inet", "inet6", "unix", "ash", "bluetooth", "ddp", *LEGACY)},
    "ip": "inet",
    "tcpip": "inet",
    "ip6": "inet6",
    "appletalk": "ddp",
    "econet": "ec",
}
"""What -A takes, and the family it means."""

_NO_ROUTING = "No routing for address family `{}'."
_UNROUTED = {
    **dict.fromkeys(("unix", "ec", "ash"), _NO_ROUTING),
    "bluetooth": "Address family `{}' not supported.",
}
_NO_BLUETOOTH = """\
netstat: feature `AF BLUETOOTH' not supported.
Please recompile `net-tools' with newer kernel source or full configuration."""

_SELECTING = {option.key for option in OPTIONS if option.group in (DISPLAYS_GROUP, SOCKETS, SELECTION)} - {"where"}

_OWN_FAMILIES = frozenset(FAMILY_NAMES) | frozenset(FAMILY_NAMES.values())

_LONGEST_FAMILIES = 255
_LONGEST_LIMIT = 6
_LONGEST_DELAY = 1 << 31
_BROKEN_TCPIP = "netstat.c: Internal Error `longopts 1 range'."


class UnknownFamilyError(NetstatError):
    """A name behind -A that is no family, or none that this netstat was built with."""


class Request:
    """A parsed command line: how often what was given, and what took arguments."""

    def __init__(self) -> None:
        self.given: Counter[str] = Counter()
        self.families: list[str] = []
        self.values: dict[str, str] = {}
        self.blocked: list[str] = []
        self.namespaces: list[str] = []
        self.operands: list[str] = []
        self.complaints: list[str] = []

    @property
    def intervals(self) -> list[float]:
        """The operands that are numbers: a delay in seconds and how often to print."""
        return [number for number in map(number_of, self.operands) if number is not None][:2]

    @property
    def interfaces(self) -> tuple[str, ...]:
        """The interfaces named behind -i, with ``=`` or as an operand."""
        if not self.given["interfaces"]:
            return ()
        named = [self.values["interfaces"]] if "interfaces" in self.values else []
        return (*named, *(operand for operand in self.operands if number_of(operand) is None))


def number_of(operand: str) -> float | None:
    """A number of seconds or rounds; None for any other operand."""
    try:
        number = float(operand)
    except ValueError:
        return None
    return number if 0 <= number < _LONGEST_DELAY else None


class _Parser(Getopt):
    def __init__(self, program: str, plugin_families: Callable[[], Collection[str]]) -> None:
        super().__init__(program, OPTIONS)
        self._plugin_families = plugin_families

    def unknown(self, name: str) -> Option | None:
        return Option("family", long=(name,)) if _is_added(name, self._plugin_families) else None


def parse(
    program: str,
    arguments: Sequence[str],
    act: Callable[[str], None],
    plugin_families: Callable[[], Collection[str]],
) -> Request:
    """Read a command line.

    ``act`` is called at once for options that do something at their place (help, version, -Z); ``plugin_families``
    names the families that plugins add, asked only for a name that netstat does not have.
    Raises UsageError for getopt's mistakes and UnknownFamilyError for a bad -A.
    """
    request = Request()
    for option, value in _Parser(program, plugin_families).parse(arguments):
        _take(request, option, value, plugin_families)
        act(option.key)
    return request


def _take(request: Request, option: Option, value: str | None, plugin_families: Callable[[], Collection[str]]) -> None:
    if option is OPERAND:
        request.operands.append(value or "")
    elif option.key == "protocol":
        _add_families(request, (value or "").split(","), plugin_families)
    elif option.key == "family":
        request.families.append(option.long[0])
    elif option.key in FAMILY_NAMES and option.key != "tcpip":
        _add_families(request, [option.key], plugin_families)
    elif option.key == "tcpip":
        request.complaints.append(_BROKEN_TCPIP)
    elif option.key == "netns":
        request.namespaces.append(value or "")
    elif option.key == "no_plugin":
        request.blocked.append(value or "")
    else:
        request.given[option.key] += 1
        if value is not None:
            request.values[option.key] = value


def _add_families(request: Request, names: list[str], plugin_families: Callable[[], Collection[str]]) -> None:
    for name in names:
        family = FAMILY_NAMES.get(name)
        if family is None and not _is_added(name, plugin_families):
            raise UnknownFamilyError(f"Unknown address family `{name}'.")
        if len(",".join([*request.families, family or name])) > _LONGEST_FAMILIES:
            request.complaints.append("Too much address family arguments.")
        else:
            request.families.append(family or name)


def _is_added(name: str, plugin_families: Callable[[], Collection[str]]) -> bool:
    """Whether a plugin adds this family to those that netstat knows."""
    return name not in _OWN_FAMILIES and name in plugin_families()


def worded(error: NetstatError) -> str:
    """An error in the words of the command line, whose options set the fields of a query."""
    if isinstance(error, UsageError) and error.field:
        return f"{option_of(error.field)}: {error.message}"
    return str(error)


def selects(request: Request) -> bool:
    """Whether a command line says what to show, rather than how or of what."""
    return bool(request.families) or any(request.given[key] for key in _SELECTING)


def displays(request: Request) -> list[str]:
    """The display asked for; raises UsageError without a message where netstat prints its usage."""
    if sum(request.given[name] for name in DISPLAYS) > 1:
        raise UsageError("")
    return [name for name in DISPLAYS if request.given[name]]


def to_query(request: Request) -> Query:
    """The query that a command line means."""
    given = request.given
    numeric = bool(given["numeric"])
    selection = _select(request)
    return Query(
        tables=selection.tables,
        families=selection.families,
        protocols=selection.protocols,
        show="all" if given["all"] else "listening" if given["listening"] else "connected",
        demanded=selection.demanded,
        verbose=bool(given["verbose"]) and not selection.is_implicit,
        processes=bool(given["programs"] or given["context"] or given["who"]),
        context=bool(given["context"]),
        timers=bool(given["timers"]),
        extend=given["extend"],
        wide=bool(given["wide"]),
        numeric_hosts=numeric or bool(given["numeric_hosts"]),
        numeric_ports=numeric or bool(given["numeric_ports"]),
        numeric_users=numeric or bool(given["numeric_users"]),
        symbolic=bool(given["symbolic"]),
        fib=bool(given["fib"]),
        cache=bool(given["cache"]),
        route_table=request.values.get("route_table"),
        interfaces=request.interfaces,
        families_in_order=selection.tables[:1] == ("routes",),
        where=request.values.get("where"),
        delta=bool(given["delta"]),
        resolve=bool(given["resolve"]),
        who=bool(given["who"]),
        network_namespaces=tuple(request.namespaces),
        all_network_namespaces=bool(given["all_netns"]),
        namespace_limit=_limit(request.values.get("netns_limit")),
        source=_source(request.values.get("source", "auto")),
    )


def _limit(given: str | None) -> int:
    """How many namespaces are read at the most."""
    if given is None:
        return Query().namespace_limit
    if not (given.isascii() and given.isdigit() and 0 < len(given) <= _LONGEST_LIMIT and int(given)):
        raise UsageError(f"--netns-limit {given!r} is no number of network namespaces")
    return int(given)


def _source(name: str) -> str:
    if name not in SOURCES:
        raise UsageError(f"unknown source {name!r}; known: {', '.join(SOURCES)}")
    return name


class _Selection(NamedTuple):
    """Families, protocols and tables; ``is_implicit`` where protocols were chosen by naming a family only."""

    families: tuple[str, ...]
    protocols: tuple[str, ...]
    demanded: frozenset[str] = frozenset()
    tables: tuple[str, ...] = ("sockets",)
    is_implicit: bool = False


def _select(request: Request) -> _Selection:
    """The tables of the display asked for, with its families and protocols."""
    given = request.given
    own = tuple(name for name in OWN_DISPLAYS if given[name])
    families = tuple(dict.fromkeys(request.families))
    protocols = tuple(name for name in PROTOCOLS if given[name])
    if "tables" in request.values:
        return _Selection(families, protocols, frozenset(families), _tables(request.values["tables"]))
    chosen = displays(request)[:1]
    if chosen == ["routes"]:
        routed = _routed(families or ("inet",))
        return _Selection(routed, (), frozenset(families), (*["routes"][: len(routed)], *own))
    if chosen in (["interfaces"], ["masquerade"]):  # netstat ignores what sockets are selected by
        return _Selection((), (), tables=(*chosen, *own))
    if chosen or own:
        return _Selection(families, protocols, frozenset(families), (*chosen, *own))
    return _select_sockets(request)


def _routed(families: tuple[str, ...]) -> tuple[str, ...]:
    """The families whose routes are shown: those before the first that has none."""
    return tuple(takewhile(lambda family: family not in _UNROUTED, families))


def refusal(request: Request) -> NetstatError | None:
    """What netstat says last of a family it has no display for, once those named before it were shown."""
    if request.given["routes"]:
        refused = [family for family in request.families if family in _UNROUTED][:1]
        return UsageError(_UNROUTED[refused[0]].format(refused[0])) if refused else None
    wants_bluetooth = "bluetooth" in request.families or any(request.given[name] for name in BLUETOOTH)
    shows_sockets = "tables" not in request.values and not any(request.given[name] for name in DISPLAYS)
    return UnknownFamilyError(_NO_BLUETOOTH) if wants_bluetooth and shows_sockets else None


def _tables(names: str) -> tuple[str, ...]:
    """Tables by name; none at all stands for every table."""
    return () if names == "all" else tuple(name.replace("-", "_") for name in names.split(",") if name)


def _select_sockets(request: Request) -> _Selection:
    """Netstat's rules: a family alone selects all its protocols, a protocol alone both IP versions."""
    given = request.given
    ip = [family for family in ("inet", "inet6") if family in request.families]
    protocols = [name for name in PROTOCOLS if given[name]]
    is_implicit = bool(ip) and not protocols
    if is_implicit:
        protocols = list(PROTOCOLS)
    if (protocols or given["groups"] or given["icmp"]) and not ip:
        ip = ["inet", "inet6"]
    others = [name for name in dict.fromkeys(request.families) if name not in ("inet", "inet6", "ddp", "ec", "ash")]
    others = [name for name in others if name != "bluetooth"]
    if not (protocols or others or given["groups"] or given["icmp"] or refusal(request)):
        return _Selection((), ())
    demanded = {name for name in others if name in LEGACY}
    if not is_implicit:
        demanded |= {*others, *protocols, *(["igmp"] if given["groups"] else [])}
    if is_implicit or given["icmp"]:
        protocols.append("icmp")
    if given["groups"] and not protocols:  # which keeps the Internet sockets out when other families are shown
        protocols.append("igmp")
    tables = ("sockets",) * bool(set(protocols) - {"igmp"} or others) + ("groups",) * bool(given["groups"])
    families = (*(ip if protocols or given["groups"] else ()), *others)
    return _Selection(families, tuple(protocols), frozenset(demanded), tables, is_implicit)
