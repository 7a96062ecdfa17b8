"""The net-tools dialect: the options of its netstat, and text in the layout that each reader declares for it."""

from __future__ import annotations

from netstat_core.dialects import NET_TOOLS, Dialect
from netstat_core.dialects.net_tools.command_line import FAMILY_NAMES, parse
from netstat_core.dialects.net_tools.options import GROUPS, OPTIONS, USAGE
from netstat_core.dialects.net_tools.session import NetToolsSession


def _format_counterparts() -> str:
    from netstat_core.dialects import counterparts  # noqa: PLC0415 - only for the help

    return counterparts.format_for_net_tools()


DIALECT = Dialect(
    NET_TOOLS,
    usage=USAGE,
    groups=GROUPS,
    options=OPTIONS,
    parse=parse,
    session=NetToolsSession,
    families=FAMILY_NAMES,
    further_help=_format_counterparts,
)
