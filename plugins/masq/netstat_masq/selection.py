"""What of a table of connections a query asks for."""

from __future__ import annotations

from netstat_core.plugin import Asked, Record


class Selection:
    """Tells whether a connection is of the families and protocols that were named."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.everything = not asked.families and not asked.protocols

    def has(self, family: str, protocol: str) -> bool:
        """Whether connections of this family and protocol were asked for."""
        asked = self._asked
        return asked.serves_family(family) and (not asked.protocols or protocol in asked.protocols)

    def holds(self, connection: Record) -> bool:
        """Whether this connection was asked for."""
        return self.everything or self.has(connection["family"], connection["protocol"])
