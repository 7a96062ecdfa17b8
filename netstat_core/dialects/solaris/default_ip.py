"""DEFAULT_IP of /etc/default/inet_type: whether IPv6 is shown at all, as the machine that is shown has it."""

from __future__ import annotations

from netstat_core.dialects.solaris.forms import FIRST
from netstat_core.dialects.solaris.route_filters import Mistake
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch

DEFAULT_READER = "default-ip"
"""The reader of the setting."""

INET_TYPE = "/etc/default/inet_type"
"""Its file."""

BEFORE_ALL = FIRST - 1
"""Its order: what is shown of all other readers depends on it."""

_INET_ONLY = "IP_VERSION4"
_BOTH = ("BOTH", "IP_VERSION6")


class BadDefault(Mistake):
    """A value of DEFAULT_IP that SunOS does not know."""

    exit_status = 2


def heed_default(style: SolarisStyle, batch: Batch) -> SolarisStyle:
    """Return the style that a setting asks for, if there is one. Raises BadDefault; case does not matter."""
    for value in batch.column("text") if batch else ():
        if value.upper() == _INET_ONLY:
            return style.for_inet_only()
        if value.upper() not in _BOTH:
            raise BadDefault(f"{style.program}: {value}: Bad value for DEFAULT_IP in {INET_TYPE}")
    return style
