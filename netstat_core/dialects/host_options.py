"""Options that every dialect has: what to filter, the output format, and where the report comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from netstat_core.dialects.getopt import Option
from netstat_core.errors import UsageError
from netstat_core.host.plugins import Limits
from netstat_core.query import ARGUMENTS, CONTEXTS, DETAILS, NAMESPACE_LIMIT, PRESETS, PROCESSES, TCP_INFO, Query

SOCKETS = "Records"
LOOK = "Details"
OUTPUT = "Output"
SOURCE = "Sources and plugins"
OTHER = "Other"

SOURCES = ("auto", "netlink", "procfs")
"""The arguments of --source."""

_LONGEST_LIMIT = 6
_LONGEST_DELAY = 1 << 31

_OPTIONS = (
    Option(
        "where",
        "",
        ("where",),
        "EXPRESSION",
        group=SOCKETS,
        help="only records that match, such as \"state == 'LISTEN' && local_port < 1024\"; see docs/filters.md",
        own=True,
    ),
    Option(
        "who",
        "",
        ("who",),
        group=LOOK,
        help="processes that hold sockets; in records with executable, unit, container and pod",
        own=True,
    ),
    Option(
        "arguments",
        "",
        ("arguments",),
        group=LOOK,
        help="processes that hold sockets; in records with their full command lines",
        own=True,
    ),
    Option(
        "tcp_info",
        "",
        ("tcp-info",),
        group=LOOK,
        help="what the kernel knows of TCP connections: windows, times, rates (in records and --where)",
        own=True,
        field="extra_fields",
    ),
    Option("format", "", ("format",), "NAME", group=OUTPUT, help="output format: {formats}", own=True),
    Option("json", "", ("json",), group=OUTPUT, help="short for --format json", own=True),
    Option("ndjson", "", ("ndjson",), group=OUTPUT, help="short for --format ndjson", own=True),
    Option("redact", "", ("redact",), group=OUTPUT, help="with JSON: replace addresses and names", own=True),
    Option(
        "host",
        "",
        ("host",),
        "NAME",
        group=OUTPUT,
        help="with NDJSON: name the machine, and the time of reading, in every record",
        own=True,
    ),
    Option(
        "resolve",
        "",
        ("resolve",),
        group=OUTPUT,
        help="with JSON: add a section with names of addresses, ports and users",
        own=True,
    ),
    Option(
        "source",
        "",
        ("source",),
        "KIND",
        group=SOURCE,
        help="netlink (files where it is missing), procfs (files only) or auto (the better one)",
        own=True,
    ),
    Option(
        "from",
        "",
        ("from",),
        "SNAPSHOT",
        group=SOURCE,
        help="replay a snapshot: a folder laid out like /, an archive or packed text; - reads standard input",
        own=True,
    ),
    Option(
        "byte_order",
        "",
        ("byte-order",),
        "ORDER",
        group=SOURCE,
        help="with --from: little or big, where the snapshot does not tell it",
        own=True,
    ),
    Option(
        "preset",
        "",
        ("preset",),
        "NAME",
        group=SOURCE,
        help=f"with capture: instead of everything, {', '.join(PRESETS)}",
        own=True,
    ),
    Option(
        "record",
        "",
        ("record",),
        "FILE",
        group=SOURCE,
        help="save the report's input as a snapshot",
        own=True,
    ),
    Option(
        "netns",
        "",
        ("netns",),
        "NAME",
        group=SOURCE,
        help="another network namespace: NAME, pid:N or inode:N; may be repeated",
        own=True,
        field="network_namespaces",
    ),
    Option("all_netns", "", ("all-netns",), group=SOURCE, help="every network namespace of this machine", own=True),
    Option(
        "netns_limit",
        "",
        ("netns-limit",),
        "N",
        group=SOURCE,
        help=f"read at most N network namespaces (default {NAMESPACE_LIMIT})",
        own=True,
    ),
    Option(
        "plugin_budget",
        "",
        ("plugin-budget",),
        "SECONDS",
        group=SOURCE,
        help=f"time limit for each reader that a plugin adds (default {Limits().seconds:g}); 0 for none",
        own=True,
    ),
    Option("no_plugin", "", ("no-plugin",), "NAME", group=SOURCE, help="leave a plugin out; may be repeated", own=True),
    Option("plugins", "", ("plugins",), group=OTHER, help="list plugins, readers and feeds", own=True),
    Option(
        "schema",
        "",
        ("schema",),
        "KIND",
        optional=True,
        group=OTHER,
        help="print the JSON Schema of a kind, or of all kinds",
        own=True,
    ),
    Option("explain", "", ("explain",), "COUNTER", group=OTHER, help="explain a counter of the statistics", own=True),
    Option(
        "dialect",
        "",
        ("dialect",),
        "NAME",
        group=OTHER,
        help="options and text of another netstat, by default $NETSTAT_DIALECT: {dialects}",
        own=True,
    ),
)

HOST = {option.key: option for option in _OPTIONS}
"""The options by key. ``dialect`` is for the help alone: the command line takes it before a dialect parses the rest."""

DETAIL_OPTIONS = tuple(option for option in _OPTIONS if option.group == LOOK)
"""What records show besides, for a dialect to list among its own options."""

REPORT_OPTIONS = tuple(option for option in _OPTIONS if option.group in (OUTPUT, SOURCE, OTHER))
"""Output, sources, and what replaces a report, for a dialect to list behind its own options."""

NOT_SELECTING = frozenset(
    {"source", "arguments", "tcp_info", "netns", "all_netns", "netns_limit"}
    | {"plugin_budget", "no_plugin", "host", "byte_order", "preset"}
)
"""Options that do not narrow what a capture holds."""


class HostArguments:
    """The host's options of a command line: ``given`` counts all options by key, ``values`` holds their arguments.

    ``blocked`` are the plugins that are left out, ``namespaces`` the network namespaces that are named.
    """

    def __init__(self) -> None:
        self.given: Counter[str] = Counter()
        self.values: dict[str, str] = {}
        self.blocked: list[str] = []
        self.namespaces: list[str] = []

    def store(self, option: Option, value: str | None) -> None:
        """Take note of an option and its argument."""
        if option.key == "netns":
            self.namespaces.append(value or "")
        elif option.key == "no_plugin":
            self.blocked.append(value or "")
        else:
            self.given[option.key] += 1
            if value is not None:
                self.values[option.key] = value

    @property
    def format(self) -> str:
        """The name of the output format."""
        given = self.given
        return self.values.get("format", "json" if given["json"] else "ndjson" if given["ndjson"] else "text")

    def complete_query(self, query: Query) -> Query:
        """Return the query with what the host's options say. Raises UsageError for wrong arguments."""
        return query._replace(
            where=self.values.get("where"),
            extra_fields=tuple(dict.fromkeys((*query.extra_fields, *([TCP_INFO] if self.given["tcp_info"] else [])))),
            resolve=bool(self.given["resolve"]),
            network_namespaces=tuple(self.namespaces),
            all_network_namespaces=bool(self.given["all_netns"]),
            namespace_limit=_parse_limit(self.values.get("netns_limit")),
            source=_check_source(self.values.get("source", "auto")),
        )

    def find_action(self, operands: Sequence[str] = ()) -> tuple[str, str] | None:
        """Return the action to run instead of a report, and its argument, which may be the first operand."""
        if self.given["plugins"]:
            return "plugins", ""
        if self.given["schema"]:
            return "schema", self.values.get("schema") or next(iter(operands), "")
        return ("explain", self.values["explain"]) if self.given["explain"] else None

    def find_request_fields(self) -> dict[str, Any]:
        """Return the fields of the request that the host's options set. Raises UsageError for wrong arguments."""
        values = self.values
        return {
            "format": self.format,
            "snapshot": values.get("from"),
            "record": values.get("record"),
            "redact": bool(self.given["redact"]),
            "tcp_info": bool(self.given["tcp_info"]),
            "plugin_budget": _parse_budget(values.get("plugin_budget")),
            "host": values.get("host"),
            "byte_order": values.get("byte_order"),
            "preset": values.get("preset"),
        }

    def find_owners(self, *own: str) -> tuple[str, ...]:
        """Return the words of ``Query.owners``, among them ``own``, which the dialect's own options ask for."""
        words = {word: word in own for word in (PROCESSES, DETAILS, CONTEXTS, ARGUMENTS)}
        words[DETAILS] |= bool(self.given["who"])
        words[ARGUMENTS] |= bool(self.given["arguments"])
        words[PROCESSES] |= any(words.values())
        return tuple(word for word, is_given in words.items() if is_given)


def parse_number(operand: str) -> float | None:
    """Parse a number of seconds or reports; return None for any other text."""
    try:
        number = float(operand)
    except ValueError:
        return None
    return number if 0 <= number < _LONGEST_DELAY else None


def _parse_limit(given: str | None) -> int:
    """Return the number of network namespaces to read at most."""
    if given is None:
        return Query().namespace_limit
    if not (given.isascii() and given.isdigit() and 0 < len(given) <= _LONGEST_LIMIT and int(given)):
        raise UsageError(f"--netns-limit {given!r} is not a number of network namespaces")
    return int(given)


def _parse_budget(given: str | None) -> float | None:
    """Return the seconds that each reader of a plugin may take; None if --plugin-budget is not given."""
    seconds = None if given is None else parse_number(given)
    if given is not None and seconds is None:
        raise UsageError(f"--plugin-budget {given!r} is not a number of seconds")
    return seconds


def _check_source(name: str) -> str:
    if name not in SOURCES:
        raise UsageError(f"unknown source {name!r}; known: {', '.join(SOURCES)}")
    return name
