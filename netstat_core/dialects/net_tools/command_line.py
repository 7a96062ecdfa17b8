"""Turn the options of the net-tools dialect into a request, by netstat's rules for combining them."""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import NamedTuple

from netstat_core.dialects import Added, Request
from netstat_core.dialects.getopt import OPERAND, Getopt, Option
from netstat_core.dialects.host_options import NOT_SELECTING, SOCKETS, HostArguments, parse_number
from netstat_core.dialects.net_tools.accepted import ACCEPTED, BLUETOOTH, find_families, find_protocols, find_provided
from netstat_core.dialects.net_tools.operands import Operands, check_operands
from netstat_core.dialects.net_tools.options import DISPLAYS as DISPLAYS_GROUP
from netstat_core.dialects.net_tools.options import OPTIONS, SELECTION
from netstat_core.errors import NetstatError, UsageError
from netstat_core.plugin.text import Complaint, Style
from netstat_core.query import CONTEXTS, PROCESSES, ROUTE_CACHE, Query

PROTOCOLS = ("tcp", "sctp", "udp", "udplite", "raw")
LEGACY = ("ipx", "ax25", "x25", "netrom", "rose")
DISPLAYS = ("masquerade", "statistics", "routes", "interfaces")
"""The displays of netstat; it is an error to give more than one."""

OWN_DISPLAYS = ("neighbours", "multicast_routes")
"""Displays that netstat does not have; they are shown after the others."""

FAMILY_NAMES = {
    **{name: name for name in ("inet", "inet6", "unix", "ash", "bluetooth", "ddp", *LEGACY)},
    "ip": "inet",
    "tcpip": "inet",
    "ip6": "inet6",
    "appletalk": "ddp",
    "econet": "ec",
}
"""Families by the names that -A accepts."""

_NO_ROUTING = "No routing for address family `{}'."
_UNROUTED = {**dict.fromkeys(("unix", "ec", "ash"), _NO_ROUTING), "bluetooth": "Address family `{}' not supported."}
_NO_BLUETOOTH = """\
netstat: feature `AF BLUETOOTH' not supported.
Please recompile `net-tools' with newer kernel source or full configuration."""

_NO_STATISTICS = "netstat: No statistics support for specified address family: {}"

_SELECTING = {option.key for option in OPTIONS if option.group in (DISPLAYS_GROUP, SOCKETS, SELECTION)} - {"where"}

_OWN_FAMILIES = frozenset(FAMILY_NAMES) | frozenset(FAMILY_NAMES.values())

_LONGEST_FAMILIES = 255
_BROKEN_TCPIP = "netstat.c: Internal Error `longopts 1 range'."

_NOT_NARROWING = NOT_SELECTING | {"numeric", "numeric_hosts", "numeric_ports", "numeric_users", "wide", "context"}
"""Options that do not narrow what is captured."""


class UnknownFamilyError(NetstatError):
    """An argument of -A that is not a known family."""


class Options(HostArguments):
    """A parsed command line."""

    def __init__(self, program: str = "pynetstat", commands: Sequence[str] = ()) -> None:
        super().__init__()
        self._program = program
        self._commands = commands
        self.families: list[str] = []
        self.operands: list[str] = []
        self.complaints: list[str] = []
        self.added: Added = {}

    @property
    def intervals(self) -> list[float]:
        """The operands that are numbers: a delay in seconds, and a count of reports."""
        return [number for number in map(parse_number, self.operands) if number is not None][:2]

    @property
    def interfaces(self) -> tuple[str, ...]:
        """The interfaces named with ``--interfaces=NAME``, or with -i and an operand."""
        if not self.given["interfaces"]:
            return ()
        named = [self.values["interfaces"]] if "interfaces" in self.values else []
        return (*named, *(operand for operand in self.operands if parse_number(operand) is None))

    def check_operands(self, command: str | None) -> None:
        """Raise UsageError for the first operand without a meaning; ``netstat`` ignores them."""
        has_kind = self.given["schema"] and "schema" not in self.values
        given = Operands(self.operands[1:] if has_kind else self.operands, bool(self.given["interfaces"]))
        check_operands(self._program, given, command, self._commands)

    def request(self) -> Request:
        """Return the request that these options describe. Raises UsageError for contradictions."""
        style = to_style(self)
        given, values = self.given, self.values
        no_statistics = _refuse_statistics(self) if self.format == "text" else None
        return Request(
            style.query,
            style,
            shows=(bool(style.query.tables) or "tables" in values) and no_statistics is None,
            selects=selects(self),
            narrows=bool(self.families or set(given) - _NOT_NARROWING),
            action=self.find_action(self.operands),
            intervals=self.intervals,
            continuous=bool(given["continuous"]),
            repeats=bool(self.intervals) or bool(given["continuous"] and not given["statistics"]),
            families=families_in_order(style.query),
            last_words=no_statistics or find_refusal(self),
            **self.find_request_fields(),
        )


