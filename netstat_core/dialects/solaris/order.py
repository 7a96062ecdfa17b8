"""The forms in the order of the page."""

from __future__ import annotations

from netstat_core.dialects.solaris.dhcp import Leases
from netstat_core.dialects.solaris.forms import Form
from netstat_core.dialects.solaris.groups import Groups
from netstat_core.dialects.solaris.interfaces import InterfaceRates, Interfaces
from netstat_core.dialects.solaris.media import Media
from netstat_core.dialects.solaris.multicast import MulticastRoutes, MulticastStatistics
from netstat_core.dialects.solaris.routes import Routes
from netstat_core.dialects.solaris.sctp_sockets import SctpSockets
from netstat_core.dialects.solaris.statistics import Statistics
from netstat_core.dialects.solaris.streams import Streams
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.dialects.solaris.tcp_sockets import TcpSockets
from netstat_core.dialects.solaris.udp_sockets import UdpSockets
from netstat_core.dialects.solaris.unix_sockets import UnixSockets

FORMS: tuple[type[Form], ...] = (
    UdpSockets,
    TcpSockets,
    SctpSockets,
    Interfaces,
    InterfaceRates,
    Streams,
    Routes,
    Statistics,
    MulticastStatistics,
    MulticastRoutes,
    Groups,
    Media,
    UnixSockets,
    Leases,
)
"""All forms: sockets, interfaces, streams, routes, statistics, multicast, groups, media, UNIX sockets; leases alone."""


def select_forms(style: SolarisStyle) -> list[type[Form]]:
    """Return the forms that the options select, in the order of the page."""
    return [form for form in FORMS if form.is_selected(style)]
