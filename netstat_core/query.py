"""The request, independent of option syntax and output format."""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

NAMESPACE_LIMIT = 500
"""Default of ``Query.namespace_limit``."""

PROCESSES, DETAILS, CONTEXTS, ARGUMENTS = "processes", "details", "contexts", "arguments"
"""The words of ``Query.owners``.

``processes`` finds the processes that hold each socket; ``details`` adds program, unit and container, ``contexts`` the
security context. ``arguments`` adds the whole command line; without it only the first argument is read, since arguments
may contain secrets.
"""

TCP_INFO = "tcp_info"
"""The word of ``Query.extra_fields``: what the kernel knows of each TCP connection, which netlink alone tells."""

WINDOWS = ("send_window_bytes", "receive_window_bytes", "receive_window_limit_bytes")
RECEIVE_BUFFER = "receive_buffer_bytes"
"""Further words of ``Query.extra_fields``: what a display of TCP sockets needs that does not need all of TCP_INFO."""

EXTRA_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        TCP_INFO: "only with tcp-info",
        **{name: f"only for displays of it; with tcp-info there is tcp_info.{name}" for name in WINDOWS},
        RECEIVE_BUFFER: "only for displays of it",
    }
)
"""The words of ``Query.extra_fields``, and when these fields are read."""

ROUTE_CACHE = "route_cache"
SETTINGS = "settings"
"""The table that is read only if it is named: Linux has had no cache of IPv4 routes since 3.6."""


class Preset(NamedTuple):
    """What a capture reads, by one word: the sockets that ``show`` selects, and all that facts hold by default.

    ``tables`` are read besides. With ``details``, the processes that hold sockets are captured with their units and
    containers. ``meaning`` completes the sentence "the capture holds ...".
    """

    meaning: str
    show: str
    tables: tuple[str, ...] = ()
    details: bool = False


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "listening": Preset("listening sockets and who holds them", "listening"),
        "sockets": Preset("all sockets and who holds them", "all"),
        "fleet": Preset(
            "what shows who talks to whom: all sockets, the units and containers of the processes that hold them,"
            " addresses, routes and translations",
            "all",
            tables=("routes", "masquerade"),
            details=True,
        ),
    }
)
"""The presets of captures by name."""

DEFAULT_PRESET = "fleet"
"""The preset of captures for which nobody says what they are for."""


class Query(NamedTuple):
    """One request; option syntaxes, playbooks and Python callers all fill the same fields.

    * ``tables``, ``families`` (the ``-A`` names), ``protocols``: what to read; empty means all.
    * ``show``: ``all``, ``listening`` or ``connected`` sockets.
    * ``required``: names that the caller requested explicitly, whose absence is an error.
    * ``owners``: what to find out about processes that hold sockets: any of ``processes``, ``details``, ``contexts``
      and ``arguments``. Empty means that none are searched for.
    * ``extra_fields``: record fields that are read only if they are named here, else null: ``tcp_info`` and others.
    * ``route_table``: ``main``, ``local``, ``all`` or a number. ``default_routes``: only routes of prefix length 0,
      of all tables.
    * ``interfaces``: only these interfaces, by name.
    * ``where``: an expression that records must match.
    * ``delta``: report changes of counters since the previous report.
    * ``resolve``: add the names section.
    * ``network_namespaces``: namespaces of this machine, as NAME, ``pid:N`` or ``inode:N``; ``all_network_namespaces``
      selects all. At most ``namespace_limit`` are read.
    * ``source``: the name of the feeds to prefer, such as ``procfs``; ``auto`` for the default.
    * ``bound``: if ``show`` is ``all``, also TCP sockets that are bound and neither listen nor connect.
    """

    tables: tuple[str, ...] = ("sockets",)
    families: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    show: str = "all"
    required: frozenset[str] = frozenset()
    owners: tuple[str, ...] = ()
    extra_fields: tuple[str, ...] = ()
    route_table: str | None = None
    default_routes: bool = False
    interfaces: tuple[str, ...] = ()
    where: str | None = None
    delta: bool = False
    resolve: bool = False
    network_namespaces: tuple[str, ...] = ()
    all_network_namespaces: bool = False
    namespace_limit: int = NAMESPACE_LIMIT
    source: str = "auto"
    bound: bool = False

    @property
    def is_for_namespaces(self) -> bool:
        """True if namespaces are selected; otherwise the program reads the one it runs in."""
        return self.all_network_namespaces or bool(self.network_namespaces)

    def includes(self, families: Collection[str], protocols: Collection[str], of_sockets: Collection[str] = ()) -> bool:
        """True if the request selects a reader with these families and protocols.

        A reader without protocols is excluded if protocols are named, unless its family is named too: as a family, or
        as a protocol if it is among ``of_sockets``, as for UNIX sockets.
        """
        if self.families and not any(family in self.families for family in families):
            return False
        if not self.protocols:
            return True
        named = any(protocol in self.protocols for protocol in protocols or of_sockets)
        return named or bool(self.families and not protocols)

    def without_arguments(self) -> "Query":
        """Return the query for output that shows no arguments of processes."""
        return self._replace(owners=tuple(word for word in self.owners if word != ARGUMENTS))

    def serves_family(self, family: str) -> bool:
        """True if the request selects this address family: it is among ``families``, or ``families`` is empty."""
        return not self.families or family in self.families

    def as_record(self) -> dict[str, Any]:
        """Return the request as plain data, as reports contain it."""
        plain = self._asdict()
        plain["required"] = sorted(self.required)
        return {name: [*value] if isinstance(value, tuple) else value for name, value in plain.items()}
