"""What was asked for, independent of any option syntax and of how it is shown."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

NAMESPACE_LIMIT = 500
"""Network namespaces that are read at the most, unless something else is asked for."""

PROCESSES, DETAILS, CONTEXTS, ARGUMENTS = "processes", "details", "contexts", "arguments"
"""The words of ``Query.owners``: who holds a socket; program, unit and container besides; the security context too; and
the whole command line, of which all others have the first argument alone, since arguments may hold secrets."""

ROUTE_CACHE = "route_cache"
"""The table that is read only where it is named: kernels since Linux 3.6 keep no cache of IPv4 routes."""


class Query(NamedTuple):
    """One request. Every option syntax and every caller fills the same fields.

    Selection: ``tables``, ``families`` (the ``-A`` names) and ``protocols``, each empty for all; ``show`` (``all``,
    ``listening`` or ``connected``). ``required`` names what the caller asked for by name, so that its absence
    is an error rather than a fact. ``owners`` says what is wanted of the processes that hold sockets (``processes``,
    ``details``, ``contexts``, ``arguments``); none are looked for where it is empty.

    ``route_table`` (main, local, all or a number) asks for more than text shows, ``default_routes`` for those of length
    0 in the main table only, ``interfaces`` for some interfaces by name. ``where`` is an expression that records must
    match. ``delta`` turns counters into changes since the report before. ``resolve`` adds a section of names.
    ``network_namespaces`` selects some of this machine by NAME, ``pid:N`` or ``inode:N``, of which at most
    ``namespace_limit`` are read. ``source`` prefers a kind of feed.
    """

    tables: tuple[str, ...] = ("sockets",)
    families: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    show: str = "all"
    required: frozenset[str] = frozenset()
    owners: tuple[str, ...] = ()
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

    @property
    def is_for_namespaces(self) -> bool:
        """Whether namespaces were selected, rather than the one the program runs in."""
        return self.all_network_namespaces or bool(self.network_namespaces)

    def includes(self, families: Collection[str], protocols: Collection[str]) -> bool:
        """Whether what answers to these families and protocols was asked for.

        What has no protocols is left out when protocols were named, unless its family was named too.
        """
        if self.families and not any(family in self.families for family in families):
            return False
        if not self.protocols:
            return True
        return any(protocol in self.protocols for protocol in protocols) if protocols else bool(self.families)

    def serves_family(self, family: str) -> bool:
        """Whether this address family was asked for, by name or by naming none."""
        return not self.families or family in self.families

    def as_record(self) -> dict[str, Any]:
        """The request as plain data, for the report."""
        plain = self._asdict()
        plain["required"] = sorted(self.required)
        return {name: [*value] if isinstance(value, tuple) else value for name, value in plain.items()}
