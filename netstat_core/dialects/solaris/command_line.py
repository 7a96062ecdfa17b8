"""Turn SunOS options into a request, by SunOS's rules: in order, and the first mistake ends the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from netstat_core.dialects import Added, Request
from netstat_core.dialects.getopt import OPERAND, Getopt, Option
from netstat_core.dialects.host_options import NOT_SELECTING, HostArguments
from netstat_core.dialects.solaris.options import FORMS, OPTIONS, SELECTION, format_usage
from netstat_core.dialects.solaris.order import select_forms
from netstat_core.dialects.solaris.route_filters import Filter, Mistake, find_family, list_indexes, parse_filter
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.errors import OptionError, UsageError
from netstat_core.query import PROCESSES, SETTINGS, Query

__all__ = ["FAMILIES", "format_usage", "parse"]

FAMILIES: Mapping[str, str] = MappingProxyType({"inet": "inet", "inet6": "inet6", "unix": "unix"})

_PROTOCOLS = {
    **{name: name for name in ("ip", "ipv6", "icmp", "icmpv6", "igmp", "udp", "tcp", "sctp", "rawip")},
    "ip6": "ipv6",
    "icmp6": "icmpv6",
    "raw": "rawip",
}
"""The words of -P, with their synonyms."""

_FORMS = ("interfaces", "streams", "routes", "statistics", "multicast", "groups", "media", "dhcp")
_REPEATING = ("interfaces", "interface", "statistics", "streams")
"""Options with which operands are an interval and a count."""

_MOST_OPERANDS = 2
_MOST_DIGITS = 9
"""Digits of an interval or count that make a difference: a billion seconds are 31 years."""
_OF_INET6 = ("ipv6", "icmpv6")
"""Protocols that are shown whatever DEFAULT_IP says, and so are all of IPv6 with them."""

_SELECTING = {option.key for option in OPTIONS if option.group in (FORMS, SELECTION)} - {"where"}
_NOT_NARROWING = NOT_SELECTING | {"numeric"}


class SolarisMistake(OptionError):
    """An error in SunOS's own options, after which the usage is printed."""

    exit_status = 1


class _Getopt(Getopt):
    """Parses as SunOS's getopt does: options end at the first operand. Long options are the host's."""

    permutes = False

    def invalid(self, letter: str) -> OptionError:
        """Return the error for an unknown letter."""
        return SolarisMistake(f"{self._program}: illegal option -- {letter}")

    def incomplete(self, letter: str) -> OptionError:
        """Return the error for a letter without its argument."""
        return SolarisMistake(f"{self._program}: option requires an argument -- {letter}")


class SolarisOptions(HostArguments):
    """A parsed command line."""

    def __init__(self, program: str, *, is_illumos: bool) -> None:
        super().__init__()
        self._program = program
        self._is_illumos = is_illumos
        self.operands: list[str] = []
        self.filters: list[Filter] = []
        self.protocol: str | None = None
        self.complaints: list[str] = []

    def store(self, option: Option, value: str | None) -> None:
        """Take note of an option or operand. Raises Mistake for an unknown family, filter or protocol."""
        if option is OPERAND:
            self.operands.append(value or "")
            return
        if option.key == "family":
            self.filters.append(parse_filter(value or ""))
        elif option.key == "protocol":
            self.protocol = _PROTOCOLS.get(value or "")
            if self.protocol is None:
                raise Mistake(f"{value}: unknown protocol.")
        super().store(option, value)

    def check_operands(self, command: str | None) -> None:
        """Raise SolarisMistake for an operand that is no interval or count; ``command`` takes none at all."""
        takes = _MOST_OPERANDS if command is None and any(self.given[key] for key in _REPEATING) else 0
        numbers = self.operands[:takes]
        for number in numbers:
            if not (number.isascii() and number.isdigit()):
                raise self._extra()
            if not number.strip("0"):
                raise SolarisMistake("")
        if len(self.operands) > len(numbers):
            raise self._extra()

    def _extra(self) -> SolarisMistake:
        return SolarisMistake(f"{self._program}: extra arguments")

    def request(self) -> Request:
        """Return the request that these options describe."""
        style = self._make_style()
        if self.format != "text" and list_indexes(style.filters):
            raise UsageError("-f outif: takes the name of an interface, not its index, with another format than text")
        forms = select_forms(style)
        tables = [table for form in forms for table in form.tables(style)]
        if self.format == "text":
            tables += [SETTINGS] if style.heeds_default and style.is_internet and forms else []
            tables += [table for form in forms for table in form.further_tables(style)]
        query = Query(
            tables=tuple(dict.fromkeys(tables)) or ("sockets",),
            families=self._find_families(style),
            route_table="all",
            default_routes=style.forms == {"dhcp"},
            show="all" if style.all or not style.forms else "connected",  # listening SCTP shows without -a
            owners=self.find_owners(*([PROCESSES] if style.users else [])),
            extra_fields=tuple(dict.fromkeys(field for form in forms for field in form.extra_fields(style))),
            bound=style.all,
        )
        repeats = style.is_repeated and "dhcp" not in style.forms
        return Request(
            self.complete_query(query),
            style,
            shows=any(form.tables(style) for form in forms),
            selects=any(self.given[key] for key in _SELECTING),
            narrows=bool(set(self.given) - _NOT_NARROWING),
            action=self.find_action(self.operands),
            intervals=[*map(_parse_operand, self.operands)] if repeats else (),
            repeats=repeats,
            **self.find_request_fields(),
        )

    def _make_style(self) -> SolarisStyle:
        given = self.given
        named = [find_family(each.value) for each in self.filters if each.key == "af"]
        forms = {form for form in _FORMS if given[form]}
        if "dhcp" in forms:
            forms = {"dhcp"}
        elif given["interface"]:
            forms.add("interfaces")
        return SolarisStyle(
            program=self._program,
            forms=frozenset(forms),
            families=frozenset(name for name in named if name) if named else frozenset(FAMILIES),
            protocol=self.protocol,
            interface=self.values.get("interface"),
            filters=tuple(self.filters),
            all=bool(given["all"]),
            verbose=bool(given["verbose"]),
            numeric=bool(given["numeric"]),
            users=bool(given["users"]),
            is_repeated=bool(self.operands),
            is_illumos=self._is_illumos,
            heeds_default="inet6" not in named and self.protocol not in _OF_INET6,
        )

    def _find_families(self, style: SolarisStyle) -> tuple[str, ...]:
        """Return the families of sockets that are read; none for other forms, which choose by reader.

        Both IP versions are read where one is shown: a dual-stack socket of IPv6 is shown among those of IPv4 too.
        """
        if style.forms:
            return ()
        internet = ("inet", "inet6") if style.is_internet else ()
        return (*internet, *(("unix",) if "unix" in style.families else ()))


def _parse_operand(digits: str) -> float:
    """Return an interval or a count, at most that of _MOST_DIGITS."""
    digits = digits.lstrip("0")
    return float(digits if len(digits) <= _MOST_DIGITS else "9" * _MOST_DIGITS)


def parse(
    program: str,
    arguments: Sequence[str],
    act: Callable[[str], None],
    _plugin_families: Callable[[], Added],
    _commands: Sequence[str] = (),
    *,
    is_illumos: bool = False,
) -> SolarisOptions:
    """Parse a command line. Raises Mistake or SolarisMistake, with SunOS's words, for the first mistake."""
    options = SolarisOptions(program, is_illumos=is_illumos)
    for option, value in _Getopt(program, OPTIONS).parse(arguments):
        options.store(option, value)
        act(option.key)
    return options
