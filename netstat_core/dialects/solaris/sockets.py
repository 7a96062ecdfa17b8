"""What the sections of the sockets form share: how addresses are written."""

from __future__ import annotations

from netstat_core.dialects.solaris.forms import UNSPECIFIED
from netstat_core.plugin.text import Names

WILDCARD = "      *"
"""An unspecified address together with a port: six blanks and a star."""


def format_endpoint(names: Names, address: str, port: int, protocol: str) -> str:
    """Return an address and a port as SunOS writes them: ``host.port``, ``      *.22``, ``      *.*``.

    ``protocol`` is ``tcp``, ``udp`` or ``sctp``, which chooses the name of the port.
    """
    host = WILDCARD if address in UNSPECIFIED else names.host(address)
    return f"{host}.{names.port(port, protocol)}"
