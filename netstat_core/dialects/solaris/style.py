"""What the options of SunOS netstat ask for, beyond the query."""

from __future__ import annotations

from typing import NamedTuple

from netstat_core.dialects.solaris.route_filters import Filter


class SolarisStyle(NamedTuple):
    """Which forms are shown, and how.

    ``forms`` are the keys of the options that select one (``routes``, ``statistics``, ...), in no order; empty for
    sockets. ``families`` are those of ``inet``, ``inet6`` and ``unix`` that are shown. ``protocol`` is the word of -P
    after its synonyms were replaced. ``interface`` is the name of -I. ``filters`` are those of -f. ``is_repeated`` is
    whether there is an interval. ``program`` is the name that messages begin with.
    """

    program: str = "pynetstat"
    forms: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset({"inet", "inet6", "unix"})
    protocol: str | None = None
    interface: str | None = None
    filters: tuple[Filter, ...] = ()
    all: bool = False
    verbose: bool = False
    numeric: bool = False
    users: bool = False
    is_repeated: bool = False
    is_illumos: bool = False

    @property
    def is_internet(self) -> bool:
        """True if IPv4 or IPv6 is shown."""
        return bool(self.families & {"inet", "inet6"})