class _Parser(Getopt):
    def __init__(self, program: str, plugin_families: Callable[[], Added]) -> None:
        super().__init__(program, OPTIONS)
        self._plugin_families = plugin_families

    def unknown(self, name: str) -> Option | None:
        return Option("family", long=(name,)) if _is_added(name, self._plugin_families) else None


def parse(
    program: str,
    arguments: Sequence[str],
    act: Callable[[str], None],
    plugin_families: Callable[[], Added],
    commands: Sequence[str] = (),
) -> Options:
    """Parse a command line.

    ``act`` is called with the key of each option as it is parsed, for options that act at once (help, version, -Z).
    ``plugin_families`` returns the families that plugins add; it is called only for names that netstat does not know.
    Raises UsageError with getopt's message for a wrong option, UnknownFamilyError for a wrong argument of -A.
    """
    request = Options(program, commands)
    for option, value in _Parser(program, plugin_families).parse(arguments):
        _store(request, option, value, plugin_families)
        act(option.key)
    request.added = find_provided(request.families, request.given, plugin_families)
    return request


def _store(request: Options, option: Option, value: str | None, plugin_families: Callable[[], Added]) -> None:
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
    else:
        request.store(option, value)


def _add_families(request: Options, names: list[str], plugin_families: Callable[[], Added]) -> None:
    for name in names:
        family = FAMILY_NAMES.get(name)
        if family is None and not _is_added(name, plugin_families):
            raise UnknownFamilyError(f"Unknown address family `{name}'.")
        if len(",".join([*request.families, family or name])) > _LONGEST_FAMILIES:
            request.complaints.append("Too much address family arguments.")
        else:
            request.families.append(family or name)


def _is_added(name: str, plugin_families: Callable[[], Added]) -> bool:
    """Return whether a plugin adds this family to those that netstat knows."""
    return name not in _OWN_FAMILIES and name in plugin_families()


def selects(request: Options) -> bool:
    """Return whether a command line selects what to show, rather than only how or from where."""
    return bool(request.families) or any(request.given[key] for key in _SELECTING)


def select_displays(request: Options) -> list[str]:
    """Return the selected display, if any. Raises UsageError without a message, for the usage, if there are more."""
    if sum(request.given[name] for name in DISPLAYS) > 1:
        raise UsageError("")
    return [name for name in DISPLAYS if request.given[name]]


def _make_query(request: Options, selection: "_Selection") -> Query:
    given = request.given
    query = Query(
        tables=selection.tables,
        families=selection.families,
        protocols=selection.protocols,
        show="all" if given["all"] else "listening" if given["listening"] else "connected",
        required=selection.required,
        owners=request.find_owners(*(word for option, word in _OWNERS.items() if given[option])),
        route_table=request.values.get("route_table"),
        interfaces=request.interfaces,
        delta=bool(given["delta"]),
        bound=bool(given["all"]) and request.format != "text",
    )
    return request.complete_query(query)


_OWNERS = {"programs": PROCESSES, "context": CONTEXTS}
"""What the options ask for about the processes that hold sockets."""


def to_style(request: Options) -> Style:
    """Return the style of the text that a command line asks for; it contains the query."""
    given = request.given
    numeric = bool(given["numeric"])
    selection = _select(request)
    return Style(
        query=_make_query(request, selection),
        verbose=bool(given["verbose"]) and not selection.is_implicit,
        timers=bool(given["timers"]),
        extend=given["extend"],
        wide=bool(given["wide"]),
        symbolic=bool(given["symbolic"]),
        numeric_hosts=numeric or bool(given["numeric_hosts"]),
        numeric_ports=numeric or bool(given["numeric_ports"]),
        numeric_users=numeric or bool(given["numeric_users"]),
    )


def families_in_order(query: Query) -> tuple[str, ...]:
    """Return the families whose readers run in the order they were named: those of a query for routes."""
    return query.families if set(query.tables[:1]) & set(_ROUTES) else ()


class _Selection(NamedTuple):
    """Families, protocols and tables; ``is_implicit`` if protocols were selected only by naming a family."""

    families: tuple[str, ...]
    protocols: tuple[str, ...]
    required: frozenset[str] = frozenset()
    tables: tuple[str, ...] = ("sockets",)
    is_implicit: bool = False


