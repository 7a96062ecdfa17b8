"""The forms in the order of the page."""

from __future__ import annotations

from netstat_core.dialects.solaris.filter_names import FilterNames
from netstat_core.dialects.solaris.forms import Form
from netstat_core.dialects.solaris.groups import Groups
from netstat_core.dialects.solaris.interfaces import InterfaceRates, Interfaces
from netstat_core.dialects.solaris.media import Media
from netstat_core.dialects.solaris.multicast import MulticastRoutes, MulticastStatistics
from netstat_core.dialects.solaris.routes import Routes
from netstat_core.dialects.solaris.statistics import Statistics
from netstat_core.dialects.solaris.streams import Streams
from netstat_core.dialects.solaris.style import SolarisStyle

FORMS: tuple[type[Form], ...] = (
    Interfaces,
    InterfaceRates,
    Streams,
    Routes,
    Statistics,
    MulticastStatistics,
    MulticastRoutes,
    Groups,
    Media,
    FilterNames,
)
"""All forms: sockets, interfaces, streams, routes, statistics, multicast, groups, media, UNIX sockets; leases alone."""


def select_forms(style: SolarisStyle) -> list[type[Form]]:
    """Return the forms that the options select, in the order of the page."""
    return [form for form in FORMS if form.is_selected(style)]
