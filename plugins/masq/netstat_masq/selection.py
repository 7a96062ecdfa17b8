"""Selection of connections by family and protocol."""

from __future__ import annotations

from netstat_core.plugin import Asked, Batch, Record


class Selection:
    """The families and protocols asked for; ``is_everything`` if none were named."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.is_everything = not asked.families and not asked.protocols

    def _includes_protocol(self, family: str, protocol: str) -> bool:
        """Return whether connections of this family and protocol were asked for."""
        asked = self._asked
        return asked.serves_family(family) and (not asked.protocols or protocol in asked.protocols)

    def includes(self, connection: Record) -> bool:
        """Return whether this connection was asked for."""
        return self.is_everything or self._includes_protocol(connection["family"], connection["protocol"])

    def of(self, connections: Batch) -> Batch:
        """Return those of the connections that were asked for."""
        if self.is_everything:
            return connections
        return connections.kept(
            map(self._includes_protocol, connections.column("family"), connections.column("protocol"))
        )
