"""The dialects of this package, which differ in a flag."""

from __future__ import annotations

from functools import partial

from netstat_core.dialects import Dialect
from netstat_core.dialects.solaris.command_line import FAMILIES, format_usage, parse
from netstat_core.dialects.solaris.options import GROUPS, OPTIONS, USAGE
from netstat_core.dialects.solaris.session import SolarisSession


def make_dialect(name: str, *, is_illumos: bool = False) -> Dialect:
    """Return the dialect of SunOS 5.10, or that of later illumos."""
    return Dialect(
        name,
        usage=USAGE,
        groups=GROUPS,
        options=OPTIONS,
        parse=partial(parse, is_illumos=is_illumos),
        session=SolarisSession,
        families=FAMILIES,
        format_misuse=format_usage,
        further_help=_format_counterparts,
    )


def _format_counterparts() -> str:
    from netstat_core.dialects import counterparts  # noqa: PLC0415 - only for the help

    return counterparts.format_for_solaris()