def _select(request: Options) -> _Selection:
    """Return the tables of the selected display, with its families and protocols."""
    given = request.given
    own = tuple(name for name in OWN_DISPLAYS if given[name])
    families = tuple(dict.fromkeys(request.families))
    protocols = tuple(name for name in PROTOCOLS if given[name])
    if "tables" in request.values:
        return _Selection(families, protocols, frozenset(families), _parse_tables(request.values["tables"]))
    chosen = select_displays(request)[:1]
    if chosen == ["routes"]:
        routed = _select_routed(families or ("inet",), request.added)
        return _Selection(routed, (), frozenset(families), (*(_select_route_tables(request) if routed else ()), *own))
    if chosen in (["interfaces"], ["masquerade"]):  # netstat ignores what sockets are selected by
        return _Selection((), (), tables=(*chosen, *own))
    if chosen or own:
        return _Selection(families, protocols, frozenset(families), (*chosen, *own))
    return _select_sockets(request)


_ROUTES = ("routes", ROUTE_CACHE)
CACHED = ("inet", "inet6")
"""The families that have a route cache."""


def _select_route_tables(request: Options) -> tuple[str, ...]:
    """Return the tables of -r: the routes, with -C the cache; the cache alone, or first, if -F is not given."""
    if not request.given["cache"]:
        return ("routes",)
    if request.given["fib"]:
        return _ROUTES
    return (ROUTE_CACHE, "routes") if set(request.families) - set(CACHED) else (ROUTE_CACHE,)


def is_cache_only(query: Query) -> bool:
    """Return whether families with a route cache show only the cache, which is then the first table of the query."""
    return query.tables[:1] == (ROUTE_CACHE,)


def _select_routed(families: tuple[str, ...], added: Added) -> tuple[str, ...]:
    """Return the families whose routes are shown: those before the first one without routes, where netstat stops."""
    return tuple(takewhile(lambda family: not _is_unrouted(family, added), families))


def _is_unrouted(family: str, added: Added) -> bool:
    return family in _UNROUTED and "routes" not in added.get(family, ())


def find_refusal(request: Options) -> Complaint | None:
    """Return netstat's message for the first family it cannot show, which comes after the families before it."""
    if request.given["routes"]:
        refused = [family for family in request.families if _is_unrouted(family, request.added)][:1]
        return Complaint(_UNROUTED[refused[0]].format(refused[0]), status=UsageError.exit_status) if refused else None
    wants_bluetooth = "bluetooth" in request.families or any(request.given[name] for name in BLUETOOTH)
    wants_bluetooth = wants_bluetooth and "sockets" not in request.added.get("bluetooth", ())
    shows_sockets = "tables" not in request.values and not any(request.given[name] for name in DISPLAYS)
    return Complaint(_NO_BLUETOOTH, status=1) if wants_bluetooth and shows_sockets else None


def _refuse_statistics(request: Options) -> Complaint | None:
    """Return netstat's message for -s with families other than one IP version, in place of the statistics."""
    families = ",".join(dict.fromkeys(request.families))
    if families in ("", "inet", "inet6") or not request.given["statistics"] or "tables" in request.values:
        return None
    return Complaint(_NO_STATISTICS.format(families), on_stdout=True, status=1)


def _parse_tables(names: str) -> tuple[str, ...]:
    """Return the tables named by --tables; an empty tuple selects all."""
    return () if names == "all" else tuple(name.replace("-", "_") for name in names.split(",") if name)


def _select_sockets(request: Options) -> _Selection:
    """Select sockets as netstat does: a family alone selects all its protocols, a protocol alone both IP versions."""
    given = request.given
    ip = [family for family in ("inet", "inet6") if family in request.families]
    protocols = [name for name in PROTOCOLS if given[name]]
    is_implicit = bool(ip) and not protocols
    if is_implicit:
        protocols = list(PROTOCOLS)
    if (protocols or given["groups"] or given["icmp"]) and not ip:
        ip = ["inet", "inet6"]
    others = [name for name in dict.fromkeys(request.families) if name not in ("inet", "inet6", "ddp", *ACCEPTED)]
    others += find_families(request.families, given, request.added)
    if not (protocols or others or given["groups"] or given["icmp"] or find_refusal(request)):
        return _Selection((), ())
    required = {name for name in others if name in LEGACY}
    if not is_implicit:
        required |= {*others, *protocols, *(["igmp"] if given["groups"] else [])}
    if is_implicit or given["icmp"]:
        protocols.append("icmp")
    if given["groups"] and not protocols:  # exclude Internet sockets when other families are shown
        protocols.append("igmp")
    tables = ("sockets",) * bool(set(protocols) - {"igmp"} or others) + ("groups",) * bool(given["groups"])
    families = (*(ip if protocols or given["groups"] else ()), *others)
    protocols += find_protocols(others, given, is_selecting=bool(protocols))
    return _Selection(families, tuple(protocols), frozenset(required), tables, is_implicit)
