"""What of a table of connections a query asks for."""

from __future__ import annotations

from netstat_core.plugin import Query, Record


class Selection:
    """Tells whether a connection is of the families and protocols that were named."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self.everything = not query.families and not query.protocols

    def has(self, family: str, protocol: str) -> bool:
        """Whether connections of this family and protocol were asked for."""
        query = self._query
        return query.serves_family(family) and (not query.protocols or protocol in query.protocols)

    def holds(self, connection: Record) -> bool:
        """Whether this connection was asked for."""
        return self.everything or self.has(connection["family"], connection["protocol"])
