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

    ``heeds_default`` is whether DEFAULT_IP of /etc/default/inet_type counts, on the machine that is shown; if that is
    ``IP_VERSION4``, the style ``is_inet_only``.
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
    heeds_default: bool = True
    is_inet_only: bool = False

    def for_inet_only(self) -> SolarisStyle:
        """Return the style where DEFAULT_IP leaves IPv6 out."""
        return self._replace(families=self.families - {"inet6"}, is_inet_only=True)

    def drop_version(self, heading: str, colon: str = "") -> str:
        """Return a heading, without the IP version if there is only one; ``colon`` is what stands in its place."""
        return heading.replace(": IPv4", colon) if self.is_inet_only else heading

    @property
    def is_internet(self) -> bool:
        """True if IPv4 or IPv6 is shown."""
        return bool(self.families & {"inet", "inet6"})
