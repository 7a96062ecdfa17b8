"""UDP sockets: those with a peer, and with ``-a`` all that are bound."""

from __future__ import annotations

from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.dialects.solaris.transport import OWNERS, WIDTHS, Heading, Transport, format_heading
from netstat_core.plugin.batches import Batch

_CONNECTED = "ESTABLISHED"
_STATES = {_CONNECTED: "Connected", "CLOSE": "Idle"}
"""SunOS also has Unbound, but Linux lists no socket that is not bound."""


class UdpSockets(Transport):
    """Sockets of UDP; those of UDP-Lite are none for SunOS."""

    protocol = "udp"
    shared = frozenset({"CLOSE"})
    order = 1

    @classmethod
    def fields(cls, style: SolarisStyle) -> frozenset[str]:  # noqa: ARG003
        """Return no further fields: there are no queues."""
        return frozenset()

    @classmethod
    def is_active(cls, state: str) -> bool:
        """Return whether a socket has a peer."""
        return state == _CONNECTED

    def make_heading(self, family: str) -> str:
        """Return the heading of the table of an IP version."""
        width = WIDTHS[family]
        owners = OWNERS if self.style.users else ()
        if family == "inet6":
            addresses = Heading("   Local Address", width), Heading("   Remote Address", width)
            return format_heading("UDP: IPv6", [*addresses, *owners, Heading("  State", 10), Heading("  If  ", 5)])
        remote = "   Remote Address" if self.style.is_illumos else "    Remote Address"
        state = Heading("  State", 10 if self.style.is_illumos else 7)
        return format_heading(
            self.style.drop_version("UDP: IPv4"),
            [Heading("   Local Address", width), Heading(remote, width), *owners, state],
        )

    def format_rows(self, batch: Batch, family: str) -> str:
        """Return a row for each socket; the remote address is blank without a peer."""
        width = WIDTHS[family]
        states = batch.column("state")
        words = [_STATES.get(state, "Unknown") for state in states]
        if family == "inet6":
            interfaces = batch.column("interface")
            ends = [self._format_end(word, interface) for word, interface in zip(words, interfaces, strict=True)]
        else:
            ends = words if self.style.is_illumos else [f"  {word}" for word in words]
        remote = [
            cell.ljust(width) if state == _CONNECTED else " " * width
            for cell, state in zip(self.format_addresses(batch, "remote"), states, strict=False)
        ]
        local = [cell.ljust(width) for cell in self.format_addresses(batch, "local")]
        return self.join_rows(batch, local, remote, ends)

    def _format_end(self, word: str, interface: str | None) -> str:
        """Return the columns State and If; the second one is there with an interface, on illumos always."""
        if self.style.is_illumos:
            return f"{word:<10} {interface or ''}"
        return f"{word:<10} {interface:<5}" if interface else f"{word:<10}"
